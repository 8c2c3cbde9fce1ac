"""What is told is what is heard, or nothing if the transaction came to nothing."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import orjson
import pytest

from cairn.jobs import events
from cairn.jobs.drain import drain
from cairn.jobs.events import CHANNEL, Unreadable, event, kinds, publish, subscribe
from jobs.sample import Sampled, keys, tell


class Colour(StrEnum):
    RED = "RED"


async def test_an_event_of_a_transaction_that_was_rolled_back_never_arrives(database, url, admin):
    async def fail():
        async with database.transaction() as tx:
            await publish(tx, Sampled("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as tx:
        await publish(tx, Sampled("before"))
        savepoint = await tx.begin_nested()
        await publish(tx, Sampled("inside"))
        await savepoint.rollback()
        await publish(tx, Sampled("after"))
    assert await drain(database, url) == 2
    assert await keys(admin) == ["after", "before"]


async def test_workers_are_woken_once_and_by_the_commit(database, admin):
    heard = []
    await admin.add_listener(CHANNEL, lambda *args: heard.append(args))
    async with database.transaction() as tx:
        for n in range(5):
            await publish(tx, Sampled(str(n)))
        await tx.flush()
        await asyncio.sleep(0.05)
        assert not heard
    await asyncio.sleep(0.05)
    assert len(heard) == 1


@pytest.mark.usefixtures("registry")
def test_whatever_json_can_say_survives():
    @event
    @dataclass(frozen=True)
    class Everything:
        id: UUID
        at: datetime
        on: date
        colour: Colour
        ids: list[UUID] = field(default_factory=list)
        note: str | None = None

    told = Everything(uuid4(), datetime.now(UTC), date(2026, 3, 1), Colour.RED, [uuid4(), uuid4()])
    kind = kinds[Everything]
    assert kind.read(orjson.loads(orjson.dumps(kind.write(told)))) == told


@pytest.mark.usefixtures("registry")
def test_an_event_of_another_release_is_read_as_far_as_it_goes():
    @event(name="Grown")
    @dataclass(frozen=True)
    class Renamed:
        kept: int
        added: int = 7

    kind = kinds[Renamed]
    assert kind.name == "Grown"
    assert kind.read({"kept": 1, "removed": 2}) == Renamed(1, 7)
    with pytest.raises(Unreadable, match="Grown"):
        kind.read({"removed": 2})


@pytest.mark.usefixtures("registry")
def test_what_cannot_be_an_event_is_refused_as_it_is_declared():
    @dataclass
    class Mutable:
        key: str

    @dataclass(frozen=True)
    class Sampled:
        key: str

    with pytest.raises(TypeError, match="frozen"):
        event(Mutable)
    with pytest.raises(TypeError, match="two events Sampled"):
        event(Sampled)
    with pytest.raises(TypeError, match=r"two handlers jobs\.take_sample"):
        subscribe(events_sampled(), name="jobs.take_sample")(None)


def events_sampled():
    return next(cls for cls, kind in events.kinds.items() if kind.name == "Sampled")


async def test_what_is_no_event_cannot_be_published(database):
    with pytest.raises(KeyError):
        await tell(database, object())
