"""Keeping people in step with a feed: what it names is made or changed, and the rest is left alone.

The same feed twice changes nothing. A manager may come after the people who report to them; one that never
comes, or a job role nobody has defined, is a warning.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, String, any_, bindparam, func, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.hris.feed import Person, Post, Report
from cairn.people import history, tables
from cairn.people.employ import settle
from cairn.people.history import Position, Stint
from cairn.people.profile import fold
from cairn.skills.tables import JobRole


async def sync(tx: Transaction, viewer: Viewer, *, source: str, people: Sequence[Person]) -> Report:
    """Brings the people of one source up to date.

    Raises `CycleInReportingLine`, `InvalidInput`, `NotAllowed`; nothing is written then.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    _check(people)
    report = Report()
    employees, fresh = await _employees(tx, source, people)
    places = _Places(
        employees={person: employee.id for person, employee in employees.items()},
        departments=await _departments(tx, source, people),
        job_roles=await _job_roles(tx),
        report=report,
    )
    moved: list[UUID] = []
    for person in people:
        employee = employees[person.external_id]
        renamed = _rename(employee, person)
        stints = [places.stint(post, person) for post in person.posts]
        written = await history.write(tx, viewer, employee.id, stints, reason=f"{source} says otherwise")
        if written:
            moved.append(employee.id)
        if person.external_id in fresh:
            report.new += 1
        elif renamed or written:
            report.changed += 1
        else:
            report.same += 1
    await tx.flush()
    await _check_addresses(tx, people)
    if moved:
        await settle(tx, moved)
    await audit.record(tx, viewer, "people.sync", None, after={"source": source, **report.counts()})
    return report


def _check(people: Sequence[Person]) -> None:
    """Raises `InvalidInput` where the people of a feed make no sense by themselves."""
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for n, person in enumerate(people):
        if person.external_id in seen:
            problems.append(_problem(n, "externalId", person, "comes twice"))
        seen.add(person.external_id)
        ends: list[date | None] = [post.until for post in person.posts]
        nexts: list[date | None] = [*(post.since for post in person.posts[1:]), None]
        for k, (post, until, following) in enumerate(zip(person.posts, ends, nexts, strict=True)):
            if until is not None and until <= post.since:
                problems.append(_problem(n, f"posts.{k}.until", person, "must come after since"))
            elif following is not None and (until is None or following < until):
                problems.append(
                    _problem(n, f"posts.{k + 1}.since", person, "comes before the end of the last")
                )
    if problems:
        raise InvalidInput("The people of the feed do not make sense.", problems)


async def _check_addresses(tx: Transaction, people: Sequence[Person]) -> None:
    """Raises `InvalidInput` where two people would have one address, now that all of them are written."""
    addresses = [folded for person in people if (folded := _folded(person.email)) is not None]
    email = col(tables.Employee.email)
    twice = await tx.execute(
        select(email)
        .where(email == any_(bindparam("addresses", addresses, ARRAY(String))))
        .group_by(email)
        .having(func.count() > 1)
    )
    taken = set(twice.scalars())
    problems = [
        _problem(n, "email", person, f"is {_folded(person.email)}, which is the address of somebody else")
        for n, person in enumerate(people)
        if _folded(person.email) in taken
    ]
    if problems:
        raise InvalidInput("Two people would have one address.", problems)


def _problem(n: int, path: str, person: Person, message: str) -> FieldProblem:
    return FieldProblem(["people", str(n), *path.split(".")], f"{person.external_id}: {message}")


def _folded(email: str | None) -> str | None:
    """An address as it is kept; none where there is nothing but space."""
    return fold(email or "") or None


class _Places:
    """What the names in a feed stand for."""

    def __init__(
        self,
        employees: Mapping[str, UUID],
        departments: Mapping[str, UUID],
        job_roles: Mapping[str, UUID],
        report: Report,
    ) -> None:
        self.employees, self.departments, self.job_roles = employees, departments, job_roles
        self.report = report

    def stint(self, post: Post, person: Person) -> Stint:
        """The stint that a post of a feed stands for."""
        manager = self.employees.get(post.manager) if post.manager else None
        if post.manager and manager is None:
            self.report.warnings.append(f"{person.external_id}: there is no manager {post.manager}")
        role = self.job_roles.get(post.job_role) if post.job_role else None
        if post.job_role and role is None:
            self.report.warnings.append(f"{person.external_id}: there is no job role {post.job_role}")
        department = self.departments[post.department] if post.department else None
        position = Position(post.title, manager, department, role, post.location)
        return Stint(post.since, post.until, position)


async def _employees(
    tx: Transaction, source: str, people: Sequence[Person]
) -> tuple[dict[str, tables.Employee], set[str]]:
    """The employees by their id in the feed, and which of them are new."""
    known = await tx.execute(select(tables.Employee).where(col(tables.Employee.source) == source))
    employees = {row.external_id: row for row in known.scalars() if row.external_id is not None}
    fresh = {person.external_id for person in people} - set(employees)
    for person in people:
        if person.external_id in fresh and person.external_id not in employees:
            employees[person.external_id] = tables.Employee(
                source=source, external_id=person.external_id, given_name="", family_name="", display_name=""
            )
            _rename(employees[person.external_id], person)
    tx.add_all(employees.values())
    await tx.flush()
    return employees, fresh


def _rename(employee: tables.Employee, person: Person) -> bool:
    """Takes over what the feed says of the person; whether that changed anything."""
    said = {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "display_name": f"{person.given_name} {person.family_name}",
        "email": _folded(person.email),
        "number": person.number,
    }
    changed = {name: value for name, value in said.items() if getattr(employee, name) != value}
    for name, value in changed.items():
        setattr(employee, name, value)
    return bool(changed)


async def _departments(tx: Transaction, source: str, people: Sequence[Person]) -> dict[str, UUID]:
    """The departments by name; those the feed names first are made."""
    known = await tx.execute(select(tables.Department).where(col(tables.Department.source) == source))
    departments = {row.name: row.id for row in known.scalars()}
    named = sorted({post.department for person in people for post in person.posts if post.department})
    for name in named:
        if name not in departments:
            department = tables.Department(name=name, source=source, external_id=name)
            departments[name] = department.id
            tx.add(department)
    await tx.flush()
    return departments


async def _job_roles(tx: Transaction) -> dict[str, UUID]:
    found = await tx.execute(select(col(JobRole.code), col(JobRole.id)))
    return dict(found.all())
