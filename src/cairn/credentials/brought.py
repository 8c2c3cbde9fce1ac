"""Outside credentials: what others awarded, brought by who holds it, checked, and kept with each result.

A worker checks it, for it may have to ask its issuer; every week it looks again whether it was taken back.
That a signature fits says who signed. Whether to trust them the company says, in a list of issuers; what they
signed is evidence once somebody entitled to has said of which skills, and stops being so when it is revoked.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import and_, delete, func, literal, or_, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotAllowed, Refusal, invalid
from cairn.access.viewer import Viewer, system
from cairn.credentials import tables
from cairn.credentials.endorse import AGAIN, GIVEN_UP, SECONDS, state_of
from cairn.credentials.events import CheckDue
from cairn.credentials.fetch import Web
from cairn.credentials.report import Report, Result, Sources, Unreadable, id_of, instant_of, listed, read
from cairn.credentials.tables import CheckState
from cairn.credentials.verify import verify
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.people.reporting import is_above
from cairn.people.tables import Employee
from cairn.skills.assess import add, withdraw_caused
from cairn.skills.claims import SkillClaim, unfit_claims
from cairn.skills.tables import Source

OutsideCredentialId = Annotated[UUID, Ref("OutsideCredential")]
TrustedIssuerId = Annotated[UUID, Ref("TrustedIssuer")]

LONGEST = 2_000_000
"""Characters of a document; some have a picture inside."""
MOST = 500
"""Of one person."""
AT_ONCE = 5_000
"""Credentials that one night looks at."""


@dataclass
class NotTrusted(Refusal):
    """The credential was not verified, or its issuer is none that the company trusts."""

    state: CheckState | None = None
    """What came of checking it."""


@dataclass
class AlreadyTrusted(Refusal):
    """The issuer is trusted already."""


@dataclass
class DistrustedIssuer:
    """An issuer whom the company trusts no more."""

    issuer: str
    """How credentials name it."""


async def trust_issuer(
    tx: Transaction, viewer: Viewer, *, issuer: str, name: str, note: str | None = None
) -> tables.TrustedIssuer:
    """Says that the company trusts an issuer: what it signed may count as evidence.

    Args:
        issuer: How credentials name it: a DID such as `did:web:example.edu`, or an address.
        name: What it is called.
        note: Why it is trusted.
    """
    viewer.require(Permission.WRITE_LEARNING)
    issuer = issuer.strip()
    if not issuer.startswith(("did:", "https://")) or len(issuer) > 500 or " " in issuer:
        raise invalid("issuer", "must be a DID or an https address")
    if not 0 < len(name.strip()) <= 200:
        raise invalid("name", "must have 1 to 200 characters")
    known = select(tables.TrustedIssuer).where(col(tables.TrustedIssuer.issuer) == issuer)
    if (await tx.execute(known)).first() is not None:
        raise AlreadyTrusted("It is trusted already.")
    row = tables.TrustedIssuer(issuer=issuer, name=name.strip(), note=note)
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "issuer.trust", row, after=row)
    return row


async def distrust_issuer(
    tx: Transaction, viewer: Viewer, *, trusted_issuer: TrustedIssuerId, reason: str
) -> DistrustedIssuer:
    """Says that the company trusts an issuer no more: evidence that rests on what it signed is withdrawn.

    Args:
        trusted_issuer: The issuer.
        reason: Why, for whoever looks later.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.TrustedIssuer, trusted_issuer, lock=True)
    if not reason.strip():
        raise invalid("reason", "must say why")
    rows = select(col(tables.OutsideCredential.id)).where(
        col(tables.OutsideCredential.issuer) == found.issuer
    )
    causes = (await tx.execute(rows)).scalars().all()
    await withdraw_caused(tx, viewer, causes, f"Its issuer is trusted no more: {reason}")
    await audit.record(tx, viewer, "issuer.distrust", found, before=found, after={"reason": reason})
    await tx.flush()
    await tx.execute(delete(tables.TrustedIssuer).where(col(tables.TrustedIssuer.id) == found.id))
    return DistrustedIssuer(found.issuer)


async def bring_credential(tx: Transaction, viewer: Viewer, *, document: str) -> tables.OutsideCredential:
    """Brings a credential that somebody else awarded you; a worker checks it in a moment.

    The same one again is checked again.

    Args:
        document: The credential: Open Badges 3.0 or 2.0, as JSON or as a JWT. A longer one, a picture with a
            credential in it, or its address is sent to `POST /me/credentials`.
    """
    row, _ = await keep(tx, viewer, document)
    await publish(tx, CheckDue(row.id))
    return row


