"""Keyset pages: an ordering that tells any two rows apart, and cursors that name a place in it.

A cursor holds the ordering's values at its row and the mark of the list it was made by, so that a page at
depth 19,000 costs what the first one costs, and a cursor of another list is refused by name.
"""

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    func,
    literal_column,
    or_,
    tuple_,
)

from cairn.graph.frame import Frame, Statement
from cairn.graph.problem import Code, Problem, bad_input
from cairn.graph.scalars import parse_day, parse_instant, sql_type
from cairn.graph.selection import Leaf, Selected

DEFAULT = 50
"""Rows of a page that does not say how many."""
MOST = 200
"""Rows of a page at most."""


@dataclass(frozen=True)
class Key:
    """One value of an ordering."""

    expression: ColumnElement[Any]
    type: Any
    """The Python type of its values."""
    descending: bool
    nullable: bool

    def reversed(self) -> "Key":
        """The same value in the other direction."""
        return replace(self, descending=not self.descending)

    def moved(self, expression: ColumnElement[Any]) -> "Key":
        """The same place in the ordering, read from a select around it."""
        return replace(self, expression=expression)

    def clause(self) -> ColumnElement[Any]:
        """The term of ORDER BY: nulls come last going up, and first going down."""
        return self.expression.desc() if self.descending else self.expression.asc()

    def follows(self, value: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row lies strictly beyond `value`."""
        if not self.nullable:
            return self.expression < value if self.descending else self.expression > value
        if self.descending:
            return or_(self.expression < value, and_(value.is_(None), self.expression.is_not(None)))
        return or_(self.expression > value, and_(self.expression.is_(None), value.is_not(None)))

    def equals(self, value: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a row has this value here."""
        return self.expression.is_not_distinct_from(value) if self.nullable else self.expression == value


def beyond(keys: Sequence[Key], place: Sequence[ColumnElement[Any]]) -> ColumnElement[bool]:
    """Whether a row comes strictly after `place`.

    As one row comparison where that says the same, because PostgreSQL then walks the index from there.
    """
    if len(keys) > 1 and not any(key.nullable for key in keys) and len({key.descending for key in keys}) == 1:
        row = tuple_(*(key.expression for key in keys))
        return row < tuple_(*place) if keys[0].descending else row > tuple_(*place)
    first, *rest = keys
    if not rest:
        return first.follows(place[0])
    return or_(first.follows(place[0]), and_(first.equals(place[0]), beyond(rest, place[1:])))


def mark(list_name: str, keys: Sequence[Key], names: Sequence[str]) -> str:
    """What tells the cursors of one list and ordering from those of another."""
    spelled = ",".join(
        f"{name}{'-' if key.descending else '+'}" for name, key in zip(names, keys, strict=True)
    )
    return f"{zlib.crc32(f'{list_name}:{spelled}'.encode()):08x}"


def cursor(list_mark: str, keys: Sequence[Key]) -> ColumnElement[str]:
    """The cursor of a row: base64 of a JSON array, in the alphabet that URLs take."""
    parts = func.json_build_array(literal_column(f"'{list_mark}'"), *(key.expression for key in keys))
    encoded = func.encode(
        func.convert_to(cast(parts, Text), literal_column("'UTF8'")), literal_column("'base64'")
    )
    return func.translate(encoded, literal_column("E'+/=\\n'"), literal_column("'-_'"))


def place(statement: Statement, leaf: Leaf, list_mark: str, keys: Sequence[Key]) -> list[ColumnElement[Any]]:
    """The values a cursor holds, as parameters; a cursor of another list is refused."""

    @lru_cache(maxsize=1)  # each of the values asks for it
    def decode(text: str) -> list[Any]:
        try:
            padded = text.encode() + b"=" * (-len(text) % 4)
            values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            if not isinstance(values, list) or values[:1] != [list_mark] or len(values) != len(keys) + 1:
                raise ValueError(text)  # noqa: TRY301  # one refusal for every cursor that is not ours
            return [
                None if value is None else _typed(key.type, value)
                for key, value in zip(keys, values[1:], strict=True)
            ]
        except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError):
            raise bad_input(
                f"the cursor {text[:40]!r} was not made by this list in this order; start again without it"
            ) from None

    decoded = leaf.then(decode)
    return [
        statement.bind(decoded.then(itemgetter(index)), sql_type(key.type)) for index, key in enumerate(keys)
    ]


_PARSE: dict[Any, Callable[[Any], Any]] = {UUID: UUID, datetime: parse_instant, date: parse_day}


def _typed(annotation: Any, value: Any) -> Any:
    """A value of a cursor, which anybody may have written. Raises ValueError or TypeError."""
    written = annotation if annotation in {bool, int, float} else str
    if type(value) is not written and not (written is float and type(value) is int):
        raise TypeError(value)
    if isinstance(value, str) and b"\0" in value.encode():
        raise ValueError(value)
    if isinstance(value, int) and value.bit_length() > 63:
        raise ValueError(value)
    parse = _PARSE.get(annotation)
    return value if parse is None else parse(value)


@dataclass(frozen=True)
class Window:
    """Which page of a list is asked for."""

    size: int
    limit: Leaf | None
    backward: bool
    after: Leaf | None
    before: Leaf | None


def window(selected: Selected) -> Window:
    """Reads `first`, `after`, `last` and `before`. Raises a `Problem` where they make no sense."""
    first, last = selected.arguments.get("first"), selected.arguments.get("last")
    if first is not None and last is not None:
        raise bad_input(f"{selected.name}: give first or last, not both")
    for name, size in (("first", first), ("last", last)):
        if size is not None and size.value < 0:
            raise bad_input(f"{selected.name}: {name} must not be negative")
        if size is not None and size.value > MOST:
            raise Problem(
                Code.LIMIT, f"{selected.name}: {name} is at most {MOST}; take the next page with after"
            )
    limit = first if first is not None else last
    return Window(
        size=DEFAULT if limit is None else limit.value,
        limit=limit,
        backward=last is not None,
        after=selected.arguments.get("after"),
        before=selected.arguments.get("before"),
    )


def ordering(frame: Frame, keys: Sequence[tuple[Any, bool]]) -> list[Key]:
    """The keys of an ordering on a frame: pairs of a leaf and whether it goes down."""
    return [
        Key(frame.comparable(field), field.type, descending, field.nullable) for field, descending in keys
    ]
