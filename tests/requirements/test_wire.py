"""The JSON form goes both ways, and nothing a client can send gets in or out any other way."""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.problems import Malformed, ProblemKind
from cairn.requirements.tree import MAX_DEPTH, MAX_NODES, NOTHING, All, walk
from cairn.requirements.wire import MAX_PROBLEMS, parse, serialise
from requirements.naive import requirements

ID = "3f0e9a52-6c1d-4b8e-9a53-0c6f1d2e7b48"
STEP = {"step": ID}

WHOLE = {
    "all": [
        {"skill": {"id": ID, "level": 3, "verified": True}},
        {"skill": {"id": ID, "level": 1}},
        {"any": {"n": 1, "of": [{"credential": ID}, {"step": ID}, {"pathway": ID}]}},
        {"points": {"min": 10, "of": [{"weight": 6, "when": STEP}, {"weight": 5, "when": {"all": []}}]}},
        {"notBefore": "2026-03-01T00:00:00Z"},
        {"employed": {"role": ID, "for": "P1Y6M"}},
        {"employed": {"department": ID}},
        {"employed": {"team": ID}},
        {"employed": {"location": "Łódź"}},
        {"employed": {}},
    ]
}


def problems(value):
    with pytest.raises(Malformed) as caught:
        parse(value)
    return caught.value.problems


def test_every_kind_there_and_back():
    assert serialise(parse(WHOLE)) == WHOLE


@given(requirements)
def test_round_trip(requirement):
    sent = json.loads(json.dumps(serialise(requirement)))
    assert parse(sent) == requirement
    assert serialise(parse(sent)) == sent


def test_the_empty_requirement():
    assert parse({"all": []}) == NOTHING
    assert serialise(NOTHING) == {"all": []}


def test_other_spellings_of_one_value():
    assert parse({"credential": ID.upper()}) == parse({"credential": ID})
    assert parse({"notBefore": "2026-03-01T02:00+02:00"}) == parse({"notBefore": "2026-03-01T00:00:00.000Z"})
    assert parse({"employed": {"for": "P52W"}}) == parse({"employed": {"for": "P364D"}})
    assert parse({"skill": {"id": ID, "level": 1, "verified": False}}) == parse(
        {"skill": {"id": ID, "level": 1}}
    )


