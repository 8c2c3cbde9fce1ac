"""One worker or several, on a good day."""

import asyncio
import time
from collections import Counter

import pytest

from cairn.jobs.events import subscribe
from cairn.jobs.worker import Pace, QueueMissing, work
from jobs.sample import QUICK, Poisoned, Sampled, calls, idle, jobs, keys, tell, until, working

SLOW = Pace(poll=60, beat=0.2, silent=30, grace=5)


async def done(admin):
    await until(lambda: idle(admin))
    return await keys(admin)


async def test_an_event_arrives_though_the_worker_starts_later(database, url, admin):
    await tell(database, Sampled("a"))
    async with working(database, url):
        assert await done(admin) == ["a"]


async def test_a_worker_is_told_and_need_not_look(database, url, admin):
    async with working(database, url, pace=SLOW):
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        await tell(database, Sampled("a", then=3))
        assert await done(admin) == ["a", "a'", "a''", "a'''"]
        assert time.monotonic() - begun < 5


async def test_a_worker_that_was_not_told_looks(database, url, admin):
    async with working(database, url):
        await asyncio.sleep(0.2)
        await admin.execute(
            "insert into event values (gen_random_uuid(), 'Sampled', '{\"key\": \"a\"}', now())"
        )
        assert await done(admin) == ["a"]


async def test_a_handler_that_fails_twice_has_its_effects_once(database, url, admin):
    await tell(database, Sampled("a", fails=2))
    async with working(database, url):
        assert await done(admin) == ["a"]
    assert calls["a"] == 3
    log = await admin.fetch("select status from public.pgqueuer_log order by id")
    assert [row["status"] for row in log] == [*["queued", "picked"] * 3, "successful"]


async def test_two_workers_share_the_work_and_do_nothing_twice(database, url, admin):
    await tell(database, *(Sampled(f"{n:03}", seconds=0.005) for n in range(300)))
    async with working(database, url), working(database, url):
        assert await done(admin) == [f"{n:03}" for n in range(300)]
    assert set(calls.values()) == {1}
    pickers = await admin.fetch("select worker, count(*) from effect group by worker")
    assert len(pickers) > 1


async def test_poison_is_dead_soon_and_holds_nobody_up(database, url, admin):
    await tell(database, Poisoned("p"), *(Sampled(str(n)) for n in range(5)))
    async with working(database, url):
        assert await done(admin) == ["0", "1", "2", "3", "4", "p seen"]
    assert calls["p"] == 3
    assert await jobs(admin) == [("jobs.swallow", "failed", 2)]


@pytest.mark.usefixtures("registry")
async def test_a_handler_that_takes_too_long_is_ended(database, url, admin):
    @subscribe(Poisoned, tries=1, timeout=0.1)
    async def dawdle(_tx, _event):
        await asyncio.sleep(60)

    await tell(database, Poisoned("p"))
    async with working(database, url):
        await done(admin)
    trace = await admin.fetchval(
        "select traceback->>'exception_message' from public.pgqueuer_log"
        " where status = 'failed' and entrypoint like '%.dawdle'"
    )
    assert trace == "it took longer than 0.1 s"


@pytest.mark.usefixtures("registry")
async def test_an_event_that_cannot_be_read_is_dead_at_once(database, url, admin):
    await admin.execute("insert into event values (gen_random_uuid(), 'Sampled', '{}', now())")
    async with working(database, url):
        await done(admin)
    assert await jobs(admin) == [("jobs.take_sample", "failed", 0)]


async def test_a_worker_that_is_stopped_finishes_what_is_in_hand(database, url, admin):
    await tell(database, *(Sampled(str(n), seconds=0.5) for n in range(6)))
    async with working(database, url, concurrency=2):
        await until(lambda: _begun(2))
    assert await keys(admin) == ["0", "1"]
    assert await jobs(admin) == [("jobs.take_sample", "queued", 0)] * 4


async def test_what_takes_longer_than_the_grace_is_put_back(database, url, admin):
    await tell(database, Sampled("a", seconds=30))
    begun = time.monotonic()
    async with working(database, url, pace=Pace(poll=0.2, grace=0.2)):
        await until(lambda: _begun(1))
    assert time.monotonic() - begun < 3
    assert await keys(admin) == []
    assert await jobs(admin) == [("jobs.take_sample", "queued", 1)]


async def test_a_worker_whose_task_is_cancelled_loses_nothing(database, url, admin):
    await tell(database, Sampled("a", seconds=1))
    task = asyncio.create_task(work(database, url, stop=asyncio.Event(), pace=QUICK))
    await until(lambda: _begun(1))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with working(database, url):
        assert await done(admin) == ["a"]


async def _begun(count):
    return Counter(calls).total() >= count


async def test_where_there_is_no_queue_it_says_so(database, url, admin):
    await admin.execute("alter table public.pgqueuer rename to hidden")
    try:
        with pytest.raises(QueueMissing, match="cairn migrate"):
            await work(database, url, stop=asyncio.Event())
    finally:
        await admin.execute("alter table public.hidden rename to pgqueuer")
