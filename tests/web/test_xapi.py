"""Statements of other systems over HTTP (xAPI), as a learning system sends them."""

import base64
import hashlib
from copy import deepcopy
from email.utils import parsedate_to_datetime
from uuid import uuid4

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.app import application
from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.pathways.waiting import take_daily
from cairn.web.mixed import parts
from hris.scim.conftest import token
from pathways.test_progress import status
from pathways.writing import assign, step, write
from stored import stored

SITE, STATEMENTS = "https://cairn.test", "/xapi/statements"
VERSION = "X-Experience-API-Version"
ADL = "http://adlnet.gov/expapi/verbs/"
COURSE, EXAM = "https://lms.example/courses/7", "urn:exam:8"
HIRE = """
mutation ($input: HireInput!) { hire(input: $input) { __typename ... on Employee { id } } }
"""
ADDRESS = """
mutation ($input: UpdateEmployeeInput!) { updateEmployee(input: $input) { __typename } }
"""
DONE = "query ($id: ID!) { employee(id: $id) { progress { nodes { step { key } since } } } }"
BEN = {"mbox": "mailto:ben@example.com"}
MISSING = object()


@pytest.fixture
async def app(database, world):  # noqa: ARG001  # there are people
    served = application(database, [], SITE)
    async with served.router.lifespan_context(served):
        yield served


@pytest.fixture
async def lms(app, database):
    """The learning system, with a token of its own."""
    secret = await token(database, "RECORD_PROGRESS")
    headers = {"authorization": f"Bearer {secret}", VERSION: "1.0.3"}
    async with AsyncClient(transport=ASGITransport(app), base_url=SITE, headers=headers) as http:
        yield http


@pytest.fixture
async def data(ask, world):
    written = await write(
        ask,
        "data",
        [
            step("course", url=COURSE),
            step("exam", "ASSESSMENT", activity=EXAM, passMark=70, proof="ASSESSMENT"),
        ],
    )
    await assign(ask, written, world.gid("Employee", "Ben"), world.gid("Employee", "Cleo"))
    return written


def said(verb, activity=COURSE, actor=BEN, **more):
    return {"actor": actor, "verb": {"id": f"{ADL}{verb}"}, "object": {"id": activity}, **more}


def scaled(share, **more):
    return {"score": {"scaled": share}, **more}


async def all_but_tokens(database):
    return await stored(database, but=("service_token", "rate_count", "audit_entry"))


async def test_what_is_reported_becomes_progress(lms, ask, world, data):  # noqa: ARG001  # there it is
    ben, cleo = (world.gid("Employee", name) for name in ("Ben", "Cleo"))
    account = {"account": {"homePage": "https://lms.example", "name": "n-cleo".upper()}}
    batch = [
        said("passed", EXAM, result=scaled(0.9), timestamp="2026-03-02T09:00:00Z"),
        said("failed", EXAM, result=scaled(0.2), timestamp="2026-03-01T10:00:00+01:00"),
        said("completed", COURSE, account, result={"success": True}),
        said("completed", EXAM, account),
        said("experienced", "https://elsewhere.example/page"),
        said("completed", actor={"mbox": "mailto:nobody@example.com"}),
        said("attempted"),
    ]
    answer = await lms.post(STATEMENTS, json=batch)
    assert (answer.status_code, answer.headers[VERSION]) == (200, "1.0.3"), answer.text
    assert len(answer.json()) == len(batch)
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}
    assert await status(ask, cleo) == {"data": ("IN_PROGRESS", 1, 2)}
    late = said("completed", timestamp="2026-01-05T09:00:00Z", id=str(uuid4()))
    single = await lms.post(STATEMENTS, json=late)
    assert (single.status_code, single.json()) == (200, [late["id"]])
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}
    found = (await lms.get(STATEMENTS, params={"statementId": late["id"]})).json()
    assert found["authority"]["account"]["homePage"] == SITE
    assert {name: found[name] for name in late} == late
    assert {*found} - {*late} == {"authority", "stored", "version"}


