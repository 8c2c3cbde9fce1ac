"""Bad input: a clear refusal within a second with nothing of ours in it, and the next request is answered."""

import base64
import json
import time

import pytest
from graphql import get_introspection_query

from cairn.graph import limits
from cairn.graph.http import Endpoint
from cairn.graph.problem import Code
from cairn.graph.serve import Answerer, Kept
from graph.wire import JSON, RESPONSE, Client, OpenDoor
from world import EVERYTHING, id_of

COUNT = 64_000_000
"""No request may cost more than counting so far on the same machine just then: a second."""
PARSE, VALID, INPUT, LIMIT, REQUEST = (
    Code.PARSE_FAILED,
    Code.VALIDATION_FAILED,
    Code.BAD_INPUT,
    Code.LIMIT,
    Code.BAD_REQUEST,
)
QUICK = 0.2
"""Seconds; not worth counting."""
BEN, SKILL = f"Employee:{id_of('Ben')}", f"Skill:{id_of('SQL')}"


@pytest.fixture(scope="module")
def client_of(schema, standing):
    database, _ = standing
    return Client(Endpoint(Answerer(schema, database), OpenDoor(EVERYTHING)))


@pytest.fixture
async def client(client_of):
    """A client whose server is none the worse afterwards."""
    yield client_of
    response = await client_of.post("{ skills { totalCount } }")
    assert response.status_code == 200
    assert response.json()["data"] == {"skills": {"totalCount": 5}}


async def timed(sending):
    """The response, which cost no more than it may; with patience for a busy machine."""
    start, busy = time.perf_counter(), time.process_time()
    response = await sending
    took, spent = time.perf_counter() - start, time.process_time() - busy
    if took > QUICK:
        most = counting()
        assert spent < most
        assert took < 10 * most
    assert "Traceback" not in response.text
    return response


def counting():
    start = time.process_time()
    for _ in range(COUNT):
        pass
    return time.process_time() - start


async def refuses(client, query, variables, *codes):
    """The request is refused for one of these reasons, in either media type."""
    for accept, status in ((RESPONSE, 400), (JSON, 200)):
        response = await timed(client.post(query, variables, accept=accept))
        body = response.json()
        assert response.status_code == status, response.text[:1000]
        assert set(body) == {"errors"}
        assert {error["extensions"]["code"] for error in body["errors"]} <= set(codes), response.text[:1000]
        assert all(error["message"] for error in body["errors"])
        assert len(response.content) < 30_000


async def answers(client, query, variables=None):
    response = await timed(client.post(query, variables))
    assert response.status_code == 200, response.text[:1000]
    assert "errors" not in response.json(), response.text[:1000]
    return response.json()["data"]


def many(count, make, between=" "):
    return between.join(make(n) for n in range(count))


# Documents.

