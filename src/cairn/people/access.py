"""Who may see which records of people.

The directory is for everyone: names, and where somebody stands today. Contact data and history are the
person's own, their managers' at any depth, and the people admins'. Whose manager one is follows the dates:

- Whoever is above somebody today sees all that is recorded of them, past and planned.
- Whoever was above them, or will be, sees the records that hold on a day of theirs, from when they are
  recorded. What has no time of its own, as an address, is of today and goes on; what was withdrawn as a
  mistake holds on no day.
- Where it is asked what holds on a date (`Terms.at`), the line of that date decides: whoever is above then
  sees what holds then.
- The directory is of today. Of any other day it would tell colleagues what was, or what is planned.

Days are civil dates in UTC, as those of employments.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, cast, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZRANGE

from cairn.access.permissions import Permission
from cairn.access.personal import ID, belongs, clears, mentions
from cairn.access.rules import Terms, everyone, rule, some
from cairn.db.tables import occurrence
from cairn.people import tables

rule(tables.Department, tables.Employee, tables.Team)(everyone)
mentions(tables.Employment, "manager_id")
belongs(tables.ReportingLine, lambda row: or_(row.employee_id == ID, row.manager_id == ID))
clears(tables.Team, "lead_id")


def manages(
    viewer: Terms, employee: Any, time: ColumnElement[Any] | None = None, *, by_row: bool = False
) -> ColumnElement[bool]:
    """Whether the viewer is above that employee: today, on the date asked of, or at the `time` of a record.

    `time` is a range or multirange, of days or of instants.
    """

    def today(days: Any) -> ColumnElement[bool]:
        return days.contains(viewer.now.day)  # type: ignore[no-any-return]

    if viewer.at is viewer.now or (viewer.at is None and time is None):
        return _above(viewer, employee, today, by_row=by_row)
    if viewer.at is not None:
        at = viewer.at.day
        return _above(viewer, employee, lambda days: or_(today(days), days.contains(at)), by_row=by_row)
    if by_row:
        return _above(viewer, employee, lambda days: or_(today(days), _touch(days, time)), by_row=True)
    # PostgreSQL can keep the people of a line at hand only while nothing but the person is compared: so one
    # list is for today, one is for ever, and days are compared for those alone who are in the second.
    ever = occurrence(tables.ReportingLine)
    known = select(ever.c.employee_id).where(ever.c.manager_id == viewer.employee).correlate_except(ever)
    return or_(
        _above(viewer, employee, today),
        and_(employee.in_(known), _above(viewer, employee, lambda days: _touch(days, time), by_row=True)),
    )


def manages_or_will(viewer: Terms, employee: Any) -> ColumnElement[bool]:
    """Whether the viewer is above that employee today, or will be."""
    still = _days(viewer.now.day, literal_column("null"))
    return _above(viewer, employee, lambda days: _touch(days, still))


def teammates(viewer: Terms, employee: Any) -> ColumnElement[bool]:
    """Whether the viewer and that employee are in a team together today, or report to the same manager."""

    def in_team(member: Any) -> ColumnElement[bool]:
        own = some(
            tables.TeamMembership,
            lambda mine: and_(
                mine.team_id == member.team_id,
                mine.employee_id == viewer.employee,
                mine.valid.contains(viewer.now.instant),
            ),
            by_row=True,
        )
        return and_(member.employee_id == employee, member.valid.contains(viewer.now.instant), own)

    def beside(line: Any) -> ColumnElement[bool]:
        direct: Any = literal_column("1")
        own = some(
            tables.ReportingLine,
            lambda mine: and_(
                mine.manager_id == line.manager_id,
                mine.employee_id == viewer.employee,
                mine.depth == direct,
                mine.valid.contains(viewer.now.day),
            ),
            by_row=True,
        )
        return and_(
            line.employee_id == employee, line.depth == direct, line.valid.contains(viewer.now.day), own
        )

    return or_(
        some(tables.TeamMembership, in_team, by_row=True), some(tables.ReportingLine, beside, by_row=True)
    )


def _above(
    viewer: Terms, employee: Any, when: Callable[[Any], ColumnElement[bool]], *, by_row: bool = False
) -> ColumnElement[bool]:
    return some(
        tables.ReportingLine,
        lambda line: and_(line.manager_id == viewer.employee, line.employee_id == employee, when(line.valid)),
        by_row=by_row,
    )


def _touch(days: Any, time: Any) -> ColumnElement[bool]:
    """Whether some days and the time of a record have an instant in common."""
    if isinstance(time.type, DATERANGE):
        return days.op("&&")(time)  # type: ignore[no-any-return]
    return time.op("&&")(func.tstzrange(midnight(func.lower(days)), midnight(func.upper(days))))  # type: ignore[no-any-return]


def midnight(day: Any) -> ColumnElement[Any]:
    """The instant at which a day begins."""
    return func.timezone(literal_column("'UTC'"), cast(day, DateTime()))


def answers_for(
    viewer: Terms,
    employee: Any,
    permission: Permission,
    time: ColumnElement[Any] | None = None,
    *,
    by_row: bool = False,
) -> ColumnElement[bool]:
    """Whether the viewer is that employee, is above them, or holds the permission over everybody.

    `time` is that of the record asked for, where it has one. `by_row` is for what few rows are asked: the
    head of a company has everybody below.
    """
    if viewer.may(permission):
        return true()
    return or_(viewer.is_(employee), manages(viewer, employee, time, by_row=by_row))


def instants(start: Any, end: Any) -> ColumnElement[Any]:
    """The time of a record that has no range, both ends with it: what was closed at once was there too."""
    return func.tstzrange(start, end, literal_column("'[]'"), type_=TSTZRANGE())


def _days(start: Any, end: Any) -> ColumnElement[Any]:
    return func.daterange(start, end, type_=DATERANGE())


def contact(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see how to reach an employee: managers of today, and those to come."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    return or_(viewer.is_(row.id), manages_or_will(viewer, row.id))


def standing(row: Any, at: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see where an employee stands on a date: today everyone, for it is the directory's."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    asked = viewer.asking(at)
    return or_(asked.asks_of_today(), answers_for(asked, row.id, Permission.READ_PEOPLE))


def began(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see since when an employment is: also who was above the employee on its first day."""
    first = func.lower(row.valid)
    return answers_for(
        viewer,
        row.employee_id,
        Permission.READ_PEOPLE,
        _days(first, first + literal_column("1")),
        by_row=True,
    )


