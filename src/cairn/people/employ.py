"""Hiring people, changing what they do from a day on, and their leaving."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.jobs.events import publish
from cairn.people import history, tables
from cairn.people.events import EmploymentChanged
from cairn.people.history import EmployeeId, Position, Stint
from cairn.people.reporting import refresh


@dataclass
class EmailTaken(Refusal):
    """Somebody else has that email address."""

    employee: EmployeeId | None = None
    """Who has it."""


@dataclass
class NotEmployed(Refusal):
    """The person is not employed on that day."""

    on: date | None = None
    """The day."""


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
    employee = tables.Employee(
        given_name=_filled(given_name, "givenName"),
        family_name=_filled(family_name, "familyName"),
        display_name=_filled(display_name or f"{given_name.strip()} {family_name.strip()}", "displayName"),
        email=await _free(tx, email) if email is not None else None,
        number=number,
        time_zone=time_zone,
        locale=locale,
    )
    tx.add(employee)
    await tx.flush()
    await history.write(tx, employee.id, [Stint(starts_on, None, position)])
    await _settle(tx, employee.id)
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
    found = await find(tx, employee)
    stints = await history.read(tx, employee)
    current = _held_on(stints, from_day)
    await history.write(tx, employee, history.changed(stints, from_day, position))
    await _settle(tx, employee)
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
    found = await find(tx, employee)
    stints = await history.read(tx, employee)
    _held_on(stints, last_day)
    await history.write(tx, employee, history.ended(stints, last_day + timedelta(days=1)))
    await _settle(tx, employee)
    await audit.record(tx, viewer, "employee.terminate", found, after={"last_day": last_day.isoformat()})
    return found


async def find(tx: Transaction, employee: UUID) -> tables.Employee:
    """An employee by id. Raises `NotFound`."""
    found = await tx.get(tables.Employee, employee)
    if found is None:
        raise NotFound("There is no such employee.", id=employee)
    return found


async def _settle(tx: Transaction, employee: UUID) -> None:
    await refresh(tx, [employee])
    await publish(tx, EmploymentChanged(employee))


def _held_on(stints: list[Stint], day: date) -> Stint:
    for stint in stints:
        if stint.covers(day):
            return stint
    raise NotEmployed("The person is not employed on that day.", on=day)


def _filled(name: str, path: str) -> str:
    if not name.strip():
        raise invalid(path, "must not be empty")
    return name.strip()


async def _free(tx: Transaction, email: str) -> str:
    folded = email.strip().lower()
    if folded.count("@") != 1 or folded.startswith("@") or folded.endswith("@"):
        raise invalid("email", "must be an address such as ada@example.com")
    taken = select(col(tables.Employee.id)).where(col(tables.Employee.email) == folded)
    owner = (await tx.execute(taken)).scalar_one_or_none()
    if owner is not None:
        raise EmailTaken(f"{folded} is the address of somebody else.", employee=owner)
    return folded
