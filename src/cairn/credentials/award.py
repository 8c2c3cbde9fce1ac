"""Awards: made when what earns a credential is met, by themselves or with somebody's approval.

A lower room tells that a fact has changed; every definition whose requirement mentions it is evaluated
again for that person. An award is itself such a fact, so a stack completes itself stone by stone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, check_reason, invalid
from cairn.access.rules import At, Terms
from cairn.access.viewer import Viewer, system
from cairn.credentials import approve, hold, renewal, status, tables
from cairn.credentials.approve import AwardToApproveId
from cairn.credentials.define import CredentialId
from cairn.credentials.events import AwardChanged
from cairn.credentials.tables import AwardCause, AwardedBy, DefinitionStatus
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.scalars import Url
from cairn.jobs.events import publish
from cairn.people.employ import one_at_a_time
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.requirements.evaluate import compiled, evaluate
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Fact, Facts
from cairn.requirements.times import Times
from cairn.requirements.tree import Requirement, Subject, SubjectKind, subjects
from cairn.skills.assess import withdraw_caused
from cairn.skills.facts import Found, facts_of, follows, load, mentioned, mentions, names
from cairn.skills.meets import holders_of

AwardId = Annotated[UUID, Ref("Award")]

PAST = "must not lie in the past; leave it out for now"


@dataclass
class NotEarned(Refusal):
    """The person does not meet what earns the credential."""

    missing: list[str] = field(default_factory=list)
    """What is missing, a sentence each."""


@dataclass
class AlreadyAwarded(Refusal):
    """The person was awarded the credential before."""

    award: AwardId | None = None
    """The award."""


@dataclass
class AlreadyRevoked(Refusal):
    """The award was revoked before; that is for ever."""

    award: AwardId | None = None
    """The award."""


_MENTIONING = text(
    "select id from credential_version"  # noqa: S608  # a condition of ours
    " where status = 'PUBLISHED'"
    f" and {mentions('requirement')}"
)


@follows()
async def reconsider(
    tx: Transaction, employees: Collection[UUID], kind: SubjectKind, ids: Collection[UUID] | None
) -> None:
    """Awards and renews what is earned now, or has it wait for its approval, and ends what lapsed.

    Of all that mentions those subjects; where `ids` is None, any subject of the kind.
    """
    employees = await one_at_a_time(tx, employees)
    await hold.follow(tx, employees, kind, ids)
    await renewal.follow(tx, employees, kind, ids)
    for version in (await tx.execute(_MENTIONING, mentioned(kind, ids))).scalars().all():
        await consider(tx, await tx.get_one(tables.CredentialVersion, version), employees)


async def consider(
    tx: Transaction, definition: tables.CredentialVersion, employees: Collection[UUID]
) -> None:
    """Awards a published definition to those who have earned it and were not awarded it, or has it wait.

    Of whom it was revoked only what is earned anew since counts. Once nobody else works at theirs.
    """
    standing = await holders(tx, employees, definition.credential_id)
    requirement, instant = wire.parse(definition.requirement), now()
    decide = compiled(requirement)
    asked = [each for each in employees if each not in standing]
    facts = await load(tx, asked, subjects(requirement))
    times = {employee: decide(facts.get(employee, NO_FACTS)) for employee in asked}
    earned = [employee for employee, met in times.items() if instant in met]
    earned = await renewal.not_as_revoked(tx, definition, earned, instant)
    if definition.awarded_by is not AwardedBy.AUTOMATIC:
        await approve.wait(tx, definition, earned=earned, lost=times.keys() - set(earned))
        return
    for employee in earned:
        award = made(employee, definition, times[employee], instant, cause=AwardCause.REQUIREMENT)
        await _keep(tx, system("worker"), award, definition)


async def award_credential(
    tx: Transaction,
    viewer: Viewer,
    *,
    credential: CredentialId,
    employee: EmployeeId,
    starts_at: datetime | None = None,
    note: str | None = None,
    url: Url | None = None,
) -> tables.Award:
    """Awards a credential to somebody who has earned it.

    Args:
        credential: The credential.
        employee: Who has earned it.
        starts_at: From when it holds, where that is to come; what earns it has to be met then.
        note: What the person did to earn it, for whoever looks at the award.
        url: Where that can be looked at.
    """
    viewer.require(Permission.WRITE_LEARNING)
    await find(tx, viewer, Employee, employee)
    await one_at_a_time(tx, [employee])
    definition = await published(tx, credential)
    if standing := await holders(tx, [employee], credential):
        award = await tx.get_one(tables.Award, standing[employee])
        holds = now() in Times.of_multirange(award.held)
        message = "holds it already" if holds else "was awarded it before, and that award does not hold now"
        raise AlreadyAwarded(f"The person {message}.", award=award.id)
    instant = now()
    if starts_at is not None and starts_at < instant:
        raise invalid("startsAt", PAST)
    begins = starts_at or instant
    met = await met_at(tx, employee, definition, begins)
    award = made(employee, definition, met, begins, note=note, url=url, approved_by=viewer.employee)
    return await _keep(tx, viewer, award, definition)


async def approve_award(
    tx: Transaction,
    viewer: Viewer,
    *,
    waiting: AwardToApproveId,
    note: str | None = None,
    url: Url | None = None,
) -> tables.Award:
    """Approves a credential that somebody has earned, and awards it, or renews it where it was earned anew.

    Args:
        waiting: What waits for the approval.
        note: What the person did to earn it, for whoever looks at the award.
        url: Where that can be looked at.
    """
    found = await find(tx, viewer, tables.AwardToApprove, waiting)
    await one_at_a_time(tx, [found.employee_id])
    found = await approve.asked(tx, viewer, waiting)
    definition = await tx.get_one(tables.CredentialVersion, found.version_id)
    begins = now()
    if standing := await holders(tx, [found.employee_id], definition.credential_id):
        award = await tx.get_one(tables.Award, standing[found.employee_id])
        facts = (await renewal.facts_of(tx, [award.employee_id], definition)).get(award.employee_id, NO_FACTS)
        if award.version_id != definition.id or not renewal.is_due(award, definition, facts, begins):
            raise AlreadyAwarded("The person was awarded it before.", award=award.id)
        await approve.settled(tx, award.credential_id, [award.employee_id])
        award.approved_by_id = viewer.employee
        if note or url:
            award.evidence_note, award.evidence_url = note, url
        return await renewal.renew(tx, viewer, award, definition, begins)
    met = await met_at(tx, found.employee_id, definition, begins)
    award = made(found.employee_id, definition, met, begins, note=note, url=url, approved_by=viewer.employee)
    return await _keep(tx, viewer, award, definition)


async def revoke_award(tx: Transaction, viewer: Viewer, *, award: AwardId, reason: str) -> tables.Award:
    """Revokes an award, for ever.

    Args:
        award: The award.
        reason: Why; whoever checks the award is told.
    """
    found = await unrevoked(tx, viewer, award)
    check_reason(reason)
    instant = now()
    found.revoked_at, found.revoked_reason = instant, reason
    found.held = (Times.of_multirange(found.held) - Times.since(instant)).to_multirange()
    tx.add(found)
    await withdraw_caused(tx, viewer, [found.id], f"Award revoked: {reason}")
    await status.follow(tx, [found.id])
    await publish(tx, AwardChanged(found.employee_id, found.credential_id))
    await audit.record(tx, viewer, "award.revoke", found, after={"reason": reason})
    return found


async def unrevoked(tx: Transaction, viewer: Viewer, award: UUID) -> tables.Award:
    """An award for a learning admin to change, once nobody else works at its holder's.

    Raises `NotAllowed`, `NotFound`, `AlreadyRevoked`.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.Award, award)
    await one_at_a_time(tx, [found.employee_id])
    found = await find(tx, viewer, tables.Award, award, lock=True)
    if found.revoked_at is not None:
        raise AlreadyRevoked("It was revoked, which is for ever.", award=award)
    return found


