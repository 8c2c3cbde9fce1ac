"""What makes no sense is found when it is written."""

from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.check import check
from cairn.requirements.duration import Duration
from cairn.requirements.problems import ProblemKind
from cairn.requirements.tree import (
    ANYWHERE,
    MAX_DEPTH,
    MAX_NODES,
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    PathwayDone,
    Points,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
    subjects,
)
from requirements.naive import number, requirements

A, B, C = (CredentialHeld(number(n)) for n in (11, 12, 13))
P = PathwayDone(number(21))
NURSE = Subject(SubjectKind.ROLE, number(31))


def found(requirement, **asked):
    return [(problem.kind.value, ".".join(problem.path)) for problem in check(requirement, **asked)]


def rings_of(requirement, **asked):
    problems = check(requirement, **asked)
    assert {problem.kind for problem in problems} <= {ProblemKind.CYCLE}
    return [(".".join(problem.path), problem.ring) for problem in problems]


def definitions(**by_name):
    return {"A": A, "B": B, "C": C, "P": P}, {
        {"A": A, "B": B, "C": C, "P": P}[name].subject: requirement for name, requirement in by_name.items()
    }


@given(requirements)
def test_what_makes_sense_passes(requirement):
    known = subjects(requirement)
    problems = check(requirement, known=known, requires=lambda _: None, owner=P.subject)
    assert [problem for problem in problems if not problem.is_warning] == []


def test_counts_that_cannot_be_reached():
    assert found(AnyOf(3, (A, B))) == [("UNREACHABLE", "any.n")]
    assert found(AnyOf(0, (A, B))) == [("OUT_OF_BOUNDS", "any.n")]
    assert found(All((A, AnyOf(1, ())))) == [("UNREACHABLE", "all.1.any.n")]
    assert check(AnyOf(3, (A, B)))[0].message == "asks for 3 of only 2: add branches, or ask for fewer"


def test_points_that_cannot_be_reached():
    assert found(Points(10, ((4, A), (5, B)))) == [("UNREACHABLE", "points.min")]
    assert found(Points(9, ((4, A), (5, B)))) == []
    assert found(Points(0, ((4, A),))) == [("OUT_OF_BOUNDS", "points.min")]
    assert found(Points(4, ((4, A), (0, B), (-1, C)))) == [
        ("OUT_OF_BOUNDS", "points.of.1.weight"),
        ("OUT_OF_BOUNDS", "points.of.2.weight"),
    ]


def test_levels_outside_the_scale():
    assert found(All((SkillAt(number(1), 5), SkillAt(number(1), 6)))) == [
        ("OUTSIDE_SCALE", "all.1.skill.level")
    ]
    assert found(SkillAt(number(1), 0)) == [("OUTSIDE_SCALE", "skill.level")]
    assert found(SkillAt(number(1), 6), levels=lambda _: range(1, 9)) == []
    assert check(SkillAt(number(1), 9))[0].message == "is 9: the levels to ask for are 1 to 5"


def test_nonsense_durations():
    assert found(Employed(NURSE, Duration())) == [("NONSENSE_DURATION", "employed.for")]
    assert found(Employed(NURSE, Duration(months=1201))) == [("NONSENSE_DURATION", "employed.for")]
    assert found(Employed(NURSE, Duration(days=1))) == []


def test_unknown_references():
    berlin = Employed(Subject(SubjectKind.LOCATION, "Berlin"))
    requirement = All(
        (A, StepDone(number(11)), SkillAt(number(1), 1), Employed(NURSE), berlin, Employed(ANYWHERE))
    )
    assert found(requirement, known={A.subject}) == [
        ("UNKNOWN_REFERENCE", "all.1.step"),
        ("UNKNOWN_REFERENCE", "all.2.skill.id"),
        ("UNKNOWN_REFERENCE", "all.3.employed.role"),
    ]


def test_duplicates_are_warnings():
    requirement = AnyOf(2, (A, AnyOf(1, (A, B)), A))
    [problem] = check(requirement)
    assert (problem.kind, problem.path, problem.is_warning) == (
        ProblemKind.DUPLICATE,
        ("any", "of", "2"),
        True,
    )
    assert problem.message == "is the same as any.of.0, and counts again"


def test_too_deep_or_too_large():
    deep = NOTHING
    for _ in range(2000):
        deep = All((deep,))
    assert found(deep)[0] == ("TOO_DEEP", ".".join(["all", "0"] * MAX_DEPTH))
    assert found(All((A,) * MAX_NODES)) == [("TOO_LARGE", f"all.{MAX_NODES - 1}")]


def test_problems_stand_in_the_order_of_the_requirement():
    requirement = All((A, AnyOf(2, (B, SkillAt(number(1), 9))), A, C))
    assert found(requirement, known={A.subject, SkillAt(number(1), 1).subject}) == [
        ("UNKNOWN_REFERENCE", "all.1.any.of.0.credential"),
        ("OUTSIDE_SCALE", "all.1.any.of.1.skill.level"),
        ("DUPLICATE", "all.2"),
        ("UNKNOWN_REFERENCE", "all.3.credential"),
    ]


