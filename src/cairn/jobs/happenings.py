"""What happens, noted down for those who listen (`live.py`), in the transaction in which it does.

    await tell(tx, "assignment", [assignment.id])

A note says what has changed and not how: whoever hears of it reads what is so now, by the rules of who may
see it. It carries the number of its transaction. Sequences and clocks would not do to ask for what is new:
they are drawn before the commit, so that a later number can be seen before an earlier one, which would then
be passed over. PostgreSQL's snapshots tell exactly which transactions were seen.
"""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, func, select, text

from cairn.db.engine import Transaction
from cairn.db.ranges import now

CHANNEL = "cairn_happening"
"""Where PostgreSQL notifies of happenings as their transaction commits."""
KEPT = timedelta(hours=2)
"""How long a happening is kept."""
RESUMABLE = timedelta(hours=1)
"""How long after it was lost a listener may go on where it was; shorter, so that nothing is gone."""

MANY = UUID(int=0)
"""What is told in place of so many that each of them by itself would be too much."""
FEW = 100

_NOTE = text(
    "insert into happening (transaction, topic, subject, told_at)"
    " select cast(cast(pg_current_xact_id() as text) as bigint), :topic, subject, :at"
    " from unnest(cast(:subjects as uuid[])) as told(subject) on conflict do nothing"
).bindparams(bindparam("subjects", type_=ARRAY(Uuid)))


async def tell(tx: Transaction, topic: str, subjects: Collection[UUID]) -> None:
    """Tells whoever listens to a topic, if `tx` commits, that these have changed."""
    if subjects:
        await tx.execute(_NOTE, {"topic": topic, "subjects": list(subjects), "at": now()})
        await notify(tx, CHANNEL)


def few(subjects: Collection[UUID]) -> Collection[UUID]:
    """These, or `MANY` where they are: for topics whose listeners look for themselves what has changed."""
    return subjects if len(subjects) <= FEW else [MANY]


async def notify(tx: Transaction, channel: str) -> None:
    """Notifies a channel when `tx` commits.

    PostgreSQL folds equal notifications of a transaction into one; to ask for one only saves round trips.
    """
    scope = tx.sync_session.get_nested_transaction() or tx.sync_session.get_transaction()
    asked = f"cairn.jobs.notified.{channel}"
    if tx.info.get(asked) is not scope:
        tx.info[asked] = scope
        await tx.execute(select(func.pg_notify(channel, "")))


async def forget(tx: Transaction) -> None:
    """Forgets what nobody may ask for any more."""
    await tx.execute(text("delete from happening where told_at < :before"), {"before": now() - KEPT})
