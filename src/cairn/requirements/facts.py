"""What is known about one employee, as evaluation wants it: for each subject, when what held.

The provider has already settled what is not this room's business: which level follows from which
evidence, that a sub-department counts as the department, and at which instant a civil day of
employment begins (midnight UTC).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, TypeVar
from uuid import UUID

from cairn.requirements.times import Times
from cairn.requirements.tree import Subject, SubjectKind

Source = UUID | str
"""An opaque id of what stands behind a fact: evidence, an award, a completion, an employment."""


class Fact(NamedTuple):
    """Something held during `[since, until)`, in UTC; None is an open end.

    For a skill it is one piece of the level over time, as the company's policy has it; where pieces
    overlap, each is believed.
    """

    since: datetime | None
    until: datetime | None
    sources: tuple[Source, ...] = ()
    level: int = 0
    """Of a skill; 0 for anything else."""
    verified: bool = False
    """Of a skill's level; False for anything else."""

    def holds_at(self, instant: datetime) -> bool:
        """Whether the instant is within it."""
        return (self.since is None or self.since <= instant) and (self.until is None or instant < self.until)


Facts = Mapping[Subject, Sequence[Fact]]
"""Of one employee. A subject that is not there has no facts; facts of a subject come in any order."""

NO_FACTS: Facts = MappingProxyType({})

Employee = TypeVar("Employee", bound=Hashable)


def gather(
    rows: Iterable[tuple[Employee, SubjectKind | str, UUID | str | None, Fact]],
) -> dict[Employee, dict[Subject, list[Fact]]]:
    """Rows of a set-based statement, one a fact, sorted out by employee and subject.

    The kind may be the plain text of a `SubjectKind`. An employee without a row is not in the
    answer: take `NO_FACTS`.
    """
    everyone: dict[Employee, dict[Subject, list[Fact]]] = {}
    subjects: dict[tuple[SubjectKind | str, UUID | str | None], Subject] = {}
    for employee, kind, id_, fact in rows:
        subject = subjects.get((kind, id_))
        if subject is None:
            subject = subjects[kind, id_] = Subject(SubjectKind(kind), id_)
        everyone.setdefault(employee, {}).setdefault(subject, []).append(fact)
    return everyone


def from_times(times: Times, sources: tuple[Source, ...] = ()) -> list[Fact]:
    """A stored multirange as facts, for what is kept as the set of times it holds."""
    return [Fact(since, until, sources) for since, until in times]


def when_held(facts: Sequence[Fact]) -> Times:
    """The times at which any of the facts holds."""
    if len(facts) == 1:
        return Times.between(facts[0].since, facts[0].until)
    return Times.of([(fact.since, fact.until) for fact in facts])
