"""People in the graph."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, func, literal_column, or_, select, true

from cairn.access.permissions import Permission
from cairn.access.rules import some, under
from cairn.graph.mutation import expose
from cairn.graph.node import (
    Argument,
    Many,
    beside,
    by_id,
    companion,
    derived,
    everything,
    extend,
    guarded,
    many,
    node,
    one,
)
from cairn.graph.schema import Query
from cairn.people import audiences as audiences  # who stands how to somebody
from cairn.people import tables
from cairn.people.absence import AlreadyOnLeave, NotOnLeave, return_from_leave, start_leave
from cairn.people.access import began, closing, contact, ends, joined, left, standing
from cairn.people.changes import OrgChangeKind, changes
from cairn.people.departments import (
    CycleInDepartments,
    DepartmentClosed,
    DepartmentInUse,
    close_department,
    create_department,
    move_department,
    rename_department,
)
from cairn.people.employ import (
    NotEmployed,
    StillEmployed,
    change_hire_date,
    change_position,
    hire,
    move,
    rehire,
)
from cairn.people.history import DepartmentId, EmployeeId
from cairn.people.leaving import NotLeaving, cancel_termination, terminate, withdraw_employment
from cairn.people.lost import LastAdministrator
from cairn.people.particulars import keep_locally, update_employee
from cairn.people.profile import EmailTaken, Kept
from cairn.people.reassign import reassign_department
from cairn.people.reporting import CycleInReportingLine
from cairn.people.teams import (
    AlreadyMember,
    TeamDisbanded,
    TeamId,
    create_team,
    disband_team,
    join_team,
    lead_team,
    leave_team,
    rename_team,
)


class EmployeeStatus(StrEnum):
    """Where somebody stands with the company."""

    PREHIRE = "PREHIRE"
    """Will start."""
    ACTIVE = "ACTIVE"
    """At work."""
    ON_LEAVE = "ON_LEAVE"
    """Employed, and away for a time."""
    TERMINATED = "TERMINATED"
    """Has left."""


def _status(row: Any, at: Any, viewer: Any, employment: Any) -> Any:
    """That somebody will start is the directory's; that somebody who has left will come back is a plan."""

    def later(other: Any) -> Any:
        return and_(other.employee_id == row.id, func.lower(other.valid) > at.day)

    starts: Any = viewer.sees_any(tables.Employment, later)
    if not viewer.may(Permission.READ_PEOPLE):
        started = some(
            tables.Employment,
            lambda other: and_(other.employee_id == row.id, func.lower(other.valid) <= at.day),
        )
        starts = or_(starts, and_(~started, some(tables.Employment, later)))
    return case(
        (employment.id.is_not(None), employment.work),
        (starts, literal_column("'PREHIRE'")),
        else_=literal_column("'TERMINATED'"),
    )


def _is_above(manager: Any, employee: Any, at: Any, viewer: Any, depth: Any = None) -> Any:
    return viewer.sees_any(
        tables.ReportingLine,
        lambda line: and_(
            line.manager_id == manager,
            line.employee_id == employee,
            line.valid.contains(at.day),
            true() if depth is None else line.depth <= depth,
        ),
        at=at,
    )


def _line(viewer: Any, at: Any, wanted: str, given: str, key: Any, depth: Any = None) -> Any:
    """The people on one side of a reporting line, from the other.

    The line leads and the people follow: its index has them in the order of their ids, so that a page of
    100,000 reads as many rows as it shows, and a count reads no person at all. PostgreSQL would else look for
    all of them first, since it expects a hundred.
    """
    line, allowed = viewer.sees(tables.ReportingLine, at=at)
    person, known = viewer.sees(tables.Employee)
    on_it = and_(
        line.c[given] == key,
        line.c.valid.contains(at.day),
        true() if depth is None else line.c.depth <= depth,
    )
    columns = [each for each in person.c if each.name != "id"]
    return (
        select(line.c[wanted].label("id"), *columns, line.c.depth.label("position"))
        .select_from(line.outerjoin(person, person.c.id == line.c[wanted]))
        .where(under(allowed, on_it), known)
    )


@node(tables.Department, order=("name",))
class Department:
    """A part of the company."""

    place = companion(
        tables.DepartmentPlace,
        lambda row, other, at: and_(other.department_id == row.id, other.valid.contains(at.day)),
    )

    name: str
    closed_on: date | None = guarded(
        closing, "That a department is going to be closed is for the people admins, until it is."
    )
    parent: "Department | None" = beside("place")
    """The department it is part of."""
    children: Many["Department"] = many(
        lambda row, other, at, viewer: viewer.sees_any(
            tables.DepartmentPlace,
            lambda place: and_(
                place.parent_id == row.id, place.department_id == other.id, place.valid.contains(at.day)
            ),
            at=at,
        )
    )
    """The departments that are part of it."""


