"""Reads the packed data of the sample company; `data/README.md` says what it is, `data/NOTICE.md` whose."""

import csv
import tomllib
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "data"


@cache
def table(name: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def document(name: str) -> Any:
    """A TOML file."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


async def stream(name: str) -> AsyncIterator[bytes]:
    """A file as it is."""
    yield (FOLDER / name).read_bytes()


def slug(name: str) -> str:
    """`Production Technician` → `production-technician`, the code of a job role."""
    return "-".join(name.lower().split())