async def published(tx: Transaction, credential: UUID) -> tables.CredentialVersion:
    """The version of a credential that is awarded. Raises `NotFound`."""
    found = await tx.execute(
        select(tables.CredentialVersion).where(
            col(tables.CredentialVersion.credential_id) == credential,
            col(tables.CredentialVersion.status) == DefinitionStatus.PUBLISHED,
        )
    )
    definition = found.scalar_one_or_none()
    if definition is None:
        raise NotFound("There is no such credential.", id=credential)
    return definition


async def holders(tx: Transaction, employees: Collection[UUID], credential: UUID) -> dict[UUID, UUID]:
    """Who of these was awarded the credential, with the award, whether it still holds or not."""
    found = select(col(tables.Award.employee_id), col(tables.Award.id)).where(
        col(tables.Award.employee_id) == any_(bindparam("employees", list(employees), ARRAY(Uuid))),
        col(tables.Award.credential_id) == credential,
        col(tables.Award.revoked_at).is_(None),
    )
    return dict((await tx.execute(found)).all())


async def met_at(
    tx: Transaction, employee: UUID, definition: tables.CredentialVersion, instant: datetime
) -> Times:
    """When somebody meets what earns a credential. Raises `NotEarned` where that is not at that instant."""
    requirement = wire.parse(definition.requirement)
    facts = await _facts(tx, employee, requirement)
    met = evaluate(requirement, facts)
    if instant in met:
        return met
    known = await names(tx, subjects(requirement))
    raise NotEarned(
        "The person does not meet what earns it.", missing=missing(requirement, facts, instant, known)
    )


