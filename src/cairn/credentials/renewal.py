"""Renewal: whoever earns a credential anew has the award renewed, by itself where it is awarded by itself.

Anew means that what was shown since the award was made, or last renewed, earns it again. What was shown
before counts along only if it outlasts the renewed award: a degree, or a certificate of five years beside a
yearly course. Where somebody works and which day it is are conditions and nothing that is shown: they have
to be met, and renew nothing. Each award goes by the version of its definition.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.viewer import Viewer, system
from cairn.credentials import approve, hold, tables
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.pathways.currency import completed_again
from cairn.requirements import wire
from cairn.requirements.duration import Duration
from cairn.requirements.facts import NO_FACTS, Fact, Facts, gather
from cairn.requirements.standing import leaves, stand
from cairn.requirements.times import Times
from cairn.requirements.tree import Requirement, SubjectKind, subjects
from cairn.skills.facts import load, mentioned, mentions

SHOWN = frozenset({SubjectKind.SKILL, SubjectKind.CREDENTIAL, SubjectKind.STEP, SubjectKind.PATHWAY})
"""What somebody shows; all else are conditions."""


def is_earned_anew(
    requirement: Requirement, facts: Facts, counted: datetime, instant: datetime, ends: datetime | None
) -> bool:
    """Whether what was shown since `counted` earns it again at an instant.

    `ends` is until when the renewed award would hold at most; None for ever.
    """

    def counts(fact: Fact) -> bool:
        return _is_later(fact, counted) or fact.until is None or (ends is not None and fact.until >= ends)

    kept = {
        subject: [fact for fact in found if subject.kind not in SHOWN or counts(fact)]
        for subject, found in facts.items()
    }
    standing = stand(requirement, kept, instant)
    return standing.met and any(
        _is_later(fact, counted)
        for leaf in leaves(standing)
        if leaf.met and {subject.kind for subject in subjects(leaf.requirement)} <= SHOWN
        for fact in leaf.facts
    )


def _is_later(fact: Fact, counted: datetime) -> bool:
    return fact.since is not None and fact.since > counted


_RENEWABLE = text(
    "select award.id, award.version_id,"  # noqa: S608  # a condition of ours
    " version.awarded_by = 'AUTOMATIC' and published.awarded_by = 'AUTOMATIC' as by_itself"
    " from award join credential_version version on version.id = award.version_id"
    " join credential_version published"
    "  on published.credential_id = award.credential_id and published.status = 'PUBLISHED'"
    " where award.employee_id = any(:employees) and award.revoked_at is null and award.suspended_at is null"
    " and award.awarded_at <= :now"
    " and (version.validity is not null or not award.held @> cast(:now as timestamptz))"
    f" and {mentions('version.requirement')}"
    " order by award.id"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)))


async def follow(
    tx: Transaction, employees: Collection[UUID], kind: SubjectKind, ids: Collection[UUID] | None
) -> None:
    """Renews, or has wait for an approval, what these people have earned anew by way of those subjects."""
    instant = now()
    given = {"employees": list(employees), "now": instant, **mentioned(kind, ids)}
    by_version: dict[UUID, list[Any]] = {}
    for row in (await tx.execute(_RENEWABLE, given)).all():
        by_version.setdefault(row.version_id, []).append(row)
    for version, rows in by_version.items():
        definition = await tx.get_one(tables.CredentialVersion, version)
        wanted = col(tables.Award.id) == any_(bindparam("awards", [row.id for row in rows], ARRAY(Uuid)))
        awards = {row.id: row for row in (await tx.execute(select(tables.Award).where(wanted))).scalars()}
        known = await facts_of(tx, [each.employee_id for each in awards.values()], definition)
        waiting: dict[bool, list[UUID]] = {True: [], False: []}
        for row in rows:
            award = awards[row.id]
            facts = known.get(award.employee_id, NO_FACTS)
            anew = is_due(award, definition, facts, instant)
            if not row.by_itself:
                waiting[anew].append(award.employee_id)
            elif anew:
                await renew(tx, system("worker"), award, definition, instant)
        await approve.wait(tx, definition, earned=waiting[True], lost=waiting[False])


async def facts_of(
    tx: Transaction, employees: Collection[UUID], definition: tables.CredentialVersion
) -> Mapping[UUID, Facts]:
    """The facts of now that a definition's requirement asks for, each since when it was shown.

    A completion that was renewed in time holds without a gap, and so does an award; an award that is restored
    after a pause has a gap, and nothing was shown then.
    """
    about = subjects(wire.parse(definition.requirement))
    pathways = [each.id for each in about if isinstance(each.id, UUID) and each.kind is SubjectKind.PATHWAY]
    credentials = [
        each.id for each in about if isinstance(each.id, UUID) and each.kind is SubjectKind.CREDENTIAL
    ]
    known = await load(tx, list(employees), {each for each in about if each.id not in credentials})
    shown = gather(
        [*await _held(tx, employees, credentials), *await completed_again(tx, employees, pathways)]
    )
    return {
        employee: {
            subject: [
                *known.get(employee, NO_FACTS).get(subject, ()),
                *shown.get(employee, NO_FACTS).get(subject, ()),
            ]
            for subject in about
        }
        for employee in employees
    }


_HELD = text(
    "select employee_id, credential_id, id, coalesce(renewed_at, awarded_at) as shown_at,"
    " upper(part) as until from award, unnest(held) part where employee_id = any(:employees)"
    " and credential_id = any(:ids) and part @> cast(:now as timestamptz)"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("ids", type_=ARRAY(Uuid)))


async def _held(
    tx: Transaction, employees: Collection[UUID], credentials: Collection[UUID]
) -> list[tuple[UUID, SubjectKind, UUID, Fact]]:
    if not credentials:
        return []
    given = {"employees": list(employees), "ids": list(credentials), "now": now()}
    return [
        (row.employee_id, SubjectKind.CREDENTIAL, row.credential_id, Fact(row.shown_at, row.until, (row.id,)))
        for row in (await tx.execute(_HELD, given)).all()
    ]


_REVOKED = text(
    "select employee_id, max(revoked_at) as revoked_at from award"
    " where employee_id = any(:employees) and credential_id = :credential and revoked_at is not null"
    " group by employee_id"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)))


async def not_as_revoked(
    tx: Transaction, definition: tables.CredentialVersion, employees: Collection[UUID], instant: datetime
) -> list[UUID]:
    """Those of whom the credential was not revoked, or who have earned it anew since."""
    given = {"employees": list(employees), "credential": definition.credential_id}
    rows = await tx.execute(_REVOKED, given)
    if not (revoked := {row.employee_id: row.revoked_at for row in rows}):
        return list(employees)
    requirement, ends = wire.parse(definition.requirement), _ends(definition, instant)
    known = await facts_of(tx, revoked, definition)
    return [
        each
        for each in employees
        if each not in revoked
        or is_earned_anew(requirement, known.get(each, NO_FACTS), revoked[each], instant, ends)
    ]


def _ends(definition: tables.CredentialVersion, instant: datetime) -> datetime | None:
    return Duration.parse(definition.validity).after(instant) if definition.validity else None


def is_due(
    award: tables.Award, definition: tables.CredentialVersion, facts: Facts, instant: datetime
) -> bool:
    """Whether an award's holder has earned it anew."""
    counted = award.counted_at or hold.counted_from(award)
    ends = _ends(definition, instant)
    return is_earned_anew(wire.parse(definition.requirement), facts, counted, instant, ends)


async def renew(
    tx: Transaction,
    viewer: Viewer,
    award: tables.Award,
    definition: tables.CredentialVersion,
    instant: datetime,
) -> tables.Award:
    """Has an award's validity count from an instant on; one that has ended holds again."""
    before = {"renewedAt": award.renewed_at}
    award.renewed_at, award.counted_at = instant, None
    met = await hold.when_met(tx, award.employee_id, definition)
    again = hold.times(definition, instant, met, instant)
    held = (Times.of_multirange(award.held) - Times.since(instant)) | again
    await hold.hold(tx, award, definition, held)
    await audit.record(tx, viewer, "award.renew", award, before=before, after={"renewedAt": instant})
    return award
