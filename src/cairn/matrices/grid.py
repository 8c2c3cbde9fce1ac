"""The team skill matrix as statements: who stands in it, which skills, and what lies in each cell.

Each row reads its person's evidence by itself: one stretch of an index a person. A pass over all members'
evidence at once and a grouping by person was measured too; it costs twice as much for fifty people, and the
planner, which cannot know how many members a team will have, at times picks a plan ten times slower.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy import column as sql_column

from cairn.access.permissions import Permission
from cairn.access.rules import At, Terms, under
from cairn.db.tables import occurrence
from cairn.graph import limits
from cairn.graph.problem import bad_input
from cairn.matrices.whatif import Assumed, assumed
from cairn.matrices.whom import in_department
from cairn.people import tables as people
from cairn.skills import levels
from cairn.skills import readiness as ready
from cairn.skills import tables as skills
from cairn.skills.access import learning, shared


@dataclass(frozen=True)
class Grid:
    """The parts that rows, columns and cells of one matrix share."""

    members: Any
    """`employee_id, job_role_id`, as a common table."""
    required: Any
    """What the members' job roles require, as a common table, read once for all members and the columns."""
    really_required: Any
    """The same of the job roles that they really work in, whatever is assumed."""
    columns: Any
    """`skill_id, position`, as a common table."""
    at: At
    viewer: Terms
    of: Callable[[At], "Grid"]
    """The same matrix as it really is on another date."""
    assumed: Assumed | None = None
    """What is assumed of it, where anything is."""

    def whole(self) -> Select[Any]:
        """The matrix itself; one that would be too large ends the statement, before any of it is read."""
        people, skills = (
            select(func.count().label("size")).select_from(each.alias()).subquery()
            for each in (self.members, self.columns)
        )
        size = people.c.size * func.greatest(skills.c.size, literal_column("1"))
        told = (
            f"teamMatrix: a matrix has at most {limits.CELLS} cells, people times skills, and this would have"
            " %s; ask for fewer people, or for some of the skills"
        )
        return one_row().select_from(people.join(skills, limits.within(size, limits.CELLS, told)))

    def held(self, employee: Any, at: At | None = None) -> Select[Any]:
        """The levels of one employee: `employee_id, skill_id, level, is_verified`."""
        when = self.at if at is None else at
        if self.assumed is None:
            return levels.held(self.viewer, employee, when)
        return self.assumed.held(employee, when)

    def until(self, row: Any) -> ColumnElement[Any]:
        """When a level will have sunk."""
        if self.assumed is None:
            return levels.until(row, self.at, self.viewer)
        return self.assumed.until(row, self.at)


@dataclass(frozen=True)
class Whose:
    """Whose matrix it is: of all of these, as arguments say."""

    team: Any
    manager: Any
    depth: Any
    department: Any
    job_role: Any


def grid(
    _row: Any,
    at: At,
    viewer: Terms,
    team: Any,
    manager: Any,
    depth: Any,
    department: Any,
    job_role: Any,
    skills: Any,
    what_if: Any,
) -> Grid:
    """The grid of a team, the people below a manager, in a department or a job role.

    Raises a `Problem` where none of them is named.
    """
    whose = Whose(team, manager, depth, department, job_role)
    if team is None and manager is None and department is None and job_role is None:
        raise bad_input("teamMatrix: name a team, a manager, a department or a job role")

    def of(at: At) -> Grid:
        return _laid_out(_members(at, viewer, whose).cte(), at, viewer, skills, of)

    if what_if is None:
        return of(at)
    supposed = assumed(what_if, _members(at, viewer, whose).cte(), at, viewer)
    laid_out = _laid_out(supposed.members, at, viewer, skills, of)
    really = _required(supposed.members.c.own_role_id, at)
    return replace(laid_out, really_required=really, assumed=supposed)


def how_far(depth: int) -> int:
    """Raises a `Problem` for a depth at which nobody is."""
    if depth < 1:
        raise bad_input(f"depth: is 1 or more, or null for everybody below, and not {depth}")
    return depth


def _laid_out(members: CTE, at: At, viewer: Terms, chosen: Any, of: Callable[[At], Grid]) -> Grid:
    required = _required(members.c.job_role_id, at)
    return Grid(members, required, required, _columns(required, chosen).cte(), at, viewer, of)


def _required(roles: Any, at: At) -> CTE:
    return ready.required(at, select(roles)).cte().prefix_with("MATERIALIZED")


def _members(at: At, viewer: Terms, whose: Whose) -> Select[Any]:
    team, manager, depth = whose.team, whose.manager, whose.depth
    found = []
    if team is not None:
        member, allowed = viewer.sees(people.TeamMembership, at=at)
        in_it = and_(member.c.team_id == team, member.c.valid.contains(at.instant))
        found.append(select(member.c.employee_id).where(under(allowed, in_it)))
    if manager is not None:
        line, allowed = viewer.sees(people.ReportingLine, at=at)
        below = and_(line.c.manager_id == manager, line.c.valid.contains(at.day))
        if depth is not None:
            below = and_(below, line.c.depth <= depth)
        found.append(select(line.c.employee_id).where(under(allowed, below)))
    if whose.department is not None or whose.job_role is not None:
        found.append(_employed(at, viewer, whose))
    listed = union(*found).subquery()
    employment, allowed = viewer.sees(people.Employment, at=at)
    employed = and_(employment.c.employee_id == listed.c.employee_id, employment.c.valid.contains(at.day))
    return select(listed.c.employee_id, employment.c.job_role_id).select_from(
        listed.outerjoin(employment, under(allowed, employed))
    )


