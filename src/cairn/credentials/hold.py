"""How long awards hold: for their validity, and while their definition lets them without its requirement.

What was so stays so: a lapse, or its end, changes what an award is from now on and not what it was.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlmodel import col

from cairn.credentials import status, tables
from cairn.credentials.events import AwardChanged
from cairn.credentials.tables import OnLapse
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now
from cairn.jobs.events import publish
from cairn.requirements import wire
from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.times import NEVER, Times
from cairn.requirements.tree import SubjectKind, subjects
from cairn.skills.assess import add, add_all, resize, withdraw
from cairn.skills.facts import load, mentioned, mentions
from cairn.skills.tables import Evidence, Source


def times(
    definition: tables.CredentialVersion,
    awarded_at: datetime,
    met: Times,
    instant: datetime,
    before: Times | None = None,
) -> Times:
    """When an award holds whose requirement is met at those times, seen from an instant.

    `before` is when it was taken to hold until now; absent for an award that is only being made, renewed or
    restored. `awarded_at` is what its validity counts from, and may lie ahead.
    """
    instant = max(instant, awarded_at)
    own = _validity(definition, awarded_at)
    if definition.on_lapse is OnLapse.KEEP:
        return own
    to_come = own & met & Times.since(instant)
    if definition.on_lapse is OnLapse.EXPIRE:
        going_on = to_come.interval_at(instant) if before is None or instant in before else None
        to_come = Times.between(*going_on) if going_on is not None else NEVER
    return ((before or NEVER) - Times.since(instant)) | to_come


def _validity(definition: tables.CredentialVersion, counted: datetime) -> Times:
    """The time that an award holds for at most, counted from an instant."""
    ends = Duration.parse(definition.validity).after(counted) if definition.validity else None
    return Times.between(counted, ends)


def since_awarded(definition: tables.CredentialVersion, awarded_at: datetime, met: Times) -> Times:
    """When an award of that instant has held, and will, by the facts as they are known now."""
    own = _validity(definition, awarded_at)
    match definition.on_lapse:
        case OnLapse.KEEP:
            return own
        case OnLapse.SUSPEND:
            return own & met
    first = (own & met).interval_at(awarded_at)
    return Times.between(*first) if first is not None else NEVER


_RESTING_ON = text(
    "select version_id, array_agg(award.id order by award.id) as awards"  # noqa: S608  # a condition of ours
    " from award join credential_version version on version.id = version_id"
    " where employee_id = any(:employees) and revoked_at is null and suspended_at is null"
    " and on_lapse <> 'KEEP'"
    f" and {mentions('requirement')}"
    " group by version_id order by version_id"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)))


async def follow(
    tx: Transaction, employees: Collection[UUID], kind: SubjectKind, ids: Collection[UUID] | None
) -> None:
    """Brings the awards that rest on one of those subjects up to date; on any of the kind, for no `ids`."""
    given = {"employees": list(employees), **mentioned(kind, ids)}
    for version, ids_ in (await tx.execute(_RESTING_ON, given)).all():
        definition = await tx.get_one(tables.CredentialVersion, version)
        found = await tx.execute(select(tables.Award).where(col(tables.Award.id).in_(ids_)))
        awards = found.scalars().all()
        requirement, instant = wire.parse(definition.requirement), now()
        decide = compiled(requirement)
        facts = await load(tx, [award.employee_id for award in awards], subjects(requirement))
        for award in awards:
            met = decide(facts.get(award.employee_id, NO_FACTS))
            before = Times.of_multirange(award.held)
            held = times(definition, counted_from(award), met, instant, before)
            if held != before:
                await hold(tx, award, definition, held)


async def when_met(tx: Transaction, employee: UUID, definition: tables.CredentialVersion) -> Times:
    """When somebody meets what earns a credential."""
    requirement = wire.parse(definition.requirement)
    facts = await load(tx, [employee], subjects(requirement))
    return compiled(requirement)(facts.get(employee, NO_FACTS))


def counted_from(award: tables.Award) -> datetime:
    """What an award's validity counts from."""
    return award.renewed_at or award.awarded_at


async def hold(
    tx: Transaction, award: tables.Award, definition: tables.CredentialVersion, held: Times
) -> None:
    """Has an award hold at other times than it did, with all that follows from it."""
    award.held = held.to_multirange()
    tx.add(award)
    await tx.flush()
    await grant(tx, award, definition)
    await status.follow(tx, [award.id])
    await publish(tx, AwardChanged(award.employee_id, award.credential_id))


async def grant_all(
    tx: Transaction, awards: Collection[tables.Award], definition: tables.CredentialVersion
) -> None:
    """Makes the evidence that new awards of one definition are."""
    found = select(tables.CredentialGrant).where(col(tables.CredentialGrant.version_id) == definition.id)
    grants = (await tx.execute(found)).scalars().all()
    await add_all(
        tx,
        [
            Evidence(
                employee_id=award.employee_id,
                skill_id=each.skill_id,
                level=each.level,
                source=Source.CREDENTIAL,
                valid=Range(since, until),
                note=f"Awarded: {definition.name}",
                cause_id=award.id,
            )
            for award in awards
            for since, until in Times.of_multirange(award.held)
            for each in grants
        ],
    )


async def grant(tx: Transaction, award: tables.Award, definition: tables.CredentialVersion) -> None:
    """Makes the evidence that an award is hold exactly while the award does."""
    rows = await tx.execute(
        select(Evidence).where(col(Evidence.cause_id) == award.id, col(Evidence.withdrawn_at).is_(None))
    )
    known = {(row.skill_id, row.said.lower): row for row in rows.scalars()}
    grants = select(tables.CredentialGrant).where(col(tables.CredentialGrant.version_id) == award.version_id)
    for each in (await tx.execute(grants)).scalars().all():
        for since, until in Times.of_multirange(award.held):
            row = known.pop((each.skill_id, since), None)
            if row is None:
                await add(
                    tx,
                    employee=award.employee_id,
                    skill=each.skill_id,
                    level=each.level,
                    source=Source.CREDENTIAL,
                    valid=Range(since, until),
                    note=f"Awarded: {definition.name}",
                    cause=award.id,
                )
            elif row.said.upper != until:
                await resize(tx, row, Range(since, until))
    for row in known.values():
        await withdraw(tx, row, "The award does not hold then.")