async def test_a_statement_is_known_by_its_id(lms, ask, world, database, data):  # noqa: ARG001
    first = said("completed", id=str(uuid4()), timestamp="2026-03-01T09:00:00Z")
    assert (await lms.put(STATEMENTS, params={"statementId": first["id"]}, json=first)).status_code == 204
    before = await all_but_tokens(database)
    unnamed = {name: value for name, value in first.items() if name != "id"}
    for again in (first, unnamed):
        answer = await lms.put(STATEMENTS, params={"statementId": first["id"]}, json=again)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await lms.post(STATEMENTS, json=[first])).json() == [first["id"]]
    other = {**first, "verb": {"id": f"{ADL}failed"}}
    refusals = [
        await lms.post(STATEMENTS, json=[said("attempted"), other]),
        await lms.put(STATEMENTS, params={"statementId": first["id"]}, json=other),
    ]
    assert [each.status_code for each in refusals] == [409, 409]
    assert first["id"] in refusals[0].json()["detail"]
    for refused in (
        await lms.put(STATEMENTS, params={"statementId": str(uuid4())}, json=first),
        await lms.put(STATEMENTS, json=first),
        await lms.put(STATEMENTS, params={"statementId": "7"}, json=unnamed),
        await lms.post(STATEMENTS, json=[first, first]),
    ):
        assert refused.status_code == 400, refused.text
    assert await all_but_tokens(database) == before


async def test_what_is_voided_is_taken_back_whichever_comes_first(lms, ask, world, database, app, data):  # noqa: ARG001
    ben = world.gid("Employee", "Ben")
    first, second = (said("completed", id=str(uuid4())) for _ in range(2))

    def void(target):
        return {**said("voided"), "object": {"objectType": "StatementRef", "id": target["id"]}}

    await lms.post(STATEMENTS, json=first)
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}
    [voiding] = (await lms.post(STATEMENTS, json=void(first))).json()
    assert await status(ask, ben) == {"data": ("ASSIGNED", 0, 2)}
    await lms.post(STATEMENTS, json=void(second))
    assert (await lms.post(STATEMENTS, json=second)).status_code == 200
    assert await status(ask, ben) == {"data": ("ASSIGNED", 0, 2)}
    for name, expected in (("statementId", 404), ("voidedStatementId", 200)):
        assert (await lms.get(STATEMENTS, params={name: first["id"]})).status_code == expected
    assert (await lms.post(STATEMENTS, json=void({"id": voiding}))).status_code == 403
    third = said("completed", id=str(uuid4()))
    await lms.post(STATEMENTS, json=third)
    stranger = {"authorization": f"Bearer {await token(database, 'RECORD_PROGRESS', name='other')}"}
    refused = await lms.post(STATEMENTS, json=void(third), headers=stranger)
    assert refused.status_code == 403
    assert (await lms.get(STATEMENTS, headers=stranger)).json() == {"statements": [], "more": ""}
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}


async def test_statements_are_listed_by_what_they_are_about(lms, data):  # noqa: ARG001
    cleo = {"mbox": "mailto:cleo@example.com"}
    registration = str(uuid4())
    batch = [
        said("attempted"),
        said("passed", EXAM, cleo, context={"registration": registration}),
        said("completed", COURSE, cleo),
    ]
    ids = (await lms.post(STATEMENTS, json=batch)).json()

    async def found(**params):
        answer = await lms.get(STATEMENTS, params=params)
        assert answer.status_code == 200, answer.text
        assert "X-Experience-API-Consistent-Through" in answer.headers
        return [ids.index(each["id"]) for each in answer.json()["statements"]], answer.json()["more"]

    assert (await found())[0] == [2, 1, 0]
    assert (await found(ascending="true", agent=orjson.dumps(cleo).decode()))[0] == [1, 2]
    assert (await found(verb=f"{ADL}passed"))[0] == [1]
    assert (await found(activity=COURSE))[0] == [2, 0]
    assert (await found(registration=registration))[0] == [1]
    assert (await found(since="2999-01-01T00:00:00Z"))[0] == []
    page, more = await found(limit="2")
    assert page == [2, 1]
    rest = (await lms.get(more)).json()
    assert [ids.index(each["id"]) for each in rest["statements"]] == [0]
    assert rest["more"] == ""
    for params in ({"limit": "many"}, {"sort": "up"}, {"agent": "{}"}, {"since": "now"}, {"format": "short"}):
        assert (await lms.get(STATEMENTS, params=params)).status_code == 400


