"""Verbs as mutations: input and result types from the function itself, one transaction each.

    expose(assign_pathway, AlreadyAssigned)

The verb's parameters after `tx` and `viewer` are the input's fields, described by the `Args` of its
docstring. What it returns is a member of the result union, and so is what it refuses by raising. Every
input also takes `idempotencyKey` and `dryRun`.
"""

import asyncio
import dataclasses
import hashlib
import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
import strawberry
from sqlalchemy.exc import DBAPIError
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import LOST, Transaction, sqlstate
from cairn.db.ranges import now
from cairn.db.tables import Row
from cairn.graph import requirement
from cairn.graph.consider import read, read_in
from cairn.graph.execute import Context, Spliced
from cairn.graph.limits import BULK, TEXT
from cairn.graph.node import camel, nodes, sections
from cairn.graph.problem import Problem
from cairn.graph.record import Found, found, node_of_table, record, repeatable
from cairn.graph.repeat import KeyReused, before, keep
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import UpTo, bindable, listed, optional, ref_of, strip_optional
from cairn.graph.selection import Selector
from cairn.graph.types import Types, argument, input_type
from cairn.requirements.tree import Requirement

Verb = Callable[..., Coroutine[Any, Any, Any]]

TRIES = 3
"""How often a transaction is begun anew that lost against another one."""


COMMON: tuple[type[Refusal], ...] = (InvalidInput, NotFound, NotAllowed, KeyReused)
"""What every mutation may refuse."""


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    """Ends a dry run."""


@dataclass
class Exposed:
    """A verb as a mutation."""

    verb: Verb
    refusals: tuple[type[Refusal], ...]

    @property
    def graphql_name(self) -> str:
        """`assign_pathway` → `assignPathway`."""
        return camel(self.verb.__name__)

    def __post_init__(self) -> None:
        doc = inspect.cleandoc(self.verb.__doc__ or "")
        self.description, documented = sections(doc)
        self.hints = get_type_hints(self.verb, include_extras=True)
        self.parameters = {
            name: each
            for name, each in inspect.signature(self.verb).parameters.items()
            if each.kind is inspect.Parameter.KEYWORD_ONLY
        }
        missing = sorted(set(self.parameters) - set(documented))
        if missing or not self.description:
            raise DeclarationError(
                f"{self.verb.__name__}: describe {missing or 'it'} in the docstring, under Args"
            )
        self.documented = documented

    def field(self, types: Types) -> Any:
        """The field of the Mutation type."""
        stem = self.graphql_name[0].upper() + self.graphql_name[1:]
        objects: Any = tuple(types.objects[each] for each in self.results)
        union = Annotated[
            Union[objects],  # noqa: UP007  # | does not take a tuple
            strawberry.union(f"{stem}Result", description=f"What `{self.graphql_name}` came to."),
        ]
        field = _Mutation(
            python_name=self.graphql_name,
            graphql_name=self.graphql_name,
            type_annotation=StrawberryAnnotation(union),
            description=self.description,
        )
        field.verb = self
        field.arguments = [argument("input", self._input(types, f"{stem}Input"), "What to do, and to what.")]
        return field

    def declare(self) -> None:
        """Makes the records among its results types of the graph."""
        for each in (*self._results(), *self.refusals, *COMMON):
            if not isinstance(each, str):
                record(each)

    @property
    def results(self) -> list[str]:
        """The types that it may come to, by name."""
        members = [*self._results(), *self.refusals, *COMMON]
        return [each if isinstance(each, str) else each.__name__ for each in members]

    def _results(self) -> list[Any]:
        returned = self.hints["return"]
        found: list[Any] = []
        for each in get_args(returned) if get_origin(returned) in {Union, UnionType} else (returned,):
            if (name := ref_of(each)) is not None:
                found.append(name)
            elif isinstance(each, type) and issubclass(each, Row):
                found.append(node_of_table(each).name)
            else:
                found.append(each)
        return found

    @property
    def node_name(self) -> str | None:
        """The type of node whose key the verb returns, where it returns one."""
        return ref_of(self.hints["return"])

    def _input(self, types: Types, name: str) -> Any:
        fields = {
            camel(parameter): (
                input_of(types, self.hints[parameter], each.default),
                self.documented[parameter],
            )
            for parameter, each in self.parameters.items()
        }
        fields["idempotencyKey"] = (
            str | None,
            "A text of your choice: the same request with the same key is done once and answered alike.",
        )
        fields["dryRun"] = (bool | None, "Whether to only show what would come of it, and change nothing.")
        return input_type(name, f"The input of `{self.graphql_name}`.", fields)

    def arguments(self, given: Any) -> dict[str, Any]:
        """The verb's arguments, of the coerced input. Raises `InvalidInput`."""
        found: dict[str, Any] = {}
        for parameter in self.parameters:
            value = getattr(given, camel(parameter))
            if is_given(self.hints[parameter], value):
                found[parameter] = python_of(self.hints[parameter], value, camel(parameter))
        return found


