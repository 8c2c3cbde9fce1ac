"""What somebody was, is and will be employed as, as one list that can be compared and written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Days, from_day, now, without
from cairn.db.tables import Ref
from cairn.jobs.events import publish
from cairn.people import tables
from cairn.people.events import employment_changed
from cairn.people.lost import check_lost
from cairn.people.reporting import CycleInReportingLine, refresh

EmployeeId = Annotated[UUID, Ref("Employee")]
DepartmentId = Annotated[UUID, Ref("Department")]
JobRoleId = Annotated[UUID, Ref("JobRole")]


@dataclass(frozen=True)
class Position:
    """What somebody is employed as."""

    title: str | None = None
    """What stands on the business card."""
    manager: EmployeeId | None = None
    """Whom the person reports to."""
    department: DepartmentId | None = None
    """The department the person works in."""
    job_role: JobRoleId | None = None
    """The job role the person works in."""
    location: str | None = None
    """Where the work is done."""
    work: tables.Work = tables.Work.ACTIVE
    """Whether the person is at work or away."""
    engagement: tables.Engagement = tables.Engagement.EMPLOYEE
    """How the person belongs to the company."""


@dataclass(frozen=True)
class Pending:
    """What a feed names that is not there yet, by its id in the feed; a job role by its code."""

    manager: str | None = None
    department: str | None = None
    job_role: str | None = None


@dataclass(frozen=True)
class Stint:
    """A position held from a day on, up to but not including `until`."""

    since: date
    until: date | None
    position: Position
    pending: Pending = field(default_factory=Pending)

    @property
    def days(self) -> Days:
        """The days on which it is held."""
        return from_day(self.since, self.until)

    def covers(self, day: date) -> bool:
        """Whether it is held on that day."""
        return self.since <= day and (self.until is None or day < self.until)


async def read(tx: Transaction, employee: UUID) -> list[Stint]:
    """The history of an employee, in order."""
    return sorted((_stint(row) for row in await _rows(tx, employee)), key=lambda stint: stint.since)


async def _rows(tx: Transaction, employee: UUID) -> Sequence[tables.Employment]:
    query = select(tables.Employment).where(col(tables.Employment.employee_id) == employee)
    return (await tx.execute(query)).scalars().all()


def _stint(row: tables.Employment) -> Stint:
    assert row.valid.lower is not None
    return Stint(
        row.valid.lower,
        row.valid.upper,
        Position(
            row.title,
            row.manager_id,
            row.department_id,
            row.job_role_id,
            row.location,
            row.work,
            row.engagement,
        ),
        Pending(row.manager_ref, row.department_ref, row.job_role_ref),
    )


def changed(
    stints: Sequence[Stint], day: date, position: Position, pending: Pending | None = None
) -> list[Stint]:
    """The history with another position from a day on, until what was planned next."""
    found: list[Stint] = []
    for stint in stints:
        changed_to = Stint(day, stint.until, position, pending or Pending())
        if not stint.covers(day) or replace(stint, since=day) == changed_to:
            found.append(stint)
            continue
        if stint.since < day:
            found.append(replace(stint, until=day))
        found.append(changed_to)
    return found


def during(
    stints: Sequence[Stint], first: date, until: date | None, change: Callable[[Position], Position]
) -> list[Stint]:
    """The history with another position between two days, wherever there is one."""
    found: list[Stint] = []
    for stint in stints:
        since = max(stint.since, first)
        end = min((each for each in (stint.until, until) if each is not None), default=None)
        if (end is not None and end <= since) or change(stint.position) == stint.position:
            found.append(stint)
            continue
        if stint.since < since:
            found.append(replace(stint, until=since))
        found.append(replace(stint, since=since, until=end, position=change(stint.position)))
        if end != stint.until:
            assert end is not None
            found.append(replace(stint, since=end))
    return joined(found)


def joined(stints: Sequence[Stint]) -> list[Stint]:
    """The history with stints that touch and say the same as one."""
    found: list[Stint] = []
    for stint in stints:
        touches = bool(found) and found[-1].until == stint.since
        if touches and replace(found[-1], since=stint.since, until=stint.until) == stint:
            found[-1] = replace(found[-1], until=stint.until)
        else:
            found.append(stint)
    return found


def spell(stints: Sequence[Stint]) -> list[Stint]:
    """The last of the times in which somebody was, is or will be employed without a gap."""
    found: list[Stint] = []
    for stint in reversed(stints):
        if found and stint.until != found[0].since:
            break
        found.insert(0, stint)
    return found


def ended(stints: Sequence[Stint], day: date) -> list[Stint]:
    """The history without anything from a day on."""
    return [
        replace(stint, until=day) if stint.covers(day) else stint for stint in stints if stint.since < day
    ]


def managers(stints: Sequence[Stint]) -> list[tuple[date, date | None, UUID]]:
    """By whom somebody was, is and will be managed, from when until when."""
    found: list[tuple[date, date | None, UUID]] = []
    for stint in stints:
        manager = stint.position.manager
        if found and found[-1][1:] == (stint.since, manager):
            found[-1] = (found[-1][0], stint.until, found[-1][2])
        elif manager is not None:
            found.append((stint.since, stint.until, manager))
    return found


def told(stints: Sequence[Stint]) -> dict[str, Any]:
    """The history as the audit keeps it."""
    return {
        "employments": [
            {"since": stint.since, "until": stint.until}
            | {name: value for name, value in vars(stint.position).items() if value is not None}
            | {f"{name}_ref": value for name, value in vars(stint.pending).items() if value is not None}
            for stint in stints
        ]
    }


async def write(
    tx: Transaction, viewer: Viewer, employee: UUID, stints: Sequence[Stint], *, reason: str
) -> bool:
    """Makes `stints` the history of an employee, and has what follows from it follow; whether it changed.

    Raises `LastAdministrator`, and `CycleInReportingLine`, which names the ring.
    """
    written = await store(tx, viewer, employee, stints, reason=reason)
    if written:
        await refresh(tx, [employee])
        await publish(tx, *employment_changed([employee]))
    return written


async def store(
    tx: Transaction, viewer: Viewer, employee: UUID, stints: Sequence[Stint], *, reason: str
) -> bool:
    """Makes `stints` the history of an employee; whether that changed anything.

    Rows that stay as they are keep their id, also those that only end on another day. What is displaced is
    kept as withdrawn, for that reason. What follows is for the caller, who perhaps stores others before it.
    Raises `LastAdministrator`, and `CycleInReportingLine` for somebody who would report to themselves.
    """
    if any(stint.position.manager == employee for stint in stints):
        raise CycleInReportingLine(ring=[employee])
    rows = {_stint(row): row for row in await _rows(tx, employee)}
    if lost := without([row.valid for row in rows.values()], [each.days for each in stints]):
        await check_lost(tx, {employee: lost})
    gone = {replace(stint, until=None): row for stint, row in rows.items() if stint not in stints}
    new: list[Stint] = []
    resized: list[tuple[tables.Employment, Stint]] = []
    for stint in stints:
        if stint not in rows:
            row = gone.pop(replace(stint, until=None), None)
            if row is None:
                new.append(stint)
            else:
                resized.append((row, stint))
    if gone:
        tx.add_all(_withdrawn(row, viewer, reason) for row in gone.values())
        ids = [row.id for row in gone.values()]
        await tx.execute(delete(tables.Employment).where(col(tables.Employment.id).in_(ids)))
    for row, stint in resized:
        if row.valid.upper != stint.until:
            row.ended_because = None
        row.valid = stint.days
    await tx.flush()
    tx.add_all(_row(employee, stint) for stint in new)
    written = bool(gone or new or resized)
    if written:
        touched = update(tables.Employee).where(col(tables.Employee.id) == employee)
        await tx.execute(touched.values(changed_at=now()))
    await tx.flush()
    return written


def _row(employee: UUID, stint: Stint) -> tables.Employment:
    position, pending = stint.position, stint.pending
    return tables.Employment(
        employee_id=employee,
        valid=stint.days,
        title=position.title,
        manager_id=position.manager,
        department_id=position.department,
        job_role_id=position.job_role,
        location=position.location,
        work=position.work,
        engagement=position.engagement,
        manager_ref=pending.manager,
        department_ref=pending.department,
        job_role_ref=pending.job_role,
    )


def _withdrawn(row: tables.Employment, viewer: Viewer, reason: str) -> tables.WithdrawnEmployment:
    return tables.WithdrawnEmployment(
        **{name: getattr(row, name) for name in tables.Employment.model_fields if name != "ended_because"},
        withdrawn_at=now(),
        withdrawn_by=viewer.name,
        withdrawn_by_id=viewer.employee,
        reason=reason,
    )
