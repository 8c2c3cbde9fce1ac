"""The hot path: parameters → PostgreSQL → bytes on the wire.

A query that was seen before, with variables of a form that was seen before, from a viewer of a kind that
was seen before, costs one look-up and one statement; neither Strawberry nor the executor is on its way.
Everything else goes round by `execute.py`.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import orjson
from asyncpg import PostgresError
from graphql import ExecutionResult, OperationType
from starlette.types import Scope

from cairn.access.refused import Refused
from cairn.access.viewer import Viewer
from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.graph import limits
from cairn.graph.consider import read
from cairn.graph.document import Document, Operation
from cairn.graph.document import Refused as Refusal
from cairn.graph.execute import Context, formatted, run, subscribed, too_much
from cairn.graph.frame import Request
from cairn.graph.lift import STAYS, Lifted, lift, taken_apart
from cairn.graph.plan import Plan, Proof
from cairn.graph.problem import Code, Problem
from cairn.graph.schema import Schema
from cairn.graph.selection import Selected, Selector
from cairn.graph.stream import Ear, Lapsed, Live
from cairn.graph.trusted import NONE, Documents

log = logging.getLogger("cairn.graph")

DOCUMENTS = 250_000
"""Characters of the documents that are kept, the least recently used going first; each takes 100 bytes."""
PLANS = 3_000_000
"""Characters of the statements that are kept likewise; each takes three bytes."""
SMALL = 1_000
"""Characters that a document or a statement counts for at least: a small one takes room beside its text."""

_INTROSPECTION = {"__schema", "__type"}
"""What the executor answers by itself."""

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """What was made before, as long as there is room."""

    def __init__(self, room: int) -> None:
        self._items: OrderedDict[K, V] = OrderedDict()
        self._sizes: dict[K, int] = {}
        self._left = room

    def get(self, key: K) -> V | None:
        """What was kept under `key`."""
        found = self._items.get(key)
        if found is not None:
            self._items.move_to_end(key)
        return found

    def keep(self, key: K, value: V, size: int = 1) -> V:
        """Keeps a value of a size, in place of those that were not asked for longest."""
        self._items[key] = value
        self._items.move_to_end(key)
        self._left += self._sizes.get(key, 0) - size
        self._sizes[key] = size
        while self._left < 0 and len(self._items) > 1:
            oldest, _ = self._items.popitem(last=False)
            self._left += self._sizes.pop(oldest)
        return value


@dataclass(frozen=True)
class Standing:
    """Who asks, and how the statement that answers them shows that they still may."""

    viewer: Viewer
    proof: Proof | None = None
    values: Mapping[str, Any] | None = None


class Door(Protocol):
    """How requests are let in (`identity/door.py`)."""

    async def enter(self, scope: Scope) -> "Standing | Turned":
        """Who asks."""
        ...

    async def recheck(self, scope: Scope, standing: Standing) -> "Standing | Turned":
        """Who asks, after a statement did not find them to be so any more."""
        ...


@dataclass(frozen=True)
class Turned:
    """A request that is not let in."""

    status: int
    code: Code
    message: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(slots=True)
class Asked:
    """The parameters of a GraphQL request."""

    query: str
    operation_name: str | None
    variables: Mapping[str, Any]
    after: str | None = None
    """Of a subscription, the position from where on to tell what happened."""
    is_resumable: bool = False
    """Whether positions are to be told also where nothing has happened."""


@dataclass(frozen=True)
class Known:
    """What a text says: a document, and the values that were taken out of it (`lift.py`)."""

    document: Document
    values: Mapping[str, Any] = field(default_factory=dict)


class Answerer:
    """Answers operations; knows nothing of HTTP."""

    def __init__(
        self, schema: Schema, database: Database, live: Live | None = None, documents: Documents = NONE
    ) -> None:
        self.documents = documents
        self.schema = schema
        self.database = database
        self.live = live
        self._subscriptions: Counter[str] = Counter()
        """How many each viewer has."""
        self._turns = asyncio.Semaphore(limits.TOLD)
        self._refused = Refused(database)
        self._documents: Kept[str, Known] = Kept(DOCUMENTS)
        self._forms: Kept[str, Lifted] = Kept(DOCUMENTS)
        self._plans: Kept[Any, Plan] = Kept(PLANS)

    def document(self, text: str) -> Document:
        """The document of a text. Raises `Refused` or a `Problem`."""
        return self._known(text).document

    def _known(self, text: str) -> Known:
        found = self._documents.get(text)
        if found is None:
            form, written = taken_apart(text)
            by_form = self._by_form(form, written) if written else None
            found = self._keep(text, by_form or self._as_it_is(text, form if written else None))
        return found

    def _keep(self, text: str, known: Known) -> Known:
        return self._documents.keep(text, known, SMALL + len(text))

    def _as_it_is(self, text: str, form: str | None = None) -> Known:
        """What a text says; of a form that was not seen, how others of it are read."""
        document = Document(self.schema.core, text)
        if form is not None and self._forms.get(form) is None:
            lifted = lift(self.schema.core, document.node, text, self.schema.thoughts)
            self._forms.keep(form, lifted, SMALL + len(text))
        return Known(document)

    def _by_form(self, form: str, written: Sequence[str]) -> Known | None:
        """What a text that was not seen says, where another one of its form was."""
        lifted = self._forms.get(form)
        values = None if lifted is None else lifted.values(written)
        if lifted is None or values is None:
            return None
        try:
            return Known(self.document(lifted.text), values)
        except (Refusal, Problem):  # equal values made two fields one, and variables do not
            self._forms.keep(form, STAYS, SMALL)
            return None

    @staticmethod
    def _lifted(known: Known, asked: Asked) -> tuple[Operation, Mapping[str, Any]] | None:
        """The operation of a text's form, and all that its variables say; None where something is wrong."""
        with suppress(Refusal, Problem):
            operation = known.document.operation(asked.operation_name)
            return operation, operation.coerce({**asked.variables, **known.values})
        return None

    async def answer(
        self, asked: Asked, standing: Standing, *, reads_only: bool = False, request_id: str = ""
    ) -> bytes | None:
        """The body of an answer; None where the viewer's credential did not hold.

        Raises `Refused` or a `Problem` where nothing ran.
        """
        known, lifted = self._known(asked.query), None
        if known.values and (lifted := self._lifted(known, asked)) is None:
            known = self._keep(asked.query, self._as_it_is(asked.query))  # it is told of what was sent
        operation = lifted[0] if lifted else known.document.operation(asked.operation_name)
        if operation.type is not OperationType.QUERY and reads_only:
            raise Problem(Code.BAD_REQUEST, f"a {operation.type.value} needs POST")
        if operation.type is OperationType.SUBSCRIPTION:
            raise Problem(Code.BAD_REQUEST, "a subscription needs a WebSocket or an event stream")
        variables = lifted[1] if lifted else operation.coerce(asked.variables)
        request = Request(variables, standing.viewer, now(), standing.values or {})
        if operation.type is OperationType.QUERY:
            key = (
                operation.text,
                asked.operation_name,
                operation.shape(variables),
                standing.viewer.permissions,
                standing.proof and standing.proof.kind,
            )
            plan = self._plans.get(key)
            if plan is not None:
                return await self._read(plan, request)
            selected = Selector(self.schema.core, operation.fragments, variables).operation(operation.node)
            if not any(self._goes_round(each) for each in selected):
                plan = self._plan(selected, standing)
                self._plans.keep(key, plan, SMALL + len(operation.text) + len(plan.text))
                return await self._read(plan, request)
            return await self._execute(operation, request, asked, standing, selected)
        selector = Selector(self.schema.core, operation.fragments, variables)
        limits.check_roots(len(selector.keys(operation.node)))
        request = replace(request, viewer=replace(standing.viewer, request_id=request_id))
        return await self._execute(operation, request, asked, standing, ())

    def ear(self, since: str | None = None) -> Ear | None:
        """What a subscription hears by; with the `position` of an earlier one, from there on."""
        return None if self.live is None else self.live.ear(since)

    async def stream(
        self, asked: Asked, standing: Standing, *, request_id: str = "", ear: Ear | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bodies of a subscription's answers, one for each event.

        Raises `Lapsed` where the viewer's credential does not hold, or not any more, and `Refused` or a
        `Problem` where nothing ran.
        """
        operation = self.document(asked.query).operation(asked.operation_name)
        if operation.type is not OperationType.SUBSCRIPTION:
            raise Problem(Code.BAD_REQUEST, f"a {operation.type.value} has one answer and no stream of them")
        variables = operation.coerce(asked.variables)
        viewer = replace(standing.viewer, request_id=request_id)
        if self._subscriptions[viewer.name] >= limits.SUBSCRIPTIONS:
            raise limits.refuse(f"you have {limits.SUBSCRIPTIONS} subscriptions; end one of them")
        self._subscriptions[viewer.name] += 1
        try:
            if not await self.holds(standing):
                raise Lapsed
            request = Request(variables, viewer, now(), standing.values or {})
            context = Context(self.database, request, operation, self.schema, proof=standing.proof)
            heard = ear or self.ear(asked.after)
            context.ear, context.turns = heard, self._turns
            async with aclosing(subscribed(context, asked.variables)) as results:
                async for result in results:
                    position = heard.position if heard is not None else None
                    yield _body(result, request_id, {"position": position} if position else None)
        finally:
            self._subscriptions[viewer.name] -= 1
            self._subscriptions += Counter()  # forgets those who have none

    async def holds(self, standing: Standing) -> bool:
        """Whether a viewer's credential still holds."""
        values, at = standing.values or {}, now()
        if (expires := values.get("expires_at")) is not None and expires <= at:
            return False
        if standing.proof is None:
            return True
        return await self._row(self._proof(standing), Request({}, standing.viewer, at, values)) is not None

    def _goes_round(self, selected: Selected) -> bool:
        """Whether a root field is answered by the executor and not by the statement."""
        return selected.name in _INTROSPECTION or selected.name in self.schema.thoughts

    def _plan(self, selected: tuple[Selected, ...], standing: Standing) -> Plan:
        return self.schema.planner.query(selected, standing.viewer.permissions, standing.proof)

    def _proof(self, standing: Standing) -> Plan:
        """The statement that only asks whether a credential holds, for what reads nothing before it runs."""
        assert standing.proof is not None
        key = (standing.viewer.permissions, standing.proof.kind)
        return self._plans.get(key) or self._plans.keep(
            key, self.schema.planner.proof(standing.viewer.permissions, standing.proof)
        )

    async def _read(self, plan: Plan, request: Request) -> bytes | None:
        row = await self._row(plan, request)
        return None if row is None else plan.body(row)

    async def _row(self, plan: Plan, request: Request) -> Any:
        try:
            return await read(self.database, plan, request)
        except PostgresError as error:
            raise too_much(error) or error from None

    async def _execute(
        self,
        operation: Operation,
        request: Request,
        asked: Asked,
        standing: Standing,
        selected: tuple[Selected, ...],
    ) -> bytes | None:
        """Answers by Strawberry's executor, with the engine's part of a query read before."""
        read = tuple(each for each in selected if not self._goes_round(each))
        limits.check_roots(len(selected))
        limits.check_thoughts(sum(each.name in self.schema.thoughts for each in selected))
        answers: Mapping[str, bytes | None] = {}
        cost = limits.Cost(0, 0)
        if read:
            plan = self._plan(read, standing)
            cost = plan.cost
            row = await self._row(plan, request)
            if row is None:
                return None
            answers = dict(zip(plan.keys, row, strict=True))
        elif standing.proof is not None and await self._row(self._proof(standing), request) is None:
            return None
        context = Context(self.database, request, operation, self.schema, answers, self._refused)
        result = await run(context, asked.variables)
        extensions = {"cost": cost.announced()} if operation.type is OperationType.QUERY else None
        return _body(result, request.viewer.request_id, extensions)


def _body(result: ExecutionResult, request_id: str, extensions: Mapping[str, Any] | None = None) -> bytes:
    """The body of an answer of the executor's."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = formatted(result.errors, request_id)
    if extensions is not None:
        body["extensions"] = extensions
    return orjson.dumps(body)
