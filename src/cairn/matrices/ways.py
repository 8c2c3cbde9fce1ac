"""What it takes to come to something: the sets of pathways that somebody would have to take with it.

A pathway has steps that one may only start with something else done, held or known; a credential awards
itself once what earns it is met, and grants skills in turn. Both ask by the same algebra, and here it is
turned into the least sets of what can be done that meet it: a pure function of one person's facts.

With each thing in a set, the set has what that thing takes, and nothing is on the way to itself: so what is
in a set can be done one after the other. An optional step has its pathway in its sets, since whoever takes
the one takes the other too; what that pathway takes is in its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import Facts
from cairn.requirements.tree import (
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    Leaf,
    NotBefore,
    PathwayDone,
    Points,
    Requirement,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
)

MOST = 24
"""Ways to one thing that are looked at: those that take the least time."""
_SUMS = 200
"""Sums of points that are followed."""

Way = frozenset[UUID]
NO_MORE: Way = frozenset()


@dataclass(frozen=True)
class Grant:
    """What a step, or an award, would be evidence of."""

    skill: UUID
    level: int
    is_sure: bool
    """Whether somebody else than the person proves it."""


@dataclass(frozen=True)
class Offer:
    """Something that somebody could come to: a pathway, an optional step of one, or an award."""

    id: UUID
    minutes: int
    """Of what is not done yet, without what else it takes."""
    grants: tuple[Grant, ...]
    takes: Requirement
    """What it takes besides: to start what is left of a pathway, or to be awarded a credential."""
    pathway: UUID | None = None
    """Of a pathway itself, and of an optional step that of which it is; None for an award."""
    steps: frozenset[UUID] = frozenset()
    """Of a pathway: the steps that are done once it is complete."""

    @property
    def is_step(self) -> bool:
        """Whether it is an optional step."""
        return self.pathway is not None and self.pathway != self.id

    @property
    def is_award(self) -> bool:
        """Whether it is an award, which follows by itself."""
        return self.pathway is None


class Person:
    """What one person could come to, and how."""

    def __init__(self, offers: Iterable[Offer], facts: Facts, at: datetime) -> None:
        """The facts are those about everything that the offers ask for; `at` is the date they are to hold."""
        self.offers: Mapping[UUID, Offer] = {offer.id: offer for offer in offers}
        self.is_trimmed = False
        """Whether there were more ways than are looked at."""
        self._facts = facts
        self._at = at
        self._known: dict[UUID, Sequence[Way]] = {}
        self._done_by = {step: offer.id for offer in self.offers.values() for step in offer.steps}
        self._teach: dict[UUID, list[tuple[Grant, UUID]]] = {}
        for offer in self.offers.values():
            for grant in offer.grants:
                self._teach.setdefault(grant.skill, []).append((grant, offer.id))

    def ways(self, id_: UUID) -> Sequence[Way]:
        """What has to be taken with something, as alternatives; none where it is out of reach."""
        found, _ = self.to(id_, ())
        return [way - {id_} for way in found]

    def every(self) -> dict[UUID, Sequence[Way]]:
        """The ways to everything, without those to what turns out to be out of reach."""
        found: dict[UUID, Sequence[Way]] = {id_: self.ways(id_) for id_ in self.offers}
        while True:
            out = {id_ for id_, ways in found.items() if not ways}
            left: dict[UUID, Sequence[Way]] = {
                id_: [way for way in ways if out.isdisjoint(way)] for id_, ways in found.items()
            }
            if left == found:
                return left
            found = left

    def to(self, id_: UUID, on_way: tuple[UUID, ...]) -> tuple[Sequence[Way], bool]:
        """The ways to something, with itself in them, and whether that depends on what is on the way."""
        if (known := self._known.get(id_)) is not None:
            return known, False
        offer = self.offers.get(id_)
        if offer is None:
            return (), False
        if id_ in on_way:
            return (), True
        search = _Search(self, offer, (*on_way, id_))
        found = search.of(offer.takes)
        if offer.is_step and offer.pathway is not None and offer.pathway in self.offers:
            found = [way | {offer.pathway} for way in found]
        if offer.is_award and NO_MORE in found:
            found = ()  # what is met by what is there is awarded already, or by nothing of this
        found = self.least(way | {id_} for way in found)
        if not search.is_cut:
            self._known[id_] = found
        return found, search.is_cut

    def least(self, ways: Iterable[Way]) -> Sequence[Way]:
        """The ways that none of the others lies in, those that take the least time."""
        each = sorted(dict.fromkeys(ways), key=self._cost)
        found: list[Way] = []
        for way in sorted(each, key=len):
            if not any(other <= way for other in found):
                found.append(way)
        found.sort(key=self._cost)
        self.is_trimmed |= len(found) > MOST
        return found[:MOST]

    def _cost(self, way: Way) -> tuple[int, int, list[UUID]]:
        return sum(self.offers[each].minutes for each in way), len(way), sorted(way)

    def holds(self, leaf: Leaf) -> bool:
        """Whether a leaf is met at the date without anything new."""
        return self._at in compiled(leaf)(self._facts)

    def doing(self, step: UUID) -> UUID | None:
        """What has a step done: the optional step itself, or the pathway that cannot do without it."""
        return step if step in self.offers else self._done_by.get(step)

    def teaching(self, leaf: SkillAt) -> Iterator[UUID]:
        """What brings a skill to a level; one's own word counts only while nothing verified does."""
        known = self._facts.get(Subject(SubjectKind.SKILL, leaf.skill), ())
        is_known = any(fact.verified and fact.holds_at(self._at) for fact in known)
        for grant, id_ in self._teach.get(leaf.skill, ()):
            if grant.level >= leaf.level and (grant.is_sure or not (leaf.verified or is_known)):
                yield id_


