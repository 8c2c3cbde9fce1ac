"""Hearing what happens as it does: one listening connection a process, however many listen.

    live = Live(database)
    ear = live.ear()
    async for subject in ear.hear(Wish("assignment", watcher=ada)):
        ...

PostgreSQL's notification only says that there is something; what it is, is read from `happening`: all that
was committed between the snapshot of the last look and that of this one. So a connection that was lost, or a
notification that was, costs time and nothing else: the next look has what came meanwhile. Such a snapshot is
also where a listener may go on who comes back (`Ear.position`).

What has changed is told by keys (`keys`), such as who may watch it and which pathway it is of; who listens
says which keys it takes. Keys only save work: they let through too much, and never too little. Whether
somebody may see it is decided by the rule of its table, in the statement that reads it.
"""

import asyncio
import logging
import re
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from cairn.access.refusal import Refusal
from cairn.db.engine import CONNECT_SECONDS, LOCK_SECONDS, SHARED, STATEMENT_SECONDS, Database
from cairn.jobs.happenings import CHANNEL, MANY, RESUMABLE
from cairn.jobs.line import backoff, summary

log = logging.getLogger("cairn.jobs")

LOOK_SECONDS = 30.0
"""It looks this often, told of anything or not: a server that went away without a word is noticed so."""
WAITING = 1_000
"""What one listener may have before it that it has not taken."""

Key = tuple[str, UUID]
"""A kind of key and a value of it."""
_ANY: Key = ("", UUID(int=0))


@dataclass
class Missed(Refusal):
    """Something has happened that a listener cannot be told of any more."""


@dataclass(frozen=True)
class Wish:
    """What a listener wants to hear: of a topic, whatever has all of these keys; all of it without any."""

    topic: str
    keys: frozenset[Key] = frozenset()


_statements: dict[str, str] = {}


def keys(topic: str, statement: str) -> None:
    """Says by which keys a topic is told: `select subject, kind, key … = any($1::uuid[])`."""
    _statements[topic] = statement


_LOOK = """
 select pg_current_snapshot()::text as position, happening.topic, array_agg(happening.subject) as subjects
 from (select 1) as look left join happening
  on happening.transaction >= pg_snapshot_xmin($1::text::pg_snapshot)::text::bigint
  and not pg_visible_in_snapshot(happening.transaction::text::xid8, $1::text::pg_snapshot)
 group by happening.topic
"""
"""All that was committed since a position, and the position of now."""
_HERE = "select pg_current_snapshot()::text"
_IS_PAST = "select pg_snapshot_xmax($1::text::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())"
_POSITION = re.compile(r"(\d{1,12})-(\d{1,19}:\d{1,19}:[\d,]{0,1000})")


