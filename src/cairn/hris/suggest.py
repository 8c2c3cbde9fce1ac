"""A map suggested from a file: what its columns probably mean, as TOML to be read and corrected.

Columns are known by the names that other systems give them (`names.toml`), and by names nearly those. Their
values tell which column managers are named by, how days are written, and what the words of a status mean.
"""

import difflib
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from cairn.hris.mapping import DAYS, PERSON_FIELDS, SPREADSHEET, day
from cairn.hris.read import BrokenFile, Encoding, Form, Row, UnreadableFile, read

LOOKED_AT = 2_000
"""Rows that are looked at."""
DAYS_LOOKED_AT = 200
LONGEST_TITLE = 10
"""Rows above the header."""
MOST_WORDS = 30
"""Values of a status that are listed."""
_NEAR = 0.88
"""How alike a name is that is nearly one of ours, as `difflib` counts."""
_NOBODY = "no manager"
"""What SAP SuccessFactors writes where somebody has no manager."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "#": " number "})
_DATES = (
    "YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "DD/MM/YYYY", "YYYY/MM/DD", "MM-DD-YYYY", "DD-MM-YYYY",
    "DD-MON-YYYY", "DD-MON-YY", "DD MON YYYY", "MON DD, YYYY", "YYYYMMDD", "DD.MM.YY", "MM/DD/YY", "DD/MM/YY",
    SPREADSHEET,
)  # fmt: skip


@cache
def _names() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Suggestion:
    """A map for a file, to be looked through."""

    text: str
    """The map, in TOML."""
    guessed: Mapping[str, str]
    """The columns by the field that they are taken for."""
    left: Sequence[str]
    """Columns that mean nothing to it."""
    doubts: Sequence[str]
    """What to look at before it is used."""


async def suggest(opened: Callable[[], AsyncIterable[bytes]], file: str) -> Suggestion:
    """A map for a file, which is read from its beginning. Raises `UnreadableFile`."""
    form = Form()
    try:
        rows = await _first_rows(opened(), form)
    except UnreadableFile as refused:
        if refused.row is None or "is not UTF-8" not in refused.message:
            raise
        form = Form(encoding=Encoding.WINDOWS_1252)
        rows = await _first_rows(opened(), form)
    guess = _Guess(rows)
    if "externalId" not in guess.found:
        form, guess = await _below_a_title(opened, form) or (form, guess)
    if not guess.rows:
        raise UnreadableFile("there is no row below the header; a map is suggested from what the rows have")
    return guess.suggestion(file, form)


async def _below_a_title(
    opened: Callable[[], AsyncIterable[bytes]], form: Form
) -> "tuple[Form, _Guess] | None":
    """What a file is taken for whose header comes below a title, as in reports; None if there is none."""
    for row in range(2, LONGEST_TITLE + 2):
        below = replace(form, header_row=row)
        try:
            guess = _Guess(await _first_rows(opened(), below))
        except UnreadableFile:
            continue
        if len(guess.found) > 1 and "externalId" in guess.found:
            return below, guess
    return None


async def _first_rows(stream: AsyncIterable[bytes], form: Form) -> list[Mapping[str, str]]:
    rows: list[Mapping[str, str]] = []
    try:
        async for row in read(stream, form):
            if isinstance(row, Row):
                rows.append(dict(_flat(row.cells)))
            if len(rows) == LOOKED_AT:
                break
    except BrokenFile:
        pass  # what came of it tells as much
    return rows


def _flat(cells: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, str]]:
    """Cells as text; those of an object within an object by `name.given`."""
    for name, value in cells.items():
        if isinstance(value, dict) and not before:
            yield from _flat(value, f"{name}.")
        elif name and value is not None and not isinstance(value, dict | list):
            yield before + name, str(value).strip()


def plain(name: str) -> str:
    """`EmployeeID`, `employee_id` and `Employee-Id` → `employee id`."""
    words = re.sub(r"(?<=[a-zß-ü])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).lower().translate(_UMLAUTS)
    bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


class _Guess:
    """What the columns of some rows mean."""

    def __init__(self, rows: Sequence[Mapping[str, str]]) -> None:
        self.rows = rows
        self.columns = list(dict.fromkeys(name for row in rows for name in row))
        self.values = {
            column: [value for row in rows if (value := row.get(column))] for column in self.columns
        }
        self.ranks = {name: self._ranked(name) for name in _names()["fields"]}
        self.found: dict[str, str] = {}
        self.doubts: list[str] = []
        self.row_key: str | None = None
        self.is_history = False
        self._find()

    def _ranked(self, name: str) -> dict[str, float]:
        """How likely each column is to be that field; the smallest rank is the likeliest."""
        called: list[str] = _names()["fields"][name]
        ranks: dict[str, float] = {}
        for column in self.columns:
            said = plain(column)
            if said in called:
                ranks[column] = called.index(said)
            elif near := difflib.get_close_matches(said, called, 1, _NEAR):
                ranks[column] = 100 + called.index(near[0])
        return ranks

    def _find(self) -> None:
        self._find_people()
        choices = sorted(
            (rank, PERSON_FIELDS.index(name), name, column)
            for name, ranks in self.ranks.items()
            for column, rank in ranks.items()
        )
        for _, _, name, column in choices:
            if name not in self.found and column not in self.found.values() and self._fits(name, column):
                self.found[name] = column
        self._find_departments()
        self._find_periods()

    def _find_departments(self) -> None:
        """A department has an id and a name, and where it is known by name, the name is both."""
        id_, name = self.found.get("department"), self.found.get("departmentName")
        if name is None and id_ is not None:
            if any(value.isdigit() for value in self.values[id_]):
                self.doubts.append(f"{id_} has no names; a department is made once its name is known")
            else:
                self.found["departmentName"] = id_
        elif id_ is None and name is not None:
            self.found["department"] = name

    def _fits(self, name: str, column: str) -> bool:
        if name == "manager":
            return False  # found with the ids, or by nothing
        if name in DAYS:
            return not self.values[column] or bool(self._formats(column))
        return True

    def _find_people(self) -> None:
        """What tells people apart: the column by whose values managers are named, if they are."""
        ids, managers = self.ranks["externalId"], self.ranks["manager"]
        pairs = [
            (self._known(manager, id_), -ids[id_] - managers[manager], id_, manager)
            for id_ in ids
            for manager in managers
            if id_ != manager
        ]
        share, _, id_, manager = max(pairs, default=(0.0, 0.0, "", ""))
        if share >= 0.5:
            self.found |= {"externalId": id_, "manager": manager}
            return
        if ids:
            self.found["externalId"] = min(ids, key=lambda each: ids[each])
        if managers:
            column = min(managers, key=lambda each: managers[each])
            self.doubts.append(
                f"{column} does not name managers by what tells people apart; export the managers' ids too"
            )

    def _known(self, manager: str, id_: str) -> float:
        """The share of managers who are named by that column."""
        known = set(self.values[id_])
        named = self.values[manager]
        return sum(each in known for each in named) / len(named) if named else 0.0

    def _find_periods(self) -> None:
        """Whether people have several rows, one for each period."""
        id_ = self.found.get("externalId")
        if id_ is None:
            return
        if self._repeats(id_):
            self.is_history = self._differ(id_)
            if not self.is_history:
                twice = next(value for value, count in Counter(self.values[id_]).items() if count > 1)
                self.doubts.append(
                    f"{_comment(twice)} stands in several rows of {id_}, which tells people apart: only rows"
                    " that say the same can be taken"
                )
        else:
            others = [*self.ranks["externalId"], *self.ranks["userName"], *self.ranks["email"]]
            again = [each for each in others if each != id_ and self._repeats(each)]
            if again and "manager" in self.found:
                self.is_history, self.row_key = True, id_
                self.found = {name: each for name, each in self.found.items() if each != again[0]}
                self.found["externalId"] = again[0]
        if self.is_history:
            self._find_beginnings(self.found["externalId"])

    def _repeats(self, column: str) -> bool:
        """Whether some have several rows by that column, and most do not."""
        counts = Counter(self.values[column])
        return 0 < sum(count > 1 for count in counts.values()) < len(counts) / 2

    def _differ(self, id_: str) -> bool:
        """Whether the rows of most who have several are of different times; else somebody is there twice."""
        days = [each for each in self.ranks["hiredOn"] if self._formats(each)]
        rows: dict[str, list[tuple[str | None, ...]]] = {}
        for row in self.rows:
            rows.setdefault(row.get(id_, ""), []).append(tuple(row.get(each) for each in days))
        several = [each for whom, each in rows.items() if whom and len(each) > 1]
        return sum(len(set(each)) == len(each) for each in several) * 2 > len(several)

    def _find_beginnings(self, id_: str) -> None:
        """When the periods begin: by the days that are not the same in all rows of a person."""
        days = [each for each in self.ranks["hiredOn"] if self._formats(each)]
        pairs = Counter((row.get(id_), row.get(each), each) for row in self.rows for each in days)
        own = Counter(each for (_, _, each), count in pairs.items() if count == 1)
        if own:
            self.found["hiredOn"] = max(days, key=lambda each: own[each])
        self.found.pop("lastDay", None)
        self.found.pop("status", None)
        self.doubts.append("some people have several rows, which are taken for the periods of their work")

    def _formats(self, column: str) -> list[str]:
        """How the days of a column may be written: as most of them are, for some may be mistakes."""
        values = self.values[column][:DAYS_LOOKED_AT]
        counts = {each: sum(_is_day(value, each) for value in values) for each in _DATES}
        most = max(counts.values())
        return [each for each in _DATES if counts[each] == most] if most * 2 > len(values) else []

    def suggestion(self, file: str, form: Form) -> Suggestion:
        """The map, written."""
        if not {"externalId"} <= set(self.found):
            self.doubts.insert(0, "no column is known to tell people apart; write its name after externalId")
        dates = self._dates()
        parts = [
            f"# Which column of {_comment(file)} is which field of a person, as suggested: check it.\n",
            _file(form, dates.get("")),
            "[person]\n",
            *(
                self._line(name, dates)
                for name in PERSON_FIELDS
                if name in self.found or name == "externalId"
            ),
            self._history(),
        ]
        left = [column for column in self.columns if column not in {*self.found.values(), self.row_key}]
        if left:
            parts.append(f"\n# Not read: {_comment(', '.join(left), 2_000)}\n")
        parts += [f"# Look at this: {_comment(each, 500)}.\n" for each in self.doubts]
        found = {name: self.found[name] for name in PERSON_FIELDS if name in self.found}
        return Suggestion("".join(parts), found, left, self.doubts)

    def _dates(self) -> dict[str, str]:
        """How days are written: of the whole file by `""`, and by field where it is otherwise there."""
        written: dict[str, str] = {}
        for name in DAYS & set(self.found):
            formats = self._formats(self.found[name]) if self.values[self.found[name]] else []
            if formats:
                written[name] = formats[0]
            if {"MM/DD/YYYY", "DD/MM/YYYY"} <= set(formats):
                self.doubts.append(f"the days in {self.found[name]} may be MM/DD/YYYY or DD/MM/YYYY")
        if not written:
            return {}
        [(usual, _)] = Counter(written.values()).most_common(1)
        return {"": usual, **{name: each for name, each in written.items() if each != usual}}

    def _line(self, name: str, dates: Mapping[str, str]) -> str:
        column = self.found.get(name)
        if column is None:
            return f'{name} = ""\n'
        example = next(iter(self.values[column]), None)
        behind = "" if example is None else f"  # such as {_comment(example)}"
        extra: dict[str, Any] = {}
        if name in dates:
            extra["date"] = dates[name]
        if name in _names()["words"]:
            extra |= self._words(name, column)
        if name == "manager" and (nobody := [each for each in self.values[column] if plain(each) == _NOBODY]):
            extra["values"] = {nobody[0]: ""}
        if name == "email" and example and not any("@" in each for each in self.values[column]):
            self.doubts.append(f"{column} has no whole addresses; write the right domain behind it")
            extra |= {"text": f"{{{column}}}@example.com", "write": "lower"}
        elif extra:
            extra = {"column": column, **extra}
        written = _toml(extra or column)
        return f"{name} = {written}{behind}\n"

    def _words(self, name: str, column: str) -> dict[str, Any]:
        """What the words of a status mean, as far as they are known."""
        means: dict[str, str] = {}
        known = {word: meaning for meaning, words in _names()["words"][name].items() for word in words}
        for value in list(dict.fromkeys(self.values[column]))[:MOST_WORDS]:
            if value.upper() in _names()["words"][name]:
                continue
            meaning = known.get(plain(value)) or known.get(value.lower())
            if meaning is None:
                self.doubts.append(f"{_comment(value)} in {column} means nothing yet; add it to values")
            else:
                means[value] = meaning
        return {"values": means} if means else {}

    def _history(self) -> str:
        if not self.is_history:
            return ""
        row = f"row = {_toml(self.row_key)}\n" if self.row_key else ""
        return (
            f"\n# Each row is a period of somebody's work, from hiredOn until the next one.\n[history]\n{row}"
        )


def _file(form: Form, dates: str | None) -> str:
    lines = []
    if form.encoding is not Encoding.UTF_8:
        lines.append(f"encoding = {_toml(form.encoding.value)}\n")
    if form.header_row != 1:
        lines.append(f"header-row = {form.header_row}\n")
    if dates is not None and dates != "YYYY-MM-DD":
        lines.append(f"dates = {_toml(dates)}\n")
    return "".join(["[file]\n", *lines, "\n"]) if lines else ""


def _is_day(value: str, pattern: str) -> bool:
    if pattern == SPREADSHEET and not re.fullmatch(r"[1-9]\d{4}(\.\d+)?", value):
        return False
    try:
        found = day(value, pattern)
    except ValueError:
        return False
    return 1900 <= found.year < 2100 or found.year == 9999


def _comment(value: str, most: int = 40) -> str:
    """A text that ends no line, and so no comment."""
    return "".join(each if each.isprintable() else " " for each in value)[:most].strip()


def _toml(value: Any) -> str:
    """A value as TOML has it in a line; its basic strings are those of JSON."""
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{ {pairs} }}"
    return orjson.dumps(value).decode().replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)
