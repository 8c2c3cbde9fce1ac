"""Departments: a tree whose history is kept."""

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Days, Range, now, without
from cairn.db.tables import Ref
from cairn.jobs.happenings import MANY, tell
from cairn.people import tables
from cairn.people.closure import Closure
from cairn.people.events import EMPLOYMENT
from cairn.people.history import DepartmentId
from cairn.people.profile import filled

_LINE = Closure(
    links="department_place",
    child="department_id",
    parent="parent_id",
    table="department_line",
    above="above_id",
    below="department_id",
)


@dataclass
class CycleInDepartments(Refusal):
    """A department would be part of itself."""

    message: str = "A department would be part of itself; move one of them elsewhere."
    ring: list[Annotated[UUID, Ref("Department")]] = field(default_factory=list)
    """Each is part of the next, and the last of the first."""


@dataclass
class DepartmentInUse(Refusal):
    """Somebody works in the department, or a department is part of it, on that day or after it."""

    on: date | None = None
    """The day."""
    people: int = 0
    """How many work in it then, or will."""
    departments: int = 0
    """How many departments are part of it then, or will be."""


@dataclass
class DepartmentClosed(Refusal):
    """The department is no more on that day."""

    department: DepartmentId | None = None
    """The department."""
    closed_on: date | None = None
    """The first day on which it is no more."""


async def create_department(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    parent: DepartmentId | None = None,
    from_day: date | None = None,
) -> tables.Department:
    """Makes a department.

    Args:
        name: What it is called.
        parent: The department it is part of.
        from_day: The first day on which it is part of that one; by default it always was.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    department = tables.Department(name=filled(name, "name"))
    if parent is not None:
        open_on(await find(tx, viewer, tables.Department, parent), from_day or now().date())
    tx.add(department)
    await tx.flush()
    if parent is not None:
        await place(tx, department.id, parent, Range(from_day, None, bounds="[)"))
    await audit.record(
        tx, viewer, "department.create", department, after={"name": department.name, "parent": parent}
    )
    return department


async def rename_department(
    tx: Transaction, viewer: Viewer, *, department: DepartmentId, name: str
) -> tables.Department:
    """Gives a department another name; it stays the same department.

    Args:
        department: The department.
        name: What it is called from now on.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Department, department)
    before, found.name = found.name, filled(name, "name")
    await tx.flush()
    await audit.record(
        tx, viewer, "department.rename", found, before={"name": before}, after={"name": found.name}
    )
    return found


async def move_department(
    tx: Transaction,
    viewer: Viewer,
    *,
    department: DepartmentId,
    from_day: date,
    parent: DepartmentId | None = None,
) -> tables.Department:
    """Makes a department part of another one, with all that is part of it, from a day on.

    Whoever works in it goes on reporting to the same manager; `reassignDepartment` changes that.

    Args:
        department: The department that moves.
        from_day: The first day in its new place, past or future; what was planned after it is off.
        parent: The department it is part of from then on; at the top of the company if left out.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Department, department)
    if parent is not None:
        open_on(await find(tx, viewer, tables.Department, parent), from_day)
    await place(tx, department, parent, Range(from_day, None, bounds="[)"))
    after = {"parent": parent, "from_day": from_day}
    await audit.record(tx, viewer, "department.move", found, after=after)
    return found


async def close_department(
    tx: Transaction, viewer: Viewer, *, department: DepartmentId, from_day: date
) -> tables.Department:
    """Closes a department in which nobody works from a day on, and of which no department is part.

    Args:
        department: The department.
        from_day: The first day on which it is no more.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Department, department)
    employment, part = tables.Employment, tables.DepartmentPlace
    people = await _count(tx, col(employment.department_id) == department, _after(employment.valid, from_day))
    departments = await _count(tx, col(part.parent_id) == department, _after(part.valid, from_day))
    if people or departments:
        raise DepartmentInUse(
            f"On {from_day} or later {people} people work in it and {departments} departments are part of "
            "it; move them first.",
            from_day,
            people,
            departments,
        )
    before, found.closed_on = found.closed_on, from_day
    await place(tx, department, None, Range(from_day, None, bounds="[)"))
    await audit.record(
        tx,
        viewer,
        "department.close",
        found,
        before={"closed_on": before},
        after={"closed_on": from_day},
    )
    return found


async def _count(tx: Transaction, *conditions: ColumnElement[bool]) -> int:
    return (await tx.execute(select(func.count()).where(*conditions))).scalar_one()


def _after(valid: Days, day: date) -> ColumnElement[bool]:
    return or_(func.upper_inf(col(valid)), func.upper(col(valid)) > day)


async def place(tx: Transaction, department: UUID, parent: UUID | None, days: Days) -> None:
    """Puts a department under another, or at the top, for those days, instead of what was said of them.

    Raises `CycleInDepartments`.
    """
    if parent == department:
        raise CycleInDepartments(ring=[department])
    row = tables.DepartmentPlace
    own = col(row.department_id) == department
    overlapping = (await tx.execute(select(row).where(own, col(row.valid).op("&&")(days)))).scalars().all()
    kept = [(old.parent_id, part) for old in overlapping for part in without([old.valid], [days])]
    await tx.execute(delete(row).where(col(row.id).in_([old.id for old in overlapping])))
    if parent is not None:
        kept.append((parent, days))
    tx.add_all(row(department_id=department, parent_id=above, valid=valid) for above, valid in kept)
    await refresh(tx, [department])


async def refresh(tx: Transaction, changed: list[UUID]) -> None:
    """Brings what is part of what up to date after the places of `changed` were written.

    Raises `CycleInDepartments`, which names the ring.
    """
    if ring := await _LINE.refresh(tx, changed):
        raise CycleInDepartments(ring=ring)
    await tell(tx, EMPLOYMENT, [MANY])


def open_on(department: tables.Department, day: date) -> None:
    """Raises `DepartmentClosed` where it is no more on a day."""
    if department.closed_on is not None and department.closed_on <= day:
        raise DepartmentClosed(
            f"{department.name} is no more from {department.closed_on} on; choose another.",
            department.id,
            department.closed_on,
        )