async def test_whoever_sends_them_shows_who_they_are_and_speaks_the_version(lms, app, database, world, data):  # noqa: ARG001
    about = await lms.get("/xapi/about", headers={"authorization": "", VERSION: ""})
    assert about.json() == {"version": ["1.0.3", "2.0.0"]}
    secret = await token(database, "RECORD_PROGRESS", name="basic")
    basic = base64.b64encode(f"lms:{secret}".encode()).decode()
    other = await token(database, "READ_PEOPLE", "WRITE_PEOPLE", name="feed")
    for headers, expected in (
        ({VERSION: "2.0.0"}, 200),
        ({VERSION: "1.0"}, 200),
        ({VERSION: "0.95"}, 400),
        ({VERSION: ""}, 400),
        ({"authorization": f"Basic {basic}"}, 200),
        ({"authorization": f"Basic {basic[:-4]}"}, 401),
        ({"authorization": "Bearer cairn_no"}, 401),
        ({"authorization": f"Bearer {other}"}, 403),
        ({"content-type": "text/plain"}, 400),
    ):
        body = orjson.dumps(said("attempted"))
        given = {"content-type": "application/json", **headers}
        answer = await lms.post(STATEMENTS, content=body, headers=given)
        assert answer.status_code == expected, (headers, answer.text)
    for content, expected in (
        (b"[]", 400),
        (b"{", 400),
        (b'{"actor": "\\u0000"}', 400),
        (b"[" * 5_000, 400),
        (b" " * 1_000_001, 413),
        (orjson.dumps([said("attempted")] * 1_001), 413),
    ):
        answer = await lms.post(STATEMENTS, content=content, headers={"content-type": "application/json"})
        assert answer.status_code == expected, answer.text


