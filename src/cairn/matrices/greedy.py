"""Plans to begin a search with: what brings the most for its time, and what can be left out of one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from uuid import UUID

from cairn.matrices.needs import MET, fewest
from cairn.matrices.planning import ENOUGH, Cell, Instance, Option, ranks


def begin(instance: Instance) -> list[Option]:
    """A plan to begin with: in turn what brings the most for its minutes, while there is time.

    What is taken may verify a lower level than somebody claimed, so what lacks then is looked for again.
    """
    wholes, taken = _wholes(instance.options), dict[tuple[UUID, UUID], Option]()
    while _adds(instance, wholes, taken):
        pass
    return instance.following(taken.values())


def _adds(
    instance: Instance,
    wholes: Mapping[tuple[UUID, UUID], Sequence[Option]],
    taken: dict[tuple[UUID, UUID], Option],
) -> bool:
    """Takes more for what lacks, and whether there was any.

    A gain is counted anew when its turn comes, since what was taken before may have brought the same.
    """
    levels = instance.levels(instance.following(taken.values()))
    unmet: dict[UUID, int] = {}
    uncovered: dict[UUID, int] = {}
    for skill in instance.skills:
        met, covering = instance.counts(levels, skill)
        unmet[skill] = instance.wanted(skill) - met
        uncovered[skill] = instance.least.get(skill, 0) - covering
    lacking = {skill for skill in instance.skills if unmet[skill] > 0 or uncovered[skill] > 0}
    there = {cell for cell, (level, _) in levels.items() if level >= instance.needed(*cell)}
    spent: dict[UUID, int] = defaultdict(int)
    for option in taken.values():
        spent[option.person] += option.minutes
    before = len(taken)

    def gain(option: Option) -> tuple[float, list[Option], set[Cell]]:
        parts = [each for each in wholes[option.person, option.id] if (each.person, each.id) not in taken]
        cells = {
            (option.person, grant.skill)
            for part in parts
            for grant in part.grants
            if grant.skill in unmet
            and (option.person, grant.skill) not in there
            and grant.level >= instance.needed(option.person, grant.skill)
            and (grant.is_sure or not levels.get((option.person, grant.skill), (0, False))[1])
        }
        brought = sum(
            (cell in instance.required and unmet[cell[1]] > 0) + (uncovered[cell[1]] > 0) for cell in cells
        )
        return brought / (1 + sum(part.minutes for part in parts)), parts, cells

    heap = [
        (-gain(option)[0], n)
        for n, option in enumerate(instance.options)
        if any(grant.skill in lacking for grant in option.grants)
    ]
    heapify(heap)
    while heap:
        was, n = heappop(heap)
        option = instance.options[n]
        worth, parts, cells = gain(option)
        minutes = sum(part.minutes for part in parts)
        if (
            not worth
            or (instance.budget is not None and sum(spent.values()) + minutes > instance.budget)
            or (instance.budget_each is not None and spent[option.person] + minutes > instance.budget_each)
        ):
            continue
        if -worth > was + ENOUGH * -was and heap and -worth > heap[0][0]:
            heappush(heap, (-worth, n))
            continue
        taken.update({(part.person, part.id): part for part in parts})
        spent[option.person] += minutes
        there |= cells
        for cell in cells:
            unmet[cell[1]] -= cell in instance.required
            uncovered[cell[1]] -= 1
    return len(taken) > before


def _wholes(options: Iterable[Option]) -> dict[tuple[UUID, UUID], list[Option]]:
    """Of each option, it and what could be taken with it for little; nothing where it cannot be done."""
    found: dict[tuple[UUID, UUID], list[Option]] = {}
    of: dict[UUID, list[Option]] = defaultdict(list)
    for option in options:
        of[option.person].append(option)
    for person, theirs in of.items():
        by_id = {each.id: each for each in theirs}
        is_plain = all(each.takes == MET and each.within is None for each in theirs)
        before = {} if is_plain else _before(by_id)
        for each in theirs:
            ids = (each.id,) if is_plain else _with_pathways(each.id, by_id, before)
            found[person, each.id] = [by_id[id_] for id_ in ids]
    return found


def _before(by_id: Mapping[UUID, Option]) -> dict[UUID, tuple[int, frozenset[UUID]]]:
    """What one person can do, each with what it takes before: the minutes of all of it, and all of it."""
    found: dict[UUID, tuple[int, frozenset[UUID]]] = {}
    is_changed = True
    while is_changed:
        is_changed = False
        for each in by_id.values():
            done = fewest(each.takes, found.get)
            if done is None:
                continue
            ids = done | {each.id}
            minutes = sum(by_id[id_].minutes for id_ in ids)
            known = found.get(each.id)
            if known is None or (minutes, len(ids)) < (known[0], len(known[1])):
                found[each.id], is_changed = (minutes, ids), True
    return found


def _with_pathways(
    id_: UUID, by_id: Mapping[UUID, Option], before: Mapping[UUID, tuple[int, frozenset[UUID]]]
) -> list[UUID]:
    """Something with what it takes, and the pathways of all steps in it with what these take."""
    found, waiting = set[UUID](), [id_]
    while waiting:
        each = waiting.pop()
        if each not in before:
            return []
        coming = before[each][1] - found
        found |= coming
        within = (by_id[one].within for one in coming)
        waiting += [pathway for pathway in within if pathway is not None and pathway not in found]
    return sorted(found)


def lean(instance: Instance, chosen: Collection[Option]) -> list[Option]:
    """A plan without what it does not need: with the longest first, what can be left out is.

    A pathway is left out with its steps. The targets are missed by no more people than before.
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
        minutes = Counter[UUID]()
        for option in options:
            for id_ in {option.id, option.within or option.id}:
                minutes[id_] += option.minutes
        for option in sorted(options, key=lambda each: -minutes[each.id]):
            if option.follows or option not in taken:
                continue
            left = _stands(
                [each for each in taken if option.id not in (each.id, each.within)], awards[person]
            )
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
    chosen = [option for option in taken if not option.follows]
    done = ranks([*chosen, *awards])
    if all(each.id in done and (each.within is None or each.within in done) for each in chosen):
        return chosen + [each for each in awards if each.id in done]
    return None
