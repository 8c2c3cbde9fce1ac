"""The cheapest set of pathways that brings a team to the coverage it wants: a pure function over an instance.

It is an integer program, and HiGHS (Huangfu and Hall; the solver behind SciPy's `milp`) searches it. There is
a variable for each pathway that somebody could take, one for each person and skill that would come to the
level, and slack where a target is out of reach. What is sought comes in this order: the fewest people short
of the targets, then the fewest minutes, then the fewest pathways. So the answer is the cheapest plan that
reaches the targets or, where none does, the cheapest of those that come closest.

A level follows from evidence as `skills/levels.py` has it: verified evidence counts first, and what a person
only says counts while nothing is verified. So a pathway whose steps are proved by the person's own word does
not lift somebody whose lower level is verified, and one that would verify a lower level takes away what is
claimed.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heapify, heappop, heappush
from time import monotonic
from uuid import UUID

Cell = tuple[UUID, UUID]
"""A person and a skill."""

_ENOUGH = 1e-6


@dataclass(frozen=True)
class Grant:
    """What a step would be evidence of."""

    skill: UUID
    level: int
    is_sure: bool
    """Whether somebody else than the person proves it."""


@dataclass(frozen=True)
class Option:
    """A pathway that somebody could take."""

    person: UUID
    pathway: UUID
    minutes: int
    """Of the steps that are not done yet, without those of other pathways in it."""
    grants: tuple[Grant, ...] = ()
    """By steps that are not done yet."""
    includes: tuple[UUID, ...] = ()
    """Other pathways that are steps of it, and that the person has not completed."""


@dataclass(frozen=True)
class Instance:
    """A team, what it wants and what could be done."""

    people: Sequence[UUID]
    skills: Sequence[UUID]
    held: Mapping[Cell, tuple[int, bool]]
    """The level that will hold at the date, and whether it is verified; nothing for none."""
    required: Mapping[Cell, int]
    """What somebody's job role asks for; nothing where it asks for nothing."""
    options: Sequence[Option]
    coverage: Mapping[UUID, float]
    """Of each skill, the share of those of whom it is asked who are to be at the level."""
    least: Mapping[UUID, int] = field(default_factory=dict)
    """Of each skill, how many are to be able to cover it at least, whatever their job roles ask for."""
    budget: int | None = None
    """Minutes of all together, at most."""
    budget_each: int | None = None
    """Minutes of each person, at most."""

    @cached_property
    def reach(self) -> dict[UUID, int]:
        """The level from which somebody of whom a skill is not asked covers it: the lowest that is asked."""
        asked: dict[UUID, int] = {}
        for (_, skill), level in self.required.items():
            asked[skill] = min(level, asked.get(skill, level))
        return {skill: asked.get(skill, 1) for skill in self.skills}

    def needed(self, person: UUID, skill: UUID) -> int:
        """The level from which somebody counts for a skill."""
        return self.required.get((person, skill), self.reach[skill])

    def asked_of(self, skill: UUID) -> list[UUID]:
        """Of whom a skill is asked."""
        return [person for person in self.people if (person, skill) in self.required]

    def wanted(self, skill: UUID) -> int:
        """How many of those of whom a skill is asked are to be at the level."""
        return math.ceil(self.coverage.get(skill, 0.0) * len(self.asked_of(skill)) - _ENOUGH)

    def levels(self, chosen: Collection[Option]) -> dict[Cell, tuple[int, bool]]:
        """Everybody's levels once some pathways are completed: verified ones first."""
        sure = {cell: level for cell, (level, is_sure) in self.held.items() if is_sure}
        claimed = {cell: level for cell, (level, is_sure) in self.held.items() if not is_sure}
        for option in chosen:
            for grant in option.grants:
                found = sure if grant.is_sure else claimed
                cell = (option.person, grant.skill)
                found[cell] = max(grant.level, found.get(cell, 0))
        return {cell: (level, False) for cell, level in claimed.items()} | {
            cell: (level, True) for cell, level in sure.items()
        }

    def counts(self, levels: Mapping[Cell, tuple[int, bool]], skill: UUID) -> tuple[int, int]:
        """How many of those of whom a skill is asked are at the level, and how many can cover it."""
        able = [
            person
            for person in self.people
            if levels.get((person, skill), (0, False))[0] >= self.needed(person, skill)
        ]
        return sum((person, skill) in self.required for person in able), len(able)

    def reachable(self, skill: UUID) -> tuple[int, int]:
        """As `counts`, of those who are there or whom some pathway could bring there, each by themselves."""
        able = {
            person
            for person in self.people
            if self.held.get((person, skill), (0, False))[0] >= self.needed(person, skill)
        }
        for option in self.options:
            _, is_sure = self.held.get((option.person, skill), (0, False))
            needed = self.needed(option.person, skill)
            if any(
                grant.skill == skill and grant.level >= needed and (grant.is_sure or not is_sure)
                for grant in option.grants
            ):
                able.add(option.person)
        return sum((person, skill) in self.required for person in able), len(able)

    def short(self, levels: Mapping[Cell, tuple[int, bool]]) -> int:
        """By how many people the targets are missed, all together."""
        missing = 0
        for skill in self.skills:
            met, covering = self.counts(levels, skill)
            missing += max(0, self.wanted(skill) - met) + max(0, self.least.get(skill, 0) - covering)
        return missing


