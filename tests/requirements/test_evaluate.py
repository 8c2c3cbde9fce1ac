"""Evaluation is compared with the naive evaluator, instant by instant."""

from datetime import UTC, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import compiled, evaluate
from cairn.requirements.facts import NO_FACTS, Fact, from_times, gather
from cairn.requirements.times import ALWAYS, NEVER, Times
from cairn.requirements.tree import (
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    NotBefore,
    PathwayDone,
    Points,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
    subjects,
    walk,
)
from requirements.naive import cases, day, instants, met, number, obtained, requirements, turning_points

PYTHON, FIRST_AID, DRIVING = number(1), number(2), number(3)
NURSE = Subject(SubjectKind.ROLE, number(4))


@given(cases(), st.lists(instants, max_size=5))
def test_met_at_each_instant_as_the_naive_evaluator_says(case, more):
    requirement, facts, at = case
    times = evaluate(requirement, facts)
    for instant in [*turning_points(requirement, facts), at, *more]:
        assert (instant in times) == met(requirement, facts, instant), instant


@given(cases())
def test_nothing_changes_between_turning_points(case):
    requirement, facts, _ = case
    assert set(evaluate(requirement, facts).changes) <= set(turning_points(requirement, facts))


@given(cases(), st.data())
def test_to_gain_something_never_takes_a_time_away(case, data):
    requirement, facts, at = case
    leaves = [node for _, _, node in walk(requirement) if hasattr(node, "subject")]
    if leaves:
        more = obtained(facts, data.draw(st.sampled_from(leaves)), at)
        assert evaluate(requirement, facts) - evaluate(requirement, more) == NEVER


@given(requirements)
def test_without_facts(requirement):
    assert evaluate(requirement, NO_FACTS) == evaluate(requirement, dict.fromkeys(subjects(requirement), ()))


def test_the_empty_requirement_is_always_met():
    assert evaluate(NOTHING, NO_FACTS) == ALWAYS


@pytest.mark.parametrize("requirement", [AnyOf(1, ()), Points(1, ()), AnyOf(3, (NOTHING, NOTHING))])
def test_what_cannot_be_reached_is_never_met(requirement):
    assert evaluate(requirement, NO_FACTS) == NEVER


def test_a_skill_holds_while_its_level_is_high_enough():
    facts = {
        Subject(SubjectKind.SKILL, PYTHON): [
            Fact(day(0), day(10), level=2, verified=True),
            Fact(day(10), day(20), level=4, verified=False),
            Fact(day(20), None, level=3, verified=True),
        ]
    }
    assert evaluate(SkillAt(PYTHON, 3), facts) == Times.since(day(10))
    assert evaluate(SkillAt(PYTHON, 3, verified=True), facts) == Times.since(day(20))
    assert evaluate(SkillAt(PYTHON, 4), facts) == Times.between(day(10), day(20))


def test_employments_that_touch_are_one_stretch_and_a_gap_begins_another():
    a_month = Employed(NURSE, Duration(days=30))
    touching = {NURSE: [Fact(day(20), day(60)), Fact(day(0), day(20))]}
    assert evaluate(a_month, touching) == Times.between(day(30), day(60))
    apart = {NURSE: [Fact(day(21), day(60)), Fact(day(0), day(20))]}
    assert evaluate(a_month, apart) == Times.between(day(51), day(60))


def test_a_stack_that_lapses():
    stack = All((AnyOf(1, (CredentialHeld(FIRST_AID), CredentialHeld(DRIVING))), NotBefore(day(5))))
    facts = {Subject(SubjectKind.CREDENTIAL, FIRST_AID): [Fact(day(0), day(10)), Fact(day(30), day(40))]}
    assert list(evaluate(stack, facts)) == [(day(5), day(10)), (day(30), day(40))]


def test_ids_are_told_apart_by_kind():
    facts = {Subject(SubjectKind.STEP, PYTHON): [Fact(None, None)]}
    assert evaluate(StepDone(PYTHON), facts) == ALWAYS
    assert evaluate(PathwayDone(PYTHON), facts) == NEVER
    assert evaluate(CredentialHeld(PYTHON), facts) == NEVER


def test_rows_are_gathered_by_employee():
    rows = [
        ("ada", "step", PYTHON, Fact(day(0), None)),
        ("bob", "skill", PYTHON, Fact(day(1), None, level=3)),
        ("ada", SubjectKind.STEP, PYTHON, Fact(None, day(-5))),
    ]
    everyone = gather(rows)
    assert everyone == {
        "ada": {Subject(SubjectKind.STEP, PYTHON): [Fact(day(0), None), Fact(None, day(-5))]},
        "bob": {Subject(SubjectKind.SKILL, PYTHON): [Fact(day(1), None, level=3)]},
    }
    assert evaluate(StepDone(PYTHON), everyone["ada"]) == ~Times.between(day(-5), day(0))


def test_a_stored_multirange_gives_facts():
    held = Times.of([(day(0), day(1)), (day(2), None)])
    facts = {Subject(SubjectKind.PATHWAY, PYTHON): from_times(held, ("completion",))}
    assert evaluate(PathwayDone(PYTHON), facts) == held


def test_subjects_are_what_to_load():
    requirement = All(
        (SkillAt(PYTHON, 2), AnyOf(1, (SkillAt(PYTHON, 3), Employed(NURSE))), NotBefore(day(1)))
    )
    assert subjects(requirement) == {Subject(SubjectKind.SKILL, PYTHON), NURSE}


def test_not_before_needs_a_time_zone_and_is_kept_in_utc():
    with pytest.raises(ValueError, match="time zone"):
        NotBefore(datetime(2024, 1, 1))  # noqa: DTZ001  # that is what is tested
    assert NotBefore(datetime.fromisoformat("2024-01-01T02:00:00+02:00")).instant.tzinfo is UTC


def test_ten_thousand_employees_in_under_two_seconds():
    leaves = [CredentialHeld(number(n)) for n in range(15)]
    requirement = All(
        (AnyOf(2, tuple(leaves[:5])), Points(9, tuple((3, leaf) for leaf in leaves[5:10])), *leaves[10:])
    )
    facts = {
        leaf.subject: [Fact(day(n), day(50 + n)), Fact(day(60 + n), None)] for n, leaf in enumerate(leaves)
    }
    evaluator = compiled(requirement)
    began = process_time()
    for _ in range(10_000):
        evaluator(facts)
    assert process_time() - began < 2
