"""The way round the hot path: mutations, introspection and whatever else Strawberry's executor answers.

The engine's JSON is spliced into the executor's result as it is, so both ways give the same bytes.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
from graphql import ExecutionResult, GraphQLError, execute, subscribe
from graphql.pyutils import is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from cairn.access.refused import Refused
from cairn.db.engine import BUSY, Database, said, sqlstate
from cairn.graph.document import Operation
from cairn.graph.frame import Request
from cairn.graph.limits import MESSAGE, OVER_LIMIT, refuse
from cairn.graph.plan import Proof
from cairn.graph.problem import Code, Problem

log = logging.getLogger("cairn.graph")


@dataclass(frozen=True)
class Spliced:
    """A value the engine has completed: the JSON of it, or None."""

    json: bytes | None


@dataclass
class Context:
    """What resolvers are given."""

    database: Database
    request: Request
    operation: Operation
    schema: Any
    answers: Mapping[str, bytes | None] = field(default_factory=dict)
    """The engine's answers to root fields, by response key."""
    refused: Refused | None = None
    """Where it is written down what a mutation refused."""
    proof: Proof | None = None
    """How a statement of a subscription shows that the credential still holds."""
    ear: Any = None
    """What a subscription hears by."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    """How many statements of subscriptions run at once."""


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, which lets completed values through."""

    def complete_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, at: Any
    ) -> Any:
        """Completes a value, unless the engine has."""
        if isinstance(result, Spliced):
            return None if result.json is None else orjson.Fragment(result.json)
        return super().complete_value(return_type, details, info, path, result, at)


def _asked(context: Context, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What the executor is given."""
    name = context.operation.node.name
    return {
        "schema": context.schema.core,
        "document": context.operation.document,
        "context_value": context,
        "variable_values": dict(variables),
        "operation_name": name.value if name else None,
        "executor_class": Executor,
    }


async def run(context: Context, variables: Mapping[str, Any]) -> ExecutionResult:
    """Executes the operation of a context."""
    result = execute(**_asked(context, variables))
    return await result if is_awaitable(result) else result  # type: ignore[return-value]


async def subscribed(context: Context, variables: Mapping[str, Any]) -> AsyncGenerator[ExecutionResult, None]:
    """The results of a subscription, one for each event; a single one with errors where it cannot begin."""
    source: Any = subscribe(**_asked(context, variables))
    if is_awaitable(source):
        source = await source
    if isinstance(source, ExecutionResult):
        yield source
        return
    async with aclosing(source) as results:
        async for result in results:
            yield result


def formatted(
    errors: list[GraphQLError] | None, request_id: str, code: Code | None = None
) -> list[dict[str, Any]]:
    """Errors as a client may see them: what is a defect of ours is told by an id alone.

    With a `code` they are about the request, and found before anything ran.
    """
    return [_formatted(error, request_id, code) for error in errors or ()]


def _formatted(error: GraphQLError, request_id: str, code: Code | None) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, Problem):
        error = GraphQLError(cause.message, error.nodes, path=error.path, extensions=cause.extensions)
    elif code is None and cause is not None and not isinstance(cause, GraphQLError):
        masked = defect(cause, request_id)
        error = GraphQLError(masked.message, error.nodes, path=error.path, extensions=masked.extensions)
    shown = dict(error.formatted)
    if code is not None:
        shown["extensions"] = {"code": code.value, **(error.extensions or {})}
    if len(error.message) > MESSAGE:
        shown["message"] = f"{error.message[:MESSAGE]} …"
    return shown


def defect(cause: BaseException, request_id: str) -> Problem:
    """Logs what went wrong under an id, and gives the problem that quotes it."""
    if (problem := too_much(cause)) is not None:
        return problem
    if isinstance(cause, TimeoutError) or sqlstate(cause) in _BUSY:
        log.warning("not answered in time: %s", type(cause).__name__, extra={"request": request_id})
        return Problem(Code.UNAVAILABLE, "This took too long and was stopped; ask for less, or again later.")
    id_ = uuid4().hex[:12]
    log.error("defect %s", id_, exc_info=cause, extra={"request": request_id})
    problem = Problem(Code.INTERNAL, f"Something went wrong on our side. Quote {id_} when you report it.")
    problem.extensions = {"code": Code.INTERNAL.value, "id": id_}
    return problem


def too_much(cause: BaseException) -> Problem | None:
    """The problem of a statement that found it would have to read more than it may (`limits.within`)."""
    return refuse(said(cause)) if sqlstate(cause) == OVER_LIMIT else None


_BUSY = BUSY | {"57P01", "57P02", "57P03", "08006", "08003", "08001"}
"""Busy, shutting down, no connection."""
