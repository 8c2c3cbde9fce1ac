"""Publishing a version, and what becomes of those who follow an earlier one.

What somebody did of an earlier version counts in the new one where both have a step of that key: the records
are carried over, and say what they were carried from. Who is not moved stays as they are.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from sqlalchemy import update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, Refusal, check_reason, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph.page import MOST
from cairn.graph.scalars import Duration, check_calendar
from cairn.jobs.events import publish
from cairn.pathways import tables
from cairn.pathways.assign import AssignmentId, NotPublished, assignable, due_after
from cairn.pathways.author import PathwayId, PathwayVersionId, rings_of
from cairn.pathways.events import PathwayPublished
from cairn.pathways.move import Following, following, move
from cairn.pathways.tables import VersionStatus
from cairn.people.history import EmployeeId


class Existing(StrEnum):
    """What becomes of an assignment to an earlier version."""

    PIN = "PIN"
    """It stays with the version it is of."""
    MOVE = "MOVE"
    """It goes on with the new version."""


class ExistingGroup(StrEnum):
    """What moving an assignment to a new version would mean."""

    NOT_BEGUN = "NOT_BEGUN"
    """Nothing was done for it yet, so there is nothing to lose."""
    KEPT = "KEPT"
    """Something was done for it, and all of that counts in the new version."""
    LOST = "LOST"
    """Something that was done for it does not count in the new version."""
    NEWLY_COMPLETE = "NEWLY_COMPLETE"
    """It would be completed at once by what was done."""
    NEWLY_INCOMPLETE = "NEWLY_INCOMPLETE"
    """It was completed; with the new version it would not be, and would be open again."""
    STILL_COMPLETE = "STILL_COMPLETE"
    """It was completed, and would be with the new version: nothing is done about it."""


@dataclass(frozen=True)
class ExistingDraft:
    """What becomes of those who follow an earlier version; who is in a group that is not named stays."""

    not_begun: Existing = Existing.PIN
    """Of whom nothing is recorded yet."""
    kept: Existing = Existing.PIN
    """Who loses nothing by it."""
    lost: Existing = Existing.PIN
    """Who has done something that does not count in the new version."""
    newly_complete: Existing = Existing.PIN
    """Who would have completed the new version at once."""
    newly_incomplete: Existing = Existing.PIN
    """Who has completed an earlier version; moved, they have not completed the pathway any more."""
    due_within: Duration | None = None
    """How long those have whose assignment is opened again; by default there is no day."""

    def choice(self, group: ExistingGroup) -> Existing:
        """What was chosen for a group."""
        return getattr(self, group.lower(), Existing.PIN)


@dataclass(frozen=True)
class EffectPage:
    """Which of the assignments are listed."""

    group: ExistingGroup | None = None
    """Only those of a group."""
    first: int = MOST
    """How many at most."""
    after: AssignmentId | None = None
    """The last one of the page before."""


@dataclass(frozen=True)
class ExistingCount:
    """How many assignments are in a group, and what becomes of them."""

    group: ExistingGroup
    """The group."""
    count: int
    """How many assignments are in it."""
    choice: Existing
    """What becomes of them."""


@dataclass(frozen=True)
class ExistingEffect:
    """What becomes of one assignment, and what moving it means."""

    assignment: AssignmentId | None
    """The assignment."""
    employee: EmployeeId | None
    """Whose it is."""
    group: ExistingGroup
    """The group it is in."""
    choice: Existing
    """What becomes of it."""
    kept: list[str]
    """The keys of the steps of which something is recorded that counts in the new version."""
    lost: list[str]
    """The keys of the steps of which something is recorded that does not."""


@dataclass(frozen=True)
class PublishPathwayPayload:
    """A version that was published, and what becomes of those who follow an earlier one."""

    version: PathwayVersionId
    """The version."""
    moved: int
    """How many assignments go on with it."""
    pinned: int
    """How many stay with the version they are of."""
    groups: list[ExistingCount] = field(default_factory=list)
    """How many assignments are in each group."""
    assignments: list[ExistingEffect] = field(default_factory=list)
    """A page of the assignments."""
    has_more: bool = False
    """Whether there are more after them."""


@dataclass
class AlreadyPublished(Refusal):
    """The version was published before, and never changes."""

    version: PathwayVersionId | None = None
    """The version."""


async def publish_pathway(
    tx: Transaction,
    viewer: Viewer,
    *,
    version: PathwayVersionId,
    existing: ExistingDraft | None = None,
    listed: EffectPage | None = None,
) -> tables.PathwayVersion | PublishPathwayPayload:
    """Publishes a draft: from now on people are assigned to it, and it never changes.

    Who follows an earlier version stays with it, unless `existing` moves them; then, or where `listed` is
    given, the answer counts and lists what becomes of each, and with `dryRun` it is a preview. Steps of two
    versions are the same where they have the same key.

    Args:
        version: The draft.
        existing: What becomes of those who follow an earlier version, group by group.
        listed: Which of their assignments the answer lists; by default the first two hundred.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.PathwayVersion, version)
    # One at a time for each pathway: nobody is assigned to the earlier version meanwhile.
    await find(tx, viewer, tables.Pathway, found.pathway_id, lock=True)
    await tx.refresh(found)
    if found.status is not VersionStatus.DRAFT:
        raise AlreadyPublished("It was published before.", version=version)
    # What it names may have been published since, and name it.
    if rings := await rings_of(tx, found):
        raise InvalidInput(
            "The pathway would ask for itself.", [FieldProblem(["version"], each.message) for each in rings]
        )
    chosen, page = existing or ExistingDraft(), listed or EffectPage()
    _check(chosen, page)
    earlier = update(tables.PathwayVersion).where(
        col(tables.PathwayVersion.pathway_id) == found.pathway_id,
        col(tables.PathwayVersion.status) == VersionStatus.PUBLISHED,
    )
    await tx.execute(earlier.values(status=VersionStatus.RETIRED))
    found.status, found.published_at = VersionStatus.PUBLISHED, now()
    tx.add(found)
    await tx.flush()
    await publish(tx, PathwayPublished(found.id))
    if existing is None and listed is None:
        await audit.record(tx, viewer, "pathway.publish", found, after={"number": found.number})
        return found
    payload = await _existing(tx, found, chosen, page)
    counts = {each.group.lower(): each.count for each in payload.groups if each.choice is Existing.MOVE}
    await audit.record(tx, viewer, "pathway.publish", found, after={"number": found.number, "moved": counts})
    return payload


