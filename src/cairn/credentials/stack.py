"""Stacks: what somebody has of what earns a credential, what is missing, the shortest way, what is at risk.

A stack is explained by the same function that decides about it. What of it is itself a stack is looked into:
the way to the whole goes through what those lack, deepest first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from cairn.access.find import find, terms
from cairn.access.refusal import NotFound, invalid
from cairn.access.rules import visible
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.award import AwardId, published
from cairn.credentials.define import CredentialId
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.think import think
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.skills.evaluation import Evaluation, RequirementKind, RequirementNode, Soonest, evaluated

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


async def stack(
    tx: Transaction,
    viewer: Viewer,
    *,
    credential: CredentialId,
    employee: EmployeeId,
    at: datetime | None = None,
    days: int = AHEAD_DAYS,
) -> Stack | None:
    """What somebody has of what earns a credential, and what is missing; null where you may not see it.

    Args:
        credential: The credential.
        employee: The person.
        at: The date it is asked of; now by default.
        days: How many days before it lapses it counts as at risk; from 0 to ten years.
    """
    if not 0 <= days <= MOST_DAYS:
        raise invalid("days", f"from 0 to {MOST_DAYS}")
    try:
        await find(tx, viewer, Employee, employee)
    except NotFound:
        return None
    instant = at or now()
    award = await _award(tx, viewer, credential, employee)
    definition = (
        await published(tx, credential)
        if award is None
        else await tx.get_one(tables.CredentialVersion, award.version_id)
    )
    found = await _evaluated(tx, viewer, definition, employee, instant)
    if found is None:
        return None
    parts = [node for node in found.explanation if node.kind not in _FORKS]
    since = found.until and max(found.until - timedelta(days=days), found.since or found.until)
    lapsing = found.met and found.until is not None
    is_near = lapsing and since is not None and since <= found.at
    return Stack(
        employee=employee,
        credential=credential,
        version=definition.id,
        award=award.id if award is not None else None,
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
        way=await _way(tx, viewer, credential, employee, found, ()),
        at_risk_since=since if lapsing else None,
        at_risk_until=found.until if lapsing else None,
        at_risk_of=[node for node in parts if lapsing and node.met and node.until == found.until],
    )


async def _award(tx: Transaction, viewer: Viewer, credential: UUID, employee: UUID) -> tables.Award | None:
    row = tables.Award
    standing = select(row).where(
        col(row.employee_id) == employee, col(row.credential_id) == credential, col(row.revoked_at).is_(None)
    )
    seen = visible(row.__table__, row, terms(viewer))
    return (await tx.execute(standing.where(seen))).scalar_one_or_none()


async def _evaluated(
    tx: Transaction, viewer: Viewer, definition: tables.CredentialVersion, employee: UUID, at: datetime
) -> Evaluation | None:
    found = await evaluated(tx, viewer, wire.parse(definition.requirement), [employee], at)
    return found[0] if found else None


async def _way(
    tx: Transaction,
    viewer: Viewer,
    credential: UUID,
    employee: UUID,
    found: Evaluation,
    above: Sequence[UUID],
) -> list[StackStep]:
    """What to obtain for a stack, each after what it takes itself."""
    steps: list[StackStep] = []
    for node in found.soonest.obtain if found.soonest is not None else ():
        if node.credential is not None and len(above) < DEEPEST and node.credential not in above:
            definition = await published(tx, node.credential)
            below = await _evaluated(tx, viewer, definition, employee, found.at)
            if below is not None and not below.met:
                steps += await _way(tx, viewer, node.credential, employee, below, (*above, credential))
        steps.append(StackStep(credential, len(above), node))
    return steps


think(stack)
