"""How far a run has come, told while it is applied: that is one transaction, and others see it at its end.

So it is told in transactions of their own, of a run that others can see: not of a dry run.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from cairn.db.engine import Transaction, database_of
from cairn.db.ranges import now
from cairn.hris.tables import SYNC_RUN, SyncProgress, SyncStage
from cairn.jobs.happenings import tell

log = logging.getLogger("cairn.hris")

EVERY = 0.5
"""Seconds between two words about the same stage."""
LONGEST = 2.0
"""Seconds that a word may take."""

_KEEP = text("""
insert into sync_progress (id, run_id, stage, share, told_at)
select :id, id, :stage, :share, :at from sync_run where id = :run
on conflict (run_id) do update set stage = excluded.stage, share = excluded.share, told_at = excluded.told_at
returning run_id
""")


@dataclass(frozen=True)
class Progress:
    """How far a run has come."""

    stage: SyncStage | None = None
    """What applying it is at; None: lines are received."""
    received: int = 0
    """How many there were so far."""
    share: float | None = None
    """How much of the stage is done, from 0 to 1, where that is known."""


Say = Callable[[Progress], None]


def say_nothing(_progress: Progress) -> None:
    """Says nothing."""


class Telling:
    """Tells how far applying a run has come: whoever asked for it, and all who listen."""

    def __init__(self, tx: Transaction, run: UUID, say: Say = say_nothing) -> None:
        self._tx, self._run, self._say = tx, run, say
        self._told: tuple[SyncStage | None, float] = (None, 0.0)

    async def __call__(self, stage: SyncStage, share: float | None = None) -> None:
        """Tells it, and neither fails nor waits: what is not told is no reason to hold up the run.

        Whoever waits for this run may have all other connections.
        """
        self._say(Progress(stage, share=share))
        before, at = self._told
        if stage is before and time.monotonic() - at < EVERY:
            return
        database = database_of(self._tx)
        if not database.is_idle:
            return
        self._told = stage, time.monotonic()
        values = {"id": SyncProgress.new_id(), "run": self._run, "stage": stage.value, "share": share}
        try:
            async with asyncio.timeout(LONGEST), database.transaction() as tx:
                if (await tx.execute(_KEEP, {**values, "at": now()})).scalar_one_or_none() is not None:
                    await tell(tx, SYNC_RUN, [self._run])
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("how far a run of a feed has come was not told: %s", type(error).__name__)

    async def end(self) -> None:
        """Takes it back, in the transaction that ends the run: the run itself tells what came of it."""
        await self._tx.execute(delete(SyncProgress).where(col(SyncProgress.run_id) == self._run))
