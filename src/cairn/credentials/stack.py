"""Stacks: what somebody has of what earns a credential, what is missing, the shortest way, what is at risk.

A stack is explained by the same function that decides about it. What of it is itself a stack is looked into:
the way to the whole goes through what those lack, deepest first. Those of a whole list are thought about
together: what is below them by a few statements for each depth, and not for each of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, select
from sqlmodel import col

from cairn.access.find import terms
from cairn.access.refusal import invalid
from cairn.access.rules import visible
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.award import AwardId
from cairn.credentials.define import CredentialId
from cairn.credentials.tables import DefinitionStatus
from cairn.db.engine import Transaction
from cairn.db.tables import Ref, Row
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.skills.evaluation import Evaluation, RequirementKind, RequirementNode, Soonest, evaluated_each

R = TypeVar("R", bound=Row)

AHEAD_DAYS = 90
"""How long before it lapses a stack is at risk, where nothing else is asked for."""
MOST_DAYS = 3_650
DEEPEST = 10
"""Stacks within stacks that the way is followed through."""
_FORKS = {RequirementKind.ALL, RequirementKind.ANY, RequirementKind.POINTS}


class StackStatus(StrEnum):
    """How a stack stands."""

    COMPLETE = "COMPLETE"
    """What earns the credential is there, and stays so for now."""
    AT_RISK = "AT_RISK"
    """It is there, and will not be for long: `atRiskUntil` says when it lapses."""
    INCOMPLETE = "INCOMPLETE"
    """Something is missing."""


@dataclass(frozen=True)
class StackStep:
    """Something to obtain on the way to a credential."""

    of: CredentialId
    """The credential that asks for it: the one asked about, or one that it is stacked from."""
    depth: int
    """How many stacks within stacks lie between them; 0 for the one asked about."""
    node: RequirementNode
    """What to obtain, and how it stands."""


@dataclass(frozen=True)
class Stack:
    """What somebody has of what earns a credential, what is missing, and how long it lasts."""

    employee: EmployeeId
    """For whom."""
    credential: CredentialId
    """The credential."""
    version: Annotated[UUID, Ref("CredentialVersion")]
    """The version that decides: that of the award, or the one that is awarded."""
    award: AwardId | None
    """The award, where the person has one."""
    at: datetime
    """The date asked of."""
    status: StackStatus
    """How it stands then."""
    progress: float
    """From 0 to 1; 1 exactly if nothing is missing."""
    has: list[RequirementNode]
    """What is there of it, in the order of the requirement."""
    missing: list[RequirementNode]
    """What stands in its way."""
    shortest: Soonest | None
    """What would complete it soonest; null if nothing is missing, or nothing ever could."""
    way: list[StackStep]
    """The same with what is stacked below, to be obtained in this order."""
    at_risk_since: datetime | None
    """Since when it is, or will be, at risk; null where nothing of it lapses, or something is missing."""
    at_risk_until: datetime | None
    """When it lapses unless something is renewed; what becomes of the award then, its version says."""
    at_risk_of: list[RequirementNode]
    """What of it lapses then."""


async def of_awards(
    tx: Transaction, viewer: Viewer, awards: Sequence[UUID], *, at: datetime, days: int = AHEAD_DAYS
) -> Mapping[UUID, Stack]:
    """The stacks of awards: what their holders have of what earned them, by the version awarded.

    Args:
        days: How many days before it lapses it counts as at risk; from 0 to ten years, 90 by default.
    """
    rows = await _seen(tx, viewer, tables.Award, _among(tables.Award.id, awards))
    return await _stacks(tx, viewer, {row.id: _of(row) for row in rows}, at, days)


async def of_people(
    tx: Transaction,
    viewer: Viewer,
    employees: Sequence[UUID],
    *,
    credential: CredentialId,
    at: datetime,
    days: int = AHEAD_DAYS,
) -> Mapping[UUID, Stack]:
    """The stacks of people: what they have of what earns a credential.

    Args:
        credential: The credential.
        days: How many days before it lapses it counts as at risk; from 0 to ten years, 90 by default.
    """
    row = tables.Award
    standing = _among(row.employee_id, employees) & (col(row.credential_id) == credential)
    awards = await _seen(tx, viewer, row, standing & col(row.revoked_at).is_(None))
    asked = {award.employee_id: _of(award) for award in awards}
    if (definition := (await _published(tx, [credential])).get(credential)) is not None:
        for employee in employees:
            asked.setdefault(employee, _Asked(employee, credential, definition.id))
    return await _stacks(tx, viewer, asked, at, days)


@dataclass(frozen=True)
class _Asked:
    """Whose stack is asked for, and of what."""

    employee: UUID
    credential: UUID
    version: UUID
    award: UUID | None = None


def _of(award: tables.Award) -> _Asked:
    return _Asked(award.employee_id, award.credential_id, award.version_id, award.id)


def _among(column: Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = col(column) == any_(bindparam(None, list(ids), ARRAY(Uuid)))
    return found


async def _seen(
    tx: Transaction, viewer: Viewer, table: type[R], condition: ColumnElement[bool]
) -> Sequence[R]:
    """The rows that meet a condition and that the viewer may see."""
    seen = visible(table.__table__, table, terms(viewer))
    return (await tx.execute(select(table).where(condition, seen))).scalars().all()


async def _published(tx: Transaction, credentials: Iterable[UUID]) -> dict[UUID, tables.CredentialVersion]:
    """The versions of credentials that are awarded."""
    row = tables.CredentialVersion
    published = _among(row.credential_id, credentials) & (col(row.status) == DefinitionStatus.PUBLISHED)
    return {each.credential_id: each for each in (await tx.execute(select(row).where(published))).scalars()}


async def _stacks(
    tx: Transaction, viewer: Viewer, asked: Mapping[UUID, _Asked], at: datetime, days: int
) -> dict[UUID, Stack]:
    """Those of the stacks that the viewer may see, by the same keys."""
    if not 0 <= days <= MOST_DAYS:
        raise invalid("days", f"from 0 to {MOST_DAYS}")
    holders = {each.employee for each in asked.values()}
    known = {person.id for person in await _seen(tx, viewer, Employee, _among(Employee.id, holders))}
    asked = {key: each for key, each in asked.items() if each.employee in known}
    row = tables.CredentialVersion
    versions = select(row).where(_among(row.id, {each.version for each in asked.values()}))
    requirements = {each.id: wire.parse(each.requirement) for each in (await tx.execute(versions)).scalars()}
    pairs = [(requirements[each.version], each.employee) for each in asked.values()]
    evaluations = await evaluated_each(tx, viewer, pairs, at)
    found = {key: each for key, each in zip(asked, evaluations, strict=True) if each is not None}
    below = await _below(tx, viewer, found.values(), at)
    return {key: _stack(asked[key], each, days, below) for key, each in found.items()}


Below = Mapping[tuple[UUID, UUID], Evaluation]
"""How what is stacked below stands, by credential and employee; without what is there already."""


async def _below(tx: Transaction, viewer: Viewer, found: Iterable[Evaluation], at: datetime) -> Below:
    """How what the ways lead through stands, a depth at a time."""
    known: dict[tuple[UUID, UUID], Evaluation] = {}
    looked: set[tuple[UUID, UUID]] = set()
    for _ in range(DEEPEST):
        wanted = {
            (node.credential, each.employee)
            for each in found
            for node in _to_obtain(each)
            if node.credential is not None
        } - looked
        if not wanted:
            break
        looked |= wanted
        published = await _published(tx, {credential for credential, _ in wanted})
        pairs = sorted(pair for pair in wanted if pair[0] in published)
        asked = [(wire.parse(published[credential].requirement), employee) for credential, employee in pairs]
        evaluations = await evaluated_each(tx, viewer, asked, at)
        lacking = {
            pair: each
            for pair, each in zip(pairs, evaluations, strict=True)
            if each is not None and not each.met
        }
        known |= lacking
        found = lacking.values()
    return known


def _to_obtain(found: Evaluation) -> Sequence[RequirementNode]:
    return found.soonest.obtain if found.soonest is not None else ()


def _stack(asked: _Asked, found: Evaluation, days: int, below: Below) -> Stack:
    parts = [node for node in found.explanation if node.kind not in _FORKS]
    since = found.until and max(found.until - timedelta(days=days), found.since or found.until)
    lapsing = found.met and found.until is not None
    is_near = lapsing and since is not None and since <= found.at
    return Stack(
        employee=asked.employee,
        credential=asked.credential,
        version=asked.version,
        award=asked.award,
        at=found.at,
        status=StackStatus.INCOMPLETE
        if not found.met
        else StackStatus.AT_RISK
        if is_near
        else StackStatus.COMPLETE,
        progress=found.progress,
        has=[node for node in parts if node.met],
        missing=found.blocking,
        shortest=found.soonest,
        way=_way(asked.credential, found, below, ()),
        at_risk_since=since if lapsing else None,
        at_risk_until=found.until if lapsing else None,
        at_risk_of=[node for node in parts if lapsing and node.met and node.until == found.until],
    )


def _way(credential: UUID, found: Evaluation, below: Below, above: Sequence[UUID]) -> list[StackStep]:
    """What to obtain for a stack, each after what it takes itself."""
    steps: list[StackStep] = []
    for node in _to_obtain(found):
        if node.credential is not None and len(above) < DEEPEST and node.credential not in above:
            lacking = below.get((node.credential, found.employee))
            if lacking is not None:
                steps += _way(node.credential, lacking, below, (*above, credential))
        steps.append(StackStep(credential, len(above), node))
    return steps
