"""Who is reminded of what: notes that follow from assignments and the company's policy, each made once.

Every hour it is asked for everybody, on the day it is where they are, what they are to be reminded of. An
occasion (three days before it is due, the second week it is overdue) has one notification, however often that
is asked; of several that passed while nobody asked, the last.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.happenings import tell
from cairn.jobs.schedule import every
from cairn.pathways import tables
from cairn.pathways.events import NOTIFICATION
from cairn.pathways.tables import ReminderKind, ReminderPolicy

log = logging.getLogger("cairn.pathways")

BATCH = 2_000
"""Notifications that are made in one transaction, at most."""
LONGEST_DAYS = 365
"""How long after it was due nobody is reminded of anything any more."""
KEPT = timedelta(days=365)
"""How long notifications and mails are kept."""

LOCAL = """
 zone as materialized (select name from pg_timezone_names),
 clock as (
  select e.id as employee_id, e.email, e.locale,
   cast(:at as timestamptz) at time zone coalesce(zone.name, 'UTC') as here
  from employee e left join zone on zone.name = e.time_zone
  join employment w on w.employee_id = e.id and w.work = 'ACTIVE'
   and w.valid @> cast(cast(:at as timestamptz) at time zone 'UTC' as date)
  where e.erased_at is null
 )
"""
"""Everybody who is at work, and what the clock on their wall says."""

_DUE = text(f"""
 with {LOCAL},
 task as (
  select a.id, a.employee_id, a.cause, a.due_on, here::date as today,
   greatest(cast(a.assigned_at at time zone 'UTC' as date), coalesce(a.starts_on, '-infinity')) as since
  from assignment a join clock using (employee_id)
  where a.closed_at is null and a.assigned_at <= :at and coalesce(a.starts_on <= here::date, true)
 ),
 asked as (
  select task.employee_id, task.id as assignment_id, told.kind, told.occasion from task cross join lateral (
   select 'ASSIGNED' as kind, since as occasion where cause <> 'SELF' and since >= today - 1
   union all
   select 'DUE_SOON', due_on - ahead from (
    select min(days) as ahead from unnest(cast(:days_before as int[])) days where due_on - days <= today
   ) next where today < due_on and ahead is not null
   union all
   select 'DUE', due_on where today = due_on
   union all
   select 'OVERDUE', due_on + 1 + (today - due_on - 1) / :repeat * :repeat
    where today > due_on and today <= due_on + {LONGEST_DAYS}
  ) told
  union all
  select line.manager_id, task.id, 'REPORT_OVERDUE',
   task.due_on + :after + (clock.here::date - task.due_on - :after) / :repeat * :repeat
  from task join reporting_line line on line.employee_id = task.employee_id and line.depth = 1
   and line.valid @> cast(cast(:at as timestamptz) at time zone 'UTC' as date)
  join clock on clock.employee_id = line.manager_id
  where clock.here::date >= task.due_on + :after and clock.here::date <= task.due_on + {LONGEST_DAYS}
 )
 select asked.* from asked where not exists (
  select from notification n where n.employee_id = asked.employee_id and n.assignment_id = asked.assignment_id
   and n.kind = asked.kind and n.occasion = asked.occasion)
 limit {BATCH}
""").bindparams(  # noqa: S608  # constants of ours
    bindparam("at", type_=INSTANT),
    bindparam("days_before", type_=ARRAY(Integer)),
    bindparam("repeat", type_=Integer),
    bindparam("after", type_=Integer),
)


@event
@dataclass(frozen=True)
class RemindersDue:
    """There may be somebody to remind."""


@every("11 * * * *")
async def remind_hourly(tx: Transaction, _at: datetime) -> None:
    """Begins to remind."""
    await publish(tx, RemindersDue())


@subscribe(RemindersDue)
async def remind(tx: Transaction, _event: RemindersDue) -> None:
    """Makes a batch of notifications, and tells that there may be more."""
    policy = await current(tx)
    if not policy.is_on:
        return
    instant = now()
    given = {
        "at": instant,
        "days_before": policy.days_before,
        "repeat": policy.repeat_days,
        "after": policy.manager_after_days,
    }
    found = (await tx.execute(_DUE, given)).mappings().all()
    rows = [{**row, "id": tables.Notification.new_id(), "created_at": instant} for row in found]
    if rows:
        await _make(tx, rows)
        log.info("made %s notifications", len(rows))
    if len(rows) == BATCH:
        await publish(tx, RemindersDue())


async def notify_of_approvals(tx: Transaction, asked: Collection[tuple[UUID, UUID]]) -> None:
    """Notifies people of what waits for their approval: each with its id; of one thing once."""
    instant = now()
    rows = [
        {
            "id": tables.Notification.new_id(),
            "employee_id": employee,
            "award_to_approve_id": waiting,
            "kind": ReminderKind.APPROVAL,
            "occasion": instant.date(),
            "created_at": instant,
        }
        for employee, waiting in asked
    ]
    if rows:
        await _make(tx, rows)


async def _make(tx: Transaction, rows: list[dict[str, Any]]) -> None:
    """Writes notifications, each once, and tells those whose they are."""
    await tx.execute(insert(tables.Notification).on_conflict_do_nothing(), rows)
    await tell(tx, NOTIFICATION, [row["id"] for row in rows])


@every("47 2 * * *")
async def forget_reminders(tx: Transaction, _at: datetime) -> None:
    """Forgets notifications and mails that are old."""
    for table in (tables.Notification, tables.Mail):
        await tx.execute(delete(table).where(col(table.created_at) < now() - KEPT))


async def current(tx: Transaction) -> ReminderPolicy:
    """The company's policy, or what holds without one."""
    return (await tx.execute(select(ReminderPolicy))).scalar_one_or_none() or ReminderPolicy()


