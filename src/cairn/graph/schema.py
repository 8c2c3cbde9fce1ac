"""The schema: every declaration of every room as one Strawberry schema, checked before it is served."""

from collections.abc import Iterable, Mapping
from typing import Any

import strawberry
from graphql import GraphQLInputObjectType, GraphQLSchema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.field import StrawberryField

from cairn.access.rules import missing, ruled
from cairn.db.tables import Table_
from cairn.graph.execute import Executor, Spliced
from cairn.graph.mutation import Exposed
from cairn.graph.node import Field, Lookup, Node, camel, node, nodes
from cairn.graph.plan import Planner
from cairn.graph.resolve import DeclarationError, resolve
from cairn.graph.scalars import SCALARS, listed, optional
from cairn.graph.stream import Stream
from cairn.graph.think import Thought
from cairn.graph.types import Types, argument, fill, member


@node()
class Query:
    """All that can be read; each operation is answered from one moment."""


nodes["Query"].fields |= {
    "node": Lookup(
        name="node", description="Anything that has an id, by it; null where there is none you may see."
    ),
    "nodes": Lookup(
        name="nodes",
        several=True,
        description="Things by their ids, in the same order; null where there is none you may see.",
    ),
}


class Answered(StrawberryField):
    """A root field that the engine has answered by the time the executor asks."""

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Spliced:  # noqa: ARG002  # Strawberry's signature
        """The engine's JSON for the response key at hand."""
        return Spliced(info.context.answers[info.path.key])

    @property
    def is_basic_field(self) -> bool:
        """No: the answer is not an attribute of anything."""
        return False


class Schema:
    """What is served: Strawberry's schema, and how the engine reads it."""

    def __init__(
        self,
        verbs: Iterable[Exposed] = (),
        streams: Iterable[Stream] = (),
        thoughts: Iterable[Thought] = (),
    ) -> None:
        """Raises `DeclarationError` where a declaration does not fit its table, or a table has no rule."""
        for table in sorted(set(Table_.metadata.tables) - ruled()):
            raise DeclarationError(missing(table))
        verbs = list(verbs)
        streams, thoughts = list(streams), list(thoughts)
        for verb in verbs:
            verb.declare()
        for stream in streams:
            stream.declare()
        for thought in thoughts:
            thought.declare()
        resolve(nodes)
        types = Types()
        query = nodes["Query"]
        types.build([each for each in nodes.values() if each is not query])
        self.by_graphql_name: dict[str, dict[str, Field]] = {
            name: {camel(each.name): each for each in declared.fields.values()}
            for name, declared in nodes.items()
        }
        self.planner = Planner(self.by_graphql_name)
        self.verbs = {verb.graphql_name: verb for verb in verbs}
        self.thoughts = {each.graphql_name: each.field(types) for each in thoughts}
        """The root fields that Python answers."""
        self.strawberry = strawberry.Schema(
            query=_root("Query", query.description, _query_fields(types, query) | self.thoughts),
            mutation=_root(
                "Mutation",
                "All that can be changed; each field is one transaction.",
                _mutations(types, self.verbs),
            )
            if self.verbs
            else None,
            subscription=_root(
                "Subscription",
                "All that one can be told of as it happens.",
                {each.graphql_name: each.field(types) for each in streams},
            )
            if streams
            else None,
            types=[cls for name, cls in types.objects.items() if nodes[name].identified],
            execution_context_class=Executor,
            config=StrawberryConfig(scalar_map=SCALARS, auto_camel_case=False),
        )
        self.core: GraphQLSchema = self.strawberry._schema  # noqa: SLF001  # the schema that Strawberry executes

    def printed(self) -> str:
        """The schema as text, sorted, for `schema.graphql`."""
        sorted_ = lexicographic_sort_schema(self.core)
        for type_ in sorted_.type_map.values():
            if isinstance(type_, GraphQLInputObjectType):  # Strawberry tells introspection alone
                type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of
        return print_schema(sorted_) + "\n"


def _root(name: str, description: str, fields: Mapping[str, Any]) -> Any:
    return strawberry.type(fill(type(name, (), {}), fields), name=name, description=description)


def _query_fields(types: Types, query: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in query.fields.values():
        made = _lookup(types, each) if isinstance(each, Lookup) else types.field(each)
        field = Answered(
            python_name=made.python_name,
            graphql_name=made.graphql_name,
            type_annotation=made.type_annotation,
            description=made.description,
        )
        field.arguments = made.arguments
        found[made.python_name] = field
    return found


def _lookup(types: Types, field: Lookup) -> Any:
    single = optional(types.node_interface)
    if field.several:
        ids = argument("ids", list[strawberry.ID], "Their ids; 200 at most.")
        return member(field.name, listed(single), field.description, [ids])
    return member(field.name, single, field.description, [argument("id", strawberry.ID, "Its id.")])


def _mutations(types: Types, verbs: Mapping[str, Exposed]) -> dict[str, Any]:
    return {name: verb.field(types) for name, verb in verbs.items()}