@dataclass(frozen=True)
class Solution:
    """What the search came to."""

    chosen: tuple[Option, ...]
    """In the order of the instance."""
    is_optimal: bool
    """Whether nothing better can be."""
    gap: float
    """The share by which another might miss the targets less, or cost less, at most; 0 for an optimal one."""

    @property
    def minutes(self) -> int:
        """What they take all together."""
        return sum(option.minutes for option in self.chosen)


def solve(instance: Instance, seconds: float) -> Solution:
    """The best plan that is found in that time; the same for the same instance, but where time runs out."""
    model, until = _Model(instance), monotonic() + seconds
    model.begin(greedy(instance))
    short, gap, nearest = model.minimise(model.shortfall, seconds * 0.85)
    model.fix(short)
    _, dearer, cheapest = model.minimise(model.cost, until - monotonic())
    return Solution(model.chosen(), nearest and cheapest, max(gap, dearer))


def greedy(instance: Instance) -> list[Option]:
    """A plan to begin with: in turn the pathway that brings the most for its minutes, while there is time.

    A gain is counted anew when its turn comes, since what was taken before may have brought the same.
    """
    by_key = {(each.person, each.pathway): each for each in instance.options}
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
        waiting = [(option.person, option.pathway)]
        while waiting:
            key = waiting.pop()
            if key not in taken and key not in found:
                found[key] = by_key[key]
                waiting += [(option.person, other) for other in by_key[key].includes]
        return list(found.values())

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
        if -worth > before + _ENOUGH * -before and heap and -worth > heap[0][0]:
            heappush(heap, (-worth, n))
            continue
        taken |= {(part.person, part.pathway): part for part in parts}
        spent[option.person] += minutes
        there |= cells
        for cell in cells:
            unmet[cell[1]] -= cell in instance.required
            uncovered[cell[1]] -= 1
    return [each for key, each in by_key.items() if key in taken]


