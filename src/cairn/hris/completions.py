"""A file of what people have completed, from another system: CSV or NDJSON, plain or gzip.

It is read twice: once to see that it is whole, then to record what it says, a thousand rows in one
transaction. Rows say what has happened, in any order, and again is once; so a file that was interrupted is
given again as it is.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cairn.access.viewer import Viewer
from cairn.db.engine import Database, Transaction
from cairn.hris.read import BadRow, Form, UnreadableFile, read
from cairn.pathways.report import MOST as AT_ONCE
from cairn.pathways.report import CompletionReport, Reported, ReportOutcome, take

COLUMNS = ("email", "number", "pathway", "step", "activity", "what", "completed_at", "score", "note")
TAKEN = {ReportOutcome.RECORDED, ReportOutcome.BEGUN, ReportOutcome.ALREADY_RECORDED}

Opened = Callable[[], AsyncIterable[bytes]]
"""Opens the file from its beginning."""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one row."""

    row: int
    """Its number; the header of a CSV is row 1."""
    outcome: ReportOutcome
    message: str | None


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    pass


async def take_file(
    database: Database,
    viewer: Viewer,
    opened: Opened,
    *,
    most: int,
    form: Form | None = None,
    dry_run: bool = False,
) -> AsyncGenerator[Told, None]:
    """Records what a file says, and tells what comes of each row, in order.

    Args:
        database: Where.
        viewer: Who reports.
        opened: Opens the file.
        most: Rows it may have.
        form: How it is written, where it does not tell itself.
        dry_run: Whether to only tell what would come of it: then all of it is one transaction, which is
            rolled back.

    Raises:
        BrokenFile, UnreadableFile: It is not whole, or no such file; nothing is recorded.
    """
    await _check(opened, form, most)
    if not dry_run:
        async for batch in _batches(opened, form):
            async with database.transaction() as tx:
                told = await _take(tx, viewer, batch)
            for each in told:
                yield each
        return
    found: list[Told] = []
    with suppress(_Rehearsed):
        async with database.transaction() as tx:
            async for batch in _batches(opened, form):
                found += await _take(tx, viewer, batch)
            raise _Rehearsed
    for each in found:
        yield each


async def _check(opened: Opened, form: Form | None, most: int) -> None:
    """Reads all of it. Raises `BrokenFile` and `UnreadableFile`."""
    count = 0
    async for row in read(opened(), form):
        count += 1
        if count > most:
            raise UnreadableFile(f"more than {most:,} rows; send the rest in another file", row.number)


_Batch = list[tuple[int, CompletionReport | str]]
"""Rows by number: what each reports, or what is wrong with it."""


async def _batches(opened: Opened, form: Form | None) -> AsyncIterator[_Batch]:
    batch: _Batch = []
    async for row in read(opened(), form):
        if isinstance(row, BadRow):
            batch.append((row.number, f"{row.column or 'The row'}: {row.message}"))
        else:
            try:
                batch.append((row.number, _report(row.cells)))
            except ValueError as error:
                batch.append((row.number, str(error)))
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _take(tx: Transaction, viewer: Viewer, batch: _Batch) -> list[Told]:
    reports = [report for _, report in batch if isinstance(report, CompletionReport)]
    results = iter(await take(tx, viewer, reports))
    told = []
    for number, report in batch:
        if isinstance(report, str):
            told.append(Told(number, ReportOutcome.INVALID, report))
        else:
            result = next(results)
            told.append(Told(number, result.outcome, result.message))
    return told


def _report(cells: Mapping[str, Any]) -> CompletionReport:
    """What a row reports. Raises `ValueError`, which names the column."""
    given = {
        name.strip().lower().replace(" ", "_"): str(value).strip()
        for name, value in cells.items()
        if value not in (None, "")
    }
    if unknown := sorted(given.keys() - set(COLUMNS)):
        raise ValueError(f"{unknown[0]}: no such column; there are {', '.join(COLUMNS)}.")
    what = given.get("what", "COMPLETED").upper()
    if what not in Reported.__members__:
        raise ValueError(f"what: must be one of {', '.join(Reported.__members__)}.")
    return CompletionReport(
        email=given.get("email"),
        number=given.get("number"),
        pathway=given.get("pathway"),
        step_key=given.get("step"),
        activity=given.get("activity"),
        what=Reported[what],
        completed_at=_instant(given.get("completed_at")),
        score=_score(given.get("score")),
        note=given.get("note"),
    )


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("completed_at: must be a day or a time such as 2026-01-31T09:00:00Z.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _score(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return round(float(text.removesuffix("%")))
    except (ValueError, OverflowError):
        raise ValueError("score: must be a number from 0 to 100.") from None
