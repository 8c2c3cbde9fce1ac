"""Notifications in the graph: what one is reminded of, and that one has read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, cast, func, literal_column, true, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.refusal import NotFound
from cairn.access.viewer import Viewer as Asking
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.mutation import expose
from cairn.graph.node import Many, derived, extend, many, node, one
from cairn.graph.schema import Query
from cairn.identity.graph import Viewer
from cairn.pathways import tables
from cairn.pathways.graph import Assignment
from cairn.pathways.mails import change_mail_preference
from cairn.pathways.reminders import change_reminder_policy

NotificationId = Annotated[UUID, Ref("Notification")]


@dataclass
class NotificationsRead:
    """What was marked as read."""

    notifications: list[NotificationId]
    """The notifications that were not read before."""


async def mark_notifications_read(
    tx: Transaction, viewer: Asking, *, notifications: list[NotificationId] | None = None
) -> NotificationsRead:
    """Marks notifications of yours as read; no mail tells of them any more.

    Args:
        notifications: The notifications; all of yours where they are left out.
    """
    row = tables.Notification
    mine = col(row.employee_id) == bindparam("viewer", viewer.employee, Uuid)
    these: Any = true()
    if notifications is not None:
        these = col(row.id) == any_(bindparam("ids", notifications, ARRAY(Uuid)))
        await _check(tx, viewer, notifications)
    marked = update(row).where(mine, these, col(row.read_at).is_(None)).values(read_at=now())
    found = sorted((await tx.execute(marked.returning(col(row.id)))).scalars())
    await audit.record(tx, viewer, "notifications.read", None, after={"notifications": len(found)})
    return NotificationsRead(found)


async def _check(tx: Transaction, viewer: Asking, notifications: Sequence[UUID]) -> None:
    for each in notifications:
        found = await tx.get(tables.Notification, each)
        if found is None or found.employee_id != viewer.employee:
            raise NotFound("There is no such notification of yours.", id=each)


@node(tables.Notification, order=("-createdAt",))
class Notification:
    """That one is reminded of something."""

    kind: tables.ReminderKind
    assignment: Assignment | None
    """The assignment that it is about; null where it is about something else."""
    occasion: date
    created_at: datetime
    read_at: datetime | None
    is_read: bool = derived(lambda row: row.read_at.is_not(None))
    """Whether it was marked as read."""


@node(tables.ReminderPolicy)
class ReminderPolicy:
    """When the company reminds people, and when it leaves them alone."""

    is_on: bool
    days_before: list[int] = derived(lambda row: row.days_before, selects=False)
    """How many days before something is due it is said."""
    repeat_days: int
    manager_after_days: int | None
    quiet_from: str = derived(lambda row: _time(row.quiet_from), selects=False)
    """When no mails are sent any more, as `18:00`, in the person's time zone."""
    quiet_until: str = derived(lambda row: _time(row.quiet_until), selects=False)
    """From when on they are sent again."""
    on_weekends: bool
    required: list[tables.ReminderKind] = derived(lambda row: cast(row.required, ARRAY(Text)), selects=False)
    """What mails cannot be unsubscribed from."""


def _time(column: Any) -> Any:
    return func.to_char(column, literal_column("'HH24:MI'"))


@extend(Viewer)
class ViewerNotifications:
    """What one is reminded of."""

    notifications: Many[Notification] = many(lambda row, other: other.employee_id == row.employee_id)
    """What you are reminded of, the latest first."""
    wants_mails: bool = derived(
        lambda row, viewer: (
            ~viewer.sees_any(
                tables.MailPreference, lambda preference: preference.employee_id == row.employee_id
            )
        )
    )
    """Whether you get mails of reminders; where you have unsubscribed, you get what is required alone."""


@extend(Query)
class ReminderQueries:
    """What reminders go by."""

    reminder_policy: ReminderPolicy | None = one(lambda _row, other: other.is_only)
    """When the company reminds people; null until it has decided, and what holds then is the default."""


expose(mark_notifications_read)
expose(change_reminder_policy)
expose(change_mail_preference)
