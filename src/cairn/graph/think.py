"""Questions that need thinking and not only reading: root fields that Python answers.

    think(evaluate)

The function's parameters after `tx` and `viewer` are the field's arguments, described by the `Args` of its
docstring. It reads facts by a few set-based statements, never one a person, in a transaction that sees one
moment and writes nothing; what it comes to, a record or the key of a node, is completed by the engine in the
same transaction. A function that may refuse names its refusals in its return type, and the field is a union;
any other refusal is a problem of the request.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import strawberry
from sqlalchemy import text
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from cairn.access.refusal import InvalidInput, Refusal
from cairn.db.engine import Transaction
from cairn.graph import limits
from cairn.graph.execute import Context, Spliced
from cairn.graph.mutation import Answer, input_of, is_given, python_of
from cairn.graph.node import camel, nodes, sections
from cairn.graph.problem import bad_input
from cairn.graph.record import found, is_refusal, record
from cairn.graph.requirement import wrong
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import optional, ref_of, strip_optional
from cairn.graph.types import Types, argument

T = TypeVar("T")
Thinking = Callable[..., Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class Later(Generic[T]):
    """What a question comes to after work that needs no database: its connection is given back before."""

    work: Callable[[], Awaitable[T]]


class Thought:
    """A function as a root field of the graph."""

    def __init__(self, thinking: Thinking) -> None:
        """Raises `DeclarationError` where the function does not describe itself."""
        self.thinking = thinking
        self.graphql_name = camel(thinking.__name__)
        self.description, self.documented = sections(inspect.cleandoc(thinking.__doc__ or ""))
        self.hints = get_type_hints(thinking, include_extras=True)
        self.parameters = {
            name: each
            for name, each in inspect.signature(thinking).parameters.items()
            if each.kind is inspect.Parameter.KEYWORD_ONLY
        }
        lacking = sorted(set(self.parameters) - set(self.documented))
        if lacking or not self.description:
            raise DeclarationError(
                f"{thinking.__name__}: describe {lacking or 'it'} in the docstring, under Args"
            )
        returned = self.hints["return"]
        core, self.nullable = strip_optional(
            get_args(returned)[0] if get_origin(returned) is Later else returned
        )
        self._members = get_args(core) if get_origin(core) in {Union, UnionType} else (core,)

    def declare(self) -> None:
        """Makes the records that it comes to types of the graph."""
        for each in self._members:
            if ref_of(each) is None:
                record(each)

    @property
    def results(self) -> list[str]:
        """The types that it may come to, by name."""
        return [ref_of(each) or each.__name__ for each in self._members]

    def field(self, types: Types) -> Any:
        """The field of the Query type."""
        objects: Any = tuple(types.objects[each] for each in self.results)
        stem = self.graphql_name[0].upper() + self.graphql_name[1:]
        made: Any = objects[0]
        if len(objects) > 1:
            made = Annotated[
                Union[objects],  # noqa: UP007  # | does not take a tuple
                strawberry.union(f"{stem}Result", description=f"What `{self.graphql_name}` came to."),
            ]
        field = _Thought(
            python_name=self.graphql_name,
            graphql_name=self.graphql_name,
            type_annotation=StrawberryAnnotation(optional(made) if self.nullable else made),
            description=self.description,
        )
        field.thought = self
        field.arguments = [
            argument(camel(name), input_of(types, self.hints[name], each.default), self.documented[name])
            for name, each in self.parameters.items()
        ]
        return field

    async def answer(self, context: Context, field_nodes: Any, given: dict[str, Any]) -> Spliced:
        """Thinks, and reads what was selected of what it came to. Raises a `Problem`."""
        answer = Answer(context, field_nodes)
        answer.check(self.results)
        try:
            async with asyncio.timeout(limits.SECONDS):
                async with context.database.transaction() as tx:
                    await tx.execute(text("set transaction isolation level repeatable read, read only"))
                    value = await self._asked(tx, context, given)
                    if not isinstance(value, Later):
                        return await self._told(answer, value, tx)
                return await self._told(answer, await value.work())
        except InvalidInput as refusal:
            raise wrong(refusal) from None
        except Refusal as refusal:
            raise bad_input(refusal.message) from None

    async def _asked(self, tx: Transaction, context: Context, given: dict[str, Any]) -> Any:
        try:
            return await self.thinking(tx, context.request.viewer, **self._arguments(given))
        except Refusal as refusal:
            if type(refusal).__name__ in self.results:
                return refusal
            raise

    async def _told(self, answer: Answer, value: Any, tx: Transaction | None = None) -> Spliced:
        if value is None:
            return Spliced(None)
        name = next((each for each in self.results if not is_refusal(nodes[each])), None)
        return Spliced(await answer.read(found(value, name), tx))

    def _arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        return {
            name: python_of(self.hints[name], given[camel(name)], camel(name))
            for name in self.parameters
            if camel(name) in given and is_given(self.hints[name], given[camel(name)])
        }


thoughts: list[Thought] = []
"""The questions of all rooms."""


def think(thinking: Thinking) -> None:
    """Makes a function a root field of the graph."""
    thoughts.append(Thought(thinking))


class _Thought(StrawberryField):
    thought: Thought

    @property
    def is_basic_field(self) -> bool:
        return False

    @property
    def is_async(self) -> bool:
        return True

    async def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Spliced:  # noqa: ARG002  # Strawberry's signature
        return await self.thought.answer(info.context, info._raw_info.field_nodes, kwargs)  # noqa: SLF001
