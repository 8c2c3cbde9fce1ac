"""Met, since, until, progress and what blocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import evaluate
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.outcome import outcome
from cairn.requirements.standing import LeafStanding, stand
from cairn.requirements.tree import (
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    NotBefore,
    Points,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
    walk,
)
from requirements.naive import cases, day, met, number, obtained, turning_points

PYTHON = number(1)
NURSE = Subject(SubjectKind.ROLE, number(2))
A, B, C = (CredentialHeld(number(n)) for n in (11, 12, 13))


def held(*leaves):
    return {leaf.subject: [Fact(day(0), day(100), (str(leaf.subject.id),))] for leaf in leaves}


def python(*facts):
    return {Subject(SubjectKind.SKILL, PYTHON): facts}


@given(cases())
def test_met_and_its_interval(case):
    requirement, facts, at = case
    found = outcome(requirement, facts, at)
    assert found.times == evaluate(requirement, facts)
    assert found.met == met(requirement, facts, at)
    changes = [t for t in turning_points(requirement, facts) if met(requirement, facts, t) != found.met]
    since = max((t for t in changes if t < at), default=None)
    until = min((t for t in changes if t > at), default=None)
    if found.met:
        assert found.until == until
        assert found.since is None or found.since <= at
        assert since is None or (since < found.since and met(requirement, facts, found.since))
    else:
        assert (found.since, found.until) == (None, None)


@given(cases())
def test_progress_is_one_exactly_when_met(case):
    requirement, facts, at = case

    def look(standing):
        assert 0 <= standing.progress <= 1
        assert (standing.progress == 1) == standing.met == met(standing.requirement, facts, at)
        for branch in () if isinstance(standing, LeafStanding) else standing.of:
            look(branch)

    look(stand(requirement, facts, at))


@given(cases(), st.data())
def test_progress_never_falls_when_something_is_gained(case, data):
    requirement, facts, at = case
    leaves = [node for _, _, node in walk(requirement) if hasattr(node, "subject")]
    if leaves:
        leaf = data.draw(st.sampled_from(leaves))
        more = obtained(facts, leaf, data.draw(st.sampled_from([day(0), at])))
        assert stand(requirement, more, at).progress >= stand(requirement, facts, at).progress - 1e-12


@given(cases())
def test_what_blocks_are_unmet_leaves_and_none_if_met(case):
    requirement, facts, at = case
    found = outcome(requirement, facts, at)
    nodes = {path: node for path, _, node in walk(requirement)}
    assert not (found.met and found.blocks)
    for leaf in found.blocks:
        assert nodes[leaf.path] == leaf.requirement
        assert not met(leaf.requirement, facts, at)
        above = [leaf.path[:n] for n in range(len(leaf.path)) if leaf.path[:n] in nodes]
        assert not any(met(nodes[path], facts, at) for path in above)


@pytest.mark.parametrize(
    ("requirement", "facts", "progress"),
    [
        (NOTHING, NO_FACTS, 1),
        (All((A, B, C)), held(A, B), 2 / 3),
        (All((A, SkillAt(PYTHON, 4))), python(Fact(day(0), None, level=1)), 1 / 8),
        (AnyOf(2, (A, B, C)), held(A), 1 / 2),
        (AnyOf(1, (A, B)), held(A), 1),
        (Points(10, ((4, A), (3, B), (9, C))), held(A, B), 7 / 10),
        (Points(10, ((4, A), (3, B), (9, C))), held(A, C), 1),
        (NotBefore(day(20)), NO_FACTS, 0),
        (SkillAt(PYTHON, 4), python(Fact(day(0), None, level=3)), 3 / 4),
        (SkillAt(PYTHON, 4), python(Fact(day(0), None, level=5)), 1),
        (SkillAt(PYTHON, 4, verified=True), python(Fact(day(0), None, level=5)), 1 / 2),
        (SkillAt(PYTHON, 4, verified=True), python(Fact(day(0), None, level=1)), 1 / 8),
        (
            SkillAt(PYTHON, 4, verified=True),
            python(Fact(day(0), None, level=5), Fact(day(0), None, level=3, verified=True)),
            3 / 4,
        ),
        (Employed(NURSE, Duration(days=40)), {NURSE: [Fact(day(0), None)]}, 1 / 4),
        (Employed(NURSE, Duration(days=10)), {NURSE: [Fact(day(0), None)]}, 1),
        (Employed(NURSE), NO_FACTS, 0),
        (AnyOf(2, (SkillAt(PYTHON, 4), A, B)), python(Fact(day(0), None, level=3)) | held(A), 7 / 8),
        (Points(4, ((3, SkillAt(PYTHON, 4)), (2, A))), python(Fact(day(0), None, level=2)) | held(A), 3 / 4),
    ],
)
def test_progress(requirement, facts, progress):
    assert outcome(requirement, facts, day(10)).progress == pytest.approx(progress)


def test_what_blocks_says_what_is_held():
    requirement = All((AnyOf(1, (A, B)), SkillAt(PYTHON, 4, verified=True), StepDone(PYTHON)))
    facts = held(A) | python(
        Fact(day(0), None, ("peer",), level=5), Fact(day(0), None, ("manager",), level=3, verified=True)
    )
    python_gap, step = outcome(requirement, facts, day(10)).blocks
    assert python_gap.path == ("all", "1")
    assert (python_gap.level, python_gap.verified_level, python_gap.requirement.level) == (5, 3, 4)
    assert [fact.sources for fact in python_gap.facts] == [("manager",)]
    assert step.path == ("all", "2")


def test_since_and_until():
    found = outcome(All((A, B)), held(A) | {B.subject: [Fact(day(5), None)]}, day(10))
    assert (found.met, found.since, found.until, found.plan) == (True, day(5), day(100), None)
    found = outcome(NOTHING, NO_FACTS, day(10))
    assert (found.met, found.since, found.until) == (True, None, None)
    between = {A.subject: [Fact(day(0), day(5)), Fact(day(15), None)]}
    found = outcome(A, between, day(10))
    assert (found.met, found.since, found.until) == (False, None, None)


def test_the_facts_behind_a_tenure_are_those_of_its_stretch():
    facts = {
        NURSE: [
            Fact(day(-50), day(-20), ("old",)),
            Fact(day(0), day(5), ("first",)),
            Fact(day(5), None, ("second",)),
        ]
    }
    leaf = stand(Employed(NURSE, Duration(days=40)), facts, day(10))
    assert [fact.sources for fact in leaf.facts] == [("first",), ("second",)]
    assert leaf.held_since == day(0)
