"""Runs whose lines stopped coming and with which nobody goes on are forgotten, with what they received."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.viewer import system
from cairn.db.engine import Transaction
from cairn.hris.tables import SyncRun, SyncStatus
from cairn.jobs.schedule import every

PATIENCE = timedelta(days=7)
"""How long a run waits for the rest of its lines."""


@every("41 3 * * *")
async def forget_abandoned_runs(tx: Transaction, at: datetime) -> None:
    """Forgets runs that have waited for too long; a worker that is applying one has it locked."""
    waiting = (
        select(SyncRun)
        .where(col(SyncRun.status) == SyncStatus.RECEIVING, col(SyncRun.started_at) < at - PATIENCE)
        .with_for_update(skip_locked=True)
    )
    for run in (await tx.execute(waiting)).scalars().all():
        before = {"source": run.source, "received": run.received}
        await audit.record(tx, system("worker"), "people.forget_sync", run, before=before)
        await tx.execute(delete(SyncRun).where(col(SyncRun.id) == run.id))
