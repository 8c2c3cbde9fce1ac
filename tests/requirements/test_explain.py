"""What a person, and a client, is told."""

import json

from hypothesis import given

from cairn.requirements.duration import Duration
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Fact
from cairn.requirements.outcome import outcome
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
    walk,
)
from requirements.naive import cases, day, met, number

PYTHON = number(1)
AID, DRIVING, FORKLIFT = (CredentialHeld(number(n)) for n in (11, 12, 13))
NURSE = Subject(SubjectKind.ROLE, number(2))
WARD = Subject(SubjectKind.DEPARTMENT, number(3))
BERLIN = Subject(SubjectKind.LOCATION, "Berlin")
TALK, ONBOARDING = StepDone(number(5)), PathwayDone(number(6))

NAMES = {
    SkillAt(PYTHON, 1).subject: "Python",
    AID.subject: "First aid",
    DRIVING.subject: "Driving",
    FORKLIFT.subject: "Forklift",
    NURSE: "Nurse",
    WARD: "Ward 3",
    BERLIN: "Berlin",
    TALK.subject: "Give a talk",
    ONBOARDING.subject: "Onboarding",
}


def texts(requirement, facts):
    return [row.text for row in explain(requirement, facts, day(10), NAMES.__getitem__).flatten()]


def test_a_whole_explanation_reads_from_top_to_bottom():
    requirement = All(
        (
            AnyOf(1, (AID, DRIVING)),
            Points(8, ((5, FORKLIFT), (3, TALK), (2, ONBOARDING))),
            SkillAt(PYTHON, 3, verified=True),
            Employed(NURSE, Duration(months=12)),
            NotBefore(day(-14)),
        )
    )
    facts = {
        AID.subject: [Fact(day(0), day(366))],
        TALK.subject: [Fact(day(4), None)],
        FORKLIFT.subject: [Fact(day(17), None)],
        SkillAt(PYTHON, 1).subject: [Fact(day(0), None, level=4)],
        NURSE: [Fact(day(-14), None)],
    }
    assert texts(requirement, facts) == [
        "All of the following: 2 of 5 met.",
        "At least 1 of the following 2: 1 met, since 2024-01-15, until 2025-01-15.",
        "The credential First aid: held, since 2024-01-15, until 2025-01-15.",
        "The credential Driving: not held.",
        "At least 8 of the following 10 points: 3 reached, by time alone from 2024-02-01.",
        "The credential Forklift: not held, by time alone from 2024-02-01.",
        "The step Give a talk: done, since 2024-01-19.",
        "The pathway Onboarding: not completed.",
        "Python at level 3 or higher, verified: level 4 held, not verified.",
        "Employed as Nurse for at least 1 year: so employed since 2024-01-01, by time alone from 2025-01-01.",
        "Not before 2024-01-01: that has come, since 2024-01-01.",
    ]


def test_sentences():
    python = SkillAt(PYTHON, 3).subject
    assert texts(NOTHING, NO_FACTS) == ["Nothing is required."]
    assert texts(SkillAt(PYTHON, 3), NO_FACTS) == ["Python at level 3 or higher: no level held."]
    levels = {python: [Fact(None, None, level=4), Fact(None, None, level=2, verified=True)]}
    assert texts(SkillAt(PYTHON, 3), levels) == ["Python at level 3 or higher: level 4 held."]
    assert texts(SkillAt(PYTHON, 3, verified=True), levels) == [
        "Python at level 3 or higher, verified: level 4 held, verified only at 2."
    ]
    assert texts(Employed(WARD), NO_FACTS) == ["Employed in the department Ward 3: not so employed."]
    assert texts(Employed(BERLIN), {BERLIN: [Fact(None, None)]}) == ["Employed at Berlin: met."]
    assert texts(Employed(), NO_FACTS) == ["Employed: not so employed."]
    assert texts(NotBefore(day(10).replace(hour=17, minute=30)), NO_FACTS) == [
        "Not before 2024-01-25 17:30 UTC: still to come, by time alone from 2024-01-25 17:30 UTC."
    ]


def test_one_row_as_json():
    facts = {
        SkillAt(PYTHON, 3).subject: [
            Fact(day(0), day(20), ("e1", "e2"), level=3),
            Fact(day(1), None, ("e2",), level=3),
        ]
    }
    explanation = explain(All((AID, SkillAt(PYTHON, 3))), facts, day(10), NAMES.__getitem__)
    assert explanation.flatten()[2].as_json() == {
        "kind": "skill",
        "path": ["all", "1"],
        "depth": 1,
        "parent": 0,
        "met": True,
        "since": "2024-01-15T00:00:00Z",
        "until": None,
        "metFrom": None,
        "progress": 1.0,
        "have": 3,
        "need": 3,
        "outOf": 3,
        "subject": {"kind": "skill", "id": str(PYTHON)},
        "sources": ["e1", "e2"],
        "text": "Python at level 3 or higher: level 3 held, since 2024-01-15.",
    }


@given(cases())
def test_rows_are_the_nodes_in_order_and_agree_with_the_outcome(case):
    requirement, facts, at = case
    explanation = explain(requirement, facts, at, lambda subject: f"<{subject.id}>")
    rows = explanation.flatten()
    assert [(row.path, row.depth + 1) for row in rows] == [
        (path, depth) for path, depth, _ in walk(requirement)
    ]
    for row, (_, _, node) in zip(rows, walk(requirement), strict=True):
        alone = outcome(node, facts, at)
        assert row.kind == node.kind
        assert row.met == met(node, facts, at) == (row.have >= row.need)
        assert (row.since, row.until, row.progress) == (alone.since, alone.until, alone.progress)
        assert row.met_from == (alone.plan.met_from if alone.plan and not alone.plan.obtain else None)
        assert row.text.endswith(".")
        if row.parent is not None:
            above = rows[row.parent]
            assert row in above.of
            assert row.depth == above.depth + 1
    json.dumps([row.as_json() for row in rows])
