"""What a team wants, what its people could do, and what comes of doing some of it: values and their rules.

A level follows from evidence as `skills/levels.py` has it: verified evidence counts first, and what a person
only says counts while nothing is verified. So a pathway whose steps are proved by the person's own word does
not lift somebody whose lower level is verified, and one that would verify a lower level takes away what is
claimed. An award that follows grants what it grants like any other evidence that somebody vouches for.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID

from cairn.matrices.needs import MET, Need, met, only

Cell = tuple[UUID, UUID]
"""A person and a skill."""

ENOUGH = 1e-6


@dataclass(frozen=True)
class Grant:
    """What a step, or an award, would be evidence of."""

    skill: UUID
    level: int
    is_sure: bool
    """Whether somebody else than the person proves it."""


@dataclass(frozen=True)
class Option:
    """Something that somebody could take, or an award that follows."""

    person: UUID
    id: UUID
    minutes: int
    """Of what is not done yet, without what else it takes."""
    grants: tuple[Grant, ...] = ()
    """By what is not done yet."""
    takes: Need = MET
    """What the same person has to have done before."""
    within: UUID | None = None
    """Of a step, the pathway that is taken with it, before or after."""
    follows: bool = False
    """Whether it is an award: nobody chooses it, it follows once what it takes is done."""
    pathway: UUID | None = None
    """Of a pathway and its steps; None for an award."""
    steps: tuple[UUID, ...] = ()
    """The steps that are done with it, in an order in which they can be."""

    def among(self, there: Collection[UUID]) -> "Option":
        """The same where the person can do nothing else."""
        return self if self.takes == MET else replace(self, takes=only(self.takes, there))


def ranks(taken: Iterable[Option]) -> dict[UUID, int]:
    """The rounds in which one person can do all this, one after the other; without what cannot be done."""
    waiting, found = list(taken), dict[UUID, int]()
    for turn in range(len(waiting)):
        coming = [each.id for each in waiting if met(each.takes, found)]
        found |= dict.fromkeys(coming, turn)
        waiting = [each for each in waiting if each.id not in found]
        if not (coming and waiting):
            break
    return found


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
    barred: Collection[Cell] = ()
    """What something would bring that cannot be begun."""

    @cached_property
    def reach(self) -> dict[UUID, int]:
        """The level from which somebody of whom a skill is not asked covers it: the lowest that is asked."""
        asked: dict[UUID, int] = {}
        for (_, skill), level in self.required.items():
            asked[skill] = min(level, asked.get(skill, level))
        return {skill: asked.get(skill, 1) for skill in self.skills}

    @cached_property
    def _held_by(self) -> dict[UUID, dict[Cell, tuple[int, bool]]]:
        found: dict[UUID, dict[Cell, tuple[int, bool]]] = defaultdict(dict)
        for cell, level in self.held.items():
            found[cell[0]][cell] = level
        return found

    def needed(self, person: UUID, skill: UUID) -> int:
        """The level from which somebody counts for a skill."""
        return self.required.get((person, skill), self.reach[skill])

    def counts_for(self, person: UUID, skill: UUID) -> bool:
        """Whether a target is about somebody's level of a skill."""
        if (person, skill) in self.required:
            return bool(self.coverage.get(skill)) or bool(self.least.get(skill))
        return skill in self.reach and bool(self.least.get(skill))

    def asked_of(self, skill: UUID) -> list[UUID]:
        """Of whom a skill is asked."""
        return [person for person in self.people if (person, skill) in self.required]

    def wanted(self, skill: UUID) -> int:
        """How many of those of whom a skill is asked are to be at the level."""
        return math.ceil(self.coverage.get(skill, 0.0) * len(self.asked_of(skill)) - ENOUGH)

    def levels(self, chosen: Iterable[Option], *, of: UUID | None = None) -> dict[Cell, tuple[int, bool]]:
        """Everybody's levels, or one person's, once some pathways are completed: verified ones first."""
        held = self.held if of is None else self._held_by.get(of, {})
        sure = {cell: level for cell, (level, is_sure) in held.items() if is_sure}
        claimed = {cell: level for cell, (level, is_sure) in held.items() if not is_sure}
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

    def following(self, chosen: Iterable[Option]) -> list[Option]:
        """What is chosen, with the awards that follow, in the order of the instance."""
        taken: dict[UUID, set[UUID]] = defaultdict(set)
        for option in chosen:
            taken[option.person].add(option.id)
        waiting = [each for each in self.options if each.follows]
        while coming := [
            each
            for each in waiting
            if each.id not in taken[each.person] and met(each.takes, taken[each.person])
        ]:
            for each in coming:
                taken[each.person].add(each.id)
        return [each for each in self.options if each.id in taken[each.person]]

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

    def ordered(self) -> list[Option]:
        """What is chosen, person by person, each after what it takes."""
        of: dict[UUID, list[Option]] = defaultdict(list)
        for option in self.chosen:
            of[option.person].append(option)
        turns = {person: ranks(theirs) for person, theirs in of.items()}
        place = {person: n for n, person in enumerate(of)}
        return sorted(self.chosen, key=lambda each: (place[each.person], turns[each.person][each.id]))

    @property
    def minutes(self) -> int:
        """What they take all together."""
        return sum(option.minutes for option in self.chosen)
