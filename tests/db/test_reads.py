"""The connections for reads: handed on without asyncpg's pool between, and mended by it."""

import asyncio

import asyncpg
import pytest

from cairn.db.engine import database as pools


@pytest.fixture
async def reads(url):
    async with pools(url, pool=2) as opened:
        yield opened.reads


async def pid(reads):
    return await reads.fetchval("select pg_backend_pid()")


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_connection_that_is_given_back_is_taken_next(reads):
    assert len({await pid(reads) for _ in range(20)}) == 1


async def test_there_are_never_more_than_the_pool_may_have(reads):
    async def one():
        async with reads.acquire() as connection:
            return await connection.fetchval("select pg_backend_pid() from pg_sleep(0.01)")

    assert len(set(await asyncio.gather(*(one() for _ in range(20))))) == 2


async def test_who_waits_longest_is_next(reads):
    taken = [await reads.acquire() for _ in range(2)]
    order = []

    async def wait(number):
        async with reads.acquire():
            order.append(number)

    waiting = []
    for number in range(4):
        waiting.append(asyncio.create_task(wait(number)))
        await settle()
    await reads.release(taken.pop())
    late = asyncio.create_task(wait(4))
    await asyncio.gather(*waiting, late)
    assert order == [0, 1, 2, 3, 4]
    await reads.release(taken.pop())


async def test_who_gives_up_waiting_loses_no_connection(reads):
    taken = [await reads.acquire() for _ in range(2)]
    waiting = [asyncio.create_task(pid(reads)) for _ in range(3)]
    await settle()
    waiting[0].cancel()  # in line
    await reads.release(taken.pop())
    waiting[1].cancel()  # its turn has come, and it does not know yet
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]
    assert await asyncio.wait_for(waiting[2], 5)
    await reads.release(taken.pop())
    assert len(await asyncio.gather(pid(reads), pid(reads))) == 2


async def test_a_statement_that_fails_costs_no_connection(reads):
    before = await pid(reads)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await reads.fetchval("select 1 / 0")
    assert await pid(reads) == before


@pytest.mark.parametrize("how", ["cancelled", "too slow"])
async def test_a_read_that_is_broken_off_ends_on_the_server_too(reads, how):
    reading = asyncio.create_task(
        reads.fetchval("select pg_sleep(60)", timeout=0.1 if how == "too slow" else None)
    )
    await asyncio.sleep(0.05)
    if how == "cancelled":
        reading.cancel()
    with pytest.raises((asyncio.CancelledError, TimeoutError)):
        await reading
    running = "select count(*) from pg_stat_activity where query = 'select pg_sleep(60)' and state = 'active'"
    assert await asyncio.gather(*(reads.fetchval(running) for _ in range(4))) == [0] * 4


async def test_a_connection_that_was_lost_is_replaced(reads, url):
    lost = await pid(reads)
    other = await asyncpg.connect(url)
    await other.fetchval("select pg_terminate_backend($1)", lost)
    await other.close()
    await asyncio.sleep(0.05)
    found = await asyncio.gather(*(pid(reads) for _ in range(6)))
    assert lost not in found


async def test_a_read_under_way_ends_before_the_pool_closes(url):
    async with pools(url, pool=2) as opened:
        reading = asyncio.create_task(opened.reads.fetchval("select 7 from pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
    assert await reading == 7
