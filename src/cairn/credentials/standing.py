"""What somebody entitled to does to an award that was made: suspends it, restores it, renews it."""

from dataclasses import dataclass

from cairn.access import audit
from cairn.access.refusal import Refusal, check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import hold, renewal, tables
from cairn.credentials.award import AwardId, met_at, unrevoked
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.requirements.times import Times


@dataclass
class AlreadySuspended(Refusal):
    """The award is suspended; it has to be restored first."""

    award: AwardId | None = None
    """The award."""


@dataclass
class NotSuspended(Refusal):
    """Nobody has the award suspended."""

    award: AwardId | None = None
    """The award."""


async def suspend_award(tx: Transaction, viewer: Viewer, *, award: AwardId, reason: str) -> tables.Award:
    """Has an award not hold until it is restored.

    Args:
        award: The award.
        reason: Why; whoever sees the award in the graph is told.
    """
    found = await unrevoked(tx, viewer, award)
    if found.suspended_at is not None:
        raise AlreadySuspended("It is suspended already.", award=award)
    check_reason(reason)
    instant = now()
    found.suspended_at, found.suspended_reason = instant, reason
    await _hold(tx, found, Times.of_multirange(found.held) - Times.since(instant))
    await audit.record(tx, viewer, "award.suspend", found, after={"reason": reason})
    return found


async def restore_award(tx: Transaction, viewer: Viewer, *, award: AwardId, reason: str) -> tables.Award:
    """Has an award that somebody suspended hold again, as long as its validity and its requirement let it.

    Args:
        award: The award.
        reason: Why, for whoever looks later.
    """
    found = await unrevoked(tx, viewer, award)
    if found.suspended_at is None:
        raise NotSuspended("Nobody has it suspended.", award=award)
    check_reason(reason)
    instant = now()
    before = {"suspendedAt": found.suspended_at, "reason": found.suspended_reason}
    found.suspended_at = found.suspended_reason = None
    definition = await tx.get_one(tables.CredentialVersion, found.version_id)
    met = await hold.when_met(tx, found.employee_id, definition)
    again = hold.times(definition, hold.counted_from(found), met, instant) & Times.since(instant)
    await _hold(tx, found, (Times.of_multirange(found.held) - Times.since(instant)) | again)
    await audit.record(tx, viewer, "award.restore", found, before=before, after={"reason": reason})
    return found


async def renew_award(tx: Transaction, viewer: Viewer, *, award: AwardId) -> tables.Award:
    """Renews an award whose holder meets what earns it: its validity counts from now on.

    One that has expired holds again; what rests on it follows.

    Args:
        award: The award.
    """
    found = await unrevoked(tx, viewer, award)
    instant = now()
    if found.suspended_at is not None:
        raise AlreadySuspended("It is suspended: restore it first.", award=award)
    if found.awarded_at > instant:
        raise invalid("award", "does not hold yet, so there is nothing to renew")
    definition = await tx.get_one(tables.CredentialVersion, found.version_id)
    await met_at(tx, found.employee_id, definition, instant)
    return await renewal.renew(tx, viewer, found, definition, instant)


async def _hold(tx: Transaction, award: tables.Award, held: Times) -> None:
    definition = await tx.get_one(tables.CredentialVersion, award.version_id)
    await hold.hold(tx, award, definition, held)