exposed: list[Exposed] = []
"""The verbs of all rooms."""


def expose(verb: Verb, *refusals: type[Refusal]) -> None:
    """Makes a verb a mutation; `refusals` are those of its own, besides the common ones."""
    exposed.append(Exposed(verb, refusals))


class _Mutation(StrawberryField):
    verb: Exposed

    @property
    def is_basic_field(self) -> bool:
        return False

    @property
    def is_async(self) -> bool:
        return True

    async def get_result(self, source: Any, info: Any, args: list[Any], kwargs: Any) -> Spliced:  # noqa: ARG002  # Strawberry's signature
        return await perform(self.verb, info.context, info._raw_info.field_nodes, kwargs["input"])  # noqa: SLF001


async def perform(verb: Exposed, context: Context, field_nodes: Any, given: Any) -> Spliced:
    """Runs a verb and reads what was selected of its result, in the verb's own transaction."""
    answer = Answer(context, field_nodes)
    arguments: dict[str, Any] = {}
    try:
        answer.check(verb.results)
        arguments = verb.arguments(given)
        call = _Call(verb, answer, context.request.viewer, arguments, given.idempotencyKey or None)
        for attempt in range(TRIES):
            try:
                return Spliced(await call.run(dry=given.dryRun is True))
            except DBAPIError as error:
                if sqlstate(error) not in LOST or attempt == TRIES - 1:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError
    except Refusal as refusal:
        await _note(context, verb, arguments, refusal)
        return Spliced(await answer.read(found(refusal)))


async def _note(context: Context, verb: Exposed, arguments: Mapping[str, Any], refusal: Refusal) -> None:
    """Has the audit know of what somebody may not do, also where they are told that it is not there.

    What is really not there is nothing to notice.
    """
    viewer = context.request.viewer
    if context.refused is None or not isinstance(refusal, NotAllowed | NotFound):
        return
    named = [(name, arguments[name]) for name in arguments if isinstance(arguments[name], UUID)]
    subjects = [(ref, id_) for name, id_ in named if (ref := ref_of(strip_optional(verb.hints[name])[0]))]
    if isinstance(refusal, NotFound):
        subjects = [each for each in subjects if each[1] == refusal.id]
        if not subjects or not await _exists(context, *subjects[0]):
            return
    told = {"mutation": verb.graphql_name, "refusal": type(refusal).__name__}
    subject = subjects[0] if subjects else None
    await context.refused.note(viewer.name, viewer, "mutation.refuse", told, subject)


async def _exists(context: Context, type_: str, id_: UUID) -> bool:
    table = nodes[type_].table
    if table is None:
        return False
    async with context.database.transaction() as tx:
        return await tx.get(table, id_) is not None


