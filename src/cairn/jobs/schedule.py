"""What is done again and again, by the clock (UTC).

    @every("0 6 * * 1-5")
    async def remind(tx: Transaction, at: datetime) -> None: ...

Each worker queues a job for each tick. All of them name the tick alike, so it is done once, and tried again
like any job where it fails. A tick at which no worker ran is made up for within a day; of several that were
missed, only the last.
"""

import logging
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from croniter import croniter  # type: ignore[import-untyped]  # it ships no types
from sqlalchemy import text

from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.handlers import TIMEOUT_SECONDS, TRIES, Handler, Payload, name_of, register
from cairn.jobs.happenings import forget
from cairn.jobs.queue import JOBS, LOG, Call

log = logging.getLogger("cairn.jobs")

MADE_UP_FOR = timedelta(days=1)
"""Shorter than what has been handled is remembered, or a tick might be done twice."""
KEPT = timedelta(days=30)
BATCH = 5_000

Periodic = Callable[[Transaction, datetime], Awaitable[None]]
"""A function called with the time at which it was due."""


@dataclass(frozen=True)
class Schedule:
    """When a handler is called."""

    handler: str
    cron: str

    def before(self, instant: datetime) -> datetime:
        """The last tick up to and including that instant."""
        found: datetime = croniter(self.cron, instant + timedelta(microseconds=1)).get_prev(datetime)
        return found

    def after(self, instant: datetime) -> datetime:
        """The first tick later than that instant."""
        found: datetime = croniter(self.cron, instant).get_next(datetime)
        return found


schedules: list[Schedule] = []
"""The schedules of all rooms that this process has imported."""


def every(
    cron: str, *, name: str = "", timeout: float = TIMEOUT_SECONDS, tries: int = TRIES
) -> Callable[[Periodic], Periodic]:
    """Has the decorated function called whenever the five fields of `cron` say so."""
    if not croniter.is_valid(cron):
        raise ValueError(f"{cron!r} is no schedule: write minute, hour, day, month and weekday")

    def declare(function: Periodic) -> Periodic:
        async def run(tx: Transaction, payload: Payload) -> None:
            await function(tx, datetime.fromisoformat(payload["at"]))

        handler = Handler(name or name_of(function), run, timeout, tries)
        register(handler)
        schedules.append(Schedule(handler.name, cron))
        return function

    return declare


_TICKS = uuid.UUID("0b0c5e1e-6a53-5c0f-9d0a-6f2a2f6f6b1d")


def ticks(company: str, after: datetime, until: datetime) -> list[Call]:
    """The calls that became due later than `after`, up to `until`."""
    due = [(each, each.before(until)) for each in schedules]
    return [
        Call(
            handler=each.handler,
            company=company,
            event=uuid.uuid5(_TICKS, f"{company} {each.handler} {at.isoformat()}"),
            payload={"at": at.isoformat()},
        )
        for each, at in due
        if at > after
    ]


def seconds_to_next(instant: datetime) -> float:
    """Until something is due again; a minute at most, for clocks are set."""
    return min([60.0, *((each.after(instant) - instant).total_seconds() for each in schedules)])


@event
@dataclass(frozen=True)
class PurgeDue:
    """There may be something that need not be remembered any longer."""


@every("23 3 * * *")
async def purge_daily(tx: Transaction, _at: datetime) -> None:
    """Begins to forget what is old."""
    await publish(tx, PurgeDue())


_OLD_HANDLED = """
delete from handled where (event_id, handler) in (
  select event_id, handler from handled where handled_at < :before order by handled_at limit :batch
)"""
_OLD_LOG = f"""
delete from {LOG} where id in (
  select id from {LOG} as entry
  where created < :before and not exists (select from {JOBS} where id = entry.job_id)
  order by created limit :batch
)"""  # noqa: S608  # the names are ours


@subscribe(PurgeDue)
async def purge(tx: Transaction, _event: PurgeDue) -> None:
    """Forgets a batch of what is old, and tells that there may be more."""
    batch = {"before": now() - KEPT, "batch": BATCH}
    deleted = [await tx.execute(text(each), batch) for each in (_OLD_HANDLED, _OLD_LOG)]
    counts = [each.rowcount for each in deleted]  # type: ignore[attr-defined]
    log.info("forgot %s calls that were handled and %s entries of the queue's log", *counts)
    if BATCH in counts:
        await publish(tx, PurgeDue())


@every("37 * * * *")
async def forget_happenings(tx: Transaction, _at: datetime) -> None:
    """Forgets what those who listen have heard long since."""
    await forget(tx)