class Live:
    """What happens in a company, for all in this process who listen."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._listening: defaultdict[tuple[str, Key], dict[Ear, frozenset[Key]]] = defaultdict(dict)
        self._ears: set[Ear] = set()
        self._position: str | None = None
        """The snapshot of the last look; None before the first."""
        self._looked_at = 0.0
        self._wake = asyncio.Event()
        self._there = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def ear(self, since: str | None = None) -> "Ear":
        """A listener; with the `position` of an earlier one it goes on where that was."""
        return Ear(self, since)

    @property
    def position(self) -> str:
        """Up to where has been heard, as `Ear.position` writes it."""
        return f"{int(self._looked_at)}-{self._position}"

    async def aclose(self) -> None:
        """Stops listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def join(self, ear: "Ear", wishes: Iterable[Wish]) -> None:
        """Has an ear hear what it wishes from now on."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._there.wait()
        self._ears.add(ear)
        for wish in wishes:
            first = min(wish.keys, default=_ANY)
            self._listening[wish.topic, first][ear] = wish.keys

    def leave(self, ear: "Ear", wishes: Iterable[Wish]) -> None:
        """An ear hears no more."""
        self._ears.discard(ear)
        for wish in wishes:
            place = wish.topic, min(wish.keys, default=_ANY)
            self._listening[place].pop(ear, None)
            if not self._listening[place]:
                del self._listening[place]

    async def since(self, position: str, wishes: Iterable[Wish]) -> list[UUID]:
        """What came after a position of what somebody wishes to hear. Raises `Missed`."""
        found = _POSITION.fullmatch(position)
        if found is None or time.time() - int(found[1]) > RESUMABLE.total_seconds():
            raise Missed("it is too long ago that you listened; read what is so now, and listen anew")
        async with self.database.reads.acquire() as connection:
            try:
                if not await connection.fetchval(_IS_PAST, found[2]):
                    raise Missed("this is not where you were; read what is so now, and listen anew")
                _, told = await self._told(connection, found[2])
            except asyncpg.DataError:
                raise Missed("this is not where you were; read what is so now, and listen anew") from None
        return [
            subject
            for topic, subject, of in told
            if any(wish.topic == topic and wish.keys <= of for wish in wishes)
        ]

    async def _listen(self) -> None:
        """Listens for as long as it takes, whatever becomes of the connection."""
        failures = 0
        while True:
            try:
                async with _connected(self.database, self._wake) as connection:
                    while True:
                        self._wake.clear()
                        await self._look(connection)
                        if failures:
                            log.warning("happenings are heard of again")
                        failures = 0
                        with suppress(TimeoutError):
                            async with asyncio.timeout(LOOK_SECONDS):
                                await self._wake.wait()
            except Exception as error:  # noqa: BLE001  # whatever it is, others still listen
                if not failures:
                    log.warning("happenings are not heard of, trying again: %s", summary(error))
                await asyncio.sleep(backoff(failures, first=0.1, longest=5))
                failures += 1

    async def _look(self, connection: Any) -> None:
        """Tells of all that has come since the last look."""
        at = time.time()
        told: list[tuple[str, UUID, set[Key]]] = []
        if self._position is None:
            position = await connection.fetchval(_HERE)
        elif at - self._looked_at > RESUMABLE.total_seconds():
            position = await connection.fetchval(_HERE)
            for ear in self._ears:
                ear.fail(Missed("the database was away for too long; read what is so now, and listen anew"))
        else:
            position, told = await self._told(connection, self._position)
        for topic, subject, of in told:
            for key in (*of, _ANY):
                for ear, wished in self._listening.get((topic, key), {}).items():
                    if wished <= of:
                        ear.put(subject)
        self._position, self._looked_at = position, at
        self._there.set()

    async def _told(self, connection: Any, position: str) -> tuple[str, list[tuple[str, UUID, set[Key]]]]:
        """What came after a position, with its keys, and the position after that."""
        rows = await connection.fetch(_LOOK, position)
        told = []
        for row in rows if self._ears else ():
            topic = row["topic"]
            if topic is None:
                continue
            of: dict[UUID, set[Key]] = {subject: set() for subject in row["subjects"]}
            if topic in _statements:
                for subject, kind, key in await connection.fetch(_statements[topic], row["subjects"]):
                    of[subject].add((kind, key))
            told += [(topic, subject, found) for subject, found in of.items()]
        return rows[0]["position"], told


class _connected:  # noqa: N801  # used as a context manager
    """A connection that listens, and wakes whoever waits, also where it is lost."""

    def __init__(self, database: Database, wake: asyncio.Event) -> None:
        self.database, self.wake = database, wake

    async def __aenter__(self) -> Any:
        url = self.database.writes.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.connection = await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            server_settings={
                "application_name": "cairn live",
                "jit": "off",
                "timezone": "UTC",
                "search_path": f'"{self.database.company}", "{SHARED}"',
                "default_transaction_read_only": "on",
                "statement_timeout": f"{STATEMENT_SECONDS}s",
                "lock_timeout": f"{LOCK_SECONDS}s",
            },
        )
        self.connection.add_termination_listener(lambda *_: self.wake.set())
        await self.connection.add_listener(CHANNEL, lambda *_: self.wake.set())
        return self.connection

    async def __aexit__(self, *_: object) -> None:
        try:
            await self.connection.close(timeout=1)
        except BaseException:
            self.connection.terminate()
            raise


@dataclass(eq=False)
class Ear:
    """One who listens."""

    live: Live
    since: str | None = None
    position: str | None = None
    """From where one may go on who has taken what was told so far; None before it listens."""
    listens: asyncio.Event = field(default_factory=asyncio.Event)
    _pending: dict[UUID, None] = field(default_factory=dict)
    _told: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: bool = False
    """Whether something was taken and is still on its way."""
    _failure: Missed | None = None

    async def hear(self, *wishes: Wish, at_once: bool = False) -> AsyncGenerator[UUID, None]:
        """What changes, as it does; what changes several times before it is taken, once. Raises `Missed`.

        `at_once` also gives `MANY` as soon as it listens, for whoever begins with what is so then.
        """
        await self.live.join(self, wishes)
        try:
            self.position = self.live.position
            if self.since is not None:
                self.position = self.since
                for subject in await self.live.since(self.since, wishes):
                    self.put(subject)
            if at_once:
                self.put(MANY)
            self.listens.set()
            while True:
                self._taken = False
                await self._told.wait()
                if self._failure is not None:
                    raise self._failure
                subject = next(iter(self._pending))
                del self._pending[subject]
                if not self._pending:
                    self._told.clear()
                    self.position = self.live.position
                self._taken = True
                yield subject
        finally:
            self.live.leave(self, wishes)

    def put(self, subject: UUID) -> None:
        """Has something wait to be taken."""
        self._pending[subject] = None
        if len(self._pending) > WAITING:
            self.fail(Missed(f"over {WAITING} changes wait for you; read what is so now, and listen anew"))
        self._told.set()

    def fail(self, failure: Missed) -> None:
        """Ends it."""
        self._failure = failure
        self._pending.clear()
        self._told.set()

    def rest(self) -> str | None:
        """The position, brought up to date where nothing waits; None while an answer is on its way.

        That one has the position after it already, which is to be told with it and not before.
        """
        if self._taken:
            return None
        if self.listens.is_set() and not (self._pending or self._failure):
            self.position = self.live.position
        return self.position
