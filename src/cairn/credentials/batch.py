"""Many credentials at once, for who has a pile of applications: each checked by itself, a row each."""

import asyncio
import csv
import io
import json
import time
import zipfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cairn.credentials.report import (
    MOST_BYTES,
    TRUSTED,
    Report,
    Result,
    Sources,
    Unavailable,
    Unreadable,
    id_of,
)
from cairn.credentials.verify import verify
from cairn.matrices.sheet import harmless

MOST = 1_000
MOST_UNPACKED = 50_000_000
"""Bytes of all files of a ZIP together."""
LONGEST_LISTING = 512_000
"""Bytes of the list of files of a ZIP: enough for a thousand, and read before anything else is."""
AT_ONCE = 8
SECONDS = 30
"""That one may take."""
ALL_SECONDS = 1_800.0
"""That all may take; what is left then is not checked, and its row says so."""
COLUMNS = ("source", "verified", "trusted", "form", "name", "issuer", "problems")
HEADINGS = {"source", "url", "credential", "file", "address"}


@dataclass(frozen=True)
class Item:
    """A credential to check."""

    source: str
    """What it is called in the answer: a file's name, an address."""
    fetch: Callable[[Sources], Awaitable[bytes]]
    """Where its bytes are had from. Raises `Unreadable`, `Unavailable`, `OSError`, `ValueError`."""


def held(source: str, data: bytes) -> Item:
    """A credential whose bytes are there."""

    async def fetch(_sources: Sources) -> bytes:
        return data

    return Item(source, fetch)


def at(url: str) -> Item:
    """A credential at an address."""
    return Item(url, lambda sources: sources.get(url))


def of_column(lines: Iterable[str]) -> list[str]:
    """The first column of a CSV file, or the lines of a text, without a heading. Raises `ValueError`."""
    rows = [row[0].strip() for row in csv.reader(lines) if row and row[0].strip()]
    rows = rows[1:] if rows and rows[0].lower() in HEADINGS else rows
    return bounded(rows)


def of_lines(text: str) -> list[Item]:
    """Of JSON lines: an address or a JWT as a text, `{"url": …}`, or the credential itself.

    Raises `ValueError`.
    """
    items = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"line {number} is not JSON") from None
        url = found.get("url") if isinstance(found, dict) and set(found) == {"url"} else found
        if isinstance(url, str):
            try:
                data = url.encode()
            except UnicodeEncodeError:
                raise ValueError(f"line {number} has half of a character in it") from None
            items.append(at(url) if is_url(url) else held(f"line {number}", data))
        else:
            items.append(held(f"line {number}", line.encode()))
    return bounded(items)


def of_zip(data: bytes) -> list[Item]:
    """The files in a ZIP, in its order; nothing of it is unpacked beyond bounds. Raises `ValueError`."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or int.from_bytes(data[end + 12 : end + 16], "little") > LONGEST_LISTING:
        raise ValueError(f"it is no ZIP file, or has more than {MOST} files in it")
    items, left = [], MOST_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in bounded([each for each in archive.infolist() if not each.is_dir()]):
                with archive.open(entry) as file:
                    content = file.read(min(MOST_BYTES, left) + 1)
                left -= len(content)
                if left < 0:
                    raise ValueError(f"its files are more than {MOST_UNPACKED // 1_000_000} MB together")
                items.append(held(entry.filename, content))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError):
        raise ValueError("it is a broken ZIP file, or one with a password") from None
    return items


def bounded(given: Sequence[Any]) -> list[Any]:
    """The same, where they are not too many. Raises `ValueError`."""
    if len(given) > MOST:
        raise ValueError(f"it has {len(given)} rows; at most {MOST} are checked at once")
    return list(given)


def is_url(source: str) -> bool:
    """Whether it is fetched."""
    return source.startswith(("https://", "http://"))


async def checked(
    items: Sequence[Item], sources: Callable[[], Sources]
) -> AsyncGenerator[dict[str, Any], None]:
    """Each with what came of it, in their order; `sources` gives each what its checks need."""
    room, until = asyncio.Semaphore(AT_ONCE), time.monotonic() + ALL_SECONDS
    tasks = [asyncio.create_task(_one(item, sources, room, until)) for item in items]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()


async def _one(
    item: Item, sources: Callable[[], Sources], room: asyncio.Semaphore, until: float
) -> dict[str, Any]:
    async with room:
        if time.monotonic() > until:
            return _row(item.source, None, ["It was not checked: all before it took too long"])
        try:
            async with asyncio.timeout(SECONDS):
                own = sources()
                report = await verify(await item.fetch(own), own)
        except (Unreadable, Unavailable, OSError, ValueError) as error:
            return _row(item.source, None, [str(error)])
        except TimeoutError:
            return _row(item.source, None, ["It could not be checked in time"])
    return _row(item.source, report, [f"{each.name}: {each.says}" for each in report.problems])


_TRUST = {Result.PASSED: "yes", Result.FAILED: "no"}


def _row(source: str, report: Report | None, problems: list[str]) -> dict[str, Any]:
    document = report.document if report is not None else {}
    name, issuer = document.get("name"), report and (report.issuer or id_of(document.get("issuer")))
    results = {each.name: each.result for each in report.checks} if report is not None else {}
    return {
        "source": source[:500],
        "verified": report is not None and report.is_verified,
        "trusted": _TRUST.get(results.get(TRUSTED, Result.UNKNOWN), "unknown"),
        "form": report.form if report is not None else None,
        "name": name[:200] if isinstance(name, str) else None,
        "issuer": issuer[:200] if issuer else None,
        "problems": problems,
    }


def as_csv(rows: Iterable[dict[str, Any] | None]) -> Iterator[str]:
    """Rows for a spreadsheet, None for the heading: a text that would be taken for a formula is marked."""
    for row in rows:
        out = io.StringIO()
        if row is None:
            csv.writer(out).writerow(COLUMNS)
        else:
            told = {"verified": "yes" if row["verified"] else "no", "problems": " ".join(row["problems"])}
            csv.writer(out).writerow([harmless(str({**row, **told}[name] or "")) for name in COLUMNS])
        yield out.getvalue()
