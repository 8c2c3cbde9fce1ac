"""Receiving a run: lines are kept as they come, so that a run which was interrupted goes on where it was.

A run is told apart from its repetition by its idempotency key, and from another run under the same key by a
digest over all of its lines in order.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction, raw
from cairn.db.ranges import now
from cairn.hris.record import Line, Problem, Record
from cairn.hris.tables import SYNC_RUN, SyncGravity, SyncMode, SyncRun, SyncStatus
from cairn.jobs.happenings import tell
from cairn.people.profile import fold
from cairn.people.waiting import DIRECTORY

AT_ONCE = 5_000
"""Lines that are staged at once, at most."""
FORGOTTEN = timedelta(days=7)
"""After which a run that was begun and not ended is no more gone on with."""
SECONDS = 600.0
"""What a statement over all people of a company may take."""
AHEAD = timedelta(hours=1)
"""How far a clock may go wrong; what was true in the future would have all later runs refused."""


Noted = tuple[SyncGravity, int | None, str | None, Problem]
"""Whether the line is applied, its number, whom it is about, and what is wrong."""


@dataclass
class OtherContent(Refusal):
    """The idempotency key, or the place in the run, came with another content before; begin another run."""

    run: UUID | None = None
    """The run that has the key."""


@dataclass
class RunFinished(Refusal):
    """The run was applied or refused already; begin another one."""


@dataclass(frozen=True)
class Feed:
    """What is said of a run as a whole."""

    source: str
    mode: SyncMode
    declared_count: int | None = None
    """How many lines there are, if that is known beforehand."""
    idempotency_key: str | None = None
    taken_at: datetime | None = None
    """When it was true; by default, now."""
    threshold: float = 0.1
    """The share of the people of the source that may leave with it."""
    emptied: float = 0.3
    """The share of its people for whom it may make a field empty."""

    def check(self) -> None:
        """Raises `InvalidInput`."""
        if not self.source.strip() or len(self.source) > 100 or "\0" in self.source:
            raise invalid("source", "must be a name of at most 100 characters")
        if self.source == DIRECTORY:
            raise invalid("source", "is the name of the directory; choose another")
        for name in ("threshold", "emptied"):
            if not 0 <= getattr(self, name) <= 1:
                raise invalid(name, "must be a share from 0 to 1")
        if self.taken_at is not None and self.taken_at > now() + AHEAD:
            raise invalid("takenAt", "must not lie in the future")
        if self.idempotency_key is not None and not 0 < len(self.idempotency_key) <= 200:
            raise invalid("idempotencyKey", "must have from 1 to 200 characters")


async def open_run(tx: Transaction, viewer: Viewer, feed: Feed) -> SyncRun:
    """Begins a run; or the one that has the idempotency key, as far as it has come.

    Raises `InvalidInput`, `NotAllowed`, `OtherContent`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    feed.check()
    if (known := await _under_key(tx, feed)) is not None:
        return known
    moment = now()
    await tx.execute(
        delete(SyncRun)
        .where(col(SyncRun.source) == feed.source, col(SyncRun.status) == SyncStatus.RECEIVING)
        .where(col(SyncRun.started_at) < moment - FORGOTTEN)
    )
    run = SyncRun(
        source=feed.source,
        mode=feed.mode,
        started_by=viewer.name,
        started_by_id=viewer.employee,
        started_at=moment,
        taken_at=feed.taken_at or moment,
        idempotency_key=feed.idempotency_key,
        threshold=feed.threshold,
        emptied=feed.emptied,
        declared_count=feed.declared_count,
    )
    begun = await tx.execute(
        insert(SyncRun).values(run.model_dump()).on_conflict_do_nothing().returning(col(SyncRun.id))
    )
    if begun.scalar_one_or_none() is None:  # another delivery under the same key began at the same time
        known = await _under_key(tx, feed)
        assert known is not None
        return known
    await tell(tx, SYNC_RUN, [run.id])
    return await tx.get_one(SyncRun, run.id)


async def _under_key(tx: Transaction, feed: Feed) -> SyncRun | None:
    """The run that was begun under the feed's idempotency key. Raises `OtherContent`."""
    if feed.idempotency_key is None:
        return None
    found = await tx.execute(
        select(SyncRun)
        .where(col(SyncRun.source) == feed.source)
        .where(col(SyncRun.idempotency_key) == feed.idempotency_key)
    )
    known = found.scalar_one_or_none()
    if known is not None and (known.mode is not feed.mode or known.declared_count != feed.declared_count):
        raise OtherContent(OTHER, known.id)
    return known


OTHER = "The idempotency key came with another content before; use a new key for a new run."


