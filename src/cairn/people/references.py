"""Ids in an input that lead nowhere, told by field before a foreign key would tell of one of them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.db.engine import Transaction
from cairn.db.tables import Table_

Reference = tuple[str, str, UUID | None]
"""Where it stands in the input, as in `position.manager`; the table it leads to; the id, if one is given."""


async def dangling(tx: Transaction, references: Iterable[Reference]) -> list[FieldProblem]:
    """The references that lead nowhere: one statement a table, and tables by name, since many stand above."""
    by_table: dict[str, set[UUID]] = {}
    given = [(path, table, id_) for path, table, id_ in references if id_ is not None]
    for _, table, id_ in given:
        by_table.setdefault(table, set()).add(id_)
    known: set[tuple[str, UUID]] = set()
    for table, ids in by_table.items():
        columns = Table_.metadata.tables[table].c
        query = select(columns.id).where(columns.id == any_(bindparam("ids", list(ids), ARRAY(Uuid))))
        if "erased_at" in columns:
            query = query.where(columns.erased_at.is_(None))
        found = await tx.execute(query)
        known |= {(table, id_) for id_ in found.scalars()}
    return [
        FieldProblem(path.split("."), f"there is no {table.replace('_', ' ')} with that id")
        for path, table, id_ in given
        if (table, id_) not in known
    ]


async def resolve(tx: Transaction, *references: Reference) -> None:
    """Raises `InvalidInput` where any of them leads nowhere."""
    if problems := await dangling(tx, references):
        raise InvalidInput("Something that was named does not exist.", problems)
