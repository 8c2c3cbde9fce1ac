"""The audit over HTTP: for auditors, line by line, as it can be checked elsewhere."""

import json

import pytest

from cairn.access import audit, chain
from cairn.db.ranges import now
from cairn.jobs.sealing import seal_audit
from stored import stored, unchanged
from world import EVERYTHING

LATER = "2999-01-01T00:00:00Z"


@pytest.fixture
async def sealed(database, company):  # noqa: ARG001  # there are people
    async with database.transaction() as tx:
        for number in range(3):
            await audit.record(tx, EVERYTHING, "thing.do", None, after={"number": number})
    async with database.transaction() as tx:
        await tx.connection()
        await seal_audit(tx, now())


async def test_an_auditor_reads_it(signed_in, database, sealed):  # noqa: ARG001  # something is sealed
    auda = await signed_in("Auda")
    answer = await auda.get("/audit.ndjson")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    async with database.transaction() as tx:
        expected = [line async for line in chain.export(tx, None, None)]
    assert answer.content == b"".join(expected)
    verbs = [json.loads(line)["entry"]["verb"] for line in expected if b'"entry"' in line]
    assert verbs.count("thing.do") == 3
    assert verbs[-1] == "audit.export", "that it was read is in it"


async def test_it_is_asked_for_a_time(signed_in, sealed):  # noqa: ARG001
    auda = await signed_in("Auda")
    assert (await auda.get("/audit.ndjson", params={"since": LATER})).content == b""
    assert (await auda.get("/audit.ndjson", params={"until": "2001-01-01"})).content == b""
    wrong = await auda.get("/audit.ndjson", params={"since": "yesterday"})
    assert (wrong.status_code, wrong.text) == (400, "since must be a time such as 2026-01-31T00:00:00Z\n")


@pytest.mark.parametrize("name", ["Pat", "Lena", "Ben"])
async def test_nobody_else_reads_it(signed_in, database, name):
    browser = await signed_in(name)
    before = (await stored(database))["audit_entry"]
    answer = await browser.get("/audit.ndjson")
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert (await stored(database))["audit_entry"] == before


async def test_a_stranger_is_asked_to_sign_in(signed_in, database):
    browser = await signed_in("Auda")
    del browser.headers["cookie"]
    async with unchanged(database):
        assert (await browser.get("/audit.ndjson")).status_code == 401
