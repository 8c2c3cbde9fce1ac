"""Who may see what of pathways: what is published is for everyone; drafts and progress are not."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, literal_column, or_, true
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.access.personal import Person, forgets, impersonal, tells
from cairn.access.rules import Terms, everyone, rule, some
from cairn.db.engine import Transaction
from cairn.pathways import tables
from cairn.people.access import answers_for, instants, midnight

rule(tables.StepGrant, tables.AssignmentRule, tables.RuleVersion, tables.ReminderPolicy)(everyone)
impersonal(tables.PathwayVersion, tables.Step, tables.RuleVersion)


@rule(tables.Pathway)
def pathway(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """A pathway that was never published is a draft."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return some(tables.PathwayVersion, lambda of: and_(of.pathway_id == row.id, version(of, viewer)))


@rule(tables.PathwayVersion)
def version(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Drafts are for who may read learning records."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return row.status != literal_column("'DRAFT'")  # type: ignore[no-any-return]


@rule(tables.Step)
def step(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As its version."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return some(tables.PathwayVersion, lambda of: and_(of.id == row.version_id, version(of, viewer)))


@rule(tables.Assignment)
def assignment(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own, of those one manages, what one assigned, and all for who may read learning records.

    One that waits for a first day is of that day too, also where it was ended before.
    """
    ended = case((row.closed_at.is_not(None), func.greatest(row.closed_at, midnight(row.starts_on))))
    return or_(_learning(row, viewer, instants(row.assigned_at, ended)), viewer.is_(row.assigned_by_id))


@rule(tables.Progress)
def progress(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As assignments."""
    return _learning(row, viewer, row.valid)


@rule(tables.PathwayCompletion)
def completion(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As assignments."""
    return _learning(row, viewer, row.held)


@rule(tables.Statement)
def statement(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What a program has sent itself, and all for who may read learning records."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return row.reporter == viewer.name  # type: ignore[no-any-return]


@rule(tables.StatementAttachment)
def attachment(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As its statement."""
    return some(tables.Statement, lambda of: and_(of.id == row.statement_id, statement(of, viewer)))


@forgets(tables.Statement)
async def statements(tx: Transaction, person: Person) -> int:
    """Statements that tell of the person, also where nobody was known by what they name."""
    gone = delete(tables.Statement).where(tells(col(tables.Statement.body)))
    count: int = (await tx.execute(gone, {"patterns": person.patterns})).rowcount  # type: ignore[attr-defined]
    return count


def _learning(row: Any, viewer: Terms, time: Any) -> ColumnElement[bool]:
    return answers_for(viewer, row.employee_id, Permission.READ_LEARNING, time)


@rule(tables.Notification, tables.Mail, tables.MailPreference)
def reminder(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own."""
    return viewer.is_(row.employee_id)
