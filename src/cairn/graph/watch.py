"""Looking whether credentials still hold of those who stay: sockets and event streams.

One task and one statement a kind of credential, for all of a process: who listens and hears nothing costs a
place in a list. What somebody asks, or is told of, proves its credential by itself, in its own statement.
"""

import asyncio
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import JSON, Integer, Text, cast, column, func, literal_column, not_, select
from sqlalchemy import types as sql_types

from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.graph import limits
from cairn.graph.frame import Read, Request, Statement
from cairn.graph.limits import Cost
from cairn.graph.plan import Plan, Proof, compiled
from cairn.graph.serve import Standing

log = logging.getLogger("cairn.graph")


class _Roll(Statement):
    """A statement about many who ask: its terms are columns of a list of them, in place of parameters."""

    def __init__(self) -> None:
        self.types: dict[str, Any] = {}
        super().__init__(frozenset())

    def parameter(self, name: str, type_: Any, read: Read) -> Any:
        """A column of the list, read from the request of each."""
        self.reads[name], self.types[name] = read, type_
        return literal_column(f'asked."{name}"', type_)

    def lapsed(self, proof: Proof) -> Plan:
        """The statement that finds those whose credential does not hold, by their place in the list."""
        condition = proof.condition(self)
        listed = cast(super().parameter("list", Text(), lambda request: request.result), JSON)
        columns = [column("n", Integer()), *(column(name, each) for name, each in self.types.items())]
        asked = func.json_to_recordset(listed).table_valued(*columns)
        rows = asked.render_derived(name="asked", with_types=True)
        query = select(rows.c.n).where(not_(condition))
        return compiled(self, query, [], Cost(0, 0))

    def row(self, n: int, standing: Standing) -> dict[str, Any]:
        """Somebody who asks, as a row of the list."""
        request = Request({}, standing.viewer, now(), standing.values or {})
        return {"n": n} | {name: self._plain(name, self.reads[name](request)) for name in self.types}

    def _plain(self, name: str, value: Any) -> Any:
        if isinstance(self.types[name], sql_types.LargeBinary) and value is not None:
            return f"\\x{value.hex()}"
        return value


@dataclass(eq=False)
class Watched:
    """Somebody who stays."""

    standing: Standing
    lapsed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set where the credential was not found to hold; whoever has looked closer may clear it."""


class Watch:
    """Looks after all who stay."""

    def __init__(self, database: Database, seconds: float = 5.0) -> None:
        self.database = database
        self.seconds = seconds
        self._watched: set[Watched] = set()
        self._rolls: dict[str, tuple[_Roll, Plan]] = {}
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def over(self, standing: Standing) -> Iterator[Watched]:
        """Looks after somebody for a while."""
        found = Watched(standing)
        self._watched.add(found)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        try:
            yield found
        finally:
            self._watched.discard(found)
            if not self._watched and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # the database may be away for a while; nothing is answered then
                log.warning("credentials could not be looked at: %s", type(error).__name__)

    async def look(self) -> None:
        """Looks once."""
        by_standing: dict[int, tuple[Standing, list[Watched]]] = {}
        for each in self._watched:
            by_standing.setdefault(id(each.standing), (each.standing, []))[1].append(each)
        asked: dict[str, list[tuple[Standing, list[Watched]]]] = {}
        for standing, those in by_standing.values():
            expires = (standing.values or {}).get("expires_at")
            if expires is not None and expires <= now():
                _lapse(those)
            elif standing.proof is not None:
                asked.setdefault(standing.proof.kind, []).append((standing, those))
        for several in asked.values():
            for n in await self._lapsed([standing for standing, _ in several]):
                _lapse(several[n][1])

    async def _lapsed(self, standings: list[Standing]) -> list[int]:
        """Which of them do not hold; they are of one kind."""
        proof = standings[0].proof
        assert proof is not None
        if proof.kind not in self._rolls:
            roll = _Roll()
            self._rolls[proof.kind] = roll, roll.lapsed(proof)
        roll, plan = self._rolls[proof.kind]
        rows = [roll.row(n, standing) for n, standing in enumerate(standings)]
        request = Request({}, standings[0].viewer, now(), result=orjson.dumps(rows, default=str).decode())
        async with self.database.reads.acquire() as connection:
            found = await connection.fetch(plan.text, *plan.arguments(request), timeout=limits.SECONDS)
        return [row["n"] for row in found]


def _lapse(those: Iterable[Watched]) -> None:
    for each in those:
        each.lapsed.set()
