"""`POST /hris/feeds/{source}`: a file of people over HTTP."""

import asyncio
import gzip
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text

from cairn.app import application
from cairn.hris.keep import keep_feed_map
from cairn.identity.sessions import digest
from cairn.identity.tables import Session
from hris.scim.conftest import token
from stored import stored
from world import id_of

SITE = "https://cairn.test"
KEPT_BESIDE = ("service_token", "rate_count", "happening")
"""Where every request leaves something, or a run that was begun."""
HEADER = "externalId,givenName,familyName,email,hiredOn,title,manager\n"
ANN = "ann,Ann,Feed,ann@feed.example,2024-01-01,Head,\n"
BOB = "bob,Bob,Feed,bob@feed.example,2024-01-01,Engineer,ann\n"
MAP = """
[person]
externalId = "Nr"
givenName = "First"
familyName = "Last"
email = "E-Mail"
hiredOn = { column = "Hired", date = "DD.MM.YYYY" }
"""


@pytest.fixture
async def app(database, world):  # noqa: ARG001  # there are people
    served = application(database, [], SITE)
    async with served.router.lifespan_context(served):
        yield served


@pytest.fixture
async def send(app, database):
    """Sends a file as a feed, and gives status, headers and what is answered."""
    secret = await token(database, "READ_PEOPLE", "WRITE_PEOPLE")

    async def sent(
        content, query="", *, source="payroll", secret=secret, method="POST", path=None, **headers
    ):
        body = content.encode() if isinstance(content, str) else content
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if secret is not None:
            named["Authorization"] = f"Bearer {secret}"
        async with AsyncClient(transport=ASGITransport(app), base_url=SITE) as http:
            address = path or f"/hris/feeds/{source}{query}"
            answer = await http.request(method, address, content=body, headers=named)
        return answer.status_code, answer.headers, orjson.loads(answer.content)

    return sent


@asynccontextmanager
async def unchanged(database):
    """Asserts that nothing is written but when a token was used last."""
    before = await stored(database, but=KEPT_BESIDE)
    yield
    assert await stored(database, but=KEPT_BESIDE) == before


async def people(database):
    """Who is of the feed, and whether they are employed."""
    query = """
    select e.external_id, exists (
      select from employment each where each.employee_id = e.id and each.valid @> current_date
    ) from employee e where e.source = 'payroll' order by 1
    """
    async with database.transaction() as tx:
        return dict((await tx.execute(text(query))).all())


async def test_a_csv_is_applied_and_its_run_is_answered_and_read_later(send, database):
    status, headers, answer = await send(HEADER + ANN + BOB, "?mode=snapshot", content_type="text/csv")
    assert (status, answer["status"], answer["mode"], answer["dryRun"]) == (200, "APPLIED", "SNAPSHOT", False)
    assert {name: n for name, n in answer["counts"].items() if n} == {"received": 2, "new": 2}
    assert answer["changes"] == ["+ Ann Feed, Head, from 2024-01-01", "+ Bob Feed, Engineer, from 2024-01-01"]
    assert await people(database) == {"ann": True, "bob": True}
    assert headers["location"] == f"/hris/feeds/payroll/runs/{answer['run'].removeprefix('SyncRun:')}"
    status, _, again = await send(b"", path=headers["location"], method="GET")
    assert (status, again) == (200, answer)


@pytest.mark.parametrize("packed", [False, True])
async def test_ndjson_is_applied_packed_or_not(send, database, packed):
    body = b'{"externalId": "ann", "givenName": "Ann", "familyName": "Feed", "hiredOn": "2024-01-01"}\n'
    status, _, answer = await send(gzip.compress(body) if packed else body)
    assert (status, answer["counts"]["new"], answer["mode"]) == (200, 1, "DELTA")
    assert await people(database) == {"ann": True}


async def test_a_dry_run_tells_all_of_it_and_writes_nothing(send, database):
    await send(HEADER + ANN + BOB)
    async with unchanged(database):
        status, headers, answer = await send(
            HEADER + ANN.replace("Head", "Chief") + BOB.replace("ann\n", "\n"), "?mode=snapshot&dryRun=true"
        )
    assert (status, answer["run"], "location" in headers) == (200, None, False)
    assert sorted(answer["changes"]) == [
        "~ Ann Feed: title: Head → Chief",
        "~ Bob Feed: manager: Ann Feed → none",
    ] or sorted(each.split(", from")[0] for each in answer["changes"]) == [
        "~ Ann Feed: title: Head → Chief",
        "~ Bob Feed: manager: Ann Feed → none",
    ]


