"""What other rooms may want to know about people."""

from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event


@event
@dataclass(frozen=True)
class EmploymentChanged:
    """Somebody was hired, moved, sent on leave, or has left; or will be."""

    employee: UUID
