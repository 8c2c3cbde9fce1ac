"""Whatever is sent as a feed, the answer is a report or a problem, and never that something failed here."""

import gzip
import json
import string
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from cairn.hris.keep import keep_feed_map
from hris.test_parts import BESIDE, BOUNDARY, MAP, form
from hris.test_upload import app, send  # noqa: F401  # fixtures
from world import id_of

FEW = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ODD = st.sampled_from(
    [
        *("", "\0", "\ud800", "\x7f", "\u202e", "é", "e\u0301", "\U0001f9d7", "'", '"', "\\", "$1", "%s"),
        *("{}", "null", "0001-01-01", "9999-12-31", "2024-02-30", "2024-01-01", "-1", "1e400", "NaN"),
        *("ann", "bob", "x" * 300, "a@b", "ann@feed.example", "ANN@feed.example", "@", "a@b@c"),
        "5f3c1f6e-0000-4000-8000-000000000000",
    ]
)
FIELDS = st.sampled_from(
    [
        *("externalId", "formerly", "givenName", "familyName", "displayName", "email", "userName", "phone"),
        *("number", "locale", "timeZone", "status", "hiredOn", "lastDay", "effectiveOn", "title", "manager"),
        *("department", "departmentName", "jobRole", "location", "engagement", "zork"),
    ]
)
SCALARS = st.one_of(ODD, st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text(max_size=4), SCALARS, max_size=2)
)
POSTS = st.lists(st.dictionaries(FIELDS | st.just("since") | st.just("work"), VALUES, max_size=4), max_size=3)
RECORDS = st.builds(
    lambda said, posts: (
        {"externalId": "ann", "givenName": "Ann", **said} | ({"posts": posts} if posts else {})
    ),
    st.dictionaries(FIELDS | ODD, VALUES, max_size=5),
    POSTS,
)
MODES = st.sampled_from(["", "?mode=snapshot", "?mode=snapshot&threshold=1&emptied=1", "?dryRun=true"])


def is_answered(answer):
    status, headers, said = answer
    assert status < 500, said
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert said["title"]
        assert said["status"] == status
    else:
        assert said["counts"]["received"] >= 0


def nothing_surprising(text_):
    return text_.encode("utf-8", "surrogatepass")


@FEW
@given(records=st.lists(RECORDS, max_size=4), query=MODES)
@example(records=[{"externalId": "\0", "posts": [{}]}], query="")
async def test_any_records(send, records, query):  # noqa: F811
    lines = [json.dumps(each).encode() for each in records]
    is_answered(await send(b"\n".join(lines), query))


@FEW
@given(
    rows=st.lists(st.lists(ODD | st.text(max_size=6), max_size=6), max_size=5),
    query=MODES,
    delimiter=st.sampled_from(",;\t|"),
)
async def test_any_table(send, rows, query, delimiter):  # noqa: F811
    header = delimiter.join(("externalId", "givenName", "email", "manager", "hiredOn"))
    body = "\n".join([header, *(delimiter.join(row) for row in rows)])
    is_answered(await send(nothing_surprising(body), query))


@FEW
@given(body=st.binary(max_size=300), packed=st.booleans(), cut=st.integers(0, 40))
async def test_any_bytes(send, body, packed, cut):  # noqa: F811
    sent = gzip.compress(body) if packed else body
    is_answered(await send(sent[: len(sent) - cut] if cut else sent))


@FEW
@given(
    given_=st.dictionaries(
        st.sampled_from(["mode", "dryRun", "count", "takenAt", "threshold", "emptied", "zork", ""]),
        ODD | st.text(max_size=8),
        max_size=4,
    ),
    source=ODD | st.text(min_size=1, max_size=5),
    key=st.text(alphabet=string.printable.strip(), max_size=5),
)
async def test_any_question(send, given_, source, key):  # noqa: F811
    def written(value):
        return quote(value.encode("utf-8", "replace").decode(), safe="")

    query = "&".join(f"{written(name)}={written(value)}" for name, value in given_.items())
    body = b'{"externalId": "ann", "givenName": "Ann"}'
    path = f"/hris/feeds/{written(source)}"
    is_answered(await send(body, path=f"{path}?{query}", idempotency_key=key))
    past = await send(b"", path=f"{path}/runs/{id_of('nothing')}", method="GET")
    assert past[0] in {404, 405}


PARTS = st.sampled_from(
    [
        ("file", "people.csv", "id,name,job\n1,Ann,A\n"),
        ("file", None, "id"),
        ("file", "jobs.csv", "code,title\nA,Architect\n"),
        BESIDE,
        ("job", "jobs.csv", "\0"),
        ("job", "jobs.csv", "wrong,columns\n1,2\n"),
        ("", "", ""),
        ('"', "../../etc/passwd", "x"),
        ("é", "jobs.csv", b"\xff\xfe"),
    ]
)


@pytest.fixture
async def mapped(database, world):
    async with database.transaction() as tx:
        await keep_feed_map(tx, world.viewer("Pat"), source="payroll", text=MAP)


@FEW
@given(
    parts=st.lists(PARTS, max_size=4),
    cut=st.integers(0, 80),
    noise=st.binary(max_size=10),
    boundary=st.sampled_from([BOUNDARY, BOUNDARY, "another", "", '"']),
)
@pytest.mark.usefixtures("mapped")
async def test_any_form(send, parts, cut, noise, boundary):  # noqa: F811
    whole = form(*parts) + noise
    body = whole[: len(whole) - cut] if cut else whole
    headers = {"content_type": f"multipart/form-data; boundary={boundary}"}
    is_answered(await send(body, **headers))


async def test_nothing_of_a_feed_is_written_into_a_statement(send, database):  # noqa: F811
    name = "'; drop table employee; --"
    body = json.dumps(
        {"externalId": name, "givenName": name, "email": "x@y", "manager": name + "@", "title": name}
    )
    status, _, answer = await send(body.encode(), path="/hris/feeds/" + quote(name))
    assert (status, answer["counts"]["new"]) == (200, 1)
    async with database.transaction() as tx:
        found = await tx.execute(
            text("select given_name from employee where source = :source"), {"source": name}
        )
        assert found.scalars().all() == [name]