@node(tables.Employee)
class Employee:
    """A person at work."""

    employment = companion(
        tables.Employment,
        lambda row, other, at: and_(other.employee_id == row.id, other.valid.contains(at.day)),
    )

    given_name: str
    family_name: str
    display_name: str
    email: str | None = guarded(
        contact, "Contact data is for the person, their managers and the people admins."
    )
    phone: str | None = guarded(
        contact, "Contact data is for the person, their managers and the people admins."
    )
    user_name: str | None = guarded(
        contact, "Contact data is for the person, their managers and the people admins."
    )
    number: str | None = guarded(
        contact, "Contact data is for the person, their managers and the people admins."
    )
    locale: str
    time_zone: str
    kept_locally: list[Kept] | None = guarded(
        contact,
        "What is kept here is for the person, their managers and the people admins.",
    )
    """What of the person is kept here, whatever a feed says of it."""
    erased_at: datetime | None
    status: EmployeeStatus | None = guarded(
        standing,
        "Where somebody stands today is for everyone; other days are history, for the person, their managers "
        "and the people admins.",
        build=_status,
    )
    """Where the person stands with the company."""
    title: str | None = beside("employment")
    location: str | None = beside("employment")
    engagement: tables.Engagement | None = beside("employment")
    department: Department | None = beside("employment")
    """The department the person works in."""
    manager: "Employee | None" = beside("employment")
    """Whom the person reports to."""
    managers: Many["Employee"] = many(
        lambda row, other, at, viewer: _is_above(other.id, row.id, at, viewer),
        rows=lambda row, at, viewer: _line(viewer, at, "manager_id", "employee_id", row.id),
        positioned=True,
    )
    """Everybody above the person, directly or not: the manager first, then the manager's manager."""
    reports: Many["Employee"] = many(
        lambda row, other, at, viewer, depth: _is_above(row.id, other.id, at, viewer, depth),
        rows=lambda row, at, viewer, depth: _line(viewer, at, "employee_id", "manager_id", row.id, depth),
        arguments={
            "depth": Argument(
                int | None, "How far below: 1, the default, for direct reports only; null for everybody.", 1
            )
        },
    )
    """Who reports to the person, directly or not."""
    employments: Many["Employment"] = many(via="employee_id")
    """What the person was, is and will be employed as."""
    withdrawn_employments: Many["WithdrawnEmployment"] = many(via="employee_id")
    """What was recorded of it and does not hold."""


@node(tables.Employment)
class Employment:
    """What somebody is employed as during a range of days."""

    employee: Employee
    """Who is employed."""
    since: date | None = guarded(
        began,
        "Since when somebody is where they stand is history, for the person, their managers and the people "
        "admins.",
        build=lambda row: func.lower(row.valid),
    )
    """The first day."""
    until: date | None = guarded(
        ends,
        "Until when somebody is where they stand is for the person, their managers and the people admins.",
        build=lambda row: func.upper(row.valid),
    )
    """The day after the last one; null where it goes on."""
    manager: Employee | None
    """Whom the person reports to."""
    department: Department | None
    """The department the person works in."""
    title: str | None
    location: str | None
    work: tables.Work
    engagement: tables.Engagement
    recorded_at: datetime | None = guarded(
        began,
        "When it was recorded is history, for the person, their managers and the people admins.",
        build=lambda row: row.recorded_at,
    )
    ended_because: str | None = guarded(
        ends, "Why somebody leaves is for the person, their managers and the people admins."
    )


@node(tables.WithdrawnEmployment)
class WithdrawnEmployment:
    """An employment that was recorded and does not hold: a mistake, or what another fact has displaced."""

    employee: Employee
    """Whose it was said to be."""
    since: date = derived(lambda row: func.lower(row.valid))
    """The first day."""
    until: date | None = derived(lambda row: func.upper(row.valid))
    """The day after the last one; null where it went on."""
    manager: Employee | None
    """Whom the person was said to report to."""
    department: Department | None
    """The department the person was said to work in."""
    title: str | None
    location: str | None
    work: tables.Work
    engagement: tables.Engagement
    recorded_at: datetime
    withdrawn_at: datetime
    withdrawn_by: Employee | None = one(via="withdrawn_by_id")
    """Who withdrew it; null where it was a program."""
    reason: str


@node(tables.Team, order=("name",))
class Team:
    """A named group of people."""

    name: str
    lead: Employee | None
    """Who leads it."""
    closed_at: datetime | None
    members: Many[Employee] = many(lambda row, other, at, viewer: _is_member(row.id, other.id, at, viewer))
    """Who is in it."""


@node(tables.TeamMembership)
class TeamMembership:
    """Somebody's time in a team."""

    team: Team
    """The team."""
    employee: Employee
    """Who is in it."""
    since: datetime | None = guarded(
        joined,
        "Since when somebody is in a team is history, for the person, their managers and the people admins.",
        build=lambda row: func.lower(row.valid),
    )
    """From when; null where it is not known."""
    until: datetime | None = guarded(
        left,
        "Until when somebody is in a team is for the person, their managers and the people admins.",
        build=lambda row: func.upper(row.valid),
    )
    """Until when; null where it goes on."""


