"""Hiring people, changing what they do from a day on, their leaving, and their coming back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.jobs.events import publish
from cairn.people import history, tables
from cairn.people.events import employment_changed
from cairn.people.history import EmployeeId, Position, Stint
from cairn.people.memberships import leave_teams
from cairn.people.profile import filled, free, owner_of, zone
from cairn.people.references import resolve
from cairn.people.reporting import refresh


@dataclass
class NotEmployed(Refusal):
    """The person is not employed on that day."""

    on: date | None = None
    """The day."""


@dataclass
class StillEmployed(Refusal):
    """The person is employed on that day or after it."""

    since: date | None = None
    """The first day of that employment."""


async def hire(
    tx: Transaction,
    viewer: Viewer,
    *,
    given_name: str,
    family_name: str,
    starts_on: date,
    position: Position,
    email: str | None = None,
    number: str | None = None,
    display_name: str | None = None,
    time_zone: str = "UTC",
    locale: str = "en",
) -> tables.Employee:
    """Hires somebody from a day on, today or in the future.

    Args:
        given_name: The name friends use.
        family_name: The name a family shares.
        starts_on: The first day at work.
        position: What the person is employed as.
        email: The address at work.
        number: The employee number.
        display_name: The full name, as the person writes it; by default the given name and the family name.
        time_zone: A name of the IANA time zone database.
        locale: A BCP 47 language tag.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    await _check(tx, position)
    if number is not None and await owner_of(tx, tables.Employee.number, number) is not None:
        raise invalid("number", "is the number of somebody else")
    employee = tables.Employee(
        given_name=filled(given_name, "givenName"),
        family_name=filled(family_name, "familyName"),
        display_name=filled(
            f"{given_name.strip()} {family_name.strip()}" if display_name is None else display_name,
            "displayName",
        ),
        email=await free(tx, email) if email is not None else None,
        number=number,
        time_zone=zone(time_zone),
        locale=locale,
    )
    tx.add(employee)
    await tx.flush()
    await history.write(tx, viewer, employee.id, [Stint(starts_on, None, position)], reason="hired")
    await settle(tx, [employee.id])
    await audit.record(tx, viewer, "employee.hire", employee, after={"starts_on": starts_on.isoformat()})
    return employee


async def change_position(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, from_day: date, position: Position
) -> tables.Employee:
    """Changes what somebody is employed as, from a day on until what is planned after it.

    Args:
        employee: Whose position changes.
        from_day: The first day of the new position, in the past or in the future.
        position: What the person is employed as from then on; what is left out is nothing.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _locked(tx, employee)
    await _check(tx, position)
    stints = await history.read(tx, employee)
    current = _held_on(stints, from_day)
    reason = f"another position from {from_day} on"
    await history.write(tx, viewer, employee, history.changed(stints, from_day, position), reason=reason)
    await settle(tx, [employee])
    await audit.record(
        tx,
        viewer,
        "employee.change_position",
        found,
        before={"title": current.position.title},
        after={"title": position.title, "from": from_day.isoformat()},
    )
    return found


async def terminate(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, last_day: date
) -> tables.Employee:
    """Ends somebody's employment after a day; nothing they have earned is lost.

    Args:
        employee: Who leaves.
        last_day: The last day of employment.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _locked(tx, employee)
    stints = await history.read(tx, employee)
    _held_on(stints, last_day)
    gone = last_day + timedelta(days=1)
    await history.write(tx, viewer, employee, history.ended(stints, gone), reason=f"left after {last_day}")
    await leave_teams(tx, employee, datetime.combine(gone, time(), UTC))
    await settle(tx, [employee])
    await audit.record(tx, viewer, "employee.terminate", found, after={"last_day": last_day.isoformat()})
    return found


async def rehire(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, starts_on: date, position: Position
) -> tables.Employee:
    """Hires somebody again who has left: the same person, with all they had earned.

    Args:
        employee: Who comes back.
        starts_on: The first day at work.
        position: What the person is employed as.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await _locked(tx, employee)
    await _check(tx, position)
    stints = await history.read(tx, employee)
    for stint in stints:
        if stint.until is None or stint.until > starts_on:
            raise StillEmployed("The person is employed then; change the position.", since=stint.since)
    await history.write(tx, viewer, employee, [*stints, Stint(starts_on, None, position)], reason="rehired")
    await settle(tx, [employee])
    await audit.record(tx, viewer, "employee.rehire", found, after={"starts_on": starts_on.isoformat()})
    return found


async def find(tx: Transaction, employee: UUID) -> tables.Employee:
    """An employee by id. Raises `NotFound`."""
    found = await tx.get(tables.Employee, employee)
    if found is None:
        raise NotFound("There is no such employee.", id=employee)
    return found


async def one_at_a_time(tx: Transaction, employees: Collection[UUID]) -> None:
    """Waits for whoever else works out what follows from facts about these employees, until they are done.

    Two transactions, each of which adds one of two facts that only together suffice, would both find it too
    little.
    """
    key = col(tables.Employee.id)
    these = select(key).where(key == any_(bindparam("ids", list(employees), ARRAY(Uuid)))).order_by(key)
    await tx.execute(these.with_for_update(key_share=True))


async def _locked(tx: Transaction, employee: UUID) -> tables.Employee:
    """An employee whose history is about to be written, by one at a time. Raises `NotFound`."""
    found = await tx.get(tables.Employee, employee, with_for_update={"key_share": True})
    if found is None:
        raise NotFound("There is no such employee.", id=employee)
    return found


async def _check(tx: Transaction, position: Position) -> None:
    await resolve(
        tx,
        ("position.manager", "employee", position.manager),
        ("position.department", "department", position.department),
        ("position.jobRole", "job_role", position.job_role),
    )


async def settle(tx: Transaction, employees: Collection[UUID]) -> None:
    """Has what follows from employments follow, after those of these employees were written.

    Raises `CycleInReportingLine`, which names the ring.
    """
    await refresh(tx, employees)
    await publish(tx, *employment_changed(employees))


def _held_on(stints: list[Stint], day: date) -> Stint:
    for stint in stints:
        if stint.covers(day):
            return stint
    raise NotEmployed("The person is not employed on that day.", on=day)
