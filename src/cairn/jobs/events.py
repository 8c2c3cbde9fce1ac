"""Events: how a lower room tells an upper one, of which it has never heard, that a fact has changed.

    @event
    @dataclass(frozen=True)
    class PathwayCompleted:
        employee: UUID
        pathway: UUID

    await publish(tx, PathwayCompleted(employee=..., pathway=...))     # in pathways, in a verb's transaction

    @subscribe(PathwayCompleted)                                       # in credentials
    async def award_badges(tx: Transaction, event: PathwayCompleted) -> None: ...

An event is written with the facts it tells of: if those are rolled back it was never told, if they are
committed it arrives. Each subscriber has a transaction of its own, later, in a worker (`worker.py`).

An event's name and fields outlive a release, for older events wait in the queue. A field that is added
needs a default; one that is taken away may still come and is ignored; a class that is renamed keeps its
`name`. What cannot be read all the same is kept, as dead (`dead.py`).
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, is_dataclass
from typing import Any, TypeVar, overload
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import insert

from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs import tables
from cairn.jobs.handlers import TIMEOUT_SECONDS, TRIES, Handler, Payload, name_of, register
from cairn.jobs.happenings import notify, tell

CHANNEL = "cairn_event"
"""Where PostgreSQL notifies of events as their transaction commits."""

E = TypeVar("E")
Subscriber = Callable[[Transaction, E], Awaitable[None]]


class Unreadable(Exception):  # noqa: N818  # it is about the event
    """An event is not, or no longer, what its class says; trying again will not help."""


@dataclass(frozen=True)
class Kind:
    """A class of events."""

    name: str
    adapter: TypeAdapter[Any]

    def write(self, event: object) -> Payload:
        """The event as JSON has it."""
        payload: Payload = self.adapter.dump_python(event, mode="json")
        return payload

    def read(self, payload: Payload) -> Any:
        """The event. Raises `Unreadable`."""
        try:
            return self.adapter.validate_python(payload)
        except ValidationError as error:
            raise Unreadable(f"{self.name}: {error}") from None


kinds: dict[type, Kind] = {}
"""The classes of events of all rooms that this process has imported."""
subscribers: dict[str, list[Handler]] = {}
"""Who wants to know, by the name of the event."""


@overload
def event(cls: type[E], /) -> type[E]: ...
@overload
def event(*, name: str) -> Callable[[type[E]], type[E]]: ...
def event(cls: type[E] | None = None, /, *, name: str = "") -> type[E] | Callable[[type[E]], type[E]]:
    """Makes a frozen dataclass an event; its name is the class's, or the one it had when it was new."""

    def declare(cls: type[E]) -> type[E]:
        if not is_dataclass(cls) or not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
            raise TypeError(f"{cls.__name__} is an event and has to be a frozen dataclass")
        kind = Kind(name or cls.__name__, TypeAdapter(cls))
        if kind.name in subscribers:
            raise TypeError(f"There are two events {kind.name}: give one of them another name")
        kinds[cls], subscribers[kind.name] = kind, []
        return cls

    return declare if cls is None else declare(cls)


def subscribe(
    cls: type[E], *, name: str = "", timeout: float = TIMEOUT_SECONDS, tries: int = TRIES
) -> Callable[[Subscriber[E]], Subscriber[E]]:
    """Has the decorated function called, in a transaction of its own, for each event of that class.

    Who subscribes is told what is relayed from then on. A function that is renamed keeps its `name`.
    """
    kind = kinds[cls]

    def declare(function: Subscriber[E]) -> Subscriber[E]:
        async def run(tx: Transaction, payload: Payload) -> None:
            await function(tx, kind.read(payload))

        handler = Handler(name or name_of(function), run, timeout, tries)
        register(handler)
        subscribers[kind.name].append(handler)
        return function

    return declare


_shown: dict[type, tuple[str, Callable[[Any], Collection[UUID]]]] = {}


def shows(cls: type[E], topic: str, subjects: Callable[[E], Collection[UUID]]) -> None:
    """Has whoever listens to a topic hear of each event of that class, by what it is about."""
    _shown[cls] = (topic, subjects)


async def publish(tx: Transaction, *events: object) -> None:
    """Tells of them if `tx` commits."""
    if not events:
        return
    told = {"published_at": now()}
    rows = [
        {"id": tables.Event.new_id(), "name": kind.name, "payload": kind.write(each), **told}
        for each in events
        for kind in [kinds[type(each)]]
    ]
    await tx.execute(insert(tables.Event), rows)
    heard: dict[str, set[UUID]] = {}
    for each in events:
        if type(each) in _shown:
            topic, subjects = _shown[type(each)]
            heard.setdefault(topic, set()).update(subjects(each))
    for topic, about in heard.items():
        await tell(tx, topic, about)
    await wake(tx)


async def wake(tx: Transaction) -> None:
    """Has workers look at once, when `tx` commits, and not only when they would look anyway."""
    await notify(tx, CHANNEL)
