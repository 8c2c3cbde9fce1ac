"""A length of calendar time: whole years, months, weeks and days, written as ISO 8601 writes it.

Years count as twelve months and weeks as seven days, so `P1Y` and `P12M` are one value. Months are
calendar months: one month after 31 January is the last day of February. There is no time of day: a
tenure of five hours is nothing anybody asks for.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta
from typing import Self

MAX_MONTHS = 1200
MAX_DAYS = 36_525

_ISO = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """So many calendar months, then so many days. `ValueError` if either is negative."""

    months: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if self.months < 0 or self.days < 0:
            raise ValueError("a duration cannot be negative")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The duration written as `P1Y6M`, `P2W` or `P90D`; `ValueError` for anything else.

        The error is one sentence that says what would be right.
        """
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError("must be whole years, months, weeks or days in ISO 8601, like P1Y6M or P90D")
        years, months, weeks, days = (int(part or 0) for part in match.groups())
        duration = cls(12 * years + months, 7 * weeks + days)
        if not duration.is_sensible:
            raise ValueError("must be at least one day and at most 100 years, like P1Y6M or P90D")
        return duration

    @property
    def is_sensible(self) -> bool:
        """Whether it is longer than nothing and no longer than about a hundred years."""
        return self.months <= MAX_MONTHS and self.days <= MAX_DAYS and (self.months > 0 or self.days > 0)

    def after(self, start: datetime) -> datetime | None:
        """The instant this long after `start`; None beyond the end of the calendar."""
        months = start.year * 12 + start.month - 1 + self.months
        year, month = months // 12, months % 12 + 1
        if year > MAXYEAR:
            return None
        day = min(start.day, monthrange(year, month)[1])
        try:
            return start.replace(year=year, month=month, day=day) + timedelta(days=self.days)
        except OverflowError:
            return None

    def __str__(self) -> str:
        """ISO 8601, in its one canonical spelling."""
        years, months = divmod(self.months, 12)
        parts = (f"{years}Y" if years else "", f"{months}M" if months else "")
        days = f"{self.days}D" if self.days or not self.months else ""
        return f"P{''.join(parts)}{days}"

    def in_words(self) -> str:
        """For a person to read: `1 year, 6 months`."""
        years, months = divmod(self.months, 12)
        counts = ((years, "year"), (months, "month"), (self.days, "day"))
        words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in counts if count]
        return ", ".join(words) or "0 days"