def _employed(at: At, viewer: Terms, whose: Whose) -> Select[Any]:
    """Who works in a department, or in one that is part of it, or in a job role."""
    position, allowed = viewer.sees(people.Employment, at=at)
    wanted = []
    if whose.department is not None:
        wanted.append(in_department(position, whose.department, at, viewer))
    if whose.job_role is not None:
        wanted.append(position.c.job_role_id == whose.job_role)
    return select(position.c.employee_id).where(
        under(allowed, and_(or_(*wanted), position.c.valid.contains(at.day)))
    )


def _columns(required: Any, chosen: Any) -> Select[Any]:
    skill = occurrence(skills.Skill)
    if chosen is not None:
        asked = (
            func.unnest(chosen)
            .table_valued(sql_column("skill_id"), with_ordinality="position")
            .render_derived()
        )
        return select(asked.c.skill_id, asked.c.position).join(skill, skill.c.id == asked.c.skill_id)
    named = select(required.c.skill_id).distinct().subquery()
    position = func.row_number().over(order_by=(skill.c.name, skill.c.id))
    return select(skill.c.id.label("skill_id"), position.label("position")).select_from(
        named.join(skill, skill.c.id == named.c.skill_id)
    )


def open_to(viewer: Terms, employee: Any, at: At) -> ColumnElement[bool]:
    """Whether the viewer may see that employee's levels on a date."""
    return learning(viewer.asking(at), employee)


def shared_with(viewer: Terms, employee: Any, at: At) -> ColumnElement[bool]:
    """Whether the viewer may see what is verified of that employee's levels, as a teammate."""
    return false() if viewer.may(Permission.READ_LEARNING) else shared(viewer.asking(at), employee)


def rows(_matrix: Any, grid: Grid) -> Select[Any]:
    """The people: `employee_id, job_role_id, is_open, is_shared, position`.

    A row is open whose levels may be seen, and shared where those that are verified may.
    """
    employee = occurrence(people.Employee)
    members = grid.members.alias()
    return select(
        members.c.employee_id,
        members.c.job_role_id,
        open_to(grid.viewer, members.c.employee_id, grid.at).label("is_open"),
        shared_with(grid.viewer, members.c.employee_id, grid.at).label("is_shared"),
        func.row_number().over(order_by=(employee.c.display_name, employee.c.id)).label("position"),
    ).select_from(members.join(employee, employee.c.id == members.c.employee_id))


def columns(_matrix: Any, grid: Grid) -> Select[Any]:
    """The skills: `skill_id, position`."""
    shown = grid.columns.alias()
    return select(shown.c.skill_id, shown.c.position)


def cells(row: Any, grid: Grid) -> Select[Any]:
    """The cells of a row: `employee_id, skill_id, position, level, is_verified, required, gap`."""
    has = grid.held(row.employee_id).subquery()
    shown, asks, laid_out = across(row, grid, has)
    nothing: Any = literal_column("0")
    known = or_(row.is_open, and_(row.is_shared, has.c.is_verified))
    missing = func.greatest(asks.c.level - func.coalesce(has.c.level, nothing), nothing)
    return laid_out.with_only_columns(
        row.employee_id.label("employee_id"),
        shown.c.skill_id,
        shown.c.position,
        has.c.level,
        func.coalesce(has.c.is_verified, literal_column("false")).label("is_verified"),
        asks.c.level.label("required"),
        case((and_(known, asks.c.level.is_not(None)), missing)).label("gap"),
        maintain_column_froms=True,
    )


def across(row: Any, grid: Grid, has: FromClause) -> tuple[FromClause, FromClause, Select[Any]]:
    """The columns and what a person's job role asks for, laid out with what the person has.

    On the surface left joins would do. But a planner that knows neither the date nor the team expects a row
    of each, and compares every column with everything the person has; a full join leaves it nothing but to
    hash. What full joins bring in besides has no position, and the condition that drops it is written so that
    the planner does not make left joins of them.
    """
    shown, required = grid.columns.alias(), grid.required.alias()
    asks = (
        select(required.c.skill_id, required.c.level)
        .where(required.c.job_role_id == row.job_role_id)
        .correlate_except(required)
        .subquery()
    )
    nothing: Any = literal_column("0")
    laid_out = (
        select(shown.c.position, has.c.level, asks.c.level.label("required"))
        .select_from(
            shown.join(has, has.c.skill_id == shown.c.skill_id, full=True).join(
                asks, asks.c.skill_id == shown.c.skill_id, full=True
            )
        )
        .where(func.coalesce(shown.c.position, nothing) > nothing)
    )
    return shown, asks, laid_out


def one_row() -> Select[Any]:
    """The matrix itself."""
    return select(literal_column("1").label("one"))
