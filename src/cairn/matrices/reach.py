"""What somebody could come to, and what each thing takes: a pure function of one person's facts.

A pathway is complete once its requirement is met, which may ask for some of its steps only; steps may only be
started with something else done, held or known; a credential awards itself once what earns it is met, and
grants skills in turn. All ask by the same algebra, and here that is folded into sums over what is not done.

Whoever takes a step completes its pathway too: a plan has nobody begin what it does not finish. Steps that a
pathway cannot do without are one thing with it, as all steps of most pathways are, unless something lies
between them: what takes one of them and leads to another.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from graphlib import TopologicalSorter
from uuid import UUID

from cairn.matrices.needs import MET, OUT, Need, all_of, met, named, put, rings, weighed
from cairn.matrices.planning import Grant, Option
from cairn.requirements.evaluate import compiled
from cairn.requirements.facts import Facts
from cairn.requirements.tree import (
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Leaf,
    PathwayDone,
    Points,
    Requirement,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
)


@dataclass(frozen=True)
class Offer:
    """Something that somebody could come to: a pathway, a step of one, or an award."""

    id: UUID
    minutes: int
    """Of a step; a pathway takes what its steps take."""
    grants: tuple[Grant, ...]
    takes: Requirement
    """What it takes besides: to start a step, to complete a pathway, or to be awarded a credential."""
    pathway: UUID | None = None
    """Of a pathway itself, and of a step that of which it is; None for an award."""
    parts: tuple["Offer", ...] = ()
    """Of a pathway: the steps that it cannot do without, and that are not done."""


@dataclass(frozen=True)
class Reach:
    """What one person could come to."""

    options: list[Option]
    barred: list[Option]
    """What would take what cannot be."""


def reach(who: UUID, offers: Iterable[Offer], facts: Facts, at: datetime) -> Reach:
    """What somebody could come to.

    Args:
        who: The person.
        offers: What there is, less what the person has done.
        facts: Those about everything that the offers ask for.
        at: The date at which the facts are to hold.
    """
    each = _Person(who, offers, facts, at).options()
    there = _reachable(each)
    return Reach(
        [option.among(there) for option in each if option.id in there],
        [option for option in each if option.id not in there],
    )


def _reachable(options: Sequence[Option]) -> set[UUID]:
    """What can be done in some order, each step with its pathway."""
    left = list(options)
    while True:
        found: set[UUID] = set()
        waiting = left
        while coming := [each.id for each in waiting if met(each.takes, found)]:
            found.update(coming)
            waiting = [each for each in waiting if each.id not in found]
        kept = [each for each in left if each.id in found and (each.within is None or each.within in found)]
        if len(kept) == len(found):
            return found
        left = kept


class _Person:
    """The offers to one person, folded."""

    def __init__(self, who: UUID, offers: Iterable[Offer], facts: Facts, at: datetime) -> None:
        self._who = who
        self._offers: Mapping[UUID, Offer] = {offer.id: offer for offer in offers}
        self._parts = {part.id: part for offer in self._offers.values() for part in offer.parts}
        self._facts = facts
        self._at = at
        each = (*self._offers.values(), *self._parts.values())
        self._needs = {offer.id: self._need(offer.takes, offer) for offer in each if offer.takes != NOTHING}

    def options(self) -> list[Option]:
        """All of it; whether it can be done is another question."""
        apart = {offer.id for offer in self._offers.values() if rings(self._between(offer.parts))}
        found = self._told(apart)
        around = {id_ for ring in rings({each.id: [*named(each.takes)] for each in found}) for id_ in ring}
        torn = {id_ for id_ in around - apart if id_ in self._offers and self._offers[id_].parts}
        return self._told(apart | torn) if torn else found

    def _between(self, parts: Sequence[Offer]) -> dict[UUID, list[UUID]]:
        """Which of the steps that a pathway cannot do without name which others."""
        asking = [part.id for part in parts if part.id in self._needs]
        own = {part.id for part in parts} if asking else ()
        return {part: [id_ for id_ in named(self._needs[part]) if id_ in own] for part in asking}

    def _told(self, apart: set[UUID]) -> list[Option]:
        """The options, where the steps of some pathways are apart from these."""
        with_ = {
            part.id: offer.id
            for offer in self._offers.values()
            if offer.id not in apart
            for part in offer.parts
        }

        def need(offer: Offer) -> Need:
            found = self._needs.get(offer.id, MET)
            return found if found == MET else put(found, lambda id_: with_.get(id_, id_))

        def whole(offer: Offer) -> Need:
            """What a pathway takes with its steps, which are done in their order."""
            own = {part.id for part in offer.parts}
            each = [self._needs[id_] for id_ in (offer.id, *own) if id_ in self._needs]
            return put(all_of(each), lambda id_: MET if id_ in own else with_.get(id_, id_)) if each else MET

        found: list[Option] = []
        for offer in self._offers.values():
            if offer.id in apart:
                parts = [part.id for part in offer.parts]
                found.append(self._option(offer, all_of([need(offer), *parts])))
                found += [self._option(part, need(part)) for part in offer.parts]
            elif offer.parts:
                found.append(self._option(offer, whole(offer), self._in_order(offer.parts)))
            else:
                takes = need(offer)
                if offer.pathway is None and takes == MET:
                    takes = OUT  # what is met by what is there is awarded already, or by nothing of this
                found.append(self._option(offer, takes))
        return found

    def _in_order(self, parts: Sequence[Offer]) -> Sequence[Offer]:
        if not (between := self._between(parts)):
            return parts
        by_id = {part.id: part for part in parts}
        order = TopologicalSorter({id_: between.get(id_, ()) for id_ in by_id}).static_order()
        return [by_id[id_] for id_ in order]

    def _option(self, offer: Offer, takes: Need, parts: Sequence[Offer] = ()) -> Option:
        is_step = offer.pathway is not None and offer.id != offer.pathway
        return Option(
            self._who,
            offer.id,
            offer.minutes + sum(part.minutes for part in parts),
            (*offer.grants, *(grant for part in parts for grant in part.grants)),
            takes,
            within=offer.pathway if is_step and offer.pathway in self._offers else None,
            follows=offer.pathway is None,
            pathway=offer.pathway,
            steps=(offer.id,) if is_step else tuple(part.id for part in parts),
        )

    def _need(self, node: Requirement, offer: Offer) -> Need:
        """What of the offers meets a requirement."""
        match node:
            case All(of):
                return all_of(self._need(branch, offer) for branch in of)
            case AnyOf(n, of):
                return weighed(n, ((1, self._need(branch, offer)) for branch in of))
            case Points(minimum, pairs):
                return weighed(minimum, ((weight, self._need(branch, offer)) for weight, branch in pairs))
            case StepDone(step) if self._is_of(step, offer.pathway):
                return self._leaf(node, offer)  # it is to be done again, whatever was done of it before
            case _:
                return MET if self._holds(node) else self._leaf(node, offer)

    def _leaf(self, leaf: Leaf, offer: Offer) -> Need:
        match leaf:
            case PathwayDone(id_) | CredentialHeld(id_) | StepDone(id_):
                there = id_ in self._offers or id_ in self._parts
                return id_ if there and id_ != offer.id else OUT
            case SkillAt():
                return weighed(1, ((1, id_) for id_ in self._teaching(leaf) if id_ != offer.id))
        return OUT

    def _is_of(self, step: UUID, pathway: UUID | None) -> bool:
        """Whether it is a step of a pathway, and is not done."""
        found = self._parts.get(step) or self._offers.get(step)
        return found is not None and found.pathway == pathway is not None

    def _holds(self, leaf: Leaf) -> bool:
        """Whether it is met at the date without anything new."""
        return self._at in compiled(leaf)(self._facts)

    def _teaching(self, leaf: SkillAt) -> Iterator[UUID]:
        """What brings a skill to a level; one's own word counts only while nothing verified does."""
        known = self._facts.get(Subject(SubjectKind.SKILL, leaf.skill), ())
        is_known = any(fact.verified and fact.holds_at(self._at) for fact in known)
        for grant, id_ in self._teach.get(leaf.skill, ()):
            if grant.level >= leaf.level and (grant.is_sure or not (leaf.verified or is_known)):
                yield id_

    @cached_property
    def _teach(self) -> dict[UUID, list[tuple[Grant, UUID]]]:
        found: dict[UUID, list[tuple[Grant, UUID]]] = {}
        for offer in (*self._offers.values(), *self._parts.values()):
            for grant in offer.grants:
                found.setdefault(grant.skill, []).append((grant, offer.id))
        return found