class _Model:
    """The integer program of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._rows: list[tuple[float, float, list[tuple[int, float]]]] = []
        self._upper: list[float] = []
        self._whole: list[bool] = []
        self.cost: dict[int, float] = {}
        self.shortfall: dict[int, float] = {}
        self._options = [self._variable(1, whole=True) for _ in instance.options]
        most = len(self._options) + 1
        for variable, option in zip(self._options, instance.options, strict=True):
            self.cost[variable] = option.minutes * most + 1
        self._include()
        self._cells = self._able()
        self._slack: list[tuple[int, int, list[int]]] = []
        self._aim(self._cells)
        self._spend()
        self._values: Sequence[float] = [0.0] * len(self._upper)

    def _variable(self, upper: float, *, whole: bool = False) -> int:
        self._upper.append(upper)
        self._whole.append(whole)
        return len(self._upper) - 1

    def _row(self, low: float, high: float, terms: list[tuple[int, float]]) -> None:
        self._rows.append((low, high, terms))

    def _include(self) -> None:
        """Whoever takes a pathway takes those that are steps of it."""
        by_key = {(o.person, o.pathway): v for v, o in zip(self._options, self.instance.options, strict=True)}
        for variable, option in zip(self._options, self.instance.options, strict=True):
            for other in option.includes:
                self._row(0, math.inf, [(by_key[option.person, other], 1), (variable, -1)])

    def _able(self) -> dict[Cell, int | None]:
        """Of each person and skill a variable that may be 1 where the level is reached; None: it is there."""
        lifting: dict[Cell, list[tuple[int, Grant]]] = defaultdict(list)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            for grant in option.grants:
                lifting[option.person, grant.skill].append((variable, grant))
        able: dict[Cell, int | None] = {}
        for skill in self.instance.skills:
            for person in self.instance.people:
                cell, needed = (person, skill), self.instance.needed(person, skill)
                level, is_sure = self.instance.held.get(cell, (0, False))
                if level >= needed and (is_sure or not _lowers(lifting[cell], needed)):
                    able[cell] = None
                elif (found := self._lifted(lifting[cell], needed, level, is_sure=is_sure)) is not None:
                    able[cell] = found
        return able

    def _lifted(
        self, lifting: list[tuple[int, Grant]], needed: int, level: int, *, is_sure: bool
    ) -> int | None:
        """A variable that may be 1 where what is taken brings the level; None where nothing could."""
        proving = [v for v, grant in lifting if grant.is_sure and grant.level >= needed]
        saying = [] if is_sure else [v for v, grant in lifting if not grant.is_sure and grant.level >= needed]
        holds = level >= needed and not is_sure
        if not (proving or saying or holds):
            return None
        variable = self._variable(1)
        if not holds:
            self._row(0, math.inf, [*((v, 1.0) for v in _unique(proving + saying)), (variable, -1)])
        if saying or holds:
            for lower in _unique([v for v, grant in lifting if grant.is_sure and grant.level < needed]):
                if lower not in proving:
                    self._row(
                        -1, math.inf, [*((v, 1.0) for v in _unique(proving)), (lower, -1), (variable, -1)]
                    )
        return variable

    def _aim(self, able: Mapping[Cell, int | None]) -> None:
        """The targets, and how far they are missed."""
        instance = self.instance
        for skill in instance.skills:
            asked = set(instance.asked_of(skill))
            for wanted, people in (
                (instance.wanted(skill), [p for p in instance.people if p in asked]),
                (instance.least.get(skill, 0), instance.people),
            ):
                cells = [(person, skill) for person in people if (person, skill) in able]
                there = sum(able[cell] is None for cell in cells)
                if wanted <= there:
                    continue
                slack = self._variable(wanted - there)
                self.shortfall[slack] = 1.0
                coming = [v for cell in cells if (v := able[cell]) is not None]
                self._slack.append((slack, wanted - there, coming))
                self._row(wanted - there, math.inf, [*((v, 1.0) for v in coming), (slack, 1)])

    def _spend(self) -> None:
        """What it may take."""
        spent: dict[UUID, list[tuple[int, float]]] = defaultdict(list)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            if option.minutes:
                spent[option.person].append((variable, option.minutes))
        if self.instance.budget_each is not None:
            for terms in spent.values():
                self._row(-math.inf, self.instance.budget_each, terms)
        if self.instance.budget is not None:
            self._row(-math.inf, self.instance.budget, [term for terms in spent.values() for term in terms])

    def begin(self, chosen: Collection[Option]) -> None:
        """Has the search begin with a plan."""
        keys = {(each.person, each.pathway) for each in chosen}
        levels = self.instance.levels(chosen)
        values = [0.0] * len(self._upper)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            values[variable] = float((option.person, option.pathway) in keys)
        for cell, able in self._cells.items():
            if able is not None:
                values[able] = float(levels.get(cell, (0, False))[0] >= self.instance.needed(*cell))
        for slack, wanted, coming in self._slack:
            values[slack] = max(0.0, wanted - sum(values[v] for v in coming))
        self._values = values

    def fix(self, short: float) -> None:
        """Has the targets be missed by no more than that from now on."""
        if self.shortfall:
            self._row(-math.inf, round(short), list(self.shortfall.items()))

    def minimise(self, objective: Mapping[int, float], seconds: float) -> tuple[float, float, bool]:
        """The least of an objective that is found in that time, how much less it might be, whether it is."""
        if not objective:
            return 0.0, 0.0, True
        from cairn.matrices.solver import Program, minimise  # noqa: PLC0415  # 25 MB, and few requests plan

        program = Program(
            cost=[objective.get(v, 0.0) for v in range(len(self._upper))],
            upper=self._upper,
            is_whole=self._whole,
            rows=self._rows,
        )
        found = minimise(program, self._values, seconds)
        if found is None:
            return sum(self._values[v] * weight for v, weight in objective.items()), 1.0, False
        self._values = found.values
        return found.least, found.gap, found.is_optimal

    def chosen(self) -> tuple[Option, ...]:
        """The options that are taken."""
        return tuple(
            option
            for variable, option in zip(self._options, self.instance.options, strict=True)
            if self._values[variable] > 0.5
        )


def _lowers(lifting: list[tuple[int, Grant]], needed: int) -> bool:
    """Whether something could verify a level below what is needed."""
    return any(grant.is_sure and grant.level < needed for _, grant in lifting)


def _unique(variables: Sequence[int]) -> Iterator[int]:
    return iter(dict.fromkeys(variables))
