"""GraphQL over HTTP: what a request must look like, and with which status and media type it is answered.

https://graphql.github.io/graphql-over-http/draft/; its reference implementation audits us in test_audit.py.
"""

import logging

import pytest

from cairn.graph import limits
from cairn.graph.http import Endpoint
from cairn.graph.problem import Code
from cairn.graph.serve import Answerer, Standing, Turned
from graph.wire import JSON, RESPONSE, Client, OpenDoor, ShutDoor, answered, call, refused
from world import EVERYTHING

SKILLS = "{ skills { totalCount } }"
TEAM = 'mutation Make { createTeam(input: { name: "Night" }) { __typename } }'


@pytest.fixture
def client(schema, database):
    return Client(Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING)))


# Media types of answers.


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        ("Application/GraphQL-Response+JSON", RESPONSE),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON};q=0.1, {RESPONSE};q=0.2", RESPONSE),
        (f"{RESPONSE};q=0.1,{JSON} ; q=0.2", JSON),
        (f"text/html, {JSON};q=0.9, */*;q=0.8", JSON),
        (f"{RESPONSE}, */*;q=0.1", RESPONSE),
        (f"{JSON};q=0, */*", RESPONSE),
        (f"{RESPONSE};q=0, {JSON}", JSON),
        ("text/html, */*;q=0.1", JSON),
    ],
)
async def test_the_answer_has_the_media_type_asked_for(client, accept, media_type):
    answered(await client.post(SKILLS, accept=accept), media_type)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        f"{JSON};q=0",
        f"{RESPONSE};q=0, {JSON};q=0.0",
        "application/xml",
        "json",
        "",
        f"{JSON};q=x",
    ],
)
async def test_no_answer_in_another_media_type(client, accept):
    message = refused(await client.send(b'{"query": "{ __typename }"}', accept=accept), 406, Code.BAD_REQUEST)
    assert JSON in message


async def test_an_answer_is_whole_and_nobody_keeps_it(client):
    response = await client.post(SKILLS)
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["cache-control"] == "no-store"
    other = await client.post(SKILLS)
    assert response.headers["x-request-id"] != other.headers["x-request-id"]


async def test_an_answer_tells_what_it_cost(client):
    cost = (await client.post("{ skills(first: 7) { nodes { name } } }")).json()["extensions"]["cost"]
    assert cost == {
        "rows": 8,
        "depth": 3,
        "mostRows": 100_000,
        "mostDepth": 20,
        "mostPerPage": 200,
        "mostCells": 200_000,
    }


# POST.


@pytest.mark.parametrize(
    "content_type",
    [
        JSON,
        "Application/JSON",
        f"{JSON}; charset=utf-8",
        f"{JSON};charset=UTF-8",
        f'{JSON}; charset="utf-8"',
        f"{JSON}; charset=utf8",
        f"{JSON}; charset=utf-8; profile=x",
        f"{JSON}; profile=x; charset=utf-8",
        f"{JSON}; profile=x",
        f"{JSON};",
    ],
)
async def test_a_request_is_json(client, content_type):
    body = '{"query": "{ skills(where: { name: { eq: \\"Ünï\\" } }) { totalCount } }"}'.encode()
    answered(await client.send(body, content_type=content_type))


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        f"{JSON}; charset=latin1",
        f"{JSON}; charset=utf-16",
        f"{JSON}; profile=x; charset=latin1",
        "application/jsonp",
    ],
)
async def test_a_request_of_another_media_type_is_refused(client, content_type):
    """Also because a form of a stranger's page could send it."""
    refused(
        await client.send(b'{"query": "{ __typename }"}', content_type=content_type), 415, Code.BAD_REQUEST
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NONSENSE",
        b'{"query": "{ __typename }"',
        b'{"query": "{ __typename }"} x',
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'{"query": "\xff"}',
        b'{"query": NaN}',
        b"[" * 100_000,
        b'{"query": "\\ud800"}',
        b'{"a":' * 2_000,
    ],
)
@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_a_body_that_is_not_json_is_refused(client, body, accept):
    refused(await client.send(body, accept=accept), 400, Code.BAD_REQUEST, accept)


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"1",
        b'"{ __typename }"',
        b"{}",
        b'{"qeury": "{ __typename }"}',
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": {"a": 1}}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "variables": [1]}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "variables": 0}',
        b'{"query": "{ __typename }", "variables": false}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "extensions": 0}',
    ],
)
@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_a_body_that_is_no_request_is_refused(client, body, accept):
    refused(await client.send(body, accept=accept), 400, Code.BAD_REQUEST, accept)


async def test_several_requests_at_once_are_refused(client):
    body = b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]'
    assert "one JSON object" in refused(await client.send(body), 400, Code.BAD_REQUEST)


