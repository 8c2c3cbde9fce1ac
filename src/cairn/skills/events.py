"""What other rooms may want to know about skills."""

from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event, shows
from cairn.jobs.happenings import few

LEVELS = "levels"
"""The topic of whose evidence has changed: employees, or `MANY`."""
JOB_ROLE = "job role"
"""The topic of job roles that require something else."""


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


shows(EvidenceChanged, LEVELS, lambda told: [told.employee])
shows(EvidenceImported, LEVELS, lambda told: few(told.employees))
