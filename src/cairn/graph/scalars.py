"""The leaves of the graph: how a Python type is called in GraphQL and in PostgreSQL.

Global ids are `<Type>:<uuid>`, as in `Employee:0190a5c2-…`: they can be told apart by eye, in a log and
by the engine, which refuses the id of another type by name.
"""

import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, NewType, Union, get_args, get_origin
from uuid import UUID

import strawberry
from sqlalchemy import ARRAY, BigInteger, Boolean, ColumnElement, Date, Double, Text, Uuid, literal_column
from strawberry.types.scalar import ScalarDefinition

from cairn.access.refusal import invalid
from cairn.db.tables import INSTANT, Ref
from cairn.graph.problem import bad_input
from cairn.requirements import duration

Url = NewType("Url", str)
"""An absolute http or https address."""
Duration = NewType("Duration", str)
"""A length of time as ISO 8601 writes it."""
Json = NewType("Json", object)
"""A value of any form, as JSON."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?", re.ASCII)
_URL = re.compile(r"https?://[^\s/?#]+[^\s]*")


@dataclass(frozen=True)
class UpTo:
    """Marks a text that may be longer than others: `Annotated[str, UpTo(500_000)]`."""

    characters: int


def no_calendar(given: Duration | None, *, must_end: bool = False) -> str | None:
    """What is wrong with a length of time, if any, that is to be whole days or longer.

    One that `must_end` has an end on the calendar, which is in the year 9999, when it begins today.
    """
    if given is None:
        return None
    try:
        end = duration.Duration.parse(given).after(datetime.now(UTC))
    except ValueError as error:
        return str(error)
    return "goes beyond the end of the calendar" if must_end and end is None else None


def check_calendar(given: Duration | None, path: str, *, must_end: bool = False) -> None:
    """Raises `InvalidInput` where something is wrong with a length of time, as `no_calendar` finds it."""
    if (wrong := no_calendar(given, must_end=must_end)) is not None:
        raise invalid(path, wrong)


_FIRST = datetime.min.replace(tzinfo=UTC, microsecond=1)
_LAST = datetime.max.replace(tzinfo=UTC, microsecond=999_998)
"""Beyond these by a microsecond is what asyncpg takes for the infinities of PostgreSQL."""


def parse_instant(value: Any) -> datetime:
    """An instant in UTC, of an RFC 3339 text. Raises ValueError."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError(
            f"expected an RFC 3339 date and time with a zone, such as 2026-03-01T00:00:00Z, not {value!r}"
        )
    try:
        found = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r} is no date and time between the years 1 and 9999") from None
    return min(max(found, _FIRST), _LAST)


def parse_day(value: Any) -> date:
    """A civil date, of an ISO 8601 text. Raises ValueError."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError(f"expected a date such as 2026-03-01, not {value!r}")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no date between the years 1 and 9999") from None


def _matching(pattern: re.Pattern[str], example: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if not isinstance(value, str) or len(value) > 2000 or not pattern.fullmatch(value):
            raise ValueError(f"expected a value such as {example}, not {str(value)[:80]!r}")
        return value

    return parse


def _scalar(
    name: str, description: str, parse: Callable[[Any], Any], specified_by: str | None
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        parse_value=parse,
        serialize=lambda value: value.isoformat() if isinstance(value, date) else value,
        specified_by_url=specified_by,
    )


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "An instant, as RFC 3339 writes it, answered in UTC: `2026-03-01T00:00:00+00:00`.",
        parse_instant,
        "https://www.rfc-editor.org/rfc/rfc3339",
    ),
    date: _scalar(
        "Date",
        "A civil date, as ISO 8601 writes it: `2026-03-01`.",
        parse_day,
        "https://www.rfc-editor.org/rfc/rfc3339",
    ),
    Duration: _scalar(
        "Duration",
        "A length of time, as ISO 8601 writes it: `P1Y6M`, `PT45M`.",
        _matching(_DURATION, "P1Y6M"),
        "https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
    ),
    Url: _scalar(
        "URL",
        "An absolute http or https address.",
        _matching(_URL, "https://example.com/course"),
        "https://url.spec.whatwg.org/",
    ),
    Json: _scalar(
        "JSON", "A value of any form.", lambda value: value, "https://www.rfc-editor.org/rfc/rfc8259"
    ),
}


def strip_optional(annotation: Any) -> tuple[Any, bool]:
    """The type without None, and whether None was allowed."""
    if get_origin(annotation) in {Union, types.UnionType}:
        rest = [member for member in get_args(annotation) if member is not type(None)]
        if len(rest) < len(get_args(annotation)):
            return (Union[tuple(rest)] if len(rest) > 1 else rest[0]), True  # noqa: UP007  # built at run time
    return annotation, False


def optional(type_: Any) -> Any:
    """A type or None, where the type is only known at run time."""
    return Union[type_, None]  # noqa: UP007  # | does not take every Strawberry type


def listed(type_: Any) -> Any:
    """A list of a type that is only known at run time."""
    return list[type_]


def ref_of(annotation: Any) -> str | None:
    """The type of node that `Annotated[UUID, Ref("Employee")]` is the id of."""
    if get_origin(annotation) is Annotated:
        return next((mark.node for mark in get_args(annotation)[1:] if isinstance(mark, Ref)), None)
    return None


def sql_type(annotation: Any) -> Any:
    """The PostgreSQL type that a leaf of this type is bound as."""
    core, _ = strip_optional(annotation)
    if get_origin(core) is list:
        return ARRAY(sql_type(get_args(core)[0]))
    if get_origin(core) is Annotated:
        core = get_args(core)[0]
    if isinstance(core, type) and issubclass(core, Enum):
        return Text()
    return _SQL.get(core, Text())


_SQL: dict[Any, Any] = {
    bool: Boolean(),
    date: Date(),
    datetime: INSTANT,
    float: Double(),
    int: BigInteger(),
    UUID: Uuid(),
}


def bindable(annotation: Any) -> Callable[[Any], Any]:
    """How a coerced value of this type becomes a parameter: ids become UUIDs, enum members their value."""
    core, _ = strip_optional(annotation)
    if get_origin(core) is list:
        inner = bindable(get_args(core)[0])
        return lambda values: [None if value is None else inner(value) for value in values]
    if (node := ref_of(core)) is not None:
        return lambda value: parse_id(value, node)
    if isinstance(core, type) and issubclass(core, Enum):
        return lambda member: member.value
    return lambda value: value


def constant(value: str) -> ColumnElement[str]:
    """A text of ours as it stands in a statement: a name, a description; nothing that a request says."""
    doubled = value.replace("'", "''")
    return literal_column(f"'{doubled}'", Text())


def global_id(type_name: str, id_: UUID) -> str:
    """The id a node has in the graph."""
    return f"{type_name}:{id_}"


def split_id(value: str) -> tuple[str, UUID]:
    """The type and key in a global id. Raises a `Problem` that says what is wrong with it."""
    type_name, _, key = value.partition(":")
    try:
        if len(key) != 36:
            raise ValueError(key)  # noqa: TRY301  # one refusal for every malformed id
        return type_name, UUID(key)
    except ValueError:
        raise bad_input(
            f"{value[:80]!r} is not an id; ids are opaque: use them as they were answered"
        ) from None


def parse_id(value: str, expected: str) -> UUID:
    """The key in a global id of an `expected`. Raises a `Problem`."""
    type_name, key = split_id(value)
    if type_name != expected:
        raise bad_input(f"{value[:80]!r} is not the id of a {expected}")
    return key