async def test_the_map_that_is_kept_for_a_source_says_what_its_columns_mean(send, database, world):
    async with database.transaction() as tx:
        await keep_feed_map(tx, world.viewer("Pat"), source="payroll", text=MAP)
    content = (
        "Nr;First;Last;E-Mail;Hired\n7;Ann;Feed;ann@feed.example;31.01.2024\n8;Bob;Feed;nobody;32.01.2024\n"
    )
    status, _, answer = await send(content)
    assert (status, answer["counts"]["new"], answer["counts"]["refused"]) == (200, 1, 1)
    assert [
        (each["row"], each["column"], each["externalId"], each["message"]) for each in answer["problems"]
    ] == [
        (3, "Hired", "8", '"32.01.2024" is no date written as DD.MM.YYYY'),
        (3, "E-Mail", "8", "must be an address such as ada@example.com"),
    ]
    status, _, answer = await send(
        content.replace("Ann", "Zoë").encode("windows-1252"), content_type="text/csv; charset=windows-1252"
    )
    assert (status, answer["counts"]["changed"]) == (200, 1)


# What is refused as a whole


async def refused(send, database, content, query="", **given):
    async with unchanged(database):
        status, headers, answer = await send(content, query, **given)
    assert headers["content-type"] == "application/problem+json"
    assert answer["status"] == status
    return status, answer


async def test_a_snapshot_of_nobody_is_refused(send, database):
    await send(HEADER + ANN)
    status, _, answer = await send(HEADER, "?mode=snapshot")
    assert (status, answer["code"], answer["report"]["status"]) == (422, "EMPTY", "REFUSED")
    assert await people(database) == {"ann": True}


async def test_too_many_leavers_are_refused_and_go_with_a_higher_threshold(send, database):
    await send(HEADER + ANN + BOB)
    status, _, answer = await send(HEADER + ANN, "?mode=snapshot")
    assert (status, answer["code"]) == (422, "TOO_MANY_LEAVE")
    assert await people(database) == {"ann": True, "bob": True}
    status, _, answer = await send(HEADER + ANN, "?mode=snapshot&threshold=0.5")
    assert (status, answer["counts"]["missing"]) == (200, 1)
    assert await people(database) == {"ann": True, "bob": False}


async def test_what_was_true_before_the_last_run_is_a_conflict(send):
    await send(HEADER + ANN, "?takenAt=2026-11-02T00:00:00Z")
    status, _, answer = await send(HEADER + ANN, "?takenAt=2026-11-01T00:00:00Z")
    assert (status, answer["code"]) == (409, "OLDER")


async def test_a_file_that_was_cut_off_changes_nothing(send, database):
    packed = gzip.compress((HEADER + ANN + BOB).encode())
    status, answer = await refused(send, database, packed[:-6], "?mode=snapshot")
    assert (status, answer["title"]) == (400, "Broken file")
    assert answer["detail"].endswith("Nothing was changed; send it again whole.")


async def test_a_file_that_cannot_be_read_is_refused_by_row_and_column(send, database):
    status, answer = await refused(send, database, (HEADER + ANN + "bob,José\n").encode("windows-1252"))
    assert (status, answer["row"], answer["column"]) == (422, 3, "givenName")
    status, answer = await refused(send, database, "id,name\n1,Ann\n")
    assert (status, "no map says what they mean" in answer["detail"]) == (422, True)


async def test_fewer_rows_than_announced_deactivate_nobody(send, database):
    await send(HEADER + ANN + BOB)
    status, _, answer = await send(HEADER + ANN, "?mode=snapshot&threshold=1&count=2")
    assert (status, answer["isComplete"], answer["counts"]["missing"]) == (200, False, 0)
    assert await people(database) == {"ann": True, "bob": True}


async def test_a_row_that_cannot_be_told_apart_deactivates_nobody(send, database):
    await send(HEADER + ANN + BOB)
    status, _, answer = await send(HEADER + ANN + "bob,Bob\n", "?mode=snapshot&threshold=1")
    assert (status, answer["counts"]["missing"], answer["counts"]["refused"]) == (200, 0, 1)
    assert answer["problems"][0]["message"].startswith("column familyName: the row ends before it")
    assert await people(database) == {"ann": True, "bob": True}


