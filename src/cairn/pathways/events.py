"""What other rooms may want to know about pathways."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.db.engine import Transaction
from cairn.jobs.events import event, shows
from cairn.jobs.happenings import tell
from cairn.people.events import TOLD_AT_ONCE
from cairn.requirements.tree import SubjectKind
from cairn.skills.facts import tells

ASSIGNMENT = "assignment"
"""The topic of assignments that were made, have ended, or have something done for them."""

NOTIFICATION = "notification"
"""The topic of notifications that were made."""


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
class PathwayPublished:
    """A version of a pathway was published."""

    version: UUID


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


shows(PathwayAssigned, ASSIGNMENT, lambda told: told.assignments)

_OF_PATHWAY = text(
    "select id from assignment where employee_id = any(:employees)"
    " and pathway_id in (:pathway, (select pathway_id from pathway_version where id = :version))"
).bindparams(
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("pathway", type_=Uuid),
    bindparam("version", type_=Uuid),
)


async def tell_of_assignments(
    tx: Transaction,
    employees: Collection[UUID],
    *,
    pathway: UUID | None = None,
    version: UUID | None = None,
) -> None:
    """Tells whoever listens that assignments of these people to a pathway, or a version, have changed."""
    given = {"employees": list(employees), "pathway": pathway, "version": version}
    await tell(tx, ASSIGNMENT, list((await tx.execute(_OF_PATHWAY, given)).scalars()))
