"""Subscriptions: an asynchronous generator says what happened, and the engine reads what was selected of it.

    stream(award_made)
    stream(matrix_changed, reads="team_matrix")

The generator's parameters after `ear` and `viewer` are the field's arguments, described by the `Args` of its
docstring. It yields keys of nodes, rows, or records, of one type. Each event is read by one statement, which
also shows the credential to be still good; an event of what the viewer may not see is passed over in silence.

One that `reads` a field of Query has the type and the arguments of that field, and yields whatever it likes
whenever the answer may be another. It is told only where the answer is another to this viewer, so that
nobody learns when something has changed that they may not see. What it yields first is what it begins with.
"""

import asyncio
import dataclasses
import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from hashlib import blake2b
from typing import Any, Protocol, get_args, get_type_hints

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.ranges import now
from cairn.db.tables import Row
from cairn.graph.consider import read
from cairn.graph.execute import Context, Spliced
from cairn.graph.frame import Request
from cairn.graph.mutation import input_of, is_given, python_of
from cairn.graph.node import Field, One, camel, nodes, sections
from cairn.graph.plan import Plan
from cairn.graph.problem import Code, Problem, bad_input
from cairn.graph.record import found, node_of_table, record
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import ref_of
from cairn.graph.selection import Selected, Selector
from cairn.graph.types import Types, argument

Source = Callable[..., AsyncGenerator[Any, None]]


class Ear(Protocol):
    """How a subscription hears what happens (`jobs/live.py`)."""

    since: str | None
    """From where on it was asked to hear; None for from now on."""
    position: str | None
    """From where one may go on who has had all answers so far; None before it listens."""
    listens: asyncio.Event
    """Set when it does."""

    def rest(self) -> str | None:
        """The position, brought up to date where no answer waits; None while one is on its way."""
        ...


class Live(Protocol):
    """What happens, for all who listen (`jobs/live.py`)."""

    def ear(self, since: str | None = None) -> Ear:
        """One who listens."""
        ...

    async def aclose(self) -> None:
        """Stops listening."""
        ...


class Lapsed(Exception):  # noqa: N818  # it is about the credential
    """The credential of whoever is told of events does not hold any more."""


class Stream:
    """A generator as a subscription."""

    def __init__(self, source: Source, reads: str = "") -> None:
        """Raises `DeclarationError` where the generator does not describe itself."""
        self.source = source
        self.reads = reads
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
        if self.reads:
            return False
        return ref_of(self._yielded) is not None or issubclass(self._yielded, Row)

    @property
    def _field_read(self) -> Field:
        """The field of Query that it reads. Raises `DeclarationError`."""
        field = nodes["Query"].fields.get(self.reads)
        if not isinstance(field, One) or not set(self.parameters) <= set(field.arguments):
            raise DeclarationError(
                f"{self.source.__name__}: {self.reads} must be an object of Query that has its arguments"
            )
        return field

    @property
    def node_name(self) -> str:
        """The type that it tells of."""
        if self.reads:
            return str(self._field_read.type)
        named = ref_of(self._yielded)
        if named is not None:
            return named
        return node_of_table(self._yielded).name if self.is_node else str(self._yielded.__name__)

    def declare(self) -> None:
        """Makes a record that it tells of a type of the graph."""
        if not (self.reads or self.is_node):
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

    def open(self, ear: Ear | None, viewer: Viewer, given: dict[str, Any]) -> AsyncGenerator[Any, None]:
        """What happens from now on. Raises a `Problem` where an argument makes no sense."""
        arguments: dict[str, Any] = {}
        for name in self.parameters:
            value = given.get(camel(name))
            try:
                if camel(name) in given and is_given(self.hints[name], value):
                    arguments[name] = python_of(self.hints[name], value, camel(name))
            except Refusal as refusal:
                raise bad_input(refusal.message) from None
        return self.source(ear, viewer, **arguments)


streams: list[Stream] = []
"""The subscriptions of all rooms."""


def stream(source: Source, *, reads: str = "") -> None:
    """Makes a generator a subscription; one that `reads` a field of Query is answered as that field is."""
    streams.append(Stream(source, reads))


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
    request = context.request
    plan = _plan(stream, context, field_nodes)
    resumed = context.ear is not None and context.ear.since is not None
    last: bytes | None = None
    async with aclosing(stream.open(context.ear, request.viewer, given)) as events:
        try:
            async for event in events:
                expires = request.proof.get("expires_at")
                if expires is not None and expires <= now():
                    raise Lapsed
                value = "" if stream.reads else found(event, stream.node_name).value
                asked = dataclasses.replace(request, now=now(), result=value)
                async with context.turns:
                    row = await read(context.database, plan, asked)
                if row is None:
                    raise Lapsed
                if stream.reads:
                    before, last = last, _digest(row[0], asked)
                    if last == before or (before is None and not resumed):
                        continue
                if row[0] is not None:
                    yield Spliced(row[0])
        except Refusal as refusal:
            raise Problem(Code.MISSED, refusal.message) from None


def _plan(stream: Stream, context: Context, field_nodes: Any) -> Plan:
    """The statement that each event is read by."""
    request, planner = context.request, context.schema.planner
    selector = Selector(context.schema.core, context.operation.fragments, request.variables)
    permissions = request.viewer.permissions
    if stream.reads:
        [selected] = selector.operation(context.operation.node)
        field = Selected(selected.key, camel(stream.reads), selected.arguments, selected.of)
        plan: Plan = planner.query([field], permissions, context.proof)
        return plan
    below = selector.below(field_nodes)
    node = nodes[stream.node_name]
    planner.check(node, below(node.name))
    read: Plan = planner.result(
        node, below(node.name), permissions, is_node=stream.is_node, proof=context.proof
    )
    return read


def _digest(answer: bytes | None, request: Request) -> bytes:
    """What tells whether an answer is another; that it was asked for at another time makes it none."""
    instant = request.now.isoformat().removesuffix("+00:00").encode()
    return blake2b((answer or b"").replace(instant.rstrip(b"0"), b""), digest_size=16).digest()
