"""The schema as it is printed, and what it refuses to be built of."""

from pathlib import Path

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_leaf_type

import verbs
from cairn.access import rules
from cairn.graph.resolve import DeclarationError
from cairn.graph.schema import Schema

PRINTED = Path(__file__).parents[1] / "schema.graphql"


def test_the_printed_schema_is_the_schema(schema):
    assert PRINTED.read_text() == schema.printed(), (
        "the schema changed: run make schema and read the difference"
    )


def test_it_can_be_read_again(schema):
    again = build_schema(schema.printed())
    assert set(again.type_map) == set(schema.core.type_map)
    assert again.type_map["EmployeeOrder"].is_one_of
    assert again.type_map["RequirementInput"].is_one_of
    assert not again.type_map["EmployeeWhere"].is_one_of


def test_everything_is_described(schema):
    found = []
    for name, type_ in schema.core.type_map.items():
        if name.startswith("__"):
            continue
        found.append((name, type_))
        for field, each in getattr(type_, "fields", {}).items():
            found.append((f"{name}.{field}", each))
            found += [
                (f"{name}.{field}({argument}:)", given)
                for argument, given in getattr(each, "args", {}).items()
            ]
        found += [(f"{name}.{value}", each) for value, each in getattr(type_, "values", {}).items()]
    assert [place for place, each in found if not each.description] == []


def test_what_has_an_id_is_a_node(schema):
    for name, type_ in schema.core.type_map.items():
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__"):
            is_node = "Node" in {each.name for each in type_.interfaces}
            assert is_node == (str(getattr(type_.fields.get("id"), "type", "")) == "ID!"), name


def test_every_verb_says_who_may(schema):
    """In the table that `test_verbs.py` puts to the graph."""
    assert not verbs.missing(set(schema.verbs)), verbs.missing(set(schema.verbs))
    assert set(verbs.TABLE) == set(schema.verbs)
    assert 'who may destroy: add "destroy": [case(' in verbs.missing({"destroy", "hire"})


def test_refusals_say_what_is_wrong(schema):
    """Each result of a mutation is a union with the refusals that every mutation may come to."""
    for name, field in schema.core.mutation_type.fields.items():
        union = get_named_type(field.type)
        assert union.name == f"{name[0].upper()}{name[1:]}Result"
        members = {each.name for each in union.types}
        assert {"InvalidInput", "NotFound", "NotAllowed", "KeyReused"} < members, name
        assert any("Refusal" not in {i.name for i in each.interfaces} for each in union.types), name
        given = get_named_type(field.args["input"].type).fields
        assert {"idempotencyKey", "dryRun"} < set(given), name


def test_lists_are_connections(schema):
    for name, type_ in schema.core.type_map.items():
        if not name.endswith("Connection"):
            continue
        assert set(type_.fields) == {"edges", "nodes", "pageInfo", "totalCount"}
        edge = get_named_type(type_.fields["edges"].type)
        assert set(edge.fields) == {"node", "cursor"}
        assert not is_leaf_type(get_named_type(edge.fields["node"].type))


def test_a_table_without_a_rule_does_not_build(monkeypatch):
    monkeypatch.delitem(rules._rules, "skill")
    with pytest.raises(DeclarationError, match="table skill has no access rule: add one"):
        Schema()