async def keep(
    tx: Transaction, viewer: Viewer, document: str, *, replaces: bool = False
) -> tuple[tables.OutsideCredential, bool]:
    """The row of what somebody brings, and whether it is a new one; the same document is the same row.

    With `replaces`, which is for what was verified, it takes the place of another one of its issuer and id:
    evidence that rests on the earlier one is withdrawn until this one is accepted.
    """
    if viewer.employee is None:
        raise NotAllowed("Credentials are brought by who holds them.")
    if len(document) > LONGEST:
        raise invalid("document", f"at most {LONGEST} characters")
    try:
        content, _ = read(document.encode())
    except Unreadable as error:
        raise invalid("document", str(error)) from None
    written, named = document.strip(), id_of(content)
    digest = hashlib.sha256(written.encode()).digest()
    name, issuer, issuer_name = _told(content)
    table = tables.OutsideCredential
    own = col(table.employee_id) == viewer.employee
    earlier = and_(
        literal(replaces),
        col(table.issuer) == issuer,
        col(table.document_id) == named,
        col(table.state).in_([CheckState.VERIFIED, CheckState.UNKNOWN]),
    )
    known = select(table).where(own, or_(col(table.digest) == digest, earlier)).with_for_update()
    found = (await tx.execute(known)).scalars().all()
    row = next((each for each in found if each.digest == digest), None) or next(iter(found), None)
    if row is not None and row.digest == digest:
        return row, False
    is_new = row is None
    if row is None:
        count = select(func.count()).select_from(table).where(own)
        if (await tx.execute(count)).scalar_one() >= MOST:
            raise invalid("document", f"would be one more than the {MOST} that are kept of a person")
        row = table(employee_id=viewer.employee, digest=digest, document=written)
    else:
        await withdraw_caused(tx, viewer, [row.id], "Its holder brought another version of the credential.")
        row.digest, row.document, row.state = digest, written, CheckState.CHECKING
        row.checks, row.checked_at, row.added_at = [], None, now()
    row.name, row.issuer, row.issuer_name, row.document_id = name, issuer, issuer_name, named
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "outside.bring", row, after={"name": row.name, "issuer": row.issuer})
    return row, is_new