@extend(Team)
class TeamHistory:
    """Who was, is and will be in a team."""

    memberships: Many[TeamMembership] = many(via="team_id")
    """Who was, is and will be in it, and when."""


def _is_member(team: Any, employee: Any, at: Any, viewer: Any) -> Any:
    return viewer.sees_any(
        tables.TeamMembership,
        lambda member: and_(
            member.team_id == team, member.employee_id == employee, member.valid.contains(at.instant)
        ),
        at=at,
    )


@extend(Employee)
class EmployeeTeams:
    """What else is known of an employee."""

    teams: Many[Team] = many(lambda row, other, at, viewer: _is_member(other.id, row.id, at, viewer))
    """The teams the person is in."""
    memberships: Many[TeamMembership] = many(via="employee_id")
    """The teams the person was, is and will be in, and when."""


@extend(Department)
class DepartmentMembers:
    """Who works in a department."""

    members: Many[Employee] = many(
        lambda row, other, at, viewer, deep: _works_in(row.id, other.id, at, viewer, deep),
        arguments={
            "deep": Argument(
                bool, "Whether to count the departments that are part of it, at any depth.", False
            )
        },
    )
    """Who works in it."""


def _works_in(department: Any, employee: Any, at: Any, viewer: Any, deep: Any) -> Any:
    def within(employment: Any) -> Any:
        part = viewer.sees_any(
            tables.DepartmentLine,
            lambda line: and_(
                line.above_id == department,
                line.department_id == employment.department_id,
                line.valid.contains(at.day),
            ),
            at=at,
        )
        return or_(employment.department_id == department, and_(deep, part))

    return viewer.sees_any(
        tables.Employment,
        lambda employment: and_(
            within(employment), employment.employee_id == employee, employment.valid.contains(at.day)
        ),
        at=at,
    )


@node(order=("at", "kind"), key=("fact_id",))
class OrgChange:
    """That something changed in where somebody stands: they came, left, have another manager, or such."""

    at: datetime
    """When: the first instant at which it is so."""
    kind: OrgChangeKind
    """What happened."""
    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """Who."""
    before: Employment | None = one(lambda row, other: other.id == row.before_id)
    """What the person was employed as until then; null for who came, and for changes of teams."""
    after: Employment | None = one(lambda row, other: other.id == row.after_id)
    """What the person is employed as from then on; null for who left, and for changes of teams."""
    team: Team | None = one(lambda row, other: other.id == row.team_id)
    """The team that was joined or left."""


@extend(Query)
class PeopleQueries:
    """Where people are found."""

    employee: Employee | None = by_id(EmployeeId)
    """An employee by id."""
    employees: Many[Employee] = many(lambda _row, other: other.erased_at.is_(None))
    """All employees, also those who have left or will start; not those who were erased."""
    department: Department | None = by_id(DepartmentId)
    """A department by id."""
    departments: Many[Department] = everything()
    """All departments."""
    team: Team | None = by_id(TeamId)
    """A team by id."""
    teams: Many[Team] = everything()
    """All teams."""
    org_changes: Many[OrgChange] = many(
        rows=lambda _row, viewer, since, until, department, manager, kinds: changes(
            viewer, since, until, department, manager, kinds
        ),
        arguments={
            "since": Argument(datetime, "From when on."),
            "until": Argument(datetime | None, "Until when, but not then itself; until now by default."),
            "department": Argument(
                DepartmentId | None,
                "Only of people who were in this department or came into it, at any depth.",
            ),
            "kinds": Argument(list[OrgChangeKind] | None, "Only these."),
            "manager": Argument(
                EmployeeId | None, "Only of people who were below this manager or came below, at any depth."
            ),
        },
    )
    """What changed in where people stand, the earliest first; of those whose history you may see."""


expose(hire, EmailTaken, CycleInReportingLine)
expose(change_position, NotEmployed, CycleInReportingLine)
expose(move, NotEmployed, CycleInReportingLine)
expose(change_hire_date, NotEmployed, StillEmployed, CycleInReportingLine, LastAdministrator)
expose(terminate, NotEmployed, LastAdministrator)
expose(cancel_termination, NotLeaving, CycleInReportingLine)
expose(rehire, StillEmployed, CycleInReportingLine)
expose(withdraw_employment, CycleInReportingLine, LastAdministrator)
expose(start_leave, NotEmployed, AlreadyOnLeave)
expose(return_from_leave, NotEmployed, NotOnLeave)
expose(update_employee, EmailTaken)
expose(keep_locally)
expose(create_department, DepartmentClosed)
expose(rename_department)
expose(move_department, DepartmentClosed, CycleInDepartments)
expose(close_department, DepartmentInUse)
expose(reassign_department, DepartmentClosed, CycleInDepartments, CycleInReportingLine)
expose(create_team)
expose(rename_team, TeamDisbanded)
expose(lead_team, TeamDisbanded)
expose(disband_team, TeamDisbanded)
expose(join_team, AlreadyMember, TeamDisbanded)
expose(leave_team)
