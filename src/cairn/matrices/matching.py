"""How well everybody meets a requirement, as one statement: who does, who nearly does, and what each lacks.

Progress is that of `requirements/standing.py`, and the tests hold the two against each other. Everybody's
levels in all skills that are asked for come from one pass over the evidence of these skills; every other
leaf is a list of people that is made once (`skills/meets.py`). What the viewer may not see counts as not
there, so of a stranger a match tells no more than the directory and their awards do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Select,
    SmallInteger,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import array

from cairn.access.rules import At, Terms
from cairn.db.tables import occurrence
from cairn.graph.scalars import constant
from cairn.pathways import tables as pathways
from cairn.pathways.figures import minutes_left
from cairn.people import tables as people
from cairn.people.access import began, ends
from cairn.requirements.tree import About, All, AnyOf, Employed, NotBefore, Points, SkillAt, SubjectKind
from cairn.skills import tables
from cairn.skills.access import learning, verified
from cairn.skills.meets import (
    Place,
    after_,
    counting,
    holds,
    level_of,
    met,
    present,
    shown,
    tenures,
    weights,
)

_ALL: ColumnElement[float] = literal_column("1.0", Double())
_NONE: ColumnElement[float] = literal_column("0.0", Double())
_ALMOST: ColumnElement[float] = literal_column("0.9999999999999999", Double())
"""The largest number below 1: what is not met is not 1, however it is rounded."""


def matched(asked: Place, at: At, viewer: Terms) -> CTE:
    """Everybody who is employed at a date and meets some of a requirement, as a common table.

    `employee_id, met, progress`, and of each leaf in order, as arrays, whether it is `met_each` and
    `blocks_each`, its `share_each`, and of skills `level_each` and `sure_each`.
    """
    leaves = list(asked.leaves())
    laid = _laid(leaves, at, viewer).cte().prefix_with("MATERIALIZED")
    known = {place.number: _read(place, laid.c, n, at) for n, place in enumerate(leaves)}

    def is_met(place: Place) -> ColumnElement[bool]:
        return met(place, lambda leaf: known[leaf.number].met)

    def each(name: str, type_: Any) -> ColumnElement[Any]:
        values = [getattr(known[place.number], name) for place in leaves]
        return cast(array(values), ARRAY(type_)).label(f"{name}_each")

    judged = (
        select(
            laid.c.employee_id,
            is_met(asked).label("met"),
            _progress(asked, is_met, lambda leaf: known[leaf.number].share).label("progress"),
            each("met", Boolean()),
            cast(array(_blocks(asked, is_met)), ARRAY(Boolean)).label("blocks_each"),
            each("share", Double()),
            each("level", Integer()),
            each("sure", Boolean()),
        )
        .offset(literal_column("0"))
        .subquery()
    )
    return select(*judged.c).where(judged.c.progress > _NONE).cte().prefix_with("MATERIALIZED")


# Leaves


@dataclass(frozen=True)
class _Known:
    """What is known of one leaf for everybody."""

    met: Any
    share: Any
    level: Any
    sure: Any


def _laid(leaves: Sequence[Place], at: At, viewer: Terms) -> Select[Any]:
    """Everybody who is employed, with what is known of each leaf side by side, as `_read` reads it.

    On the surface left joins would do. But a planner that knows no date expects a hundredth of the people,
    and compares each with everybody's evidence; a full join leaves it nothing but to hash. What full joins
    bring in besides is nobody who is employed, and the condition that drops it does not let it make left
    joins.
    """
    employment, allowed = viewer.sees(people.Employment, at=at)
    person = occurrence(people.Employee)
    employed = (
        select(person.c.id.label("employee_id"))
        .select_from(employment.join(person, person.c.id == employment.c.employee_id))
        .where(employment.c.valid.contains(at.day), allowed, person.c.erased_at.is_(None))
        .subquery()
    )
    key = employed.c.employee_id
    from_: Any = employed
    columns: list[ColumnElement[Any]] = [key.label("employee_id")]
    skilled = [n for n, place in enumerate(leaves) if isinstance(place.node, SkillAt)]
    if skilled:
        held = _levels(leaves, skilled, at, viewer).subquery()
        from_ = from_.join(held, held.c.employee_id == key, full=True)
        columns += [each for each in held.c if each.name != "employee_id"]
    for n, place in enumerate(leaves):
        match place.node:
            case SkillAt():
                continue
            case Employed(_, duration) if duration is not None:
                stretch = tenures(place, at, viewer).subquery()
                from_ = from_.join(stretch, stretch.c.employee_id == key, full=True)
                columns += [
                    present(place, key, at, viewer).label(f"here{n}"),
                    stretch.c.since.label(f"since{n}"),
                ]
            case _:
                columns.append(holds(place, key, at, viewer).label(f"here{n}"))
    nobody: Any = literal_column("'00000000-0000-0000-0000-000000000000'::uuid")
    return select(*columns).select_from(from_).where(func.coalesce(key, nobody) != nobody)


def _read(place: Place, laid: Any, n: int, at: At) -> _Known:
    match place.node:
        case SkillAt():
            return _of_skill(place, laid[f"best{n}"], laid[f"sure{n}"])
        case Employed(_, duration) if duration is not None:
            return _of_tenure(place, laid[f"here{n}"], laid[f"since{n}"], at)
    here = laid[f"here{n}"]
    return _Known(here, case((here, _ALL), else_=_NONE), cast(null(), Integer()), cast(null(), Boolean()))


def _levels(leaves: Sequence[Place], skilled: Sequence[int], at: At, viewer: Terms) -> Select[Any]:
    """The best and the best verified level of everybody in the skills of some leaves, in one pass."""
    evidence = occurrence(tables.Evidence)
    counted = union_all(
        *(
            select(
                literal_column(str(n), Integer()).label("place"),
                func.unnest(counting(leaves[n])).label("skill_id"),
            )
            for n in skilled
        )
    ).subquery()
    columns: list[ColumnElement[Any]] = []
    for n in skilled:
        here = counted.c.place == literal_column(str(n), Integer())
        sure = verified(evidence.c)
        columns += [
            func.max(evidence.c.level).filter(here).label(f"best{n}"),
            func.max(evidence.c.level).filter(here, sure).label(f"sure{n}"),
        ]
    return (
        select(evidence.c.employee_id, *columns)
        .select_from(evidence.join(counted, counted.c.skill_id == evidence.c.skill_id))
        .where(shown(evidence.c, at, viewer))
        .group_by(evidence.c.employee_id)
    )


def _of_skill(place: Place, best: Any, sure: Any) -> _Known:
    """What is claimed counts only while nothing is verified, and half where it has to be."""
    assert isinstance(place.node, SkillAt)
    asks, is_sure = level_of(place), sure.is_not(None)
    level = func.coalesce(sure, best)
    enough: Any = func.coalesce(level >= asks, literal_column("false"))
    share: Any = func.least(_ALL, func.coalesce(cast(level, Double) / cast(asks, Double), _NONE))
    if place.node.verified:
        enough = and_(enough, is_sure)
        share = case((is_sure, share), else_=share / literal_column("2.0", Double()))
    return _Known(enough, share, level, is_sure)


def _of_tenure(place: Place, here: Any, since: Any, at: At) -> _Known:
    """The share that has passed of the time somebody has to have been there."""
    until = after_(since, place)
    is_met = func.coalesce(and_(here, until <= at.instant), literal_column("false"))

    def seconds(length: Any) -> Any:
        return cast(func.extract("epoch", length), Double)

    passed = seconds(at.instant - since) / func.nullif(seconds(until - since), _NONE)
    share = case((is_met, _ALL), else_=func.least(_ALMOST, func.coalesce(passed, _NONE)))
    return _Known(is_met, share, cast(null(), Integer()), cast(null(), Boolean()))


# Forks


def _progress(
    place: Place,
    is_met: Callable[[Place], ColumnElement[bool]],
    share: Callable[[Place], ColumnElement[float]],
) -> ColumnElement[float]:
    """1 where a node is met; else the mean of the best branches, as many or as heavy as it needs."""
    if not isinstance(place.node, All | AnyOf | Points):
        return share(place)
    parts = [_progress(each, is_met, share) for each in place.of]
    if not parts:
        return _ALL
    found: Any
    match place.node:
        case All():
            found = sum(parts, _NONE) / literal_column(f"{len(parts)}.0", Double())
        case AnyOf():
            n = place.bind(lambda node: node.n, Integer())
            part = func.unnest(array(parts)).column_valued("part")
            best = select(part.label("part")).order_by(part.desc()).limit(n).subquery()
            found = select(func.sum(best.c.part) / cast(n, Double)).select_from(best).scalar_subquery()
        case Points():
            found = _best_points(place, parts)
    shown_: ColumnElement[float] = case((is_met(place), _ALL), else_=func.least(_ALMOST, found))
    return shown_


def _best_points(place: Place, parts: Sequence[Any]) -> ColumnElement[float]:
    """What the minimum of points is worth at most, taking any part of a branch."""
    minimum = place.bind(lambda node: node.minimum, Integer())
    each = (
        func.unnest(cast(array(parts), ARRAY(Double)), cast(array(weights(place)), ARRAY(Integer)))
        .table_valued(sql_column("part", Double()), sql_column("weight", Integer()))
        .render_derived()
    )
    upto = func.sum(each.c.weight).over(order_by=(each.c.part.desc(), each.c.weight.desc()), rows=(None, 0))
    laid = select(each.c.part, each.c.weight, (upto - each.c.weight).label("before")).subquery()
    nothing: Any = literal_column("0")
    taken = func.greatest(nothing, func.least(laid.c.weight, minimum - laid.c.before))
    worth: ColumnElement[float] = (
        select(func.sum(laid.c.part * taken) / cast(minimum, Double)).select_from(laid).scalar_subquery()
    )
    return worth


def _blocks(place: Place, is_met: Callable[[Place], ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    """Of each leaf below whether it stands in the way: neither it nor anything it is part of is met."""
    own = not_(is_met(place))
    if not isinstance(place.node, All | AnyOf | Points):
        return [own]
    return [and_(own, below) for each in place.of for below in _blocks(each, is_met)]


# What is shown of a match

_IDS = (
    SubjectKind.SKILL,
    SubjectKind.CREDENTIAL,
    SubjectKind.STEP,
    SubjectKind.PATHWAY,
    SubjectKind.ROLE,
    SubjectKind.DEPARTMENT,
    SubjectKind.TEAM,
)


def parts(row: Any, asked: Place, *, lacking: bool | None = None) -> Select[Any]:
    """What a requirement asks for, beside what somebody has; only what is lacking, or what is met.

    `position, employee_id, kind, path, met, progress, required, level, is_verified, location`, and the id of
    each kind of subject.
    """
    leaves = list(asked.leaves())
    if not leaves:
        nothing = [cast(null(), Uuid()).label(f"{kind.value}_id") for kind in _IDS]
        return select(
            literal_column("0").label("position"), row.employee_id.label("employee_id"), *_NO_PART, *nothing
        ).where(literal_column("false"))
    constants: dict[str, tuple[list[Any], Any]] = {
        "kind": ([constant(place.node.kind.name) for place in leaves], Text()),
        "path": ([constant(".".join(place.path)) for place in leaves], Text()),
        "required": ([_need(place) for place in leaves], SmallInteger()),
        "location": ([_subject(place, SubjectKind.LOCATION, Text()) for place in leaves], Text()),
        **{
            f"{kind.value}_id": ([_subject(place, kind, Uuid()) for place in leaves], Uuid()) for kind in _IDS
        },
    }
    arrays: dict[str, tuple[Any, Any]] = {
        "met": (row.met_each, Boolean()),
        "blocks": (row.blocks_each, Boolean()),
        "progress": (row.share_each, Double()),
        "level": (row.level_each, Integer()),
        "is_verified": (row.sure_each, Boolean()),
        **{name: (cast(array(values), ARRAY(type_)), type_) for name, (values, type_) in constants.items()},
    }
    each = (
        func.unnest(*(values for values, _ in arrays.values()))
        .table_valued(
            *(sql_column(name, type_) for name, (_, type_) in arrays.items()), with_ordinality="position"
        )
        .render_derived()
    )
    split = func.coalesce(
        func.string_to_array(func.nullif(each.c.path, literal_column("''")), literal_column("'.'")),
        literal_column("'{}'::text[]"),
    )
    columns = [split.label("path") if one.name == "path" else one for one in each.c]
    found = select(row.employee_id.label("employee_id"), *columns)
    if lacking is None:
        return found
    return found.where(each.c.blocks if lacking else each.c.met)


_NO_PART = [
    cast(null(), type_).label(name)
    for name, type_ in (
        ("kind", Text()),
        ("path", ARRAY(Text)),
        ("met", Boolean()),
        ("progress", Double()),
        ("required", SmallInteger()),
        ("level", Integer()),
        ("is_verified", Boolean()),
        ("location", Text()),
    )
]


def _need(place: Place) -> ColumnElement[Any]:
    return level_of(place) if isinstance(place.node, SkillAt) else cast(null(), SmallInteger())


def _subject(place: Place, kind: SubjectKind, type_: Any) -> ColumnElement[Any]:
    node = place.node
    if isinstance(node, NotBefore) or not isinstance(node, About) or node.subject.kind is not kind:
        return cast(null(), type_)
    found: ColumnElement[Any] = place.bind(lambda node: node.subject.id, type_)
    return found


def availability(row: Any, at: At, viewer: Terms) -> Select[Any]:
    """What somebody has to do and when they are away: `open, minutes, away_from, away_until`.

    Null where the viewer may not see it. Of leave: the one that is on, or else the next.
    """
    assignment, seen = viewer.sees(pathways.Assignment)
    is_open = and_(
        assignment.c.employee_id == row.employee_id,
        assignment.c.assigned_at <= at.instant,
        or_(assignment.c.closed_at.is_(None), assignment.c.closed_at > at.instant),
        seen,
    )
    nothing: Any = literal_column("0")
    left = func.coalesce(func.sum(minutes_left(assignment.c, at, viewer)), nothing)
    load = select(func.count().label("open"), left.label("minutes")).select_from(assignment).where(is_open)
    load_ = load.correlate_except(assignment).lateral()
    away, known = viewer.sees(people.Employment)
    leave = (
        select(
            case((began(away.c, viewer), func.lower(away.c.valid))).label("since"),
            case((ends(away.c, viewer), func.upper(away.c.valid))).label("until"),
        )
        .where(
            away.c.employee_id == row.employee_id,
            away.c.work == constant(people.Work.ON_LEAVE.value),
            or_(func.upper(away.c.valid) > at.day, func.upper_inf(away.c.valid)),
            known,
        )
        .order_by(func.lower(away.c.valid))
        .limit(literal_column("1"))
        .correlate_except(away)
        .lateral()
    )
    told = learning(viewer.asking(at), row.employee_id)
    return select(
        case((told, load_.c.open)).label("open_assignments"),
        case((told, load_.c.minutes)).label("minutes_left"),
        leave.c.since.label("away_from"),
        leave.c.until.label("away_until"),
    ).select_from(load_.outerjoin(leave, true()))
