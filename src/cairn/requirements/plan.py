"""What would meet a requirement soonest: time alone, or else the cheapest set of leaves to obtain.

Suppose some leaves were obtained at an instant and kept from then on. The requirement may then be met
at once, or later: when a date has come, a tenure has run its course, a scheduled fact has begun. The
cheapest set is the one with the fewest leaves, of those the one that lacks the least progress, of those
the one that is met earliest; what is left to choose falls to the order in which the leaves are written.

For each instant at which a leaf comes to hold, the cheapest set is found from the bottom up: the sum
for `all`, the cheapest n for `any n`, a knapsack for `points`. That is exact, and never exponential,
because each leaf is counted where it stands. A leaf that stands in several branches is obtained once
in the answer but counted each time, so there a cheaper set may exist.
"""

from dataclasses import dataclass
from datetime import datetime
from math import gcd

from cairn.requirements.standing import LeafStanding, Standing, leaves
from cairn.requirements.tree import All, AnyOf, Points

MAX_CHANGES = 32
"""How many coming instants are weighed at most: the first ones, and always the last."""

# A cost is one number: a whole leaf outweighs any sum of lacking progress.
_LEAF = 10**12
_LACK = 10**6
_IMPOSSIBLE = 10**18

_Choice = tuple[int, tuple[LeafStanding, ...]]
_CANNOT: _Choice = (_IMPOSSIBLE, ())


@dataclass(frozen=True, slots=True)
class Plan:
    """With these leaves obtained now and kept, the requirement is met from that instant."""

    obtain: tuple[LeafStanding, ...]
    """In the order of the requirement; none if time alone brings it. One that is met already must be
    kept or renewed, because it would lapse too early."""
    met_from: datetime


def cheapest(standing: Standing, at: datetime) -> Plan | None:
    """The cheapest plan at an instant; None if nothing could ever meet the requirement."""
    if standing.met:
        return Plan((), at)
    if by_time_alone := standing.times.starts_after(at):
        return Plan((), by_time_alone[0])
    all_leaves = list(leaves(standing))
    plans = [(_choose(standing, instant), instant) for instant in _coming(all_leaves, at)]
    (cost, chosen), met_from = min(plans, key=lambda plan: plan[0][0])
    if cost >= _IMPOSSIBLE:
        return None
    picked = {id(leaf) for leaf in chosen}
    obtain = {leaf.requirement: leaf for leaf in reversed(all_leaves) if id(leaf) in picked}
    return Plan(tuple(reversed(obtain.values())), met_from)


def _coming(all_leaves: list[LeafStanding], at: datetime) -> list[datetime]:
    """Now, and the later instants at which a leaf begins to hold or would, ascending."""
    instants = {at}
    for leaf in all_leaves:
        instants.update(leaf.times.starts_after(at))
        if leaf.if_obtained is not None:
            instants.add(leaf.if_obtained)
    coming = sorted(instants)
    return coming if len(coming) <= MAX_CHANGES else [*coming[: MAX_CHANGES - 1], coming[-1]]


def _choose(standing: Standing, instant: datetime) -> _Choice:
    """The cheapest leaves to obtain for a node to be met at an instant."""
    if instant in standing.times:
        return 0, ()
    if isinstance(standing, LeafStanding):
        if standing.if_obtained is None or standing.if_obtained > instant:
            return _CANNOT
        return _LEAF + max(1, round((1 - standing.progress) * _LACK)), (standing,)
    choices = [_choose(branch, instant) for branch in standing.of]
    match standing.requirement:
        case All():
            return _together(choices)
        case AnyOf(n):
            choices.sort(key=lambda choice: choice[0])
            return _together(choices[:n]) if n <= len(choices) else _CANNOT
        case Points(minimum, pairs):
            return _knapsack(minimum, [weight for weight, _ in pairs], choices)


def _together(choices: list[_Choice]) -> _Choice:
    cost = sum(cost for cost, _ in choices)
    return (cost, tuple(leaf for _, chosen in choices for leaf in chosen)) if cost < _IMPOSSIBLE else _CANNOT


def _knapsack(minimum: int, weights: list[int], choices: list[_Choice]) -> _Choice:
    """The cheapest choices whose weights reach the minimum; those that cost nothing are all taken."""
    pairs = list(zip(weights, choices, strict=True))
    needed = minimum - sum(weight for weight, (cost, _) in pairs if cost == 0)
    pairs = [(weight, choice) for weight, choice in pairs if weight > 0 and 0 < choice[0] < _IMPOSSIBLE]
    if sum(weight for weight, _ in pairs) < needed:
        return _CANNOT
    unit = gcd(*(weight for weight, _ in pairs))
    needed = -(-needed // unit)

    # rows[i][p]: the least cost of at least p units from the first i pairs
    rows = [[0, *[_IMPOSSIBLE] * needed]]
    for weight, (cost, _) in pairs:
        taken = min(weight // unit, needed)
        before = rows[-1]
        after = [cost] * taken + [least + cost for least in before[: len(before) - taken]]
        rows.append([min(old, new) for old, new in zip(before, after, strict=True)])

    chosen: list[_Choice] = []
    for i in range(len(pairs), 0, -1):
        if rows[i][needed] < rows[i - 1][needed]:
            weight, choice = pairs[i - 1]
            chosen.append(choice)
            needed = max(0, needed - weight // unit)
    return _together(chosen[::-1])