@pytest.mark.parametrize(
    "more",
    [
        {"variables": None},
        {"variables": {}},
        {"variables": {"unused": 1}},
        {"operationName": None},
        {"extensions": None},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"unknown": "ignored"},
    ],
)
async def test_what_is_optional_may_be_null_and_what_is_unknown_is_ignored(client, more):
    answered(await client.post(SKILLS, **more))


async def test_of_a_name_that_comes_twice_the_last_counts(client):
    data = answered(await client.send(b'{"query": "{", "query": "{ __typename }"}'))
    assert data == {"__typename": "Query"}


async def test_an_operation_is_chosen_by_its_name(client):
    two = "query A { a: __typename } query B { b: __typename }"
    assert answered(await client.post(two, operationName="B")) == {"b": "Query"}
    assert answered(await client.post(two, operationName="A")) == {"a": "Query"}
    assert answered(await client.post("query A { a: __typename }", operationName="A")) == {"a": "Query"}
    for query, name in ((two, None), (two, "C"), (two, ""), ("{ __typename }", "A")):
        refused(await client.post(query, operationName=name), 400, Code.BAD_REQUEST)


# What is wrong with the document: application/json knows no other status than 200 for it.

WRONG = [
    ("{", None, Code.PARSE_FAILED),
    ("{ skills { totalCount }", None, Code.PARSE_FAILED),
    ("{ nothing }", None, Code.VALIDATION_FAILED),
    ("{ skills }", None, Code.VALIDATION_FAILED),
    ("subscription { x }", None, Code.VALIDATION_FAILED),
    ("query($a: Int) { skills(first: $a) { totalCount } }", {"a": "x"}, Code.BAD_INPUT),
    ("query($a: ID!) { node(id: $a) { id } }", {"a": None}, Code.BAD_INPUT),
    ("query($a: ID!) { node(id: $a) { id } }", {}, Code.BAD_INPUT),
    ('{ skills(first: 1, after: "garbage") { nodes { id } } }', None, Code.BAD_INPUT),
    ("{ skills(first: -1) { nodes { id } } }", None, Code.BAD_INPUT),
    ("{ skills(first: 201) { nodes { id } } }", None, Code.LIMIT),
    ('{ employees(at: "garbage") { totalCount } }', None, Code.VALIDATION_FAILED),
    ("query($a: DateTime) { employees(at: $a) { totalCount } }", {"a": "garbage"}, Code.BAD_INPUT),
]


@pytest.mark.parametrize(("query", "variables", "code"), WRONG)
async def test_a_wrong_document_is_refused_and_told_why(client, caplog, query, variables, code):
    with caplog.at_level(logging.WARNING):
        message = refused(await client.post(query, variables), 400, code)
        assert refused(await client.post(query, variables, accept=JSON), 200, code, JSON) == message
    assert "went wrong on our side" not in message
    assert not caplog.records


async def test_all_that_is_wrong_is_told_with_its_place(client):
    response = await client.post("{ skills { nothing } nowhere }")
    assert len(response.json()["errors"]) == 2
    assert response.json()["errors"][0]["locations"] == [{"line": 1, "column": 12}]


# GET.


async def test_a_query_may_come_by_get(client):
    document = (
        "query A($n: String) { skills(where: { name: { eq: $n } }) { totalCount } } query B { b: __typename }"
    )
    data = answered(await client.get(query=document, operationName="A", variables='{"n": "Ünï & co"}'))
    assert data == {"skills": {"totalCount": 0}}
    assert answered(await client.get(query=document, operationName="B", variables="", extensions="")) == {
        "b": "Query"
    }
    assert answered(await client.get(accept=None, query="{ __typename }"), JSON) == {"__typename": "Query"}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{ __typename }", "variables": "{"},
        {"query": "{ __typename }", "variables": "[1]"},
        {"query": "{ __typename }", "variables": '"x"'},
        {"query": "{ __typename }", "extensions": "{"},
        {"query": "{ __typename }", "extensions": "[]"},
        {"query": "{ __typename }", "operationName": "null"},
        {f"p{n}": "x" for n in range(100)},
    ],
)
async def test_an_address_that_is_no_request_is_refused(client, parameters):
    refused(await client.get(**parameters), 400, Code.BAD_REQUEST)


async def test_an_address_that_is_not_utf8_is_refused(client):
    response = await client.http.get("/graphql?query=%ff", headers={"accept": RESPONSE})
    refused(response, 400, Code.BAD_REQUEST)


