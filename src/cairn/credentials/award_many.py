"""Awarding one credential to many people in one go: a result for each, and none twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlmodel import col

from cairn.access.find import terms
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.rules import visible
from cairn.access.viewer import Viewer
from cairn.credentials import approve, hold, tables
from cairn.credentials.award import AwardId, holders, made, missing, note_made, published
from cairn.credentials.define import CredentialId
from cairn.credentials.events import AwardsMade
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph.scalars import Url
from cairn.jobs.events import publish
from cairn.people.employ import one_at_a_time
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.tree import subjects
from cairn.skills.facts import load, names

MOST = 1_000
"""People that are awarded a credential in one transaction."""
TOLD_AT_ONCE = 50
"""Awards that one event tells of, and that one job signs: at some 15 ms each it is over in a second."""


@dataclass(frozen=True)
class AwardDraft:
    """An award that is to be made."""

    employee: EmployeeId
    """Who has earned it."""
    starts_at: datetime | None = None
    """From when it holds, where that is to come; what earns it has to be met then."""
    note: str | None = None
    """What the person did to earn it, for whoever looks at the award."""
    url: Url | None = None
    """Where that can be looked at."""


class AwardOutcome(StrEnum):
    """What came of awarding a credential to one person."""

    AWARDED = "AWARDED"
    """The person holds it."""
    SCHEDULED = "SCHEDULED"
    """The person will hold it, from `startsAt` on."""
    ALREADY_AWARDED = "ALREADY_AWARDED"
    """The person was awarded it before, be it in an earlier row."""
    NOT_EARNED = "NOT_EARNED"
    """The person does not meet what earns it; `missing` says what is missing."""
    IN_THE_PAST = "IN_THE_PAST"
    """`startsAt` lies in the past; leave it out for now."""
    NOT_FOUND = "NOT_FOUND"
    """There is no such person, or you may not see them."""


@dataclass(frozen=True)
class AwardResult:
    """What came of awarding a credential to one person."""

    employee: EmployeeId | None
    """The person."""
    outcome: AwardOutcome
    """What came of it."""
    award: AwardId | None = None
    """The award, new or from before."""
    missing: list[str] = field(default_factory=list)
    """What is missing, a sentence each, where it is not earned."""


@dataclass(frozen=True)
class AwardCredentialsPayload:
    """What came of awarding a credential to many."""

    credential: CredentialId
    """The credential."""
    results: list[AwardResult] = field(default_factory=list)
    """One for each row, in their order."""


async def award_credentials(
    tx: Transaction, viewer: Viewer, *, credential: CredentialId, rows: list[AwardDraft]
) -> AwardCredentialsPayload:
    """Awards a credential to those of many people who have earned it, at most 1,000 at once.

    Who was awarded it before is not awarded it again: the same rows can be sent again at any time.

    Args:
        credential: The credential.
        rows: Who is to be awarded it.
    """
    viewer.require(Permission.WRITE_LEARNING)
    if len(rows) > MOST:
        raise invalid("rows", f"are {len(rows)}; at most {MOST} at once, send the rest in another request")
    definition = await published(tx, credential)
    return AwardCredentialsPayload(credential, await award_rows(tx, viewer, definition, rows))


async def award_rows(
    tx: Transaction, viewer: Viewer, definition: tables.CredentialVersion, rows: Sequence[AwardDraft]
) -> list[AwardResult]:
    """Awards a published definition to those who have earned it, on behalf of a verb that checked who may."""
    credential, instant = definition.credential_id, now()
    there = set(await one_at_a_time(tx, await _seen(tx, viewer, {row.employee for row in rows})))
    standing = await holders(tx, there, credential)
    requirement = wire.parse(definition.requirement)
    asked, decide = subjects(requirement), compiled(requirement)
    known = await names(tx, asked)
    facts = await load(tx, there - standing.keys(), asked)
    results: list[AwardResult] = []
    awards: list[tables.Award] = []
    for row in rows:
        begins = row.starts_at or instant
        if row.employee not in there:
            results.append(AwardResult(None, AwardOutcome.NOT_FOUND))
            continue
        if row.employee in standing:
            before = standing[row.employee]
            results.append(AwardResult(row.employee, AwardOutcome.ALREADY_AWARDED, before))
            continue
        if begins < instant:
            results.append(AwardResult(row.employee, AwardOutcome.IN_THE_PAST))
            continue
        own = facts.get(row.employee, NO_FACTS)
        met = decide(own)
        if begins not in met:
            lacks = missing(requirement, own, begins, known)
            results.append(AwardResult(row.employee, AwardOutcome.NOT_EARNED, missing=lacks))
            continue
        award = made(
            row.employee, definition, met, begins, note=row.note, url=row.url, approved_by=viewer.employee
        )
        awards.append(award)
        standing[row.employee] = award.id
        outcome = AwardOutcome.SCHEDULED if begins > instant else AwardOutcome.AWARDED
        results.append(AwardResult(row.employee, outcome, award.id))
    tx.add_all(awards)
    await tx.flush()
    await approve.settled(tx, credential, [award.employee_id for award in awards])
    await hold.grant_all(tx, awards, definition)
    for award in awards:
        await note_made(tx, viewer, award, definition)
    people = [award.employee_id for award in awards]
    for start in range(0, len(people), TOLD_AT_ONCE):
        await publish(tx, AwardsMade(tuple(people[start : start + TOLD_AT_ONCE]), credential))
    return results


async def _seen(tx: Transaction, viewer: Viewer, employees: Collection[UUID]) -> Collection[UUID]:
    """Those of the people whom the viewer sees."""
    key = col(Employee.id)
    given = bindparam("employees", list(employees), ARRAY(Uuid))
    query = select(key).where(key == any_(given), visible(Employee.__table__, Employee, terms(viewer)))
    return (await tx.execute(query)).scalars().all()
