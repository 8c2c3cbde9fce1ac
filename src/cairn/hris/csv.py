"""Feeds as CSV: which column means what is data, not code.

A file may have several rows a person, one for each period of their work. The periods touch: one lasts until
the next begins, whatever an end date says (two customs of writing one are mixed in real files).
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cairn.hris.feed import Person, Post


@dataclass(frozen=True)
class Columns:
    """Which column of a file means what."""

    person: str
    """Tells people apart."""
    row: str
    """Tells rows apart; a manager may be named by any row of theirs."""
    manager: str
    given_name: str
    family_name: str
    email: str
    title: str
    department: str
    since: str


def read(
    path: Path,
    columns: Columns,
    *,
    job_role: Callable[[str], str | None] = lambda _: None,
    location: Callable[[str], str | None] = lambda _: None,
) -> Iterator[Person]:
    """The people of a file; `job_role` and `location` say what a title means."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    person_of_row = {row[columns.row]: row[columns.person] for row in rows}
    by_person: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_person.setdefault(row[columns.person], []).append(row)
    for person, periods in by_person.items():
        periods.sort(key=lambda row: row[columns.since])
        last = periods[-1]
        yield Person(
            external_id=person,
            given_name=last[columns.given_name],
            family_name=last[columns.family_name],
            email=last[columns.email].lower() or None,
            posts=tuple(_posts(periods, columns, person_of_row, job_role, location)),
        )


def _posts(
    periods: list[dict[str, str]],
    columns: Columns,
    person_of_row: dict[str, str],
    job_role: Callable[[str], str | None],
    location: Callable[[str], str | None],
) -> Iterable[Post]:
    starts = [date.fromisoformat(row[columns.since]) for row in periods]
    ends: list[date | None] = [*starts[1:], None]
    for row, since, until in zip(periods, starts, ends, strict=True):
        title = row[columns.title]
        yield Post(
            since=since,
            until=until,
            title=title,
            department=row[columns.department] or None,
            manager=person_of_row.get(row[columns.manager]),
            job_role=job_role(title),
            location=location(title),
        )
