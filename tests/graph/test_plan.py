"""Which requests share a statement, and that each gets the one it needs."""

import base64
import json
import zlib

import pytest

from cairn.access.permissions import Permission, Role
from cairn.access.viewer import Viewer
from cairn.graph.serve import Answerer, Asked, Standing
from world import EVERYTHING, id_of


def gid(type_, name):
    return f"{type_}:{id_of(name)}"


def cursor(name):
    """The cursor of an employee in the order of creation."""
    values = [f"{zlib.crc32(b'Query.employees:id+'):08x}", str(id_of(name))]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


BEN, ADA, SQL, CORE = (
    gid("Employee", "Ben"),
    gid("Employee", "Ada"),
    gid("Skill", "SQL"),
    gid("Team", "Core team"),
)
WHERE = "query($w: EmployeeWhere) { employees(where: $w) { nodes { givenName } } }"
GRACE = gid("Employee", "Grace")
REPORTS = f'query($d: Int) {{ employee(id: "{GRACE}") {{ reports(depth: $d) {{ totalCount }} }} }}'
ORDER = "query($o: [EmployeeOrder!]) { employees(orderBy: $o, first: 3) { nodes { givenName } } }"
TWO = "query($a: Int, $b: Int) { x: skills(first: $a) { nodes { id } } y: teams(first: $b) { nodes { id } } }"

