"""The ranges a fact holds during: half-open, `[from, until)`, an absent end meaning "still".

Civil dates (`Days`) for employment, instants in UTC (`Instants`) for everything else, and `Times`
for what follows from facts: the *set* of times during which it holds.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy.dialects.postgresql import DATERANGE, TSTZMULTIRANGE, TSTZRANGE, Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange

Days = Range[date]
Instants = Range[datetime]
Times = MultiRange[datetime]

#: Column types, for `Field(sa_type=…)`.
DAYS: Any = DATERANGE
INSTANTS: Any = TSTZRANGE
TIMES: Any = TSTZMULTIRANGE


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


def midnight(day: date) -> datetime:
    """When a civil date begins, in UTC."""
    return datetime.combine(day, time(), UTC)


def from_day(start: date, until: date | None = None) -> Days:
    """The days from `start` on, up to but not including `until`."""
    return Range(start, until, bounds="[)")


def since(start: datetime, until: datetime | None = None) -> Instants:
    """The instants from `start` on, up to but not including `until`."""
    return Range(start, until, bounds="[)")


def without(days: Iterable[Days], gone: Iterable[Days]) -> list[Days]:
    """What remains of some days without others; neither has an empty range."""
    left = list(days)
    for hole in gone:
        left = [part for each in left for part in _without(each, hole)]
    return left


def _without(days: Days, hole: Days) -> list[Days]:
    if (days.upper is not None and hole.lower is not None and days.upper <= hole.lower) or (
        hole.upper is not None and days.lower is not None and hole.upper <= days.lower
    ):
        return [days]
    parts = []
    if hole.lower is not None and (days.lower is None or days.lower < hole.lower):
        parts.append(Range(days.lower, hole.lower, bounds="[)"))
    if hole.upper is not None and (days.upper is None or hole.upper < days.upper):
        parts.append(Range(hole.upper, days.upper, bounds="[)"))
    return parts


__all__ = [
    "DAYS",
    "INSTANTS",
    "TIMES",
    "Days",
    "Instants",
    "MultiRange",
    "Range",
    "Times",
    "from_day",
    "midnight",
    "now",
    "since",
    "without",
]