async def locked(tx: Transaction, run: UUID) -> SyncRun:
    """A run that nobody else writes meanwhile. Raises `NotFound`."""
    query = select(SyncRun).where(col(SyncRun.id) == run).with_for_update(key_share=True)
    found = (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such run.", id=run)
    return found


async def stage(tx: Transaction, viewer: Viewer, run: UUID, lines: Sequence[Line]) -> SyncRun:
    """Keeps lines of a run; those that it has received already are passed over.

    Raises `InvalidInput` for lines out of order, `NotAllowed`, `NotFound`, `RunFinished`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await locked(tx, run)
    if found.status is not SyncStatus.RECEIVING:
        raise RunFinished("The run was applied or refused already; begin another one.")
    fresh = [line for line in lines if line.number > found.last_line]
    if any(one.number >= following.number for one, following in pairwise(fresh)):
        raise invalid("lines", "must be numbered in ascending order")
    if len(fresh) > AT_ONCE:
        raise invalid("lines", f"must be at most {AT_ONCE} at once")
    if fresh:
        if named := [line for line in fresh if line.external_id is not None]:
            await (await raw(tx)).execute(_KEEP, run, *_staged(named), timeout=SECONDS)
        await note(
            tx,
            run,
            (
                (
                    SyncGravity.REFUSAL if line.record is None else SyncGravity.WARNING,
                    line.number,
                    line.external_id,
                    problem,
                )
                for line in fresh
                for problem in line.problems
            ),
        )
        found.received += len(fresh)
        found.last_line = fresh[-1].number
        found.digest = chained(found.digest, fresh)
        await tx.flush()
        await tell(tx, SYNC_RUN, [run])
    return found


async def check_repeated(tx: Transaction, run: SyncRun, lines: Sequence[Line]) -> None:
    """Raises `OtherContent` for lines that the run has received already, and otherwise."""
    said = {
        line.number: None if line.record is None else _digest(line.written)
        for line in lines
        if line.number <= run.last_line
    }
    if not said or run.status is not SyncStatus.RECEIVING:
        return
    kept = await (await raw(tx)).fetch(_KEPT, run.id, min(said), max(said), timeout=SECONDS)
    if any(said.get(row["number"]) != row["digest"] for row in kept):
        raise OtherContent("These are not the records that the run has in their place.", run.id)


_KEPT = """
select line.number, line.digest
from staged_lines, unnest(row_numbers, digests) as line(number, digest)
where run_id = $1 and line.number between $2 and $3
"""


def chained(digest: bytes, lines: Iterable[Line]) -> bytes:
    """The digest over all lines so far, and these."""
    for line in lines:
        said = line.written or repr(line.problems).encode(errors="backslashreplace")
        digest = hashlib.sha256(digest + said).digest()
    return digest


async def note(tx: Transaction, run: UUID, noted: Iterable[Noted]) -> None:
    """Keeps what is wrong with lines."""
    problems = [
        (uuid7(), run, gravity.value, number, whom, _shown(problem.field), _shown(problem.message))
        for gravity, number, whom, problem in noted
    ]
    if problems:
        await (await raw(tx)).copy_records_to_table(
            "sync_problem", records=problems, columns=_PROBLEM, timeout=SECONDS
        )


def _shown(said: str | None) -> str | None:
    """What is said of a value that PostgreSQL cannot keep, with signs in place of what it cannot."""
    return said and said.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


_PROBLEM = ("id", "run_id", "gravity", "row_number", "external_id", "field", "message")
_KEEP = """
insert into staged_lines (run_id, first_line, first_id, row_numbers, external_ids, formerly, digests, records,
  user_name_keys, department_rows, departments, department_names)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


def _staged(lines: Sequence[Line]) -> tuple[Any, ...]:
    """Lines as a row of `StagedLines` has them."""
    records = [line.record for line in lines]
    named = [
        (line.number, department, name)
        for line in lines
        if line.record is not None
        for department, name in _departments(line.record)
    ]
    return (
        lines[0].number,
        UUID(int=uuid7().int & ~0xFFFFFF),  # counted up from: RFC 9562, section 6.2, method 2
        [line.number for line in lines],
        [line.external_id for line in lines],
        _if_any([None if record is None else record.formerly or None for record in records]),
        [_digest(line.written) if line.record is not None else None for line in lines],
        [line.written.decode() if line.record is not None else None for line in lines],
        _if_any([None if record is None else _folded(record.user_name) for record in records]),
        [number for number, _, _ in named],
        [department for _, department, _ in named],
        [name for _, _, name in named],
    )


def _digest(written: bytes) -> bytes:
    return hashlib.blake2b(written, digest_size=16).digest()


def _if_any(values: list[str | None]) -> list[str | None] | None:
    return values if any(values) else None


def _departments(record: Record) -> Iterator[tuple[str, str]]:
    """What a record calls which departments."""
    if record.department and record.department_name:
        yield record.department, record.department_name
    for post in record.posts or ():
        if post.department and post.department_name:
            yield post.department, post.department_name


def _folded(name: Any) -> str | None:
    """A user name folded, where PostgreSQL would not write it the same."""
    return fold(name) if name and not name.isascii() else None
