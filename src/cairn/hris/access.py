"""Who may see what feeds did: whoever may read people's records."""

from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, delete, or_
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.access.personal import Person, forgets, impersonal, tells
from cairn.access.rules import holders, nobody, rule
from cairn.db.engine import Transaction
from cairn.hris import tables

rule(tables.SyncRun, tables.SyncProgress, tables.SyncChange, tables.SyncProblem, tables.FeedMap)(
    holders(Permission.READ_PEOPLE)
)
rule(tables.StagedPerson, tables.SyncedPerson)(nobody)
impersonal(tables.SyncRun, tables.SyncProgress)


@forgets(tables.SyncProblem)
async def problems(tx: Transaction, person: Person) -> int:
    """What was wrong with lines that are about the person, or say who they are."""
    table = tables.SyncProblem
    return await _gone(tx, person, table, col(table.external_id), tells(table.message))


@forgets(tables.StagedPerson)
async def staged(tx: Transaction, person: Person) -> int:
    """Lines about the person that wait for the others of their run."""
    table = tables.StagedPerson
    keys = (col(table.external_id), col(table.formerly), col(table.email), col(table.user_name_key))
    return await _gone(tx, person, table, *keys, tells(table.record))


async def _gone(tx: Transaction, person: Person, table: type, *terms: Any) -> int:
    """Deletes rows that one of the person's texts is a key of, or tells of."""
    *keys, told = terms
    texts = any_(bindparam("texts", type_=ARRAY(Text)))
    given = {"texts": list(person.texts), "patterns": person.patterns}
    rows = await tx.execute(delete(table).where(or_(*(key == texts for key in keys), told)), given)
    count: int = rows.rowcount  # type: ignore[attr-defined]
    return count
