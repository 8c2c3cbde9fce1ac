"""Signing awards, as a job after they were made: from what is stored to a document that anybody can check.

An award that holds, or will hold, has one current document. It is signed anew where that document is
missing, says another end than the award has, was revoked, was signed by a key that is compromised, or names
an address that is no longer ours. The holder's name and e-mail address stay those of the day of signing, and
so does what the company said of itself. What was awarded to somebody who was erased is signed no more.
"""

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.viewer import system
from cairn.credentials import proof, rotate, status, tables
from cairn.credentials.document import Achievement, Awarded, Outcome, Shown, compose
from cairn.credentials.events import AwardChanged, AwardsMade, KeyCompromised, SigningDue
from cairn.credentials.issuer import issuer, method
from cairn.credentials.keys import Signer
from cairn.credentials.tables import AwardCause, CredentialKind
from cairn.db.engine import Transaction
from cairn.db.ranges import TIMES, now
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.requirements import wire
from cairn.requirements.explain import Explanation, explain
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.times import Times
from cairn.requirements.tree import Subject, SubjectKind, subjects
from cairn.settings import settings
from cairn.skills.facts import load, names

log = logging.getLogger("cairn.credentials")

BATCH = 50
"""Awards that one job signs: at some 15 ms each it is over in a second."""


@subscribe(AwardChanged)
async def sign_award(tx: Transaction, event: AwardChanged) -> None:
    """Signs what somebody was awarded."""
    found = select(col(tables.Award.id)).where(
        col(tables.Award.employee_id) == event.employee, col(tables.Award.credential_id) == event.credential
    )
    await sign(tx, (await tx.execute(found)).scalars().all())


@subscribe(AwardsMade)
async def sign_awards(tx: Transaction, event: AwardsMade) -> None:
    """Signs what some people were awarded in one go."""
    found = select(col(tables.Award.id)).where(
        col(tables.Award.employee_id) == any_(bindparam("employees", list(event.employees), ARRAY(Uuid))),
        col(tables.Award.credential_id) == event.credential,
    )
    await sign(tx, (await tx.execute(found)).scalars().all())


@subscribe(KeyCompromised)
async def sign_anew(tx: Transaction, _event: KeyCompromised) -> None:
    """Signs what a compromised key had signed."""
    await publish(tx, SigningDue())


@every("*/10 * * * *")
async def sign_missing(tx: Transaction, _at: datetime) -> None:
    """Looks for awards that are not signed as they should be."""
    await publish(tx, SigningDue())


@subscribe(SigningDue)
async def sign_due(tx: Transaction, _event: SigningDue) -> None:
    """Signs a batch of what is to be signed, and tells that there may be more."""
    given = {"now": now(), "address": settings().address, "most": BATCH}
    if awards := (await tx.execute(_DUE, given)).scalars().all():
        signed = await sign(tx, awards)
        if signed and len(awards) == BATCH:
            await publish(tx, SigningDue())


_DUE = text(
    "select award.id from award join employee on employee.id = award.employee_id and erased_at is null"
    " left join signed_document document on document.award_id = award.id and superseded_at is null"
    " left join signing_key key on key.id = document.key_id"
    " where award.revoked_at is null and award.held && tstzrange(:now, null)"
    " and (document.id is null or document.address <> :address or key.compromised_at is not null)"
    " order by award.id limit :most"
)
_LOCK = text("select id from award where id = any(:awards) order by id for no key update").bindparams(
    bindparam("awards", type_=ARRAY(Uuid))
)
"""Who signs an award waits for whoever changes or signs it, and reads only then what became of it."""
_FOUND = (
    text(
        "select award.id, award.employee_id, award.version_id, award.cause, award.awarded_at, award.held,"
        " award.evidence_note, award.evidence_url,"
        " employee.display_name, employee.email, credential.kind, document.id as document_id,"
        " document.address, document.valid_until, key.compromised_at, entry.revoked_at as document_revoked_at"
        " from award join employee on employee.id = award.employee_id and erased_at is null"
        " join credential on credential.id = award.credential_id"
        " left join signed_document document on document.award_id = award.id and superseded_at is null"
        " left join signing_key key on key.id = document.key_id"
        " left join status_entry entry on entry.document_id = document.id"
        " where award.id = any(:awards) and award.revoked_at is null order by award.id"
    )
    .bindparams(bindparam("awards", type_=ARRAY(Uuid)))
    .columns(held=TIMES)
)
_SUPERSEDE = text("update signed_document set superseded_at = :now where id = any(:documents)").bindparams(
    bindparam("documents", type_=ARRAY(Uuid))
)


