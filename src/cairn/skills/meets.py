"""Requirements as conditions of a statement: who meets one at a date, as far as the viewer may see.

It says of one date what `requirements/evaluate.py` says of all of them, and the tests hold the two against
each other. Each leaf is a list of people that does not depend on who is asked about, so that PostgreSQL makes
it once and looks 10,000 people up in it.

Nobody learns by filtering what they may not see: a leaf counts only facts that the viewer would be shown.
A requirement cannot ask for the absence of anything, so whoever has facts that are hidden seems to have
less, and never more:

- a skill counts where the person's levels are shown (`levels.held`): one's own, those of the people below,
  everybody's for who may read learning records, and what teammates have verified where the company allows it;
- steps and pathways count as progress is shown, credentials as awards are;
- an employment counts as the directory has it: today for everyone, else for the person, their managers and
  the people admins;
- how long somebody has been somewhere counts only where its beginning is shown.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    SmallInteger,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)

from cairn.access.permissions import Permission
from cairn.access.rules import At, Terms
from cairn.db.tables import INSTANT, occurrence
from cairn.graph.frame import Given
from cairn.graph.problem import Code, Problem
from cairn.graph.requirement import Written
from cairn.people import tables as people
from cairn.people.access import began, joined, midnight
from cairn.requirements.tree import (
    About,
    All,
    AnyOf,
    Employed,
    Leaf,
    NotBefore,
    Points,
    Requirement,
    SkillAt,
    SubjectKind,
    branches,
)
from cairn.skills import tables
from cairn.skills.access import learning, shared, verified

MOST = 100
"""Parts of a requirement by which people are looked for: each is a part of the statement."""

Holders = Callable[[Terms, At, Any], Select[Any]]
"""The viewer, a date, the id of a subject → those who have it then: `employee_id`."""

_holders: dict[SubjectKind, Holders] = {}


def holders_of(kind: SubjectKind) -> Callable[[Holders], Holders]:
    """Registers how those are found of whom a fact about subjects of a kind holds."""

    def register(holders: Holders) -> Holders:
        _holders[kind] = holders
        return holders

    return register


@dataclass(frozen=True)
class Place:
    """A node of a requirement in a statement."""

    node: Requirement
    path: Sequence[str]
    of: "tuple[Place, ...]"
    written: Written
    number: int

    def bind(self, read: Callable[[Any], Any], type_: Any) -> Any:
        """A parameter of what the node says."""
        return self.written.bind(read, self.number, type_)

    def leaves(self) -> "Iterator[Place]":
        """The leaves below, in order."""
        if isinstance(self.node, Leaf):
            yield self
        for each in self.of:
            yield from each.leaves()


def asked(given: Given, path: str) -> Place:
    """The requirement of an argument. Raises a `Problem` where it makes no sense."""
    written = Written(given, path)
    if len(written.paths) > MOST:
        raise Problem(Code.LIMIT, f"{path}: at most {MOST} parts where people are looked for; split it up")
    written.check()
    count = iter(range(len(written.paths)))

    def place(node: Requirement) -> Place:
        number = next(count)
        of = tuple(place(branch) for _, branch in branches(node))
        return Place(node, written.paths[number], of, written, number)

    return place(written.requirement)


def met(place: Place, leaf: Callable[[Place], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a requirement is met, from whether its leaves are; `leaf` is never null."""
    match place.node:
        case All():
            return and_(true(), *(met(each, leaf) for each in place.of))
        case AnyOf():
            n = place.bind(lambda node: node.n, Integer())
            enough: ColumnElement[bool] = _total([cast(met(each, leaf), Integer) for each in place.of]) >= n
            return enough
        case Points():
            minimum = place.bind(lambda node: node.minimum, Integer())
            worth = [
                cast(met(each, leaf), Integer) * weight
                for each, weight in zip(place.of, weights(place), strict=True)
            ]
            reached: ColumnElement[bool] = _total(worth) >= minimum
            return reached
        case _:
            return leaf(place)


def weights(place: Place) -> list[Any]:
    """The weights of the branches of points."""

    def weight(n: int) -> Any:
        return place.bind(lambda node: node.of[n][0], Integer())

    return [weight(n) for n in range(len(place.of))]


def _total(terms: Sequence[Any]) -> Any:
    total: Any = literal_column("0", Integer())
    for each in terms:
        total = total + each
    return total


