"""A requirement that somebody has just written, explained for people."""

import pytest

from cairn.graph.problem import Code, Problem
from world import id_of

EVALUATE = """query($requirement: RequirementInput!, $employee: ID!, $at: DateTime) {
  evaluate(requirement: $requirement, employee: $employee, at: $at) {
    employee { givenName } met since until progress
    blocking { path text }
    explanation {
      kind path depth parent met since until metFrom progress have need outOf text
      skill { name } team { name } evidence { source level }
    }
    soonest { metFrom obtain { path skill { name } } }
  }
}"""


def skill(world, name, level, *, verified=False):
    return {"skill": {"id": world.gid("Skill", name), "level": level, "verified": verified}}


async def test_it_is_explained_with_what_stands_behind_it_and_what_would_meet_it(ask, world):
    requirement = {
        "all": [
            skill(world, "Python", 2, verified=True),
            {"any": {"n": 1, "of": [skill(world, "SQL", 3), skill(world, "Negotiation", 4)]}},
            {"employed": {"team": world.gid("Team", "Core team"), "for": "P1Y"}},
        ]
    }
    given = {"requirement": requirement, "employee": world.gid("Employee", "Ben")}
    answer = await ask.whole(EVALUATE, given, viewer=world.viewer("Ada"))
    found = answer["data"]["evaluate"]
    assert (found["employee"], found["met"], found["since"]) == ({"givenName": "Ben"}, False, None)
    assert found["progress"] == (1 + 3 / 4 + 1) / 3
    assert [each["path"] for each in found["blocking"]] == [
        ["all", "1", "any", "of", "0"],
        ["all", "1", "any", "of", "1"],
    ]
    assert found["blocking"][0]["text"] == "SQL at level 3 or higher: no level held."
    root, python, any_, sql, negotiation, core = found["explanation"]
    assert (root["kind"], root["have"], root["need"], root["parent"]) == ("ALL", 2, 3, None)
    assert (python["met"], python["since"], python["until"]) == (True, "2024-01-01T00:00:00+00:00", None)
    assert python["skill"] == {"name": "Python"}
    assert python["evidence"] == [{"source": "MANAGER", "level": 2}]
    assert (any_["depth"], any_["parent"], sql["parent"]) == (1, 0, 2)
    assert (negotiation["have"], negotiation["need"]) == (3, 4)
    assert (core["team"], core["met"]) == ({"name": "Core"}, True)
    assert [each["skill"] for each in found["soonest"]["obtain"]] == [{"name": "Negotiation"}]

    then = await ask.whole(EVALUATE, {**given, "at": "2024-06-01T00:00:00Z"}, viewer=world.viewer("Ada"))
    assert then["data"]["evaluate"]["met"]
    assert then["data"]["evaluate"]["until"] == "2025-01-01T00:00:00+00:00"
    assert then["data"]["evaluate"]["soonest"] is None


async def test_who_may_not_see_the_records_is_told_nothing(ask, world):
    """Not a colleague, and of an employment's length not the learning admin; those who may are the twins."""
    requirement, tenure = skill(world, "Python", 2), {"employed": {"for": "P1Y"}}

    async def told(who, of, requirement):
        given = {"requirement": requirement, "employee": world.gid("Employee", of)}
        answer = await ask.whole(EVALUATE, given, viewer=world.viewer(who))
        assert "errors" not in answer
        return answer["data"]["evaluate"] is not None

    assert [await told(who, "Ben", requirement) for who in ("Cleo", "Dan", "Pat")] == [False] * 3
    assert [await told(who, "Ben", requirement) for who in ("Ben", "Ada", "Grace", "Lena")] == [True] * 4
    assert [await told(who, "Ben", tenure) for who in ("Cleo", "Dan", "Lena")] == [False] * 3
    assert [await told(who, "Ben", tenure) for who in ("Ben", "Ada", "Pat", "Auda")] == [True] * 4


async def test_what_makes_no_sense_is_refused_with_the_place(ask, world):
    requirement = {"all": [skill(world, "Python", 9), {"credential": f"Credential:{id_of('nothing')}"}]}
    given = {"requirement": requirement, "employee": world.gid("Employee", "Ben")}
    [error] = (await ask.whole(EVALUATE, given, viewer=world.viewer("Ada")))["errors"]
    assert error["extensions"]["code"] == Code.BAD_INPUT
    assert [each["path"] for each in error["extensions"]["problems"]] == [
        ["requirement", "all", "0", "skill", "level"],
        ["requirement", "all", "1", "credential"],
    ]
    many = (
        "{ " + " ".join(f"q{n}: evaluate(requirement: $r, employee: $e) {{ met }}" for n in range(6)) + " }"
    )
    given = {"r": skill(world, "Python", 2), "e": world.gid("Employee", "Ben")}
    with pytest.raises(Problem) as refused:
        await ask.whole(f"query($r: RequirementInput!, $e: ID!) {many}", given)
    assert refused.value.code is Code.LIMIT


async def test_several_people_by_a_statement_a_kind(ask, world):
    query = """query($requirement: RequirementInput!, $employees: [ID!]!) {
      evaluateEach(requirement: $requirement, employees: $employees) {
        met evaluations { employee { givenName } met }
      }
      viewer { employee { givenName } }
    }"""
    employees = [world.gid("Employee", name) for name in ("Cleo", "Ben", "Dan", "Cleo")]
    given = {"requirement": skill(world, "Python", 3), "employees": employees}
    answer = await ask.whole(query, given, viewer=world.viewer("Ada"))
    assert answer["data"] == {
        "evaluateEach": {
            "met": 1,
            "evaluations": [
                {"employee": {"givenName": "Cleo"}, "met": True},
                {"employee": {"givenName": "Ben"}, "met": False},
            ],
        },
        "viewer": {"employee": {"givenName": "Ada"}},
    }
    assert answer["extensions"]["cost"]["mostRows"]