async def change_reminder_policy(
    tx: Transaction,
    viewer: Viewer,
    *,
    is_on: bool | None = None,
    days_before: list[int] | None = None,
    repeat_days: int | None = None,
    manager_after_days: int | None = None,
    tells_managers: bool | None = None,
    quiet_from: str | None = None,
    quiet_until: str | None = None,
    on_weekends: bool | None = None,
    required: list[ReminderKind] | None = None,
) -> ReminderPolicy:
    """Decides when people are reminded of what they are to complete; what is left out stays as it is.

    Args:
        is_on: Whether anybody is reminded of anything.
        days_before: How many days before something is due it is said; up to five numbers from 1 to 365.
        repeat_days: After how many days it is said again that something is overdue, from 1 to 365.
        manager_after_days: How many days after something was due the manager is told, from 1 to 365.
        tells_managers: False where managers are told of nothing.
        quiet_from: When no mails are sent any more, as `18:00`, in the person's time zone.
        quiet_until: From when on they are sent again, likewise; the same as `quietFrom` for no quiet hours.
        on_weekends: Whether mails are sent on Saturdays and Sundays.
        required: What mails cannot be unsubscribed from.
    """
    viewer.require(Permission.WRITE_LEARNING)
    policy = (
        await tx.execute(select(ReminderPolicy).with_for_update())
    ).scalar_one_or_none() or ReminderPolicy()
    before = policy.model_dump(mode="json")
    if days_before is not None:
        if len(days_before) > 5 or not all(1 <= each <= LONGEST_DAYS for each in days_before):
            raise invalid("daysBefore", f"must be up to five numbers from 1 to {LONGEST_DAYS}")
        policy.days_before = sorted(set(days_before), reverse=True)
    for name, value in (("repeatDays", repeat_days), ("managerAfterDays", manager_after_days)):
        if value is not None and not 1 <= value <= LONGEST_DAYS:
            raise invalid(name, f"must be from 1 to {LONGEST_DAYS}")
    if manager_after_days is not None and tells_managers is False:
        raise invalid("managerAfterDays", "makes no sense where managers are told of nothing")
    policy.is_on = policy.is_on if is_on is None else is_on
    policy.repeat_days = repeat_days or policy.repeat_days
    policy.manager_after_days = manager_after_days or policy.manager_after_days
    if tells_managers is not None:
        policy.manager_after_days = (policy.manager_after_days or 3) if tells_managers else None
    policy.quiet_from = _clock(quiet_from, "quietFrom", policy.quiet_from)
    policy.quiet_until = _clock(quiet_until, "quietUntil", policy.quiet_until)
    policy.on_weekends = policy.on_weekends if on_weekends is None else on_weekends
    if required is not None:
        policy.required = sorted(set(required))
    tx.add(policy)
    await tx.flush()
    await audit.record(
        tx, viewer, "reminder_policy.change", policy, before=before, after=policy.model_dump(mode="json")
    )
    return policy


def _clock(said: str | None, field: str, before: time) -> time:
    if said is None:
        return before
    try:
        return datetime.strptime(said, "%H:%M").time()  # noqa: DTZ007  # a time of day, wherever somebody is
    except ValueError:
        raise invalid(field, "must be a time of day such as 18:00") from None