def meets(row: Any, given: Given, at: At, viewer: Terms) -> ColumnElement[bool]:
    """Whether an employee meets a requirement at a date, as far as the viewer sees."""
    return met(asked(given, "where.meets"), lambda place: holds(place, row.id, at, viewer))


def holds(place: Place, employee: Any, at: At, viewer: Terms) -> ColumnElement[bool]:
    """Whether an employee meets a leaf at a date."""
    node = place.node
    if isinstance(node, NotBefore):
        after: ColumnElement[bool] = at.instant >= place.bind(lambda node: node.instant, INSTANT)
        return after
    if isinstance(node, SkillAt):
        return _among(employee, _skilled(place, at, viewer, sure=node.verified))
    here = present(place, employee, at, viewer)
    if not isinstance(node, Employed) or node.at_least is None:
        return here
    stretch = tenures(place, at, viewer).subquery()
    ripe = select(stretch.c.employee_id).where(after_(stretch.c.since, place) <= at.instant)
    return and_(here, _among(employee, ripe))


def present(place: Place, employee: Any, at: At, viewer: Terms) -> ColumnElement[bool]:
    """Whether an employee has what a leaf is about at a date, however long."""
    assert isinstance(place.node, About)
    return _among(employee, _holders[place.node.subject.kind](viewer, at, _id(place)))


def _among(employee: Any, people: Select[Any]) -> ColumnElement[bool]:
    """Whether somebody is one of those, of whom PostgreSQL makes a list once.

    On the surface a plain IN would do. But of that it makes a join, and guesses how many will be left.
    """
    found: ColumnElement[bool] = employee.in_(people).is_(True)
    return found


def _id(place: Place) -> Any:
    """The id that a leaf names; None where it names none."""
    assert not isinstance(place.node, All | AnyOf | Points | NotBefore)
    kind = place.node.subject.kind
    if kind is SubjectKind.EMPLOYMENT:
        return None
    return place.bind(lambda node: node.subject.id, Text() if kind is SubjectKind.LOCATION else Uuid())


# Skills


def counting(place: Place) -> ColumnElement[Any]:
    """The skills whose evidence counts for the skill that a leaf asks for, as an array.

    Of a skill that was merged the other one is asked; and what a skill succeeds counts as its own.
    """
    asks = place.bind(lambda node: node.skill, Uuid())
    later, earlier = occurrence(tables.SkillSuccession), occurrence(tables.SkillSuccession)
    merged = select(later.c.successor_id).where(later.c.skill_id == asks, later.c.is_same)
    own = select(cast(asks, Uuid).label("id"))
    meant = union(own, merged).subquery()
    before = select(earlier.c.skill_id).where(
        or_(
            earlier.c.successor_id.in_(merged),
            and_(earlier.c.successor_id == asks, ~merged.correlate_except(later).exists()),
        )
    )
    counted = union(select(meant.c.id), before).subquery()
    return func.array(select(counted.c.id).scalar_subquery(), type_=ARRAY(Uuid))


def shown(evidence: Any, at: At, viewer: Terms) -> ColumnElement[bool]:
    """Whether evidence that holds at a date counts for a viewer."""
    asking = viewer.asking(at)
    seen = learning(asking, evidence.employee_id)
    if not viewer.may(Permission.READ_LEARNING):
        seen = or_(seen, and_(verified(evidence), shared(asking, evidence.employee_id)))
    return and_(evidence.withdrawn_at.is_(None), evidence.valid.contains(at.instant), seen)


def level_of(place: Place) -> Any:
    """The level that a leaf asks for."""
    return place.bind(lambda node: node.level, SmallInteger())


def _skilled(place: Place, at: At, viewer: Terms, *, sure: bool) -> Select[Any]:
    evidence = occurrence(tables.Evidence)
    best = func.max(evidence.c.level).filter(verified(evidence.c))
    level = best if sure else func.coalesce(best, func.max(evidence.c.level))
    return (
        select(evidence.c.employee_id)
        .where(evidence.c.skill_id == any_(counting(place)), shown(evidence.c, at, viewer))
        .group_by(evidence.c.employee_id)
        .having(level >= level_of(place))
        .correlate_except(evidence)
    )


# Employments and teams


