"""The engine against the slow reference, on documents that nobody thought of."""

import json
from functools import cache

import orjson
import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from cairn.access.permissions import Permission, Role
from cairn.access.viewer import Viewer
from cairn.graph.problem import Code, Problem
from cairn.graph.serve import Answerer, Asked, Standing
from graph.academy import NOW
from graph.documents import documents
from graph.examples import examples
from graph.reference import Reference
from world import EVERYTHING

PROGRAM = Viewer(None, frozenset({Role.HRIS}), "service:feed", frozenset({Permission.READ_PEOPLE}))
VIEWERS = ("Grace", "Ada", "Ben", "Dan", "Lena", "Pat", "Auda", "a program", "the system")


def viewer_named(name, world):
    return {"a program": PROGRAM, "the system": EVERYTHING}.get(name) or world.viewer(name)


@pytest.fixture(scope="module")
def reference_for(schema, standing):
    """The reference of a viewer, which keeps what it has found out."""
    database, _ = standing
    return cache(lambda viewer: Reference(schema, database, viewer, NOW))


@pytest.mark.parametrize("name", VIEWERS)
@examples(25)
@given(data=st.data())
async def test_the_engine_answers_as_the_reference_does(
    name, data, schema, standing, ids, reader, reference_for
):
    database, world = standing
    viewer = viewer_named(name, world)
    drawn = data.draw(documents(schema.core, ids))
    if any(True for _ in drawn.cursors()):
        query, variables = drawn.written(variables=True, probing=True)
        drawn.take(await allowed(reader, query, variables, viewer))

    query, _ = drawn.written(variables=False)
    note(query)
    first = await allowed(reader, query, None, viewer)
    again = await reader.raw(query, viewer=viewer)
    assert orjson.loads(again)["data"] == first["data"]
    await reader.raw(f"{query}\n# a", viewer=viewer)
    of_its_form = await reader.raw(f"{query}\n# b", viewer=viewer)  # its values taken out of it
    assert orjson.loads(of_its_form) == first

    asked, variables = drawn.written(variables=True)
    note(f"{asked}\n{variables}")
    assert (await reader.data(asked, variables, viewer=viewer)) == first["data"]
    _, others = drawn.written(variables=True, other=True)
    note(f"others: {others}")
    other = await allowed(reader, asked, others, viewer)
    anew = await Answerer(schema, database).answer(Asked(asked, None, others), Standing(viewer))
    assert orjson.loads(anew) == other

    reference = reference_for(viewer)
    assert ordered(first["data"]) == ordered(await reference.answer(query))
    assert ordered(other["data"]) == ordered(await reference.answer(asked, others))


async def allowed(reader, query, variables, viewer):
    """The answer, if the drawn document asks for no more than is allowed."""
    try:
        return orjson.loads(await reader.raw(query, variables, viewer=viewer))
    except Problem as problem:
        is_too_shallow = problem.message.startswith("depth: is 1 or more")
        assert problem.code is Code.LIMIT or is_too_shallow, problem  # noqa: PT017
        assume(False)


def ordered(data):
    """With the order of members, which counts too; a whole number is the same with a point and without."""
    return json.dumps(_plain(data))


def _plain(value):
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list():
            return [_plain(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
