"""How much waits to be done, for those who watch over it."""

from dataclasses import dataclass

import orjson

from cairn.db.reads import Reads
from cairn.jobs.queue import JOBS

_BACKLOG = f"""
select json_build_object(
  'queued', count(*) filter (where status = 'queued'),
  'picked', count(*) filter (where status = 'picked'),
  'failed', count(*) filter (where status = 'failed'),
  'late', coalesce(extract(epoch from now() - min(execute_after) filter (where status = 'queued')), 0),
  'events', (select count(*) from event)
) from {JOBS}"""  # noqa: S608  # the names are ours


@dataclass(frozen=True)
class Backlog:
    """What waits."""

    queued: int
    """Jobs that nobody is at, those that are not yet due among them."""
    picked: int
    """Jobs that workers are at."""
    failed: int
    """Jobs that failed for good (`dead.py`)."""
    late: float
    """Seconds for which the job has been due that has been due longest; 0 where none is due."""
    events: int
    """Events of this company that no worker has put into the queue yet."""


async def backlog(reads: Reads) -> Backlog:
    """What waits now."""
    found = orjson.loads(await reads.fetchval(_BACKLOG, timeout=2))
    return Backlog(**{**found, "late": max(0.0, found["late"])})
