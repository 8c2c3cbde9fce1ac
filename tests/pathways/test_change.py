"""Changing and ending many assignments at once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from pathways.writing import assign, step, write
from stored import unchanged
from world import TODAY

CHANGE = """
mutation ($input: ChangeAssignmentsInput!) {
  changeAssignments(input: $input) {
    __typename
    ... on ChangeAssignmentsPayload {
      results { outcome assignment { employee { givenName } dueOn priority status } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path } }
  }
}
"""
CLOSE = CHANGE.replace("ChangeAssignmentsInput", "CloseAssignmentsInput").replace(
    "changeAssignments", "closeAssignments"
)
DUE = TODAY + timedelta(days=7)


@pytest.fixture
async def assigned(ask, world):
    data = await write(ask, "data", [step("read")])
    people = [world.gid("Employee", who) for who in ("Ben", "Cleo", "Dan")]
    return await assign(ask, data, *people, dueOn=str(DUE))


async def test_each_is_changed_that_one_may_change(ask, world, assigned):
    given = {"assignments": [*assigned, f"Assignment:{uuid4()}"], "extendByDays": 5, "priority": 1}
    done = await ask.do(CHANGE, given, viewer=world.viewer("Ada"))
    later = {"dueOn": str(DUE + timedelta(days=5)), "priority": 1, "status": "ASSIGNED"}
    assert (
        done["results"]
        == [
            {"outcome": "CHANGED", "assignment": {"employee": {"givenName": who}} | later}
            for who in ("Ben", "Cleo")
        ]
        + [{"outcome": "NOT_ALLOWED", "assignment": None}] * 2
    )
    entries = await ask(
        '{ auditEntries(where: {verb: {eq: "assignment.change"}}) { nodes { viewer after } } }',
        viewer=world.viewer("Auda"),
    )
    [entry] = entries["auditEntries"]["nodes"]
    assert (entry["viewer"], entry["after"]["extend_by_days"], len(entry["after"]["assignments"])) == (
        "employee:Ada",
        5,
        2,
    )


async def test_nobody_changes_what_they_are_told_to_do(ask, world, database, assigned):
    for who, outcome in (("Ben", "NOT_ALLOWED"), ("Auda", "NOT_ALLOWED"), ("Lena", "CHANGED")):
        async with unchanged(database):
            given = {"assignments": assigned[:1], "dueOn": str(DUE + timedelta(days=9)), "dryRun": True}
            done = await ask.do(CHANGE, given, viewer=world.viewer(who))
        assert [each["outcome"] for each in done["results"]] == [outcome], who


async def test_many_are_ended_at_once_and_those_that_ended_stay(ask, world, assigned):
    given = {"assignments": assigned[:1], "closure": "WAIVED", "reason": "They teach it"}
    await ask.do(CLOSE, given, viewer=world.viewer("Lena"))
    given |= {"assignments": assigned, "closure": "CANCELLED", "reason": "No more"}
    done = await ask.do(CLOSE, given, viewer=world.viewer("Lena"))
    assert [(each["outcome"], each["assignment"]["status"]) for each in done["results"]] == [
        ("CLOSED", "WAIVED"),
        ("CHANGED", "CANCELLED"),
        ("CHANGED", "CANCELLED"),
    ]


@pytest.mark.parametrize(
    ("verb", "given", "path"),
    [
        (CHANGE, {}, "assignments"),
        (CHANGE, {"dueOn": str(DUE), "extendByDays": 1}, "extendByDays"),
        (CHANGE, {"dueOn": str(TODAY - timedelta(days=1))}, "dueOn"),
        (CHANGE, {"extendByDays": 0}, "extendByDays"),
        (CHANGE, {"priority": 9}, "priority"),
        (CLOSE, {"closure": "COMPLETED", "reason": "Done"}, "closure"),
        (CLOSE, {"closure": "WAIVED", "reason": " "}, "reason"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, assigned, verb, given, path):
    async with unchanged(database):
        refused = await ask.do(verb, {"assignments": assigned} | given, viewer=world.viewer("Lena"))
    assert [each["path"] for each in refused["problems"]] == [[path]]