SHARED = {
    "other texts": (WHERE, {"w": {"title": {"eq": "Engineer"}}}, {"w": {"title": {"eq": "Auditor"}}}),
    "other lists": (
        WHERE,
        {"w": {"title": {"in": ["Engineer"]}}},
        {"w": {"title": {"in": ["Auditor", "x"]}}},
    ),
    "an empty list": (WHERE, {"w": {"title": {"notIn": []}}}, {"w": {"title": {"notIn": ["Engineer"]}}}),
    "other numbers": (REPORTS, {"d": 1}, {"d": 2}),
    "other ids of a type": ("query($i: ID!) { node(id: $i) { id } }", {"i": BEN}, {"i": ADA}),
    "as many ids of the same types": (
        "query($i: [ID!]!) { nodes(ids: $i) { id } }",
        {"i": [BEN, SQL]},
        {"i": [gid("Skill", "Python"), ADA]},
    ),
    "other ids in arguments": ("query($i: ID!) { employee(id: $i) { givenName } }", {"i": BEN}, {"i": ADA}),
    "other ids in conditions": (WHERE, {"w": {"id": {"eq": BEN}}}, {"w": {"id": {"eq": ADA}}}),
    "other dates": (
        f'query($at: DateTime) {{ employee(id: "{BEN}", at: $at) {{ title }} }}',
        {"at": "2022-01-01T00:00:00Z"},
        {"at": "2025-01-01T00:00:00Z"},
    ),
    "other cursors": (
        "query($c: String) { employees(first: 2, after: $c) { nodes { givenName } } }",
        {"c": cursor("Ben")},
        {"c": cursor("Cleo")},
    ),
}
OWN = {
    "null and a text": (WHERE, {"w": {"title": {"eq": None}}}, {"w": {"title": {"eq": "Engineer"}}}),
    "null and a condition": (WHERE, {"w": None}, {"w": {"title": {"eq": "Engineer"}}}),
    "nothing and a condition": (WHERE, {}, {"w": {"title": {"eq": "Engineer"}}}),
    "nothing and null": (REPORTS, {}, {"d": None}),
    "null and a number": (REPORTS, {"d": None}, {"d": 1}),
    "other members": (WHERE, {"w": {"title": {"eq": "Engineer"}}}, {"w": {"location": {"eq": "Berlin"}}}),
    "other operators": (WHERE, {"w": {"title": {"lt": "Engineer"}}}, {"w": {"title": {"gt": "Engineer"}}}),
    "no relation": (WHERE, {"w": {"manager": None}}, {"w": {"manager": {}}}),
    "a longer list of conditions": (
        WHERE,
        {"w": {"or": [{"title": {"eq": "Engineer"}}]}},
        {"w": {"or": [{"title": {"eq": "Engineer"}}, {"title": {"eq": "Auditor"}}]}},
    ),
    "no condition of several": (WHERE, {"w": {"or": []}}, {"w": {"or": [{"title": {"eq": "Engineer"}}]}}),
    "other orders": (ORDER, {"o": [{"title": "ASC"}]}, {"o": [{"givenName": "ASC"}]}),
    "the other way round": (ORDER, {"o": [{"givenName": "ASC"}]}, {"o": [{"givenName": "DESC"}]}),
    "no order": (ORDER, {"o": []}, {"o": [{"givenName": "DESC"}]}),
    "other sizes": ("query($n: Int) { teams(first: $n) { nodes { id } } }", {"n": 1}, {"n": 2}),
    "a size and null": ("query($n: Int) { teams(first: $n) { nodes { id } } }", {"n": 1}, {"n": None}),
    "the same size of another page": (TWO, {"a": 1}, {"b": 1}),
    "sizes the other way round": (TWO, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
    "first and last": (
        "query($f: Int, $l: Int) { teams(first: $f, last: $l) { nodes { id } } }",
        {"f": 1},
        {"l": 1},
    ),
    "a truth": (
        "query($b: Boolean!) { teams { totalCount @include(if: $b) nodes { id @skip(if: $b) name } } }",
        {"b": True},
        {"b": False},
    ),
    "a truth in a condition": (
        "query($b: Boolean) { assignments(where: { dueOn: { isNull: $b } }) { totalCount } }",
        {"b": True},
        {"b": False},
    ),
    "ids of other types": ("query($i: ID!) { node(id: $i) { id } }", {"i": BEN}, {"i": SQL}),
    "lists of ids of other types": (
        "query($i: [ID!]!) { nodes(ids: $i) { id } }",
        {"i": [BEN]},
        {"i": [SQL]},
    ),
    "more ids": ("query($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [BEN]}, {"i": [BEN, ADA]}),
    "ids one by one": ("query($i: ID!) { nodes(ids: [$i]) { id } }", {"i": BEN}, {"i": SQL}),
    "ids one by one, exchanged": (
        "query($i: ID!, $j: ID!) { x: node(id: $i) { id } y: node(id: $j) { id } }",
        {"i": BEN, "j": SQL},
        {"i": SQL, "j": BEN},
    ),
    "a team or a manager": (
        "query($t: ID, $m: ID) { teamMatrix(team: $t, manager: $m) { rows { employee { id } } } }",
        {"t": CORE},
        {"m": ADA},
    ),
    "chosen skills": (
        f'query($s: [ID!]) {{ teamMatrix(team: "{CORE}", skills: $s) {{ columns {{ skill {{ id }} }} }} }}',
        {"s": [SQL]},
        {"s": None},
    ),
    "no cursor": (
        "query($c: String) { employees(first: 2, after: $c) { nodes { givenName } } }",
        {"c": None},
        {"c": cursor("Cleo")},
    ),
}
CASES = [(name, *case, 1) for name, case in SHARED.items()] + [(name, *case, 2) for name, case in OWN.items()]


@pytest.fixture
def answerer(schema, standing):
    database, _ = standing
    return Answerer(schema, database)


@pytest.mark.parametrize(
    ("one", "query", "first", "second", "statements"), CASES, ids=[case[0] for case in CASES]
)
async def test_variables_decide_the_statement_by_their_form(
    one, query, first, second, statements, schema, standing
):
    """Asked in either order, each gets the answer it would get alone."""
    database, _ = standing

    async def answer(answerer, variables):
        return await answerer.answer(Asked(query, None, variables), Standing(EVERYTHING))

    alone = [await answer(Answerer(schema, database), variables) for variables in (first, second)]
    assert alone[0] != alone[1], f"{one}: both answers are the same, so this shows nothing"
    for order in ((0, 1, 0), (1, 0, 1)):
        answerer = Answerer(schema, database)
        for n in order:
            assert await answer(answerer, (first, second)[n]) == alone[n]
        assert len(answerer._plans._items) == statements


async def test_viewers_of_a_kind_share_a_statement(answerer, standing):
    _, world = standing
    asked = Asked("{ viewer { name } evidences: employees { nodes { evidence { totalCount } } } }", None, {})

    async def statements(*viewers):
        for viewer in viewers:
            await answerer.answer(asked, Standing(viewer))
        return len(answerer._plans._items)

    assert await statements(*(world.viewer(name) for name in ("Ben", "Ada", "Grace", "Dan"))) == 1
    assert await statements(world.viewer("Lena")) == 2
    assert await statements(Viewer(None, frozenset({Role.LEARNING_ADMIN}), "service:x")) == 2
    assert (
        await statements(Viewer(id_of("Ben"), frozenset(Role), "x", frozenset({Permission.READ_LEARNING})))
        == 3
    )
    assert await statements(world.viewer("Pat"), world.viewer("Auda"), EVERYTHING) == 6


async def test_viewers_of_a_kind_get_their_own_answers(answerer, standing):
    _, world = standing
    asked = Asked("{ viewer { employee { givenName email } } evidence: employees { totalCount } }", None, {})
    for name in ("Ben", "Dan", "Ben"):
        body = await answerer.answer(asked, Standing(world.viewer(name)))
        assert f'"email":"{name.lower()}@example.com"'.encode() in body


class Proof:
    def __init__(self, kind):
        self.kind = kind

    def condition(self, statement):
        return statement.viewer.now.instant.is_not(None)


async def test_a_proof_is_part_of_the_statement(answerer):
    asked = Asked("{ teams { totalCount } }", None, {})
    for proof, count in ((None, 1), (Proof("a"), 2), (Proof("a"), 2), (Proof("b"), 3), (None, 3)):
        await answerer.answer(asked, Standing(EVERYTHING, proof, {}))
        assert len(answerer._plans._items) == count


async def test_operations_of_one_document_have_their_own_statements(answerer):
    document = "query A { a: teams { totalCount } } query B { b: skills { totalCount } }"
    for name in ("A", "B", "A"):
        body = await answerer.answer(Asked(document, name, {}), Standing(EVERYTHING))
        assert body.startswith(b'{"data":{"%s":' % name.lower().encode())
    assert len(answerer._plans._items) == 2
    assert len(answerer._documents._items) == 1


@pytest.mark.parametrize(
    "query",
    [
        "{ teams { nodes { name } } }",
        "{ __typename }",
        "{ __typename teams { totalCount } t: __typename }",
        f'{{ __schema {{ queryType {{ name }} }} teams {{ nodes {{ name }} }} node(id: "{BEN}") {{ id }} }}',
        '{ __type(name: "Team") { name } }',
        "query($b: Boolean = true) { teams @skip(if: $b) { totalCount } }",
    ],
)
async def test_the_first_answer_and_the_next_are_the_same_bytes(query, answerer):
    first = await answerer.answer(Asked(query, None, {}), Standing(EVERYTHING))
    for _ in range(2):
        assert await answerer.answer(Asked(query, None, {}), Standing(EVERYTHING)) == first
    assert b'"extensions":{"cost":{"rows":' in first
    assert b'"errors"' not in first
