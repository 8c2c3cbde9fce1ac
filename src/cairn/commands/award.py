"""`cairn award`: a credential to everybody whom a file names."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.commands.console import Json, configured, database_of, err, fail, must_be_migrated, out

if TYPE_CHECKING:
    from cairn.credentials.award_file import Told

PATIENCE_SECONDS = 60
"""How long nothing may be signed before `--wait` gives up."""


def award(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns employee, and from, note, url.")
    ],
    credential: Annotated[str, typer.Option(metavar="CODE", help="The code of the credential.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be awarded, and award nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until workers have signed all of it.")] = False,
    as_json: Json = False,
) -> None:
    """Awards a credential to everybody whom a file names and who has earned it.

    The column employee has an e-mail address, an employee number or an id; from is the day or the instant
    from which on the award holds, by default now; note and url are evidence, for whoever looks at the award.

    The same file can be given again, also after an interruption: who was awarded it before is not awarded it
    twice. With --json there is a line for each row, and a last one with the counts.

    The exit code is 0 where everybody has it, 3 where some rows were refused, 1 where nothing was done, 2 of
    usage.
    """
    if not file.is_file():
        fail(f"there is no file {file}", 2)
    from cairn.access.refusal import Refusal
    from cairn.credentials.award_file import BrokenFile

    found, counts = configured(), Counter[str]()
    with database_of(found) as url:
        must_be_migrated(url, found)
        try:
            asyncio.run(_award(url, file, credential, counts, dry_run=dry_run, as_json=as_json))
            _sum(counts, dry_run=dry_run, as_json=as_json)
            if wait and not dry_run:
                asyncio.run(_signed(url, credential))
        except (BrokenFile, Refusal, OSError) as error:
            kept = counts.total() and not dry_run
            so_far = (
                f"the first {counts.total()} rows are done; give it again" if kept else "nothing was changed"
            )
            fail(f"{file}: {str(error).removesuffix('.')}; {so_far}")
        except KeyboardInterrupt:
            fail("stopped; give the same file again, and it goes on", 130)
    if any(counts[each] for each in counts if each not in _GOOD):
        raise typer.Exit(3)


_GOOD = {"AWARDED": "awarded", "SCHEDULED": "scheduled", "ALREADY_AWARDED": "awarded before"}


async def _award(
    url: str, file: Path, code: str, counts: Counter[str], *, dry_run: bool, as_json: bool
) -> None:
    from cairn.access.viewer import system
    from cairn.credentials.award_file import award_file
    from cairn.db.engine import database

    with file.open(encoding="utf-8-sig", newline="") as lines, _progress(file) as say:
        read = 0

        def counted() -> Iterator[str]:
            nonlocal read
            for line in lines:
                read += len(line)
                yield line

        async with database(url, pool=2) as opened:
            async for told in award_file(opened, system("award"), code, counted(), dry_run=dry_run):
                counts[told.outcome] += 1
                say(read, counts.total())
                _tell(told, as_json=as_json)


def _tell(told: "Told", *, as_json: bool) -> None:
    if as_json:
        import orjson

        out.print(orjson.dumps(told).decode(), markup=False)
    elif not told.is_done:
        where = f", {told.column}" if told.column else ""
        out.print(f"row {told.row}{where}: {told.employee} {told.message}".replace("  ", " "), markup=False)


def _sum(counts: Counter[str], *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        out.print_json(data={"rows": counts.total(), "dryRun": dry_run, **counts}, indent=None)
        return
    refused = sum(count for outcome, count in counts.items() if outcome not in _GOOD)
    parts = [f"{counts[each]} {name}" for each, name in _GOOD.items() if counts[each]]
    parts += [f"{refused} refused"] if refused else []
    out.print(f"{counts.total()} rows: {', '.join(parts) or 'nobody in it'}.", markup=False)
    if dry_run:
        out.print("This was a dry run: nothing was awarded.", markup=False)
    elif counts["AWARDED"] or counts["SCHEDULED"]:
        out.print("Workers sign what was awarded.", markup=False)


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None]]:
    """What is told of the characters that are read, and of the rows that are done; only in a terminal."""
    if not err.is_terminal:
        yield lambda _read, _rows: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = ("Awarding", BarColumn(), TextColumn("{task.fields[rows]}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=file.stat().st_size, rows="")
        yield lambda read, rows: bar.update(task, completed=read, rows=f"{rows} rows")


async def _signed(url: str, code: str) -> None:
    """Waits for workers to sign, and shows how far they are."""
    from cairn.credentials.award_file import signed
    from cairn.db.engine import database

    last, since = -1, time.monotonic()
    async with database(url, pool=1) as opened:
        while True:
            async with opened.transaction() as tx:
                done, of = await signed(tx, code)
            if done != last:
                last, since = done, time.monotonic()
                err.print(f"{done} of {of} signed", markup=False)
            if done >= of:
                return
            if time.monotonic() - since > PATIENCE_SECONDS:
                fail(f"nothing was signed for {PATIENCE_SECONDS} seconds: does a worker run? (cairn work)")
            await asyncio.sleep(1)
