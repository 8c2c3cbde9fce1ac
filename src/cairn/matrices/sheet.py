"""A matrix as CSV (RFC 4180): a table of levels, or a list with a line for each cell.

Where something is assumed, a last column says of what: a level is a number wherever it comes from.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from cairn.matrices.answer import Found, Row

BOM = "\ufeff"
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # full-width forms, which spreadsheets fold


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip(" ").startswith(_ACTIVE) else text


def table(found: Found) -> Iterator[list[str]]:
    """A row for each person, a column for each skill, and the level where they meet."""
    names = [column.skill.name for column in found.matrix.columns]
    supposes = ["Assumed"] if found.assumes else []
    yield ["Person", "Job role", "Readiness", *names, *supposes]
    for row in found.matrix.rows:
        levels = ["" if cell.level is None else str(cell.level) for cell in row.cells]
        role = "" if row.job_role is None else row.job_role.name
        assumed = [_assumed(row, names)] if supposes else []
        yield [row.employee.display_name, role, _number(row.readiness), *levels, *assumed]


def _assumed(row: Row, names: Sequence[str]) -> str:
    """What in a row is only assumed."""
    cells = zip(names, row.cells, strict=True)
    said = ["in the matrix"] if row.is_assumed else []
    return ", ".join(said + [f"{name} ({cell.assumed})" for name, cell in cells if cell.assumptions])


_LIST = [
    "Person",
    "Job role",
    "Skill",
    "Level",
    "Verified",
    "Required",
    "Gap",
    "Until",
    "Levels shown",
    "Person id",
    "Skill id",
    "Assumed",
]


def list_(found: Found) -> Iterator[list[str]]:
    """A row for each cell."""
    yield _LIST
    for row in found.matrix.rows:
        role = "" if row.job_role is None else row.job_role.name
        for column, cell in zip(found.matrix.columns, row.cells, strict=True):
            until = found.until.get((row.employee.id, column.skill.id))
            yield [
                row.employee.display_name,
                role,
                column.skill.name,
                _number(cell.level),
                "" if cell.level is None else "yes" if cell.is_verified else "no",
                _number(cell.required),
                _number(cell.gap),
                "" if until is None else _instant(until),
                row.shown,
                row.employee.id,
                column.skill.id,
                cell.assumed,
            ]


LAYOUTS: dict[str, Callable[[Found], Iterator[list[str]]]] = {"table": table, "list": list_}


def lines(found: Found, layout: str) -> Iterator[str]:
    """The lines of a file, each with its end."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in LAYOUTS[layout](found):
        writer.writerow([harmless(each) for each in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
