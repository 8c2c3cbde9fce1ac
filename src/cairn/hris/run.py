"""A run from its first line to its report, whatever the lines come as.

    report = await run_feed(database, viewer, Feed("payroll", SyncMode.SNAPSHOT), lines)

Lines are kept as they come, in transactions of their own, and applied in one at the end. A run that is
interrupted has changed nothing, and goes on where it was when the same lines come again under its key.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from cairn.access.viewer import Viewer
from cairn.db.engine import LOST, Database, Transaction, sqlstate
from cairn.hris.apply import apply
from cairn.hris.intake import OTHER, Feed, OtherContent, RunFinished, chained, open_run, stage
from cairn.hris.progress import Progress, Say, say_nothing
from cairn.hris.read import BrokenFile, UnreadableFile
from cairn.hris.record import Line
from cairn.hris.tables import SyncChange, SyncProblem, SyncRun, SyncStatus
from cairn.hris.telling import Names, names

CHUNK = 2_000
"""Lines that are kept at once: what an interruption costs at most."""
TURN = 100
"""Lines that are read before others have their turn."""
SHOWN = 200
"""Changes and problems of a report, at most; the graph has all of them."""
TRIES = 3
"""How often a run is applied anew that lost against somebody who wrote the same people."""
_LOST = LOST | {"23505"}


@dataclass(frozen=True)
class Report:
    """What a run came to."""

    run: SyncRun
    changes: list[SyncChange]
    """The first of them."""
    problems: list[SyncProblem]
    """The first of them."""
    names: Names
    """What those are called whom the changes are about."""


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    """Ends a dry run."""


async def run_feed(
    database: Database,
    viewer: Viewer,
    feed: Feed,
    lines: Iterable[Line] | AsyncIterable[Line],
    *,
    dry_run: bool = False,
    complete: Callable[[], bool] = lambda: True,
    say: Say = say_nothing,
) -> Report:
    """Receives the lines of a run and applies it; under a key that is known, goes on or replays the report.

    `complete` is asked at the end whether all lines came; `say` is told how far it has come. A dry run does
    all of it and takes it back. Raises `InvalidInput`, `NotAllowed`, `OtherContent`, and whatever
    reading the lines raises: then nothing is applied.
    """
    if dry_run:
        return await _rehearse(database, viewer, feed, lines, complete, say)
    async with database.transaction() as tx:
        run = await open_run(tx, viewer, feed)
    try:
        run = await _receive(database, viewer, run, lines, say)
    except Exception as error:
        if feed.idempotency_key is None or isinstance(error, UnreadableFile | BrokenFile):
            await _abandon(database, run.id)  # nobody can go on with it
        raise
    return await _apply(database, viewer, run.id, complete=complete(), say=say)


async def _receive(
    database: Database,
    viewer: Viewer,
    run: SyncRun,
    lines: Iterable[Line] | AsyncIterable[Line],
    say: Say,
) -> SyncRun:
    """Keeps the lines of a run from where it was; another delivery under its key may keep some of them.

    Whoever keeps them, lines are told from others by the digest over all of them. Raises `OtherContent`, and
    what reading the lines raises.
    """
    received, read, digest = 0, 0, b""
    is_keyed = run.idempotency_key is not None
    async with aclosing(_chunks(lines)) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            while read < (last := chunk[-1].number):
                if run.last_line <= read:
                    run = await _kept(database, viewer, run, chunk)
                upto = min(run.last_line, last)
                if upto <= read:  # it was applied, or refused, with fewer lines
                    raise OtherContent(OTHER, run.id)
                if is_keyed:
                    digest = chained(digest, [line for line in chunk if read < line.number <= upto])
                read = upto
                if is_keyed and read == run.last_line and digest != run.digest:
                    raise OtherContent(OTHER, run.id)
            say(Progress(received=received))
    if read < run.last_line:
        raise OtherContent(
            "The idempotency key came with more lines before; use a new key for a new run.", run.id
        )
    return run


async def _kept(database: Database, viewer: Viewer, run: SyncRun, chunk: list[Line]) -> SyncRun:
    """The run when these lines are kept; as it is, where another delivery has ended it meanwhile."""
    async with database.transaction() as tx:
        try:
            return await stage(tx, viewer, run.id, chunk)
        except RunFinished:
            return await tx.get_one(SyncRun, run.id)


async def _abandon(database: Database, run: UUID) -> None:
    """Forgets a run that has not been applied, and what it has received."""
    async with database.transaction() as tx:
        await tx.execute(
            delete(SyncRun).where(col(SyncRun.id) == run, col(SyncRun.status) == SyncStatus.RECEIVING)
        )


async def _apply(database: Database, viewer: Viewer, run: UUID, *, complete: bool, say: Say) -> Report:
    for again in range(TRIES, 0, -1):
        try:
            async with database.transaction() as tx:
                return await report(tx, await apply(tx, viewer, run, complete=complete, say=say))
        except DBAPIError as error:
            if again == 1 or sqlstate(error) not in _LOST:
                raise
    raise AssertionError


async def _rehearse(
    database: Database,
    viewer: Viewer,
    feed: Feed,
    lines: Iterable[Line] | AsyncIterable[Line],
    complete: Callable[[], bool],
    say: Say,
) -> Report:
    found: list[Report] = []
    try:
        async with database.transaction() as tx:
            run, received = await open_run(tx, viewer, Feed(**{**vars(feed), "idempotency_key": None})), 0
            async with aclosing(_chunks(lines)) as chunks:
                async for chunk in chunks:
                    received += len(chunk)
                    await stage(tx, viewer, run.id, chunk)
                    say(Progress(received=received))
            found.append(await report(tx, await apply(tx, viewer, run.id, complete=complete(), say=say)))
            tx.expunge_all()  # what is reported outlives the transaction that is taken back
            raise _Rehearsed  # noqa: TRY301  # that is how a transaction ends without a commit
    except _Rehearsed:
        return found[0]


async def _chunks(lines: Iterable[Line] | AsyncIterable[Line]) -> AsyncGenerator[list[Line], None]:
    """The lines some thousands at a time; while these are kept, the next ones are read."""
    each = aiter(_each(lines))
    reading = asyncio.ensure_future(_chunk(each))
    try:
        while chunk := await reading:
            reading = asyncio.ensure_future(_chunk(each))
            yield chunk
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, Exception):  # whoever stopped before it does not ask for it
            await reading


async def _chunk(lines: AsyncIterator[Line]) -> list[Line]:
    chunk: list[Line] = []
    async for line in lines:
        chunk.append(line)
        if len(chunk) == CHUNK:
            break
        if len(chunk) % TURN == 0:
            await asyncio.sleep(0)
    return chunk


async def _each(lines: Iterable[Line] | AsyncIterable[Line]) -> AsyncIterator[Line]:
    if isinstance(lines, AsyncIterable):
        async for line in lines:
            yield line
    else:
        for line in lines:
            yield line


async def report(tx: Transaction, run: SyncRun) -> Report:
    """A run with the first of its changes and problems."""
    changes = select(SyncChange).where(col(SyncChange.run_id) == run.id).order_by(col(SyncChange.id))
    problems = select(SyncProblem).where(col(SyncProblem.run_id) == run.id)
    ordered = problems.order_by(col(SyncProblem.row_number).nulls_last(), col(SyncProblem.id))
    found = list((await tx.execute(changes.limit(SHOWN))).scalars())
    wrong = list((await tx.execute(ordered.limit(SHOWN))).scalars())
    return Report(run, found, wrong, await names(tx, found))
