"""Endorsements: what a colleague, or a body outside, says, signed (Open Badges 3.0, 5.2).

They are for an award, for what is awarded (a version of a definition: an achievement), or for the issuer.
Each is a document of its own, found at its own address, and never put into the award's document:

- an endorsement comes after the award was signed, and may be withdrawn before the award ends. Inside, each of
  them would make the award's document, which is still true, one that another stands in place of;
- its subject is the award, or what stands inside it. There that is a second description of the same id, which
  a reader cannot tell from the first; ours refuses such a document, and so should others;
- it has a bit of its own in a status list, and its proof holds by itself.

What a colleague says is signed by the company, and says whose word it is. What was signed outside is kept as
it was signed, once it was checked that it is about this, and it is asked each week whether it still stands.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import and_, func, or_, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer, system
from cairn.credentials import proof, rotate, status, tables
from cairn.credentials.award import AwardId
from cairn.credentials.contexts import CREDENTIALS, EXTENSIONS, OPEN_BADGES, Unsignable
from cairn.credentials.define import CredentialVersionId
from cairn.credentials.document import ENDORSEMENT, SCHEMAS, Issuer, did_web, problems, profile
from cairn.credentials.events import EndorsementBrought, SigningDue
from cairn.credentials.fetch import Web
from cairn.credentials.issuer import issuer, method
from cairn.credentials.proof import written
from cairn.credentials.report import Report, Result, Unreadable, id_of, read
from cairn.credentials.tables import CheckState
from cairn.credentials.verify import verify
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.settings import settings

EndorsementId = Annotated[UUID, Ref("Endorsement")]

BATCH = 50
LONGEST = 4_000
LONGEST_DOCUMENT = 20_000
SECONDS = 30
"""How long checking may take, with all that is fetched: the transaction waits for it."""
AGAIN = timedelta(days=7)
"""How often what others signed is looked at again."""
GIVEN_UP = timedelta(days=30)
"""For how long it is tried again to check what could not be checked."""


@dataclass
class AlreadyEndorsed(Refusal):
    """You have endorsed the same before."""


@dataclass
class IssuerNotDescribed(Refusal):
    """Nobody has said yet who the issuer is."""


@dataclass
class EndorsementWithdrawn(Refusal):
    """The endorsement was withdrawn before."""


async def endorse_award(
    tx: Transaction, viewer: Viewer, *, award: AwardId, comment: str
) -> tables.Endorsement:
    """Says something for what a colleague was awarded; it is signed, and shown with the award.

    Args:
        award: The award.
        comment: What you say for it, for whoever looks at the award.
    """
    found = await find(tx, viewer, tables.Award, award)
    endorser = _endorser(viewer)
    if endorser == found.employee_id:
        raise NotAllowed("Nobody endorses what they were awarded themselves.")
    if found.revoked_at is not None:
        raise invalid("award", "was revoked")
    return await _say(tx, viewer, endorser, comment, award=award)


async def endorse_credential(
    tx: Transaction, viewer: Viewer, *, credential_version: CredentialVersionId, comment: str
) -> tables.Endorsement:
    """Says something for a credential itself, whoever holds it; it is signed, and shown with what is awarded.

    Args:
        credential_version: The version of the credential; what is said is not said of a later one.
        comment: What you say for it, for whoever looks at it or at an award of it.
    """
    await find(tx, viewer, tables.CredentialVersion, credential_version)
    return await _say(tx, viewer, _endorser(viewer), comment, version=credential_version)


async def endorse_issuer(tx: Transaction, viewer: Viewer, *, comment: str) -> tables.Endorsement:
    """Says something for the company as an issuer; it is signed, and shown with all that it awards.

    Args:
        comment: What you say for it, for whoever looks at what it awards.
    """
    endorser = _endorser(viewer)
    await _check_described(tx)
    return await _say(tx, viewer, endorser, comment)


def _endorser(viewer: Viewer) -> UUID:
    if viewer.employee is None or viewer.may(Permission.READ_AUDIT):
        raise NotAllowed("Only people endorse, and auditors vouch for nobody.")
    return viewer.employee


async def _check_described(tx: Transaction) -> None:
    if (await tx.execute(select(col(tables.IssuerProfile.id)))).first() is None:
        raise IssuerNotDescribed("Nobody has said who the issuer is: describeIssuer does, and comes first.")


async def _say(
    tx: Transaction,
    viewer: Viewer,
    endorser: UUID,
    comment: str,
    *,
    award: UUID | None = None,
    version: UUID | None = None,
) -> tables.Endorsement:
    if not 0 < len(comment.strip()) <= LONGEST:
        raise invalid("comment", f"must have 1 to {LONGEST} characters")
    before = select(col(tables.Endorsement.id)).where(
        col(tables.Endorsement.award_id) == award,  # of None, that is `is null`
        col(tables.Endorsement.version_id) == version,
        col(tables.Endorsement.endorser_id) == endorser,
        col(tables.Endorsement.withdrawn_at).is_(None),
    )
    if (await tx.execute(before)).first() is not None:
        raise AlreadyEndorsed("You have endorsed it before: withdraw that first.")
    who = (await tx.execute(_WHO, {"employee": endorser, "today": now().date()})).one()
    name = f"{who.display_name}, {who.title}" if who.title else who.display_name
    row = tables.Endorsement(
        award_id=award, version_id=version, endorser_id=endorser, name=name, comment=comment.strip()
    )
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "endorsement.make", row, after=_named(row))
    await publish(tx, SigningDue())
    return row


_WHO = text(
    "select display_name, title from employee left join employment"
    " on employee_id = employee.id and valid @> cast(:today as date) where employee.id = :employee"
)


def _named(row: Any) -> dict[str, str]:
    """What an endorsement is for, as the audit tells it."""
    if row.award_id is not None:
        return {"award": str(row.award_id)}
    return {"version": str(row.version_id)} if row.version_id is not None else {"issuer": settings().address}


async def bring_endorsement(
    tx: Transaction,
    viewer: Viewer,
    *,
    award: AwardId | None = None,
    credential_version: CredentialVersionId | None = None,
    document: str,
) -> tables.Endorsement:
    """Brings an endorsement that somebody outside signed; it is shown once it was checked.

    It is for an award, for a credential, or, where neither is named, for the company as an issuer.

    Args:
        award: The award: one of yours, or anybody's if you keep credentials.
        credential_version: The version of a credential, if you keep credentials.
        document: The signed EndorsementCredential (Open Badges 3.0), as JSON or as a JWT.
    """
    if award is not None and credential_version is not None:
        raise invalid("credentialVersion", "goes without award: it endorses one of them")
    holder = None
    if award is not None:
        holder = (await find(tx, viewer, tables.Award, award)).employee_id
    elif credential_version is not None:
        await find(tx, viewer, tables.CredentialVersion, credential_version)
    if (holder is None or viewer.employee != holder) and not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("Endorsements are brought by whoever holds the award, or by a learning admin.")
    if award is None and credential_version is None:
        await _check_described(tx)
    if len(document) > LONGEST_DOCUMENT:
        raise invalid("document", f"at most {LONGEST_DOCUMENT} characters")
    try:
        content, _ = read(document.encode())
    except Unreadable as error:
        raise invalid("document", str(error)) from None
    if ENDORSEMENT not in (content.get("type") or []):
        raise invalid("document", "is no EndorsementCredential of Open Badges 3.0")
    subject = content.get("credentialSubject")
    about = id_of(subject) or ""
    expected = subject_id(settings().address, award, credential_version)
    if about != expected:
        raise invalid("document", f"endorses something else: its subject is not {expected}")
    by = content.get("issuer")
    name = by.get("name") if isinstance(by, dict) else None
    comment = subject.get("endorsementComment") if isinstance(subject, dict) else None
    row = tables.Endorsement(
        award_id=award,
        version_id=credential_version,
        name=str(name or id_of(by) or "somebody outside")[:200],
        comment=str(comment)[:LONGEST] if comment else None,
        document=document,
        address=settings().address,
        state=CheckState.CHECKING,
    )
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "endorsement.bring", row, after=_named(row))
    await publish(tx, EndorsementBrought(row.id))
    return row


async def withdraw_endorsement(
    tx: Transaction, viewer: Viewer, *, endorsement: EndorsementId, reason: str
) -> tables.Endorsement:
    """Withdraws an endorsement: it is shown no more, and whoever checks its document is told.

    Args:
        endorsement: One that you made, one for an award of yours, or any if you keep credentials.
        reason: Why.
    """
    found = await find(tx, viewer, tables.Endorsement, endorsement, lock=True)
    award = None if found.award_id is None else await tx.get_one(tables.Award, found.award_id)
    whose = {found.endorser_id, award and award.employee_id}
    theirs = viewer.employee is not None and viewer.employee in whose
    if not theirs and not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("It is withdrawn by whoever made it, by the holder, or by a learning admin.")
    if found.withdrawn_at is not None:
        raise EndorsementWithdrawn("It was withdrawn before.")
    check_reason(reason)
    found.withdrawn_at, found.withdrawn_reason = now(), reason
    tx.add(found)
    await tx.flush()
    await status.end(tx, [found.id])
    await audit.record(tx, viewer, "endorsement.withdraw", found, after={"reason": reason})
    return found


_DUE = text(
    "select endorsement.id, award_id, version_id, endorsement.name, endorsement.comment, made_at"
    " from endorsement left join signing_key key on key.id = endorsement.key_id"
    " where endorser_id is not null and withdrawn_at is null"
    " and (award_id is null or exists (select from signed_document signed"
    "  where signed.award_id = endorsement.award_id and superseded_at is null and signed.address = :address))"
    " and (endorsement.document is null or endorsement.address <> :address"
    "  or key.compromised_at is not null)"
    " order by endorsement.id limit :most for no key update of endorsement"
)


@subscribe(SigningDue)
async def sign_endorsements(tx: Transaction, _event: SigningDue) -> None:
    """Signs a batch of what colleagues said; for an award, once that is signed."""
    address, instant = settings().address, now()
    rows = (await tx.execute(_DUE, {"address": address, "most": BATCH})).all()
    if not rows:
        return
    signer, key = await rotate.registered(tx, settings())
    by = await issuer(tx, address)
    places = await status.places(tx, [row.id for row in rows])
    places |= await status.allot(tx, {row.id: row.award_id for row in rows if row.id not in places})
    composed = {row.id: compose(by, row, places[row.id]) for row in rows}

    def signed() -> dict[UUID, str]:
        url = method(by, key.public)
        return {
            id_: orjson.dumps(proof.secured(each, signer, url, instant), option=orjson.OPT_INDENT_2).decode()
            for id_, each in composed.items()
        }

    for id_, document in (await asyncio.to_thread(signed)).items():
        found = await tx.get_one(tables.Endorsement, id_)
        found.document, found.address, found.key_id = document, address, key.id
        tx.add(found)
        after = {"key": key.public}
        await audit.record(tx, system("worker"), "endorsement.sign", found, after=after)
    if len(rows) == BATCH:
        await publish(tx, SigningDue())


def subject_id(address: str, award: UUID | None, version: UUID | None) -> str:
    """How documents name what is endorsed: an award, what is awarded, or with neither of them the issuer."""
    if award is not None:
        return f"{address}/credentials/{award}"
    return did_web(address) if version is None else f"{address}/achievements/{version}"


def compose(by: Issuer, row: Any, place: status.Place) -> dict[str, Any]:
    """The document of what a colleague said. Raises `Unsignable`."""
    address = by.address
    kind = "credential" if row.award_id else "achievement" if row.version_id else "issuer"
    document = {
        "@context": [CREDENTIALS, OPEN_BADGES, EXTENSIONS],
        "id": f"{address}/endorsements/{row.id}",
        "type": ["VerifiableCredential", ENDORSEMENT],
        "name": f"Endorsement by {row.name}",
        "description": f"What {row.name} says for the {kind}, signed by {by.name}.",
        "issuer": profile(by),
        "awardedDate": written(row.made_at),
        "validFrom": written(row.made_at),
        "credentialSubject": {
            "id": subject_id(address, row.award_id, row.version_id),
            "type": ["EndorsementSubject"],
            "endorsementComment": row.comment,
        },
        "credentialSchema": [{"id": SCHEMAS[ENDORSEMENT], "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": status.entry(address, place),
    }
    for problem in problems(document, ENDORSEMENT):
        raise Unsignable(problem)
    return document


@subscribe(EndorsementBrought)
async def check_endorsement(tx: Transaction, event: EndorsementBrought) -> None:
    """Checks an endorsement that was signed outside.

    One that was verified stands for a month while whoever signed it cannot be asked.
    """
    found = await tx.get(tables.Endorsement, event.endorsement)
    if found is None or found.document is None:
        return
    state, checks = await checked(found.document.encode())
    verified_at = found.checked_at or found.made_at
    if (state, found.state) == (CheckState.UNKNOWN, CheckState.VERIFIED) and now() - verified_at < GIVEN_UP:
        return
    found.state, found.checks, found.checked_at = state, checks, now()
    tx.add(found)
    after = {"state": found.state}
    await audit.record(tx, system("worker"), "endorsement.check", found, after=after)


@every("27 3 * * *")
async def check_endorsements_again(tx: Transaction, at: datetime) -> None:
    """Looks again at endorsements from outside, each once a week, and at those that could not be checked."""
    made_at, state = col(tables.Endorsement.made_at), col(tables.Endorsement.state)
    looked_at = func.coalesce(col(tables.Endorsement.checked_at), made_at)
    due = (
        select(col(tables.Endorsement.id))
        .where(
            col(tables.Endorsement.endorser_id).is_(None),
            col(tables.Endorsement.withdrawn_at).is_(None),
            or_(
                and_(state == CheckState.VERIFIED, looked_at < at - AGAIN),
                and_(state == CheckState.UNKNOWN, made_at > at - GIVEN_UP),
            ),
        )
        .order_by(looked_at)
        .limit(1_000)
    )
    await publish(tx, *(EndorsementBrought(each) for each in (await tx.execute(due)).scalars()))


async def checked(document: bytes) -> tuple[CheckState, list[dict[str, Any]]]:
    """What came of checking something that was signed outside, and each check."""
    try:
        async with asyncio.timeout(SECONDS):
            report = await verify(document, Web())
    except TimeoutError:
        says = "What it points to does not answer in time."
        return CheckState.UNKNOWN, [{"check": "issuer", "result": Result.UNKNOWN.value, "says": says}]
    return state_of(report), report.as_json()["checks"]


def state_of(report: Report) -> CheckState:
    """What the checks come to."""
    if not report.problems:
        return CheckState.VERIFIED
    has_failed = any(each.result is Result.FAILED for each in report.problems)
    return CheckState.REFUSED if has_failed else CheckState.UNKNOWN
