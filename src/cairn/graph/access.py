"""Outcomes are machinery: nobody reads them through the graph."""

from sqlalchemy import Text, cast, delete, literal, or_
from sqlmodel import col

from cairn.access.personal import ID, Person, belongs, forgets, tells
from cairn.access.rules import nobody, rule
from cairn.db.engine import Transaction
from cairn.graph import tables

rule(tables.Outcome)(nobody)
belongs(tables.Outcome, lambda row: row.viewer == literal("employee:") + cast(ID, Text))


@forgets(tables.Outcome)
async def outcomes(tx: Transaction, person: Person) -> int:
    """What the person asked for, and what others were answered about them: it is not answered again."""
    answered = col(tables.Outcome.result)["value"].astext
    asked = col(tables.Outcome.viewer) == f"employee:{person.id}"
    of_them = (asked, answered == str(person.id), tells(answered))
    gone = await tx.execute(delete(tables.Outcome).where(or_(*of_them)), {"patterns": person.patterns})
    count: int = gone.rowcount  # type: ignore[attr-defined]
    return count
