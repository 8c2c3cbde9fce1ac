"""`cairn sync`: a file of people from disk."""

import asyncio
import logging
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cairn.commands.console import Json, configured, database_of, err, fail, must_be_migrated, out

if TYPE_CHECKING:
    from cairn.hris.mapping import Map
    from cairn.hris.progress import Progress as HowFar
    from cairn.hris.progress import Say
    from cairn.hris.run import Report

PIECE = 1_000_000
_INSTANTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def sync(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or NDJSON, plain or gzip.")],
    source: Annotated[
        str, typer.Option(metavar="NAME", help="The feed that the file is of: a name of your choice.")
    ],
    map_: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="MAP",
            help="What the columns mean, in TOML; a file that is not there is written, as a suggestion. "
            "It is kept for the source, so the next files need not name it.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")
    ] = False,
    snapshot: Annotated[
        bool,
        typer.Option(
            "--snapshot/--delta",
            help="Whether the file names everybody, so that who is missing has left; or only some people.",
        ),
    ] = False,
    threshold: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="The share of the source's people that may leave."),
    ] = 0.1,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="ROWS", min=0, help="How many people the file should have; with fewer, nobody leaves."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY", help="Names the run: after an interruption it goes on, and is never done twice."
        ),
    ] = None,
    taken_at: Annotated[
        datetime | None,
        typer.Option(
            help="When the file was true, in UTC; by default, now.", formats=_INSTANTS, metavar="TIME"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Brings people in step with a file.

    From a CSV to a company in three commands:

    \b
      cairn sync people.csv --source hr --map hr.toml
          writes hr.toml: which column is probably what. Look it through.
      cairn sync people.csv --source hr --map hr.toml --snapshot --dry-run
          shows what would change, and every mistake by row and column.
      cairn sync people.csv --source hr --map hr.toml --snapshot
          does it.

    The exit code is 0 where all was done, 3 where some rows were not, 1 where nothing was, 2 of usage.
    """  # noqa: D301  # the mark of a paragraph that click leaves as it is
    if not file.is_file():
        fail(f"there is no file {file}", 2)
    if map_ is not None and not map_.exists():
        _suggest(file, source, map_, as_json=as_json)
        return
    from cairn.access.refusal import Refusal
    from cairn.hris.intake import Feed
    from cairn.hris.read import BrokenFile
    from cairn.hris.tables import SyncMode

    feed = Feed(
        source,
        SyncMode.SNAPSHOT if snapshot else SyncMode.DELTA,
        declared_count=count,
        idempotency_key=key,
        taken_at=taken_at.replace(tzinfo=UTC) if taken_at else None,
        threshold=threshold,
    )
    written = _read(map_)
    found = configured()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with database_of(found) as url:
        must_be_migrated(url, found)
        try:
            report, used = asyncio.run(_delivered(url, file, feed, written, dry_run=dry_run))
        except BrokenFile as broken:
            fail(f"{file}: {broken}; nothing was changed")
        except Refusal as refusal:
            fail(f"{file}: {refusal.message.removesuffix('.')}; nothing was changed")
        except OSError as error:
            fail(f"{file}: {error.strerror or error}; nothing was changed")
        except KeyboardInterrupt:
            fail("stopped; nothing was changed", 130)
    _print(report, used, dry_run=dry_run, as_json=as_json)


def _read(map_: Path | None) -> str | None:
    from cairn.access.refusal import InvalidInput
    from cairn.hris.mapping import read_map

    if map_ is None:
        return None
    try:
        text = map_.read_text(encoding="utf-8")
        read_map(text)
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{map_}: {error}", 2)
    except InvalidInput as refused:
        fail(f"{map_}: {refused.message}", 2)
    return text


async def _delivered(
    url: str, file: Path, feed: Any, written: str | None, *, dry_run: bool
) -> "tuple[Report, Map | None]":
    from cairn.access.viewer import system
    from cairn.db.engine import database
    from cairn.hris.deliver import deliver
    from cairn.hris.keep import keep_feed_map
    from cairn.hris.mapping import read_map
    from cairn.hris.tables import SyncStatus

    viewer = system("sync")

    def beside(name: str) -> AsyncIterable[bytes]:
        return _pieces(file.parent / name)

    async with database(url, pool=2) as opened:
        with _progress(file) as (read, say):
            done = await deliver(
                opened,
                viewer,
                feed,
                _pieces(file, read),
                map_=read_map(written) if written is not None else None,
                beside=beside,
                dry_run=dry_run,
                say=say,
            )
        if written is not None and not dry_run and done[0].run.status is SyncStatus.APPLIED:
            async with opened.transaction() as tx:
                await keep_feed_map(tx, viewer, source=feed.source, text=written)
    return done


async def _pieces(file: Path, read: Callable[[int], None] = lambda _: None) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:  # a piece of a file takes no time, and nobody else waits
        while piece := opened.read(PIECE):
            read(len(piece))
            yield piece


@contextmanager
def _progress(file: Path) -> "Iterator[tuple[Callable[[int], None], Say]]":
    """What is told of the bytes that are read, and of the run: a bar in a terminal, lines elsewhere."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    if not err.is_terminal:
        yield (lambda _: None), _lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        reading = task = bar.add_task("Reading", total=file.stat().st_size, rows="")
        stage: str | None = None

        def say(progress: "HowFar") -> None:
            nonlocal stage, task
            if progress.stage is None:
                bar.update(reading, rows=f"{progress.received} rows")
                return
            if progress.stage != stage:  # each has a bar, which runs to and fro where nobody knows how long
                stage = progress.stage
                bar.update(task, total=1, completed=1)
                bar.stop_task(task)
                total = None if progress.share is None else 1.0
                task = bar.add_task(stage.capitalize(), total=total, rows="")
            bar.update(task, completed=progress.share)

        yield (lambda count: bar.update(reading, advance=count)), say


def _lines() -> "Say":
    """Tells it in lines: every 10,000 rows, and each stage."""
    rows = 0
    stage: str | None = None

    def say(progress: "HowFar") -> None:
        nonlocal rows, stage
        if progress.received - rows >= 10_000:
            rows = progress.received
            err.print(f"{rows} rows read", markup=False)
        if progress.stage not in {None, stage} and rows:
            stage = progress.stage
            err.print(f"{stage.lower()} …", markup=False)

    return say


def _print(report: "Report", map_: "Map | None", *, dry_run: bool, as_json: bool) -> None:
    from cairn.hris.deliver import as_json as values
    from cairn.hris.deliver import placed
    from cairn.hris.run import SHOWN
    from cairn.hris.tables import SyncGravity, SyncStatus
    from cairn.hris.telling import told

    run = report.run
    is_refused = run.status is SyncStatus.REFUSED
    if as_json:
        import orjson

        out.print_json(orjson.dumps(values(report, map_, dry_run=dry_run, most=SHOWN)).decode())
    else:
        for change in report.changes:
            out.print(told(change, report.names), markup=False)
        changed = run.new + run.changed + run.moved + run.revived + run.terminated + run.missing
        _more(changed - len(report.changes))
        for gravity, name in ((SyncGravity.WARNING, "warning"), (SyncGravity.REFUSAL, "refused")):
            for said in placed((each for each in report.problems if each.gravity is gravity), map_):
                out.print(f"{name}: {said}", markup=False)
        if len(report.problems) == SHOWN:
            out.print(f"… the first {SHOWN} of what is wrong; the graph has all of it", markup=False)
        out.print(_summary(report, dry_run=dry_run), markup=False)
    if is_refused:
        fail(run.refusal_message or "the run is refused; nothing was changed")
    if run.refused:
        raise typer.Exit(3)


def _more(left: int) -> None:
    if left > 0:
        out.print(f"… and {left} more; the graph has all of them", markup=False)


def _summary(report: "Report", *, dry_run: bool) -> str:
    from cairn.hris.tables import SyncMode

    run = report.run
    if run.refusal is not None:
        return f"{run.source}, {run.mode.value.lower()}: {run.received} rows; the run as a whole is refused."
    counts = {
        "new": run.new,
        "changed": run.changed,
        "moved": run.moved,
        "back": run.revived,
        "leaving": run.terminated,
        "missing": run.missing,
        "as before": run.same,
        "refused": run.refused,
    }
    counts["warning" if run.warned == 1 else "warnings"] = run.warned
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nobody in it"
    lines = [f"{run.source}, {run.mode.value.lower()}: {run.received} rows: {said}."]
    if not run.is_complete and run.mode is SyncMode.SNAPSHOT:
        lines.append("Not every row came or could be told apart, so nobody was taken for missing.")
    if dry_run:
        lines.append("This was a dry run: nothing was changed. The same without --dry-run does it.")
    return "\n".join(lines)


def _suggest(file: Path, source: str, map_: Path, *, as_json: bool) -> None:
    from cairn.access.refusal import Refusal
    from cairn.hris.suggest import suggest

    try:
        found = asyncio.run(suggest(lambda: _pieces(file), file.name))
        with map_.open("x", encoding="utf-8") as written:
            written.write(found.text)
    except Refusal as refusal:
        fail(f"{file}: {refusal.message}")
    except OSError as error:
        fail(f"{map_}: {error.strerror}")
    if as_json:
        out.print_json(
            data={"map": str(map_), "fields": dict(found.guessed), "left": found.left, "doubts": found.doubts}
        )
        return
    width = max(map(len, found.guessed), default=0)
    for name, column in found.guessed.items():
        out.print(f"  {name:{width}}  from {column}", markup=False)
    if found.left:
        out.print(f"Not read: {', '.join(found.left)}.", markup=False)
    for doubt in found.doubts:
        out.print(f"Look at this: {doubt}.", markup=False)
    out.print(f"\nThis is written to {map_}. Look it through, then see what it would do:", markup=False)
    out.print(f"  cairn sync {file} --source {source} --map {map_} --snapshot --dry-run", markup=False)
