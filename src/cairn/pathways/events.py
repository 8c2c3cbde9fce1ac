"""What other rooms may want to know about pathways."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event
from cairn.people.events import TOLD_AT_ONCE
from cairn.requirements.tree import SubjectKind
from cairn.skills.facts import tells


@event
@dataclass(frozen=True)
class PathwayCompleted:
    """The times during which somebody's completion of a pathway holds have changed."""

    employee: UUID
    pathway: UUID


@event
@dataclass(frozen=True)
class StepCompleted:
    """Somebody has completed a step."""

    employee: UUID
    step: UUID


tells(PathwayCompleted, lambda told: ([told.employee], SubjectKind.PATHWAY, [told.pathway]))
tells(StepCompleted, lambda told: ([told.employee], SubjectKind.STEP, [told.step]))


@event
@dataclass(frozen=True)
class PathwayAssigned:
    """Some people were assigned to a pathway."""

    assignments: tuple[UUID, ...]


def pathways_assigned(assignments: Sequence[UUID]) -> list[PathwayAssigned]:
    """The events that tell of so many assignments: `publish(tx, *pathways_assigned(ids))`."""
    return [
        PathwayAssigned(tuple(assignments[start : start + TOLD_AT_ONCE]))
        for start in range(0, len(assignments), TOLD_AT_ONCE)
    ]