async def _facts(tx: Transaction, employee: UUID, requirement: Requirement) -> Facts:
    return (await load(tx, [employee], subjects(requirement))).get(employee, NO_FACTS)


def missing(
    requirement: Requirement, facts: Facts, instant: datetime, known: Mapping[Subject, str]
) -> list[str]:
    """What of a requirement is not met at an instant, a sentence each."""
    rows = explain(requirement, facts, instant, lambda subject: known.get(subject, "something")).flatten()
    return [row.text for row in rows if not row.of and not row.met]


def made(
    employee: UUID,
    definition: tables.CredentialVersion,
    met: Times,
    begins: datetime,
    *,
    cause: AwardCause = AwardCause.APPROVAL,
    note: str | None = None,
    url: str | None = None,
    approved_by: UUID | None = None,
) -> tables.Award:
    """An award of a definition whose requirement somebody meets at those times, from `begins` on."""
    return tables.Award(
        employee_id=employee,
        credential_id=definition.credential_id,
        version_id=definition.id,
        cause=cause,
        approved_by_id=approved_by,
        awarded_at=begins,
        evidence_note=note,
        evidence_url=url,
        held=hold.times(definition, begins, met, begins).to_multirange(),
    )


async def note_made(
    tx: Transaction, viewer: Viewer, award: tables.Award, definition: tables.CredentialVersion
) -> None:
    """Has the audit know of an award."""
    after = {"employee": str(award.employee_id), "credential": definition.name}
    await audit.record(tx, viewer, "award.make", award, after=after)


async def _keep(
    tx: Transaction, viewer: Viewer, award: tables.Award, definition: tables.CredentialVersion
) -> tables.Award:
    tx.add(award)
    await tx.flush()
    if definition.awarded_by is not AwardedBy.AUTOMATIC:
        await approve.settled(tx, award.credential_id, [award.employee_id])
    await hold.grant(tx, award, definition)
    await publish(tx, AwardChanged(award.employee_id, award.credential_id))
    await note_made(tx, viewer, award, definition)
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


@holders_of(SubjectKind.CREDENTIAL)
def who_holds(viewer: Terms, at: At, credential: Any) -> Select[Any]:
    """Those of whom an award holds."""
    award, seen = viewer.sees(tables.Award, at=at)
    found = select(award.c.employee_id).where(
        award.c.credential_id == credential, award.c.held.contains(at.instant), seen
    )
    return found.correlate_except(award)
