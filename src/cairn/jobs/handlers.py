"""What a job runs: a function of a room, by a name that stays, in a transaction of its own.

A handler may be called again for what it was called for before, since a worker can die at any moment. That
its effects in the database happen once is seen to (`perform.py`); one outside, such as an e-mail, may
happen twice. Events are handled in no particular order, not even those about one employee: a handler reads
what holds now and does not take the event's word for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cairn.db.engine import Transaction

TIMEOUT_SECONDS = 60.0
TRIES = 10
"""With the pauses between them (`perform.py`) these take about nine minutes."""

Payload = dict[str, Any]
"""An event as JSON has it."""


@dataclass(frozen=True)
class Handler:
    """A function that jobs call."""

    name: str
    """Part of the interface between releases: jobs in the queue name it."""
    run: Callable[[Transaction, Payload], Awaitable[None]]
    timeout: float
    """Seconds after which a call counts as failed; a transaction may not idle longer than one minute."""
    tries: int
    """How often a job is begun, at most, before it counts as dead."""


handlers: dict[str, Handler] = {}
"""The handlers of all rooms that this process has imported, by name."""


def register(handler: Handler) -> None:
    """Adds a handler; a second one of a name is a mistake."""
    if handlers.setdefault(handler.name, handler) is not handler:
        raise TypeError(f"There are two handlers {handler.name}: give one of them another name")


def name_of(function: Callable[..., Any]) -> str:
    """`credentials.sign_award`: the room and the function, so that files within a room can change."""
    return f"{function.__module__.removeprefix('cairn.').partition('.')[0]}.{function.__name__}"
