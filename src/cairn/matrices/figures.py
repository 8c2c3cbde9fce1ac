"""What the columns and rows of a matrix come to, and what of it may be told to whom.

Whoever may see everybody in a matrix sees its figures exactly. For others a figure must not say what they may
not see: nobody's level, and not whether somebody is at the level their job asks for. A minimum size of the
group does not do it. Whoever may ask for a team of six and for a manager's five reports who are in it has the
sixth's level by subtraction; so has whoever asks for the same team a minute before and after somebody joined;
and five people with an average of 5 are five experts. So what is hidden is told in this way only:

-   *In blocks that do not depend on the question.* Everybody is in one block: the people of a team who report
    to the same manager, where there are five whom the viewer may not see, and else with the rest of that
    team; a team being the one they were in first. Who is in no team is with the others who are not and who
    report to the same manager. Blocks of fewer than five are never told. A question has its answer from the
    blocks that lie in it entirely; those that it cuts are left out. So differences of answers, whatever the
    teams, managers and depths they are of, come to blocks again, and never to fewer than five people.
-   *Roughly, and without extremes, before blocks are added up.* Of each five or more in a block whose jobs
    ask for the same level, and of the others if they are five, the average is told in halves, as 1 where it
    is less and as 4 where it is more; the coverage in fifths, from 1/5 to 4/5. So each answer leaves it open
    for everybody whether they are at the level, and leaves several levels possible (the tests try all groups
    of five to seven). What sums tell follows from what is told of each.
-   *As of now only.* Of another date nothing hidden is told, since the directory does not tell of it either.
-   *Of verified levels only.* Otherwise somebody could claim a level for a colleague, which everybody may,
    and see by how much the figure moves.
-   *Whatever is assumed, as it is.* Of what is assumed of a matrix only who is in it changes what is told.
-   *No heads.* How many can cover a skill is told to who sees everybody, since one more or less is a person.

Whether something is told follows from who is where and who may see whom, never from what is told: that it is
not told says nothing. What is left is time itself: whoever writes a figure down for years sees it move when
people come and go, by half a level at the least.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union,
)

from cairn.access.permissions import Permission
from cairn.db.tables import occurrence
from cairn.matrices.grid import Grid, across, open_to
from cairn.people import tables as people
from cairn.skills import levels
from cairn.skills import readiness as ready

SMALLEST = 5
"""How many people a figure is of at least, where the viewer may not see them."""
_SMALLEST: Any = literal_column(str(SMALLEST))
_NOTHING: Any = literal_column("0")
_ANY_LEVEL: Any = literal_column("1")


def squares(_row: Any, grid: Grid) -> CTE:
    """Every square of a matrix, as a common table: `employee_id, is_open, position, level, required, least`.

    Least is the lowest level that a job role in the matrix asks for.
    """
    members = grid.members.alias()
    seat = select(
        members.c.employee_id,
        members.c.job_role_id,
        open_to(grid.viewer, members.c.employee_id, grid.at).label("is_open"),
    ).subquery()
    has = grid.held(seat.c.employee_id).subquery()
    square = across(seat.c, grid, has)[-1].lateral()
    least = func.min(square.c.required).over(partition_by=square.c.position)
    return (
        select(seat.c.employee_id, seat.c.is_open, *square.c, least.label("least"))
        .select_from(seat.join(square, true()))
        .cte()
        .prefix_with("MATERIALIZED")
    )


def figures(_row: Any, grid: Grid, squares: CTE) -> CTE:
    """The figures of each column, as a common table.

    `position, people, required, average, coverage, covering, is_rough`, and which of them are told:
    `tells_average, tells_coverage, tells_heads`.
    """
    seen = _seen(squares, grid).subquery()
    own: dict[str, Any] = {name: seen.c[name] for name in ("people", "total", "asked", "met")}
    sees_all, sees_asked = seen.c.hidden == _NOTHING, seen.c.hidden_asked == _NOTHING
    tells_some: Any = sees_all
    tells_asked: Any = sees_asked
    from_: Any = seen
    if not grid.viewer.may(Permission.READ_LEARNING):
        told = _told(grid).subquery()
        own = {name: each + func.coalesce(told.c[name], _NOTHING) for name, each in own.items()}
        tells_some, tells_asked = (
            or_(sees_all, told.c.people > _NOTHING),
            or_(sees_asked, told.c.asked > _NOTHING),
        )
        from_ = seen.outerjoin(told, told.c.position == seen.c.position)
    average, coverage = _share(own["total"], own["people"]), _share(own["met"], own["asked"])
    return (
        select(
            seen.c.position,
            case((tells_some, own["people"]), else_=_NOTHING).label("people"),
            seen.c.required,
            case((sees_all, average), else_=_rounded(average, 2)).label("average"),
            case((sees_asked, coverage), else_=_rounded(coverage, 5)).label("coverage"),
            seen.c.covering,
            not_(sees_all).label("is_rough"),
            tells_some.label("tells_average"),
            tells_asked.label("tells_coverage"),
            sees_all.label("tells_heads"),
        )
        .select_from(from_)
        .cte()
        .prefix_with("MATERIALIZED")
    )


def figure(row: Any, figures: CTE, name: str) -> ColumnElement[Any]:
    """One of the figures of a column."""
    here = figures.alias()
    found = select(here.c[name]).where(here.c.position == row.position)
    return found.correlate_except(here).scalar_subquery()


def _share(part: Any, whole: Any) -> ColumnElement[Any]:
    return cast(part, Double) / func.nullif(whole, _NOTHING)


def _rounded(value: Any, steps: int) -> ColumnElement[Any]:
    """To halves for 2 steps, to fifths for 5; half a step is rounded up."""
    parts: Any = literal_column(str(steps))
    return func.floor(value * parts + literal_column("0.5")) / cast(parts, Double)


def _seen(squares: CTE, grid: Grid) -> Select[Any]:
    """What the viewer sees of each column: sums over the squares that are open."""
    square, shown = squares.alias(), grid.columns.alias()
    reach = func.coalesce(square.c.required, square.c.least, _ANY_LEVEL)
    open_, level, required = square.c.is_open, square.c.level, square.c.required
    return (
        select(
            shown.c.position,
            func.count().filter(open_).label("people"),
            func.coalesce(func.sum(level).filter(open_), _NOTHING).label("total"),
            func.count(required).label("required"),
            func.count(required).filter(open_).label("asked"),
            func.count().filter(and_(open_, level >= required)).label("met"),
            func.count().filter(and_(open_, level >= reach)).label("covering"),
            func.count().filter(not_(open_)).label("hidden"),
            func.count(required).filter(not_(open_)).label("hidden_asked"),
        )
        .select_from(shown.outerjoin(square, square.c.position == shown.c.position))
        .group_by(shown.c.position)
    )


def covering(row: Any, squares: CTE) -> Select[Any]:
    """The employees who can cover a column, of those whom the viewer sees, by name."""
    square, employee = squares.alias(), occurrence(people.Employee)
    reach = func.coalesce(square.c.required, square.c.least, _ANY_LEVEL)
    position = func.row_number().over(order_by=(employee.c.display_name, employee.c.id))
    return (
        select(*employee.c, position.label("position"))
        .select_from(square.join(employee, employee.c.id == square.c.employee_id))
        .where(square.c.position == row.position, square.c.is_open, square.c.level >= reach)
    )


# What is hidden


def _told(grid: Grid) -> Select[Any]:
    """What is told of people whom the viewer may not see: `position, people, total, asked, met`.

    Sums over the blocks that lie in the matrix, each rough before it is added.
    """
    block = _blocks(grid).subquery()
    has = levels.vouched(block.c.employee_id, grid.viewer.now).subquery()
    laid_out = across(block.c, replace(grid, required=grid.really_required), has)[-1].lateral()
    of_column = (block.c.home, block.c.lead, laid_out.c.position)
    alike = func.count().over(partition_by=(*of_column, laid_out.c.required)) >= _SMALLEST
    square = (
        select(*of_column, laid_out.c.level, case((alike, laid_out.c.required)).label("required"))
        .select_from(block.join(laid_out, true()))
        .subquery()
    )
    size, met = func.count(), func.count().filter(square.c.level >= square.c.required)
    average = _rounded(_share(func.coalesce(func.sum(square.c.level), _NOTHING), size), 2)
    each = (
        select(
            square.c.position,
            size.label("people"),
            func.count(square.c.required).label("asked"),
            _within(average, 1, 4).label("average"),
            _within(_rounded(_share(met, size), 5), 0.2, 0.8).label("coverage"),
        )
        .group_by(square.c.home, square.c.lead, square.c.position, square.c.required)
        .having(size >= _SMALLEST)
        .subquery()
    )
    return select(
        each.c.position,
        func.sum(each.c.people).label("people"),
        func.sum(each.c.people * each.c.average).label("total"),
        func.sum(each.c.asked).label("asked"),
        func.sum(each.c.asked * each.c.coverage).label("met"),
    ).group_by(each.c.position)


def _within(value: Any, least: float, most: float) -> ColumnElement[Any]:
    return func.greatest(literal_column(str(least)), func.least(literal_column(str(most)), value))


def _blocks(grid: Grid) -> Select[Any]:
    """Who is in a block that lies in the matrix entirely: `employee_id, job_role_id, home, lead`."""
    near = _placed(grid, select(grid.members.c.employee_id)).cte()
    team, position = occurrence(people.TeamMembership), occurrence(people.Employment)
    now = grid.viewer.now
    of_team = select(team.c.employee_id).where(
        team.c.team_id.in_(select(near.c.home)), team.c.valid.contains(now.instant)
    )
    of_none = select(position.c.employee_id).where(
        position.c.manager_id.in_(select(near.c.manager_id).where(near.c.home.is_(None))),
        position.c.valid.contains(now.day),
    )
    placed = _placed(grid, union(of_team, of_none).subquery().select()).cte()
    same = near.alias()
    complete = (
        select(_ANY_LEVEL)
        .where(
            or_(
                same.c.home == placed.c.home,
                and_(
                    same.c.home.is_(None), placed.c.home.is_(None), same.c.manager_id == placed.c.manager_id
                ),
            )
        )
        .correlate(placed)
        .exists()
    )
    together = func.count().over(partition_by=(placed.c.home, placed.c.manager_id))
    led = (
        select(*placed.c, case((together >= _SMALLEST, placed.c.manager_id)).label("lead"))
        .where(complete)
        .subquery()
    )
    member = grid.members.alias()
    in_block = (led.c.home, led.c.lead)
    sized = (
        select(
            *led.c,
            func.count().over(partition_by=in_block).label("size"),
            func.count(member.c.employee_id).over(partition_by=in_block).label("inside"),
        )
        .select_from(led.outerjoin(member, member.c.employee_id == led.c.employee_id))
        .subquery()
    )
    whole = and_(sized.c.size >= _SMALLEST, sized.c.inside == sized.c.size)
    is_block = or_(sized.c.home.is_not(None), sized.c.lead.is_not(None))
    return select(sized.c.employee_id, sized.c.job_role_id, sized.c.home, sized.c.lead).where(
        whole, is_block, grid.at.day == now.day
    )


def _placed(grid: Grid, of: Select[Any]) -> Select[Any]:
    """Where those stand today whom the viewer may not see: `employee_id, job_role_id, manager_id, home`."""
    now, someone = grid.viewer.now, of.subquery()
    position, team = occurrence(people.Employment), occurrence(people.TeamMembership)
    home = (
        select(team.c.team_id)
        .where(team.c.employee_id == someone.c.employee_id, team.c.valid.contains(now.instant))
        .order_by(func.lower(team.c.valid), team.c.team_id)
        .limit(_ANY_LEVEL)
        .correlate(someone)
        .scalar_subquery()
    )
    here = and_(position.c.employee_id == someone.c.employee_id, position.c.valid.contains(now.day))
    return (
        select(someone.c.employee_id, position.c.job_role_id, position.c.manager_id, home.label("home"))
        .select_from(someone.outerjoin(position, here))
        .where(not_(open_to(grid.viewer, someone.c.employee_id, now)))
    )


def readiness(row: Any, grid: Grid) -> ColumnElement[Any]:
    """The share of what a person's job role asks for that the person meets, by weight."""
    has = None if grid.assumed is None else grid.held(row.employee_id)
    found = ready.ready(row.employee_id, grid.at, grid.viewer, row.job_role_id, has).subquery()
    return select(found.c.score).select_from(found).correlate_except(found).scalar_subquery()
