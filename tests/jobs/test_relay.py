"""From the outbox into the queue."""

from dataclasses import replace
from uuid import uuid4

from cairn.jobs import relay as relaying
from cairn.jobs.drain import drain
from cairn.jobs.relay import relay, unknown
from jobs.sample import Poisoned, Sampled, Unheard, jobs, keys, tell


async def names(admin):
    return [row["name"] for row in await admin.fetch("select name from event order by id")]


async def test_an_event_becomes_a_job_for_each_handler_and_leaves_the_outbox(database, admin):
    await tell(database, Sampled("a"), Poisoned("b"), Unheard())
    assert await names(admin) == ["Sampled", "Poisoned", "Unheard"]
    assert await relay(database) == 3
    assert await names(admin) == []
    assert await jobs(admin) == [
        ("jobs.take_sample", "queued", 0),
        ("jobs.swallow", "queued", 0),
        ("jobs.look_at", "queued", 0),
    ]


async def test_the_oldest_go_first_and_a_batch_at_a_time(database, admin, monkeypatch):
    monkeypatch.setattr(relaying, "BATCH", 2)
    await tell(database, *(Sampled(str(n)) for n in range(5)))
    assert [await relay(database) for _ in range(4)] == [2, 2, 1, 0]
    queued = await admin.fetch("select payload from public.pgqueuer order by id")
    assert [row["payload"].split(b'"key":"')[1][:1] for row in queued] == [b"0", b"1", b"2", b"3", b"4"]


async def test_an_event_that_only_another_release_knows_waits_for_it_and_holds_nobody_up(
    database, url, admin
):
    await admin.execute("insert into event values ($1, 'FromTheFuture', '{}', now())", uuid4())
    await tell(database, Sampled("a"))
    assert await drain(database, url) == 1
    assert await names(admin) == ["FromTheFuture"]
    assert await unknown(database) == {"FromTheFuture": 1}


async def test_an_event_relayed_twice_has_its_effects_once(database, url, admin):
    """As where the queue took the jobs and the outbox did not lose the event."""
    await tell(database, Sampled("a"))
    again = await admin.fetchrow("select * from event")
    await relay(database)
    for _ in range(2):
        await admin.execute("insert into event values ($1, $2, $3, $4)", *again)
        await relay(database)
        assert len(await jobs(admin)) == 1
        assert await drain(database, url) == 1
    assert await keys(admin) == ["a"]


async def test_each_company_has_an_outbox_and_effects_of_its_own(database, url, admin):
    other = replace(database, company="other")
    await admin.execute("create schema other")
    try:
        for table in ("event", "handled", "effect"):
            await admin.execute(f"create table other.{table} (like cairn.{table} including all)")
        await tell(database, Sampled("ours"))
        await tell(other, Sampled("theirs"))
        assert await relay(other) == 1
        assert await drain(database, url) == 2
        assert await keys(admin) == ["ours"]
        assert await admin.fetchval("select string_agg(key, ',') from other.effect") == "theirs"
    finally:
        await admin.execute("drop schema other cascade")