WHOLE = {
    **said("answered"),
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {
        "objectType": "Agent",
        "name": "Ben",
        "account": {"homePage": "https://lms.example", "name": "7"},
    },
    "object": {
        "objectType": "Activity",
        "id": "https://lms.example/q/1",
        "definition": {
            "name": {"en": "A question", "de-CH": "Eine Frage"},
            "type": f"{ADL}question",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]b"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "b"}],
            "extensions": {"https://lms.example/x": {"deep": [None]}},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": True,
        "response": "",
        "duration": "PT1H0.5S",
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "team": {"objectType": "Group", "member": [BEN]},
        "contextActivities": {"parent": {"id": COURSE}, "grouping": [{"id": EXAM}]},
        "language": "en",
        "statement": {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"},
    },
    "timestamp": "2026-03-01T09:00:00.123+02:00",
    "version": "1.0.2",
}
BROKEN = {
    "id": "7",
    "actor": MISSING,
    "actor.mbox": "mailto:ben@example.com",
    "actor.objectType": "agent",
    "actor.account.homePage": "lms",
    "actor.account.name": MISSING,
    "verb": "completed",
    "verb.id": "completed",
    "verb.display": "done",
    "object.id": MISSING,
    "object.objectType": "activity",
    "object.definition.name": {"not a tag": "x"},
    "object.definition.interactionType": MISSING,
    "object.definition.choices": [{"id": "a"}, {"id": "a"}],
    "object.definition.extensions": {"x": 1},
    "result.score.scaled": 1.1,
    "result.score.raw": 11,
    "result.score.max": 0,
    "result.success": "true",
    "result.duration": "1 hour",
    "result.response": None,
    "context.registration": "7",
    "context.team": BEN,
    "context.language": "not a tag",
    "context.contextActivities.child": {"id": COURSE},
    "context.statement": {"id": COURSE},
    "timestamp": "2026-03-01T09:00:00-00:00",
    "version": "0.9",
    "attachments": {},
    "more": 1,
}


async def test_what_breaks_the_specification_is_refused_by_its_path(lms, database):
    before = await all_but_tokens(database)
    for path, value in BROKEN.items():
        given = deepcopy(WHOLE)
        *parts, last = path.split(".")
        at = given
        for part in parts:
            at = at[part]
        if value is MISSING:
            del at[last]
        else:
            at[last] = value
        answer = await lms.post(STATEMENTS, json=[said("attempted"), given])
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["detail"].startswith("1."), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert await all_but_tokens(database) == before
    assert (await lms.post(STATEMENTS, json=WHOLE)).status_code == 200


# Attachments


def mixed(*parts):
    """A message of parts: headers and content of each."""
    body = b"".join(
        b"--cut\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        + b"\r\n" + content + b"\r\n"
        for headers, content in parts
    )  # fmt: skip
    return {"content": body + b"--cut--\r\n", "headers": {"content-type": 'multipart/mixed; boundary="cut"'}}


PICTURE = b"\x89PNG\r\n--cu\x00\xff\r\n"
HASH = hashlib.sha256(PICTURE).hexdigest()
JSON_PART = {"Content-Type": "application/json"}
FILE_PART = {
    "Content-Type": "image/png",
    "Content-Transfer-Encoding": "binary",
    "X-Experience-API-Hash": HASH,
}


def certified(**more):
    file = {
        "usageType": "http://id.tincanapi.com/attachment/certificate-of-completion",
        "display": {"en": "Certificate"},
        "contentType": "image/png",
        "length": len(PICTURE),
        "sha2": HASH,
        **more,
    }
    return said("completed", attachments=[file])


async def test_attachments_come_and_go_with_their_statement(lms, ask, world, data):  # noqa: ARG001  # there it is
    sent = mixed((JSON_PART, orjson.dumps([certified(), said("attempted", EXAM)])), (FILE_PART, PICTURE))
    answer = await lms.post(STATEMENTS, **sent)
    assert answer.status_code == 200, answer.text
    [first, _] = answer.json()
    assert await status(ask, world.gid("Employee", "Ben")) == {"data": ("IN_PROGRESS", 1, 2)}
    for params in ({"statementId": first, "attachments": "true"}, {"attachments": "true"}):
        found = await lms.get(STATEMENTS, params=params)
        assert found.headers["content-type"].startswith("multipart/mixed; boundary=")
        told, picture = parts(found.headers["content-type"], found.content)
        assert bytes(picture.content) == PICTURE
        assert picture.headers == {name.lower(): value for name, value in FILE_PART.items()}
        assert HASH in bytes(told.content).decode()
    plain = await lms.get(STATEMENTS, params={"statementId": first})
    assert plain.headers["content-type"] == "application/json"
    assert plain.json()["attachments"][0]["sha2"] == HASH


async def test_attachments_that_do_not_go_with_their_statement_are_refused(lms, database):
    before = await all_but_tokens(database)
    body, other = orjson.dumps(certified()), {**FILE_PART, "X-Experience-API-Hash": "0" * 64}
    elsewhere = orjson.dumps(certified(fileUrl="https://lms.example/certificate.png"))
    cut = mixed((JSON_PART, body), (FILE_PART, PICTURE))
    for message, expected in (
        (mixed((JSON_PART, body)), "attachments.0: "),
        (mixed((JSON_PART, body), (other, PICTURE)), "Part 2: the header"),
        (mixed((JSON_PART, body), (JSON_PART, PICTURE)), "Part 2: the header"),
        (mixed((JSON_PART, body), (FILE_PART, b"else")), "Part 2: its content"),
        (
            mixed((JSON_PART, body), ({**FILE_PART, "Content-Transfer-Encoding": "base64"}, PICTURE)),
            "Part 2: send it as it is",
        ),
        (
            mixed((JSON_PART, orjson.dumps(certified(length=1))), (FILE_PART, PICTURE)),
            "Part 2: has 14 bytes",
        ),
        (mixed((FILE_PART, PICTURE)), "The first part must be the statements"),
        ({**cut, "content": cut["content"][:-12]}, "This is not multipart/mixed"),
        ({**cut, "headers": {"content-type": "multipart/mixed"}}, "This is not multipart/mixed"),
        ({"json": certified()}, "attachments.0: "),
    ):
        answer = await lms.post(STATEMENTS, **message)
        assert (answer.status_code, answer.json()["detail"][: len(expected)]) == (400, expected)
    huge = mixed((JSON_PART, body), (FILE_PART, b"0" * 9_000_000))
    assert (await lms.post(STATEMENTS, **huge)).status_code == 413
    assert await all_but_tokens(database) == before
    for message in (mixed((JSON_PART, elsewhere)), {"json": orjson.loads(elsewhere)}):
        assert (await lms.post(STATEMENTS, **message)).status_code == 200


# What waits


async def test_a_statement_waits_for_whom_and_what_it_is_about(lms, ask, world, database, url, data):  # noqa: ARG001
    ben, cleo = (world.gid("Employee", name) for name in ("Ben", "Cleo"))
    hidden = {"mbox_sha1sum": hashlib.sha1(b"mailto:cleo@example.com").hexdigest().upper()}
    await lms.post(STATEMENTS, json=said("completed", actor=hidden))
    assert await status(ask, cleo) == {"data": ("IN_PROGRESS", 1, 2)}
    early = [
        said("completed", actor={"mbox": "mailto:New.Person@Example.com"}, timestamp="2026-02-01T09:00:00Z"),
        said("completed", actor={"mbox_sha1sum": hashlib.sha1(b"mailto:new.person@example.com").hexdigest()}),
        said("completed", "urn:later", timestamp="2026-02-01T09:00:00Z"),
        said("completed", "urn:later", actor=hidden, id=str(uuid4())),
    ]
    assert (await lms.post(STATEMENTS, json=early)).status_code == 200
    void = {"objectType": "StatementRef", "id": early[3]["id"]}
    await lms.post(STATEMENTS, json={**said("voided"), "object": void})
    await drain(database, url)
    later = await write(ask, "later", [step("only", activity="urn:later")])
    await assign(ask, later, ben, cleo)
    hired = await ask.do(
        HIRE,
        {"givenName": "New", "familyName": "Person", "email": "new.person@example.com",
         "startsOn": now().date().isoformat(), "position": {"title": "Analyst"}},
    )  # fmt: skip
    await drain(database, url)
    assert await status(ask, ben) == {"data": ("ASSIGNED", 0, 2), "later": ("COMPLETED", 1, 1)}
    assert (await status(ask, cleo))["later"] == ("ASSIGNED", 0, 1), "that was taken back"
    done = (await ask(DONE, {"id": hired["id"]}))["employee"]["progress"]["nodes"]
    assert done == [{"step": {"key": "course"}, "since": "2026-02-01T09:00:00+00:00"}]


async def test_whoever_is_known_by_another_address_later_is_found_the_next_day(
    lms,
    ask,
    world,
    database,
    url,
    data,  # noqa: ARG001
):
    await lms.post(STATEMENTS, json=[said("completed", actor={"mbox": "mailto:b@new.example"})])
    await ask.do(ADDRESS, {"employee": world.gid("Employee", "Ben"), "email": "b@new.example"})
    await drain(database, url)
    assert await status(ask, world.gid("Employee", "Ben")) == {"data": ("ASSIGNED", 0, 2)}
    async with database.transaction() as tx:
        await take_daily(tx, None)
    await drain(database, url)
    assert await status(ask, world.gid("Employee", "Ben")) == {"data": ("IN_PROGRESS", 1, 2)}


# What is read back


async def test_statements_are_found_by_whoever_and_whatever_is_in_them(lms, data):  # noqa: ARG001
    cleo = {"mbox": "mailto:cleo@example.com"}
    group = {"objectType": "Group", "member": [BEN, cleo]}
    batch = [
        said("completed", context={"instructor": cleo, "contextActivities": {"parent": {"id": EXAM}}}),
        {**said("mentored"), "object": {"objectType": "Agent", **cleo}},
        said("attended", actor=group),
        {
            **said("planned"),
            "object": {"objectType": "SubStatement", **said("completed", EXAM, actor=cleo)},
        },
        {**said("confirmed"), "object": {"objectType": "StatementRef", "id": str(uuid4())}},
    ]
    batch[4]["object"]["id"] = batch[0]["id"] = str(uuid4())
    ids = (await lms.post(STATEMENTS, json=batch)).json()

    async def found(**params):
        answer = await lms.get(STATEMENTS, params={"ascending": "true", **params})
        assert answer.status_code == 200, answer.text
        return [ids.index(each["id"]) for each in answer.json()["statements"]]

    who = orjson.dumps(cleo).decode()
    assert await found(agent=who) == [1, 2]
    assert await found(agent=who, related_agents="true") == [0, 1, 2, 3, 4]
    assert await found(activity=EXAM) == []
    assert await found(activity=EXAM, related_activities="true") == [0, 3, 4]
    assert await found(activity=COURSE, verb=f"{ADL}completed") == [0, 4], "what refers to it goes with it"
    one = await lms.get(STATEMENTS, params={"statementId": ids[0]})
    assert one.json()["context"]["contextActivities"] == {"parent": [{"id": EXAM}]}
    assert parsedate_to_datetime(one.headers["last-modified"])
    bare = await lms.get(STATEMENTS, params={"statementId": ids[1], "format": "ids"})
    assert bare.json()["object"] == {"objectType": "Agent", **cleo}
    assert (await lms.get(STATEMENTS, params={"related_agents": "yes"})).status_code == 400


async def test_it_is_no_store_of_state_and_says_so(lms):
    for path in ("activities/state", "activities/profile", "agents/profile", "agents"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            answer = await lms.request(method, f"/xapi/{path}")
            assert (answer.status_code, answer.headers[VERSION]) == (404, "1.0.3")
            assert answer.headers["content-type"] == "application/problem+json"
