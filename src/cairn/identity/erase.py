"""Erasing a person: what is about them goes, and what others rely on stays and says nothing of them.

Which rows those are, `access/personal.py` tells from the foreign keys. What was written at the same moment by
others, who had found the person there, goes with a second look: when the event arrives, and each night.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit, personal
from cairn.access.chain import ERASED
from cairn.access.permissions import Permission
from cairn.access.personal import Gone
from cairn.access.refusal import NotAllowed, NotFound
from cairn.access.viewer import Viewer, system
from cairn.db.engine import Transaction
from cairn.identity.tables import Identity
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.people import erased
from cairn.people.events import EmployeeErased
from cairn.people.history import EmployeeId
from cairn.people.lost import check_lost
from cairn.people.tables import Employee, Employment

AGAIN = timedelta(days=3)
"""For how long each night looks again."""


@dataclass
class ErasedRows:
    """What became of one kind of rows."""

    table: str
    """What they are, as the exported data call them."""
    deleted: int
    """How many are gone."""
    changed: int
    """How many stay, and say nothing of the person any more."""


@dataclass
class ErasedEmployee:
    """What erasing somebody came to."""

    employee: EmployeeId
    """What is left of the person."""
    rows: list[ErasedRows]
    """What became of everything else, by kind."""


async def erase_employee(tx: Transaction, viewer: Viewer, *, employee: EmployeeId) -> ErasedEmployee:
    """Erases a person, for ever: try it with `dryRun` first, which counts.

    Everything about the person goes: names, addresses, employments, memberships, evidence, assignments,
    sessions, tokens, accounts, signed credentials. What others rely on stays and says nothing of them: that a
    credential was awarded, with its dates and its revocation, so that copies which the person keeps can still
    be checked; that somebody managed or assessed others; that something was done, in the audit. A feed that
    still has the person brings them back as a new one, so remove them there first.

    Args:
        employee: Who is erased: yourself, or anybody if you manage access.
    """
    found = await tx.get(Employee, employee, with_for_update=True)
    if found is None or found.erased_at is not None:
        raise NotFound("There is no such employee.", id=employee)
    if viewer.employee != employee and not viewer.may(Permission.MANAGE_ACCESS):
        raise NotAllowed("People are erased by themselves, or by those who manage access.")
    days = select(col(Employment.valid)).where(col(Employment.employee_id) == employee)
    await check_lost(tx, {employee: (await tx.execute(days)).scalars().all()})
    gone = await _erase(tx, viewer, found)
    await publish(tx, EmployeeErased(employee))
    counts = {each.table: {"deleted": each.deleted, "changed": each.changed} for each in gone}
    await audit.record(tx, viewer, ERASED, found, after={"rows": counts})
    await tx.flush()
    return ErasedEmployee(employee, [ErasedRows(each.table, each.deleted, each.changed) for each in gone])


async def _erase(tx: Transaction, viewer: Viewer, found: Employee) -> list[Gone]:
    accounts = select(col(Identity.subject)).where(col(Identity.employee_id) == found.id)
    subjects = (await tx.execute(accounts)).scalars()
    person = erased.person_of(found, viewer)
    person = replace(person, texts=(*person.texts, *subjects))
    gone = await personal.erase(tx, person)
    await erased.blank(tx, found)
    return gone


@subscribe(EmployeeErased)
async def erase_what_came(tx: Transaction, event: EmployeeErased) -> None:
    """Erases what was written about somebody while they were erased."""
    found = await tx.get(Employee, event.employee, with_for_update=True)
    if found is not None and found.erased_at is not None:
        await _erase(tx, system("worker"), found)


@every("11 4 * * *")
async def erase_again(tx: Transaction, at: datetime) -> None:
    """Looks again for those who were erased lately."""
    lately = select(col(Employee.id)).where(col(Employee.erased_at) > at - AGAIN)
    await publish(tx, *(EmployeeErased(each) for each in (await tx.execute(lately)).scalars()))
