"""What a feed says about people, whatever it came as."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Post:
    """What a feed says somebody was employed as, from a day on."""

    since: date
    until: date | None = None
    title: str | None = None
    department: str | None = None
    """Its name."""
    manager: str | None = None
    """The manager's id in the feed."""
    job_role: str | None = None
    """Its code."""
    location: str | None = None


@dataclass(frozen=True)
class Person:
    """What a feed says about somebody."""

    external_id: str
    given_name: str
    family_name: str
    email: str | None = None
    number: str | None = None
    posts: tuple[Post, ...] = ()
    """In order; they do not overlap."""


@dataclass
class Report:
    """What came of a feed."""

    new: int = 0
    changed: int = 0
    same: int = 0
    warnings: list[str] = field(default_factory=list)

    def counts(self) -> Mapping[str, int]:
        """For the audit and the terminal."""
        return {"new": self.new, "changed": self.changed, "same": self.same, "warnings": len(self.warnings)}