def test_a_requirement_that_names_itself():
    assert rings_of(All((B, A)), requires=lambda _: None, owner=A.subject) == [
        ("all.1", (A.subject, A.subject))
    ]


def test_a_ring_names_everything_in_it_in_order():
    others = {P.subject: All((C, B)), B.subject: AnyOf(1, (C, A)), C.subject: None}
    [problem] = check(
        All((C, P)),
        requires=others.get,
        owner=A.subject,
        name_of={A.subject: "A", B.subject: "B", P.subject: "P"}.get,
    )
    assert problem.path == ("all", "1")
    assert problem.ring == (A.subject, P.subject, B.subject, A.subject)
    assert problem.message == "goes round in a circle, A → P → B → A: leave one of them out"


def test_each_branch_that_leads_back_is_named():
    others = {B.subject: A, C.subject: B}
    assert rings_of(AnyOf(1, (B, C)), requires=others.get, owner=A.subject) == [
        ("any.of.0", (A.subject, B.subject, A.subject)),
        ("any.of.1", (A.subject, C.subject, B.subject, A.subject)),
    ]


def test_what_the_owner_required_before_does_not_count():
    others = {A.subject: B, B.subject: A}
    assert rings_of(All((C,)), requires=others.get, owner=A.subject) == []
    assert rings_of(All((B,)), requires=others.get, owner=A.subject) == [
        ("all.0", (A.subject, B.subject, A.subject))
    ]


def test_a_ring_among_others_is_found_too():
    others = {A.subject: B, B.subject: C, C.subject: B}
    assert rings_of(All((A, B)), requires=others.get) == [("all.0", (B.subject, C.subject, B.subject))]


def test_two_ways_to_one_thing_are_no_ring():
    others = {A.subject: All((B, C)), B.subject: P, C.subject: P, P.subject: NOTHING}
    assert rings_of(All((A, B, C)), requires=others.get, owner=CredentialHeld(number(99)).subject) == []


def test_only_pathways_credentials_and_steps_are_asked_about():
    asked = []
    requirement = All((A, P, StepDone(number(1)), SkillAt(number(1), 1), Employed(NURSE), A))
    check(requirement, requires=asked.append, owner=B.subject)
    assert sorted(subject.kind for subject in asked) == ["credential", "pathway", "step"]


def test_a_long_chain_does_not_exhaust_the_stack():
    chain = {CredentialHeld(number(n)).subject: CredentialHeld(number(n + 1)) for n in range(20_000)}
    first, last = CredentialHeld(number(0)), CredentialHeld(number(20_000))
    [(path, ring)] = rings_of(first, requires=chain.get, owner=last.subject)
    assert (path, len(ring)) == ("", 20_002)
    assert rings_of(first, requires=chain.get) == []


nodes = st.integers(0, 6)
graphs = st.dictionaries(nodes, st.frozensets(nodes, max_size=3), max_size=7)


def things(numbers):
    return tuple(CredentialHeld(number(n)) if n % 2 else PathwayDone(number(n)) for n in sorted(numbers))


def reachable(graph, start):
    """Everything at the end of a walk of one step or more."""
    seen, ahead = set(), set(graph.get(start, ()))
    while ahead:
        n = ahead.pop()
        if n not in seen:
            seen.add(n)
            ahead |= graph.get(n, frozenset())
    return seen


@given(graphs, st.frozensets(nodes, max_size=4), st.none() | nodes)
def test_rings_are_found_exactly_where_there_are_some(graph, asked, owner):
    stored = {thing.subject: All(things(graph[n])) for n in graph for thing in things([n])}
    leaves = things(asked)
    problems = check(
        All(leaves), requires=stored.get, owner=None if owner is None else things([owner])[0].subject
    )
    written = {**graph, owner: asked} if owner is not None else graph
    ringed = {n for n in range(7) if n in reachable(written, n)}
    into = [n for n in asked if (reachable(written, n) | {n}) & ringed]
    assert bool(problems) == bool(into)

    edges = {
        (one.subject, other.subject) for n in written for one in things([n]) for other in things(written[n])
    }
    for problem in problems:
        assert problem.ring[0] == problem.ring[-1]
        assert set(zip(problem.ring, problem.ring[1:], strict=False)) <= edges
        assert len(set(problem.ring)) == len(problem.ring) - 1
    if owner is not None:
        back = [
            i
            for i, leaf in enumerate(leaves)
            if owner in reachable(written, leaf.subject.id.int) | {leaf.subject.id.int}
        ]
        through = [problem.path for problem in problems if things([owner])[0].subject == problem.ring[0]]
        assert through == [("all", str(i)) for i in back]