# Sent twice


async def test_the_same_key_replays_the_report_and_other_content_is_refused(send, database):
    status, first, answer = await send(HEADER + ANN, idempotency_key="nightly-1")
    assert status == 200
    async with unchanged(database):
        status, again, replayed = await send(HEADER + ANN, idempotency_key="nightly-1")
    assert (status, again["location"], replayed) == (200, first["location"], answer)
    status, answer = await refused(send, database, HEADER + BOB, idempotency_key="nightly-1")
    assert (status, answer["title"]) == (422, "Key used before")


async def test_a_file_that_was_refused_leaves_its_key_free(send):
    many = HEADER + "".join(f"{n},Ann,Feed,,2024-01-01,Head,\n" for n in range(3_000))
    status, _, _ = await send(many.encode() + b"bob,B\xe9\n", idempotency_key="k")
    assert status == 422
    assert (await send(HEADER + ANN, idempotency_key="k"))[0] == 200


class Cut:
    """A sender who hangs up in the middle."""

    def __init__(self, *parts):
        self.parts = [*parts]

    async def receive(self):
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}
        return {"type": "http.disconnect"}

    async def stall(self):
        """Sends nothing more, and does not hang up."""
        if self.parts:
            return {"type": "http.request", "body": self.parts.pop(0), "more_body": True}
        return await asyncio.Event().wait()


async def cut(app, secret, *parts, query=b"", key=None):
    """What is answered to a sender who hangs up after these parts."""
    headers = [(b"host", b"cairn.test"), (b"authorization", f"Bearer {secret}".encode())]
    if key is not None:
        headers.append((b"idempotency-key", key))
    scope = {
        "type": "http", "method": "POST", "path": "/hris/feeds/payroll", "raw_path": b"/hris/feeds/payroll",
        "query_string": query, "headers": headers, "scheme": "https", "server": ("cairn.test", 443),
        "client": ("127.0.0.1", 1), "root_path": "", "http_version": "1.1",
    }  # fmt: skip
    sent = []

    async def send(message):
        sent.append(message)

    await app(scope, Cut(*parts).receive, send)
    return sent


async def test_a_connection_that_is_cut_deactivates_nobody_and_goes_on_under_its_key(app, send, database):
    await send(HEADER + ANN + BOB)
    secret = await token(database, "READ_PEOPLE", "WRITE_PEOPLE", name="cut")
    async with unchanged(database):
        assert await cut(app, secret, (HEADER + ANN).encode(), query=b"mode=snapshot&threshold=1") == []
    before = await people(database)
    assert await cut(app, secret, (HEADER + ANN).encode(), query=b"mode=snapshot&threshold=1", key=b"n") == []
    assert await people(database) == before
    status, _, answer = await send(HEADER + ANN + BOB, "?mode=snapshot&threshold=1", idempotency_key="n")
    assert (status, answer["counts"]["same"]) == (200, 2)


async def test_who_sends_nothing_more_is_told_that_it_took_too_long(app, database, monkeypatch):
    monkeypatch.setattr("cairn.hris.receive.SILENT_SECONDS", 0.01)
    monkeypatch.setattr("cairn.hris.receive.DRAIN_SECONDS", 0.01)
    monkeypatch.setattr(Cut, "receive", Cut.stall)
    secret = await token(database, "READ_PEOPLE", "WRITE_PEOPLE")
    async with unchanged(database):
        start, _ = await cut(app, secret, (HEADER + ANN).encode())
    assert start["status"] == 408


async def test_more_feeds_than_a_process_reads_are_told_to_come_back(send, database, monkeypatch):
    monkeypatch.setattr("cairn.hris.receive.AT_ONCE", 0)
    async with unchanged(database):
        status, headers, _ = await send(HEADER + ANN)
    assert (status, headers["retry-after"]) == (503, "60")


