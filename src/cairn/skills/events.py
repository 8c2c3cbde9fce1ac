"""What other rooms may want to know about skills."""

from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event


@event
@dataclass(frozen=True)
class EvidenceChanged:
    """Evidence of somebody's skill was added or withdrawn."""

    employee: UUID
    skill: UUID


@event
@dataclass(frozen=True)
class EvidenceImported:
    """Evidence came in for many people at once."""

    employees: list[UUID]
    skills: list[UUID]
