"""Dead jobs: those that failed for good. They stay in the queue, as failed, until somebody has looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from pgqueuer.models import Job
from pgqueuer.types import JobId

from cairn.db.engine import Database, raw
from cairn.jobs.events import wake
from cairn.jobs.handlers import Payload
from cairn.jobs.queue import JOBS, LOG, Call, queries

_DEAD = f"""
select job.*, log.created as died_at, log.traceback::text as trace
from {JOBS} as job
left join lateral (
  select created, traceback from {LOG} where job_id = job.id and status = 'failed' order by id desc limit 1
) as log on true
where job.status = 'failed' order by job.id limit $1"""  # noqa: S608  # the names are ours


@dataclass(frozen=True)
class Dead:
    """A job that failed for good."""

    id: int
    handler: str
    company: str
    event: UUID
    payload: Payload
    tries: int
    died_at: datetime | None
    error: str
    """What was last raised."""
    traceback: str


async def dead(database: Database, *, limit: int = 100) -> list[Dead]:
    """The oldest dead jobs, of all companies."""
    async with database.transaction() as tx:
        rows = await (await raw(tx)).fetch(_DEAD, limit)
    found = []
    for row in rows:
        job = Job.model_validate(dict(row))
        call = Call.of(job)
        trace = orjson.loads(row["trace"] or "{}")
        error = f"{trace.get('exception_type', '')}: {trace.get('exception_message', '')}"
        found.append(
            Dead(
                id=job.id,
                handler=call.handler,
                company=call.company,
                event=call.event,
                payload=call.payload,
                tries=job.attempts + 1,
                died_at=row["died_at"],
                error=error,
                traceback=trace.get("traceback", ""),
            )
        )
    return found


async def requeue(database: Database, ids: Sequence[int]) -> None:
    """Has dead jobs tried again, as often as if they were new."""
    async with database.transaction() as tx:
        await queries(await raw(tx)).requeue_jobs([JobId(each) for each in ids])
        await wake(tx)