@dataclass(frozen=True)
class _Due:
    """An award to sign."""

    row: Any
    document: UUID
    """The id of the document to be."""
    valid_from: datetime
    valid_until: datetime | None


async def sign(tx: Transaction, awards: Collection[UUID]) -> int:
    """Signs those of the awards that are to be signed; how many. Does nothing for the others.

    Raises `SettingError` where there is no key, `Unsignable` where an award cannot be told in a document.
    """
    address = settings().address
    await tx.execute(_LOCK, {"awards": list(awards)})
    instant = now()
    rows = (await tx.execute(_FOUND, {"awards": list(awards)})).all()
    due = [each for each in (_due(row, address, instant) for row in rows) if each is not None]
    if not due:
        return 0
    signer, key = await rotate.registered(tx, settings())
    by = await issuer(tx, address)
    places = await status.allot(tx, {each.document: each.row.id for each in due})
    versions = {each.row.version_id for each in due}
    about = {version: await achievement(tx, version) for version in versions}
    evidence = await _evidence(tx, [each.row for each in due], address)
    said = [
        Awarded(
            award=each.row.id,
            issuer=by,
            achievement=about[each.row.version_id],
            name=each.row.display_name,
            email=each.row.email,
            awarded_at=each.row.awarded_at,
            valid_from=each.valid_from,
            valid_until=each.valid_until,
            evidence=evidence[each.row.id],
            place=places[each.document],
            salt=secrets.token_hex(16),
        )
        for each in due
    ]
    signed = await asyncio.to_thread(_signed, said, signer, method(by, key.public), instant)
    old = [each.row.document_id for each in due if each.row.document_id is not None]
    await tx.execute(_SUPERSEDE, {"documents": old, "now": instant})
    for each, (document, jwt) in zip(due, signed, strict=True):
        tx.add(
            tables.SignedDocument(
                id=each.document,
                award_id=each.row.id,
                key_id=key.id,
                address=address,
                document=document,
                jwt=jwt,
                signed_at=instant,
                valid_from=each.valid_from,
                valid_until=each.valid_until,
            )
        )
        after = {"document": str(each.document), "key": key.public}
        await audit.record(tx, system("worker"), "document.sign", ("Award", each.row.id), after=after)
    await tx.flush()
    return len(due)


def _due(row: Any, address: str, instant: datetime) -> _Due | None:
    """When a document of the award has to say it holds; None where it needs no new one."""
    held = Times.of_multirange(row.held)
    stretch = held.interval_at(instant)
    if stretch is None:
        coming = held.starts_after(instant)
        stretch = held.interval_at(coming[0]) if coming else None
    if stretch is None:
        return None
    start, until = stretch
    is_good = (
        row.document_id is not None
        and row.address == address
        and row.valid_until == until
        and row.document_revoked_at is None
        and row.compromised_at is None
    )
    if is_good:
        return None
    start = start or row.awarded_at
    # A later document of the same id is told from an earlier one by its date (Open Badges 3.0, validFrom).
    first = start if row.document_id is None else max(start, instant)
    return _Due(row, tables.SignedDocument.new_id(), first, until)


def _signed(said: Sequence[Awarded], signer: Signer, method: str, instant: datetime) -> list[tuple[str, str]]:
    """Each as a document with its proof, and as a JWT."""
    found = []
    for each in said:
        document = compose(each)
        with_proof = proof.secured(document, signer, method, instant)
        jwt = proof.jwt(document, signer, method)
        found.append((orjson.dumps(with_proof, option=orjson.OPT_INDENT_2).decode(), jwt))
    return found