MALFORMED = {
    "nothing": "#",
    "a bracket": "{",
    "the other bracket": "}",
    "a word": "employees",
    "an open selection": "{ employees { nodes { id }",
    "an empty selection": "{ }",
    "an open argument": "{ employees(first:",
    "no value": "{ employees(first:) { totalCount } }",
    "an open text": '{ node(id: "',
    "an open block": '{ node(id: """',
    "a zero before a number": "{ employees(first: 01) { totalCount } }",
    "a number that ends": "{ employees(first: 1.) { totalCount } }",
    "half a fragment": "{ ... }",
    "a control character": "{ employees { \x07 totalCount } }",
    "a raw NUL": "{ employees { \0 totalCount } }",
    "a raw NUL in a text": '{ node(id: "\0") { id } }',
    "an unknown escape": r'{ node(id: "\q") { id } }',
    "a lone surrogate": r'{ node(id: "\uD800") { id } }',
    "a surrogate the wrong way round": r'{ node(id: "\uDC00\uD800") { id } }',
    "beyond Unicode": r'{ node(id: "\u{110000}") { id } }',
    "an endless escape": r'{ node(id: "\u{' + "0" * 50_000 + r'}") { id } }',
    "a line break in a text": '{ node(id: "a\nb") { id } }',
    "not only ASCII in a name": "{ employées { totalCount } }",
    "variables outside": "query($a: $b) { employees { totalCount } }",
    "a variable as a default": "query($a: Int = $b) { employees(first: $a) { totalCount } }",
    "a schema": "schema { query: Query",
    "nested lists without end": "{ employees(where: " + "[" * 3_000,
    "nested objects without end": "{ employees(where: " + "{a:" * 3_000,
    "nested selections without end": "{ a " * 3_000,
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_what_is_not_graphql(client, name):
    also = INPUT if "NUL" in name else LIMIT if "without end" in name else PARSE
    await refuses(client, MALFORMED[name], None, PARSE, also)


INVALID = {
    "an unknown field": "{ nothing }",
    "an unknown field below": "{ employees { nodes { nothing } } }",
    "an unknown argument": "{ employees(nothing: 1) { totalCount } }",
    "an unknown type": "query($a: Nothing) { node(id: $a) { id } }",
    "an unknown directive": "{ employees @nothing { totalCount } }",
    "an unknown fragment": "{ employees { ...Nothing } }",
    "an unknown enum value": "{ employees(orderBy: [{ title: UP }]) { totalCount } }",
    "an enum as a text": '{ employees(orderBy: [{ title: "ASC" }]) { totalCount } }',
    "an enum of another type": "{ employees(where: { status: { eq: ASC } }) { totalCount } }",
    "a missing argument": "{ node { id } }",
    "null where something must be": "{ node(id: null) { id } }",
    "a list with null": "{ nodes(ids: [null]) { id } }",
    "an object with no selection": "{ employees }",
    "a leaf with a selection": "{ employees { totalCount { x } } }",
    "an undefined variable": "{ node(id: $a) { id } }",
    "a variable that may be null": "query($a: ID) { node(id: $a) { id } }",
    "a variable of another type": "query($a: Int!) { node(id: $a) { id } }",
    "an unused variable": "query($a: Int) { employees { totalCount } }",
    "two variables of a name": "query($a: Int, $a: Int) { employees(first: $a) { totalCount } }",
    "two arguments of a name": "{ employees(first: 1, first: 1) { totalCount } }",
    "two members of a name": "{ employees(where: { not: {}, not: {} }) { totalCount } }",
    "two operations of a name": "query A { __typename } query A { __typename }",
    "two fragments of a name": "{ ...A } fragment A on Query { a: __typename } "
    "fragment A on Query { a: __typename }",
    "operations without names": "{ __typename } { __typename }",
    "two directives of a name": "{ __typename @skip(if: true) @skip(if: true) }",
    "an unused fragment": "{ __typename } fragment A on Query { __typename }",
    "a fragment on a leaf": "{ employees { totalCount ... on Int { x } } }",
    "an impossible fragment": "{ employees { ... on Team { name } } }",
    "fields in conflict": "{ a: employees { totalCount } a: teams { totalCount } }",
    "arguments in conflict": "{ employees(first: 1) { totalCount } employees(first: 2) { totalCount } }",
    "types in conflict": '{ node(id: "x") { ... on Employee { a: id } ... on Step { a: minutes } } }',
    "a fragment in itself": "{ ...A } fragment A on Query { ...A }",
    "fragments in a circle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C __typename } "
    "fragment C on Query { ...A }",
    "a circle that grows": "{ employees { nodes { ...A } } } "
    "fragment A on Employee { reports { nodes { ...A ...B } } } "
    "fragment B on Employee { managers { nodes { ...A ...B } } }",
    "one of several, none": "{ employees(orderBy: [{}]) { totalCount } }",
    "one of several, two": "{ employees(orderBy: [{ title: ASC, id: ASC }]) { totalCount } }",
    "one of several, null": "{ employees(orderBy: [{ title: null }]) { totalCount } }",
    "one of several, maybe null": "query($a: Direction) "
    "{ employees(orderBy: [{ title: $a }]) { totalCount } }",
    "a number that is too large": "{ employees(first: 2147483648) { totalCount } }",
    "a number that is far too large": "{ employees(first: " + "9" * 10_000 + ") { totalCount } }",
    "a fraction for a whole number": "{ employees(first: 1.5) { totalCount } }",
    "infinity": "{ employees(first: 1e999) { totalCount } }",
    "a text for a number": '{ employees(first: "1") { totalCount } }',
    "a number for a text": "{ employees(after: 1) { totalCount } }",
    "a truth for a number": "{ employees(first: true) { totalCount } }",
    "a number for a truth": "{ employees @skip(if: 0) { totalCount } }",
    "a scalar for an object": "{ employees(where: 1) { totalCount } }",
    "an object for a scalar": "{ employees(first: { a: 1 }) { totalCount } }",
    "a list for a scalar": "{ employees(first: [1]) { totalCount } }",
    "a member that is not there": "{ employees(where: { nothing: 1 }) { totalCount } }",
    "an operator that is not there": "{ employees(where: { id: { contains: 1 } }) { totalCount } }",
    "a type definition": "type A { a: Int } { __typename }",
    "a long name of a field": "{ " + "a" * 90_000 + " }",
    "a long name of an argument": "{ employees(" + "a" * 90_000 + ": 1) { totalCount } }",
    "a long name of a type": "query($a: " + "a" * 90_000 + ") { __typename }",
    "a long name of a variable": "{ node(id: $" + "a" * 90_000 + ") { id } }",
    "a long name of a fragment": "{ ..." + "a" * 90_000 + " }",
    "many unknown fields": "{ " + many(1_900, lambda n: f"nothing{n}") + " }",
    "many unknown arguments": "{ employees(" + many(2_000, lambda n: f"x{n}: 1") + ") { totalCount } }",
    "many unused variables": "query(" + many(2_000, lambda n: f"$x{n}: Int") + ") { __typename }",
    "many unknown members": "{ employees(where: {"
    + many(2_000, lambda n: f"x{n}: 1")
    + "}) { totalCount } }",
}


@pytest.mark.parametrize("name", INVALID)
async def test_what_does_not_fit_the_schema(client, name):
    await refuses(client, INVALID[name], None, VALID)


def bomb(levels, width=2):
    """Fragments that double with every level."""
    parts = [f"{{ employees(first: 1) {{ nodes {{ ...F{levels} }} }} }}", "fragment F0 on Employee { id }"]
    for n in range(1, levels + 1):
        spreads = many(width, lambda w, n=n: f"a{w}: manager {{ ...F{n - 1} }}")
        parts.append(f"fragment F{n} on Employee {{ {spreads} }}")
    return " ".join(parts)


def nested(levels, make, inner):
    for _ in range(levels):
        inner = make(inner)
    return inner


TOO_MUCH = {
    "a long document": "{ __typename } #" + "x" * limits.DOCUMENT,
    "three thousand aliases": "{ " + many(3_000, lambda n: f"a{n}: __typename") + " }",
    "ten thousand times a field": "{ employees { nodes { " + "id " * 10_000 + "} } }",
    "three thousand times a field": "{ employees { nodes { " + "id " * 3_000 + "} } }",
    "two hundred times a field": "{ employees { nodes { " + "id " * 200 + "} } }",
    "a thousand root fields": "{ " + many(1_000, lambda n: f"a{n}: employees {{ b{n}: totalCount }}") + " }",
    "fifty-one root fields": "{ " + many(51, lambda n: f"a{n}: __typename") + " }",
    "an object of 1,001 fields": "{ employees { nodes { " + many(1_001, lambda n: f"a{n}: id") + " } } }",
    "an object by long names": "{ viewer { " + many(60, lambda n: f"{'a' * 64}{n}: name") + " } }",
    "edges of 1,200 fields": "{ employees { edges { "
    + many(3, lambda e: f"e{e}: node {{ {many(400, lambda n: f'a{e}_{n}: id')} }}")
    + " } } }",
    "deep to-one fields": "{ viewer { employee "
    + nested(25, lambda inner: f"{{ manager {inner} }}", "{ id }")
    + " } }",
    "deep lists": "{ employees "
    + nested(12, lambda inner: f"{{ nodes {{ reports(first: 1) {inner} }} }}", "{ totalCount }")
    + " }",
    "nested fragments": "{ " + nested(100, lambda inner: f"... {{ {inner} }}", "__typename") + " }",
    "a chain of fragments": "{ ...F0 } "
    + many(1_000, lambda n: f"fragment F{n} on Query {{ ...F{n + 1} }}")
    + " fragment F1000 on Query { __typename }",
    "fragments that double": bomb(12),
    "fragments that double and double": bomb(18, 6),
    "wide fragments": "{ "
    + "...A " * 40
    + "} fragment A on Query { "
    + many(60, lambda n: f"a{n}: __typename")
    + " } fragment B on Query { ...A }",
    "large pages in large pages": "{ employees(first: 200) { nodes { reports(first: 200) { nodes { "
    "evidence(first: 200) { nodes { id } } } } } } }",
    "pages in pages by default": "{ employees { nodes { reports { nodes { reports { nodes { "
    "reports { nodes { id } } } } } } } } }",
    "pages by edges": "{ employees(first: 200) { edges { node { reports(first: 200) { edges { node { "
    "reports(first: 10) { edges { node { id } } } } } } } } } }",
    "the same page many times": "{ "
    + many(
        40, lambda n: f"a{n}: employees(first: 200) {{ nodes {{ reports(first: 20) {{ nodes {{ id }} }} }} }}"
    )
    + " }",
    "nodes with large pages": '{ nodes(ids: ["'
    + '", "'.join([BEN] * 200)
    + '"]) { ... on Employee { reports(first: 200) { nodes { reports(first: 5) { nodes { id } } } } } } }',
    "large pages in a matrix": f'{{ teamMatrix(manager: "{BEN}") {{ rows {{ cells {{ skill {{ '
    "children(first: 200) { nodes { id } } } } } } }",
    "201 in a page": "{ employees(first: 201) { totalCount } }",
    "201 in the last page": "{ employees(last: 2147483647) { totalCount } }",
    "201 nodes": '{ nodes(ids: ["' + '", "'.join([BEN] * 201) + '"]) { id } }',
    "many lists": "{ employees(first: 1) { nodes { "
    + many(150, lambda n: f"a{n}: reports(first: 1) {{ b{n}: totalCount c{n}: nodes {{ d{n}: id }} }}")
    + " } } }",
    "many to-one fields": "{ employees(first: 1) { nodes { "
    + many(300, lambda n: f"a{n}: manager {{ b{n}: id }}")
    + " } } }",
    "many conditions": "{ employees(where: { or: ["
    + many(501, lambda n: f'{{ title: {{ eq: "{n}" }} }}')
    + "] }) { totalCount } }",
    "many empty conditions": "{ employees(where: { or: [" + "{} " * 501 + "] }) { totalCount } }",
    "many conditions in many lists": "{ "
    + many(
        6,
        lambda a: (
            f"a{a}: employees(where: {{ or: ["
            + many(100, lambda n: f'{{ title: {{ eq: "{n}" }} }}')
            + "] }) { totalCount }"
        ),
    )
    + " }",
    "many orders": "{ employees(orderBy: [" + "{ title: ASC } " * 501 + "]) { totalCount } }",
    "many values": "{ employees(where: { title: { in: [" + '"x" ' * 1_001 + "] } }) { totalCount } }",
    "many skills": f'{{ teamMatrix(manager: "{BEN}", skills: [' + f'"{SKILL}" ' * 1_001 + "]) { at } }",
    "nested conditions": "{ employees(where: "
    + nested(25, lambda w: f"{{ not: {w} }}", "{}")
    + ") { totalCount } }",
    "nested conditions on relations": "{ employees(where: "
    + nested(25, lambda w: f"{{ manager: {w} }}", "{}")
    + ") { totalCount } }",
    "nested conditions on lists": "{ employees(where: "
    + nested(15, lambda w: f"{{ managers: {{ some: {w} }} }}", "{}")
    + ") { totalCount } }",
    "conditions nested very deep": "{ employees(where: "
    + nested(80, lambda w: f"{{ and: [{w}] }}", "{}")
    + ") { totalCount } }",
    "a long text": '{ employees(where: { title: { contains: "' + "%" * 50_000 + '" } }) { totalCount } }',
    "a long cursor": '{ employees(after: "' + "A" * 50_000 + '") { totalCount } }',
    "a long id": '{ node(id: "' + "A" * 50_000 + '") { id } }',
    "introspection many times": "{ "
    + many(40, lambda n: f"a{n}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}")
    + " }",
    "introspection in width": "{ __schema { "
    + many(60, lambda n: f"a{n}: types {{ fields {{ args {{ a{n}: name }} }} }}")
    + " } }",
    "introspection by fragments": "{ __schema { "
    + many(60, lambda n: f"a{n}: types {{ ...T }}")
    + " } } fragment T on __Type { fields { args { name } } }",
}


@pytest.mark.parametrize("name", TOO_MUCH)
async def test_what_is_too_much(client, name):
    await refuses(client, TOO_MUCH[name], None, LIMIT, VALID if name.startswith("introspection") else LIMIT)


async def test_a_hundred_thousand_aliases(client):
    query = "{ " + many(100_000, lambda n: f"a{n}: __typename") + " }"
    response = await timed(client.post(query))
    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == LIMIT
    await refuses(client, query[:500_000], None, LIMIT)


async def test_introspection_in_depth_is_refused(client):
    query = (
        "{ __schema { types "
        + nested(4, lambda inner: f"{{ fields {{ type {inner} }} }}", "{ name }")
        + " } }"
    )
    await refuses(client, query, None, VALID)


async def test_many_fragments_that_do_not_fit_together(client):
    """Whether they can be merged is asked for every two of them."""
    parts = [
        f"fragment F{n} on Employee {{ a{n}: id b: displayName manager {{ c{n}: id }} }}" for n in range(95)
    ]
    spreads = many(95, lambda n: f"...F{n}")
    query = f"{{ employees(first: 1) {{ nodes {{ {spreads} }} }} }} {' '.join(parts)}"
    assert len((await answers(client, query))["employees"]["nodes"][0]) == 97
    parts[50] = parts[50].replace("displayName", "givenName")
    await refuses(client, f"{{ employees {{ nodes {{ {spreads} }} }} }} {' '.join(parts)}", None, VALID)


AS_MUCH = {
    "fifty root fields": "{ " + many(50, lambda n: f"a{n}: __typename") + " }",
    "an object of a thousand fields": "{ employees(first: 1) { nodes { "
    + many(999, lambda n: f"a{n}: id")
    + " } } }",
    "a hundred times a field": "{ employees(first: 1) { nodes { " + "id " * 100 + "} } }",
    "deep as allowed": "{ viewer { employee " + nested(17, lambda i: f"{{ manager {i} }}", "{ id }") + " } }",
    "many lists": "{ employees(first: 1) { nodes { "
    + many(60, lambda n: f"a{n}: reports(first: 1) {{ b{n}: totalCount c{n}: nodes {{ d{n}: id }} }}")
    + " } } }",
    "many to-one fields": "{ employees(first: 1) { nodes { "
    + many(140, lambda n: f"a{n}: manager {{ b{n}: id }}")
    + " } } }",
    "five hundred conditions": "{ employees(where: { or: ["
    + many(500, lambda n: f'{{ title: {{ eq: "{n}" }} }}')
    + "] }) { nodes { id } totalCount pageInfo { hasNextPage } } }",
    "a hundred relations": "{ employees(where: { or: ["
    + many(100, lambda n: f'{{ manager: {{ evidence: {{ some: {{ note: {{ eq: "{n}" }} }} }} }} }}')
    + "] }) { totalCount } }",
    "a thousand values": "{ employees(where: { title: { in: [" + '"x" ' * 1_000 + "] } }) { totalCount } }",
    "nested conditions": "{ employees(where: "
    + nested(18, lambda w: f"{{ manager: {w} }}", "{}")
    + ") { totalCount } }",
    "forty orders": "{ employees(orderBy: ["
    + "{ title: ASC } { status: DESC } " * 20
    + "]) { edges { cursor } } }",
    "200 nodes": '{ nodes(ids: ["' + '", "'.join([BEN, SKILL] * 100) + '"]) { id } }',
    "a large page": "{ employees(first: 200) { nodes { reports(first: 200) { nodes { id } } } } }",
    "all of the schema": get_introspection_query(input_value_deprecation=True),
    "a text of 20,000 characters": '{ employees(where: { title: { contains: "'
    + "%" * 20_000
    + '" } }) { totalCount } }',
    "a name of 80,000 characters": "query " + "a" * 80_000 + " { " + "b" * 10_000 + ": __typename }",
}


@pytest.mark.parametrize("name", AS_MUCH)
async def test_as_much_as_is_allowed(client, name):
    """Cold, compiled and planned, on a small company; what is refused above is so for a reason."""
    await answers(client, AS_MUCH[name])


async def test_the_schema_describes_itself(client):
    data = await answers(
        client,
        """{
          __schema { queryType { name } } __type(name: "EmployeeOrder") { isOneOf }
          skills { totalCount } __typename
        }""",
    )
    assert data == {
        "__schema": {"queryType": {"name": "Query"}},
        "__type": {"isOneOf": True},
        "skills": {"totalCount": 5},
        "__typename": "Query",
    }


# Variables.

WHERE = "query($w: EmployeeWhere) { employees(where: $w) { totalCount } }"
ORDER = "query($o: [EmployeeOrder!]) { employees(orderBy: $o) { totalCount } }"
FIRST = "query($n: Int) { employees(first: $n) { totalCount } }"
NODE = "query($id: ID!) { node(id: $id) { id } }"
AT = "query($at: DateTime) { employees(at: $at) { totalCount } }"
DAY = "query($w: AssignmentWhere) { assignments(where: $w) { totalCount } }"


def deep(levels, inner, *path):
    for _ in range(levels):
        for step in reversed(path):
            inner = [inner] if step is list else {step: inner}
    return inner


VARIABLES = {
    "a text for a number": (FIRST, {"n": "1"}, INPUT),
    "a fraction for a number": (FIRST, {"n": 1.5}, INPUT),
    "a truth for a number": (FIRST, {"n": True}, INPUT),
    "an object for a number": (FIRST, {"n": {}}, INPUT),
    "a number that is too large": (FIRST, {"n": 2**31}, INPUT),
    "a negative number": (FIRST, {"n": -1}, INPUT),
    "more than a page": (FIRST, {"n": 201}, LIMIT),
    "null for what must be": (NODE, {"id": None}, INPUT),
    "nothing for what must be": (NODE, {}, INPUT),
    "a list for an id": (NODE, {"id": []}, INPUT),
    "a truth for an id": (NODE, {"id": False}, INPUT),
    "a number for an id": (NODE, {"id": 7}, INPUT),
    "an empty id": (NODE, {"id": ""}, INPUT),
    "a key alone": (NODE, {"id": str(id_of("Ben"))}, INPUT),
    "an id of no type": (NODE, {"id": f"Nothing:{id_of('Ben')}"}, INPUT),
    "an id of a type without ids": (NODE, {"id": f"StepGrant:{id_of('Ben')}"}, INPUT),
    "an id of the root": (NODE, {"id": f"Query:{id_of('Ben')}"}, INPUT),
    "an id with a quote": (NODE, {"id": f"Employee':{id_of('Ben')}"}, INPUT),
    "an id with a short key": (NODE, {"id": "Employee:1"}, INPUT),
    "an id with a long key": (NODE, {"id": BEN + "0"}, INPUT),
    "an id with a key in brackets": (NODE, {"id": f"Employee:{{{id_of('Ben')}}}"}, INPUT),
    "an id with a key that is no number": (NODE, {"id": "Employee:" + "x" * 36}, INPUT),
    "an id with a surrogate half": (NODE, {"id": "Employee:\N{PILE OF POO}"}, INPUT),
    "an id with NUL": (NODE, {"id": "Employee:\0"}, INPUT),
    "a long id": (NODE, {"id": "x" * 900_000}, LIMIT),
    "an id of another type": ("query($id: ID!) { employee(id: $id) { id } }", {"id": SKILL}, INPUT),
    "an id of another type in a condition": (WHERE, {"w": {"id": {"in": [BEN, SKILL]}}}, INPUT),
    "an id of another type in an argument": (
        "query($id: ID) { teamMatrix(team: $id) { at } }",
        {"id": BEN},
        INPUT,
    ),
    "201 ids": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [BEN] * 201}, LIMIT),
    "null among ids": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [BEN, None]}, INPUT),
    "no id of many": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": [BEN, "x"]}, INPUT),
    "an unknown member": (WHERE, {"w": {"nothing": 1}}, INPUT),
    "unknown members": (WHERE, {"w": {f"x{n}": 1 for n in range(5_000)}}, INPUT),
    "an unknown operator": (WHERE, {"w": {"title": {"like": "x"}}}, INPUT),
    "a scalar for an object": (WHERE, {"w": 1}, INPUT),
    "a number for a text": (WHERE, {"w": {"title": {"eq": 1}}}, INPUT),
    "an unknown enum value": (WHERE, {"w": {"status": {"eq": "GONE"}}}, INPUT),
    "an enum in small letters": (WHERE, {"w": {"status": {"eq": "active"}}}, INPUT),
    "null in a list": (WHERE, {"w": {"title": {"in": [None]}}}, INPUT),
    "NUL in a text": (WHERE, {"w": {"title": {"eq": "a\0b"}}}, INPUT),
    "NUL in a name": (WHERE, {"w": {"ti\0tle": {"eq": "a"}}}, INPUT),
    "NUL in a list": (WHERE, {"w": {"title": {"in": ["a", "\0"]}}}, INPUT),
    "one of several, none": (ORDER, {"o": [{}]}, INPUT),
    "one of several, two": (ORDER, {"o": [{"title": "ASC", "id": "ASC"}]}, INPUT),
    "one of several, null": (ORDER, {"o": [{"title": None}]}, INPUT),
    "one of several, null beside": (ORDER, {"o": [{"title": "ASC", "id": None}]}, INPUT),
    "an unknown direction": (ORDER, {"o": [{"title": "UP"}]}, INPUT),
    "many orders": (ORDER, {"o": [{"title": "ASC"}] * 501}, LIMIT),
    "many conditions": (WHERE, {"w": {"or": [{"title": {"eq": "x"}}] * 501}}, LIMIT),
    "a list of 1,001": (WHERE, {"w": {"title": {"in": ["x"] * 1_001}}}, LIMIT),
    "a list of 100,000": (WHERE, {"w": {"title": {"in": ["x"] * 100_000}}}, LIMIT),
    "100,000 conditions": (WHERE, {"w": {"or": [{}] * 100_000}}, LIMIT),
    "100,000 variables": (FIRST, {f"x{n}": n for n in range(30_000)}, LIMIT),
    "a long text": (WHERE, {"w": {"title": {"contains": "%a" * 100_000}}}, LIMIT),
    "nested 25 deep": (WHERE, {"w": deep(25, {}, "not")}, LIMIT),
    "nested 25 deep by lists": (WHERE, {"w": deep(25, {}, "and", list)}, LIMIT),
    "nested 200 deep": (WHERE, {"w": deep(200, {}, "manager")}, LIMIT),
    "nested 900 deep": (WHERE, {"w": deep(900, 1, list)}, LIMIT),
    "nested where nothing is": (FIRST, {"n": 1, "x": deep(900, 1, list)}, LIMIT),
}


