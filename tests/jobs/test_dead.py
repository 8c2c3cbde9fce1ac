"""Jobs that failed for good can be seen, and tried again."""

import pytest

from cairn.jobs.dead import dead, requeue
from cairn.jobs.drain import Undone, drain
from jobs.sample import Poisoned, Sampled, calls, idle, jobs, keys, tell, until, working


async def test_a_dead_job_says_what_it_died_of(database, url):
    await tell(database, Poisoned("p"))
    with pytest.raises(Undone):
        await drain(database, url)
    (found,) = await dead(database)
    assert (found.handler, found.company, found.payload, found.tries) == (
        *("jobs.swallow", "cairn", {"key": "p"}, 3),
    )
    assert found.error == "RuntimeError: it is poison"
    assert "in swallow" in found.traceback
    assert found.died_at is not None


async def test_a_job_that_is_requeued_is_as_good_as_new(database, url, admin):
    await tell(database, Sampled("a", fails=11), Poisoned("p"))
    with pytest.raises(Undone, match="2 jobs failed for good"):
        await drain(database, url)
    assert await keys(admin) == ["p seen"]
    async with working(database, url):
        await requeue(database, [each.id for each in await dead(database)])
        await until(lambda: idle(admin))
    assert calls == {"a": 12, "p": 6}
    assert await keys(admin) == ["a", "p seen"]
    assert await jobs(admin) == [("jobs.swallow", "failed", 2)]
