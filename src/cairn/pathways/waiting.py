"""Statements that came before whom or what they are about: recorded once both are there.

A learning system reports somebody whom no feed has brought yet, or a course that is in no pathway yet. What
it says is kept, and taken again as soon as somebody of that name is employed, or a pathway with that course
is published; and once a day all of them are, for what was known to nobody: an address was changed, an account
was tied to a person. They are taken as from a program that may record progress, whoever has sent them.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, func, select, text
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.db.engine import Transaction
from cairn.identity.tokens import program
from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.schedule import every
from cairn.pathways import tables
from cairn.pathways.events import PathwayPublished
from cairn.pathways.statements import people_of, report
from cairn.pathways.xapi import mailbox_sha1, read
from cairn.people.events import EmploymentChanged
from cairn.people.profile import fold

BATCH = 500
"""Statements that are taken in one transaction, at most."""

_NAMES = text("""
 select email, number, user_name, external_id, array(select subject from identity where employee_id = e.id)
  from employee e where id = any(:employees) and erased_at is null
""").bindparams(bindparam("employees", type_=ARRAY(Uuid)))


@event
@dataclass(frozen=True)
class StatementsWaiting:
    """Statements may have waited for somebody, or something, that is there by now."""

    after: UUID
    """The last one that was looked at, by its key here."""


@subscribe(EmploymentChanged)
async def take_of_people(tx: Transaction, event: EmploymentChanged) -> None:
    """Takes what waited for these people."""
    known: set[str] = set()
    for email, *names, subjects in await tx.execute(_NAMES, {"employees": list(event.employees)}):
        known |= {fold(each) for each in (email, *names, *subjects) if each}
        if email:
            known.add(mailbox_sha1(email))
    named = col(tables.Statement.actor) == any_(bindparam("actors", sorted(known), ARRAY(Text)))
    await _take(tx, named, text("outcome = 'NO_SUCH_PERSON'"))


@subscribe(PathwayPublished)
async def take_of_steps(tx: Transaction, event: PathwayPublished) -> None:
    """Takes what waited for steps of that version."""
    step = tables.Step
    called = func.coalesce(col(step.activity), col(step.url))
    ours = select(called).where(col(step.version_id) == event.version)
    await _take(tx, col(tables.Statement.activity).in_(ours), text("outcome = 'NO_SUCH_STEP'"))


@every("53 3 * * *")
async def take_daily(tx: Transaction, _at: datetime) -> None:
    """Begins to look at all that wait."""
    await publish(tx, StatementsWaiting(UUID(int=0)))


@subscribe(StatementsWaiting)
async def take_waiting(tx: Transaction, event: StatementsWaiting) -> None:
    """Takes a batch of those that wait."""
    await _take(tx, col(tables.Statement.id) > event.after)


async def _take(tx: Transaction, *which: Any) -> None:
    """Takes a batch of those that wait, and tells that there may be more."""
    row = tables.Statement
    waits = text("outcome like 'NO_SUCH_%'")  # as the index has it
    query = select(row).where(waits, col(row.voided_at).is_(None), *which).order_by(col(row.id)).limit(BATCH)
    found = (await tx.execute(query.with_for_update(skip_locked=True))).scalars().all()
    if len(found) == BATCH:
        await publish(tx, StatementsWaiting(found[-1].id))
    statements = {each.statement: read(each.body) for each in found}
    people = await people_of(tx, [statements[each.statement].agent for each in found])
    for each, who in zip(found, people, strict=True):
        each.employee_id = who
    await tx.flush()
    of = attrgetter("reporter")
    for reporter, several in groupby(sorted(found, key=of), of):
        viewer = program(reporter, frozenset({Permission.RECORD_PROGRESS}))
        rows = {each.statement: each.model_dump() for each in several}
        await report(tx, viewer, {id_: statements[id_] for id_ in rows}, rows)
