"""Subscriptions: an asynchronous generator says what happened, and the engine reads what was selected of it.

    stream(award_made)

The generator's parameters after `database` and `viewer` are the field's arguments, described by the `Args`
of its docstring. It yields keys of nodes, rows, or records, of one type. Each event is read by one statement,
which also shows the credential to be still good; an event of what the viewer may not see is passed over in
silence.
"""

import dataclasses
import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, get_args, get_type_hints

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.db.tables import Row
from cairn.graph import limits
from cairn.graph.execute import Context, Spliced
from cairn.graph.mutation import input_of, is_given, python_of, sections
from cairn.graph.node import nodes
from cairn.graph.problem import bad_input
from cairn.graph.record import found, node_of_table, record
from cairn.graph.resolve import DeclarationError, camel
from cairn.graph.scalars import ref_of
from cairn.graph.selection import Selector
from cairn.graph.types import Types, argument

Source = Callable[..., AsyncGenerator[Any, None]]


class Lapsed(Exception):  # noqa: N818  # it is about the credential
    """The credential of whoever is told of events does not hold any more."""


class Stream:
    """A generator as a subscription."""

    def __init__(self, source: Source) -> None:
        """Raises `DeclarationError` where the generator does not describe itself."""
        self.source = source
        self.graphql_name = camel(source.__name__)
        self.description, self.documented = sections(inspect.cleandoc(source.__doc__ or ""))
        self.hints = get_type_hints(source, include_extras=True)
        self.parameters = {
            name: each
            for name, each in inspect.signature(source).parameters.items()
            if each.kind is inspect.Parameter.KEYWORD_ONLY
        }
        lacking = sorted(set(self.parameters) - set(self.documented))
        if lacking or not self.description:
            raise DeclarationError(
                f"{source.__name__}: describe {lacking or 'it'} in the docstring, under Args"
            )

    @property
    def _yielded(self) -> Any:
        [yielded, *_] = get_args(self.hints["return"])
        return yielded

    @property
    def is_node(self) -> bool:
        """Whether it tells of nodes, and not of records."""
        return ref_of(self._yielded) is not None or issubclass(self._yielded, Row)

    @property
    def node_name(self) -> str:
        """The type that it tells of."""
        named = ref_of(self._yielded)
        if named is not None:
            return named
        return node_of_table(self._yielded).name if self.is_node else str(self._yielded.__name__)

    def declare(self) -> None:
        """Makes a record that it tells of a type of the graph."""
        if not self.is_node:
            record(self._yielded)

    def field(self, types: Types) -> Any:
        """The field of the Subscription type."""
        field = _Subscription(
            python_name=self.graphql_name,
            graphql_name=self.graphql_name,
            type_annotation=StrawberryAnnotation(types.objects[self.node_name]),
            description=self.description,
            is_subscription=True,
        )
        field.stream = self
        field.arguments = [
            argument(
                camel(name),
                input_of(types, self.hints[name], each.default),
                self.documented[name],
            )
            for name, each in self.parameters.items()
        ]
        return field

    def open(self, database: Database, viewer: Viewer, given: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """What happens from now on. Raises a `Problem` where an argument makes no sense."""
        arguments: dict[str, Any] = {}
        for name in self.parameters:
            value = given.get(camel(name))
            try:
                if camel(name) in given and is_given(self.hints[name], value):
                    arguments[name] = python_of(self.hints[name], value, camel(name))
            except Refusal as refusal:
                raise bad_input(refusal.message) from None
        return self.source(database, viewer, **arguments)


streams: list[Stream] = []
"""The subscriptions of all rooms."""


def stream(source: Source) -> None:
    """Makes a generator a subscription."""
    streams.append(Stream(source))


class _Subscription(StrawberryField):
    stream: Stream

    @property
    def is_basic_field(self) -> bool:
        return False

    @property
    def is_async(self) -> bool:
        return False

    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Any:  # noqa: ARG002  # Strawberry's signature
        return told(self.stream, info.context, info._raw_info.field_nodes, kwargs)  # noqa: SLF001


async def told(
    stream: Stream, context: Context, field_nodes: Any, given: dict[str, Any]
) -> AsyncGenerator[Spliced, None]:
    """What was selected of each event. Raises `Lapsed` where the credential does not hold any more."""
    request, planner = context.request, context.schema.planner
    below = Selector(context.schema.core, context.operation.fragments, request.variables).below(field_nodes)
    node = nodes[stream.node_name]
    planner.check(node, below(node.name))
    plan = planner.result(
        node, below(node.name), request.viewer.permissions, is_node=stream.is_node, proof=context.proof
    )
    async with aclosing(stream.open(context.database, request.viewer, given)) as events:
        async for event in events:
            expires = request.proof.get("expires_at")
            if expires is not None and expires <= now():
                raise Lapsed
            value = found(event, node.name).value
            arguments = plan.arguments(dataclasses.replace(request, now=now(), result=value))
            async with context.database.reads.acquire() as connection:
                row = await connection.fetchrow(plan.text, *arguments, timeout=limits.SECONDS)
            if row is None:
                raise Lapsed
            if row[0] is not None:
                yield Spliced(row[0])
