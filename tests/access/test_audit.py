"""Every verb that is a mutation leaves an audit entry."""

import inspect
import types

import cairn.app  # noqa: F401  # registers every room's verbs
from cairn.access import audit
from cairn.graph.mutation import exposed


def reaches(function, target, seen):
    """Whether a function mentions another one, or calls one of ours that does."""
    function = inspect.unwrap(function)
    if function is target:
        return True
    if function in seen or not function.__module__.startswith("cairn."):
        return False
    seen.add(function)
    return any(reaches(each, target, seen) for each in mentioned(function.__code__, function.__globals__))


def mentioned(code, names):
    """The functions that some code names, also as parts of modules and within functions of its own."""
    for name in code.co_names:
        found = names.get(name)
        if isinstance(found, types.FunctionType):
            yield found
        elif isinstance(found, types.ModuleType):
            parts = (vars(found).get(part) for part in code.co_names)
            yield from (part for part in parts if isinstance(part, types.FunctionType))
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from mentioned(inner, names)


async def silent(tx, viewer):
    """A verb that leaves none."""


def test_every_verb_leaves_an_entry():
    assert not reaches(silent, audit.record, set())
    silent_ones = [each.graphql_name for each in exposed if not reaches(each.verb, audit.record, set())]
    assert silent_ones == [], f"these write no audit entry: {silent_ones}; call audit.record in the verb"
    assert len(exposed) > 20