def _check(chosen: ExistingDraft, page: EffectPage) -> None:
    if not 0 <= page.first <= MOST:
        raise invalid("listed.first", f"must be from 0 to {MOST}")
    check_calendar(chosen.due_within, "existing.dueWithin", must_end=True)


async def _existing(
    tx: Transaction,
    version: tables.PathwayVersion,
    chosen: ExistingDraft,
    page: EffectPage,
    only: Collection[UUID] | None = None,
) -> PublishPathwayPayload:
    everybody = await following(tx, version, only)
    groups = {each.assignment: _group(each) for each in everybody}
    moving = [each for each in everybody if chosen.choice(groups[each.assignment]) is Existing.MOVE]
    due_on = None if chosen.due_within is None else due_after(now().date(), chosen.due_within)
    await move(tx, version, moving, due_on)
    counts = Counter(groups.values())
    rows = [each for each in everybody if page.group in {None, groups[each.assignment]}]
    if page.after is not None:
        rows = [each for each in rows if each.assignment > page.after]
    return PublishPathwayPayload(
        version.id,
        len(moving),
        len(everybody) - len(moving),
        [ExistingCount(each, counts[each], chosen.choice(each)) for each in ExistingGroup],
        [
            ExistingEffect(each.assignment, each.employee, group, chosen.choice(group), each.kept, each.lost)
            for each in rows[: page.first]
            for group in [groups[each.assignment]]
        ],
        len(rows) > page.first,
    )


def _group(of: Following) -> ExistingGroup:
    if not of.is_open:
        return ExistingGroup.STILL_COMPLETE if of.completes else ExistingGroup.NEWLY_INCOMPLETE
    if of.completes:
        return ExistingGroup.NEWLY_COMPLETE
    if of.lost:
        return ExistingGroup.LOST
    return ExistingGroup.KEPT if of.kept else ExistingGroup.NOT_BEGUN


@dataclass(frozen=True)
class MoveAssignmentsPayload(PublishPathwayPayload):
    """The published version, and what becomes of those who follow another one."""


async def move_assignments(
    tx: Transaction,
    viewer: Viewer,
    *,
    version: PathwayVersionId,
    existing: ExistingDraft,
    assignments: list[AssignmentId] | None = None,
    listed: EffectPage | None = None,
) -> MoveAssignmentsPayload:
    """Moves those to the published version of a pathway who stayed with another one when it was published.

    What moving means is what it means when a version is published, and with `dryRun` it is a preview.

    Args:
        version: The version: the published one.
        existing: What becomes of those who follow another version, group by group.
        assignments: Only these; by default all that are of another version.
        listed: Which of the assignments the answer lists; by default the first two hundred.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.PathwayVersion, version)
    await find(tx, viewer, tables.Pathway, found.pathway_id, lock=True)
    await tx.refresh(found)
    if found.status is not VersionStatus.PUBLISHED:
        raise NotPublished(
            "People are moved to the published version of a pathway.", pathway=found.pathway_id
        )
    chosen, page = existing, listed or EffectPage()
    _check(chosen, page)
    payload = await _existing(tx, found, chosen, page, only=assignments)
    counts = {each.group.lower(): each.count for each in payload.groups if each.choice is Existing.MOVE}
    await audit.record(tx, viewer, "pathway.move", found, after={"number": found.number, "moved": counts})
    return MoveAssignmentsPayload(**vars(payload))


async def retire_pathway(
    tx: Transaction, viewer: Viewer, *, pathway: PathwayId, reason: str
) -> tables.PathwayVersion:
    """Retires the published version of a pathway without another in its place: nobody is assigned any more.

    Who follows it may finish it, and what was completed holds. A further version that is published brings it
    back.

    Args:
        pathway: The pathway.
        reason: Why.
    """
    viewer.require(Permission.WRITE_LEARNING)
    await find(tx, viewer, tables.Pathway, pathway, lock=True)
    check_reason(reason)
    found = await assignable(tx, pathway)
    found.status = VersionStatus.RETIRED
    tx.add(found)
    await tx.flush()
    await audit.record(tx, viewer, "pathway.retire", found, after={"number": found.number, "reason": reason})
    return found
