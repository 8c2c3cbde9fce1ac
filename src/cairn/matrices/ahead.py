"""What will sink: levels that end, or that lose who vouches for them, within a time ahead.

Of all evidence little ends in the next ninety days, and only for what that is about is it asked until when a
level holds. For a matrix its members lead to it; for the whole company evidence leads, by the indexes of when
it begins and ends, and who that is of is looked at then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Interval,
    Select,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
)

from cairn.access.rules import At, Terms, under
from cairn.db.tables import occurrence
from cairn.graph.node import Argument
from cairn.graph.problem import bad_input
from cairn.graph.scalars import Duration
from cairn.matrices.grid import Grid
from cairn.matrices.whom import employed
from cairn.people import tables as people
from cairn.requirements import duration
from cairn.skills import levels, tables
from cairn.skills import readiness as ready

_ONE: Any = literal_column("1")
_NOTHING: Any = literal_column("0")


def length(name: str) -> Callable[[str], str]:
    """A check of a length of time; it raises a `Problem` for one that is none, or over a hundred years."""

    def check(given: str) -> str:
        try:
            duration.Duration.parse(given)
        except ValueError as error:
            raise bad_input(f"{name}: {error}") from None
        return given

    return check


WITHIN = Argument(Duration, "How far ahead, for example P90D.", check=length("within"))


def expiring(grid: Grid, within: Any, skill: Any = None) -> Select[Any]:
    """The levels of a matrix that will sink, or those of one of its columns.

    `employee_id, skill_id, level, is_verified, until, required, falls_to, position`.
    """
    member, shown = grid.members.alias(), grid.columns.alias()
    skills = select(shown.c.skill_id).correlate_except(shown)

    turning = _turning(grid.at, grid.viewer, within)
    people_ = select(member.c.employee_id).correlate_except(member)
    wanted = [
        turning.evidence.c.employee_id.in_(people_),
        turning.skill.in_(skills) if skill is None else turning.skill == skill,
    ]
    if grid.assumed is not None:
        wanted.append(grid.assumed.still(turning.evidence))
    who, asks = grid.members.alias(), grid.required.alias()
    required = select(asks.c.level).select_from(who.join(asks, asks.c.job_role_id == who.c.job_role_id))
    return _sinking(
        grid.at,
        turning,
        turning.select.where(*wanted).distinct().subquery(),
        lambda employee, when, _skill: grid.held(employee, when),
        grid.until,
        lambda row: (
            required.where(who.c.employee_id == row.employee_id, asks.c.skill_id == row.skill_id)
            .correlate_except(who, asks)
            .scalar_subquery()
        ),
    )


def lapsing(_row: Any, at: At, viewer: Terms, within: Any, department: Any, skill: Any) -> Select[Any]:
    """The levels of everybody employed that will sink; the columns as those of `expiring`."""
    turning = _turning(at, viewer, within)
    each = (
        turning.select.where(*([] if skill is None else [turning.skill == skill])).offset(_NOTHING).subquery()
    )
    who = employed(at, viewer, department, None).subquery()
    # On the surface a join would do. But a planner that knows no date expects a hundredth of the people to be
    # employed, and lets them lead; what has an offset it does not make a join of.
    here = select(_ONE).where(who.c.employee_id == each.c.employee_id).offset(_NOTHING)
    candidate = select(*each.c).where(here.correlate_except(who).exists()).distinct().subquery()

    def required(row: Any) -> ColumnElement[Any]:
        job, seen = viewer.sees(people.Employment, at=at)
        on_day = and_(job.c.employee_id == row.employee_id, job.c.valid.contains(at.day))
        asks = ready.required(at, job.c.job_role_id).lateral()
        return (
            select(asks.c.level)
            .select_from(job.join(asks, true()))
            .where(under(seen, on_day), asks.c.skill_id == row.skill_id)
            .correlate_except(job, asks)
            .scalar_subquery()
        )

    return _sinking(
        at,
        turning,
        candidate,
        lambda employee, when, skill: levels.held(
            viewer, employee, when, lambda evidence: levels.counts_as(evidence.c, skill)
        ),
        lambda row: levels.until(row, at, viewer),
        required,
    )


@dataclass(frozen=True)
class _Turning:
    """Evidence that begins or ends within a time: `employee_id, skill_id`, which it counts as."""

    select: Select[Any]
    evidence: FromClause
    skill: ColumnElement[Any]
    end: ColumnElement[Any]


def _turning(at: At, viewer: Terms, within: Any) -> _Turning:
    evidence, seen = viewer.sees(tables.Evidence)
    later = occurrence(tables.SkillSuccession)
    counted = func.coalesce(later.c.successor_id, evidence.c.skill_id)
    end = at.instant + cast(within, Interval)
    upper, lower = func.upper(evidence.c.valid), func.lower(evidence.c.valid)
    turns = or_(and_(upper > at.instant, upper <= end), and_(lower > at.instant, lower <= end))
    found = (
        select(evidence.c.employee_id, counted.label("skill_id"))
        .select_from(evidence.outerjoin(later, later.c.skill_id == evidence.c.skill_id))
        .where(evidence.c.withdrawn_at.is_(None), turns, seen)
        .correlate_except(evidence, later)
    )
    return _Turning(found, evidence, counted, end)


def _sinking(
    at: At,
    turning: _Turning,
    candidate: FromClause,
    held: Callable[[Any, At, Any], Select[Any]],
    until: Callable[[Any], ColumnElement[Any]],
    required: Callable[[Any], ColumnElement[Any]],
) -> Select[Any]:
    has = held(candidate.c.employee_id, at, candidate.c.skill_id).subquery()
    level = select(*has.c).where(has.c.skill_id == candidate.c.skill_id).correlate_except(has).lateral()
    sinks = (
        select(*level.c, until(level.c).label("until")).select_from(candidate.join(level, true())).subquery()
    )
    day = cast(func.timezone(literal_column("'UTC'"), sinks.c.until), Date)
    then = held(sinks.c.employee_id, At(sinks.c.until, day), sinks.c.skill_id).subquery()
    falls_to = (
        select(then.c.level)
        .where(then.c.skill_id == sinks.c.skill_id)
        .correlate_except(then)
        .scalar_subquery()
    )
    order = (sinks.c.until, sinks.c.employee_id, sinks.c.skill_id)
    return select(
        *sinks.c,
        required(sinks.c).label("required"),
        falls_to.label("falls_to"),
        func.row_number().over(order_by=order).label("position"),
    ).where(sinks.c.until <= turning.end)
