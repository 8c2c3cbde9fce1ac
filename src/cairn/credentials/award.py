"""Awards: made when what earns a credential is met, by themselves or with somebody's approval.

A lower room tells that a fact has changed; every definition whose requirement mentions it is evaluated
again for that person. An award is itself such a fact, so a stack completes itself stone by stone.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer, system
from cairn.credentials import tables
from cairn.credentials.define import CredentialId
from cairn.credentials.events import AwardChanged
from cairn.credentials.tables import AwardCause, DefinitionStatus
from cairn.db.engine import Transaction
from cairn.db.ranges import MultiRange, Range, now
from cairn.db.tables import Ref
from cairn.jobs.events import publish, subscribe
from cairn.pathways.events import PathwayCompleted
from cairn.people.history import EmployeeId
from cairn.requirements import wire
from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import compiled, evaluate
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.tree import SubjectKind, subjects
from cairn.skills.assess import add
from cairn.skills.events import EvidenceChanged, EvidenceImported
from cairn.skills.facts import Found, facts_of, load, names
from cairn.skills.tables import Source

AwardId = Annotated[UUID, Ref("Award")]


@dataclass
class NotEarned(Refusal):
    """The person does not meet what earns the credential."""

    missing: list[str] = field(default_factory=list)
    """What is missing, a sentence each."""


@dataclass
class AlreadyAwarded(Refusal):
    """The person holds the credential already."""

    award: AwardId | None = None
    """The award."""


@dataclass
class AlreadyRevoked(Refusal):
    """The award was revoked before; that is for ever."""

    award: AwardId | None = None
    """The award."""


@subscribe(PathwayCompleted)
async def award_for_pathway(tx: Transaction, event: PathwayCompleted) -> None:
    """A completed pathway may earn a credential."""
    await award_what_is_earned(tx, [event.employee], "pathway", [event.pathway])


@subscribe(EvidenceChanged)
async def award_for_skill(tx: Transaction, event: EvidenceChanged) -> None:
    """A skill may earn a credential."""
    await award_what_is_earned(tx, [event.employee], "skill", [event.skill])


@subscribe(EvidenceImported)
async def award_for_skills(tx: Transaction, event: EvidenceImported) -> None:
    """The skills of many people may earn credentials."""
    await award_what_is_earned(tx, event.employees, "skill", event.skills)


@subscribe(AwardChanged)
async def award_for_stack(tx: Transaction, event: AwardChanged) -> None:
    """A credential may complete a stack."""
    await award_what_is_earned(tx, [event.employee], "credential", [event.credential])


_MENTIONING = text(
    "select id from credential_version where status = 'PUBLISHED' and awarded_by = 'AUTOMATIC' and exists ("
    " select 1 from jsonb_path_query(requirement, cast(:path as jsonpath)) mentioned(id)"
    " where mentioned.id = any(select to_jsonb(unnest(cast(:ids as text[])))))"
)
_PATHS = {"pathway": "$.**.pathway", "credential": "$.**.credential", "skill": "$.**.skill.id"}


async def award_what_is_earned(
    tx: Transaction, employees: Collection[UUID], kind: str, ids: Collection[UUID]
) -> None:
    """Awards each credential that awards itself, mentions one of those subjects, and is earned now."""
    found = await tx.execute(_MENTIONING, {"path": _PATHS[kind], "ids": [str(id_) for id_ in ids]})
    for version in found.scalars().all():
        definition = await tx.get_one(tables.CredentialVersion, version)
        holders = await _holders(tx, employees, definition.credential_id)
        requirement, instant = wire.parse(definition.requirement), now()
        decide = compiled(requirement)
        facts = await load(tx, [each for each in employees if each not in holders], subjects(requirement))
        for employee, known in facts.items():
            if instant in decide(known):
                await _award(tx, system("worker"), employee, definition, AwardCause.REQUIREMENT)


async def award_credential(
    tx: Transaction, viewer: Viewer, *, credential: CredentialId, employee: EmployeeId
) -> tables.Award:
    """Awards a credential to somebody who has earned it.

    Args:
        credential: The credential.
        employee: Who has earned it.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await tx.execute(
        select(tables.CredentialVersion).where(
            col(tables.CredentialVersion.credential_id) == credential,
            col(tables.CredentialVersion.status) == DefinitionStatus.PUBLISHED,
        )
    )
    definition = found.scalar_one_or_none()
    if definition is None:
        raise NotFound("There is no such credential.", id=credential)
    if standing := await _holders(tx, [employee], credential):
        raise AlreadyAwarded("The person holds it already.", award=standing[employee])
    if missing := await _missing(tx, employee, definition):
        raise NotEarned("The person does not meet what earns it.", missing=missing)
    return await _award(tx, viewer, employee, definition, AwardCause.APPROVAL)


