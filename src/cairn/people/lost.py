"""Days on which people who were to be employed no longer are: who has a say in that before it is written.

A room above, which knows who administers the company, has its check called wherever days are lost: by a
termination, a later first day, a withdrawal, a directory, or a feed.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from cairn.access.refusal import Refusal
from cairn.db.engine import Transaction
from cairn.db.ranges import Days

Lost = Mapping[UUID, Sequence[Days]]
"""The days that people lose, by employee."""
Check = Callable[[Transaction, Lost], Awaitable[None]]

_checks: list[Check] = []


@dataclass
class LastAdministrator(Refusal):
    """Nobody would be left to administer the company: the last people admin is never deactivated."""

    on: date | None = None
    """The first day on which there would be none."""


def checks_lost(check: Check) -> Check:
    """Has the decorated function called before people lose days, to refuse that where it must."""
    _checks.append(check)
    return check


async def check_lost(tx: Transaction, lost: Lost) -> None:
    """Asks whoever has a say in it. Call it before the days are lost. Raises `LastAdministrator`."""
    for check in _checks:
        await check(tx, lost)
