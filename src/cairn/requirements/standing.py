"""How a requirement stands at an instant: each node with its times, its progress and what is behind it.

*Progress* runs from 0 to 1, is 1 exactly when the node is met, and never falls when somebody gains
something:

- a skill: the share of the required level that is held. Where the level must be verified, an
  unverified one counts half;
- employed for at least d: the share of d that has passed in the present stretch;
- any other leaf: 0 or 1;
- `all`: the mean of its branches; `any n`: the mean of its best n; `points`: the mean of its best
  points, which for branches that are all met or not at all is the share of the points reached.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nextafter

from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import combined, suffices, when_leaf_met
from cairn.requirements.facts import Fact, Facts, when_held
from cairn.requirements.times import Interval, Times
from cairn.requirements.tree import (
    All,
    AnyOf,
    Employed,
    Fork,
    Leaf,
    NotBefore,
    Path,
    Points,
    Requirement,
    SkillAt,
    branches,
)

_ALMOST = nextafter(1.0, 0.0)


@dataclass(frozen=True, slots=True)
class LeafStanding:
    """What a leaf asks for, and what of it is held at the instant."""

    requirement: Leaf
    path: Path
    times: Times
    """When it is met."""
    met: bool
    progress: float
    facts: tuple[Fact, ...] = ()
    """Those behind it that hold now: that meet it or, if none does, that come closest."""
    level: int = 0
    """Of a skill: the highest level held."""
    verified_level: int = 0
    """Of a skill: the highest verified level held."""
    held_since: datetime | None = None
    """Of employment: when the present stretch began; None without one, or without a beginning."""
    if_obtained: datetime | None = None
    """Were it obtained now and kept: the instant from which it is met. None if only time brings it."""


@dataclass(frozen=True, slots=True)
class ForkStanding:
    """How the branches stand, and what that makes of the fork."""

    requirement: Fork
    path: Path
    times: Times
    """When it is met."""
    met: bool
    progress: float
    of: "tuple[Standing, ...]"

    @property
    def have(self) -> int:
        """How many branches are met; of `points`, how many points they are worth."""
        if isinstance(self.requirement, Points):
            weights = (weight for weight, _ in self.requirement.of)
            return sum(w for w, branch in zip(weights, self.of, strict=True) if branch.met)
        return sum(branch.met for branch in self.of)

    @property
    def need(self) -> int:
        """How many are needed."""
        match self.requirement:
            case All(of):
                return len(of)
            case AnyOf(n):
                return n
            case Points(minimum):
                return minimum


Standing = LeafStanding | ForkStanding


def stand(requirement: Requirement, facts: Facts, at: datetime, path: Path = ()) -> Standing:
    """How the requirement stands for an employee with these facts at an instant."""
    if not isinstance(requirement, Fork):
        return _leaf(requirement, facts, at, path)
    of = tuple(stand(branch, facts, at, (*path, *step)) for step, branch in branches(requirement))
    times = combined(requirement, [branch.times for branch in of])
    met = at in times
    progress = 1.0 if met else min(_share(requirement, [branch.progress for branch in of]), _ALMOST)
    return ForkStanding(requirement, path, times, met, progress, of)


def leaves(standing: Standing) -> Iterator[LeafStanding]:
    """The leaves below, in order."""
    if isinstance(standing, LeafStanding):
        yield standing
    else:
        for branch in standing.of:
            yield from leaves(branch)


def _leaf(leaf: Leaf, facts: Facts, at: datetime, path: Path) -> LeafStanding:
    times = when_leaf_met(leaf)(facts)
    met = at in times
    if isinstance(leaf, NotBefore):
        return LeafStanding(leaf, path, times, met, float(met))
    found = facts.get(leaf.subject, ())
    holding = tuple(fact for fact in found if fact.holds_at(at))
    match leaf:
        case SkillAt():
            worth = [_credit(fact, leaf) for fact in holding]
            best = max(worth, default=0.0)
            return LeafStanding(
                leaf,
                path,
                times,
                met,
                best,
                facts=tuple(fact for fact, credit in zip(holding, worth, strict=True) if credit == best),
                level=max((fact.level for fact in holding), default=0),
                verified_level=max((fact.level for fact in holding if fact.verified), default=0),
                if_obtained=at,
            )
        case Employed(_, duration):
            held = when_held(found)
            now = held.interval_at(at)
            kept = (held | Times.since(at)).interval_at(at)
            return LeafStanding(
                leaf,
                path,
                times,
                met,
                1.0 if met else _elapsed(now and now.since, duration, at),
                facts=tuple(fact for fact in found if now and _within(fact, now, at)),
                held_since=now and now.since,
                if_obtained=_lasted(kept and kept.since, duration, at),
            )
        case _:
            return LeafStanding(leaf, path, times, met, float(met), holding, if_obtained=at)


def _credit(fact: Fact, leaf: SkillAt) -> float:
    """How much of what the leaf asks for a piece of the level is: 1 exactly if it suffices."""
    if suffices(fact, leaf):
        return 1.0
    share = min(1.0, fact.level / max(leaf.level, 1))
    return share if fact.verified or not leaf.verified else share / 2


def _elapsed(since: datetime | None, duration: Duration | None, at: datetime) -> float:
    """The share of the duration that has passed, for a stretch that has not lasted long enough."""
    until = since and duration and duration.after(since)
    return (at - since) / (until - since) if since and until else 0.0


def _lasted(since: datetime | None, duration: Duration | None, at: datetime) -> datetime | None:
    """The first instant, not before `at`, at which a stretch that never ends has lasted long enough."""
    if since is None or duration is None:
        return at
    until = duration.after(since)
    return until and max(at, until)


def _within(fact: Fact, stretch: Interval, at: datetime) -> bool:
    """Whether the fact makes part of the stretch up to now."""
    return (fact.since is None or fact.since <= at) and bool(
        Times.between(*fact[:2]) & Times.between(*stretch)
    )


def _share(fork: Fork, parts: Sequence[float]) -> float:
    """The mean progress of the best branches, as many or as heavy as the fork needs."""
    match fork:
        case All():
            return sum(parts) / len(parts)
        case AnyOf(n):
            return sum(sorted(parts, reverse=True)[:n]) / n
        case Points(minimum, pairs):
            return _best_points(minimum, [weight for weight, _ in pairs], parts) / max(minimum, 1)


def _best_points(minimum: int, weights: Sequence[int], parts: Sequence[float]) -> float:
    """What `minimum` points are worth at most, taking any part of a branch."""
    worth, left = 0.0, minimum
    for part, weight in sorted(zip(parts, weights, strict=True), reverse=True):
        taken = min(max(weight, 0), left)
        worth += taken * part
        left -= taken
    return worth
