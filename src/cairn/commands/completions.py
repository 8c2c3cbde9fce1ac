"""`cairn import completions`: a file of what people have completed, from another system."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.commands.console import Json, fail, in_a_transaction, out

if TYPE_CHECKING:
    from cairn.db.engine import Transaction
    from cairn.pathways.report import CompletionReport

PIECE = 1_000_000
MOST = 1_000_000
"""Rows of one file."""
SHOWN = 100
"""Rows that were refused, and are shown."""
COLUMNS = ("email", "number", "pathway", "step", "activity", "what", "completed_at", "score", "note")


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    pass


def completions(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or NDJSON, plain or gzip.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would come of it.")] = False,
    as_json: Json = False,
) -> None:
    """What people have completed, as another system lists it.

    Columns: email or number says who; activity (a step's activity or link), or pathway (its code) and step
    (its key), says what; completed_at, score in percent, note; what is COMPLETED, PASSED, FAILED or STARTED.
    Again is once, and rows come in any order. The exit code is 0 where all was taken, 3 where some was not.
    """
    from cairn.hris.read import BrokenFile
    from cairn.pathways.report import MOST as AT_ONCE
    from cairn.pathways.report import ReportOutcome

    if not file.is_file():
        fail(f"there is no file {file}", 2)
    counts: dict[str, int] = {}
    wrong: list[dict[str, Any]] = []

    async def run(tx: "Transaction") -> None:
        batch: list[tuple[int, CompletionReport]] = []
        async for number, row in _rows(file):
            if isinstance(row, str):
                _count(counts, ReportOutcome.INVALID)
                wrong.append({"row": number, "outcome": ReportOutcome.INVALID, "message": row})
                continue
            batch.append((number, row))
            if len(batch) == AT_ONCE:
                wrong.extend(await _taken(tx, batch, counts))
                batch = []
        wrong.extend(await _taken(tx, batch, counts))
        if dry_run:
            raise _Rehearsed

    try:
        in_a_transaction(run)
    except _Rehearsed:
        pass
    except BrokenFile as broken:
        fail(f"{file}: {broken}; nothing was recorded")
    wrong.sort(key=lambda each: each["row"])
    _tell(counts, wrong, dry_run=dry_run, as_json=as_json)
    if wrong:
        raise typer.Exit(3)


def _count(counts: dict[str, int], outcome: str) -> None:
    counts[outcome] = counts.get(outcome, 0) + 1


async def _taken(
    tx: "Transaction", batch: "list[tuple[int, CompletionReport]]", counts: dict[str, int]
) -> list[dict[str, Any]]:
    """Records some rows; what was wrong with which."""
    from cairn.access.viewer import system
    from cairn.pathways.report import ReportOutcome, take

    fine = {ReportOutcome.RECORDED, ReportOutcome.BEGUN, ReportOutcome.ALREADY_RECORDED}
    wrong = []
    results = await take(tx, system("import"), [report for _, report in batch])
    for (number, _), result in zip(batch, results, strict=True):
        _count(counts, result.outcome)
        if result.outcome not in fine:
            wrong.append({"row": number, "outcome": result.outcome, "message": result.message})
    return wrong


async def _rows(file: Path) -> "AsyncIterator[tuple[int, CompletionReport | str]]":
    """The rows by number: what each reports, or what is wrong with it."""
    from cairn.hris.read import BadRow, read

    count = 0
    async for row in read(_pieces(file)):
        count += 1
        if count > MOST:
            fail(f"{file}: more than {MOST:,} rows; send the rest in another file; nothing was recorded")
        if isinstance(row, BadRow):
            yield row.number, f"{row.column or 'The row'}: {row.message}"
            continue
        try:
            yield row.number, _report(row.cells)
        except ValueError as error:
            yield row.number, str(error)


def _report(cells: Mapping[str, Any]) -> "CompletionReport":
    """What a row reports. Raises `ValueError`, which names the column."""
    from cairn.pathways.report import CompletionReport, Reported

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


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:  # a piece of a file takes no time, and nobody else waits
        while piece := opened.read(PIECE):
            yield piece


def _tell(counts: dict[str, int], wrong: list[dict[str, Any]], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        out.print_json(data={"written": not dry_run, "counts": counts, "refused": wrong[:SHOWN]})
        return
    said = [f"{count:,} {name.lower().replace('_', ' ')}" for name, count in sorted(counts.items())]
    out.print(f"{', '.join(said) or 'no rows'}.", markup=False)
    for each in wrong[:SHOWN]:
        out.print(f"row {each['row']}: {each['message']}", markup=False)
    if len(wrong) > SHOWN:
        out.print(f"and {len(wrong) - SHOWN:,} more", markup=False)
    if dry_run:
        out.print("Nothing was written: this was a dry run.", markup=False)
