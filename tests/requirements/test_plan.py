"""The cheapest plan is compared with every set of leaves there is."""

from itertools import combinations, count
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.outcome import outcome
from cairn.requirements.plan import Plan, cheapest
from cairn.requirements.standing import leaves as leaves_of
from cairn.requirements.standing import stand
from cairn.requirements.tree import (
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
from requirements.naive import (
    about_something,
    cases,
    day,
    forks,
    leaves,
    met,
    number,
    obtained,
    turning_points,
)

A, B, C, D = (CredentialHeld(number(n)) for n in (11, 12, 13, 14))
NURSE = Subject(SubjectKind.ROLE, number(2))


def distinct(requirement):
    """No two leaves about the same subject."""
    about = [node.subject for _, _, node in walk(requirement) if hasattr(node, "subject")]
    return len(about) == len(set(about))


def lack(leaf):
    return max(1, round((1 - leaf.progress) * 1_000_000))


def by_enumeration(requirement, facts, at):
    """Fewest leaves, then least lacking, then earliest: (how many, lack, met from), or None."""
    standing = stand(requirement, facts, at)
    about = [leaf for leaf in leaves_of(standing) if not isinstance(leaf.requirement, NotBefore)]
    for size in range(len(about) + 1):
        found = []
        for chosen in combinations(about, size):
            more = facts
            for leaf in chosen:
                more = obtained(more, leaf.requirement, at)
            instants = [at, *(t for t in turning_points(requirement, more) if t > at)]
            met_from = next((t for t in instants if met(requirement, more, t)), None)
            if met_from:
                found.append((size, sum(map(lack, chosen)), met_from))
        if found:
            return min(found)
    return None


small = st.recursive(leaves, forks, max_leaves=6).filter(distinct)


@given(cases(small))
def test_cheapest_of_all_sets(case):
    requirement, facts, at = case
    plan = cheapest(stand(requirement, facts, at), at)
    expected = by_enumeration(requirement, facts, at)
    assert expected == (plan and (len(plan.obtain), sum(map(lack, plan.obtain)), plan.met_from))


@given(cases())
def test_a_plan_that_is_followed_works(case):
    requirement, facts, at = case
    plan = cheapest(stand(requirement, facts, at), at)
    if plan:
        for leaf in plan.obtain:
            facts = obtained(facts, leaf.requirement, at)
        assert plan.met_from >= at
        assert met(requirement, facts, plan.met_from)


@given(cases(forks(about_something)))
def test_what_can_be_obtained_can_be_met(case):
    requirement, facts, at = case
    assert cheapest(stand(requirement, facts, at), at) is not None


def plan(requirement, facts):
    found = outcome(requirement, facts, day(10)).plan
    return found and ([leaf.requirement for leaf in found.obtain], found.met_from)


def test_time_alone():
    assert plan(All((NotBefore(day(20)), A)), {A.subject: [Fact(day(0), None)]}) == ([], day(20))
    assert plan(Employed(NURSE, Duration(days=40)), {NURSE: [Fact(day(0), None)]}) == ([], day(40))
    assert plan(A, {A.subject: [Fact(day(15), day(17))]}) == ([], day(15))


def test_nothing_to_plan_once_met():
    assert plan(A, {A.subject: [Fact(day(0), None)]}) is None
    assert cheapest(stand(NotBefore(day(0)), NO_FACTS, day(10)), day(10)) == Plan((), day(10))


def test_what_can_never_be_met_has_no_plan():
    assert plan(AnyOf(3, (A, B)), NO_FACTS) is None
    assert plan(Points(9, ((4, A), (4, B))), NO_FACTS) is None
    assert plan(All((AnyOf(1, ()), A)), NO_FACTS) is None


def test_ties_fall_to_the_order_written():
    assert plan(AnyOf(2, (A, B, C)), NO_FACTS) == ([A, B], day(10))
    assert plan(Points(5, ((1, A), (5, B), (5, C))), NO_FACTS) == ([B], day(10))
    assert plan(Points(6, ((3, A), (3, B), (3, C))), NO_FACTS) == ([A, B], day(10))


def test_fewest_leaves_then_least_lacking():
    near, far = SkillAt(number(1), 4), SkillAt(number(2), 4)
    facts = {near.subject: [Fact(day(0), None, level=3)], far.subject: [Fact(day(0), None, level=1)]}
    assert plan(AnyOf(1, (far, near)), facts) == ([near], day(10))
    assert plan(AnyOf(1, (All((near, far)), A)), facts) == ([A], day(10))


def test_a_credential_that_would_lapse_too_early_is_to_be_renewed():
    facts = {A.subject: [Fact(day(0), day(15))]}
    assert plan(All((NotBefore(day(20)), A)), facts) == ([A], day(20))


def test_two_facts_that_never_meet_are_not_enough():
    facts = {A.subject: [Fact(day(12), day(14))], B.subject: [Fact(day(16), day(18))]}
    assert plan(All((A, B)), facts) == ([B], day(12))


def test_a_tenure_not_begun_takes_its_time():
    assert plan(All((Employed(NURSE, Duration(days=5)), A)), NO_FACTS) == (
        [Employed(NURSE, Duration(days=5)), A],
        day(15),
    )
    about_to_end = {NURSE: [Fact(day(0), day(12))]}
    assert plan(Employed(NURSE, Duration(days=15)), about_to_end) == (
        [Employed(NURSE, Duration(days=15))],
        day(15),
    )


def test_a_leaf_in_two_places_is_obtained_once():
    assert plan(All((AnyOf(1, (A, B)), A)), NO_FACTS) == ([A], day(10))


def test_the_largest_requirement_with_the_most_coming_changes_takes_a_bounded_time():
    weights = count(1)
    branches = [(next(weights) % 997 + 1, Employed(NURSE, Duration(days=n))) for n in range(2, 450)]
    pairs = tuple(branches) + tuple((7 + n, StepDone(number(n))) for n in range(40))
    began = process_time()
    found = outcome(All((Points(1000, pairs), A, AnyOf(2, ()))), {NURSE: [Fact(day(0), None)]}, day(1))
    assert found.plan is None
    found = outcome(All((Points(1000, pairs), A)), {NURSE: [Fact(day(0), day(2))]}, day(1))
    assert found.plan is not None
    assert process_time() - began < 20