class _Search:
    """The search for the ways to one thing."""

    def __init__(self, person: Person, offer: Offer, on_way: tuple[UUID, ...]) -> None:
        self.person = person
        self.offer = offer
        self.on_way = on_way
        within = person.offers.get(offer.pathway or offer.id)
        self.inside = within.steps if within is not None else frozenset()
        """Steps of the pathway itself: their order is for whoever follows it."""
        self.is_cut = False
        """Whether some were left out because they lead back to what is on the way."""

    def of(self, node: Requirement) -> Sequence[Way]:
        """The ways to meet a requirement."""
        match node:
            case All(of):
                return self._fork([(1, branch) for branch in of], len(of))
            case AnyOf(n, of):
                return self._fork([(1, branch) for branch in of], n)
            case Points(minimum, pairs):
                return self._fork(pairs, minimum)
            case _:
                return (NO_MORE,) if self.person.holds(node) else self._leaf(node)

    def _fork(self, pairs: Sequence[tuple[int, Requirement]], minimum: int) -> Sequence[Way]:
        """The ways to a minimum of weight, branch by branch."""
        upto: dict[int, Sequence[Way]] = {0: (NO_MORE,)}
        for weight, branch in pairs:
            ways = self.of(branch)
            if not ways:
                continue
            more: dict[int, list[Way]] = {sum_: list(found) for sum_, found in upto.items()}
            for sum_, found in upto.items():
                more.setdefault(min(minimum, sum_ + weight), []).extend(_each(found, ways))
            kept = sorted(more, reverse=True)[:_SUMS]
            self.person.is_trimmed |= len(kept) < len(more)
            upto = {sum_: self.person.least(more[sum_]) for sum_ in kept}
        return upto.get(minimum, ())

    def _leaf(self, leaf: Leaf) -> Sequence[Way]:
        match leaf:
            case PathwayDone(id_) | CredentialHeld(id_):
                return self.with_(id_)
            case StepDone(step):
                if step in self.inside:
                    return (NO_MORE,)
                found = self.person.doing(step)
                return () if found is None else self.with_(found)
            case SkillAt():
                each = [self.with_(id_) for id_ in dict.fromkeys(self.person.teaching(leaf))]
                return self.person.least(way for ways in each for way in ways)
            case Employed() | NotBefore():
                return ()

    def with_(self, id_: UUID) -> Sequence[Way]:
        """The ways to something that is on the way to this."""
        found, is_cut = self.person.to(id_, self.on_way)
        self.is_cut |= is_cut
        return found


def _each(some: Sequence[Way], others: Sequence[Way]) -> list[Way]:
    return [one | other for one in some for other in others]
