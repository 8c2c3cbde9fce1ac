"""Who manages whom, at any depth and on any day: the closure of the employments' managers (`closure.py`)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from sqlalchemy import Uuid, literal, select

from cairn.access.find import terms
from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Ref
from cairn.people.access import manages, manages_or_will
from cairn.people.closure import MANY, Closure


@dataclass
class CycleInReportingLine(Refusal):
    """Somebody would be above themselves."""

    message: str = "Somebody would be above themselves; give one of them another manager."
    ring: list[Annotated[UUID, Ref("Employee")]] = field(default_factory=list)
    """Each reports to the next, and the last to the first."""


_LINE = Closure(
    links="employment",
    child="employee_id",
    parent="manager_id",
    table="reporting_line",
    above="manager_id",
    below="employee_id",
)


async def refresh(tx: Transaction, changed: Collection[UUID]) -> None:
    """Brings the reporting line up to date after the employments of `changed` were written.

    Raises `CycleInReportingLine`, which names the ring.
    """
    if ring := await _LINE.refresh(tx, changed):
        raise CycleInReportingLine(ring=ring)


async def follow(tx: Transaction, new: Sequence[UUID], relinked: Sequence[UUID]) -> None:
    """Brings the reporting line up to date after people came, and others got another manager.

    Raises `CycleInReportingLine`, which names the ring.
    """
    if len(new) < MANY or relinked:
        if new or relinked:
            await refresh(tx, [*new, *relinked])
    elif ring := await _LINE.grow(tx, new):
        raise CycleInReportingLine(ring=ring)


async def is_above(tx: Transaction, viewer: Viewer, employee: UUID, *, or_will: bool = False) -> bool:
    """Whether the viewer manages that employee today, directly or not; with `or_will`, or will."""
    rule = manages_or_will if or_will else manages
    above = rule(terms(viewer), literal(employee, Uuid()))
    return viewer.employee is not None and bool((await tx.execute(select(above))).scalar())
