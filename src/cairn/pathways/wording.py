"""The words of reminders, in the language of who reads them (`wording.toml`)."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from cairn.pathways.tables import ReminderKind

USUAL = "en"
"""The language of who has none of those there are."""


@dataclass(frozen=True)
class Counted:
    """A text with a number in it."""

    one: str
    other: str


@dataclass(frozen=True)
class Wording:
    """The words of one language."""

    one: tuple[int, ...]
    months: tuple[str, ...]
    day: str
    subject: str
    due: str
    was_due: str
    of: str
    more: Counted
    all: str
    stop: str
    headings: dict[ReminderKind, str]
    parts: dict[ReminderKind, Counted]
    page: dict[str, str]
    """What the page says where mails are stopped (`web/unsubscribe.py`)."""
    language: str
    first_day: str | None = None
    """The first of a month, where that is said otherwise."""

    def number(self, text: Counted, n: int) -> str:
        """A text with its number."""
        return (text.one if n in self.one else text.other).format(n=n)

    def date(self, day: date) -> str:
        """A day, as a person writes it."""
        form = self.first_day if self.first_day is not None and day.day == 1 else self.day
        return form.format(day=day.day, month=self.months[day.month - 1], year=day.year)


@cache
def wordings() -> dict[str, Wording]:
    """Those there are, by language."""
    given = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    read = TypeAdapter(Wording).validate_python
    return {language: read({**words, "language": language}) for language, words in given.items()}


def wording(locale: str) -> Wording:
    """The words for somebody whose locale is such a BCP 47 tag."""
    there = wordings()
    return there.get(locale.replace("_", "-").partition("-")[0].lower(), there[USUAL])
