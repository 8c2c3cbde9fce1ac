"""What something takes, of what else one person could do: a sum of weights over ids, or of such sums.

`all`, `any n of` and `points` of the algebra are one thing here, and what a skill takes is any of what
teaches it. Whatever is met already, or out of reach, is folded away as a sum is written down, so that what is
left is short: most pathways take nothing.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID


@dataclass(frozen=True)
class Sum:
    """Met once the weights of those of its branches that are met come to the minimum."""

    minimum: int
    of: tuple[tuple[int, "Need"], ...] = ()
    """Pairs of weight and branch; no branch comes twice."""

    @cached_property
    def is_all(self) -> bool:
        """Whether it takes every branch."""
        return self.minimum == sum(weight for weight, _ in self.of)


Need = UUID | Sum
"""Something else that is to be done, or a sum."""

MET = Sum(0)
"""Takes nothing."""
OUT = Sum(1)
"""Takes what cannot be."""


def weighed(minimum: int, pairs: Iterable[tuple[int, Need]]) -> Need:
    """A sum of that minimum, as short as it can be said."""
    weights = Counter[Need]()
    for weight, need in pairs:
        if need == MET:
            minimum -= weight
        elif need != OUT:
            weights[need] += weight
    if minimum <= 0:
        return MET
    each = {need: min(weight, minimum) for need, weight in weights.items() if weight > 0}
    whole = sum(each.values())
    if whole < minimum:
        return OUT
    if whole == minimum:
        return all_of(each)
    if all(weight == minimum for weight in each.values()):
        return Sum(1, tuple((1, need) for need in each))
    return Sum(minimum, tuple((weight, need) for need, weight in each.items()))


def all_of(needs: Iterable[Need]) -> Need:
    """All of these, as short as it can be said."""
    each: dict[Need, None] = {}
    for need in needs:
        if need == OUT:
            return OUT
        below = [branch for _, branch in need.of] if isinstance(need, Sum) and need.is_all else [need]
        each.update(dict.fromkeys(below))
    return next(iter(each)) if len(each) == 1 else Sum(len(each), tuple((1, need) for need in each))


def met(need: Need, there: Collection[UUID]) -> bool:
    """Whether it is met once these are done."""
    if isinstance(need, Sum):
        return sum(weight for weight, branch in need.of if met(branch, there)) >= need.minimum
    return need in there


def named(need: Need) -> Iterator[UUID]:
    """All that it could take."""
    if isinstance(need, Sum):
        for _, branch in need.of:
            yield from named(branch)
    else:
        yield need


def put(need: Need, instead: Callable[[UUID], Need]) -> Need:
    """The same with something else in the place of each id."""
    if isinstance(need, Sum):
        return weighed(need.minimum, ((weight, put(branch, instead)) for weight, branch in need.of))
    return instead(need)


def only(need: Need, there: Collection[UUID]) -> Need:
    """The same where nothing else can be done than what is there."""
    return put(need, lambda id_: id_ if id_ in there else OUT)


def used(need: Need, there: Collection[UUID]) -> frozenset[UUID]:
    """A few of what is there that meet it; nothing where it is not met."""
    return fewest(need, lambda id_: (1, frozenset({id_})) if id_ in there else None) or frozenset()


def fewest(need: Need, cost: Callable[[UUID], tuple[int, frozenset[UUID]] | None]) -> frozenset[UUID] | None:
    """What could be done to meet it for little: of each sum, what costs the least for its weight.

    Args:
        need: What is to be met.
        cost: What doing something costs, and all that is done with it; None where it cannot be done.
    """
    found = _fewest(need, cost)
    return None if found is None else found[1]


def _fewest(
    need: Need, cost: Callable[[UUID], tuple[int, frozenset[UUID]] | None]
) -> tuple[int, frozenset[UUID]] | None:
    if not isinstance(need, Sum):
        return cost(need)
    each = [(weight, found) for weight, branch in need.of if (found := _fewest(branch, cost)) is not None]
    each.sort(key=lambda one: (one[1][0] / one[0], len(one[1][1]) / one[0]))
    reached, total, done = 0, 0, frozenset[UUID]()
    for weight, (minutes, with_) in each:
        if reached >= need.minimum:
            break
        reached, total, done = reached + weight, total + minutes, done | with_
    return (total, done) if reached >= need.minimum else None


def rings(graph: Mapping[UUID, Collection[UUID]]) -> list[set[UUID]]:
    """What leads back to itself, with all that it leads back by: strongly connected components (Tarjan)."""
    found: list[set[UUID]] = []
    number: dict[UUID, int] = {}
    lowest: dict[UUID, int] = {}
    open_: dict[UUID, None] = {}
    for start in graph:
        way = [] if start in number else [(start, iter(graph[start]))]
        for node, _ in way:
            number[node] = lowest[node] = len(number)
            open_[node] = None
        while way:
            node, ahead = way[-1]
            below = next(ahead, None)
            if below is None:
                way.pop()
                if way:
                    lowest[way[-1][0]] = min(lowest[way[-1][0]], lowest[node])
                if lowest[node] == number[node]:
                    ring = {node}
                    while (last := open_.popitem()[0]) != node:
                        ring.add(last)
                    if len(ring) > 1 or node in graph[node]:
                        found.append(ring)
            elif below not in graph:
                continue
            elif below not in number:
                number[below] = lowest[below] = len(number)
                open_[below] = None
                way.append((below, iter(graph[below])))
            elif below in open_:
                lowest[node] = min(lowest[node], number[below])
    return found