@pytest.mark.parametrize("name", VARIABLES)
async def test_variables_that_make_no_sense(client, name):
    query, variables, code = VARIABLES[name]
    await refuses(client, query, variables, code)


@pytest.mark.parametrize(
    ("query", "variables", "default"),
    [
        ('query($id: ID = "x") { node(id: $id) { id } }', {"id": None}, BEN),
        ('query($id: ID = "x") { employee(id: $id) { id } }', {"id": None}, BEN),
        ('query($id: ID = "x") { nodes(ids: [$id]) { id } }', {"id": None}, BEN),
        ("query($b: Boolean = true) { skills { totalCount @skip(if: $b) } }", {"b": None}, None),
        ("query($b: Boolean = true) { ... @include(if: $b) { __typename } }", {"b": None}, None),
    ],
)
async def test_a_default_does_not_make_null_a_value(client, query, variables, default):
    """A variable with a default may stand where null may not, and is null all the same if that is given."""
    query = query.replace('"x"', f'"{default}"')
    await answers(client, query)
    await refuses(client, query, variables, INPUT)


@pytest.mark.parametrize(
    "body",
    [
        b'{"query": "{ __typename }", "variables": {"a": Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": -Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\udc00\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"\\ud800": 1}}',
        b'{"query": "{ __typename }", "variables": {"a": "\xed\xa0\x80"}}',
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        b'{"query": "{ __typename }", "variables": {"a": 1e}}',
        b'{"query": "{ __typename }", "variables": {"a": 0x1}}',
    ],
)
async def test_values_that_json_has_not(client, body):
    response = await timed(client.send(body))
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == REQUEST


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 400, b"1e-400", b"-0", b"1" + b"0" * 4_999])
async def test_numbers_at_the_ends_of_what_there_is(client, number):
    query = json.dumps(FIRST).encode()
    response = await timed(client.send(b'{"query": ' + query + b', "variables": {"n": ' + number + b"}}"))
    assert response.status_code in {200, 400}
    assert response.status_code == 400 or "errors" not in response.json()


