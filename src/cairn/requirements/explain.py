"""A requirement explained for one employee: node by node, in numbers and in plain English."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from cairn.requirements.facts import Facts, Source
from cairn.requirements.standing import LeafStanding, Standing, stand
from cairn.requirements.tree import (
    About,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    Kind,
    Leaf,
    NotBefore,
    Path,
    PathwayDone,
    Points,
    Requirement,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
)

NameOf = Callable[[Subject], str]
"""What people call a subject. It is never asked for `ANYWHERE`."""


@dataclass(frozen=True, slots=True)
class Account:
    """How one node of a requirement stands, in numbers and in words."""

    depth: int
    """How deep it stands; 0 for all of it."""
    parent: int | None
    """The place in the list of what it is part of; null for all of it."""
    met: bool
    """Whether it is met at the date asked of."""
    since: datetime | None
    """Since when it is met; null if it is not, or always was."""
    until: datetime | None
    """Until when it is met; null if it is not, or stays so."""
    met_from: datetime | None
    """If it is not met, when it will be by time alone; null if it will not."""
    progress: float
    """From 0 to 1; 1 exactly if it is met."""
    have: int
    """How many parts are met, how many points are reached, which level is held; of others 0 or 1."""
    need: int
    """How many parts or points, or which level, it takes; of others 1."""
    out_of: int
    """How many parts or points there are."""
    text: str
    """What it asks for and how that stands, in one sentence."""


@dataclass(frozen=True, slots=True)
class Explanation(Account):
    """One node of a requirement, and how it stands."""

    kind: Kind
    path: Path
    """Where it stands in the wire form."""
    subject: Subject | None
    """What a leaf is about."""
    sources: tuple[Source, ...]
    """What stands behind a leaf now: the ids that came with the facts, each once."""
    text: str
    """What it asks for and how that stands, in one sentence."""
    of: "tuple[Explanation, ...]"
    """The branches."""

    def flatten(self) -> "list[Explanation]":
        """This node and all below it, each before its branches."""
        return [self, *(row for branch in self.of for row in branch.flatten())]

    def as_json(self) -> dict[str, Any]:
        """One row of the flat list as values JSON knows, without the branches."""
        return {
            "kind": str(self.kind),
            "path": list(self.path),
            "depth": self.depth,
            "parent": self.parent,
            "met": self.met,
            "since": _iso(self.since),
            "until": _iso(self.until),
            "metFrom": _iso(self.met_from),
            "progress": self.progress,
            "have": self.have,
            "need": self.need,
            "outOf": self.out_of,
            "subject": self.subject and {"kind": str(self.subject.kind), "id": _text(self.subject.id)},
            "sources": [str(source) for source in self.sources],
            "text": self.text,
        }


def explain(requirement: Requirement, facts: Facts, at: datetime, name_of: NameOf) -> Explanation:
    """Every node of the requirement, for an employee with these facts at an instant."""
    return of_standing(stand(requirement, facts, at), at, name_of)


def of_standing(standing: Standing, at: datetime, name_of: NameOf) -> Explanation:
    """The explanation of a standing that was worked out for this instant."""
    places = count()

    def node(standing: Standing, depth: int, parent: int | None) -> Explanation:
        place = next(places)
        requirement = standing.requirement
        since, until = standing.times.interval_at(at) or (None, None)
        coming = () if standing.met else standing.times.starts_after(at)
        met_from = coming[0] if coming else None
        of: tuple[Explanation, ...] = ()
        if isinstance(standing, LeafStanding):
            have, need, out_of = _leaf_counts(standing)
            text = f"{_asked(standing.requirement, name_of)}: {_held(standing)}"
        else:
            of = tuple(node(branch, depth + 1, place) for branch in standing.of)
            have, need = standing.have, standing.need
            text, out_of = _fork(standing.requirement, have)
        return Explanation(
            kind=requirement.kind,
            path=standing.path,
            depth=depth,
            parent=parent,
            met=standing.met,
            since=since,
            until=until,
            met_from=met_from,
            progress=standing.progress,
            have=have,
            need=need,
            out_of=out_of,
            subject=requirement.subject if isinstance(requirement, About) else None,
            sources=_sources(standing),
            text=f"{text}{_when(since, until, met_from)}.",
            of=of,
        )

    return node(standing, 0, None)


def _sources(standing: Standing) -> tuple[Source, ...]:
    if not isinstance(standing, LeafStanding):
        return ()
    return tuple(dict.fromkeys(source for fact in standing.facts for source in fact.sources))


def _leaf_counts(standing: LeafStanding) -> tuple[int, int, int]:
    leaf = standing.requirement
    if isinstance(leaf, SkillAt):
        have = standing.verified_level if leaf.verified else standing.level
        return have, leaf.level, leaf.level
    return int(standing.met), 1, 1


def _fork(fork: All | AnyOf | Points, have: int) -> tuple[str, int]:
    match fork:
        case All(of):
            n = len(of)
            return (f"All of the following: {have} of {n} met" if of else "Nothing is required"), n
        case AnyOf(n, of):
            return f"At least {n} of the following {len(of)}: {have} met", len(of)
        case Points(minimum, pairs):
            out_of = sum(weight for weight, _ in pairs)
            return f"At least {minimum} of the following {out_of} points: {have} reached", out_of


def _asked(leaf: Leaf, name_of: NameOf) -> str:
    match leaf:
        case NotBefore(instant):
            return f"Not before {_day(instant)}"
        case SkillAt(_, level, verified):
            return f"{name_of(leaf.subject)} at level {level} or higher{', verified' if verified else ''}"
        case CredentialHeld():
            return f"The credential {name_of(leaf.subject)}"
        case StepDone():
            return f"The step {name_of(leaf.subject)}"
        case PathwayDone():
            return f"The pathway {name_of(leaf.subject)}"
        case Employed(subject, duration):
            lasting = f" for at least {duration.in_words()}" if duration else ""
            return f"Employed{_PLACES[subject.kind]}{_name(subject, name_of)}{lasting}"


_PLACES = {
    SubjectKind.ROLE: " as ",
    SubjectKind.DEPARTMENT: " in the department ",
    SubjectKind.TEAM: " in the team ",
    SubjectKind.LOCATION: " at ",
    SubjectKind.EMPLOYMENT: "",
}


def _name(subject: Subject, name_of: NameOf) -> str:
    return "" if subject.kind is SubjectKind.EMPLOYMENT else name_of(subject)


def _held(standing: LeafStanding) -> str:
    met, since = standing.met, standing.held_since
    match standing.requirement:
        case NotBefore():
            return "that has come" if met else "still to come"
        case SkillAt(_, _, verified):
            return _level_held(standing, verified=verified)
        case CredentialHeld():
            return "held" if met else "not held"
        case StepDone():
            return "done" if met else "not done"
        case PathwayDone():
            return "completed" if met else "not completed"
        case Employed():
            return "met" if met else (f"so employed since {_day(since)}" if since else "not so employed")


def _level_held(standing: LeafStanding, *, verified: bool) -> str:
    level, sure = standing.level, standing.verified_level
    if not level:
        return "no level held"
    if not verified or sure == level:
        return f"level {level} held"
    return f"level {level} held, " + (f"verified only at {sure}" if sure else "not verified")


def _when(since: datetime | None, until: datetime | None, met_from: datetime | None) -> str:
    if met_from:
        return f", by time alone from {_day(met_from)}"
    return (f", since {_day(since)}" if since else "") + (f", until {_day(until)}" if until else "")


def _day(instant: datetime) -> str:
    """A date, with the time of day only where it is not midnight."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M} UTC" if (utc.hour or utc.minute) else utc.date().isoformat()


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _text(id_: object) -> str | None:
    return None if id_ is None else str(id_)
