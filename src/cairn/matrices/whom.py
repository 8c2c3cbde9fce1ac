"""Whom it is about: who works in a department, in a job role, or anywhere."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from cairn.access.rules import At, Terms, under
from cairn.people import tables as people
from cairn.skills.access import learning


def in_department(position: FromClause, department: Any, at: At, viewer: Terms) -> ColumnElement[bool]:
    """Whether a position is in a department or in what is part of it."""
    line, seen = viewer.sees(people.DepartmentLine, at=at)
    below = and_(line.c.above_id == department, line.c.valid.contains(at.day))
    parts = select(line.c.department_id).where(under(seen, below)).correlate_except(line)
    return or_(position.c.department_id == department, position.c.department_id.in_(parts))


def employed(at: At, viewer: Terms, department: Any, job_role: Any) -> Select[Any]:
    """Who works somewhere on a date: `employee_id, job_role_id, is_open`."""
    position, allowed = viewer.sees(people.Employment, at=at)
    wanted = [position.c.valid.contains(at.day)]
    if department is not None:
        wanted.append(in_department(position, department, at, viewer))
    if job_role is not None:
        wanted.append(position.c.job_role_id == job_role)
    is_open = learning(viewer.asking(at), position.c.employee_id)
    return (
        select(position.c.employee_id, position.c.job_role_id, is_open.label("is_open"))
        .where(under(allowed, and_(*wanted)))
        .correlate_except(position)
    )
