"""That a credential is in use: noted at most once a minute, and never waited for."""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.graph.serve import Kept
from cairn.identity.proofs import IDLE
from cairn.identity.tables import ServiceToken, Session

log = logging.getLogger("cairn.identity")

EVERY = 60.0
"""Seconds between two notes of one credential."""
REMEMBERED = 20_000
"""Credentials of which it is remembered when their use was last noted."""

Used = type[Session | ServiceToken]


class Uses:
    """Notes that credentials are in use, behind the requests that use them, many in one statement."""

    def __init__(self, database: Database, wait: float = 1.0) -> None:
        self._database = database
        self._wait = wait
        self._when: Kept[bytes, float] = Kept(REMEMBERED)
        self._noted: dict[Used, set[bytes]] = {}
        self._task: asyncio.Task[None] | None = None

    def note(self, table: Used, key: bytes) -> None:
        """That the credential of `table` with that key is being used."""
        at = time.monotonic()
        last = self._when.get(key)
        if last is not None and at - last < EVERY:
            return
        self._when.keep(key, at)
        self._noted.setdefault(table, set()).add(key)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())

    async def settle(self) -> None:
        """Writes what is still to be written."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._write()

    async def _later(self) -> None:
        while self._noted:
            await asyncio.sleep(self._wait)
            try:
                await self._write()
            except Exception:  # whoever asked was answered; the next use is noted again
                log.warning("the use of credentials could not be noted", exc_info=True)

    async def _write(self) -> None:
        noted, self._noted = self._noted, {}
        for table, keys in noted.items():
            async with self._database.transaction() as tx:
                await tx.execute(_change(table, keys))


def _change(table: Used, keys: set[bytes]) -> Any:
    """Only what is alive is in use: a session that has idled away is not woken by an attempt to use it."""
    at = now()
    lately = at - timedelta(seconds=EVERY / 2)
    if issubclass(table, Session):
        return (
            update(Session)
            .where(
                col(Session.key).in_(keys),
                col(Session.ended_at).is_(None),
                col(Session.expires_at) > at,
                col(Session.seen_at).between(at - IDLE, lately),
            )
            .values(seen_at=at)
        )
    return (
        update(ServiceToken)
        .where(
            col(ServiceToken.key).in_(keys),
            col(ServiceToken.revoked_at).is_(None),
            col(ServiceToken.expires_at) > at,
        )
        .values(used_at=at)
    )
