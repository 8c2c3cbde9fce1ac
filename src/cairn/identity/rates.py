"""How often somebody may ask: by person and by program, and by address for what anybody may.

A limit must not cost a read a statement. So each process counts by itself and settles with PostgreSQL once a
second, all keys in one statement, which answers with what all processes have counted. Between two
settlements each may let through what is left of the limit; then all of them know. What was counted outlives
a restart.

Windows are minutes by the clock: around the turn of one, twice the limit can pass within a minute.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.db.engine import Database, Transaction
from cairn.graph.problem import Code
from cairn.graph.serve import Turned
from cairn.identity.tables import RateCount
from cairn.jobs.schedule import every
from cairn.settings import Settings

log = logging.getLogger("cairn.identity")

WINDOW = 60
"""Seconds."""
KEYS = 50_000
"""Keys that a process counts in a window; all others share one."""
SETTLE = 1.0


class Kind(StrEnum):
    """What is counted."""

    PERSON = "person"
    TOKEN = "token"  # noqa: S105  # a name
    ADDRESS = "address"
    SIGN_IN = "sign-in"
    FAILURE = "failure"


class Rates:
    """The counts of one process, settled with those of the others."""

    def __init__(self, database: Database, found: Settings) -> None:
        self._database = database
        self._most = {
            Kind.PERSON: found.rate_person,
            Kind.TOKEN: found.rate_token,
            Kind.ADDRESS: found.rate_address,
            Kind.SIGN_IN: found.rate_sign_in,
            Kind.FAILURE: found.rate_failures,
        }
        self._window = 0
        self._counts: dict[tuple[Kind, str], int] = {}
        self._unsettled: dict[tuple[Kind, str], int] = {}
        self._task: asyncio.Task[None] | None = None

    def count(self, kind: Kind, who: str) -> int:
        """Counts one more; the seconds to wait where that is too many, else 0."""
        most = self._most[kind]
        if not most:
            return 0
        now = time.time()
        self._turn(now)
        key = kind, who
        count = self._counts.get(key, 0)
        if count >= most:
            return self._wait(now)
        if not count and len(self._counts) >= KEYS:
            key = kind, ""
            count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        self._unsettled[key] = self._unsettled.get(key, 0) + 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._later())
        return 0

    def spent(self, kind: Kind, who: str) -> int:
        """The seconds to wait where there were too many already, else 0; counts nothing."""
        now = time.time()
        self._turn(now)
        most = self._most[kind]
        return self._wait(now) if most and self._counts.get((kind, who), 0) >= most else 0

    def _turn(self, now: float) -> None:
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._counts, self._unsettled = window, {}, {}

    def _wait(self, now: float) -> int:
        return max(1, ceil((self._window + 1) * WINDOW - now))

    async def aclose(self) -> None:
        """Settles what is left."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.settle()

    async def _later(self) -> None:
        while self._unsettled:
            await asyncio.sleep(SETTLE)
            try:
                await self.settle()
            except Exception:  # whoever asked was answered; this process counts on by itself
                log.warning("rates could not be settled", exc_info=True)

    async def settle(self) -> None:
        """Adds what this process counted to what all have, and learns of that."""
        window, unsettled, self._unsettled = self._window, self._unsettled, {}
        if not unsettled:
            return
        keys = {_digest(*key): key for key in unsettled}
        rows = [
            {"key": digest, "at": datetime.fromtimestamp(window * WINDOW, UTC), "count": unsettled[key]}
            for digest, key in sorted(
                keys.items()
            )  # in one order, or two processes could wait for each other
        ]
        more: Any = insert(RateCount)
        added = more.on_conflict_do_update(
            index_elements=["key", "at"], set_={"count": RateCount.count + more.excluded.count}
        ).returning(RateCount.key, RateCount.count)
        async with self._database.transaction() as tx:
            totals = (await tx.execute(added, rows)).all()
        if window == self._window:
            for digest, total in totals:
                key = keys[digest]
                self._counts[key] = total + self._unsettled.get(key, 0)


def _digest(kind: Kind, who: str) -> bytes:
    """No address and no name stays in the table."""
    return hashlib.sha256(f"{kind} {who}".encode()).digest()[:16]


def too_many(seconds: int) -> Turned:
    """RFC 6585, section 4."""
    return Turned(
        429,
        Code.RATE_LIMITED,
        f"too many requests; try again in {seconds} seconds",
        ((b"retry-after", b"%d" % seconds),),
    )


class Turnstile:
    """An application that anybody may ask, so often from one address."""

    def __init__(self, app: ASGIApp, rates: Rates) -> None:
        self._app = app
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets through, or says when to come again."""
        wait = self._rates.count(Kind.ADDRESS, scope.get("cairn.address", ""))
        if not wait:
            await self._app(scope, receive, send)
            return
        text = f"Too many requests come from your network. Try again in {wait} seconds.\n"
        await PlainTextResponse(text, 429, {"retry-after": str(wait)})(scope, receive, send)


def turned_by_address(routes: Iterable[Route], rates: Rates) -> list[Route]:
    """The routes, each behind a turnstile."""
    found = list(routes)
    for route in found:
        route.app = Turnstile(route.app, rates)
    return found


@every("7 * * * *")
async def forget_rates(tx: Transaction, at: datetime) -> None:
    """Forgets the counts of windows that are over."""
    await tx.execute(delete(RateCount).where(col(RateCount.at) < at - timedelta(hours=1)))
