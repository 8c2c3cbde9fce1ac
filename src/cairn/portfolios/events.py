"""What is told within portfolios."""

from dataclasses import dataclass

from cairn.jobs.events import event


@event
@dataclass(frozen=True)
class FilesUnneeded:
    """Nothing leads any more to the files that are kept under those keys."""

    keys: list[str]


@event
@dataclass(frozen=True)
class SweepDue:
    """There may be files that nothing leads to."""