@dataclass
class _Call:
    """One mutation of one request."""

    verb: Exposed
    answer: "Answer"
    viewer: Viewer
    arguments: dict[str, Any]
    key: str | None

    async def run(self, *, dry: bool) -> bytes | None:
        """Runs it in a transaction, which a dry run rolls back after reading from it."""
        json: bytes | None = None
        with suppress(_Rehearsed):
            async with self.answer.context.database.transaction() as tx:
                result = await self._replayed(tx) or await self._done(tx)
                json = await self.answer.read(result, tx)
                if dry:
                    raise _Rehearsed
        return json

    async def _done(self, tx: Transaction) -> Found:
        value = await self.verb.verb(tx, self.viewer, **self.arguments)
        result = found(value, self.verb.node_name)
        if self.key is not None:
            again = found(repeatable(value), self.verb.node_name)
            await keep(tx, self.viewer, self.key, asdict(again))
        return result

    async def _replayed(self, tx: Transaction) -> Found | None:
        """What the same request came to before."""
        if self.key is None:
            return None
        given = orjson.dumps(self.arguments, default=_hashable, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(given).hexdigest()
        result = await before(tx, self.viewer, self.key, self.verb.graphql_name, digest)
        return None if result is None else Found(**result)


def _hashable(value: Any) -> Any:
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return dataclasses.asdict(value) if is_record else str(value)


class Answer:
    """Reads what was selected of a result."""

    def __init__(self, context: Context, field_nodes: Any) -> None:
        self.context = context
        operation, request = context.operation, context.request
        self.below = Selector(context.schema.core, operation.fragments, request.variables).below(field_nodes)

    def check(self, types: Iterable[str]) -> None:
        """Checks what is selected of what it may come to, before anything is done. Raises a `Problem`."""
        for name in types:
            self.context.schema.planner.check(nodes[name], self.below(name))

    async def read(self, result: Found, tx: Transaction | None = None) -> bytes | None:
        """The JSON of a result; with `tx`, as its transaction sees the world."""
        plan = self.context.schema.planner.result(
            nodes[result.type],
            self.below(result.type),
            self.context.request.viewer.permissions,
            is_node=result.is_node,
        )
        # What the verb has just written holds from an instant after the request came in.
        request = dataclasses.replace(self.context.request, now=now(), result=result.value)
        row = await (read(self.context.database, plan, request) if tx is None else read_in(tx, plan, request))
        return None if row is None else row[0]


def python_of(annotation: Any, value: Any, path: str) -> Any:
    """A coerced input value as the verb takes it. Raises `InvalidInput` with the path."""
    core, _ = strip_optional(annotation)
    if value is None:
        return None
    if get_origin(core) is list:
        if len(value) > BULK:
            raise invalid(path, f"at most {BULK} at once; send the rest in another request")
        return [python_of(get_args(core)[0], each, f"{path}.{n}") for n, each in enumerate(value)]
    if dataclasses.is_dataclass(core):
        hints = get_type_hints(core, include_extras=True)
        given = {name: getattr(value, camel(name)) for name in hints}
        return core(  # type: ignore[operator]
            **{
                name: python_of(hints[name], each, f"{path}.{camel(name)}")
                for name, each in given.items()
                if is_given(hints[name], each)
            }
        )
    if core == Requirement:
        return requirement.read(value, path)
    marks = getattr(core, "__metadata__", ())
    most = next((each.characters for each in marks if isinstance(each, UpTo)), TEXT)
    if isinstance(value, str) and len(value) > most:
        raise invalid(path, f"at most {most} characters")
    if ref_of(core) is not None:
        try:
            return bindable(core)(value)
        except Problem as problem:
            raise invalid(path, problem.message) from None
    return value


def is_given(annotation: Any, value: Any) -> bool:
    """Whether there is a value; null, where None is none, stands for the default."""
    return value is not strawberry.UNSET and (value is not None or strip_optional(annotation)[1])


def input_of(types: Types, annotation: Any, default: Any) -> Any:
    """The GraphQL input type of a parameter; one with a default may be left out."""
    core, nullable = strip_optional(annotation)
    inner = get_args(core)[0] if get_origin(core) is list else core
    is_record = isinstance(inner, type) and dataclasses.is_dataclass(inner)
    if inner == Requirement:
        made = requirement.requirement_input(types)
    else:
        made = types.input_record(inner, input_of) if is_record else types.leaf(inner)
    if inner is not core:
        made = listed(made)
    may_be_left_out = nullable or default is not inspect.Parameter.empty
    return optional(made) if may_be_left_out else made
