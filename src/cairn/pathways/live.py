"""What is told of assignments as it happens."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.graph.stream import stream
from cairn.jobs.live import Ear, Wish, keys
from cairn.pathways.assign import AssignmentId
from cairn.pathways.author import PathwayId
from cairn.pathways.events import ASSIGNMENT, NOTIFICATION
from cairn.pathways.notifications import NotificationId
from cairn.people.history import EmployeeId

keys(
    ASSIGNMENT,
    """
 with these as (select id, employee_id, pathway_id, assigned_by_id from assignment where id = any($1))
 select id, 'assignment', id from these
 union all select id, 'employee', employee_id from these
 union all select id, 'pathway', pathway_id from these
 union all select id, 'watcher', employee_id from these
 union all select id, 'watcher', assigned_by_id from these where assigned_by_id is not null
 union all select these.id, 'watcher', line.manager_id
  from these join reporting_line line on line.employee_id = these.employee_id
""",
)
"""Watchers are all who may see an assignment by the rule of its table, and some who may not."""


async def assignment_changed(
    ear: Ear,
    viewer: Viewer,
    *,
    assignment: AssignmentId | None = None,
    employee: EmployeeId | None = None,
    pathway: PathwayId | None = None,
) -> AsyncGenerator[AssignmentId, None]:
    """Each assignment that you may see as it is made, is changed, has something done for it, or ends.

    What follows from the calendar alone, such as that it is overdue, is not told. Subscribe first and then
    read what is so, and nothing is missed.

    Args:
        assignment: Only this assignment.
        employee: Only assignments of this person.
        pathway: Only assignments to this pathway.
    """
    wanted: dict[str, Any] = {"assignment": assignment, "employee": employee, "pathway": pathway}
    if not viewer.may(Permission.READ_LEARNING):
        if viewer.employee is None:
            return
        wanted["watcher"] = viewer.employee
    wish = Wish(ASSIGNMENT, frozenset((kind, key) for kind, key in wanted.items() if key is not None))
    async with aclosing(ear.hear(wish)) as heard:
        async for changed in heard:
            yield changed


keys(NOTIFICATION, "select id, 'employee', employee_id from notification where id = any($1)")


async def notification_arrived(ear: Ear, viewer: Viewer) -> AsyncGenerator[NotificationId, None]:
    """Each notification of yours as it is made, as `viewer.notifications` has it then."""
    if viewer.employee is None:
        return
    mine = Wish(NOTIFICATION, frozenset({("employee", viewer.employee)}))
    async with aclosing(ear.hear(mine)) as heard:
        async for made in heard:
            yield made


stream(assignment_changed)
stream(notification_arrived)