_VERSION = text(
    "select version.*, credential.kind from credential_version version"
    " join credential on credential.id = credential_id where version.id = :version"
)
_OUTCOMES = text(
    "select skill.id as skill, skill.name, skill.code,"
    " framework.name || ' ' || framework.version as framework, framework.url as framework_url, level"
    " from credential_grant"
    " join skill on skill.id = skill_id join framework on framework.id = framework_id"
    " where version_id = :version order by skill.name, skill.id"
)
_SCALE = text("select level, name, descriptor from proficiency_level order by level")


async def achievement(tx: Transaction, version: UUID) -> Achievement:
    """What a version of a definition stands for."""
    row = (await tx.execute(_VERSION, {"version": version})).one()
    outcomes = (await tx.execute(_OUTCOMES, {"version": version})).mappings()
    scale = (await tx.execute(_SCALE)).all()
    return Achievement(
        version=version,
        number=row.number,
        kind=CredentialKind(row.kind),
        name=row.name,
        description=row.description,
        criteria=row.criteria,
        workload_hours=row.workload_hours,
        eqf_level=row.eqf_level,
        assessment=row.assessment,
        participation=row.participation,
        quality_assurance=row.quality_assurance,
        outcomes=[Outcome(**each) for each in outcomes],
        scale={each.level: (each.name, each.descriptor) for each in scale},
    )


async def _evidence(tx: Transaction, rows: Sequence[Any], address: str) -> Mapping[UUID, list[Shown]]:
    """How each award was earned: what of its requirement was met, and no more than its criteria name."""
    found: dict[UUID, list[Shown]] = {}
    by_version: dict[UUID, list[Any]] = {}
    for row in rows:
        by_version.setdefault(row.version_id, []).append(row)
    for version, of_it in by_version.items():
        definition = await tx.get_one(tables.CredentialVersion, version)
        requirement = wire.parse(definition.requirement)
        asked = subjects(requirement)
        known = {**await names(tx, asked), **await _titles(tx, asked)}
        facts = await load(tx, [row.employee_id for row in of_it], asked)
        for row in of_it:
            explained = explain(
                requirement,
                facts.get(row.employee_id, NO_FACTS),
                row.awarded_at,
                lambda subject, known=known: known.get(subject, "something"),  # type: ignore[misc]
            )
            shown = [_shown(each, known, address) for each in explained.flatten() if each.met and not each.of]
            if row.cause == AwardCause.APPROVAL:
                shown.append(Shown("Approval", "Awarded with the issuer's approval."))
            if row.evidence_note or row.evidence_url:
                told = row.evidence_note or "What was done to earn it."
                shown.append(Shown("What was done", told, row.evidence_url))
            found[row.id] = [each for each in shown if each is not None]
    return found


_TITLES = text(
    "select credential_id, name from credential_version"
    " where status = 'PUBLISHED' and credential_id = any(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def _titles(tx: Transaction, asked: Collection[Subject]) -> dict[Subject, str]:
    """What the credentials among those subjects are called by those who hold them."""
    ids = [each.id for each in asked if each.kind is SubjectKind.CREDENTIAL]
    rows = await tx.execute(_TITLES, {"ids": ids})
    return {Subject(SubjectKind.CREDENTIAL, id_): name for id_, name in rows.all()}


def _shown(leaf: Explanation, known: Mapping[Subject, str], address: str) -> Shown | None:
    """A leaf of a requirement as evidence; where and as what somebody worked is nobody else's business."""
    if leaf.subject is None or leaf.subject not in known:
        return None
    name, since = known[leaf.subject], f" on {leaf.since:%Y-%m-%d}" if leaf.since else ""
    match leaf.subject.kind:
        case SubjectKind.SKILL:
            return Shown(name, f"Shown at level {leaf.need} or higher.")
        case SubjectKind.PATHWAY:
            return Shown(name, f"Completed the pathway{since}.")
        case SubjectKind.STEP:
            return Shown(name, f"Completed the step{since}.")
        case SubjectKind.CREDENTIAL:
            award = next(iter(leaf.sources), None)
            url = f"{address}/credentials/{award}" if award is not None else None
            return Shown(name, f"Earned the credential{since}.", url)
    return None
