"""Runs that are killed, cut off, or whose server restarts: nothing half done, and the same end in the end."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import cairn
from cairn.access.viewer import system
from cairn.db.embedded import running
from cairn.db.engine import database as open_database
from cairn.db.migrate import migrate
from cairn.db.ranges import now
from cairn.hris import apply as applying
from cairn.hris import run as runs
from cairn.hris.abandoned import forget_abandoned_runs
from cairn.hris.intake import Feed, open_run, stage
from cairn.hris.run import run_feed
from cairn.hris.tables import SyncMode
from cairn.people.reporting import follow
from hris.conftest import lines, person
from hris.staff import after, before
from jobs.sample import until

SOURCES, TESTS = Path(cairn.__file__).parents[1], Path(__file__).parents[1]
POINTS = 20
STATE = """
select replace(e.external_id, :source, '') as id, replace(e.display_name, :source, '') as name,
  replace(e.email, :source, '') as email, lower(m.valid) as since, upper(m.valid) as until, m.title,
  replace(boss.external_id, :source, '') as manager, d.name as department,
  (select count(*) from reporting_line line where line.manager_id = e.id) as below,
  (select count(*) from sync_change change where change.employee_id = e.id) as changes
from employee e left join employment m on m.employee_id = e.id
left join employee boss on boss.id = m.manager_id
left join department d on d.id = m.department_id
where e.source = :source order by 1, 4
"""


async def state(database, source):
    """All that a feed has to say of a source, without what tells two sources apart; and its runs."""
    async with database.transaction() as tx:
        people = (await tx.execute(text(STATE), {"source": source})).all()
        found = text("select status from sync_run where source = :source order by id")
        statuses = list((await tx.execute(found, {"source": source})).scalars())
        staged = text(
            "select coalesce(sum(cardinality(row_numbers)), 0) from staged_lines"
            " join sync_run on sync_run.id = run_id where source = :source"
        )
        waiting = (await tx.execute(staged, {"source": source})).scalar_one()
    return [tuple(each) for each in people], statuses, waiting


async def has_received(database, count):
    async with database.transaction() as tx:
        found = await tx.execute(text("select received from sync_run where source = 'loud'"))
        return found.scalar_one() >= count


async def answers(url):
    try:
        await (await asyncpg.connect(url)).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True


async def synced(database, source, people, **said):
    feed = Feed(source, SyncMode.SNAPSHOT, threshold=0.5, **said)
    return (await run_feed(database, system("test"), feed, lines(*people))).run


async def test_27_a_run_killed_anywhere_has_done_nothing_or_all_and_resumes(database, url):
    await synced(database, "calm", before("calm"))
    none = (await state(database, "calm"))[0]
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hris.killed", url),
        env={**os.environ, "PYTHONPATH": f"{SOURCES}:{TESTS}"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def told(number, source, late):
        program.stdin.write(f"{number} {source} {late}\n".encode())
        return (await asyncio.wait_for(program.stdout.readline(), 60)).decode().strip()

    try:
        count = int(await told(0, "calm", 0))
        everything, statuses, waiting = await state(database, "calm")
        assert (statuses, waiting) == (["APPLIED", "APPLIED"], 0)
        assert everything != none
        seen = set()
        for point in range(POINTS):
            source, number = f"s{point}x", 2 + point * (count - 2) // (POINTS - 1)
            await synced(database, source, before(source))
            assert await told(number, source, point % 2) == "died"
            people, statuses, waiting = await state(database, source)
            told_of = statuses[-1] if len(statuses) == 2 else "NOTHING"
            seen.add(told_of)
            assert people == (everything if told_of == "APPLIED" else none), (number, told_of)
            run = await synced(database, source, after(source), idempotency_key="one")
            assert (run.status, run.refused, run.new) == ("APPLIED", 1, 2)
            assert await state(database, source) == (everything, ["APPLIED", "APPLIED"], 0), number
        assert seen >= {"RECEIVING"}
    finally:
        program.stdin.close()
        await program.wait()


class CutError(Exception):
    """The connection that the lines came by is gone."""


async def test_09_a_stream_that_breaks_changes_nothing_and_goes_on_where_it_was(database, monkeypatch):
    monkeypatch.setattr(runs, "CHUNK", 4)
    await synced(database, "loud", before("loud"))
    none = await state(database, "loud")

    async def broken(count):
        for line in lines(*after("loud"))[:count]:
            yield line
        raise CutError

    feed = Feed("loud", SyncMode.SNAPSHOT, idempotency_key="one", threshold=0.5)
    with pytest.raises(CutError):
        await run_feed(database, system("test"), feed, broken(11))
    people, statuses, waiting = await state(database, "loud")
    assert (people, statuses, waiting) == (none[0], ["APPLIED", "RECEIVING"], 8)
    other = [person("Other"), *after("loud")[1:]]
    with pytest.raises(runs.OtherContent):
        await synced(database, "loud", other, idempotency_key="one")
    run = await synced(database, "loud", after("loud"), idempotency_key="one")
    assert (run.status, run.received, run.new, run.missing) == ("APPLIED", 17, 2, 1)


async def test_12_a_delivery_that_another_one_overtakes_under_its_key_gets_that_ones_report(
    database, monkeypatch
):
    monkeypatch.setattr(runs, "CHUNK", 4)
    feed = Feed("loud", SyncMode.SNAPSHOT, idempotency_key="one", threshold=0.5)

    async def overtaken(people, fast):
        """Lines of which some are kept before the other delivery is applied, and the rest comes after it."""
        for n, line in enumerate(lines(*people)):
            if n == 6:
                await until(lambda: has_received(database, 4))
                fast.append(await synced(database, "loud", before("loud"), idempotency_key="one"))
            yield line

    fast = []
    slow = (await run_feed(database, system("test"), feed, overtaken(before("loud"), fast))).run
    assert (slow.id, slow.status, slow.new, slow.received) == (fast[0].id, "APPLIED", 16, 16)
    assert (await state(database, "loud"))[1:] == (["APPLIED"], 0)


@pytest.mark.parametrize(("at", "applied"), [(2, "slow"), (9, "fast")])
async def test_12_of_deliveries_with_other_content_under_one_key_the_one_that_came_further_counts(
    database, monkeypatch, at, applied
):
    monkeypatch.setattr(runs, "CHUNK", 4)
    other = before("loud")
    other[at]["title"] = "Other"
    refused = []

    async def overtaken():
        for n, line in enumerate(lines(*before("loud"))):
            if n == 6:
                await until(lambda: has_received(database, 4))
                try:
                    await synced(database, "loud", other, idempotency_key="one")
                except runs.OtherContent:
                    refused.append("fast")
            yield line

    feed = Feed("loud", SyncMode.SNAPSHOT, idempotency_key="one", threshold=0.5)
    try:
        await run_feed(database, system("test"), feed, overtaken())
    except runs.OtherContent:
        refused.append("slow")
    people, statuses, waiting = await state(database, "loud")
    assert refused == [{"slow": "fast", "fast": "slow"}[applied]]
    assert (statuses, waiting) == (["APPLIED"], 0)
    assert ("Other" in {each[5] for each in people}) == (applied == "fast")


async def test_a_run_that_nobody_goes_on_with_is_forgotten_after_a_week(database):
    async with database.transaction() as tx:
        run = await open_run(tx, system("test"), Feed("loud", SyncMode.SNAPSHOT))
        await stage(tx, system("test"), run.id, lines(*before("loud")))
    for days, statuses, waiting in ((6, ["RECEIVING"], 16), (8, [], 0)):
        async with database.transaction() as tx:
            await forget_abandoned_runs(tx, now() + timedelta(days=days))
        assert (await state(database, "loud"))[1:] == (statuses, waiting)


async def test_27_a_server_that_restarts_in_the_middle_costs_at_most_the_transaction(
    tmp_path_factory, monkeypatch
):
    monkeypatch.setattr(runs, "CHUNK", 4)
    with running(tmp_path_factory.mktemp("postgres"), settings={"fsync": "off"}) as server:
        await migrate(server.url)
        async with open_database(server.url, pool=2) as database:
            await synced(database, "calm", before("calm"))
            await synced(database, "calm", after("calm"))
            everything = (await state(database, "calm"))[0]
            await synced(database, "loud", before("loud"))

            async def interrupted():
                for n, line in enumerate(lines(*after("loud"))):
                    if n == 9:
                        os.kill(server.pid, signal.SIGKILL)
                    yield line

            feed = Feed("loud", SyncMode.SNAPSHOT, idempotency_key="one", threshold=0.5)
            with pytest.raises((DBAPIError, OSError, asyncpg.PostgresError)):
                await run_feed(database, system("test"), feed, interrupted())
            await until(lambda: answers(server.url))
            found = await run_feed(database, system("test"), feed, lines(*after("loud")))
            assert found.run.status == "APPLIED"
            assert (await state(database, "loud"))[0] == everything

            await synced(database, "late", before("late"))
            none = (await state(database, "late"))[0]

            async def killing(*given):
                os.kill(server.pid, signal.SIGKILL)
                await follow(*given)

            monkeypatch.setattr(applying, "follow", killing)
            with pytest.raises((DBAPIError, OSError, asyncpg.PostgresError)):
                await synced(database, "late", after("late"), idempotency_key="one")
            monkeypatch.setattr(applying, "follow", follow)
            await until(lambda: answers(server.url))
            assert (await state(database, "late"))[:2] == (none, ["APPLIED", "RECEIVING"])
            await synced(database, "late", after("late"), idempotency_key="one")
            assert (await state(database, "late"))[0] == everything
