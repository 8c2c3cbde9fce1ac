"""`cairn verify --batch FILE`: up to a thousand credentials at once, for who has a pile of applications."""

import asyncio
import csv
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from cairn.credentials.fetch import Web
from cairn.credentials.report import MOST_BYTES, Report, Result, Unavailable, Unreadable, id_of
from cairn.credentials.verify import verify

MOST = 1_000
AT_ONCE = 8
SECONDS = 30
COLUMNS = ("source", "verified", "form", "name", "issuer", "problems")


def sources(file: Path) -> list[str]:
    """The first column of a CSV file: addresses, and files beside it. Raises `ValueError`, `OSError`."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    if rows and rows[0].lower() in {"source", "url", "credential", "file", "address"}:
        rows = rows[1:]
    if len(rows) > MOST:
        raise ValueError(f"it has {len(rows)} rows; at most {MOST} are checked at once")
    return rows


async def checked(given: list[str], folder: Path) -> AsyncIterator[dict[str, Any]]:
    """Each with what came of it, in the order of the file."""
    room = asyncio.Semaphore(AT_ONCE)
    tasks = [asyncio.create_task(_one(source, folder, room)) for source in given]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()


async def _one(source: str, folder: Path, room: asyncio.Semaphore) -> dict[str, Any]:
    is_url = source.startswith(("https://", "http://"))
    async with room:
        try:
            async with asyncio.timeout(SECONDS):
                # The rows are a stranger's: what they lead to is fetched as carefully as for a stranger.
                web = Web()
                data = await web.get(source) if is_url else await asyncio.to_thread(_read, folder, source)
                report = await verify(data, web)
        except (Unreadable, Unavailable, OSError, ValueError) as error:
            return _row(source, None, [str(error)])
        except TimeoutError:
            return _row(source, None, ["It could not be checked in time"])
    return _row(source, report, [f"{name}: {says}" for name, says in _problems(report)])


def _read(folder: Path, source: str) -> bytes:
    """A file in the folder of the list, and nowhere else. Raises `ValueError`, `OSError`."""
    path = (folder / source).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError("it lies outside the folder of the list")
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _problems(report: Report) -> Iterator[tuple[str, str]]:
    for each in report.checks:
        if each.result in {Result.FAILED, Result.UNKNOWN}:
            yield each.name, each.says


def _row(source: str, report: Report | None, problems: list[str]) -> dict[str, Any]:
    document = report.document if report is not None else {}
    name, issuer = document.get("name"), id_of(document.get("issuer"))
    return {
        "source": source,
        "verified": report is not None and report.is_verified,
        "form": report.form if report is not None else None,
        "name": name[:200] if isinstance(name, str) else None,
        "issuer": issuer[:200] if issuer else None,
        "problems": problems,
    }


def table() -> Any:
    """What writes rows as CSV, for a spreadsheet: a text that would be taken for a formula is marked."""
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)

    def write(row: dict[str, Any]) -> None:
        shown = {**row, "verified": "yes" if row["verified"] else "no", "problems": " ".join(row["problems"])}
        writer.writerow([_harmless(shown[name]) for name in COLUMNS])
        sys.stdout.flush()

    return write


def _harmless(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
