"""What the audit tells of a person who was erased: that something was done, by whom and when, and not what.

Before and after are blanked, with their salt, where an entry is about the person or says who they were; the
employee's id stays, which leads to nobody. The chain holds without the details, as long as an entry
`employee.erase` names the entries that were blanked (`chain.py`): so nobody blanks one by hand.
"""

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlmodel import col

from cairn.access import audit
from cairn.access.chain import ERASED
from cairn.access.personal import ID, Person, about, condition, forgets, tells
from cairn.access.tables import AuditEntry
from cairn.db.engine import Transaction

NAMED = 1_000
"""Entries that one of them names, at most."""


@forgets(AuditEntry)
async def blank(tx: Transaction, person: Person) -> int:
    """Blanks what the audit says of a person, and says of which entries."""
    has_details = or_(
        *(func.jsonb_typeof(each) != literal("null") for each in (AuditEntry.before, AuditEntry.after))
    )
    statement = (
        update(AuditEntry)
        .where(has_details, col(AuditEntry.verb) != ERASED, or_(about_them(), _tells()))
        .values(before=null(), after=null(), salt=None)
        .returning(col(AuditEntry.id))
        .execution_options(synchronize_session=False)
    )
    await tx.flush()
    given = {"person": person.id, "patterns": person.patterns}
    found = sorted((await tx.execute(statement, given)).scalars())
    for start in range(0, len(found), NAMED):
        after = {"blanked": [str(each) for each in found[start : start + NAMED]]}
        await audit.record(tx, person.by, ERASED, ("Employee", person.id), after=after)
    await tx.flush()
    return len(found)


def about_them() -> ColumnElement[bool]:
    """What was done to the person of `ID`, or to a row about them; by them, also to one that is gone."""
    subject, type_ = col(AuditEntry.subject_id), col(AuditEntry.subject_type)
    found = [subject == ID]
    for table in about():
        if "id" not in table.c:
            continue
        name = "".join(part.capitalize() for part in table.name.split("_"))
        there = select(literal_column("1")).select_from(table).where(table.c.id == subject).exists()
        found += [
            subject.in_(select(table.c.id).where(condition(table))),
            and_(col(AuditEntry.on_behalf_of_id) == ID, type_ == name, ~there),
        ]
    return or_(*found, _names())


def _names() -> ColumnElement[bool]:
    """That the person is what a detail names, and not one of those in a list."""
    path = cast(literal_column("'strict $.* ? (@ == $key)'"), JSONPATH)
    key = func.jsonb_build_object(literal("key"), cast(ID, Text))
    return or_(
        *(
            func.jsonb_path_exists(each, path, key, literal_column("true"))
            for each in (AuditEntry.before, AuditEntry.after)
        )
    )


def _tells() -> ColumnElement[bool]:
    return or_(tells(AuditEntry.before), tells(AuditEntry.after))
