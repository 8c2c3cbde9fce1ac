"""Credentials that are earned and take an approval: what waits, and what who is entitled to says of it."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, check_reason
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.tables import ApprovalStatus, AwardedBy
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.people.reporting import is_above

AwardToApproveId = Annotated[UUID, Ref("AwardToApprove")]


async def wait(
    tx: Transaction, definition: tables.CredentialVersion, *, earned: Collection[UUID], lost: Collection[UUID]
) -> None:
    """Has those wait who have earned it, and those no more who have not; what was declined stays so."""
    if earned:
        rows = [
            {
                "id": tables.AwardToApprove.new_id(),
                "employee_id": each,
                "version_id": definition.id,
                "status": ApprovalStatus.WAITING,
                "earned_at": now(),
            }
            for each in earned
        ]
        await tx.execute(insert(tables.AwardToApprove).values(rows).on_conflict_do_nothing())
    if lost:
        await tx.execute(
            delete(tables.AwardToApprove).where(
                _of(lost),
                col(tables.AwardToApprove.version_id) == definition.id,
                col(tables.AwardToApprove.status) == ApprovalStatus.WAITING,
            )
        )


async def settled(tx: Transaction, credential: UUID, employees: Collection[UUID]) -> None:
    """Nothing waits any more of a credential for whom it was awarded."""
    version = tables.CredentialVersion
    versions = select(col(version.id)).where(col(version.credential_id) == credential)
    gone = delete(tables.AwardToApprove).where(
        _of(employees), col(tables.AwardToApprove.version_id).in_(versions)
    )
    await tx.execute(gone)


async def decline_award(
    tx: Transaction, viewer: Viewer, *, waiting: AwardToApproveId, reason: str
) -> tables.AwardToApprove:
    """Declines to award a credential that somebody has earned; this version does not wait for them again.

    Args:
        waiting: What waits for the approval.
        reason: Why, for who has earned it and those who manage them.
    """
    found = await asked(tx, viewer, waiting)
    check_reason(reason)
    found.status, found.declined_at = ApprovalStatus.DECLINED, now()
    found.declined_by_id, found.declined_reason = viewer.employee, reason
    tx.add(found)
    await audit.record(tx, viewer, "award.decline", found, after={"reason": reason})
    return found


async def asked(tx: Transaction, viewer: Viewer, waiting: UUID) -> tables.AwardToApprove:
    """What waits, for who may say. Raises `NotFound`, `NotAllowed`."""
    found = await find(tx, viewer, tables.AwardToApprove, waiting, lock=True)
    definition = await tx.get_one(tables.CredentialVersion, found.version_id)
    of_managers = definition.awarded_by is AwardedBy.MANAGER
    if not viewer.may(Permission.WRITE_LEARNING) and not (
        of_managers and await is_above(tx, viewer, found.employee_id)
    ):
        who = "a learning admin, or who manages the person," if of_managers else "a learning admin"
        raise NotAllowed(f"It is {who} who says.")
    return found


def _of(employees: Collection[UUID]) -> ColumnElement[bool]:
    given = bindparam("employees", list(employees), ARRAY(Uuid))
    return col(tables.AwardToApprove.employee_id) == any_(given)
