"""When a requirement is met: facts in, the set of times out."""

from collections.abc import Callable, Sequence
from functools import lru_cache

from cairn.requirements.facts import NO_FACTS, Fact, Facts, when_held
from cairn.requirements.times import NEVER, Times, at_least, weighing
from cairn.requirements.tree import (
    All,
    AnyOf,
    Employed,
    Fork,
    Leaf,
    NotBefore,
    Points,
    Requirement,
    SkillAt,
    Subject,
    branches,
)

Evaluator = Callable[[Facts], Times]


def evaluate(requirement: Requirement, facts: Facts) -> Times:
    """The times at which one employee with these facts meets the requirement."""
    return compiled(requirement)(facts)


@lru_cache(maxsize=1024)
def compiled(requirement: Requirement) -> Evaluator:
    """`evaluate` for one requirement and many employees: the tree is walked once, not once each."""
    decide = _decide(requirement)
    without_facts = decide(NO_FACTS)
    return lambda facts: decide(facts) if facts else without_facts


def combined(fork: Fork, sets: Sequence[Times]) -> Times:
    """The times of a fork, from those of its branches in order."""
    match fork:
        case All():
            return at_least(len(sets), sets)
        case AnyOf(n):
            return at_least(n, sets)
        case Points(minimum, pairs):
            return weighing(
                minimum, [(weight, times) for (weight, _), times in zip(pairs, sets, strict=True)]
            )


def _decide(node: Requirement) -> Evaluator:
    match node:
        case All(of):
            return _every([_decide(branch) for branch in of])
        case AnyOf() | Points():
            evaluators = [_decide(branch) for _, branch in branches(node)]
            return lambda facts: combined(node, [evaluator(facts) for evaluator in evaluators])
        case _:
            return when_leaf_met(node)


def _every(evaluators: list[Evaluator]) -> Evaluator:
    def every(facts: Facts) -> Times:
        sets = []
        for evaluator in evaluators:
            times = evaluator(facts)
            if times is NEVER:
                return NEVER
            sets.append(times)
        return at_least(len(sets), sets)

    return every


def when_leaf_met(leaf: Leaf) -> Evaluator:
    """The evaluator of one leaf."""
    match leaf:
        case NotBefore(instant):
            times = Times.since(instant)
            return lambda _: times
        case SkillAt():
            return _skilled(leaf)
        case Employed(subject, duration) if duration is not None:
            held = _held(subject)
            return lambda facts: held(facts).held_for(duration)
        case _:
            return _held(leaf.subject)


def _skilled(leaf: SkillAt) -> Evaluator:
    subject = leaf.subject

    def skilled(facts: Facts) -> Times:
        found = facts.get(subject)
        return when_held([fact for fact in found if suffices(fact, leaf)]) if found else NEVER

    return skilled


def suffices(fact: Fact, leaf: SkillAt) -> bool:
    """Whether a piece of a skill's level is what the leaf asks for."""
    return fact.level >= leaf.level and (fact.verified or not leaf.verified)


def _held(subject: Subject) -> Evaluator:
    def held(facts: Facts) -> Times:
        found = facts.get(subject)
        return when_held(found) if found else NEVER

    return held
