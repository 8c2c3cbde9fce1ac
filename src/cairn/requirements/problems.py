"""What is wrong with a requirement somebody wrote, and where."""

from dataclasses import dataclass
from enum import StrEnum

from cairn.requirements.tree import Path, Subject


class ProblemKind(StrEnum):
    """Why a requirement, or a part of it, makes no sense."""

    WRONG_TYPE = "WRONG_TYPE"
    """It is not the kind of value that belongs there."""
    UNKNOWN_KEY = "UNKNOWN_KEY"
    """There is no such key, or not beside the others."""
    MISSING_KEY = "MISSING_KEY"
    """A key that must be there is not."""
    BAD_VALUE = "BAD_VALUE"
    """The right type, but not a value that can be read."""
    OUT_OF_BOUNDS = "OUT_OF_BOUNDS"
    """A number too small or too large."""
    TOO_DEEP = "TOO_DEEP"
    """Nested more deeply than anybody could read."""
    TOO_LARGE = "TOO_LARGE"
    """More nodes than anybody could read."""
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE"
    """It names something that does not exist."""
    CYCLE = "CYCLE"
    """It asks, by way of others, for itself."""
    UNREACHABLE = "UNREACHABLE"
    """Nobody could ever meet it."""
    OUTSIDE_SCALE = "OUTSIDE_SCALE"
    """The skill has no such level."""
    NONSENSE_DURATION = "NONSENSE_DURATION"
    """No time at all, or longer than a working life."""
    DUPLICATE = "DUPLICATE"
    """The same branch twice: allowed, but probably not meant."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong."""

    kind: ProblemKind
    path: Path
    """Where it stands in the wire form, for example `("all", "2", "skill", "level")`."""
    message: str
    """What is wrong with it, and what would be right."""
    ring: tuple[Subject, ...] = ()
    """Of a cycle: the subjects in order, the first one again at the end."""

    @property
    def is_warning(self) -> bool:
        """Whether the requirement may be kept all the same."""
        return self.kind is ProblemKind.DUPLICATE


class Malformed(ValueError):  # noqa: N818  # it is about the requirement, not the program
    """What was given is no requirement; every problem found is listed."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{'.'.join(p.path) or 'requirement'}: {p.message}" for p in problems))