def ends(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see until when an employment is: also who will be above the employee on its last day.

    That there is no such day is told to who is above the employee for ever.
    """
    after = func.upper(row.valid)
    last = _days(func.coalesce(after - literal_column("1"), literal_column("'infinity'::date")), after)
    return answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, last, by_row=True)


def joined(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see since when a membership is: also who was above the employee then."""
    start = func.coalesce(func.lower(row.valid), literal_column("'-infinity'::timestamptz"))
    return answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, instants(start, start), by_row=True)


def left(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see until when a membership is: also who will be above the employee then."""
    end = func.coalesce(func.upper(row.valid), literal_column("'infinity'::timestamptz"))
    return answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, instants(end, end), by_row=True)


@rule(tables.Employment, tables.ReportingLine)
def employment(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Where somebody stands today is the directory's; what was and what is planned is not."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    today = row.valid.contains(viewer.now.day)
    return _or_above(viewer, row, and_(viewer.asks_of_today(), today))


@rule(tables.TeamMembership)
def membership(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who is in a team today is the directory's; who was or will be is not."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    now = row.valid.contains(viewer.now.instant)
    if viewer.at is not None and viewer.at is not viewer.now:
        # Not later today, either: whoever will have left this evening would be missing.
        now = and_(viewer.asks_of_today(), viewer.at.instant <= viewer.now.instant, now)
    return _or_above(viewer, row, now)


def _or_above(viewer: Terms, row: Any, directory: ColumnElement[bool]) -> ColumnElement[bool]:
    above = answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, row.valid, by_row=True)
    return or_(directory, above)


@rule(tables.DepartmentPlace, tables.DepartmentLine)
def structure(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Which department is part of which, as it was and is; a reorganisation that is planned is not told of.

    Asked of a day to come, nothing is: else what ends until then would be missing.
    """
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    begun = row.valid.op("&&")(_days(literal_column("null"), viewer.now.day + literal_column("1")))
    if viewer.at is None or viewer.at is viewer.now:
        return begun  # type: ignore[no-any-return]
    return and_(viewer.at.day <= viewer.now.day, begun)


def closing(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see that a department is to be closed: once it is, everyone."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    closed: ColumnElement[bool] = row.closed_on <= viewer.now.day
    return closed


@rule(tables.WithdrawnEmployment)
def withdrawn(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What was recorded and does not hold was never the directory's."""
    return answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, by_row=True)