# Dates.

GOOD_DATES = {
    "0001-01-01T00:00:00Z": 0,
    "9999-12-31T23:59:59.999999Z": 0,
    "2026-03-01T00:00:00+23:59": 0,
    "2026-03-01t00:00:00z": 0,
    "2026-03-01 00:00:00-00:00": 0,
    "2026-03-01T00:00:00.123456789Z": 0,
    "2024-02-29T00:00:00-12:00": 0,
}


@pytest.mark.parametrize("date", GOOD_DATES)
async def test_dates_that_there_are(client, date):
    shown = "{ nodes { status manager { id } reports { totalCount } } }"
    query = f"query($at: DateTime) {{ employees(at: $at, first: 1) {shown} }}"
    await answers(client, query, {"at": date})
    await answers(client, query.replace("($at: DateTime)", "").replace("$at", f'"{date}"'))


BAD_DATES = [
    "",
    "now",
    "infinity",
    "-infinity",
    "epoch",
    "2026-03-01",
    "2026-03-01T00:00:00",
    "2026-03-01T00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-03-01T24:00:00Z",
    "2026-03-01T00:00:60Z",
    "2026-03-01T00:00:00+24:00",
    "2026-03-01T00:00:00+99:99",
    "2026-03-01T00:00:00+0100",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "٢٠٢٦-03-01T00:00:00Z",
    "2026-03-01T00:00:00.Z",
    "2026-03-01T00:00:00,5Z",
    " 2026-03-01T00:00:00Z",
    "2026-03-01T00:00:00Z\n",
    "2026-W09-1T00:00:00Z",
    0,
    1772323200,
    True,
    [],
    {},
]


