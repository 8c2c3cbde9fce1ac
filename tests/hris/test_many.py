"""Many new people at once: their reporting lines are those that the walk up from each of them finds."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import event, make_url, text

from cairn.db.engine import COMPANY, SHARED
from cairn.db.engine import database as pools
from cairn.hris.intake import Feed
from cairn.hris.run import run_feed
from cairn.hris.tables import SyncMode
from cairn.people.reporting import refresh
from hris.conftest import lines, person

LINES = text("select manager_id, employee_id, depth, valid from reporting_line order by 1, 2, 3, 4")


async def test_lines_that_grow_are_those_that_are_walked(sync, database):
    rolled = random.Random(7)
    first = date(2024, 1, 1)
    await sync(*(person(f"Old{n}", f"old{n - 1}" if n else None) for n in range(4)))
    people = []
    for n in range(1_100):
        days = sorted(rolled.sample(range(900), 2))
        above = f"new{rolled.randrange(n)}" if n and rolled.random() < 0.9 else f"old{rolled.randrange(4)}"
        said = {"hiredOn": str(first + timedelta(days=days[0]))}
        if rolled.random() < 0.3:
            said["lastDay"] = str(first + timedelta(days=days[1]))
        people.append(person(f"New{n}", above, **said))
    rolled.shuffle(people)
    came = await sync(*people, mode="DELTA")
    assert (came.status, came.counts) == ("APPLIED", {"new": 1_100})
    async with database.transaction() as tx:
        grown = (await tx.execute(LINES)).all()
        ids = list((await tx.execute(text("select id from employee"))).scalars())
        await tx.execute(text("delete from reporting_line"))
        await refresh(tx, ids)
        assert (await tx.execute(LINES)).all() == grown


async def test_lines_that_grow_follow_whole_histories(sync, database):
    rolled = random.Random(11)
    people = [
        {**person("New0"), "posts": [{"since": "2020-01-01", "lastDay": "2021-12-31", "manager": "new1"}]},
        {**person("New1"), "posts": [{"since": "2022-01-01", "manager": "new0"}]},
    ]
    for n in range(2, 1_100):
        days = sorted(rolled.sample(range(2_000), rolled.randrange(1, 4)))
        posts = [
            {
                "since": str(date(2020, 1, 1) + timedelta(days=day)),
                "manager": f"new{rolled.randrange(n)}",
                "title": f"Post {at}",
            }
            for at, day in enumerate(days)
        ]
        people.append({**person(f"New{n}"), "posts": posts})
    for each in people:
        del each["hiredOn"], each["title"]
    rolled.shuffle(people)
    came = await sync(*people)
    assert (came.status, came.counts) == ("APPLIED", {"new": 1_100})
    async with database.transaction() as tx:
        grown = (await tx.execute(LINES)).all()
        ids = list((await tx.execute(text("select id from employee"))).scalars())
        await tx.execute(text("delete from reporting_line"))
        await refresh(tx, ids)
        assert (await tx.execute(LINES)).all() == grown


async def test_a_circle_among_many_is_found_and_the_others_come(sync, database):
    people = [person(f"New{n}", f"new{n // 2}" if n else None) for n in range(1_100)]
    people[3]["manager"] = "new7"
    came = await sync(*people)
    assert (came.status, came.counts) == ("APPLIED", {"new": 1_100, "warned": 2})
    assert [(each[1], each[2]) for each in came.problems] == [("new3", "manager"), ("new7", "manager")]
    assert all("new3 → new7 → new3" in each[3] or "new7 → new3 → new7" in each[3] for each in came.problems)
    async with database.transaction() as tx:
        below = text("select count(*) from reporting_line join employee on manager_id = employee.id")
        roots = text(
            "select count(*) from employment join employee on employee.id = employee_id"
            " where source = 'feed' and manager_id is null"
        )
        assert (await tx.execute(below)).scalar_one() > 1_000
        assert (await tx.execute(roots)).scalar_one() == 3


@pytest.fixture
async def serving(database, url):
    """The pools of a role that may write every row and owns nothing; and what PostgreSQL told it."""
    role, told = "cairn_feeds", []
    async with database.transaction() as tx:
        for statement in (
            f"create role {role} login password 'x'",
            f"grant usage on schema {COMPANY}, {SHARED} to {role}",
            f"grant select, insert, update, delete on all tables in schema {COMPANY}, {SHARED} to {role}",
            f"grant usage on all sequences in schema {SHARED} to {role}",
        ):
            await tx.execute(text(statement))
    address = make_url(url).set(username=role, password="x").render_as_string(hide_password=False)
    async with pools(address, pool=2) as opened:

        @event.listens_for(opened.writes.sync_engine, "connect")
        def listen(connection, _record):
            connection.driver_connection.add_log_listener(lambda _, message: told.append(message.message))

        yield opened, told
    async with database.transaction() as tx:
        for statement in (f"drop owned by {role}", f"drop role {role}"):
            await tx.execute(text(statement))


async def test_a_role_that_owns_nothing_brings_many(world, database, serving):
    opened, told = serving
    people = [person(f"New{n}", f"new{n // 10}" if n else None) for n in range(1_100)]
    for counted in ("new", "same"):
        given = Feed("feed", SyncMode.SNAPSHOT)
        report = await run_feed(opened, world.viewer("Pat"), given, lines(*people))
        assert (report.run.status, getattr(report.run, counted)) == ("APPLIED", 1_100)
    assert told == []
    async with database.transaction() as tx:
        grown = text("select count(*) from reporting_line join employee on employee.id = employee_id")
        assert (await tx.execute(grown)).scalar_one() > 2_000
