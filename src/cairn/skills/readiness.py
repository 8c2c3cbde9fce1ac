"""How ready somebody is for a job role: the weighted share of what it requires that the person has.

Each is one statement at any date: the role's requirements and the person's levels of that date, beside each
other. What a role requires of a skill that was merged or split, it requires of what took its place.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    SelectBase,
    cast,
    func,
    literal_column,
    select,
)

from cairn.access.rules import At, Terms
from cairn.skills import levels, tables
from cairn.skills.access import learning


def required(at: At, roles: Any = None) -> Select[Any]:
    """What job roles require: all, one, or those that a select names.

    `job_role_id, skill_id, level, weight, must_have`.
    """

    def grouped(asks: FromClause, skill: ColumnElement[Any]) -> Select[Any]:
        found = (
            select(
                asks.c.job_role_id,
                skill.label("skill_id"),
                func.max(asks.c.level).label("level"),
                func.max(asks.c.weight).label("weight"),
                func.bool_or(asks.c.must_have).label("must_have"),
            )
            .where(asks.c.valid.contains(at.instant))
            .group_by(asks.c.job_role_id, skill)
        )
        if roles is None:
            return found
        named = isinstance(roles, SelectBase)
        return found.where(asks.c.job_role_id.in_(roles) if named else asks.c.job_role_id == roles)

    return levels.counted(tables.RoleSkill, grouped)


def ready(
    employee: Any, at: At, viewer: Terms, role: Any = None, levels_held: Select[Any] | None = None
) -> Select[Any]:
    """How ready an employee is, for all job roles or one; with other levels than their own where given.

    `employee_id, job_role_id, required, met, must_haves_missing, score`.
    """
    asks = required(at, role).subquery()
    has = (levels.held(viewer, employee, at) if levels_held is None else levels_held).subquery()
    met = has.c.level >= asks.c.level
    return (
        select(
            employee.label("employee_id"),
            asks.c.job_role_id,
            func.count().label("required"),
            func.count().filter(met).label("met"),
            func.count().filter(asks.c.must_have, met.is_not(True)).label("must_haves_missing"),
            (
                cast(func.coalesce(func.sum(asks.c.weight).filter(met), literal_column("0")), Double)
                / func.sum(asks.c.weight)
            ).label("score"),
        )
        .select_from(asks.outerjoin(has, has.c.skill_id == asks.c.skill_id))
        .where(learning(viewer.asking(at), employee))
        .group_by(asks.c.job_role_id)
        .correlate_except(asks, has)
    )


def readiness(row: Any, at: At, viewer: Terms, employment: Any, role: Any) -> Select[Any]:
    """How ready an employee is for a role, or for the own one; no row where that is not shown."""
    return ready(row.id, at, viewer, employment.job_role_id if role is None else role)


def next_roles(row: Any, at: At, viewer: Terms, employment: Any) -> Select[Any]:
    """How ready an employee is for every role but the one the employee works in."""
    found = ready(row.id, at, viewer)
    others = found.selected_columns.job_role_id.is_distinct_from(employment.job_role_id)
    return found.where(others)


def gaps(row: Any, at: At, viewer: Terms, employment: Any, role: Any) -> Select[Any]:
    """What an employee lacks for a role, or for the one the employee works in."""
    return _gaps(row.id, at, viewer, employment.job_role_id if role is None else role)


def gaps_of(row: Any, at: At, viewer: Terms) -> Select[Any]:
    """What is lacked for the role of a row of readiness."""
    return _gaps(row.employee_id, at, viewer, row.job_role_id)


def _gaps(employee: Any, at: At, viewer: Terms, role: Any) -> Select[Any]:
    asks = required(at, role).subquery()
    has = levels.held(viewer, employee, at).subquery()
    nothing: Any = literal_column("0")
    gap = asks.c.level - func.coalesce(has.c.level, nothing)
    return (
        select(
            asks.c.skill_id,
            asks.c.level.label("required"),
            has.c.level,
            func.coalesce(has.c.is_verified, literal_column("false")).label("is_verified"),
            gap.label("gap"),
            asks.c.weight,
            asks.c.must_have,
        )
        .select_from(asks.outerjoin(has, has.c.skill_id == asks.c.skill_id))
        .where(learning(viewer.asking(at), employee), gap > nothing)
        .correlate_except(asks, has)
    )
