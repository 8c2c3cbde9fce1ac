"""Which column of a file is which field of a person: data that an admin writes, in TOML.

    [file]
    dates = "DD.MM.YYYY"

    [person]
    externalId = "Personalnummer"
    givenName = "Vorname"
    email = { text = "{Login}@example.com", write = "lower" }
    status = { column = "Status", values = { aktiv = "ACTIVE", ausgetreten = "TERMINATED" } }
    title = "jobs.JOB_TITLE"

    [look-up.jobs]                 # jobs.csv beside the map: its columns are called jobs.… from here on
    file = "jobs.csv"
    column = "JOB_ID"
    key = "JOB_ID"

A map is checked when it is read, and again with the columns of a file: one that is not there is named.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.hris.read import DELIMITERS, Encoding, Form, UnreadableFile
from cairn.hris.record import Post, Problem, Record, Standing
from cairn.people.tables import Engagement, Work

PERSON_FIELDS = tuple(each.encode_name for each in msgspec.structs.fields(Record) if each.name != "posts")
POST_FIELDS = tuple(each.encode_name for each in msgspec.structs.fields(Post))
DAYS = {"hiredOn", "lastDay", "effectiveOn", "since"}
WORDS: dict[str, type[StrEnum]] = {"status": Standing, "engagement": Engagement, "work": Work}
"""Fields that take one of a few words."""
_NEVER_EMPTY = {"givenName", "familyName", "displayName", "formerly", "effectiveOn", "hiredOn", *WORDS}
"""Where an empty cell says nothing, since the field is never without a value."""
_POSITION = ("title", "manager", "department", "departmentName", "jobRole", "location", "engagement", "work")
_IDS = {"externalId", "formerly", "manager", "department", "number"}
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_FIRST_DAY = date(1899, 12, 30)
"""Day 0 of spreadsheets, so that what they take for 1900-02-29 is no matter after it."""

_DATE_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<year>\d\d)",
    "MONTH": r"(?P<name>[A-Za-z]{3,9})\.?",
    "MON": r"(?P<name>[A-Za-z]{3,9})\.?",
    "MM": r"(?P<month>\d{1,2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "D": r"(?P<day>\d{1,2})",
}
_DATE_PART = re.compile(f"({'|'.join(_DATE_PARTS)})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPREADSHEET = "spreadsheet"


@lru_cache(1_000)
def _date_pattern(written: str) -> re.Pattern[str]:
    """What days are like that are written as `DD.MM.YYYY`. Raises `ValueError`."""
    parts = _DATE_PART.split(written)
    named = [_DATE_PARTS[part] for part in parts[1::2]]
    groups = sorted(re.findall(r"<(\w+)>", "".join(named)))
    if groups not in (["day", "month", "year"], ["day", "name", "year"]) or re.search(
        r"\w", "".join(parts[::2])
    ):
        raise ValueError(
            "a date is written with YYYY or YY, MM or MON, and DD, such as DD.MM.YYYY; "
            f"or {SPREADSHEET}, for days counted from 1899-12-30"
        )
    between = [re.escape(part) for part in parts[::2]]
    text = "".join(part for pair in zip(between, [*named, ""], strict=True) for part in pair)
    return re.compile(rf"{text}(?:[T ].*)?", re.ASCII)


def _is_date_format(written: str) -> str:
    if written != SPREADSHEET:
        _date_pattern(written)
    return written


DateFormat = Annotated[str, AfterValidator(_is_date_format)]
"""How days are written, such as `DD.MM.YYYY`."""


class Write(StrEnum):
    """How a text is written."""

    LOWER = "lower"
    UPPER = "upper"
    CODE = "code"
    """In small letters with hyphens, as codes of job roles are: `Design Engineer` → `design-engineer`."""


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-")
    )


class FileForm(_Part):
    """How the file is written."""

    encoding: Encoding = Encoding.UTF_8
    delimiter: str | None = None
    header_row: int = Field(default=1, ge=1, le=100)
    dates: DateFormat = "YYYY-MM-DD"

    @model_validator(mode="after")
    def _delimiter_is_one(self) -> Self:
        if self.delimiter is not None and self.delimiter not in DELIMITERS:
            raise ValueError("delimiter is one of , ; | and the tabulator")
        return self

    @property
    def form(self) -> Form:
        """As the reader of files takes it."""
        return Form(None, self.encoding, self.delimiter, self.header_row)


class Source(_Part):
    """Where the value of a field is from: a column, a text around columns, or the same for everybody."""

    column: str | None = None
    text: str | None = None
    value: str | None = None
    values: dict[str, str | None] = Field(default_factory=dict)
    """What the values of the file mean."""
    otherwise: str | None = None
    """What every other value means."""
    date: DateFormat | None = None
    write: Write | None = None
    empty: Literal["clears", "keeps"] = "clears"
    """What an empty cell means: that there is nothing, or that the file says nothing about it."""

    @model_validator(mode="before")
    @classmethod
    def _of_a_column(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _is_from_one(self) -> Self:
        if sum(each is not None for each in (self.column, self.text, self.value)) != 1:
            raise ValueError("say one of column, text and value")
        if self.column == "":
            raise ValueError("write the name of the column that it is from")
        return self

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        if self.column is not None:
            return [self.column]
        return _PLACEHOLDER.findall(self.text or "")


class LookUp(_Part):
    """Another file, in which more is found by the value of a column."""

    file: str
    column: str
    """Of the rows that look up; it may be of another look-up above."""
    key: str
    """The column of the other file that has the same value."""
    encoding: Encoding = Encoding.UTF_8


class History(_Part):
    """Where several periods of somebody's work are: as rows of the file itself, or of another one."""

    row: str | None = None
    """What tells rows apart, where a manager is named by any row of theirs."""
    file: str | None = None
    """The file that has the periods before; without one, each row of the file itself is a period."""
    encoding: Encoding = Encoding.UTF_8
    period: dict[str, Source] = Field(default_factory=dict)
    """Which column of the other file means what: `externalId`, `since`, `lastDay`, `title` and so on."""

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if self.row is not None and self.file is not None:
            raise ValueError("say row or file, not both")
        wrong = sorted(set(self.period) - {"externalId", *POST_FIELDS})
        if wrong:
            raise ValueError(f"{wrong[0]} is no field of a period; there are {', '.join(POST_FIELDS)}")
        if self.file is not None and not {"externalId", "since"} <= set(self.period):
            raise ValueError("period says at least externalId and since")
        return self


