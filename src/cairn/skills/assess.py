"""Evidence: added by whoever may say so, never edited, withdrawn with a reason."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now
from cairn.db.tables import Ref
from cairn.jobs.events import publish
from cairn.people.events import TOLD_AT_ONCE
from cairn.people.history import EmployeeId
from cairn.people.references import Reference, resolve
from cairn.people.reporting import is_above
from cairn.people.tables import Employee
from cairn.skills import tables
from cairn.skills.counting import recount
from cairn.skills.events import EvidenceChanged, EvidenceImported
from cairn.skills.tables import RequestClosure, Source

SkillId = Annotated[UUID, Ref("Skill")]
EvidenceId = Annotated[UUID, Ref("Evidence")]

BATCH = 1_000
"""Rows of one insert."""
HIGHEST = 5
"""The top of the company's scale."""


@dataclass
class AlreadyWithdrawn(Refusal):
    """The evidence was withdrawn before."""

    evidence: EvidenceId | None = None
    """The evidence."""


async def assess_skill(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId,
    skill: SkillId,
    level: int,
    note: str | None = None,
    until: datetime | None = None,
) -> tables.Evidence:
    """Says at which level somebody has a skill, from now on.

    Whether it counts as said by the person, by a peer or by a manager follows from who says it.

    Args:
        employee: Whose skill it is.
        skill: The skill.
        level: The level on the company's scale, from 0 to 5.
        note: What it is based on.
        until: From when it no longer holds; it goes on by default.
    """
    await find(tx, viewer, Employee, employee)
    await find(tx, viewer, tables.Skill, skill)
    start = now()
    if until is not None and until <= start:
        raise invalid("until", "must lie in the future")
    source = await _voice(tx, viewer, employee)
    evidence = await add(
        tx,
        employee=employee,
        skill=skill,
        level=level,
        source=source,
        valid=Range(start, until),
        asserted_by=viewer.employee,
        note=note,
    )
    await audit.record(
        tx, viewer, "skill.assess", evidence, after={"skill": str(skill), "level": level, "source": source}
    )
    await _answer(tx, evidence)
    return evidence


async def _answer(tx: Transaction, evidence: tables.Evidence) -> None:
    """Closes the requests to whoever says it, for that person and skill."""
    request = tables.AssessmentRequest
    answered = update(request).where(
        col(request.assessor_id) == evidence.asserted_by_id,
        col(request.employee_id) == evidence.employee_id,
        col(request.skill_id) == evidence.skill_id,
        col(request.closed_at).is_(None),
    )
    closed = {"closed_at": now(), "closure": RequestClosure.ANSWERED, "evidence_id": evidence.id}
    await tx.execute(answered.values(closed))


async def _voice(tx: Transaction, viewer: Viewer, employee: UUID) -> Source:
    if viewer.employee == employee:
        return Source.SELF
    if await is_above(tx, viewer, employee):
        return Source.MANAGER
    if viewer.may(Permission.WRITE_LEARNING):
        return Source.ASSESSMENT
    if viewer.employee is None:
        raise NotAllowed("Only people assess people.")
    if viewer.may(Permission.READ_AUDIT):
        raise NotAllowed("Auditors read everything and vouch for nobody.")
    return Source.PEER


async def add(
    tx: Transaction,
    *,
    employee: UUID,
    skill: UUID,
    level: int,
    source: Source,
    valid: "Range[datetime]",
    asserted_by: UUID | None = None,
    note: str | None = None,
    cause: UUID | None = None,
) -> tables.Evidence:
    """Adds evidence on behalf of a verb that has checked who may say so. Raises `InvalidInput`."""
    if not 0 <= level <= HIGHEST:
        raise invalid("level", f"must be from 0 to {HIGHEST}")
    evidence = tables.Evidence(
        employee_id=employee,
        skill_id=skill,
        level=level,
        source=source,
        valid=valid,
        asserted_by_id=asserted_by,
        note=note,
        cause_id=cause,
    )
    tx.add(evidence)
    if await recount(tx, [skill], [employee]):
        await tx.refresh(evidence)
    await publish(tx, EvidenceChanged(employee, skill))
    return evidence


async def add_all(tx: Transaction, rows: Sequence[tables.Evidence]) -> None:
    """Adds evidence of many people on behalf of a verb that has checked who may say so, and its levels."""
    if rows:
        tx.add_all(rows)
        people, skills = sorted({row.employee_id for row in rows}), sorted({row.skill_id for row in rows})
        await recount(tx, skills, people)
        for start in range(0, len(people), TOLD_AT_ONCE):
            await publish(tx, EvidenceImported(people[start : start + TOLD_AT_ONCE], skills))


async def resize(tx: Transaction, row: tables.Evidence, valid: "Range[datetime]") -> None:
    """Has evidence hold at another time, on behalf of a verb that keeps what it follows from."""
    this = update(tables.Evidence).where(col(tables.Evidence.id) == row.id)
    await tx.execute(this.values(valid=valid, stated=None))
    await recount(tx, [row.skill_id], [row.employee_id])
    await tx.refresh(row)
    await publish(tx, EvidenceChanged(row.employee_id, row.skill_id))


