"""What changed among people between two instants: told by where the ranges of facts begin and end.

Nothing is written for it. Two employments that touch are a change from one to the other; one that touches
none before it is somebody's coming, and one that touches none after it their leaving.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
    values,
)
from sqlalchemy import column as sql_column

from cairn.access.permissions import Permission
from cairn.access.rules import Terms, some
from cairn.db.tables import occurrence
from cairn.people import tables
from cairn.people.access import answers_for, midnight


class OrgChangeKind(StrEnum):
    """What happened to somebody."""

    JOINED = "JOINED"
    """The first day of a first employment."""
    RETURNED = "RETURNED"
    """The first day of a later employment."""
    LEFT = "LEFT"
    """The first day after an employment."""
    MOVED = "MOVED"
    """Another department."""
    NEW_MANAGER = "NEW_MANAGER"
    """Another manager."""
    NEW_ROLE = "NEW_ROLE"
    """Another job role or title."""
    LEAVE_BEGAN = "LEAVE_BEGAN"
    """The first day of leave."""
    LEAVE_ENDED = "LEAVE_ENDED"
    """The first day back from leave."""
    JOINED_TEAM = "JOINED_TEAM"
    """A membership of a team began."""
    LEFT_TEAM = "LEFT_TEAM"
    """A membership of a team ended."""


def changes(viewer: Terms, since: Any, until: Any, department: Any, manager: Any, kinds: Any) -> Select[Any]:
    """The changes that a viewer may know of: `at, kind, employee_id, before_id, after_id, team_id, fact_id`.

    Who may see what is recorded of somebody at that time may see that it changed.
    """
    window = _Window(viewer, since, viewer.now.instant if until is None else until, department, manager)
    parts = [window.beginnings(), window.endings(), *window.teams()]
    found = union_all(*parts).subquery()
    query = select(*found.c)
    return query if kinds is None else query.where(found.c.kind == any_(kinds))


_UTC: Any = literal_column("'UTC'")
_ONE_DAY: Any = literal_column("1")
_ON_LEAVE: Any = literal_column("'ON_LEAVE'")


class _Window:
    """The instants between which it changed, and among whom."""

    def __init__(self, viewer: Terms, since: Any, until: Any, department: Any, manager: Any) -> None:
        self.viewer = viewer
        self.since, self.until = since, until
        self.department, self.manager = department, manager

    def beginnings(self) -> Select[Any]:
        """Employments that begin, each beside the one that ends then."""
        before, after = occurrence(tables.Employment), occurrence(tables.Employment)
        day = func.lower(after.c.valid)
        touches = and_(before.c.employee_id == after.c.employee_id, func.upper(before.c.valid) == day)
        was_there = some(
            tables.Employment,
            lambda row: and_(row.employee_id == after.c.employee_id, func.lower(row.valid) < day),
        )
        came, stays = before.c.id.is_(None), before.c.id.is_not(None)
        kinds = {
            OrgChangeKind.JOINED: and_(came, ~was_there),
            OrgChangeKind.RETURNED: and_(came, was_there),
            OrgChangeKind.MOVED: and_(stays, _differ(before, after, "department_id")),
            OrgChangeKind.NEW_MANAGER: and_(stays, _differ(before, after, "manager_id")),
            OrgChangeKind.NEW_ROLE: and_(stays, _differ(before, after, "job_role_id", "title")),
            OrgChangeKind.LEAVE_BEGAN: and_(
                after.c.work == _ON_LEAVE, before.c.work.is_distinct_from(_ON_LEAVE)
            ),
            OrgChangeKind.LEAVE_ENDED: and_(before.c.work == _ON_LEAVE, after.c.work != _ON_LEAVE),
        }
        kind = _those(kinds)
        return (
            _change(
                midnight(day), kind.c.kind, after.c.employee_id, before.c.id, after.c.id, None, after.c.id
            )
            .select_from(after.outerjoin(before, touches).join(kind, true()))
            .where(
                kind.c.happened,
                *self._on(day),
                *self._among(
                    after.c.employee_id, after.c.valid, day, before.c.department_id, after.c.department_id
                ),
            )
        )

    def endings(self) -> Select[Any]:
        """Employments that end without another that begins then."""
        before = occurrence(tables.Employment)
        day = func.upper(before.c.valid)
        goes_on = some(
            tables.Employment,
            lambda row: and_(row.employee_id == before.c.employee_id, func.lower(row.valid) == day),
        )
        kind = _name(OrgChangeKind.LEFT)
        return (
            _change(midnight(day), kind, before.c.employee_id, before.c.id, None, None, before.c.id)
            .select_from(before)
            .where(
                *self._on(day),
                ~goes_on,
                *self._among(before.c.employee_id, before.c.valid, day, before.c.department_id),
            )
        )

    def teams(self) -> list[Select[Any]]:
        """Memberships that begin, and those that end."""
        found = []
        for kind, end in ((OrgChangeKind.JOINED_TEAM, func.lower), (OrgChangeKind.LEFT_TEAM, func.upper)):
            member = occurrence(tables.TeamMembership)
            at = end(member.c.valid)
            day = cast(func.timezone(_UTC, at), Date)
            stint = occurrence(tables.Employment)
            place = (
                select(stint.c.department_id)
                .where(stint.c.employee_id == member.c.employee_id, stint.c.valid.contains(day))
                .correlate_except(stint)
                .scalar_subquery()
            )
            found.append(
                _change(at, _name(kind), member.c.employee_id, None, None, member.c.team_id, member.c.id)
                .select_from(member)
                .where(
                    at >= self.since,
                    at < self.until,
                    *self._among(member.c.employee_id, member.c.valid, day, place),
                )
            )
        return found

    def _on(self, day: Any) -> list[ColumnElement[bool]]:
        """That the day begins within the window: first by the index of days, then to the instant."""
        first, last = (cast(func.timezone(_UTC, each), Date) for each in (self.since, self.until))
        return [day >= first, day <= last, midnight(day) >= self.since, midnight(day) < self.until]

    def _among(self, employee: Any, time: Any, day: Any, *places: Any) -> list[ColumnElement[bool]]:
        """That the viewer may know, and that it is about the people asked for, before it or after."""
        found = [answers_for(self.viewer, employee, Permission.READ_PEOPLE, time)]
        if self.manager is not None:
            found.append(
                some(
                    tables.ReportingLine,
                    lambda line: and_(
                        line.manager_id == self.manager,
                        line.employee_id == employee,
                        or_(line.valid.contains(day), line.valid.contains(day - _ONE_DAY)),
                    ),
                )
            )
        if self.department is not None:
            found.append(or_(*(self._within(place, day) for place in places)))
        return found

    def _within(self, place: Any, day: Any) -> ColumnElement[bool]:
        part = self.viewer.sees_any(
            tables.DepartmentLine,
            lambda line: and_(
                line.above_id == self.department,
                line.department_id == place,
                or_(line.valid.contains(day), line.valid.contains(day - _ONE_DAY)),
            ),
        )
        return or_(place == self.department, part)


def _change(at: Any, kind: Any, employee: Any, before: Any, after: Any, team: Any, fact: Any) -> Select[Any]:
    nothing = cast(null(), Uuid)
    return select(
        at.label("at"),
        kind.label("kind"),
        employee.label("employee_id"),
        (nothing if before is None else before).label("before_id"),
        (nothing if after is None else after).label("after_id"),
        (nothing if team is None else team).label("team_id"),
        fact.label("fact_id"),
    )


def _name(kind: OrgChangeKind) -> ColumnElement[str]:
    return literal_column(f"'{kind.value}'", Text())


def _those(kinds: Mapping[OrgChangeKind, ColumnElement[bool]]) -> FromClause:
    """What happened, a row each."""
    table = values(sql_column("kind", Text()), sql_column("happened", Boolean()), name="happening")
    return table.data([(_name(kind), condition) for kind, condition in kinds.items()]).lateral("happening")


def _differ(before: FromClause, after: FromClause, *names: str) -> ColumnElement[bool]:
    return or_(*(before.c[name].is_distinct_from(after.c[name]) for name in names))
