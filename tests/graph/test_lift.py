"""Values that are written into a query: as good as variables, and told of as they were written."""

import json

import pytest
from graphql import parse

from cairn.graph.document import Refused
from cairn.graph.lift import STAYS, lift, taken_apart
from cairn.graph.problem import Problem
from cairn.graph.serve import Answerer, Asked, Standing
from world import EVERYTHING, id_of

BEN, ADA = f"Employee:{id_of('Ben')}", f"Employee:{id_of('Ada')}"
OF_BEN = f'{{ employee(id: "{BEN}") {{ id }} }}'
SAME_FORM = {
    "ids": ('{ employee(id: "%s") { givenName } }', BEN, ADA),
    "sizes": ("{ employees(first: %s) { nodes { givenName } } }", 2, 3),
    "dates": (
        'query A { employee(id: "' + BEN + '", at: "%s") { title } }',
        "2022-01-01T00:00:00Z",
        "2025-01-01T00:00:00Z",
    ),
    "lists": ('{ employees(where: { title: { in: ["%s", "x"] } }) { totalCount } }', "Engineer", "Auditor"),
    "one for a list": ('{ employees(where: { title: { in: "%s" } }) { totalCount } }', "Engineer", "Auditor"),
    "block texts": (
        '{ employees(where: { title: { eq: """%s""" } }) { totalCount } }',
        "Engineer",
        "Auditor",
    ),
    "escapes": (
        r'{ employees(where: { title: { eq: "\u0045%s" } }) { totalCount } }',
        "ngineer",
        "xecutive",
    ),
    "fragments": (
        "query Q { ...q } fragment q on Query { employees(first: %s) { nodes { givenName } } }",
        1,
        2,
    ),
    "beside variables": (
        'query Q($n: Int = null) { employee(id: "%s") { givenName reports(first: $n) { totalCount } } }',
        BEN,
        ADA,
    ),
    "comments": ("{ employees(first: 1) { nodes { givenName } } } # %s", "a", 'b "c" 1'),
}


def spy(monkeypatch, answerer):
    """The texts that are validated and planned from now on."""
    read = []
    real = answerer._as_it_is
    monkeypatch.setattr(answerer, "_as_it_is", lambda text, *form: read.append(text) or real(text, *form))
    return read


@pytest.mark.parametrize(("form", "one", "other"), SAME_FORM.values(), ids=SAME_FORM)
async def test_texts_of_a_form_share_all_that_is_made_of_them(
    form, one, other, schema, standing, monkeypatch
):
    database, _ = standing

    async def answer(answerer, value):
        asked = Asked(form.replace("%s", str(value)), None, {})
        return await answerer.answer(asked, Standing(EVERYTHING))

    alone = [await answer(Answerer(schema, database), value) for value in (one, other)]
    answerer = Answerer(schema, database)
    read = spy(monkeypatch, answerer)
    assert [await answer(answerer, value) for value in (one, other)] == alone
    several = len(read)
    plans = len(answerer._plans._items)
    fresh = [await answer(answerer, value) for value in (other, one, other)]
    assert fresh == [alone[1], alone[0], alone[1]]
    assert (len(read), len(answerer._plans._items)) == (several, plans)


async def test_what_was_seen_in_two_texts_is_known_in_any_other(schema, standing, monkeypatch):
    database, _ = standing
    answerer = Answerer(schema, database)
    read = spy(monkeypatch, answerer)

    async def names(*people):
        found = []
        for each in people:
            text = f'{{ employee(id: "Employee:{id_of(each)}") {{ givenName }} }}'
            body = await answerer.answer(Asked(text, None, {}), Standing(EVERYTHING))
            found.append(json.loads(body)["data"]["employee"]["givenName"])
        return found

    assert await names("Ben", "Ada") == ["Ben", "Ada"]
    assert len(read) == 2, "the text itself, and the one with a variable"
    assert await names("Cleo", "Dan", "Grace") == ["Cleo", "Dan", "Grace"]
    assert len(read) == 2


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("{ employees(first: 2) { totalCount } }", "{ employees(first: 201) { totalCount } }"),
        ("{ employees(first: 2) { totalCount } }", "{ employees(first: 99999999999) { totalCount } }"),
        ("{ employees(first: 2) { totalCount } }", "{ employees(first: 2.0) { totalCount } }"),
        ("{ employees(first: 2) { totalCount } }", "{ employees(first: 007) { totalCount } }"),
        (OF_BEN, '{ employee(id: "nonsense") { id } }'),
        (OF_BEN, r'{ employee(id: "\u0000") { id } }'),
        (OF_BEN, r'{ employee(id: "\q") { id } }'),
        (
            OF_BEN.replace(")", ', at: "2025-01-01T00:00:00Z")'),
            OF_BEN.replace(")", ', at: "yesterday")'),
        ),
    ],
)
async def test_what_is_wrong_is_told_of_what_was_written(right, wrong, schema, standing):
    database, _ = standing

    async def refusal(*texts):
        answerer = Answerer(schema, database)
        for text in texts:
            await answerer.answer(Asked(text, None, {}), Standing(EVERYTHING))
        with pytest.raises((Refused, Problem)) as caught:
            await answerer.answer(Asked(wrong, None, {}), Standing(EVERYTHING))
        errors = getattr(caught.value, "errors", [caught.value])
        return [(each.message, each.locations) for each in errors]

    known = right.replace("first: 2", "first: 3").replace(BEN, ADA)
    assert await refusal(right, known) == await refusal()


@pytest.mark.parametrize(
    "text",
    [
        "query ($n: Int = 2) { employees(first: $n) { totalCount } }",
        "query A { employees(first: 2) { totalCount } } query B { teams(first: 2) { totalCount } }",
        'mutation { createTeam(input: { name: "x" }) { __typename } }',
        '{ __type(name: "Employee") { name } }',
        "query ($lifted_0: Int) { a: teams(first: $lifted_0) { totalCount } teams(first: 1) { totalCount } }",
    ],
)
def test_what_is_unusual_is_read_as_it_is(text, schema):
    assert lift(schema.core, parse(text), text, schema.thoughts) is STAYS


async def test_equal_values_that_make_two_fields_one_stay(schema, standing, monkeypatch):
    database, _ = standing
    answerer = Answerer(schema, database)
    read = spy(monkeypatch, answerer)
    for n in (1, 2, 3, 4):
        text = f"{{ a: teams(first: {n}) {{ totalCount }} a: teams(first: {n}) {{ totalCount }} }}"
        assert b'"errors"' not in await answerer.answer(Asked(text, None, {}), Standing(EVERYTHING))
    assert len([text for text in read if "lifted" in text]) == 1, "what cannot be is tried once"


def test_forms_tell_kinds_of_values_apart():
    assert taken_apart('{ a(b: "x") }')[0] == taken_apart('{ a(b: "y\\"z") }')[0]
    different = [
        '{ a(b: "x") }',
        "{ a(b: 1) }",
        "{ a(b: 1.5) }",
        "{ a(b: x) }",
        "{ a1(b: x) }",
        "{ a(b: #\nx) }",
    ]
    assert len({taken_apart(text)[0] for text in different}) == len(different)


def test_a_text_is_taken_apart_in_time_that_grows_with_it():
    for hostile in ('"""' + '\\"""' * 30_000, '"' * 99_999, "1" * 99_999, "-" * 99_999, '"\\' * 40_000):
        form, written = taken_apart(hostile)
        assert len(form) + sum(map(len, written)) >= 1
