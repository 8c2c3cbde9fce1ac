"""`POST /completions`: what people have completed, as a file over HTTP."""

import asyncio
import gzip
from collections import Counter

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.app import application
from cairn.hris import reported
from hris.scim.conftest import token
from hris.test_upload import unchanged
from pathways.test_progress import status
from pathways.writing import assign, step, write

SITE, COURSE = "https://cairn.test", "https://lms.example/courses/7"
FILE = (
    "Email;Activity;Completed at;Score;What\n"
    f"ben@example.com;{COURSE};2026-03-01;;\n"
    f"cleo@example.com;{COURSE};1.3.2026;;\n"
    f"cleo@example.com;{COURSE};2026-03-01T09:00:00+01:00;80%;started\n"
    f"who@example.com;{COURSE};;;\n"
    f"ben@example.com;{COURSE};2026-04-01;;\n"
    "one;cell;too;many;for;it\n"
)
TOLD = {
    2: ("RECORDED", None),
    3: ("INVALID", "completed_at: must be a day or a time such as 2026-01-31T09:00:00Z."),
    4: ("BEGUN", None),
    5: ("NO_SUCH_PERSON", "Nobody here is known by that."),
    6: ("ALREADY_RECORDED", None),
}


@pytest.fixture
async def app(database, world):  # noqa: ARG001  # there are people
    served = application(database, [], SITE)
    async with served.router.lifespan_context(served):
        yield served


@pytest.fixture
async def send(app, database):
    """Sends a file, and gives the status and what is answered."""
    secret = await token(database, "RECORD_PROGRESS")

    async def sent(content, query="", *, secret=secret, method="POST", **headers):
        body = content.encode() if isinstance(content, str) else content
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if secret is not None:
            named["authorization"] = f"Bearer {secret}"
        async with AsyncClient(transport=ASGITransport(app), base_url=SITE) as http:
            answer = await http.request(method, f"/completions{query}", content=body, headers=named)
        return answer.status_code, orjson.loads(answer.content)

    return sent


@pytest.fixture
async def data(ask, world):
    written = await write(ask, "data", [step("course", activity=COURSE), step("book")])
    await assign(ask, written, world.gid("Employee", "Ben"), world.gid("Employee", "Cleo"))
    return written


def told(answer):
    return {each["row"]: (each["outcome"], each.get("message")) for each in answer["results"]}


async def test_each_row_has_a_result_and_a_dry_run_writes_none(send, ask, world, database, data):  # noqa: ARG001
    async with unchanged(database):
        code, shown = await send(FILE, "?dryRun=true")
    assert (code, shown["dryRun"], shown["rows"]) == (200, True, 6)
    code, done = await send(gzip.compress(FILE.encode()), content_type="application/gzip")
    assert (code, done["dryRun"], done["results"]) == (200, False, shown["results"])
    last = told(done).pop(7)
    assert {row: each for row, each in told(done).items() if row != 7} == TOLD
    assert last[0] == "INVALID"
    assert done["counts"] == dict(Counter(outcome for outcome, _ in told(done).values()))
    assert await status(ask, world.gid("Employee", "Ben")) == {"data": ("IN_PROGRESS", 1, 2)}
    line = orjson.dumps({"email": "cleo@example.com", "pathway": "data", "step": "book"})
    code, done = await send(line, content_type="application/x-ndjson")
    assert told(done) == {1: ("RECORDED", None)}
    assert await status(ask, world.gid("Employee", "Cleo")) == {"data": ("IN_PROGRESS", 1, 2)}


async def test_the_same_key_is_answered_alike(send, database, data):  # noqa: ARG001  # there it is
    first = await send(FILE, idempotency_key="monday")
    async with unchanged(database):
        assert await send(FILE, idempotency_key="monday") == first
        code, problem = await send(FILE.replace("80%", "90%"), idempotency_key="monday")
    assert (code, problem["title"]) == (422, "Key used before")
    again = await send(FILE)
    assert told(again[1])[2] == ("ALREADY_RECORDED", None)
    both = await asyncio.gather(*(send(FILE, idempotency_key="tuesday") for _ in range(2)))
    assert [code for code, _ in both] == [200, 200]
    assert await send(FILE, idempotency_key="tuesday") in both


async def test_a_file_that_is_not_whole_or_no_file_records_nothing(send, database, data, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(reported, "MOST", 6)
    monkeypatch.setattr(reported, "MOST_BYTES", 5_000)
    packed = gzip.compress(FILE.encode())
    async with unchanged(database):
        for content, headers, expected in (
            (FILE[:-20], {}, (400, "Broken file")),
            (packed[:-9], {}, (400, "Broken file")),
            (FILE + "ben@example.com;x;;;\n", {}, (422, "Unreadable file")),
            (b"\n" * 5_001, {}, (422, "Unreadable file")),
            (b"[]", {}, (422, "Unreadable file")),
            (b"", {}, (422, "Unreadable file")),
            (FILE, {"content_type": "image/png"}, (415, "Not a feed")),
            (FILE, {"secret": None}, (401, "Not signed in")),
            (FILE, {"secret": await token(database, "WRITE_PEOPLE", name="hr")}, (403, "Not allowed")),
            (FILE, {"query": "?mode=snapshot"}, (400, "Invalid")),
            (FILE, {"query": "?dryRun=perhaps"}, (400, "Invalid")),
            (FILE, {"method": "PUT"}, (405, "Method not allowed")),
            (FILE, {"idempotency_key": "k" * 201}, (400, "Invalid")),
        ):
            code, problem = await send(content, **headers)
            assert (code, problem["title"]) == expected, problem
