"""What is earned without a fact that changes: by a definition that is new, and by time that passes.

Whoever meets what earns a credential on the day it is defined is awarded it then; and a year of service, a
date, or a stone that was awarded for a day to come are looked for daily. Of those who are employed; and not
of what asks for nothing but a date, which everybody would have: that is awarded by hand.
"""

from datetime import datetime

from sqlalchemy import select, text
from sqlmodel import col

from cairn.credentials import award, tables
from cairn.credentials.events import CredentialDue
from cairn.credentials.tables import AwardedBy, DefinitionStatus
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.people.employ import one_at_a_time
from cairn.requirements import wire
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.tree import subjects
from cairn.skills.facts import load

PAGE = 500
"""People who are looked at together."""


@every("33 0 * * *")
async def consider_daily(tx: Transaction, _at: datetime) -> None:
    """Has each credential looked at, for what the day brings."""
    version = tables.CredentialVersion
    published = select(col(version.credential_id)).where(col(version.status) == DefinitionStatus.PUBLISHED)
    await publish(tx, *(CredentialDue(id_) for id_ in (await tx.execute(published)).scalars()))


_PEOPLE = text(
    "select distinct employee_id, exists ("
    "  select from award_to_approve asked where asked.employee_id = employment.employee_id"
    "  and version_id = :version and asked.status = 'WAITING') as waits"
    " from employment where valid @> cast(:today as date)"
    " and (cast(:after as uuid) is null or employee_id > :after)"
    " and not exists (select from award where award.employee_id = employment.employee_id"
    "  and credential_id = :credential and revoked_at is null)"
    " order by employee_id limit :most"
)


@subscribe(CredentialDue)
async def consider_due(tx: Transaction, event: CredentialDue) -> None:
    """A page of people, and tells where there may be more of them.

    Nobody waits for this but who is to be awarded something: what the others have is read and not held.
    """
    version = tables.CredentialVersion
    found = select(version).where(
        col(version.credential_id) == event.credential, col(version.status) == DefinitionStatus.PUBLISHED
    )
    if (definition := (await tx.execute(found)).scalar_one_or_none()) is None:
        return
    requirement, instant = wire.parse(definition.requirement), now()
    if not (asked := subjects(requirement)):
        return
    given = {"version": definition.id, "credential": event.credential, "after": event.after, "most": PAGE}
    people = (await tx.execute(_PEOPLE, given | {"today": instant.date()})).all()
    decide = compiled(requirement)
    facts = await load(tx, [row.employee_id for row in people], asked)
    takes_approval = definition.awarded_by is not AwardedBy.AUTOMATIC
    some = [
        row.employee_id
        for row in people
        if instant in decide(facts.get(row.employee_id, NO_FACTS)) or (takes_approval and row.waits)
    ]
    if some:
        await award.consider(tx, definition, await one_at_a_time(tx, some))
    if len(people) == PAGE:
        await publish(tx, CredentialDue(event.credential, people[-1].employee_id))
