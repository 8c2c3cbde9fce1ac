"""Events and handlers whose effects are rows that can be counted."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text

from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.worker import Pace, work

calls = Counter()
"""How often the handler was called in this process, by the event's key."""


@event
@dataclass(frozen=True)
class Sampled:
    key: str
    fails: int = 0
    """How many calls fail."""
    seconds: float = 0
    """How long a call takes."""
    then: int = 0
    """How many events follow from it, one from the other."""


@event
@dataclass(frozen=True)
class Poisoned:
    key: str


@event
@dataclass(frozen=True)
class Unheard:
    """Nobody subscribes to it."""


async def leave(tx, key):
    await tx.execute(text("insert into effect (key) values (:key)"), {"key": key})


@subscribe(Sampled)
async def take_sample(tx, event):
    calls[event.key] += 1
    await leave(tx, event.key)
    if event.then:
        await publish(tx, Sampled(f"{event.key}'", then=event.then - 1))
    if seconds := float(os.environ.get("SAMPLE_SECONDS", event.seconds)):
        sys.stdout.write(f"begun {event.key}\n")
        sys.stdout.flush()
        await asyncio.sleep(seconds)
    if calls[event.key] <= event.fails:
        raise RuntimeError("not yet\0")


@subscribe(Poisoned, tries=3)
async def swallow(tx, event):
    calls[event.key] += 1
    await leave(tx, event.key)
    raise RuntimeError("it is poison")


@subscribe(Poisoned)
async def look_at(tx, event):
    await leave(tx, f"{event.key} seen")


QUICK = Pace(poll=0.2, beat=0.2, silent=1, grace=5)


@asynccontextmanager
async def working(database, url, **options):
    """A worker, for as long as the block lasts."""
    stop = asyncio.Event()
    worker = asyncio.create_task(work(database, url, stop=stop, **{"pace": QUICK, **options}))
    try:
        yield
    finally:
        stop.set()
        await worker


async def tell(database, *events):
    async with database.transaction() as tx:
        await publish(tx, *events)


async def keys(admin):
    """The effects there are."""
    return [row["key"] for row in await admin.fetch("select key from effect order by key")]


async def jobs(admin):
    """The jobs there are: handler, status, tries that failed."""
    found = await admin.fetch("select entrypoint, status, attempts from public.pgqueuer order by id")
    return [tuple(row) for row in found]


async def until(condition, seconds=10):
    """Waits until it holds."""
    async with asyncio.timeout(seconds):
        while not await condition():  # it is the database that changes
            await asyncio.sleep(0.01)


async def idle(admin):
    """Whether nothing waits and nothing is in hand."""
    return not await admin.fetchval(
        "select exists (select from event)"
        " or exists (select from public.pgqueuer where status in ('queued', 'picked'))"
    )
