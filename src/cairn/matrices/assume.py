"""What may be assumed of a matrix: people who come and go, and what becomes of their levels."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from cairn.db.tables import Ref
from cairn.graph.problem import bad_input
from cairn.pathways.author import PathwayId
from cairn.people.history import EmployeeId, JobRoleId
from cairn.skills.assess import SkillId

MOST = 100
"""Assumptions of one matrix."""

CredentialId = Annotated[UUID, Ref("Credential")]


@dataclass
class Joining:
    """Somebody comes into the matrix."""

    employee: EmployeeId
    """Who."""
    job_role: JobRoleId | None = None
    """In which job role; the one they work in by default."""


@dataclass
class Moving:
    """Somebody in the matrix works in another job role."""

    employee: EmployeeId
    """Who."""
    job_role: JobRoleId
    """The job role."""


@dataclass
class Completing:
    """Somebody completes a pathway: each step that is not optional, and pathways that are steps."""

    employee: EmployeeId
    """Who."""
    pathway: PathwayId
    """The pathway, in the version they are assigned to, or else the one that is published."""


@dataclass
class Reaching:
    """Somebody reaches a level in a skill, and it is verified."""

    employee: EmployeeId
    """Who."""
    skill: SkillId
    """The skill."""
    level: int
    """The level, from 1 to 5."""


@dataclass
class Losing:
    """All evidence that somebody has for a skill expires; what they are assumed to reach stays."""

    employee: EmployeeId
    """Who."""
    skill: SkillId
    """The skill."""


@dataclass
class Expiring:
    """A credential expires, and with it the evidence that it granted."""

    credential: CredentialId
    """The credential."""
    employee: EmployeeId | None = None
    """Whose; everybody's in the matrix by default."""


@dataclass
class Assumption:
    """Something that a matrix assumes: exactly one of these."""

    one_of: ClassVar[bool] = True

    leaves: EmployeeId | None = None
    """Somebody leaves the matrix."""
    joins: Joining | None = None
    """Somebody comes into the matrix."""
    moves: Moving | None = None
    """Somebody in the matrix works in another job role."""
    completes: Completing | None = None
    """Somebody completes a pathway."""
    reaches: Reaching | None = None
    """Somebody reaches a level in a skill."""
    loses: Losing | None = None
    """All evidence that somebody has for a skill expires."""
    expires: Expiring | None = None
    """A credential expires."""


class AssumptionKind(StrEnum):
    """What is assumed."""

    LEAVES = "LEAVES"
    """Somebody leaves the matrix."""
    JOINS = "JOINS"
    """Somebody comes into the matrix."""
    MOVES = "MOVES"
    """Somebody in the matrix works in another job role."""
    COMPLETES = "COMPLETES"
    """Somebody completes a pathway."""
    REACHES = "REACHES"
    """Somebody reaches a level in a skill."""
    LOSES = "LOSES"
    """All evidence that somebody has for a skill expires."""
    EXPIRES = "EXPIRES"
    """A credential expires."""


def check(given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Raises a `Problem` for assumptions that are too many, or make no sense."""
    if len(given) > MOST:
        raise bad_input(f"whatIf: at most {MOST} assumptions at once, not {len(given)}")
    for each in given:
        reaching = each.get("reaches")
        if reaching and not 1 <= reaching["level"] <= 5:
            raise bad_input(f"whatIf: a level to reach is from 1 to 5, not {reaching['level']}")
    return given


class WhyNot(StrEnum):
    """Why an assumption does not apply."""

    UNKNOWN = "UNKNOWN"
    """There is no such person, job role, pathway or skill, or you may not see it."""
    NOT_IN_MATRIX = "NOT_IN_MATRIX"
    """The person is not in the matrix."""
    IN_MATRIX_ALREADY = "IN_MATRIX_ALREADY"
    """The person is in the matrix already."""
    OVERRULED = "OVERRULED"
    """A later one of the assumptions says otherwise."""
    LEVELS_WITHHELD = "LEVELS_WITHHELD"
    """You may not see the person's levels, and so not what would become of them."""
    GRANTS_NOTHING = "GRANTS_NOTHING"
    """The steps of the pathway grant no skills."""
    TAKES_NOTHING = "TAKES_NOTHING"
    """No level that you may see follows from it."""