@pytest.mark.parametrize("date", BAD_DATES)
async def test_dates_that_there_are_not(client, date):
    await refuses(client, AT, {"at": date}, INPUT)
    literal = json.dumps(date, ensure_ascii=False).replace("\\n", "\\u000a")
    await refuses(client, f"{{ employees(at: {literal}) {{ totalCount }} }}", None, VALID)


@pytest.mark.parametrize(
    "day", ["", "2026-2-1", "2026-02-30", "0000-01-01", "20260201", "2026-02-01T00:00:00Z", 1, None]
)
async def test_days_that_there_are_not(client, day):
    if day is None:
        await answers(client, DAY, {"w": {"dueOn": {"eq": day}}})
    else:
        await refuses(client, DAY, {"w": {"dueOn": {"eq": day}}}, INPUT)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_days_at_the_ends_of_time(client, day):
    await answers(client, DAY, {"w": {"dueOn": {"lt": day}, "startsOn": {"notIn": [day]}}})


# Cursors.


def cursor(*values):
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


async def own(client, list_):
    """The mark of a list's cursors, and the values of the first."""
    edges = next(iter((await answers(client, f"{{ {list_} {{ edges {{ cursor }} }} }}")).values()))["edges"]
    text = edges[0]["cursor"]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


GARBAGE = [
    "",
    "x",
    "====",
    "\N{SNOWMAN}",
    "a b",
    "Wy==",
    base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    base64.urlsafe_b64encode(b"[" * 5_000).decode(),
    base64.urlsafe_b64encode(b"1" * 5_000).decode(),
    base64.urlsafe_b64encode(b'["x"').decode(),
    cursor(),
    cursor("x"),
    cursor("00000000", str(id_of("Ben"))),
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b"null").decode(),
    base64.urlsafe_b64encode(b'"x"').decode(),
]


