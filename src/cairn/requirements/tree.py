"""The requirement: a small tree of `all`, `any n of`, `points` and leaves.

Pathway completion, step prerequisites, credential stacks, role profiles and audiences are all one of
these. The values are immutable and hashable; nothing in them refuses to exist, so a tree built by
hand may be nonsense: `check` finds that, and `wire.parse` never lets the worst of it in.

A *path* names a node by where it stands in the wire form, for example `("all", "2", "any", "of", "0")`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple
from uuid import UUID

from cairn.requirements.duration import Duration

MAX_DEPTH = 16
MAX_NODES = 500
MAX_POINTS = 1000
MAX_LEVEL = 100
MAX_LOCATION = 200

Path = tuple[str, ...]


class Kind(StrEnum):
    """What a node asks for; also its key in the wire form."""

    ALL = "all"
    ANY = "any"
    POINTS = "points"
    NOT_BEFORE = "notBefore"
    SKILL = "skill"
    CREDENTIAL = "credential"
    STEP = "step"
    PATHWAY = "pathway"
    EMPLOYED = "employed"


class SubjectKind(StrEnum):
    """What facts can be about."""

    SKILL = "skill"
    CREDENTIAL = "credential"
    STEP = "step"
    PATHWAY = "pathway"
    ROLE = "role"
    DEPARTMENT = "department"
    TEAM = "team"
    LOCATION = "location"
    EMPLOYMENT = "employment"


class Subject(NamedTuple):
    """Something facts are about: a skill, a credential, a job role, a location."""

    kind: SubjectKind
    id: UUID | str | None
    """The id; for a location its name; for `EMPLOYMENT`, which means employed at all, None."""


ANYWHERE = Subject(SubjectKind.EMPLOYMENT, None)
"""Employed at all, whatever the role, department, team or location."""


@dataclass(frozen=True, slots=True)
class All:
    """Met while every branch is; with no branch at all, always."""

    kind: ClassVar = Kind.ALL
    of: "tuple[Requirement, ...]" = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met while at least `n` branches are."""

    kind: ClassVar = Kind.ANY
    n: int
    of: "tuple[Requirement, ...]"


@dataclass(frozen=True, slots=True)
class Points:
    """Met while the weights of the branches that are met sum to the minimum."""

    kind: ClassVar = Kind.POINTS
    minimum: int
    of: "tuple[tuple[int, Requirement], ...]"
    """Pairs of weight and branch."""


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Met from an instant on. `ValueError` for an instant without a time zone."""

    kind: ClassVar = Kind.NOT_BEFORE
    instant: datetime

    def __post_init__(self) -> None:
        if self.instant.tzinfo is None:
            raise ValueError("not before: the instant needs a time zone")
        object.__setattr__(self, "instant", self.instant.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class SkillAt:
    """Met while the skill's level is at least that, and verified if so asked."""

    kind: ClassVar = Kind.SKILL
    skill: UUID
    level: int
    verified: bool = False

    @property
    def subject(self) -> Subject:
        """What its facts are about."""
        return Subject(SubjectKind.SKILL, self.skill)


@dataclass(frozen=True, slots=True)
class CredentialHeld:
    """Met while an award of the credential holds."""

    kind: ClassVar = Kind.CREDENTIAL
    credential: UUID

    @property
    def subject(self) -> Subject:
        """What its facts are about."""
        return Subject(SubjectKind.CREDENTIAL, self.credential)


@dataclass(frozen=True, slots=True)
class StepDone:
    """Met while the completion of the step holds."""

    kind: ClassVar = Kind.STEP
    step: UUID

    @property
    def subject(self) -> Subject:
        """What its facts are about."""
        return Subject(SubjectKind.STEP, self.step)


@dataclass(frozen=True, slots=True)
class PathwayDone:
    """Met while the completion of the pathway holds."""

    kind: ClassVar = Kind.PATHWAY
    pathway: UUID

    @property
    def subject(self) -> Subject:
        """What its facts are about."""
        return Subject(SubjectKind.PATHWAY, self.pathway)


@dataclass(frozen=True, slots=True)
class Employed:
    """Met while employed there, and once that has lasted without a break for `at_least`.

    Employments that touch are one stretch; a gap, even of a day, begins a new one.
    """

    kind: ClassVar = Kind.EMPLOYED
    subject: Subject = ANYWHERE
    """A role, department, team, location, or `ANYWHERE`."""
    at_least: Duration | None = None


Fork = All | AnyOf | Points
About = SkillAt | CredentialHeld | StepDone | PathwayDone | Employed
"""The leaves that are about a subject, and so need facts."""
Leaf = NotBefore | About
Requirement = Fork | Leaf

NOTHING = All()
"""The empty requirement: always met."""


def branches(node: Requirement) -> Iterator[tuple[Path, Requirement]]:
    """The children of a node in order, each with its path below the node; none for a leaf."""
    match node:
        case All(of):
            yield from ((("all", str(i)), branch) for i, branch in enumerate(of))
        case AnyOf(_, of):
            yield from ((("any", "of", str(i)), branch) for i, branch in enumerate(of))
        case Points(_, pairs):
            yield from ((("points", "of", str(i), "when"), branch) for i, (_, branch) in enumerate(pairs))
        case _:
            return


def walk(requirement: Requirement) -> Iterator[tuple[Path, int, Requirement]]:
    """Every node before its children, in order, with its path and its depth; the root is at depth 1."""
    waiting: list[tuple[Path, int, Requirement]] = [((), 1, requirement)]
    while waiting:
        path, depth, node = waiting.pop()
        yield path, depth, node
        below = [((*path, *step), depth + 1, branch) for step, branch in branches(node)]
        waiting.extend(reversed(below))


def subjects(requirement: Requirement) -> frozenset[Subject]:
    """Everything whose facts decide the requirement: what to load before evaluating it."""
    nodes = (node for _, _, node in walk(requirement))
    return frozenset(node.subject for node in nodes if isinstance(node, About))
