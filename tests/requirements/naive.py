"""The algebra once more, the slow and obvious way: is this met at this instant? And what to try it on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from cairn.requirements.facts import Fact
from cairn.requirements.tree import (
    ANYWHERE,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    NotBefore,
    PathwayDone,
    Points,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
    walk,
)

LAST_DAY = 120
MICROSECOND = timedelta(microseconds=1)


def day(n):
    return datetime(2024, 1, 15, tzinfo=UTC) + timedelta(days=n)


def number(n):
    return UUID(int=n)


def met(requirement, facts, at):
    match requirement:
        case All(of):
            return all(met(branch, facts, at) for branch in of)
        case AnyOf(n, of):
            return sum(met(branch, facts, at) for branch in of) >= n
        case Points(minimum, pairs):
            return sum(weight for weight, branch in pairs if met(branch, facts, at)) >= minimum
        case NotBefore(instant):
            return at >= instant
        case _:
            return leaf_met(requirement, facts.get(requirement.subject, ()), at)


def leaf_met(leaf, facts, at):
    match leaf:
        case SkillAt(_, level, verified):
            facts = [fact for fact in facts if fact.level >= level and (fact.verified or not verified)]
        case Employed(_, at_least) if at_least:
            return lasted(facts, at_least, at)
    return any(covers(fact, at) for fact in facts)


def covers(fact, at):
    return (fact.since is None or fact.since <= at) and (fact.until is None or at < fact.until)


def lasted(facts: Sequence[Fact], duration: Duration, at: datetime) -> bool:
    """Walk back from fact to fact that touches, then forward by the calendar."""
    if not any(covers(fact, at) for fact in facts):
        return False
    start = at
    while True:
        touching = [
            fact
            for fact in facts
            if (fact.until is None or fact.until >= start)
            and (
                fact.since is None or (fact.since < start and (fact.until is None or fact.since < fact.until))
            )
        ]
        if any(fact.since is None for fact in touching):
            return True
        if not touching:
            return later(start, duration) <= at
        start = min(fact.since for fact in touching)


def later(start, duration):
    year, month = start.year, start.month
    for _ in range(duration.months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    for last in (start.day, 30, 29, 28):
        if last <= start.day:
            try:
                return start.replace(year=year, month=month, day=last) + timedelta(days=duration.days)
            except ValueError:
                continue
    raise AssertionError


def turning_points(requirement, facts):
    """Every instant at which anything could change, and the instants just before."""
    edges = {edge for held in facts.values() for fact in held for edge in fact[:2] if edge}
    nodes = [node for _, _, node in walk(requirement)]
    edges |= {node.instant for node in nodes if isinstance(node, NotBefore)}
    for duration in {node.at_least for node in nodes if isinstance(node, Employed) and node.at_least}:
        edges |= {later(edge, duration) for edge in list(edges)}
    return sorted(edges | {edge - MICROSECOND for edge in edges})


def obtained(facts, leaf, at):
    """The facts, and the leaf obtained at an instant and kept."""
    fact = Fact(at, None, level=leaf.level, verified=True) if isinstance(leaf, SkillAt) else Fact(at, None)
    return {**facts, leaf.subject: [*facts.get(leaf.subject, ()), fact]}


days = st.integers(0, LAST_DAY).map(day)
instants = st.one_of(
    days,
    st.datetimes(day(-20).replace(tzinfo=None), day(200).replace(tzinfo=None)).map(
        lambda instant: instant.replace(tzinfo=UTC)
    ),
)
durations = st.one_of(
    st.builds(Duration, st.just(0), st.integers(1, 40)),
    st.builds(Duration, st.integers(1, 3), st.integers(0, 5)),
)
places = st.one_of(
    st.just(ANYWHERE),
    st.builds(
        Subject,
        st.sampled_from([SubjectKind.ROLE, SubjectKind.DEPARTMENT, SubjectKind.TEAM]),
        st.integers(1, 2).map(number),
    ),
    st.just(Subject(SubjectKind.LOCATION, "Łódź")),
)
ids = st.integers(1, 3).map(number)
about_something = st.one_of(
    st.builds(SkillAt, ids, st.integers(1, 5), st.booleans()),
    st.builds(CredentialHeld, ids),
    st.builds(StepDone, ids),
    st.builds(PathwayDone, ids),
    st.builds(Employed, places, st.none() | durations),
)
leaves = about_something | st.builds(NotBefore, days)


def forks(branches, most=4):
    several = st.lists(branches, min_size=1, max_size=most).map(tuple)
    pairs = st.lists(st.tuples(st.integers(1, 6), branches), min_size=1, max_size=most).map(tuple)
    return st.one_of(
        st.builds(All, st.lists(branches, max_size=most).map(tuple)),
        several.flatmap(lambda of: st.builds(AnyOf, st.integers(1, len(of)), st.just(of))),
        pairs.flatmap(
            lambda of: st.builds(Points, st.integers(1, sum(weight for weight, _ in of)), st.just(of))
        ),
    )


requirements = st.recursive(leaves, forks, max_leaves=10)

edges = st.none() | days
intervals = st.one_of(st.tuples(days, days).map(sorted), st.tuples(edges, edges))
some_facts = st.lists(
    st.builds(
        lambda interval, level, verified: Fact(*interval, ("because",), level, verified),
        intervals,
        st.integers(0, 5),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def facts_about(draw, requirement):
    """Facts about most of what the requirement is about."""
    nodes = (node for _, _, node in walk(requirement))
    subjects = sorted({node.subject for node in nodes if hasattr(node, "subject")}, key=str)
    return {subject: draw(some_facts) for subject in subjects if draw(st.integers(0, 4))}


@st.composite
def cases(draw, among=requirements):
    """A requirement, an employee's facts, and an instant."""
    requirement = draw(among)
    return requirement, draw(facts_about(requirement)), draw(instants)