@dataclass(frozen=True)
class _Stay:
    """Who is somewhere and when: `employee_id`, `valid`, and what of it is shown."""

    select: Select[Any]
    instant: Callable[[At], Any]
    """Of a date, in the type of `valid`."""


def _employed(column: str | None) -> Callable[[Terms, At | None, Any], _Stay]:
    def stay(viewer: Terms, at: At | None, id_: Any) -> _Stay:
        row, allowed = viewer.sees(people.Employment, at=at)
        here = true() if column is None else row.c[column] == id_
        seen = allowed if at is not None else began(row.c, viewer)
        return _Stay(
            select(row.c.employee_id, row.c.valid).where(here, seen).correlate_except(row),
            lambda at: at.day,
        )

    return stay


def _in_department(viewer: Terms, at: At | None, id_: Any) -> _Stay:
    """On the surface `&&` would find what overlaps; but of that PostgreSQL makes a walk of another index."""
    row, allowed = viewer.sees(people.Employment, at=at)
    other, other_allowed = viewer.sees(people.Employment, at=at)
    line, known = viewer.sees(people.DepartmentLine, at=at)
    if at is None:
        allowed, other_allowed = began(row.c, viewer), began(other.c, viewer)
    both = other.c.valid * line.c.valid
    itself = select(row.c.employee_id, row.c.valid).where(row.c.department_id == id_, allowed)
    part = (
        select(other.c.employee_id, both.label("valid"))
        .select_from(other.join(line, line.c.department_id == other.c.department_id))
        .where(line.c.above_id == id_, ~func.isempty(both), known, other_allowed)
    )
    found = union_all(itself.correlate_except(row), part.correlate_except(other, line)).subquery()
    return _Stay(select(found.c.employee_id, found.c.valid), lambda at: at.day)


def _in_team(viewer: Terms, at: At | None, id_: Any) -> _Stay:
    row, allowed = viewer.sees(people.TeamMembership, at=at)
    seen = allowed if at is not None else joined(row.c, viewer)
    found = select(row.c.employee_id, row.c.valid).where(row.c.team_id == id_, seen)
    return _Stay(found.correlate_except(row), lambda at: at.instant)


_STAYS: dict[SubjectKind, Callable[[Terms, At | None, Any], _Stay]] = {
    SubjectKind.EMPLOYMENT: _employed(None),
    SubjectKind.ROLE: _employed("job_role_id"),
    SubjectKind.LOCATION: _employed("location"),
    SubjectKind.DEPARTMENT: _in_department,
    SubjectKind.TEAM: _in_team,
}


def _staying(kind: SubjectKind) -> Holders:
    def holders(viewer: Terms, at: At, id_: Any) -> Select[Any]:
        stay = _STAYS[kind](viewer, at, id_)
        row = stay.select.subquery()
        return select(row.c.employee_id).where(row.c.valid.contains(stay.instant(at)))

    return holders


for _kind in _STAYS:
    holders_of(_kind)(_staying(_kind))


def tenures(place: Place, at: At, viewer: Terms) -> Select[Any]:
    """Since when people have been without a break where a leaf asks for: `employee_id, since`.

    Only of those whose beginnings the viewer may see.
    """
    assert isinstance(place.node, Employed)
    kind = place.node.subject.kind
    stay = _STAYS[kind](viewer, None, _id(place))
    row = stay.select.subquery()
    times = (
        select(row.c.employee_id, func.unnest(func.range_agg(row.c.valid)).label("stretch"))
        .group_by(row.c.employee_id)
        .subquery()
    )
    first: Any = func.lower(times.c.stretch)
    start = first if kind is SubjectKind.TEAM else midnight(first)
    since = func.coalesce(start, literal_column("'-infinity'::timestamptz"))
    return select(times.c.employee_id, since.label("since")).where(times.c.stretch.op("@>")(stay.instant(at)))


def after_(start: Any, place: Place) -> ColumnElement[Any]:
    """When what a leaf asks for has lasted long enough, that began at `start`: by the calendar, in UTC."""
    none: Any = literal_column("0")
    months = place.bind(lambda node: node.at_least.months, Integer())
    days = place.bind(lambda node: node.at_least.days, Integer())
    utc: Any = literal_column("'UTC'")
    civil = cast(func.timezone(utc, start), DateTime())
    later: ColumnElement[Any] = func.timezone(utc, civil + func.make_interval(none, months, none, days))
    return later
