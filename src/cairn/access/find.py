"""Finding what a verb is about: a row by its id, for whoever may see it.

Being invisible and not existing are the same answer. What somebody sees and may not do is `NotAllowed`, and
the verb's to say.
"""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Date, Text, Uuid, literal, select
from sqlmodel import col

from cairn.access.refusal import NotFound
from cairn.access.rules import At, Terms, visible
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Row, snake

R = TypeVar("R", bound=Row)


def terms(viewer: Viewer, instant: datetime | None = None) -> Terms:
    """A viewer as terms of one statement, of now or of another instant that is taken for now."""
    instant = instant or now()
    return Terms(
        employee=literal(viewer.employee, Uuid()),
        name=literal(viewer.name, Text()),
        roles=literal(sorted(viewer.roles), ARRAY(Text)),
        permissions=viewer.permissions,
        now=At(literal(instant, INSTANT), literal(instant.date(), Date())),
    )


async def find(tx: Transaction, viewer: Viewer, table: type[R], id_: UUID, *, lock: bool = False) -> R:
    """The row of that id, under the rule of its table, and not one that was erased. Raises `NotFound`.

    With `lock`, who else would lock it waits until the transaction ends, and the row is read after that.
    """
    seen = visible(table.__table__, table, terms(viewer))
    query = select(table).where(col(table.id) == id_, seen)
    if "erased_at" in table.__table__.c:
        query = query.where(table.__table__.c.erased_at.is_(None))
    if lock:
        query = query.with_for_update(key_share=True, of=table).execution_options(populate_existing=True)
    found = (await tx.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no such {snake(table.__name__).replace('_', ' ')}.", id=id_)
    return found