class Map(_Part):
    """Which column of a file is which field of a person."""

    file: FileForm = FileForm()
    person: dict[str, Source]
    look_up: dict[str, LookUp] = Field(default_factory=dict)
    history: History | None = None

    @model_validator(mode="after")
    def _names_fields(self) -> Self:
        more = {"work"} if self.history else set()
        for name in self.person:
            if name not in {*PERSON_FIELDS, *more}:
                near = difflib.get_close_matches(name, PERSON_FIELDS, 1, 0.6)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(PERSON_FIELDS)}"
                raise ValueError(f"person.{name} is no field of a person; {hint}")
        if "externalId" not in self.person:
            raise ValueError("person.externalId is missing: the column that tells people apart")
        if self.history:
            if "hiredOn" not in self.person:
                raise ValueError("with a history, person.hiredOn says when the period of a row begins")
            for name in ("status", "effectiveOn"):
                if name in self.person:
                    raise ValueError(f"with a history, person.{name} says nothing; leave it out")
        return self

    @property
    def other_files(self) -> list[str]:
        """The files it reads beside the one it is for."""
        found = [each.file for each in self.look_up.values()]
        return [*found, self.history.file] if self.history and self.history.file else found

    def column_of(self, field: str | None) -> str | None:
        """The column that a field is from, as it is named where something is wrong with it."""
        name = (field or "").rpartition(".")[2]
        source = self.person.get("hiredOn" if name == "since" else name)
        return next(iter(source.columns), None) if source else None


def read_map(text: str) -> Map:
    """A map as it is written in TOML. Raises `InvalidInput`, which names what is wrong."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The map is not TOML: {error}.") from None
    return checked(given)


def checked(given: Any) -> Map:
    """A map of plain values. Raises `InvalidInput`, which lists all that is wrong."""
    try:
        return Map.model_validate(given)
    except ValidationError as error:
        problems = [
            FieldProblem([str(part) for part in each["loc"]], _said(each["msg"])) for each in error.errors()
        ]
        said = "; ".join(
            f"{'.'.join(each.path)}: {each.message}" if each.path else each.message for each in problems
        )
        raise InvalidInput(f"The map makes no sense: {said}.", problems) from None


def _said(message: str) -> str:
    for theirs, ours in _PLAINLY.items():
        message = message.replace(theirs, ours)
    return message


_PLAINLY = {
    "Value error, ": "",
    "Extra inputs are not permitted": "nobody knows it",
    "Input should be a valid dictionary": "is a table of its own, with a line for each of its fields",
    "Input should be a valid string": "is a text, in quotes",
    "Input should be a valid integer": "is a whole number",
    "Field required": "is missing",
}


def identity(header: Iterable[str]) -> Map | None:
    """The map of a file whose columns are called as the fields are; None where it is no such file."""
    names = list(header)
    if "externalId" not in names or not set(names) <= set(PERSON_FIELDS):
        return None
    return Map(person={name: Source(column=name) for name in names})


Cells = Mapping[str, Any]
_Take = Callable[[Cells], Any]
_ABSENT = object()


@dataclass(frozen=True)
class Meaning:
    """What a row says: its values by field, and what is wrong with some of them."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]