@dataclass(frozen=True)
class EvidenceDraft:
    """Evidence to be added."""

    employee: EmployeeId
    """Whose skill it is."""
    skill: SkillId
    """The skill."""
    level: int
    """The level on the company's scale."""
    source: Source
    """Where it comes from."""
    since: datetime
    """From when it holds."""
    until: datetime | None = None
    """From when it no longer holds."""
    asserted_by: EmployeeId | None = None
    """Who says so."""
    note: str | None = None
    """What it is based on."""
    cause: UUID | None = None
    """What it follows from, such as a completed step."""


async def import_evidence(tx: Transaction, viewer: Viewer, *, drafts: list[EvidenceDraft]) -> int:
    """Adds evidence for many people at once, as other systems have it; how many pieces it was.

    Args:
        drafts: The evidence.
    """
    viewer.require(Permission.WRITE_LEARNING)
    for n, draft in enumerate(drafts):
        if not 0 <= draft.level <= HIGHEST:
            raise invalid(f"drafts.{n}.level", f"must be from 0 to {HIGHEST}")
        if draft.until is not None and draft.until <= draft.since:
            raise invalid(f"drafts.{n}.until", "must come after since")
    await resolve(tx, *_named(drafts))
    await add_many(tx, drafts)
    counts = {"people": len({draft.employee for draft in drafts}), "pieces": len(drafts)}
    await audit.record(tx, viewer, "evidence.import", None, after=counts)
    return len(drafts)


async def add_many(tx: Transaction, drafts: Sequence[EvidenceDraft]) -> None:
    """Adds evidence on behalf of a verb that has checked it, and who may say so."""
    if not drafts:
        return
    rows = [
        {
            "id": tables.Evidence.new_id(),
            "employee_id": draft.employee,
            "skill_id": draft.skill,
            "level": draft.level,
            "source": draft.source,
            "valid": Range(draft.since, draft.until),
            "asserted_by_id": draft.asserted_by,
            "recorded_at": now(),
            "note": draft.note,
            "cause_id": draft.cause,
        }
        for draft in drafts
    ]
    for start in range(0, len(rows), BATCH):
        await tx.execute(insert(tables.Evidence), rows[start : start + BATCH])
    people, skills = (sorted({getattr(draft, of) for draft in drafts}) for of in ("employee", "skill"))
    await recount(tx, skills, people)
    await publish(tx, EvidenceImported(people, skills))


def _named(drafts: Sequence[EvidenceDraft]) -> Iterator[Reference]:
    for n, draft in enumerate(drafts):
        yield f"drafts.{n}.employee", "employee", draft.employee
        yield f"drafts.{n}.skill", "skill", draft.skill
        yield f"drafts.{n}.assertedBy", "employee", draft.asserted_by


async def withdraw_evidence(
    tx: Transaction, viewer: Viewer, *, evidence: EvidenceId, reason: str
) -> tables.Evidence:
    """Withdraws evidence that was a mistake; it stays on record, with who withdrew it and why.

    Args:
        evidence: What to withdraw.
        reason: Why, for whoever looks later.
    """
    found = await find(tx, viewer, tables.Evidence, evidence, lock=True)
    said = viewer.employee is not None and viewer.employee == found.asserted_by_id
    if not said and not viewer.may(Permission.WRITE_LEARNING):
        raise NotAllowed("Evidence is withdrawn by whoever gave it, or by a learning admin.")
    if found.withdrawn_at is not None:
        raise AlreadyWithdrawn("It was withdrawn before.", evidence=evidence)
    check_reason(reason)
    await withdraw(tx, found, reason, viewer.employee)
    await audit.record(tx, viewer, "evidence.withdraw", found, after={"reason": reason})
    return found


async def withdraw_caused(tx: Transaction, viewer: Viewer, causes: Collection[UUID], reason: str) -> None:
    """Withdraws the evidence that rests on what is withdrawn itself."""
    caused = select(tables.Evidence).where(
        col(tables.Evidence.cause_id).in_(causes), col(tables.Evidence.withdrawn_at).is_(None)
    )
    await _withdraw(tx, (await tx.execute(caused)).scalars().all(), reason, viewer.employee)


async def withdraw(tx: Transaction, row: tables.Evidence, reason: str, by: UUID | None = None) -> None:
    """Withdraws evidence on behalf of a verb that has checked who may."""
    await _withdraw(tx, [row], reason, by)


async def _withdraw(tx: Transaction, rows: Sequence[tables.Evidence], reason: str, by: UUID | None) -> None:
    for row in rows:
        row.withdrawn_at, row.withdrawn_by_id, row.withdrawn_reason = now(), by, reason
        tx.add(row)
    if rows:
        await recount(tx, {row.skill_id for row in rows}, {row.employee_id for row in rows})
        whose = dict.fromkeys((row.employee_id, row.skill_id) for row in rows)
        await publish(tx, *(EvidenceChanged(employee, skill) for employee, skill in whose))
