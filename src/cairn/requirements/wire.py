"""The JSON form: what a jsonb column keeps and what a client sends.

A node is an object with one key, its kind. The form is also that of a GraphQL `@oneOf` input.

    {"all": [
      {"skill": {"id": "3f0e…", "level": 3, "verified": true}},
      {"any": {"n": 2, "of": [{"credential": "9b1c…"}, {"step": "51aa…"}, {"pathway": "77d0…"}]}},
      {"points": {"min": 10, "of": [{"weight": 6, "when": {"step": "51ab…"}}, …]}},
      {"notBefore": "2026-03-01T00:00:00Z"},
      {"employed": {"role": "e0c2…", "for": "P1Y6M"}}
    ]}

`verified` and `for` may be left out. `employed` names at most one of `role`, `department`, `team`
and `location`; none means employed at all. The empty requirement is `{"all": []}`.

Reading is strict, every problem says where it is and what would be right, and nothing a client can
send raises anything but `Malformed`. There is no version in it: kinds may be added, never changed.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from cairn.requirements import scalars
from cairn.requirements.problems import Malformed, Problem, ProblemKind
from cairn.requirements.scalars import Unreadable, expected, shown, whole
from cairn.requirements.tree import (
    ANYWHERE,
    MAX_DEPTH,
    MAX_LEVEL,
    MAX_NODES,
    MAX_POINTS,
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    Kind,
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

MAX_PROBLEMS = 50

_PLACES = (SubjectKind.ROLE, SubjectKind.DEPARTMENT, SubjectKind.TEAM, SubjectKind.LOCATION)
_A_NODE = 'an object with one key, like {"credential": "<id>"}'

# Stand-ins while a problem is noted; they never leave this file.
_EMPTY: object = {"all": []}
_NO_ID = UUID(int=0)
_NO_INSTANT = datetime.min.replace(tzinfo=UTC)

T = TypeVar("T")


def parse(value: object) -> Requirement:
    """The requirement that decoded JSON describes; `Malformed` if it describes none."""
    reading = _Reading()
    requirement = reading.node(value, (), 1)
    if reading.problems:
        raise Malformed(reading.problems)
    return requirement


def serialise(requirement: Requirement) -> dict[str, Any]:
    """The requirement as values JSON knows; `parse` gives back an equal one."""
    body: object
    match requirement:
        case All(of):
            body = [serialise(branch) for branch in of]
        case AnyOf(n, of):
            body = {"n": n, "of": [serialise(branch) for branch in of]}
        case Points(minimum, pairs):
            of_pairs = [{"weight": weight, "when": serialise(branch)} for weight, branch in pairs]
            body = {"min": minimum, "of": of_pairs}
        case NotBefore(instant):
            body = instant.isoformat().removesuffix("+00:00") + "Z"
        case SkillAt(skill, level, verified):
            body = {"id": str(skill), "level": level} | ({"verified": True} if verified else {})
        case CredentialHeld(id_) | StepDone(id_) | PathwayDone(id_):
            body = str(id_)
        case Employed(subject, at_least):
            where = {} if subject == ANYWHERE else {str(subject.kind): str(subject.id)}
            body = where | ({"for": str(at_least)} if at_least is not None else {})
    return {str(requirement.kind): body}


class _Reading:
    """One pass over what was sent: notes each problem and reads on, until there are too many.

    What cannot be read is stood in for, so that the rest can be; nobody sees the stand-in.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._nodes = 0

    def node(self, value: object, path: Path, depth: int) -> Requirement:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._note(
                ProblemKind.TOO_LARGE, path, f"is one node too many: {MAX_NODES} at most, so split it up"
            )
            raise Malformed(self.problems)
        if depth > MAX_DEPTH:
            self._note(ProblemKind.TOO_DEEP, path, f"is nested more than {MAX_DEPTH} deep: flatten it")
            return NOTHING
        if not isinstance(value, dict):
            self._note_unreadable(expected(_A_NODE, value), path)
            return NOTHING
        if len(value) != 1:
            message = f"must be {_A_NODE}, and has {len(value)} keys: put them beside each other under all"
            self._note(ProblemKind.WRONG_TYPE, path, message)
            return NOTHING
        [(key, body)] = value.items()
        if key not in self._READERS:
            self._unknown(key, path, tuple(self._READERS))
            return NOTHING
        return self._READERS[key](self, body, (*path, key), depth)

    def _all(self, body: object, path: Path, depth: int) -> All:
        return All(tuple(self._branches(body, path, depth)))

    def _any(self, body: object, path: Path, depth: int) -> AnyOf:
        fields = self._object(body, path, ("n", "of"))
        n = self._field(fields, "n", path, partial(whole, low=1, high=MAX_NODES), 1)
        return AnyOf(n, tuple(self._branches(fields.get("of", []), (*path, "of"), depth)))

    def _points(self, body: object, path: Path, depth: int) -> Points:
        fields = self._object(body, path, ("min", "of"))
        points = partial(whole, low=1, high=MAX_POINTS)
        pairs: list[tuple[int, Requirement]] = []
        for i, item in enumerate(self._list(fields.get("of", []), (*path, "of"))):
            at = (*path, "of", str(i))
            pair = self._object(item, at, ("weight", "when"))
            weight = self._field(pair, "weight", at, points, 1)
            pairs.append((weight, self.node(pair.get("when", _EMPTY), (*at, "when"), depth + 1)))
        return Points(self._field(fields, "min", path, points, 1), tuple(pairs))

    def _not_before(self, body: object, path: Path, _: int) -> NotBefore:
        return NotBefore(self._read(body, path, scalars.instant, _NO_INSTANT))

    def _skill(self, body: object, path: Path, _: int) -> SkillAt:
        fields = self._object(body, path, ("id", "level"), ("verified",))
        return SkillAt(
            self._field(fields, "id", path, scalars.id_, _NO_ID),
            self._field(fields, "level", path, partial(whole, low=1, high=MAX_LEVEL), 1),
            verified=self._field(fields, "verified", path, scalars.truth, otherwise=False),
        )

    def _credential(self, body: object, path: Path, _: int) -> CredentialHeld:
        return CredentialHeld(self._read(body, path, scalars.id_, _NO_ID))

    def _step(self, body: object, path: Path, _: int) -> StepDone:
        return StepDone(self._read(body, path, scalars.id_, _NO_ID))

    def _pathway(self, body: object, path: Path, _: int) -> PathwayDone:
        return PathwayDone(self._read(body, path, scalars.id_, _NO_ID))

    def _employed(self, body: object, path: Path, _: int) -> Employed:
        fields = self._object(body, path, (), (*_PLACES, "for"))
        at_least = self._field(fields, "for", path, scalars.duration, None)
        places = [place for place in _PLACES if place in fields]
        if not places:
            return Employed(ANYWHERE, at_least)
        if len(places) > 1:
            message = f"names {' and '.join(places)}: name one, and put another employed beside it under all"
            self._note(ProblemKind.UNKNOWN_KEY, path, message)
        place = places[0]
        if place is SubjectKind.LOCATION:
            return Employed(Subject(place, self._field(fields, place, path, scalars.location, "")), at_least)
        return Employed(Subject(place, self._field(fields, place, path, scalars.id_, _NO_ID)), at_least)

    _READERS: ClassVar[dict[str, "Callable[[_Reading, object, Path, int], Requirement]"]] = {
        Kind.ALL: _all,
        Kind.ANY: _any,
        Kind.POINTS: _points,
        Kind.NOT_BEFORE: _not_before,
        Kind.SKILL: _skill,
        Kind.CREDENTIAL: _credential,
        Kind.STEP: _step,
        Kind.PATHWAY: _pathway,
        Kind.EMPLOYED: _employed,
    }

    def _branches(self, value: object, path: Path, depth: int) -> Iterator[Requirement]:
        for i, branch in enumerate(self._list(value, path)):
            yield self.node(branch, (*path, str(i)), depth + 1)

    def _list(self, value: object, path: Path) -> list[object]:
        if isinstance(value, list):
            return value
        self._note_unreadable(expected("a list", value), path)
        return []

    def _object(
        self, value: object, path: Path, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, object]:
        """The known fields of an object; what is missing or unknown is noted."""
        known = (*required, *optional)
        if not isinstance(value, dict):
            self._note_unreadable(expected(f"an object with {_listed(known)}", value), path)
            return {}
        for key in value:
            if key not in known:
                self._unknown(key, path, known)
        for key in required:
            if key not in value:
                self._note(
                    ProblemKind.MISSING_KEY, (*path, key), f"is missing; needed are {_listed(required)}"
                )
        return {key: value[key] for key in known if key in value}

    def _field(
        self, fields: dict[str, object], key: str, path: Path, read: Callable[[object], T], otherwise: T
    ) -> T:
        return self._read(fields[key], (*path, key), read, otherwise) if key in fields else otherwise

    def _read(self, value: object, path: Path, read: Callable[[object], T], otherwise: T) -> T:
        try:
            return read(value)
        except Unreadable as unreadable:
            self._note_unreadable(unreadable, path)
            return otherwise

    def _unknown(self, key: object, path: Path, known: tuple[str, ...]) -> None:
        close = get_close_matches(key[:40], known, 1) if isinstance(key, str) else []
        hint = f"did you mean {close[0]}?" if close else f"there are {_listed(known)}"
        self._note(ProblemKind.UNKNOWN_KEY, path, f"has no key {shown(key)}: {hint}")

    def _note_unreadable(self, unreadable: Unreadable, path: Path) -> None:
        self._note(unreadable.kind, path, str(unreadable))

    def _note(self, kind: ProblemKind, path: Path, message: str) -> None:
        self.problems.append(Problem(kind, path, message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise Malformed(self.problems)


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)
