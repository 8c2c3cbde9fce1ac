"""A skill across the company: who has it at which level, how that has grown, and whether there is enough.

Here people are counted whose levels the viewer may see, and nobody else: so no two answers tell of anybody by
their difference. How many there are besides is told, and not what they come to; what may be told of them,
roughly and of no fewer than five, are the figures of a matrix (`figures.py`), of a department or a role too.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Double,
    FromClause,
    Integer,
    Interval,
    Select,
    and_,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import array

from cairn.access.rules import At, Terms
from cairn.db.tables import INSTANT, occurrence
from cairn.graph.node import Argument
from cairn.graph.scalars import Duration
from cairn.matrices.ahead import length
from cairn.matrices.whom import employed
from cairn.people.history import DepartmentId, JobRoleId
from cairn.skills import levels, tables
from cairn.skills import readiness as ready
from cairn.skills.access import verified

MOST_POINTS = 100
_NOTHING: Any = literal_column("0")

DEPARTMENT = Argument(
    DepartmentId | None, "Only of people who work in this department or in what is part of it."
)
ROLE = Argument(JobRoleId | None, "Only of people who work in this job role.")
GROWTH = {
    "since": Argument(datetime, "The first date."),
    "until": Argument(datetime | None, "The last date; now by default."),
    "every": Argument(
        Duration,
        f"How far the dates are apart, for example P1M; {MOST_POINTS} of them at most.",
        check=length("every"),
    ),
    "department": DEPARTMENT,
    "job_role": ROLE,
}


def _held(skill: Any, at: At) -> Select[Any]:
    """Everybody's level in a skill, whoever asks: `employee_id, level, is_verified`; for who is open."""
    evidence = occurrence(tables.Evidence)
    sure = verified(evidence.c)
    best = func.max(evidence.c.level).filter(sure)
    return (
        select(
            evidence.c.employee_id,
            func.coalesce(best, func.max(evidence.c.level)).label("level"),
            best.is_not(None).label("is_verified"),
        )
        .where(
            levels.counts_as(evidence.c, skill),
            evidence.c.withdrawn_at.is_(None),
            evidence.c.valid.contains(at.instant),
        )
        .group_by(evidence.c.employee_id)
        .correlate_except(evidence)
    )


def distribution(row: Any, at: At, viewer: Terms, department: Any, job_role: Any) -> Select[Any]:
    """How a skill is spread: `people, withheld, without, average`, and by level `counts, vouched`."""
    who = employed(at, viewer, department, job_role)
    here, has = _present(who), _having(row.id, at, who)
    return select(
        here.c.people,
        here.c.withheld,
        (here.c.people - has.c.having).label("without"),
        _share(has.c.total, here.c.people).label("average"),
        has.c.counts,
        has.c.vouched,
    ).select_from(here.join(has, true()))


def _present(who: Select[Any]) -> FromClause:
    """How many there are: `people, withheld`."""
    each = who.subquery()
    return (
        select(
            func.count().filter(each.c.is_open).label("people"),
            func.count().filter(each.c.is_open.is_not(true())).label("withheld"),
        )
        .select_from(each)
        .correlate_except(each)
        .lateral()
    )


def _having(skill: Any, at: At, who: Select[Any]) -> FromClause:
    """How many of those have the skill: `having, verified, total`, and by level `counts, vouched`.

    Who has it leads, and each is looked for among the others: PostgreSQL, which knows neither the date nor
    how many work here then, would else compare everybody with everybody.
    """
    has, each = _held(skill, at).subquery(), who.subquery()
    at_level = [has.c.level == literal_column(str(level)) for level in range(6)]
    return (
        select(
            func.count().label("having"),
            func.count().filter(has.c.is_verified).label("verified"),
            func.sum(has.c.level).label("total"),
            array([func.count().filter(of) for of in at_level]).label("counts"),
            array([func.count().filter(and_(of, has.c.is_verified)) for of in at_level]).label("vouched"),
        )
        .select_from(has.join(each, each.c.employee_id == has.c.employee_id))
        .where(each.c.is_open)
        .correlate_except(has, each)
        .lateral()
    )


def _share(part: Any, whole: Any) -> ColumnElement[Any]:
    return cast(func.coalesce(part, _NOTHING), Double) / func.nullif(whole, _NOTHING)


def at_levels(row: Any) -> Select[Any]:
    """How many have it at each level: `level, people, verified, position`."""
    each = (
        func.unnest(row.counts, row.vouched)
        .table_valued(
            sql_column("people", Integer()), sql_column("verified", Integer()), with_ordinality="position"
        )
        .render_derived()
    )
    level = each.c.position - literal_column("1")
    return select(level.label("level"), each.c.people, each.c.verified, each.c.position)


def growth(
    row: Any, at: At, viewer: Terms, since: Any, until: Any, every: Any, department: Any, job_role: Any
) -> Select[Any]:
    """How a skill has grown: `at, people, having, verified, average, position`."""
    step = cast(every, Interval)
    longest = step.op("*")(literal_column(str(MOST_POINTS - 1)))
    last = func.least(at.instant if until is None else until, since + longest)
    each = (
        func.generate_series(since, last, step)
        .table_valued(sql_column("at", INSTANT), with_ordinality="position")
        .render_derived()
    )
    then = At(each.c.at, cast(func.timezone(literal_column("'UTC'"), each.c.at), Date))
    who = employed(then, viewer, department, job_role)
    here, has = _present(who), _having(row.id, then, who)
    return select(
        each.c.at,
        here.c.people,
        has.c.having,
        has.c.verified,
        _share(has.c.total, here.c.people).label("average"),
        each.c.position,
    ).select_from(each.join(here, true()).join(has, true()))


def supply(row: Any, at: At, viewer: Terms, department: Any) -> Select[Any]:
    """What a job role asks for beside who can do it.

    `skill_id, required, weight, must_have, demand, met, elsewhere, withheld, position`.
    """
    asks, skill = ready.required(at, row.id).subquery(), occurrence(tables.Skill)
    in_role, anybody = (employed(at, viewer, department, role) for role in (row.id, None))
    here = _present(in_role)
    has, each = _held(asks.c.skill_id, at).subquery(), anybody.subquery()
    mine = each.c.job_role_id == row.id
    able = (
        select(
            func.count().filter(mine).label("met"),
            func.count().filter(mine.is_not(true())).label("elsewhere"),
        )
        .select_from(has.join(each, each.c.employee_id == has.c.employee_id))
        .where(each.c.is_open, has.c.level >= asks.c.level)
        .correlate_except(has, each)
        .lateral()
    )
    order = (asks.c.must_have.desc(), asks.c.weight.desc(), skill.c.name, skill.c.id)
    return select(
        asks.c.skill_id,
        asks.c.level.label("required"),
        asks.c.weight,
        asks.c.must_have,
        here.c.people.label("demand"),
        able.c.met,
        able.c.elsewhere,
        here.c.withheld,
        func.row_number().over(order_by=order).label("position"),
    ).select_from(asks.join(skill, skill.c.id == asks.c.skill_id).join(here, true()).join(able, true()))
