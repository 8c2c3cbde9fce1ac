"""One job: its handler called, in a transaction that also says that it was.

That a job comes twice cannot be ruled out, as a worker may die between its handler's commit and telling the
queue. `Handled` is claimed first, in the handler's own transaction: who comes second finds it there, or
waits until the first has committed, and does nothing.
"""

import asyncio
import logging
import traceback
from dataclasses import dataclass, replace
from datetime import timedelta

from pgqueuer.models import Job, TracebackRecord
from pgqueuer.queries import Queries
from pgqueuer.types import JOB_STATUS
from sqlalchemy.dialects.postgresql import insert

from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.jobs.events import Unreadable
from cairn.jobs.handlers import handlers
from cairn.jobs.line import backoff, summary
from cairn.jobs.queue import Call
from cairn.jobs.tables import Handled

log = logging.getLogger("cairn.jobs")

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
LONGEST_TRACE = 20_000
"""Characters of a traceback that are kept."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job."""

    job: Job
    status: JOB_STATUS = "successful"
    """`successful`; `queued`, to be tried again; `failed`, dead."""
    error: BaseException | None = None
    pause: float = 0
    """Seconds before it is tried again."""


async def perform(database: Database, job: Job) -> Outcome:
    """Calls the job's handler; never raises but what ends the task."""
    handler = handlers[job.entrypoint]
    if job.attempts >= handler.tries:
        return Outcome(job, "failed", ChildProcessError("its workers died while they were at it"))
    limit = asyncio.timeout(handler.timeout)
    try:
        call = Call.of(job)
        async with limit, replace(database, company=call.company).transaction() as tx:
            if await _claim(tx, call):
                await handler.run(tx, call.payload)
            else:
                log.debug("%s has dealt with %s before", call.handler, call.event)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is this job's
        late = TimeoutError(f"it took longer than {handler.timeout:g} s") if limit.expired() else None
        if job.attempts + 1 >= handler.tries or isinstance(error, Unreadable):
            return Outcome(job, "failed", late or error)
        pause = backoff(job.attempts, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        return Outcome(job, "queued", late or error, pause)
    return Outcome(job)


async def _claim(tx: Transaction, call: Call) -> bool:
    """Whether the handler has not dealt with the event before."""
    claim = insert(Handled).values(event_id=call.event, handler=call.handler, handled_at=now())
    claimed = await tx.execute(claim.on_conflict_do_nothing().returning(Handled.event_id))  # type: ignore[call-overload]
    return claimed.first() is not None


async def settle(queue: Queries, outcomes: list[Outcome]) -> None:
    """Tells the queue what came of those jobs."""
    over: list[tuple[Job, JOB_STATUS, TracebackRecord | None]] = [
        (each.job, each.status, _trace(each)) for each in outcomes if each.status != "queued"
    ]
    if over:
        await queue.log_jobs(over)
    for each in outcomes:
        if each.status == "queued":
            await queue.retry_job(each.job, timedelta(seconds=each.pause), _trace(each))


def report(outcome: Outcome) -> None:
    """Logs what came of a job."""
    job, error = outcome.job, outcome.error
    tries = f"try {job.attempts + 1} of {handlers[job.entrypoint].tries}"
    match outcome.status:
        case "successful":
            log.debug("%s (job %s) is done", job.entrypoint, job.id)
        case "queued":
            log.warning(
                "%s (job %s) failed, %s, next in %.1f s: %s",
                *(job.entrypoint, job.id, tries, outcome.pause, summary(error)),
            )
        case "failed":
            log.error(
                "%s (job %s) is dead, %s: %s",
                *(job.entrypoint, job.id, tries, summary(error)),
                exc_info=error,
            )


def _trace(outcome: Outcome) -> TracebackRecord | None:
    if (error := outcome.error) is None:
        return None
    return TracebackRecord(
        job_id=outcome.job.id,
        timestamp=now(),
        exception_type=type(error).__name__,
        exception_message=_storable(str(error)),
        traceback=_storable("".join(traceback.format_exception(error))),
        additional_context=None,
    )


def _storable(text: str) -> str:
    """What PostgreSQL takes as JSON: no zero bytes and no half characters; its end, if it is long."""
    return text[-LONGEST_TRACE:].replace("\0", "").encode(errors="replace").decode()
