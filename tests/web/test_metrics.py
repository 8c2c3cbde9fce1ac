"""What operations watch, as Prometheus reads it."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from urllib.request import Request, urlopen

import pytest
from httpx2 import ASGITransport, AsyncClient
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text

from cairn.app import application
from cairn.db.engine import raw
from cairn.jobs.queue import JOBS
from cairn.settings import settings
from test_line import free_port

SITE = "https://cairn.test"


@pytest.fixture
async def client(database, world):  # noqa: ARG001  # somebody is there
    served = application(database, [], SITE)
    async with AsyncClient(transport=ASGITransport(served, client=("127.0.0.1", 1)), base_url=SITE) as client:
        yield client
    await database.reads.fetchval("select 1")


def read(text_):
    """The samples of a text, by name and labels."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text_)
        for sample in family.samples
    }


async def test_requests_are_counted_by_part_and_status(client):
    async def counted(part, status):
        found = read((await client.get("/metrics")).text)
        labels = (("part", part), ("status", status))
        return found["cairn_http_request_duration_seconds_count", *labels]

    before = (
        await counted("graphql", "4xx"),
        await counted("other", "4xx"),
        await counted("credentials", "4xx"),
    )
    await client.post("/graphql", json={"query": "{ viewer { name } }"})
    await client.get("/nowhere")
    await client.get("/credentials/0?a=secret")
    after = (
        await counted("graphql", "4xx"),
        await counted("other", "4xx"),
        await counted("credentials", "4xx"),
    )
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]


async def test_what_is_asked_for_is_in_no_label(client):
    await client.get("/nowhere-in-particular?token=abc")
    assert "particular" not in (await client.get("/metrics")).text


async def test_what_waits_is_told(client, database):
    def waiting(answer):
        found = read(answer.text)
        states = {state: found["cairn_jobs", ("state", state)] for state in ("queued", "picked", "failed")}
        return states, found["cairn_jobs_late_seconds",], found["cairn_events_waiting",]

    states, late, events = waiting(await client.get("/metrics"))
    async with database.transaction() as tx:
        connection = await raw(tx)
        await connection.execute(
            f"insert into {JOBS} (priority, status, entrypoint, payload, execute_after)"
            " values (0, 'queued', 'x', null, now() - interval '90 s'), (0, 'failed', 'x', null, now())"
        )
        await tx.execute(
            text(
                "insert into event (id, name, payload, published_at)"
                " values (gen_random_uuid(), 'x', '{}', now())"
            )
        )
    now, later, more = waiting(await client.get("/metrics"))
    assert now == {**states, "queued": states["queued"] + 1, "failed": states["failed"] + 1}
    assert later >= max(late, 90)
    assert more == events + 1


async def test_it_is_told_when_the_database_does_not_answer(client, database, monkeypatch):
    assert read((await client.get("/metrics")).text)["cairn_database_up",] == 1

    async def fail(*_, **__):
        raise OSError("gone")

    monkeypatch.setattr(database.reads, "fetchval", fail)
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert read(answer.text)["cairn_database_up",] == 0
    monkeypatch.undo()


async def test_openmetrics_is_spoken_to_those_who_ask_for_it(client):
    answer = await client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


async def test_other_machines_need_a_token(database, monkeypatch):
    async def status(address, served, **headers):
        transport = ASGITransport(served, client=(address, 1))
        async with AsyncClient(transport=transport, base_url="http://10.1.2.3:8000") as client:
            return (await client.get("/metrics", headers=headers)).status_code

    served = application(database, [], SITE)
    assert await status("127.0.0.1", served) == 200
    assert await status("::1", served) == 200
    assert await status("10.0.0.7", served) == 403
    assert await status("127.0.0.1", served, **{"X-Forwarded-For": "203.0.113.9"}) == 403
    assert await status("127.0.0.1", served, Forwarded="for=203.0.113.9") == 403

    found = settings().model_copy(update={"metrics_token": SecretStr("s3cret")})
    monkeypatch.setattr("cairn.app.settings", lambda: found)
    served = application(database, [], SITE)
    assert await status("10.0.0.7", served, Authorization="Bearer s3cret") == 200
    assert await status("10.0.0.7", served, Authorization="Bearer s3cre") == 401
    assert await status("127.0.0.1", served) == 401


async def test_several_processes_are_counted_together(url, tmp_path):
    """Whichever of them is asked."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cairn",
        "serve",
        env={
            **os.environ,
            "CAIRN_DATABASE_URL": url,
            "CAIRN_DATA_DIR": str(tmp_path),
            "CAIRN_PORT": str(port),
            "CAIRN_WORKERS": "2",
        },
        stderr=asyncio.subprocess.DEVNULL,
    )
    site = f"http://127.0.0.1:{port}"

    def get(path):
        # A connection of its own, for any of them to take.
        with urlopen(Request(site + path, headers={"connection": "close"}), timeout=10) as answer:
            return answer.read().decode()

    async def begins():
        async with asyncio.timeout(60):
            while True:
                with suppress(OSError):
                    return await asyncio.to_thread(get, "/healthz")
                await asyncio.sleep(0.2)

    try:
        await begins()
        for _ in range(40):
            await asyncio.to_thread(get, "/healthz")
        labels = (("part", "operations"), ("status", "2xx"))
        for _ in range(6):
            found = read(await asyncio.to_thread(get, "/metrics"))
            assert found["cairn_http_request_duration_seconds_count", *labels] >= 40
    finally:
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 30) == 0
