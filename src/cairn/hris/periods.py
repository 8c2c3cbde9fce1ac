"""Histories from rows: somebody has a row for each period of their work.

The rows of one person may stand anywhere in a file. So they are kept in a temporary database on disk until
all of them are there: the memory that a file takes does not grow with it.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Self

import msgspec
import orjson

from cairn.hris.mapping import POST_FIELDS, History, Meaning
from cairn.hris.read import UnreadableFile
from cairn.hris.record import Line, Problem, Reader, whose

MOST_PERIODS = 500
"""Of one person."""
_AT_ONCE = 1_000
"""Rows that are written or read at a time."""
_OF_ROWS = {"hiredOn": "since", "lastDay": "lastDay"}
"""What a row of the file itself says about its period, and what a post calls it."""

_TABLE = """
create table period (
  number integer not null,   -- of the row, in its file
  earlier integer not null,  -- whether it is a row of the other file
  whom text not null,        -- the person; of a row without one, something of its own
  key text,                  -- what tells rows apart
  manager text,
  body blob not null
)
"""
_BY_PERSON = """
select f.first, p.number, p.earlier, p.body,
       (select m.whom from period m where m.key = p.manager limit 1) as manager
from period p
join (select whom, min(number) as first from period where not earlier group by whom) f using (whom)
order by f.first, p.earlier desc, p.number
"""
_TWICE = "select max(number), key from period where key is not null group by key having count(*) > 1 limit 1"


@dataclass(frozen=True)
class _Period:
    number: int
    earlier: bool
    values: dict[str, Any]
    problems: tuple[Problem, ...]

    @property
    def post(self) -> dict[str, Any]:
        """What it says about the period."""
        found = {_OF_ROWS.get(name, name): value for name, value in self.values.items()}
        return {name: value for name, value in found.items() if name in POST_FIELDS and value is not None}

    @property
    def person(self) -> dict[str, Any]:
        """What it says about the person."""
        return {
            name: value
            for name, value in self.values.items()
            if name not in POST_FIELDS and name not in _OF_ROWS
        }


class Periods:
    """The rows of a file by person."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(_TABLE)
        self._waiting: list[tuple[Any, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, number: int, meaning: Meaning, key: str | None) -> None:
        """A row of the file; `key` tells rows apart where managers are named by it."""
        self._keep(number, meaning, key=key or None, earlier=False)

    def add_earlier(self, number: int, meaning: Meaning) -> None:
        """A row of another file, about a time before; one about nobody of the file itself is passed over."""
        self._keep(number, meaning, key=None, earlier=True)

    def add_bad(self, line: Line) -> None:
        """A row that cannot be read."""
        self._keep(line.number, Meaning({}, line.problems), key=None, earlier=False)

    def _keep(self, number: int, meaning: Meaning, *, key: str | None, earlier: bool) -> None:
        values = meaning.values
        whom = str(values.get("externalId") or "") or f"\0{number}"
        problems = [(each.field, each.message) for each in meaning.problems]
        manager = values.get("manager")
        self._waiting.append(
            (number, earlier, whom, key, str(manager) if manager else None, orjson.dumps([values, problems]))
        )
        if len(self._waiting) >= _AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._database.execute("begin")
        self._database.executemany("insert into period values (?, ?, ?, ?, ?, ?)", self._waiting)
        self._database.execute("commit")
        self._waiting.clear()

    async def lines(self, reader: Reader, history: History) -> AsyncIterator[Line]:
        """A line for each person, numbered by their first row. Raises `UnreadableFile`."""
        self._write()
        rows = await asyncio.to_thread(self._sorted, history)
        for first, group in groupby(_fetched(rows), key=lambda row: row[0]):
            periods = [_read(row) for row, _ in zip(group, range(MOST_PERIODS + 1), strict=False)]
            yield _line(first, periods, reader, history)
            if first % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _sorted(self, history: History) -> sqlite3.Cursor:
        self._database.execute("create index by_person on period (whom)")
        self._database.execute("create index by_key on period (key) where key is not null")
        if twice := self._database.execute(_TWICE).fetchone():
            raise UnreadableFile(
                f'"{twice[1]}" tells no rows apart: another row has it too', twice[0], history.row
            )
        return self._database.execute(_BY_PERSON)


def _fetched(rows: sqlite3.Cursor) -> Iterator[tuple[Any, ...]]:
    while some := rows.fetchmany(_AT_ONCE):
        yield from some


def _read(row: Sequence[Any]) -> _Period:
    _, number, earlier, body, manager = row
    values, problems = orjson.loads(body)
    if manager is not None:
        values["manager"] = manager
    return _Period(number, bool(earlier), values, tuple(Problem(*each) for each in problems))


def _line(first: int, periods: list[_Period], reader: Reader, history: History) -> Line:
    """What all rows of a person say together."""
    periods.sort(key=lambda each: (not each.earlier, str(each.post.get("since", ""))))
    last = periods[-1]
    whom = whose(last.values.get("externalId"))
    if len(periods) > MOST_PERIODS:
        problem = Problem("posts", f"has more than {MOST_PERIODS} periods")
        return Line(first, None, (problem,), whom)
    posts = [each.post for each in periods]
    for before, period, post in zip(periods, periods[1:], posts[1:], strict=False):
        if before.earlier and not period.earlier:
            _go_on(post, before.post.get("lastDay"))
    problems = tuple(
        replace(problem, message=_named(each, first, history) + problem.message)
        for each in periods
        for problem in each.problems
    )
    if problems and whom is None:
        return Line(first, None, problems)
    line = reader.values(first, {**last.person, "posts": posts})
    named = tuple(
        _placed(problem, periods, first, history)
        for problem in line.problems
        if not _follows(problem, periods)
    )
    if problems:
        return Line(first, None, (*problems, *named), whom)
    return msgspec.structs.replace(line, problems=named)


def _go_on(post: dict[str, Any], before: str | None) -> None:
    """A row of the file goes on from the last period before it, where it was written as of the hiring."""
    since = post.get("since")
    if before and since:
        post["since"] = max(since, str(date.fromisoformat(before) + timedelta(days=1)))


def _follows(problem: Problem, periods: list[_Period]) -> bool:
    """Whether it is only that a period lacks what could not be read in its row, which was told already."""
    parts = (problem.field or "").split(".")
    return len(parts) == 3 and parts[0] == "posts" and bool(periods[int(parts[1])].problems)


def _placed(problem: Problem, periods: list[_Period], first: int, history: History) -> Problem:
    """A problem with a period, with the row that it is of."""
    parts = (problem.field or "").split(".")
    if parts[0] != "posts" or len(parts) < 2 or not parts[1].isdigit():
        return problem
    return replace(problem, message=_named(periods[int(parts[1])], first, history) + problem.message)


def _named(period: _Period, first: int, history: History) -> str:
    if period.earlier:
        return f"{history.file}, row {period.number}: "
    return "" if period.number == first else f"row {period.number}: "