async def test_an_address_that_is_too_long_is_refused(schema, database):
    endpoint = Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING))
    start, _ = await call(endpoint, query_string=b"query=" + b"x" * limits.DOCUMENT, method="GET")
    assert start["status"] == 414


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_a_mutation_does_not_come_by_get(client, database, accept):
    document = f"query Look {{ __typename }} {TEAM}"
    response = await client.get(accept=accept, query=document, operationName="Make")
    refused(response, 405, Code.BAD_REQUEST, accept)
    assert response.headers["allow"] == "POST"
    assert await database.reads.fetchval("select count(*) from team") == 0
    answered(await client.get(accept=accept, query=document, operationName="Look"), accept)
    answered(await client.post(document, operationName="Make", accept=accept), accept)
    assert await database.reads.fetchval("select count(*) from team") == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
async def test_no_other_method(client, method):
    response = await client.send(b"", method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


# Size.


class Endless:
    """A body that goes on for as long as somebody reads it."""

    def __init__(self, most):
        self.sent, self.most = 0, most

    async def __aiter__(self):
        while self.sent < self.most:
            self.sent += 65_536
            yield b" " * 65_536


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(client):
    body = Endless(50_000_000)
    response = await client.send(body, content_length="50000000")
    refused(response, 413, Code.LIMIT)
    assert response.headers["connection"] == "close"
    assert body.sent <= 65_536


async def test_a_body_of_unknown_size_is_read_as_far_as_is_allowed(client):
    body = Endless(50_000_000)
    refused(await client.send(body), 413, Code.LIMIT)
    assert body.sent < limits.BODY + 2 * 65_536


@pytest.mark.parametrize("length", [b"9" * 5_000, b"1000001"])
async def test_an_announced_length_is_believed_if_it_is_too_large(schema, database, length):
    endpoint = Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING))
    start, _ = await call(endpoint, [(b"content-type", b"application/json"), (b"content-length", length)])
    assert start["status"] == 413


async def test_a_client_that_leaves_is_let_go(schema, database):
    endpoint = Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING))
    messages = [{"type": "http.request", "body": b'{"qu', "more_body": True}, {"type": "http.disconnect"}]
    start, _ = await call(endpoint, [(b"content-type", b"application/json")], messages)
    assert start["status"] == 400


# Who is let in.


async def test_who_is_not_let_in_is_told_how(schema, database):
    response = await Client(Endpoint(Answerer(schema, database), ShutDoor())).post(SKILLS)
    refused(response, 401, Code.UNAUTHENTICATED)
    assert response.headers["www-authenticate"] == "Bearer"


class Proof:
    """A credential that holds only if its value says so."""

    kind = "test"

    def condition(self, statement):
        from sqlalchemy import Boolean  # noqa: PLC0415  # what the statement is made of is its own affair

        return statement.parameter("holds", Boolean(), lambda request: request.proof["holds"])


class FickleDoor:
    """Lets in who does not hold any more, and asks again what they are."""

    def __init__(self, *after):
        self.after, self.rechecks = list(after), 0

    async def enter(self, _scope):
        return Standing(EVERYTHING, Proof(), {"holds": False})

    async def recheck(self, _scope, _standing):
        self.rechecks += 1
        return self.after.pop(0)


GOOD = Standing(EVERYTHING, Proof(), {"holds": True})
BAD = Standing(EVERYTHING, Proof(), {"holds": False})


@pytest.mark.parametrize("query", [SKILLS, "{ __typename }", "{ __schema { queryType { name } } }", TEAM])
async def test_a_credential_is_proved_by_the_statement_that_answers(schema, database, query):
    """Found not to hold, it is looked up once more, and nothing is answered or done without it."""
    answerer = Answerer(schema, database)
    door = FickleDoor(GOOD)
    answered(await Client(Endpoint(answerer, door)).post(query))
    assert door.rechecks == 1
    before = await database.reads.fetchval("select count(*) from team")
    refused(await Client(Endpoint(answerer, FickleDoor(BAD, BAD))).post(query), 401, Code.UNAUTHENTICATED)
    turned = Turned(403, Code.FORBIDDEN, "no")
    refused(await Client(Endpoint(answerer, FickleDoor(turned))).post(query), 403, Code.FORBIDDEN)
    assert await database.reads.fetchval("select count(*) from team") == before


# When it goes wrong on our side.


async def test_a_defect_is_told_by_an_id_alone(client, monkeypatch, caplog):
    async def broken(*_args, **_kwargs):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(Answerer, "_row", broken)
    response = await client.post(SKILLS)
    message = refused(response, 500, Code.INTERNAL)
    assert "secret" not in response.text
    id_ = response.json()["errors"][0]["extensions"]["id"]
    assert id_ in message
    assert id_ in caplog.text


async def test_a_statement_that_takes_too_long_is_stopped(client, monkeypatch):
    answered(await client.post(SKILLS))
    monkeypatch.setattr(limits, "SECONDS", 1e-6)
    refused(await client.post(SKILLS), 503, Code.UNAVAILABLE)
    monkeypatch.undo()
    answered(await client.post(SKILLS))
