"""A refusal the domain expects: raised by a verb, answered as a typed member of the result union.

Raising one rolls the verb's transaction back. A subclass is a dataclass whose fields are the facts
of the refusal and whose docstring describes it in the schema; `message` is one sentence that says
what is wrong and what to do.
"""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Refusal(Exception):  # noqa: N818  # it is an answer, not an error
    """Something that was asked for and, for a reason the caller can act on, not done."""

    message: str
    """One sentence: what is wrong, and what to do."""

    def __post_init__(self) -> None:
        super().__init__(self.message)


@dataclass
class FieldProblem:
    """One field of the input, and what is wrong with it."""

    path: list[str]
    """Where it stands in the input, for example `["steps", "2", "title"]`."""
    message: str
    """What is wrong with it, and what would be right."""


@dataclass
class InvalidInput(Refusal):
    """The input does not make sense; every problem is listed, and nothing was written."""

    problems: list[FieldProblem] = field(default_factory=list)
    """Each field that is wrong."""


@dataclass
class NotFound(Refusal):
    """There is no such thing, or you may not see it: the two are the same answer."""

    id: UUID | None = None
    """The id that led nowhere."""


@dataclass
class NotAllowed(Refusal):
    """You can see it, but this is not yours to do."""


def invalid(path: str, message: str) -> InvalidInput:
    """An `InvalidInput` about one field."""
    return InvalidInput(f"{path}: {message}", [FieldProblem(path.split("."), message)])


def check_reason(reason: str) -> None:
    """Raises `InvalidInput` where the field `reason` does not say why."""
    if not reason.strip():
        raise invalid("reason", "must say why")
