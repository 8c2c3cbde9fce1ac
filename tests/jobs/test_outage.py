"""Workers are killed, connections cut, and the server restarted. Only what a test started is signalled."""

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

import cairn
from cairn.db.embedded import running
from cairn.db.engine import COMPANY, SHARED
from cairn.db.engine import database as open_database
from cairn.jobs.worker import Worker, work
from jobs import sample
from jobs.conftest import make
from jobs.sample import QUICK, Sampled, calls, idle, jobs, keys, tell, until, working

SOURCE, TESTS = Path(cairn.__file__).parents[1], Path(__file__).parents[1]


@asynccontextmanager
async def program(url, seconds):
    """A worker in a process of its own, whose handlers take so long."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jobs.program", url),
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:{TESTS}", "SAMPLE_SECONDS": str(seconds)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_what_a_killed_worker_had_in_hand_another_does_once(database, url, admin):
    await tell(database, Sampled("a"))
    async with program(url, 60) as process:
        assert await process.stdout.readline() == b"begun a\n"
        process.kill()
    assert await keys(admin) == []
    assert await jobs(admin) == [("jobs.take_sample", "picked", 0)]
    async with working(database, url):
        await until(lambda: idle(admin))
    assert await keys(admin) == ["a"]


async def test_a_worker_killed_after_the_commit_leaves_nothing_to_do(database, url, admin):
    """As it dies between its handler's commit and telling the queue: the job is still its own."""
    await tell(database, Sampled("a"))
    async with working(database, url):
        await until(lambda: idle(admin))
    await tell(database, Sampled("b"))
    async with program(url, 60) as process:
        await process.stdout.readline()
        process.kill()
    (event,) = await admin.fetch(
        "insert into handled select (convert_from(payload, 'utf8')::json->>'event')::uuid, entrypoint, now()"
        " from public.pgqueuer returning event_id"
    )
    assert event
    async with working(database, url):
        await until(lambda: idle(admin))
    assert await keys(admin) == ["a"]


async def test_a_job_that_kills_its_workers_is_dead_in_the_end(database, url, admin):
    await tell(database, Sampled("a"))
    async with working(database, url):
        await until(lambda: idle(admin))
    await tell(database, Sampled("b"))
    async with program(url, 60) as process:
        await process.stdout.readline()
        process.kill()
    await admin.execute("update public.pgqueuer set attempts = 9")
    async with working(database, url):
        await until(lambda: idle(admin))
    assert await jobs(admin) == [("jobs.take_sample", "failed", 10)]


async def test_sigterm_lets_a_worker_finish(database, url, admin):
    await tell(database, Sampled("a"))
    async with program(url, 0.5) as process:
        await process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 5) == 0
    assert await keys(admin) == ["a"]
    assert await jobs(admin) == []


async def test_a_worker_goes_on_when_all_its_connections_are_cut(database, url, admin):
    async with working(database, url):
        for n in range(5):
            await tell(database, *(Sampled(f"{n}-{m}", seconds=0.03) for m in range(10)))
            await asyncio.sleep(0.05)
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        await until(lambda: idle(admin))
    assert await keys(admin) == [f"{n}-{m}" for n in range(5) for m in range(10)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that may be restarted."""
    with running(tmp_path_factory.mktemp("postgres"), settings={"fsync": "off"}) as server:
        yield server


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_a_worker_outlives_the_server(server, how):
    calls.clear()
    url = await make(server.url, "jobs_test")
    async with open_database(url) as opened, working(opened, url):
        await tell(opened, *(Sampled(str(n), seconds=0.2) for n in range(12)))
        await until(lambda: begun(4))
        os.kill(server.pid, how)
        async with working(opened, url):  # and one that is started before the server is back
            await until(lambda: answers(url))
        await tell(opened, *(Sampled(str(n)) for n in range(12, 20)))
        admin = await asyncpg.connect(url, server_settings={"search_path": f"{COMPANY}, {SHARED}"})
        await until(lambda: idle(admin))
    assert await keys(admin) == sorted(str(n) for n in range(20))
    assert await jobs(admin) == []
    await admin.close()


async def test_a_worker_stops_though_there_is_no_server(database, url, admin):
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    stop = asyncio.Event()
    never_began = asyncio.create_task(work(database, nowhere, stop=stop))
    worker = Worker(database, url, stop, 4, QUICK)
    async with worker.line:
        working = asyncio.create_task(worker.run())
        await asyncio.sleep(0.3)
        worker.line.url = nowhere
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'cairn worker' and datname = current_database()"
        )
        await asyncio.sleep(0.3)
        stop.set()
        await asyncio.wait_for(never_began, 1)
        await asyncio.wait_for(working, 5)


async def begun(count):
    return sample.calls.total() >= count


async def answers(url):
    try:
        await (await asyncpg.connect(url)).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True
