"""All there is to do, done at once."""

import asyncio
import time

import pytest

from cairn.jobs.drain import Undone, drain
from jobs.sample import Poisoned, Sampled, calls, idle, keys, tell, working


async def test_it_does_what_follows_from_what_it_does(database, url, admin):
    await tell(database, Sampled("a", then=3), Sampled("b"))
    assert await drain(database, url) == 5
    assert await keys(admin) == ["a", "a'", "a''", "a'''", "b"]
    assert await drain(database, url) == 0


async def test_it_goes_by_the_order_of_events(database, url):
    await tell(database, *(Sampled(f"{n:02}") for n in range(50)))
    await drain(database, url)
    assert list(calls) == [f"{n:02}" for n in range(50)]


async def test_it_tries_again_at_once(database, url, admin):
    await tell(database, Sampled("a", fails=9))
    begun = time.monotonic()
    assert await drain(database, url) == 1
    assert time.monotonic() - begun < 1
    assert await keys(admin) == ["a"]


async def test_it_raises_what_failed_for_good_when_all_else_is_done(database, url, admin):
    await tell(database, Poisoned("p"), Sampled("a"))
    with pytest.raises(
        Undone, match=r"1 jobs failed for good: jobs\.swallow: RuntimeError: it is poison"
    ) as e:
        await drain(database, url)
    assert isinstance(e.value.__cause__, RuntimeError)
    assert await keys(admin) == ["a", "p seen"]
    assert await idle(admin)


async def test_it_waits_for_what_a_worker_has_in_hand(database, url, admin):
    async with working(database, url):
        await tell(database, *(Sampled(str(n), seconds=0.2) for n in range(4)))
        await asyncio.sleep(0.1)
        await drain(database, url)
        assert await keys(admin) == ["0", "1", "2", "3"]


async def test_it_ends_though_there_is_no_end(database, url):
    await tell(database, Sampled("a", then=1_000_000))
    with pytest.raises(TimeoutError):
        await drain(database, url, seconds=0.3)
