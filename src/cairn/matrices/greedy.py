"""Plans to begin a search with: what brings the most for its time, and what can be left out of one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from heapq import heapify, heappop, heappush
from uuid import UUID

from cairn.matrices.planning import ENOUGH, Cell, Instance, Option
from cairn.matrices.ways import Way


def begin(instance: Instance) -> list[Option]:
    """A plan to begin with: in turn the pathway that brings the most for its minutes, while there is time.

    A gain is counted anew when its turn comes, since what was taken before may have brought the same.
    """
    by_key = {(each.person, each.id): each for each in instance.options}
    levels = instance.levels(())
    unmet: dict[UUID, int] = {}
    uncovered: dict[UUID, int] = {}
    for skill in instance.skills:
        met, covering = instance.counts(levels, skill)
        unmet[skill] = instance.wanted(skill) - met
        uncovered[skill] = instance.least.get(skill, 0) - covering
    there = {cell for cell, (level, _) in levels.items() if level >= instance.needed(*cell)}
    taken: dict[tuple[UUID, UUID], Option] = {}
    spent: dict[UUID, int] = defaultdict(int)

    def whole(option: Option) -> list[Option]:
        """It, and what is part of it, without what is taken."""
        found: dict[tuple[UUID, UUID], Option] = {}
        waiting = [(option.person, option.id)]
        while waiting:
            key = waiting.pop()
            if key not in taken and key not in found:
                found[key] = by_key[key]
                way = min(by_key[key].ways, key=lambda way: missing(option.person, way))
                waiting += [(option.person, other) for other in way]
        return list(found.values())

    def missing(person: UUID, way: Way) -> tuple[int, int]:
        left = [by_key[person, other] for other in way if (person, other) not in taken]
        return sum(each.minutes for each in left), len(left)

    def gain(option: Option) -> tuple[float, list[Option], set[Cell]]:
        parts = whole(option)
        cells = {
            (option.person, grant.skill)
            for part in parts
            for grant in part.grants
            if grant.skill in unmet
            and (option.person, grant.skill) not in there
            and grant.level >= instance.needed(option.person, grant.skill)
            and (grant.is_sure or not instance.held.get((option.person, grant.skill), (0, False))[1])
        }
        brought = sum(
            (cell in instance.required and unmet[cell[1]] > 0) + (uncovered[cell[1]] > 0) for cell in cells
        )
        return brought / (1 + sum(part.minutes for part in parts)), parts, cells

    heap = [(-gain(option)[0], n) for n, option in enumerate(instance.options)]
    heapify(heap)
    while heap:
        before, n = heappop(heap)
        option = instance.options[n]
        worth, parts, cells = gain(option)
        minutes = sum(part.minutes for part in parts)
        if (
            not worth
            or (instance.budget is not None and sum(spent.values()) + minutes > instance.budget)
            or (instance.budget_each is not None and spent[option.person] + minutes > instance.budget_each)
        ):
            continue
        if -worth > before + ENOUGH * -before and heap and -worth > heap[0][0]:
            heappush(heap, (-worth, n))
            continue
        taken |= {(part.person, part.id): part for part in parts}
        spent[option.person] += minutes
        there |= cells
        for cell in cells:
            unmet[cell[1]] -= cell in instance.required
            uncovered[cell[1]] -= 1
    return instance.following(taken.values())


def lean(instance: Instance, chosen: Collection[Option]) -> list[Option]:
    """A plan without what it does not need: with the longest first, what can be left out is.

    The targets are missed by no more people than before.
    """
    met, covering = Counter[UUID](), Counter[UUID]()
    of: dict[UUID, list[Option]] = defaultdict(list)
    awards: dict[UUID, list[Option]] = defaultdict(list)
    for option in chosen:
        of[option.person].append(option)
    for option in instance.options:
        if option.follows:
            awards[option.person].append(option)
    levels = instance.levels(chosen)
    for skill in instance.skills:
        met[skill], covering[skill] = instance.counts(levels, skill)

    def able(person: UUID, taken: Iterable[Option]) -> set[UUID]:
        cells = instance.levels(taken, of=person)
        return {skill for (_, skill), (level, _) in cells.items() if level >= instance.needed(person, skill)}

    for person, options in of.items():
        taken, there = options, able(person, options)
        for option in sorted(options, key=lambda each: -each.minutes):
            if option.follows:
                continue
            left = _stands([each for each in taken if each is not option], awards[person])
            if left is None:
                continue
            lost = there - (now := able(person, left))
            if any(
                (met[skill] <= instance.wanted(skill) and (person, skill) in instance.required)
                or covering[skill] <= instance.least.get(skill, 0)
                for skill in lost
            ):
                continue
            for skill in there ^ now:
                change = 1 if skill in now else -1
                covering[skill] += change
                met[skill] += change * ((person, skill) in instance.required)
            taken, there = left, now
        of[person] = taken
    kept = {(option.person, option.id) for each in of.values() for option in each}
    return [option for option in instance.options if (option.person, option.id) in kept]


def _stands(taken: Collection[Option], awards: Collection[Option]) -> list[Option] | None:
    """What one person takes with the awards that follow; None where something lacks what it takes."""
    found = [option for option in taken if not option.follows]
    ids = {option.id for option in found}
    while coming := [each for each in awards if each.id not in ids and any(way <= ids for way in each.ways)]:
        found += coming
        ids |= {each.id for each in coming}
    return found if all(any(way <= ids for way in option.ways) for option in found) else None
