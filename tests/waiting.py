"""Two transactions at once, one of which has to wait for the other."""

import asyncio

from sqlalchemy import text

WAITING = text(
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
)


async def until_it_waits(database, task, *, seconds=10):
    """Returns once a transaction waits for a lock. It is that of `task`, which must not be done by then."""
    async with asyncio.timeout(seconds):
        while not task.done():
            async with database.transaction() as tx:
                if (await tx.execute(WAITING)).scalar_one():
                    break
            await asyncio.sleep(0.01)
    assert not task.done()
