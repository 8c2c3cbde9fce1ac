"""Who may see which records of people.

The directory is for everyone: names, and where somebody stands today. Contact data and history are the
person's own, their managers' at any depth, and the people admins'.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true

from cairn.access.permissions import Permission
from cairn.access.rules import Terms, everyone, rule, some
from cairn.people import tables

rule(tables.Department, tables.DepartmentPlace, tables.DepartmentLine, tables.Employee, tables.Team)(everyone)


def manages(viewer: Terms, employee: Any, *, by_row: bool = False) -> ColumnElement[bool]:
    """Whether the viewer is above that employee today, directly or not."""
    return some(
        tables.ReportingLine,
        lambda line: and_(
            line.manager_id == viewer.employee,
            line.employee_id == employee,
            line.valid.contains(viewer.now.day),
        ),
        by_row=by_row,
    )


def answers_for(
    viewer: Terms, employee: Any, permission: Permission, *, by_row: bool = False
) -> ColumnElement[bool]:
    """Whether the viewer is that employee, is above them, or holds the permission over everybody.

    `by_row` is for what few rows are asked: the head of a company has everybody below.
    """
    if viewer.may(permission):
        return true()
    return or_(viewer.is_(employee), manages(viewer, employee, by_row=by_row))


def contact(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see how to reach an employee."""
    return answers_for(viewer, row.id, Permission.READ_PEOPLE)


@rule(tables.Employment, tables.ReportingLine)
def employment(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Where somebody stands today is the directory's; what was and what is planned is not."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    past = answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, by_row=True)
    return or_(row.valid.contains(viewer.now.day), past)


@rule(tables.TeamMembership)
def membership(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who is in a team today is the directory's; who was is not."""
    if viewer.may(Permission.READ_PEOPLE):
        return true()
    past = answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, by_row=True)
    return or_(row.valid.contains(viewer.now.instant), past)


@rule(tables.WithdrawnEmployment)
def withdrawn(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What was recorded and does not hold was never the directory's."""
    return answers_for(viewer, row.employee_id, Permission.READ_PEOPLE, by_row=True)
