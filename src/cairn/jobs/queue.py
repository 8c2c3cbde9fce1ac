"""The one queue: pgqueuer's tables in the shared schema, and what is said to them.

Jobs do not go there straight from a verb: on Citus a company's schema may lie on another node than the
queue, and a transaction that wrote both was not atomic. They go through the company's outbox (`relay.py`).

Of pgqueuer we use the tables and the statements (`Queries`), not its `QueueManager`: there a job is gone
whose task was cancelled, one whose retry could not be written because the connection was lost counts as
failed for good, and a job that kills its worker is taken up for ever. All three were tried on 1.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.domain.settings import DBSettings
from pgqueuer.models import Job
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import QueueEntrypoint, QueueManagerId

from cairn.db.engine import SHARED
from cairn.jobs.handlers import Payload, handlers

#: Constructed and not read: pgqueuer would take names from variables as common as CHANNEL and FUNCTION.
SETTINGS: Final = DBSettings.model_construct(db_schema=SHARED)
JOBS: Final = SETTINGS.qualified.queue_table
LOG: Final = SETTINGS.qualified.queue_table_log

_ENVIRONMENT = QueryBuilderEnvironment(SETTINGS)
_BUILDER = QueryQueueBuilder(SETTINGS)
_NEVER = timedelta(days=36_500)


@dataclass(frozen=True)
class Call:
    """What a job asks for: a handler to be called, in a company, for an event."""

    handler: str
    company: str
    event: UUID
    payload: Payload

    @classmethod
    def of(cls, job: Job) -> "Call":
        """What that job asks for."""
        assert job.payload is not None
        found = orjson.loads(job.payload)
        return cls(job.entrypoint, found["company"], UUID(found["event"]), found["payload"])

    def __bytes__(self) -> bytes:
        return orjson.dumps({"company": self.company, "event": str(self.event), "payload": self.payload})


def queries(connection: Any) -> Queries:
    """The statements of pgqueuer, on an asyncpg connection."""
    return Queries(AsyncpgDriver(connection), qbe=_ENVIRONMENT, qbq=_BUILDER)


async def put(queue: Queries, calls: Sequence[Call]) -> None:
    """Queues a job for each call that none is waiting for or busy with."""
    await queue.enqueue(
        [call.handler for call in calls],
        [bytes(call) for call in calls],
        [0] * len(calls),
        None,
        [f"{call.event}/{call.handler}" for call in calls],
        on_conflict="skip",
    )


async def take(queue: Queries, worker: QueueManagerId, most: int) -> list[Job]:
    """Jobs that are due and whose handlers this process knows; from now on they are this worker's."""
    known = {QueueEntrypoint(name): EntrypointExecutionParameter(concurrency_limit=0) for name in handlers}
    return await queue.dequeue(most, known, worker, None, heartbeat_timeout=_NEVER)


_RELEASE = f"""
with lost as (
  update {JOBS} set status = 'queued', attempts = attempts + 1, execute_after = now(), updated = now(),
    queue_manager_id = null
  where status = 'picked' and heartbeat < now() - $1::interval
  returning id, entrypoint, priority
), logged as (
  insert into {LOG} (job_id, status, entrypoint, priority) select id, 'queued', entrypoint, priority from lost
)
select count(*) as released from lost"""  # noqa: S608  # the names are ours


async def release(queue: Queries, silent: timedelta) -> int:
    """Lets others have the jobs of workers that were not heard of for so long; how many.

    pgqueuer's own way does not count this as a try, and so never gives up on a job that kills its worker.
    """
    (row,) = await queue.driver.fetch(_RELEASE, silent)
    return int(str(row["released"]))


_PENDING = f"""
select
  exists (select from {JOBS} where status in ('queued', 'picked') and entrypoint = any($1)) as any,
  min(first.execute_after) - now() as wait
from unnest($1::text[]) as name cross join lateral (
  select execute_after from {JOBS} where entrypoint = name and status = 'queued'
  order by execute_after limit 1
) as first"""  # noqa: S608  # the names are ours


@dataclass(frozen=True)
class Pending:
    """What there is to do, now or later, for the handlers that this process knows."""

    any: bool
    seconds: float | None
    """Until the first that nobody is at is due; below zero: it is."""


async def pending(queue: Queries) -> Pending:
    """What there is to do."""
    (row,) = await queue.driver.fetch(_PENDING, list(handlers))
    wait = row["wait"]
    return Pending(bool(row["any"]), wait.total_seconds() if isinstance(wait, timedelta) else None)