async def revoke_award(tx: Transaction, viewer: Viewer, *, award: AwardId, reason: str) -> tables.Award:
    """Revokes an award, for ever.

    Args:
        award: The award.
        reason: Why; whoever checks the award is told.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await tx.get(tables.Award, award)
    if found is None:
        raise NotFound("There is no such award.", id=award)
    if found.revoked_at is not None:
        raise AlreadyRevoked("It was revoked before.", award=award)
    if not reason.strip():
        raise invalid("reason", "must say why")
    instant = now()
    found.revoked_at, found.revoked_reason = instant, reason
    found.held = _until(found.held, instant)
    tx.add(found)
    await tx.execute(_WITHDRAW, {"award": award, "now": instant, "reason": f"Award revoked: {reason}"})
    await tx.flush()
    await publish(tx, AwardChanged(found.employee_id, found.credential_id))
    await audit.record(tx, viewer, "award.revoke", found, after={"reason": reason})
    return found


_WITHDRAW = text(
    "update evidence set withdrawn_at = :now, withdrawn_reason = :reason"
    " where cause_id = :award and withdrawn_at is null"
)


def _until(held: Iterable["Range[datetime]"], instant: datetime) -> "MultiRange[datetime]":
    kept = [
        Range(each.lower, min(each.upper or instant, instant))
        for each in held
        if each.lower is None or each.lower < instant
    ]
    return MultiRange(kept)


async def _holders(tx: Transaction, employees: Collection[UUID], credential: UUID) -> dict[UUID, UUID]:
    """Who of these holds the credential, with the award."""
    found = select(col(tables.Award.employee_id), col(tables.Award.id)).where(
        col(tables.Award.employee_id) == any_(bindparam("employees", list(employees), ARRAY(Uuid))),
        col(tables.Award.credential_id) == credential,
        col(tables.Award.revoked_at).is_(None),
    )
    return dict((await tx.execute(found)).tuples().all())


async def _missing(tx: Transaction, employee: UUID, definition: tables.CredentialVersion) -> list[str]:
    """What somebody lacks of what earns a credential, a sentence each; nothing where it is earned."""
    requirement, instant = wire.parse(definition.requirement), now()
    asked = subjects(requirement)
    facts = (await load(tx, [employee], asked)).get(employee, NO_FACTS)
    if instant in evaluate(requirement, facts):
        return []
    known = await names(tx, asked)
    rows = explain(requirement, facts, instant, lambda subject: known.get(subject, "something")).flatten()
    return [row.text for row in rows if row.subject is not None and not row.met] or ["It is not time yet."]


async def _award(
    tx: Transaction, viewer: Viewer, employee: UUID, definition: tables.CredentialVersion, cause: AwardCause
) -> tables.Award:
    instant = now()
    ends = Duration.parse(definition.validity).after(instant) if definition.validity else None
    award = tables.Award(
        employee_id=employee,
        credential_id=definition.credential_id,
        version_id=definition.id,
        cause=cause,
        approved_by_id=viewer.employee,
        awarded_at=instant,
        held=MultiRange([Range(instant, ends)]),
    )
    tx.add(award)
    await tx.flush()
    grants = select(tables.CredentialGrant).where(col(tables.CredentialGrant.version_id) == definition.id)
    for grant in (await tx.execute(grants)).scalars().all():
        await add(
            tx,
            employee=employee,
            skill=grant.skill_id,
            level=grant.level,
            source=Source.CREDENTIAL,
            valid=Range(instant, ends),
            note=f"Awarded: {definition.name}",
            cause=award.id,
        )
    await publish(tx, AwardChanged(employee, definition.credential_id))
    await audit.record(
        tx, viewer, "award.make", award, after={"employee": str(employee), "credential": definition.name}
    )
    return award


_HELD = text(
    "select employee_id, credential_id, id, unnest(held) as valid from award"
    " where employee_id = any(:employees) and credential_id = any(:ids)"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("ids", type_=ARRAY(Uuid)))


@facts_of(SubjectKind.CREDENTIAL)
async def credentials_held(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Awards, for as long as they hold."""
    rows = (await tx.execute(_HELD, {"employees": employees, "ids": ids})).all()
    return [
        (
            row.employee_id,
            SubjectKind.CREDENTIAL,
            row.credential_id,
            Fact(row.valid.lower, row.valid.upper, (row.id,)),
        )
        for row in rows
    ]
