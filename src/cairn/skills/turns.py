"""Whose turn it is: of those who write the same at once, all but one wait until that one is done.

Two who look for what is not there yet both find nothing, and two who add to what follows from all of it each
leave out what the other adds. A lock lasts as long as the transaction, and what is read after it is there.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.db.engine import Transaction

_TURN = text("select pg_advisory_xact_lock(hashtextextended(:about, 7646))")
_NO_CHANGE_OF_POLICY = text("lock table level_policy in share mode")
_CHANGE_OF_POLICY = text("lock table level_policy in share row exclusive mode")
# No foreign key that points to them waits for it, and who locks several does so in one order.
_EVIDENCE = text(
    "select 1 from employee where id = any(:employees) and exists (select from level_policy)"
    " order by id for no key update"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)))


async def take_turn(tx: Transaction, about: str) -> None:
    """Waits until nobody else writes what it is about."""
    await tx.execute(_TURN, {"about": about})


async def take_turn_with_evidence(tx: Transaction, employees: Collection[UUID]) -> None:
    """Waits until no policy of levels changes and, where there are any, for others with evidence of these."""
    await tx.execute(_NO_CHANGE_OF_POLICY)
    await tx.execute(_EVIDENCE, {"employees": list(employees)})


async def take_turn_with_policies(tx: Transaction) -> None:
    """Waits until nobody else changes a policy of levels, or adds evidence."""
    await tx.execute(_CHANGE_OF_POLICY)
