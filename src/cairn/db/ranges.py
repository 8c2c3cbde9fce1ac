"""The ranges a fact holds during: half-open, `[from, until)`, an absent end meaning "still".

Civil dates (`Days`) for employment, instants in UTC (`Instants`) for everything else, and `Times`
for what follows from facts: the *set* of times during which it holds.
"""

from datetime import UTC, date, datetime
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


def from_day(start: date, until: date | None = None) -> Days:
    """The days from `start` on, up to but not including `until`."""
    return Range(start, until, bounds="[)")


def since(start: datetime, until: datetime | None = None) -> Instants:
    """The instants from `start` on, up to but not including `until`."""
    return Range(start, until, bounds="[)")


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
    "now",
    "since",
]
