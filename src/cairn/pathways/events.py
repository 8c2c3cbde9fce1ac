"""What other rooms may want to know about pathways."""

from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event


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


@event
@dataclass(frozen=True)
class PathwayAssigned:
    """Somebody was assigned to a pathway."""

    assignment: UUID