@pytest.mark.parametrize("text", GARBAGE)
@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_cursor_that_is_none(client, text, side):
    query = f"query($c: String) {{ employees({side}: $c) {{ nodes {{ id }} }} }}"
    await refuses(client, query, {"c": text}, INPUT)
    await refuses(
        client, query.replace("($c: String)", "").replace("$c", json.dumps(text)), None, INPUT, PARSE
    )


@pytest.mark.parametrize(
    "other",
    [
        "skills",
        "employees(orderBy: [{ title: ASC }])",
        "employees(orderBy: [{ displayName: DESC }])",
        "employees(orderBy: [{ displayName: ASC }, { title: ASC }])",
        "employees",
    ],
)
async def test_a_cursor_of_another_list_or_order(client, other):
    text = cursor(*await own(client, other))
    await refuses(
        client,
        f'{{ employees(orderBy: [{{ displayName: ASC }}], after: "{text}") {{ nodes {{ id }} }} }}',
        None,
        INPUT,
    )


ODD = [
    None,
    1,
    -1,
    2**63,
    10**30,
    1.5,
    True,
    "",
    "x",
    "\0",
    "\ud800",
    [],
    {},
    "infinity",
    "0001-01-01T00:00:00+14:00",
]
ODD += ["2026-03-01T00:00:00", "2026-03-01", str(id_of("Ben")).upper(), "9" * 5_000]
LISTS = [
    "employees(orderBy: [{ displayName: ASC }]",
    "employees(orderBy: [{ status: DESC }]",
    "assignments(orderBy: [{ priority: ASC }, { closedAt: DESC }]",
    "assignments(orderBy: [{ dueOn: ASC }]",
    "awards(orderBy: [{ isHidden: ASC }, { until: ASC }]",
    "proficiencyScale(orderBy: [{ level: DESC }]",
    "skills(orderBy: [{ id: ASC }]",
]


