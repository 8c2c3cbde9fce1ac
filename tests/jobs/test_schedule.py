"""What is done by the clock."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from cairn.db.ranges import now
from cairn.jobs import schedule
from cairn.jobs.drain import drain
from cairn.jobs.schedule import PurgeDue, Schedule, every, seconds_to_next, ticks
from jobs.sample import idle, keys, leave, tell, until, working

DAY = timedelta(days=1)


def at(time):
    return datetime.fromisoformat(f"2026-03-02T{time}+00:00")


def test_a_tick_is_found_to_the_microsecond():
    five = Schedule("x", "*/5 * * * *")
    assert five.before(at("12:04:59.999999")) == at("12:00:00")
    assert five.before(at("12:05:00")) == at("12:05:00")
    assert five.before(at("12:05:00.000001")) == at("12:05:00")
    assert five.after(at("12:05:00")) == at("12:10:00")


@pytest.mark.usefixtures("database", "registry")
def test_each_tick_is_due_once_and_of_those_missed_the_last():
    @every("0 * * * *")
    async def hourly(_tx, _at): ...

    def due(after, until):
        return [call.payload["at"] for call in ticks("cairn", after, until)]

    assert due(at("12:00:00"), at("12:59:59")) == []
    assert due(at("12:59:59"), at("13:00:00")) == [at("13:00:00").isoformat()]
    assert due(at("13:00:00"), at("13:00:01")) == []
    assert due(at("09:30:00"), at("13:20:00")) == [at("13:00:00").isoformat()]
    assert seconds_to_next(at("13:59:58")) == 2


@pytest.mark.usefixtures("registry")
def test_what_is_no_schedule_is_refused():
    with pytest.raises(ValueError, match="is no schedule"):
        every("at noon")


@pytest.mark.usefixtures("registry")
async def test_all_workers_together_do_it_once_a_tick(database, url, admin):
    @every("* * * * * *")
    async def often(tx, at):
        await leave(tx, at.isoformat())

    async with working(database, url), working(database, url), working(database, url):
        await asyncio.sleep(2.5)
        await until(lambda: idle(admin))
    found = [datetime.fromisoformat(key) for key in await keys(admin)]
    assert len(found) in {3, 4}  # the one before it began, and each second
    assert {after - before for before, after in pairwise(found)} == {timedelta(seconds=1)}


@pytest.mark.usefixtures("registry")
async def test_a_tick_that_was_missed_is_made_up_for_and_only_once(database, url, admin):
    missed = now() - timedelta(hours=2)

    @every(f"{missed.minute} {missed.hour} * * *")
    async def daily(tx, at):
        await leave(tx, at.isoformat())

    for _ in range(2):
        async with working(database, url):
            await asyncio.sleep(0.3)
            await until(lambda: idle(admin))
    assert await keys(admin) == [missed.replace(second=0, microsecond=0).isoformat()]


async def test_what_is_old_is_forgotten_batch_by_batch(database, url, admin, monkeypatch):
    monkeypatch.setattr(schedule, "BATCH", 10)
    old, young = datetime.now(UTC) - 31 * DAY, datetime.now(UTC) - 29 * DAY
    await admin.executemany(
        "insert into handled values ($1, 'x', $2)",
        [(uuid4(), day) for day in [old] * 25 + [young] * 3],
    )
    await admin.executemany(
        "insert into public.pgqueuer_log (created, job_id, status, entrypoint, priority)"
        " values ($1, 0, 'successful', 'x', 0)",
        [(day,) for day in [old] * 12 + [young] * 3],
    )
    await tell(database, PurgeDue())
    assert await drain(database, url) == 3
    assert await admin.fetchval("select count(*) from handled where handler = 'x'") == 3
    assert await admin.fetchval("select count(*) from public.pgqueuer_log where entrypoint = 'x'") == 3


SCHEDULED = list(schedule.schedules)


def test_forgetting_is_itself_scheduled():
    assert Schedule("jobs.purge_daily", "23 3 * * *") in SCHEDULED
