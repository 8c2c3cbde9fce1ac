"""The single values of the wire form: each function reads one, or says what would have been right."""

import re
from datetime import UTC, datetime
from uuid import UUID

from cairn.requirements.duration import Duration
from cairn.requirements.problems import ProblemKind
from cairn.requirements.tree import MAX_LOCATION

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Unreadable(Exception):  # noqa: N818  # an answer to the client, not an error
    """The value does not belong there; the message says what does."""

    def __init__(self, kind: ProblemKind, message: str) -> None:
        self.kind = kind
        super().__init__(message)


def expected(what: str, value: object) -> Unreadable:
    """`Unreadable` because the value is of another type."""
    return Unreadable(ProblemKind.WRONG_TYPE, f"must be {what}, not {shown(value)}")


def _expected_text(what: str, value: object) -> Unreadable:
    kind = ProblemKind.BAD_VALUE if isinstance(value, str) else ProblemKind.WRONG_TYPE
    return Unreadable(kind, f"must be {what}, not {shown(value)}")


def shown(value: object) -> str:
    """A value a client sent, made fit to send back: short, printable, never a whole structure."""
    match value:
        case str():
            short = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value[:40])
            return f'"{short}{"…" if len(value) > 40 else ""}"'
        case None | bool():
            return {None: "null", False: "false", True: "true"}[value]
        case int() | float():
            return str(value) if -1e12 < value < 1e12 else "such a number"
        case _:
            return "a list" if isinstance(value, list) else "an object"


def id_(value: object) -> UUID:
    """A UUID in its usual spelling, in either case."""
    if isinstance(value, str) and _UUID.fullmatch(value):
        return UUID(value)
    raise _expected_text("an id like 3f0e9a52-6c1d-4b8e-9a53-0c6f1d2e7b48", value)


def whole(value: object, low: int, high: int) -> int:
    """A whole number within bounds; a truth value is none, nor is 3.0."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise expected(f"a whole number from {low} to {high}", value)
    if not low <= value <= high:
        raise Unreadable(ProblemKind.OUT_OF_BOUNDS, f"must be from {low} to {high}, not {shown(value)}")
    return value


def truth(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise expected("true or false", value)


def instant(value: object) -> datetime:
    """An instant as RFC 3339 writes it, offset included; answered in UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # a day or an hour that does not exist
    raise _expected_text("an instant with its offset, like 2026-03-01T00:00:00Z", value)


def duration(value: object) -> Duration:
    """An ISO 8601 duration of whole days or longer."""
    if not isinstance(value, str):
        raise expected("a duration in ISO 8601, like P1Y6M or P90D", value)
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise Unreadable(ProblemKind.BAD_VALUE, str(error)) from None


def location(value: object) -> str:
    """The name of a location, as employments spell it."""
    if isinstance(value, str) and value.strip() and len(value) <= MAX_LOCATION:
        if _UNPRINTABLE.search(value) is None:
            return value
        raise Unreadable(ProblemKind.BAD_VALUE, "must not contain control characters")
    raise _expected_text(f"the name of a location, at most {MAX_LOCATION} characters", value)
