"""`cairn import completions`: a file of what people have completed, from another system."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import typer

from cairn.commands.console import Json, configured, database_of, fail, must_be_migrated, out

PIECE = 1_000_000
MOST = 1_000_000
"""Rows of one file."""
SHOWN = 100
"""Rows that were refused, and are shown."""


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
    from cairn.access.refusal import Refusal
    from cairn.hris.read import BrokenFile

    if not file.is_file():
        fail(f"there is no file {file}", 2)
    found, counts = configured(), Counter[str]()
    with database_of(found) as url:
        must_be_migrated(url, found)
        try:
            wrong = asyncio.run(_taken(url, file, counts, dry_run=dry_run))
        except (BrokenFile, Refusal, OSError) as error:
            recorded = counts.total() and not dry_run
            so_far = f"{counts.total():,} rows are recorded" if recorded else "nothing was recorded"
            fail(f"{file}: {str(error).removesuffix('.')}; {so_far}; give it again")
    _tell(counts, wrong, dry_run=dry_run, as_json=as_json)
    if wrong:
        raise typer.Exit(3)


async def _taken(url: str, file: Path, counts: Counter[str], *, dry_run: bool) -> list[dict[str, Any]]:
    """Records all of it; what was wrong with which row."""
    from cairn.access.viewer import system
    from cairn.db.engine import database
    from cairn.hris.completions import TAKEN, take_file

    async def pieces() -> AsyncIterator[bytes]:
        with file.open("rb") as opened:  # a piece of a file takes no time, and nobody else waits
            while piece := opened.read(PIECE):
                yield piece

    wrong: list[dict[str, Any]] = []
    async with database(url, pool=1) as there:
        async for told in take_file(there, system("import"), pieces, most=MOST, dry_run=dry_run):
            counts[told.outcome] += 1
            if told.outcome not in TAKEN:
                wrong.append({"row": told.row, "outcome": told.outcome, "message": told.message})
    return wrong


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