class Columns:
    """A map's fields, made ready for the rows of one file."""

    def __init__(self, sources: Mapping[str, Source], form: FileForm) -> None:
        self._taken = [(name, source, _value(name, source, form)) for name, source in sources.items()]

    def check(self, header: Sequence[str], row: int) -> None:
        """Raises `UnreadableFile` where the map reads a column that is not there."""
        known = set(header)
        for name, source, _ in self._taken:
            for column in source.columns:
                if column not in known:
                    near = difflib.get_close_matches(column, known, 1, 0.6)
                    hint = f"; did you mean {near[0]}?" if near else f"; there are {_listed(header)}"
                    raise UnreadableFile(
                        f"the map reads {name} from it, and there is no such column{hint}", row, column
                    )

    def meaning(self, cells: Cells) -> Meaning:
        """What a row says."""
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, _, take in self._taken:
            try:
                value = take(cells)
            except ValueError as error:
                problems.append(Problem(name, str(error)))
                continue
            if value is not _ABSENT:
                values[name] = value
        return Meaning(values, tuple(problems))


def _listed(header: Sequence[str], most: int = 20) -> str:
    """The columns that there are."""
    more = f" and {len(header) - most} more" if len(header) > most else ""
    return ", ".join(each[:60] for each in header[:most] if each) + more


def _value(name: str, source: Source, form: FileForm) -> _Take:
    """How the value of a field is taken from a row; the function raises `ValueError` with what is wrong."""
    raw = _raw(source)
    means = {key.casefold(): value for key, value in source.values.items()}
    never_empty = name in _NEVER_EMPTY or source.empty == "keeps"
    pattern = source.date or form.dates

    def take(cells: Cells) -> Any:
        found = raw(cells)
        if isinstance(found, str):
            found = found.strip()
            if means:
                said = means.get(found.casefold(), _ABSENT)
                found = said if said is not _ABSENT else _otherwise(name, source, found)
            if found and source.write is not None:
                found = _written(found, source.write)
            if found and name in DAYS:
                found = day(found, pattern)
            elif name in _IDS and _ROUNDED.fullmatch(found):
                raise ValueError(
                    f'"{found}" is what a spreadsheet makes of a long number, which is lost; have the column'
                    " written as text"
                )
        if found is None or found == "":
            if name == "externalId":
                raise ValueError("is empty; it tells people apart")
            return _ABSENT if never_empty else None
        return found

    return take


def _raw(source: Source) -> _Take:
    if source.value is not None:
        return lambda _: source.value
    if (column := source.column) is not None:
        return lambda cells: cells[column] if column in cells else _within(cells, column)
    text = source.text or ""
    columns = source.columns

    def filled(cells: Cells) -> Any:
        parts = {column: cells.get(column) for column in columns}
        if any(part is None or str(part).strip() == "" for part in parts.values()):
            return None
        return _PLACEHOLDER.sub(lambda at: str(parts[at[1]]).strip(), text)

    return filled


def _within(cells: Cells, path: str) -> Any:
    """A value of an object within an object of NDJSON, by `name.given`."""
    found: Any = cells
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return _ABSENT
        found = found[part]
    return found


def _otherwise(name: str, source: Source, found: str) -> str | None:
    """What a value means that the map does not list."""
    if source.otherwise is not None:
        return source.otherwise
    words = WORDS.get(name)
    if not found or words is None or found.upper() in words.__members__:
        return found
    raise ValueError(
        f'the map does not say what "{found[:60]}" means; add it to values: {", ".join(words.__members__)}'
    )


def _written(found: str, write: Write) -> str:
    match write:
        case Write.LOWER:
            return found.lower()
        case Write.UPPER:
            return found.upper()
        case Write.CODE:
            return "-".join(re.findall(r"\w+", found.lower()))


@lru_cache(50_000)
def day(written: str, pattern: str) -> date:
    """A day as a file has it; a time behind it is passed over. Raises `ValueError`."""
    try:
        if pattern == SPREADSHEET:
            return _FIRST_DAY + timedelta(days=int(float(written)))
        if pattern == "YYYY-MM-DD" and len(written) == 10:
            return date.fromisoformat(written)
        if found := _date_pattern(pattern).fullmatch(written):
            return _day(**found.groupdict())
    except (ValueError, OverflowError):
        pass  # as where it is written otherwise
    raise ValueError(f'"{written[:60]}" is no date written as {pattern}')


def _day(year: str, day: str, month: str | None = None, name: str | None = None) -> date:
    number = int(month) if month is not None else _MONTHS.index((name or "")[:3].lower()) + 1
    century = 0 if len(year) == 4 else 2000 if int(year) < 69 else 1900  # as POSIX reads two digits
    return date(century + int(year), number, int(day))
