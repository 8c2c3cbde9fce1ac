"""Correcting an award: what was recorded wrongly is put right, and what was signed of it is signed anew.

The document that was signed before is revoked, for it says what is not so; the new one, of the same id and a
later date, says what is. The award itself goes on, with its address and what is said for it.
"""

from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import hold, status, tables
from cairn.credentials.award import AwardId, unrevoked
from cairn.credentials.events import AwardChanged
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import publish


async def correct_award(
    tx: Transaction, viewer: Viewer, *, award: AwardId, reason: str, awarded_at: datetime | None = None
) -> tables.Award:
    """Corrects an award, and has it signed anew with the holder's name and e-mail address of today.

    What was signed before is revoked: whoever checks a copy of it is told, and finds the new one at the same
    address.

    Args:
        award: The award.
        reason: What was wrong, for whoever looks later.
        awarded_at: When it was awarded in truth; its validity counts from then. As it is by default.
    """
    viewer.require(Permission.WRITE_LEARNING)
    check_reason(reason)
    found = await unrevoked(tx, viewer, award)
    instant = now()
    if awarded_at is not None and awarded_at > instant:
        raise invalid("awardedAt", "must not lie in the future")
    before = {"awarded_at": found.awarded_at, "held": found.held}
    if awarded_at is not None and awarded_at != found.awarded_at:
        if found.renewed_at is not None or found.suspended_at is not None:
            raise invalid("awardedAt", "is not corrected of an award that was renewed, or is suspended")
        definition = await tx.get_one(tables.CredentialVersion, found.version_id)
        met = await hold.when_met(tx, found.employee_id, definition)
        found.counted_at = found.counted_at or found.awarded_at
        found.awarded_at = awarded_at
        found.held = hold.since_awarded(definition, awarded_at, met).to_multirange()
        tx.add(found)
        await tx.flush()
        await hold.grant(tx, found, definition)
    signed = select(col(tables.SignedDocument.id)).where(
        col(tables.SignedDocument.award_id) == found.id, col(tables.SignedDocument.superseded_at).is_(None)
    )
    await status.end(tx, (await tx.execute(signed)).scalars().all())
    await status.follow(tx, [found.id])
    await publish(tx, AwardChanged(found.employee_id, found.credential_id))
    after = {"awarded_at": found.awarded_at, "held": found.held, "reason": reason}
    await audit.record(tx, viewer, "award.correct", found, before=before, after=after)
    return found
