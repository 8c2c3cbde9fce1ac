"""What is different between a matrix of one date and of another: exactly the facts between them.

Nothing is told of a day of which the viewer may not know where somebody stood, or which levels they had.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
)

from cairn.access.rules import At
from cairn.db.tables import occurrence
from cairn.graph.node import Argument
from cairn.matrices import grid as grids
from cairn.matrices.grid import Grid
from cairn.people import tables as people
from cairn.people.access import standing
from cairn.skills import levels, tables

SINCE = Argument(datetime, "The date to compare with; before or after that of the matrix.")


@dataclass(frozen=True)
class Span:
    """One matrix on two dates."""

    before: Grid
    after: Grid
    columns: CTE
    """The skills of both."""


def span(_row: Any, grid: Grid, date: Any) -> Span:
    """The matrix as it really was and is, whatever is assumed."""
    before = grid.of(At(date, cast(func.timezone(literal_column("'UTC'"), date), Date)))
    after = grid if grid.assumed is None else grid.of(grid.at)
    once, now = before.columns.alias(), after.columns.alias()
    both = union(select(once.c.skill_id), select(now.c.skill_id)).subquery()
    position: Any = literal_column("1").label("position")
    return Span(before, after, select(both.c.skill_id, position).cte())


def came(_row: Any, span: Span) -> Select[Any]:
    """The employees who are in the second and not in the first."""
    return _only_in(span.after, span.before)


def gone(_row: Any, span: Span) -> Select[Any]:
    """The employees who are in the first and not in the second."""
    return _only_in(span.before, span.after)


def _only_in(one: Grid, other: Grid) -> Select[Any]:
    here, there, employee = one.members.alias(), other.members.alias(), occurrence(people.Employee)
    position = func.row_number().over(order_by=(employee.c.display_name, employee.c.id))
    told = (standing(employee.c, each.at, each.viewer) for each in (one, other))
    return (
        select(*employee.c, position.label("position"))
        .select_from(here.join(employee, employee.c.id == here.c.employee_id))
        .where(employee.c.id.not_in(select(there.c.employee_id).correlate_except(there)), *told)
    )


def cells(_row: Any, span: Span) -> Select[Any]:
    """The cells that differ, of who is in both: `employee_id, skill_id`, and both as they are.

    Person by person: PostgreSQL, which knows neither the dates nor the team, would else compare every cell of
    one with every cell of the other.
    """
    then, now = (_seats(each, span.columns) for each in (span.before, span.after))
    before, after = (
        grids.cells(seat.c, replace(grid, columns=span.columns)).correlate(seat).lateral()
        for seat, grid in ((then, span.before), (now, span.after))
    )
    employee, skill = occurrence(people.Employee), occurrence(tables.Skill)
    order = (employee.c.display_name, employee.c.id, skill.c.name, skill.c.id)
    differs = or_(
        *(before.c[name].is_distinct_from(after.c[name]) for name in ("level", "is_verified", "required"))
    )
    pair = (
        select(
            after.c.skill_id,
            before.c.level.label("level_before"),
            before.c.is_verified.label("was_verified"),
            before.c.required.label("required_before"),
            after.c.level,
            after.c.is_verified,
            after.c.required,
        )
        .select_from(before.join(after, before.c.skill_id == after.c.skill_id))
        .where(differs)
        .correlate(then, now)
        .lateral()
    )
    return (
        select(
            now.c.employee_id,
            *pair.c,
            span.before.at.instant.label("since"),
            span.after.at.instant.label("at"),
            func.row_number().over(order_by=order).label("position"),
        )
        .select_from(
            then.join(now, now.c.employee_id == then.c.employee_id)
            .join(pair, true())
            .join(employee, employee.c.id == now.c.employee_id)
            .join(skill, skill.c.id == pair.c.skill_id)
        )
        .where(then.c.is_open, now.c.is_open)
    )


def _seats(grid: Grid, columns: CTE) -> Any:
    rows = grids.rows(None, replace(grid, columns=columns))
    return rows.cte().prefix_with("MATERIALIZED").alias()


def caused(row: Any, evidence: Any) -> ColumnElement[bool]:
    """Whether evidence that holds on one of the dates alone makes a level what it is on that date."""
    was = SimpleNamespace(level=row.level_before, is_verified=row.was_verified)
    then, now = (evidence.valid.contains(each) for each in (row.since, row.at))
    return and_(
        evidence.employee_id == row.employee_id,
        levels.counts_as(evidence, row.skill_id),
        evidence.withdrawn_at.is_(None),
        or_(
            and_(then, ~now, levels.decides(was, evidence)),
            and_(now, ~then, levels.decides(row, evidence)),
        ),
    )
