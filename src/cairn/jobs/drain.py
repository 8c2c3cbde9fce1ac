"""All there is to do, done here and now: for tests, and for the loader of the sample company."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from functools import partial

from pgqueuer.types import QueueManagerId

from cairn.db.engine import Database
from cairn.jobs import schedule  # noqa: F401  # a worker may have left what it queued by the clock
from cairn.jobs.line import Line, summary
from cairn.jobs.perform import perform, report, settle
from cairn.jobs.queue import pending, release, take
from cairn.jobs.relay import relay

BATCH = 20
LOOK_AGAIN = 0.05
"""Seconds until another look at what others have in hand."""
SILENT = timedelta(seconds=30)


class Undone(Exception):  # noqa: N818  # so it is
    """Handlers failed for good; the first of their exceptions is the cause."""


async def drain(database: Database, url: str, *, concurrency: int = 1, seconds: float = 300) -> int:
    """Does all there is to do, and what comes of it, until nothing is left; how many jobs.

    One after the other in the order of their events, unless `concurrency` says otherwise. What fails is tried
    again at once. Raises `Undone` when all is done that can be, `TimeoutError` after so many `seconds`.
    """
    me, done, dead = QueueManagerId(uuid.uuid4()), 0, []
    async with asyncio.timeout(seconds), Line(url) as line:
        while True:
            moved = await relay(database)
            jobs = await line.ask(lambda queue: take(queue, me, BATCH))
            for first in range(0, len(jobs), concurrency):
                some = jobs[first : first + concurrency]
                came = await asyncio.gather(*(perform(database, job) for job in some))
                outcomes = [replace(each, pause=0) for each in came]
                for each in outcomes:
                    report(each)
                await line.ask(partial(settle, outcomes=outcomes))
                done += sum(each.status == "successful" for each in outcomes)
                dead += [each for each in outcomes if each.status == "failed"]
            if not jobs and not moved:
                if not (await line.ask(pending)).any:
                    break
                await line.ask(partial(release, silent=SILENT))
                await asyncio.sleep(LOOK_AGAIN)
    if dead:
        what = "; ".join(f"{each.job.entrypoint}: {summary(each.error)}" for each in dead)
        raise Undone(f"{len(dead)} jobs failed for good: {what}") from dead[0].error
    return done
