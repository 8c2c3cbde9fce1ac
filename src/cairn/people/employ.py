"""Hiring people, changing what they do from a day on, and their coming back; `leaving.py` has the rest."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.people import history, tables
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId, Pending, Position, Stint
from cairn.people.profile import UNCHANGED, filled, free, given, language, register, zone
from cairn.people.references import resolve
from cairn.people.waiting import arrived


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
    phone: str | None = None,
    user_name: str | None = None,
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
        phone: The telephone number at work.
        user_name: What the person signs in as.
        number: The employee number.
        display_name: The full name, as the person writes it; by default the given name and the family name.
        time_zone: A name of the IANA time zone database.
        locale: A BCP 47 language tag.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    await _check(tx, position)
    full_name = f"{given_name.strip()} {family_name.strip()}" if display_name is None else display_name
    said = {
        "given_name": filled(given_name, "givenName"),
        "family_name": filled(family_name, "familyName"),
        "display_name": filled(full_name, "displayName"),
        "email": email,
        "phone": phone,
        "user_name": user_name,
        "number": number,
        "time_zone": zone(time_zone),
        "locale": language(locale),
    }
    employee = await register(tx, viewer, await free(tx, said))
    await begin(tx, viewer, employee, [], starts_on, position)
    await arrived(tx, employee)
    return employee


async def begin(
    tx: Transaction,
    viewer: Viewer,
    employee: tables.Employee,
    stints: list[Stint],
    starts_on: date,
    position: Position,
    pending: Pending | None = None,
) -> None:
    """Begins an employment of somebody who has no other from that day on; `stints` is what was before."""
    wanted = [*stints, Stint(starts_on, None, position, pending or Pending())]
    verb, reason = ("employee.rehire", "rehired") if stints else ("employee.hire", "hired")
    await history.write(tx, viewer, employee.id, wanted, reason=reason)
    await audit.record(tx, viewer, verb, employee, after={"starts_on": starts_on.isoformat()})


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
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    await _check(tx, position)
    stints = await history.read(tx, employee)
    await become(tx, viewer, found, stints, from_day, position)
    return found


async def become(
    tx: Transaction,
    viewer: Viewer,
    employee: tables.Employee,
    stints: list[Stint],
    from_day: date,
    position: Position,
    pending: Pending | None = None,
) -> None:
    """Has somebody hold another position from a day on, until what is planned next. Raises `NotEmployed`."""
    before = vars(held_on(stints, from_day).position)
    wanted = history.changed(stints, from_day, position, pending)
    await history.write(tx, viewer, employee.id, wanted, reason=f"moved on {from_day}")
    changed = {name: value for name, value in vars(position).items() if value != before[name]}
    await audit.record(
        tx,
        viewer,
        "employee.move",
        employee,
        before={name: before[name] for name in changed},
        after={**changed, "from": from_day},
    )


async def move(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId,
    from_day: date,
    manager: EmployeeId | None = UNCHANGED,
    department: DepartmentId | None = UNCHANGED,
    job_role: JobRoleId | None = UNCHANGED,
    title: str | None = UNCHANGED,
    location: str | None = UNCHANGED,
    engagement: tables.Engagement = UNCHANGED,
) -> tables.Employee:
    """Changes some of what somebody is employed as, from a day on until what is planned after it.

    What is left out stays as it is on that day, also that the person is on leave.

    Args:
        employee: Who moves.
        from_day: The first day, in the past or in the future.
        manager: Whom the person reports to from then on; null for nobody.
        department: The department the person works in from then on; null for none.
        job_role: The job role the person works in from then on; null for none.
        title: What stands on the business card from then on.
        location: Where the work is done from then on.
        engagement: How the person belongs to the company from then on.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    asked = given(
        manager=manager,
        department=department,
        job_role=job_role,
        title=title,
        location=location,
        engagement=engagement,
    )
    if not asked:
        raise invalid("fromDay", "say also what changes on that day")
    await resolve(tx, *((name, _TABLES[name], asked[name]) for name in asked.keys() & _TABLES.keys()))
    stints = await history.read(tx, employee)
    current = held_on(stints, from_day)
    position = replace(current.position, **asked)
    pending = replace(current.pending, **dict.fromkeys(asked.keys() & _TABLES.keys()))
    await become(tx, viewer, found, stints, from_day, position, pending)
    return found


_TABLES = {"manager": "employee", "department": "department", "job_role": "job_role"}


async def change_hire_date(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, starts_on: date
) -> tables.Employee:
    """Moves the first day of somebody's employment: the planned one, the present one, or the last there was.

    Args:
        employee: Whose first day moves.
        starts_on: The first day at work as it is now known, earlier or later, before the last one.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    stints = await history.read(tx, employee)
    spell = history.spell(stints)
    if not spell or (spell[-1].until is not None and spell[-1].until <= starts_on):
        raise NotEmployed("The person is not employed on that day.", on=starts_on)
    earlier = stints[: -len(spell)]
    if earlier and earlier[-1].until is not None and earlier[-1].until > starts_on:
        raise StillEmployed("The person is employed then already.", since=earlier[-1].since)
    first, *later = [stint for stint in spell if stint.until is None or stint.until > starts_on]
    wanted = [*earlier, replace(first, since=starts_on), *later]
    await history.write(tx, viewer, employee, wanted, reason=f"starts on {starts_on}")
    await audit.record(
        tx,
        viewer,
        "employee.change_hire_date",
        found,
        before={"starts_on": spell[0].since},
        after={"starts_on": starts_on},
    )
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
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    await _check(tx, position)
    stints = await history.read(tx, employee)
    for stint in stints:
        if stint.until is None or stint.until > starts_on:
            raise StillEmployed("The person is employed then; change the position.", since=stint.since)
    await begin(tx, viewer, found, stints, starts_on, position)
    return found


async def one_at_a_time(tx: Transaction, employees: Collection[UUID]) -> list[UUID]:
    """Waits for whoever else works out what follows from facts about these employees, until they are done.

    Two transactions, each of which adds one of two facts that only together suffice, would both find it too
    little. Gives those of the employees of whom anything may follow: not those who were erased.
    """
    key = col(tables.Employee.id)
    these = select(key).where(key == any_(bindparam("ids", list(employees), ARRAY(Uuid)))).order_by(key)
    there = these.where(col(tables.Employee.erased_at).is_(None))
    return list((await tx.execute(there.with_for_update(key_share=True))).scalars())


async def _check(tx: Transaction, position: Position) -> None:
    await resolve(
        tx,
        ("position.manager", "employee", position.manager),
        ("position.department", "department", position.department),
        ("position.jobRole", "job_role", position.job_role),
    )


def held_on(stints: list[Stint], day: date) -> Stint:
    """What is held on a day. Raises `NotEmployed`."""
    for stint in stints:
        if stint.covers(day):
            return stint
    raise NotEmployed("The person is not employed on that day.", on=day)
