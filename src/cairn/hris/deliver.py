"""Delivering a file: whatever brings it, it is read, mapped, received and applied here."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Database
from cairn.graph.scalars import global_id
from cairn.hris.intake import Feed
from cairn.hris.keep import kept_map
from cairn.hris.lines import Opened, lines, none_beside
from cairn.hris.mapping import Map
from cairn.hris.progress import Say, say_nothing
from cairn.hris.run import Report, run_feed
from cairn.hris.tables import SyncProblem
from cairn.hris.telling import one_line, told

COUNTS = (
    "received",
    "new",
    "changed",
    "moved",
    "revived",
    "terminated",
    "missing",
    "same",
    "refused",
    "warned",
)
NAMED = 5
"""Rows that are named where the same is wrong with many."""


async def deliver(
    database: Database,
    viewer: Viewer,
    feed: Feed,
    stream: AsyncIterable[bytes],
    *,
    map_: Map | None = None,
    beside: Opened = none_beside,
    dry_run: bool = False,
    say: Say = say_nothing,
) -> tuple[Report, Map | None]:
    """Brings the people of a source in step with a file; what came of it, and the map that it was read by.

    Without a map the one that is kept for the source is used. Raises `UnreadableFile`, `BrokenFile`,
    `InvalidInput`, `NotAllowed`, `OtherContent`, and what `stream` raises: then nothing is applied.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    feed.check()
    if map_ is None:
        async with database.transaction() as tx:
            map_ = await kept_map(tx, feed.source)
    read = lines(stream, map_, beside=beside)
    return await run_feed(database, viewer, feed, read, dry_run=dry_run, say=say), map_


def as_json(report: Report, map_: Map | None, *, dry_run: bool, most: int) -> dict[str, Any]:
    """A report for programs, with at most so many problems and changes."""
    run = report.run
    return {
        "run": None if dry_run else global_id("SyncRun", run.id),
        "source": run.source,
        "mode": run.mode.value,
        "dryRun": dry_run,
        "status": run.status.value,
        "isComplete": run.is_complete,
        "startedAt": run.started_at,
        "finishedAt": run.finished_at,
        "takenAt": run.taken_at,
        "counts": {name: getattr(run, name) for name in COUNTS},
        "refusal": run.refusal and {"code": run.refusal.value, "message": run.refusal_message},
        "problems": [_problem(each, map_) for each in report.problems[:most]],
        "changes": [told(each, report.names) for each in report.changes[:most]],
    }


def _problem(problem: SyncProblem, map_: Map | None) -> dict[str, Any]:
    return {
        "gravity": problem.gravity.value,
        "row": problem.row_number,
        "column": map_.column_of(problem.field) if map_ else problem.field,
        "field": problem.field,
        "externalId": problem.external_id,
        "message": problem.message,
    }


def placed(problems: Iterable[SyncProblem], map_: Map | None) -> list[str]:
    """What is wrong, as one finds it in the file: `row 7, column E-Mail: must be an address`.

    What is wrong with many rows in the same way is told once.
    """
    found: dict[tuple[str | None, str], list[str]] = {}
    for each in problems:
        column = (map_.column_of(each.field) if map_ else None) or each.field
        row = str(each.row_number) if each.row_number is not None else str(each.external_id)
        found.setdefault((column, each.message), []).append(row)
    return [one_line(_placed(_rows(rows), column, message)) for (column, message), rows in found.items()]


def _placed(rows: str, column: str | None, message: str) -> str:
    if column is not None:
        return f"{rows}, column {column}: {message}"
    return f"{rows}{', ' if message.startswith('column ') else ': '}{message}"


def _rows(rows: Sequence[str]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]}" if rows[0].isdigit() else rows[0]
    more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
    return f"rows {', '.join(rows[:NAMED])}{more}"