def _told(document: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    """What a credential calls itself, and its issuer's id and name."""
    subject, badge = document.get("credentialSubject"), document.get("badge")
    about = subject.get("achievement") if isinstance(subject, dict) else badge
    inner = about if isinstance(about, dict) else {}
    by = document.get("issuer") or inner.get("issuer")
    name = document.get("name") or inner.get("name")
    called = by.get("name") if isinstance(by, dict) else None
    texts = [each if isinstance(each, str) else None for each in (name, id_of(by), called)]
    found = [each[:500] if each else None for each in texts]
    return found[0], found[1], found[2]


@subscribe(CheckDue)
async def check_credential(tx: Transaction, event: CheckDue) -> None:
    """Checks an outside credential, and ends the evidence that rests on one that does not hold."""
    found = await tx.get(tables.OutsideCredential, event.credential)
    if found is None:
        return
    holder = await tx.get_one(Employee, found.employee_id)
    await settle(
        tx, found, await looked_at(found.document.encode(), Known(tx), holder.email, holder.display_name)
    )


async def settle(tx: Transaction, found: tables.OutsideCredential, report: Report) -> None:
    """Keeps what came of checking an outside credential."""
    found.form = report.form
    found.checks = report.as_json()["checks"]
    failed = [each for each in report.problems if each.result is Result.FAILED]
    found.state = state_of(report)
    found.valid_until, found.checked_at = _until(report), now()
    tx.add(found)
    if wrong := [each for each in failed if each.name != "dates"]:  # until it expired, it was true
        await withdraw_caused(tx, system("worker"), [found.id], f"It does not hold: {wrong[0].says}")
    await audit.record(tx, system("worker"), "outside.check", found, after={"state": found.state})


class Known(Web):
    """The network, and the company's list of whom it trusts."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__()
        self._tx = tx

    async def trusts(self, issuer: str) -> bool:
        """Whether it is on the list."""
        known = select(tables.TrustedIssuer).where(col(tables.TrustedIssuer.issuer) == issuer)
        return (await self._tx.execute(known)).first() is not None


async def looked_at(document: bytes, sources: Sources, email: str | None, name: str) -> Report:
    """Every check of a credential, and whether it is that person's."""
    try:
        async with asyncio.timeout(SECONDS):
            report = await verify(document, sources)
    except TimeoutError:
        report = Report("Credential", read(document)[0])
        report.add("issuer", Result.UNKNOWN, "What it points to does not answer in time.")
    _check_subject(report, email, name)
    return report


def _check_subject(report: Report, email: str | None, name: str) -> None:
    """Whether a credential says it is that person's: by the address, in clear or as its hash, or the name."""
    subject = report.document.get("credentialSubject")
    told = listed((subject.get("identifier") if isinstance(subject, dict) else None) or [])
    told += [report.document["recipient"]] if isinstance(report.document.get("recipient"), dict) else []
    known = [each for each in told if isinstance(each, dict)]
    if not known:
        report.add("subject", Result.UNKNOWN, "It does not say whose it is.")
    elif any(_names(each, email, name) for each in known):
        report.add("subject", Result.PASSED, "It is the person's who brought it.")
    else:
        report.add("subject", Result.FAILED, "It names somebody else, or another e-mail address.")


def _names(identity: dict[str, Any], email: str | None, name: str) -> bool:
    value = str(identity.get("identityHash") or identity.get("identity") or "")
    salt = str(identity.get("salt") or "")
    if identity.get("hashed") is True or value.startswith("sha256$"):
        candidates = {each + salt for each in (email or "", (email or "").lower()) if each}
        return value in {f"sha256${hashlib.sha256(each.encode()).hexdigest()}" for each in candidates}
    kind = identity.get("identityType") or identity.get("type")
    if kind in {"emailAddress", "email"}:
        return bool(email) and value.lower() == (email or "").lower()
    return kind == "name" and value.casefold() == name.casefold()


def _until(report: Report) -> datetime | None:
    named = ("validUntil", "expirationDate", "expires")
    given = next((report.document[each] for each in named if each in report.document), None)
    try:
        return instant_of(given) if given is not None else None
    except ValueError:
        return None


@every("17 3 * * *")
async def check_again(tx: Transaction, at: datetime) -> None:
    """Looks again at what evidence may rest on, each once a week, and at what could not be checked."""
    state, checked_at = col(tables.OutsideCredential.state), col(tables.OutsideCredential.checked_at)
    due = (
        select(col(tables.OutsideCredential.id))
        .where(
            or_(
                and_(state == CheckState.VERIFIED, checked_at < at - AGAIN),
                and_(state == CheckState.UNKNOWN, col(tables.OutsideCredential.added_at) > at - GIVEN_UP),
            )
        )
        .order_by(checked_at)
        .limit(AT_ONCE)
    )
    await publish(tx, *(CheckDue(each) for each in (await tx.execute(due)).scalars()))


async def accept_credential(
    tx: Transaction, viewer: Viewer, *, outside_credential: OutsideCredentialId, claims: list[SkillClaim]
) -> tables.OutsideCredential:
    """Says of which skills an outside credential is evidence, as long as it holds.

    It was verified, and its issuer is one that the company trusts. Reviewers may, and whoever is above its
    holder; never the holder.

    Args:
        outside_credential: The credential.
        claims: The skills, and at which level; what it was evidence of before is withdrawn.
    """
    found = await find(tx, viewer, tables.OutsideCredential, outside_credential, lock=True)
    if viewer.employee == found.employee_id:
        raise NotAllowed("Nobody accepts their own.")
    if not viewer.may(Permission.REVIEW) and not await is_above(tx, viewer, found.employee_id):
        raise NotAllowed("Credentials are accepted by reviewers, and by whoever is above their holder.")
    trusted = select(tables.TrustedIssuer).where(col(tables.TrustedIssuer.issuer) == (found.issuer or ""))
    if found.state is not CheckState.VERIFIED:
        raise NotTrusted("It was not verified.", state=found.state)
    if (await tx.execute(trusted)).first() is None:
        raise NotTrusted("Its issuer is none that the company trusts (trustIssuer).", state=found.state)
    if problems := await unfit_claims(tx, claims):
        raise InvalidInput("What you confirm does not make sense.", problems)
    instant = now()
    if found.valid_until is not None and found.valid_until <= instant:
        raise NotTrusted("It has expired.", state=found.state)
    await withdraw_caused(tx, viewer, [found.id], "It was accepted anew.")
    for each in claims:
        await add(
            tx,
            employee=found.employee_id,
            skill=each.skill,
            level=each.level,
            source=Source.CREDENTIAL,
            valid=since(instant, found.valid_until),
            asserted_by=viewer.employee,
            note=f"{found.name or 'A credential'}, by {found.issuer_name or found.issuer}",
            cause=found.id,
        )
    await audit.record(
        tx, viewer, "outside.accept", found, after={"skills": [str(each.skill) for each in claims]}
    )
    return found


async def remove_credential(
    tx: Transaction, viewer: Viewer, *, outside_credential: OutsideCredentialId
) -> "RemovedCredential":
    """Takes an outside credential of yours away; evidence that rests on it is withdrawn.

    Args:
        outside_credential: The credential.
    """
    found = await find(tx, viewer, tables.OutsideCredential, outside_credential, lock=True)
    if viewer.employee != found.employee_id:
        raise NotAllowed("It is its holder's to take away.")
    await withdraw_caused(tx, viewer, [found.id], "Its holder took the credential away.")
    await audit.record(tx, viewer, "outside.remove", found)
    await tx.flush()
    await tx.execute(delete(tables.OutsideCredential).where(col(tables.OutsideCredential.id) == found.id))
    return RemovedCredential(found.name)


@dataclass
class RemovedCredential:
    """An outside credential that is kept no more."""

    name: str | None
    """What it called itself."""
