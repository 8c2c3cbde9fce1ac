"""Who stands how to somebody: the audiences that the reporting line and the teams tell apart."""

from typing import Any

from sqlalchemy import Select, Uuid, and_, func, literal_column, or_, select, union

from cairn.access.audience import Audience, made_of
from cairn.access.rules import Terms
from cairn.db.tables import occurrence
from cairn.people import tables

_NOBODY: Any = literal_column("'00000000-0000-0000-0000-000000000000'::uuid", Uuid())
"""The id of none: whoever has it has signed in, and has no part in anything."""


@made_of(Audience.COLLEAGUES)
def colleagues(_person: Any, _viewer: Terms) -> Select[Any]:
    """Anybody."""
    return select(_NOBODY.label("employee_id"))


@made_of(Audience.TEAMMATES)
def mates(person: Any, viewer: Terms) -> Select[Any]:
    """One of them stands for all: rules do not tell them apart. Who was or will be a manager does not.

    From the person outwards: `teammates`, the rule, would have to be asked of every employee.
    """
    own, other = occurrence(tables.TeamMembership), occurrence(tables.TeamMembership)
    below, beside = occurrence(tables.ReportingLine), occurrence(tables.ReportingLine)
    now = viewer.now
    direct: Any = literal_column("1")
    in_team = select(other.c.employee_id).where(
        own.c.employee_id == person,
        own.c.valid.contains(now.instant),
        other.c.team_id == own.c.team_id,
        other.c.valid.contains(now.instant),
    )
    of_manager = select(beside.c.employee_id).where(
        below.c.employee_id == person,
        below.c.depth == direct,
        below.c.valid.contains(now.day),
        beside.c.manager_id == below.c.manager_id,
        beside.c.depth == direct,
        beside.c.valid.contains(now.day),
    )
    found = union(in_team.correlate_except(own, other), of_manager.correlate_except(below, beside)).subquery()
    line = occurrence(tables.ReportingLine)
    ever = select(direct).where(line.c.employee_id == person, line.c.manager_id == found.c.employee_id)
    return (
        select(found.c.employee_id)
        .where(found.c.employee_id != person, ~ever.correlate_except(line).exists())
        .limit(direct)
        .correlate_except(found)
    )


def _above(person: Any, holds: Any, *others: Any) -> Select[Any]:
    line = occurrence(tables.ReportingLine)
    found = select(line.c.manager_id).where(line.c.employee_id == person).group_by(line.c.manager_id)
    return found.having(and_(holds(line), *(~other(line) for other in others))).correlate_except(line)


@made_of(Audience.MANAGERS)
def managers(person: Any, viewer: Terms) -> Select[Any]:
    """Who is above today."""
    return _above(person, lambda line: _today(line, viewer))


@made_of(Audience.FORMER_MANAGERS)
def former(person: Any, viewer: Terms) -> Select[Any]:
    """Who was above, and neither is nor will be."""
    return _above(
        person,
        lambda line: func.bool_or(func.upper(line.c.valid) <= viewer.now.day),
        lambda line: or_(_today(line, viewer), _later(line, viewer)),
    )


@made_of(Audience.COMING_MANAGERS)
def coming(person: Any, viewer: Terms) -> Select[Any]:
    """Who will be above, and is not."""
    return _above(person, lambda line: _later(line, viewer), lambda line: _today(line, viewer))


def _today(line: Any, viewer: Terms) -> Any:
    return func.bool_or(line.c.valid.contains(viewer.now.day))


def _later(line: Any, viewer: Terms) -> Any:
    return func.bool_or(func.lower(line.c.valid) > viewer.now.day)