@pytest.mark.parametrize(
    ("value", "path", "kind", "message"),
    [
        (None, "", "WRONG_TYPE", 'must be an object with one key, like {"credential": "<id>"}, not null'),
        ([STEP], "", "WRONG_TYPE", 'must be an object with one key, like {"credential": "<id>"}, not a list'),
        ({}, "", "WRONG_TYPE", "has 0 keys"),
        ({"step": ID, "pathway": ID}, "", "WRONG_TYPE", "has 2 keys: put them beside each other under all"),
        ({"skil": {}}, "", "UNKNOWN_KEY", 'has no key "skil": did you mean skill?'),
        ({"\0": 1}, "", "UNKNOWN_KEY", 'has no key "\ufffd": there are all, any, points'),
        ({1: 1}, "", "UNKNOWN_KEY", "has no key 1"),
        ({"all": STEP}, "all", "WRONG_TYPE", "must be a list, not an object"),
        ({"all": [STEP, 7]}, "all.1", "WRONG_TYPE", "not 7"),
        ({"any": {"of": [STEP]}}, "any.n", "MISSING_KEY", "is missing; needed are n, of"),
        ({"any": {"n": 1}}, "any.of", "MISSING_KEY", "is missing"),
        ({"any": [STEP]}, "any", "WRONG_TYPE", "must be an object with n, of, not a list"),
        ({"any": {"n": 0, "of": [STEP]}}, "any.n", "OUT_OF_BOUNDS", "must be from 1 to 500, not 0"),
        ({"any": {"n": True, "of": [STEP]}}, "any.n", "WRONG_TYPE", "whole number from 1 to 500, not true"),
        ({"any": {"n": 1.0, "of": [STEP]}}, "any.n", "WRONG_TYPE", "not 1.0"),
        ({"any": {"n": float("nan"), "of": [STEP]}}, "any.n", "WRONG_TYPE", "not such a number"),
        ({"any": {"n": 10**5000, "of": [STEP]}}, "any.n", "OUT_OF_BOUNDS", "not such a number"),
        ({"any": {"n": 1, "of": [STEP], "off": 1}}, "any", "UNKNOWN_KEY", 'no key "off": did you mean of?'),
        (
            {"points": {"min": 1, "of": [{"when": STEP}]}},
            "points.of.0.weight",
            "MISSING_KEY",
            "needed are weight, when",
        ),
        (
            {"points": {"min": 1, "of": [{"weight": -1, "when": STEP}]}},
            "points.of.0.weight",
            "OUT_OF_BOUNDS",
            "must be from 1 to 1000, not -1",
        ),
        (
            {"points": {"min": 1, "of": [{"weight": 1, "when": {"step": "x"}}]}},
            "points.of.0.when.step",
            "BAD_VALUE",
            'must be an id like 3f0e9a52-6c1d-4b8e-9a53-0c6f1d2e7b48, not "x"',
        ),
        ({"notBefore": "2026-03-01"}, "notBefore", "BAD_VALUE", "like 2026-03-01T00:00:00Z"),
        ({"notBefore": "2026-03-01T00:00:00"}, "notBefore", "BAD_VALUE", "with its offset"),
        ({"notBefore": "2026-02-30T00:00:00Z"}, "notBefore", "BAD_VALUE", "an instant"),
        ({"notBefore": "0001-01-01T00:00:00+14:00"}, "notBefore", "BAD_VALUE", "an instant"),
        ({"notBefore": 1772323200}, "notBefore", "WRONG_TYPE", "an instant"),
        ({"skill": ID}, "skill", "WRONG_TYPE", 'must be an object with id, level, verified, not "3f0e'),
        ({"skill": {"id": ID}}, "skill.level", "MISSING_KEY", "is missing; needed are id, level"),
        (
            {"skill": {"id": ID, "level": 101}},
            "skill.level",
            "OUT_OF_BOUNDS",
            "must be from 1 to 100, not 101",
        ),
        (
            {"skill": {"id": ID, "level": "3"}},
            "skill.level",
            "WRONG_TYPE",
            'whole number from 1 to 100, not "3"',
        ),
        (
            {"skill": {"id": ID, "level": 3, "verified": None}},
            "skill.verified",
            "WRONG_TYPE",
            "true or false, not null",
        ),
        ({"credential": "{" + ID + "}"}, "credential", "BAD_VALUE", "must be an id"),
        ({"pathway": None}, "pathway", "WRONG_TYPE", "must be an id"),
        ({"employed": {"role": ID, "team": ID}}, "employed", "UNKNOWN_KEY", "names role and team: name one"),
        ({"employed": {"roles": ID}}, "employed", "UNKNOWN_KEY", "did you mean role?"),
        ({"employed": {"location": " "}}, "employed.location", "BAD_VALUE", "the name of a location"),
        ({"employed": {"location": "a\0b"}}, "employed.location", "BAD_VALUE", "control characters"),
        ({"employed": {"location": "\ud800"}}, "employed.location", "BAD_VALUE", "control characters"),
        ({"employed": {"location": "x" * 201}}, "employed.location", "BAD_VALUE", "at most 200 characters"),
        ({"employed": {"for": "PT5H"}}, "employed.for", "BAD_VALUE", "like P1Y6M or P90D"),
        ({"employed": {"for": "P0D"}}, "employed.for", "BAD_VALUE", "at least one day"),
        ({"employed": {"for": 90}}, "employed.for", "WRONG_TYPE", "a duration in ISO 8601"),
    ],
)
def test_what_is_wrong_and_where(value, path, kind, message):
    problem = problems(value)[0]
    assert ".".join(problem.path) == path
    assert problem.kind == kind
    assert message in problem.message


