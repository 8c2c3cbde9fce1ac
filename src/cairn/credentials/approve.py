"""Credentials that are earned and take an approval: what waits, and what who is entitled to says of it."""

from collections.abc import Collection, Mapping
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find, terms
from cairn.access.refusal import NotAllowed, check_reason
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.access import may_approve
from cairn.credentials.tables import ApprovalStatus, AwardedBy
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref, occurrence
from cairn.pathways.reminders import notify_of_approvals

AwardToApproveId = Annotated[UUID, Ref("AwardToApprove")]

MOST_NOTIFIED = 1_000
"""Notifications of what comes to wait in one go, at most; all of it stands in the graph."""


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
        row = tables.AwardToApprove
        new = insert(row).values(rows).on_conflict_do_nothing()
        made = (await tx.execute(new.returning(col(row.id), col(row.employee_id)))).all()
        await _tell(tx, definition, dict(made))
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
    row = occurrence(tables.AwardToApprove)
    may = select(row.c.id).where(row.c.id == waiting, may_approve(row.c, terms(viewer)))
    if (await tx.execute(may)).first() is None:
        definition = await tx.get_one(tables.CredentialVersion, found.version_id)
        own = (
            "Nobody approves what they have earned themselves: "
            if viewer.employee == found.employee_id
            else ""
        )
        raise NotAllowed(f"{own}It is {_WHO[definition.awarded_by]} who says.")
    return found


_WHO = {
    AwardedBy.AUTOMATIC: "a learning admin",
    AwardedBy.APPROVAL: "a learning admin",
    AwardedBy.MANAGER: "who manages the person, or a learning admin,",
    AwardedBy.PERSON: "the approver whom the credential names, or a learning admin,",
    AwardedBy.ROLE: "who works in the job role that the credential names, or a learning admin,",
}


async def _tell(tx: Transaction, definition: tables.CredentialVersion, waiting: Mapping[UUID, UUID]) -> None:
    """Notifies those who say, but for learning admins: the id of what waits → who has earned it."""
    if not waiting or definition.awarded_by not in _APPROVERS:
        return
    given = {"ids": list(waiting), "employees": list(waiting.values()), "today": now().date()}
    given |= {"approver": definition.approver_id, "role": definition.approver_role_id}
    rows = (await tx.execute(_APPROVERS[definition.awarded_by], given)).all()
    await notify_of_approvals(tx, [(row.approver_id, row.id) for row in rows])


_DIRECT = "join reporting_line line on line.employee_id = asked.employee_id and line.depth = 1"
_WORKING = "join employment work on work.job_role_id = cast(:role as uuid)"
_TODAY = "valid @> cast(:today as date)"
_APPROVERS = {
    by: text(
        f"select asked.id, {who} as approver_id"  # noqa: S608  # texts of ours
        f" from unnest(cast(:ids as uuid[]), cast(:employees as uuid[])) asked(id, employee_id) {of}"
        f" where {who} <> asked.employee_id limit {MOST_NOTIFIED}"
    )
    for by, who, of in (
        (AwardedBy.MANAGER, "line.manager_id", f"{_DIRECT} and line.{_TODAY}"),
        (AwardedBy.PERSON, "cast(:approver as uuid)", ""),
        (AwardedBy.ROLE, "work.employee_id", f"{_WORKING} and work.{_TODAY}"),
    )
}
"""Who is told of what waits; of managers the direct one, and not all above."""


def _of(employees: Collection[UUID]) -> ColumnElement[bool]:
    given = bindparam("employees", list(employees), ARRAY(Uuid))
    return col(tables.AwardToApprove.employee_id) == any_(given)
