"""The worker: relays events, runs what is in the queue, and queues what is due by the clock.

    stop = asyncio.Event()
    await work(database, url, stop=stop)

As many as one likes, on as many machines. It looks when PostgreSQL notifies and every `poll` seconds anyway,
outlives any loss of its connections, and when told to stop finishes what is in hand within `grace`. What it
could not finish, and what a killed one had in hand, others take up.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from pgqueuer.models import Job
from pgqueuer.types import JobId, QueueManagerId

from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.jobs import schedule
from cairn.jobs.events import CHANNEL
from cairn.jobs.handlers import handlers
from cairn.jobs.line import Line, backoff, summary
from cairn.jobs.perform import Outcome, perform, report, settle
from cairn.jobs.queue import JOBS, SETTINGS, pending, put, release, take
from cairn.jobs.relay import BATCH, relay, unknown

log = logging.getLogger("cairn.jobs")

CONTENDED = 0.05
"""Seconds until a look at jobs that another worker was looking at."""
LAST_WORDS = 2.0
"""Seconds that each of the last steps may take when the database does not answer."""


@dataclass(frozen=True)
class Pace:
    """The times of a worker, in seconds."""

    poll: float = 2
    """It looks for work this often, told of any or not."""
    beat: float = 5
    """It says this often that it is alive."""
    silent: float = 30
    """Who has not said so for this long is taken for dead."""
    grace: float = 20
    """What is in hand when it is to stop has this long to end."""


class QueueMissing(Exception):  # noqa: N818  # so it is
    """The database has no queue; the message says what to do."""


async def work(
    database: Database, url: str, *, stop: asyncio.Event, concurrency: int = 4, pace: Pace | None = None
) -> None:
    """Works until `stop` is set. Raises `QueueMissing`.

    `url` leads to the primary directly. `concurrency` is how many handlers run at once, each on one of the
    connections that `database` has for writes.
    """
    worker = Worker(database, url, stop, concurrency, pace or Pace())
    async with worker.line:
        await worker.run()


class Worker:
    """A worker while it works."""

    def __init__(
        self, database: Database, url: str, stop: asyncio.Event, concurrency: int, pace: Pace
    ) -> None:
        self.database = database
        self.stop = stop
        self.concurrency = concurrency
        self.pace = pace
        self.id = QueueManagerId(uuid.uuid4())
        self.told, self.queued, self.due = asyncio.Event(), asyncio.Event(), asyncio.Event()
        """What wakes the relay, the hands and the clock."""
        self.line = Line(url, {CHANNEL: self._hear_event, SETTINGS.channel: self._hear_job})
        self.hands: dict[JobId, asyncio.Task[None]] = {}
        """What is run right now."""
        self.outcomes: list[Outcome] = []
        """What has been run and the queue was not told yet."""
        self.ticked = now() - schedule.MADE_UP_FOR
        self.looked_for_unknown = False

    def _hear_event(self, _payload: str) -> None:
        self.told.set()
        self.queued.set()

    def _hear_job(self, payload: str) -> None:
        if '"delete"' not in payload:
            self.queued.set()

    async def run(self) -> None:
        """Works until told to stop."""
        if not await self._is_ready():
            return
        log.info("works for %s handlers, %s jobs at once", len(handlers), self.concurrency)
        loops = [
            asyncio.create_task(self._repeat("relaying", self._relay, self.told)),
            asyncio.create_task(self._repeat("taking jobs", self._take, self.queued)),
            asyncio.create_task(self._repeat("looking at the clock", self._tick, self.due)),
        ]
        beating = asyncio.create_task(self._beat())
        try:
            await self.stop.wait()
            await self._finish(loops)
        finally:
            tasks = [*loops, beating, *self.hands.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            log.info("has stopped")

    async def _is_ready(self) -> bool:
        """Once the database answers; False: it was told to stop before."""
        stopped = asyncio.create_task(self.stop.wait())
        found = asyncio.create_task(self.line.ask(lambda queue: queue.has_table(SETTINGS.queue_table)))
        try:
            await asyncio.wait((stopped, found), return_when=asyncio.FIRST_COMPLETED)
            if found.done() and not found.result():
                raise QueueMissing(f"There is no table {JOBS}: run cairn migrate.")
            return found.done()
        finally:
            stopped.cancel()
            found.cancel()

    async def _finish(self, loops: list[asyncio.Task[None]]) -> None:
        """Ends what is in hand: by itself within the grace, or else by being put back."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.pace.grace
        for wake in (self.told, self.queued, self.due):
            wake.set()
        await asyncio.wait(loops, timeout=LAST_WORDS)
        for each in loops:
            each.cancel()  # it waits for a database that is not there
        if self.hands:
            log.info("stops when %s jobs in hand are done", len(self.hands))
            await asyncio.wait(self.hands.values(), timeout=max(0, until - loop.time()))
        if left := list(self.hands.values()):
            log.warning("puts %s jobs back that took longer than %g s", len(left), self.pace.grace)
            for hand in left:
                hand.cancel()
            await asyncio.wait(left, timeout=LAST_WORDS)
        try:
            await asyncio.wait_for(self._settle(), LAST_WORDS)
        except Exception as error:  # noqa: BLE001  # then others will find them done
            log.warning("could not tell the queue what is done: %s", summary(error))

    async def _repeat(self, doing: str, step: Callable[[], Awaitable[float]], wake: asyncio.Event) -> None:
        """Steps until told to stop; a step says in how many seconds the next one is due at the latest."""
        failures = 0
        while not self.stop.is_set():
            wake.clear()
            try:
                pause = await step()
                failures = 0
            except Exception as error:  # noqa: BLE001  # nothing may end the worker but a stop
                pause = backoff(failures, first=0.1, longest=10)
                failures += 1
                log.warning("%s failed, again in %.1f s: %s", doing, pause, summary(error))
            if pause > 0 and not self.stop.is_set():
                await _wait(wake, pause)

    async def _relay(self) -> float:
        if await relay(self.database) == BATCH:
            return 0
        if not self.looked_for_unknown:
            self.looked_for_unknown = True
            for name, count in (await unknown(self.database)).items():
                log.warning("%s events %s wait for a release that knows them", count, name)
        return self.pace.poll

    async def _take(self) -> float:
        await self._settle()
        free = self.concurrency - len(self.hands)
        if free == 0:
            return self.pace.poll
        jobs = await self.line.ask(lambda queue: take(queue, self.id, free))
        for job in jobs:
            if job.id not in self.hands:
                self.hands[job.id] = asyncio.create_task(self._hand(job))
        if jobs:
            return 0 if len(self.hands) < self.concurrency else self.pace.poll
        ahead = await self.line.ask(pending)
        if ahead.seconds is None:
            return self.pace.poll
        return min(max(ahead.seconds, CONTENDED), self.pace.poll)

    async def _hand(self, job: Job) -> None:
        """Runs a job; if it is cancelled, puts it back."""
        outcome = Outcome(job, "queued", InterruptedError("its worker was stopped"))
        try:
            outcome = await perform(self.database, job)
        finally:
            report(outcome)
            self.outcomes.append(outcome)
            del self.hands[job.id]
            self.queued.set()

    async def _settle(self) -> None:
        """Tells the queue what came of the jobs that have ended."""
        if outcomes := self.outcomes:
            self.outcomes = []
            await self.line.ask(partial(settle, outcomes=outcomes))

    async def _tick(self) -> float:
        instant = now()
        if calls := schedule.ticks(self.database.company, self.ticked, instant):
            await self.line.ask(partial(put, calls=calls))
            log.debug("queued %s by the clock", ", ".join(each.handler for each in calls))
        self.ticked = instant
        return schedule.seconds_to_next(instant)

    async def _beat(self) -> None:
        """Says that it is alive, and lets others have the jobs of those that are not, as long as it runs."""
        while True:
            await asyncio.sleep(self.pace.beat)
            try:
                await self.line.ask(lambda queue: queue.update_heartbeat(list(self.hands)))
                released = await self.line.ask(partial(release, silent=timedelta(seconds=self.pace.silent)))
            except Exception as error:  # noqa: BLE001  # nothing may end the worker but a stop
                log.warning("beating failed: %s", summary(error))
            else:
                if released:
                    log.warning("%s jobs of workers that are silent are free again", released)
                    self.queued.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