def test_the_path_leads_to_the_value():
    value = {"all": [STEP, STEP, {"any": {"n": 1, "of": [{"skill": {"id": ID, "level": 0}}]}}]}
    assert [problem.path for problem in problems(value)] == [("all", "2", "any", "of", "0", "skill", "level")]


def test_every_problem_is_listed_and_the_error_says_them_all():
    value = {"all": [{"skill": {"id": "x", "level": 0, "verified": 1}}, {"any": {}}]}
    found = problems(value)
    assert [".".join(problem.path) for problem in found] == [
        "all.0.skill.id",
        "all.0.skill.level",
        "all.0.skill.verified",
        "all.1.any.n",
        "all.1.any.of",
    ]
    assert str(Malformed(found)).startswith("all.0.skill.id: must be an id like")


def nested(depth):
    value = {"all": []}
    for _ in range(depth - 1):
        value = {"all": [value]}
    return value


def test_depth_is_bounded():
    assert len(list(walk(parse(nested(MAX_DEPTH))))) == MAX_DEPTH
    assert problems(nested(MAX_DEPTH + 1))[0].kind is ProblemKind.TOO_DEEP
    assert problems(nested(100_000))[0].kind is ProblemKind.TOO_DEEP


def test_size_is_bounded():
    assert parse({"all": [STEP] * (MAX_NODES - 1)}) == All((parse(STEP),) * (MAX_NODES - 1))
    found = problems({"all": [STEP] * MAX_NODES})
    assert [(problem.kind, problem.path) for problem in found] == [
        (ProblemKind.TOO_LARGE, ("all", str(MAX_NODES - 1)))
    ]
    assert problems({"all": [STEP] * 1_000_000})[0].kind is ProblemKind.TOO_LARGE


def test_so_is_the_number_of_problems():
    assert len(problems({"all": [7] * 400})) == MAX_PROBLEMS
    assert len(problems({"employed": {str(n): n for n in range(100_000)}})) == MAX_PROBLEMS


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5)
    | st.sampled_from(
        ["\0", "\ud800", ID, "P1Y", "P", "2026-03-01T00:00:00Z", "٣", 10**400, -1, 0, 1, b"", (), object()]
    ),
    lambda some: (
        st.lists(some, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["all", "any", "points", "notBefore", "skill", "credential", "step", "pathway", "employed"]
            )
            | st.sampled_from(
                ["n", "of", "min", "weight", "when", "id", "level", "verified", "role", "location", "for"]
            )
            | st.text(max_size=3)
            | st.none(),
            some,
            max_size=3,
        )
    ),
    max_leaves=15,
)


def holes(value, path=()):
    """Every place in the JSON where something else could stand."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        yield from holes(below, (*path, key))


@st.composite
def damaged(draw):
    """The whole example with one value in it replaced, removed, or with a stranger beside it."""
    value = deepcopy({"root": WHOLE})
    *way, last = draw(st.sampled_from([path for path in holes(value) if path]))
    target = value
    for key in way:
        target = target[key]
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            target[last] = draw(anything)
        case "remove" if way:
            del target[last]
        case _ if isinstance(target, dict) and way:
            target[draw(st.text(max_size=3))] = draw(anything)
    return value["root"]


@given(anything | damaged())
def test_hostile_values_give_problems_or_a_requirement_and_nothing_else(value):
    requirement, found = None, []
    try:
        requirement = parse(value)
    except Malformed as malformed:
        found = malformed.problems
        str(malformed).encode()
    if requirement is not None:
        assert parse(json.loads(json.dumps(serialise(requirement)))) == requirement
        return
    assert 1 <= len(found) <= MAX_PROBLEMS
    for problem in found:
        assert all(isinstance(key, str) for key in problem.path)
        assert 0 < len(problem.message) < 300
        assert "\0" not in problem.message
        json.dumps([problem.path, problem.message], ensure_ascii=False).encode()