@pytest.mark.parametrize("list_", LISTS)
async def test_a_cursor_that_somebody_made_up(client, list_):
    """Its mark is right and its values are anything: a page, or a refusal."""
    made = await own(client, f"{list_})")
    for place in range(1, len(made)):
        for odd in ODD:
            text = cursor(*(odd if n == place else value for n, value in enumerate(made)))
            for side in ("after", "before"):
                response = await timed(client.post(f'{{ {list_}, {side}: "{text}") {{ nodes {{ id }} }} }}'))
                assert response.status_code in {200, 400}, response.text
                if response.status_code == 400:
                    assert response.json()["errors"][0]["extensions"]["code"] == INPUT


# What is kept.


def test_what_was_asked_longest_ago_goes_first():
    kept = Kept(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.get("a") == 1
    kept.keep("c", 3)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (1, None, 3)


def test_what_is_large_takes_the_room_of_many():
    kept = Kept(10)
    for n in range(10):
        kept.keep(n, n)
    kept.keep("large", "x", 8)
    assert [n for n in range(10) if kept.get(n) is not None] == [8, 9]
    kept.keep("large", "y", 10)
    assert [kept.get(8), kept.get(9), kept.get("large")] == [None, None, "y"]
    kept.keep("larger", "z", 1_000)
    assert [kept.get("large"), kept.get("larger")] == [None, "z"]
    kept.keep("small", "s")
    assert [kept.get("larger"), kept.get("small")] == [None, "s"]


async def test_documents_and_statements_are_kept_as_far_as_there_is_room(schema, standing, monkeypatch):
    monkeypatch.setattr("cairn.graph.serve.DOCUMENTS", 5_200)
    monkeypatch.setattr("cairn.graph.serve.PLANS", 7_000)
    database, _ = standing
    answerer = Answerer(schema, database)
    client = Client(Endpoint(answerer, OpenDoor(EVERYTHING)))
    for n in range(20):
        await answers(client, f"{{ a{n}: skills {{ totalCount }} }}")
    assert len(answerer._documents._items) == 5
    assert 4 <= len(answerer._plans._items) <= 6
    for n in range(20):
        await answers(client, f"{{ a{n}: skills {{ totalCount }} }}")
