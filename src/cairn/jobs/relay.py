"""From a company's outbox into the queue: one job for each event and each handler that wants it.

The event leaves the outbox in the transaction that queues its jobs. Where the two are not in one database
and only the queue's half is committed, its jobs are queued again: `Handled` makes that harmless.

What a process relays it relays to the handlers it knows. So only one that has imported all rooms may. An
event that it does not know itself, such as one of the next release, stays for others.
"""

import logging

from sqlalchemy import delete, func, select
from sqlmodel import col

from cairn.db.engine import Database, raw
from cairn.jobs.events import subscribers
from cairn.jobs.queue import Call, put, queries
from cairn.jobs.tables import Event

log = logging.getLogger("cairn.jobs")

BATCH = 200
"""Events moved in one transaction, at most."""


async def relay(database: Database) -> int:
    """Moves the oldest events on; how many. Several may do so at once, each with others."""
    async with database.transaction() as tx:
        found = await tx.execute(
            select(col(Event.id), col(Event.name), col(Event.payload))
            .where(col(Event.name).in_(list(subscribers)))
            .order_by(col(Event.id))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        events = found.all()
        calls = [
            Call(handler.name, database.company, id_, payload)
            for id_, name, payload in events
            for handler in subscribers[name]
        ]
        if calls:
            await put(queries(await raw(tx)), calls)
        if events:
            await tx.execute(delete(Event).where(col(Event.id).in_([id_ for id_, *_ in events])))
            log.debug("relayed %s events as %s jobs", len(events), len(calls))
    return len(events)


async def unknown(database: Database) -> dict[str, int]:
    """How many events wait that this process does not know, by name."""
    async with database.transaction() as tx:
        found = await tx.execute(
            select(col(Event.name), func.count())
            .where(col(Event.name).not_in(list(subscribers)))
            .group_by(col(Event.name))
        )
        return {name: count for name, count in found}  # noqa: C416  # rows are no pairs to mypy
