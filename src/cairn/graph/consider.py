"""Fields that need thinking and not only reading: what Python comes to for rows of an answer.

    @extend(Award)
    class AwardStack:
        stack: Stack | None = considered(stacks)

The function is given the keys of all rows that an operation asks it about, and comes to a record for those
of which there is something to say. Its parameters after that are the field's arguments, described by the
`Args` of its docstring; `at` is the date that the field is asked of.

An operation with such a field takes two statements: one finds the rows, and the second is the answer, with
the records in it. What the function reads lies between them, in the same transaction, which sees one moment.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args, get_type_hints
from uuid import UUID

import orjson
from sqlalchemy import text

from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, Transaction, fetch_row
from cairn.graph import limits
from cairn.graph.frame import Question, Request, wanted
from cairn.graph.node import Argument, Considered, sections
from cairn.graph.plan import Plan
from cairn.graph.problem import bad_input
from cairn.graph.record import dump, record
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import optional, strip_optional

Thinking = Callable[..., Coroutine[Any, Any, Mapping[UUID, Any]]]
"""A transaction, the viewer, the keys of rows, and the field's arguments → records by those keys."""

Row = Sequence[bytes | None]


def considered(thinking: Thinking) -> Any:
    """A record that Python comes to for each row. Raises `DeclarationError` where it is not described."""
    hints = get_type_hints(thinking, include_extras=True)
    record(get_args(hints["return"])[1])
    _, documented = sections(inspect.cleandoc(thinking.__doc__ or ""))
    arguments: dict[str, Argument] = {}
    for name, each in inspect.signature(thinking).parameters.items():
        if each.kind is not inspect.Parameter.KEYWORD_ONLY or name == "at":
            continue
        if name not in documented:
            raise DeclarationError(f"{thinking.__name__}: describe {name} in the docstring, under Args")
        is_needed = each.default is inspect.Parameter.empty
        type_ = hints[name] if is_needed else optional(strip_optional(hints[name])[0])
        arguments[name] = Argument(type_, documented[name])
    return Considered(thinking=thinking, arguments=arguments)


async def read(database: Database, plan: Plan, request: Request) -> Row | None:
    """The row of a plan; None where the viewer's credential does not hold. Raises a `Problem`."""
    if not plan.questions:
        arguments = plan.arguments(request)
        async with database.reads.acquire() as connection:
            row: Row | None = await connection.fetchrow(plan.text, *arguments, timeout=limits.SECONDS)
            return row
    async with asyncio.timeout(limits.SECONDS), database.transaction() as tx:
        await tx.execute(text("set transaction isolation level repeatable read, read only"))
        return await read_in(tx, plan, request)


async def read_in(tx: Transaction, plan: Plan, request: Request) -> Row | None:
    """The same, as a transaction sees the world."""
    if plan.finding is not None:
        row = await fetch_row(tx, plan.finding.text, len(plan.keys), plan.finding.arguments(request))
        if row is None:
            return None
        keys: list[dict[UUID, None]] = [{} for _ in plan.questions]
        for number, key in _found(plan, row):
            keys[number][key] = None
        come_to = [
            await _considered(tx, request, question, list(asked))
            for question, asked in zip(plan.questions, keys, strict=True)
        ]
        request = replace(request, considered=come_to)
    return await fetch_row(tx, plan.text, len(plan.keys), plan.arguments(request))


async def _considered(
    tx: Transaction, request: Request, question: Question, keys: Sequence[UUID]
) -> Mapping[UUID, str]:
    if not keys:
        return {}
    arguments = {name: read(request) for name, read in question.arguments.items()}
    assert question.field.thinking is not None
    viewer: Viewer = request.viewer
    try:
        found = await question.field.thinking(tx, viewer, keys, **arguments)
    except Refusal as refusal:
        raise bad_input(refusal.message) from None
    return {key: dump(value) for key, value in found.items()}


def _found(plan: Plan, row: Row) -> Iterator[tuple[int, UUID]]:
    """The rows that questions are about, by the numbers of these: values of the company's are not in it."""
    numbers = {wanted(number): number for number in range(len(plan.questions))}
    waiting: list[Any] = [orjson.loads(each) for each in row if each is not None]
    while waiting:
        match waiting.pop():
            case dict() as found:
                for name, value in found.items():
                    if name in numbers and isinstance(value, str):
                        yield numbers[name], UUID(value)
                    else:
                        waiting.append(value)
            case list() as found:
                waiting += found