async def test_a_run_that_nobody_went_on_with_for_a_week_is_forgotten(app, send, database):
    secret = await token(database, "READ_PEOPLE", "WRITE_PEOPLE", name="cut")
    await cut(app, secret, (HEADER + ANN + BOB * 3_000).encode(), key=b"n")
    async with database.transaction() as tx:
        assert (await tx.execute(text("select count(*) from staged_lines"))).scalar()
        await tx.execute(text("update sync_run set started_at = started_at - interval '8 days'"))
    await send(HEADER + ANN)
    async with database.transaction() as tx:
        runs = await tx.execute(text("select status from sync_run"))
        assert runs.scalars().all() == ["APPLIED"]
        assert (await tx.execute(text("select count(*) from staged_lines"))).scalar() == 0


# Who may, and how it is asked


@pytest.mark.parametrize(
    ("permissions", "status"),
    [(("READ_LEARNING",), 403), (("READ_PEOPLE",), 403), (("READ_PEOPLE", "WRITE_PEOPLE"), 200)],
)
async def test_it_takes_the_permission_to_write_people(send, database, permissions, status):
    secret = await token(database, *permissions, name="other")
    found, headers, _ = await send(HEADER + ANN, secret=secret)
    assert found == status
    assert ("www-authenticate" in headers) == (status == 403)
    assert ("ann" in await people(database)) == (status == 200)


@pytest.mark.parametrize(("roles", "status"), [(["EMPLOYEE"], 403), (["EMPLOYEE", "PEOPLE_ADMIN"], 200)])
async def test_a_people_admin_may_send_one_from_our_own_pages(send, database, roles, status):
    async with database.transaction() as tx:
        tx.add(
            Session(
                key=digest("secret"),
                employee_id=id_of("Pat"),
                issuer=SITE,
                subject="Pat",
                roles=roles,
                expires_at=datetime.now(UTC) + timedelta(hours=1),
            )
        )
    cookie = "__Host-cairn=secret"
    ours = {"secret": None, "cookie": cookie, "origin": SITE, "sec_fetch_site": "same-origin"}
    assert (await send(HEADER + ANN, **ours))[0] == status
    theirs = {**ours, "origin": "https://elsewhere.example", "sec_fetch_site": "cross-site"}
    assert (await send(HEADER + BOB, **theirs))[0] == 403
    assert await people(database) == ({"ann": True} if status == 200 else {})


async def test_nobody_gets_in_without_a_token(send, database):
    status, answer = await refused(send, database, HEADER + ANN, secret=None)
    assert (status, answer["title"]) == (401, "Not signed in")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?mode=all", "Mode: must be snapshot or delta."),
        ("?dryRun=yes", "DryRun: must be true or false."),
        ("?count=many", "Count: must be the number of rows."),
        ("?threshold=2", "Threshold: must be a share from 0 to 1."),
        ("?takenAt=now", "TakenAt: must be an instant such as 2026-11-26T08:00:00Z."),
        (
            "?dryrun=true",
            (
                "Dryrun: is nothing that can be asked for; "
                "there are count, dryRun, emptied, mode, takenAt, threshold."
            ),
        ),
    ],
)
async def test_what_is_asked_for_wrongly_is_refused_by_name(send, database, query, said):
    status, answer = await refused(send, database, HEADER + ANN, query)
    assert (status, answer["detail"]) == (400, said)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"content_type": "application/xml"}, 415),
        ({"content_type": "text/csv; charset=ebcdic"}, 415),
        ({"content_encoding": "br"}, 415),
        ({"method": "PUT"}, 405),
        ({"path": "/hris/feeds/"}, 404),
        ({"path": "/hris/feeds/payroll/runs/00000000-0000-0000-0000-000000000000", "method": "GET"}, 404),
        ({"path": f"/hris/feeds/payroll/runs/{'-' * 36}", "method": "GET"}, 404),
        ({"source": "scim"}, 400),
    ],
)
async def test_what_is_no_feed_is_refused(send, database, given, status):
    assert (await refused(send, database, HEADER + ANN, **given))[0] == status


async def test_a_report_is_read_by_who_may_read_people(send, database):
    _, headers, _ = await send(HEADER + ANN)
    for permissions, status in ((("READ_LEARNING",), 403), (("READ_PEOPLE",), 200)):
        secret = await token(database, *permissions, name=f"reader{status}")
        assert (await send(b"", path=headers["location"], method="GET", secret=secret))[0] == status
    assert (await send(b"", path=headers["location"].replace("payroll", "other"), method="GET"))[0] == 404
