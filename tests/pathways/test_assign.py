"""Assigning people to a pathway, and ending what was assigned."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cairn.jobs.drain import drain
from cairn.pathways.assign import assign_pathway, cancel_for_leavers
from pathways.writing import ASSIGN, assign, complete, step, write, write_version
from stored import counts, unchanged
from waiting import until_it_waits
from world import TODAY, id_of

CLOSE = """
mutation ($input: %sAssignmentInput!) {
  %sAssignment(input: $input) {
    __typename
    ... on Assignment { status closure closureReason }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on AssignmentClosed { assignment { status } }
  }
}
"""
CANCEL, WAIVE = CLOSE % ("Cancel", "cancel"), CLOSE % ("Waive", "waive")
FOUND = """
query ($id: ID!, $at: DateTime) {
  assignment(id: $id, at: $at) { status closure closureReason stepsDone stepsTotal version { number } }
}
"""


@pytest.fixture
async def data(ask, world):  # noqa: ARG001  # whoever is assigned
    return await write(ask, "data", [step("read"), step("write")])


def outcomes(done):
    return {
        each["employee"] and each["employee"]["displayName"].removesuffix(" Test"): each["outcome"]
        for each in done["results"]
    }


def to(world, pathway, *people, **more):
    return {"pathway": pathway.id, "employees": [world.gid("Employee", who) for who in people], **more}


async def test_a_manager_assigns_those_below_at_any_depth(ask, world, data):
    due = TODAY + timedelta(days=30)
    given = to(world, data, "Ben", "Cleo", dueOn=str(due), priority=1, reason="For the new product")
    done = await ask.do(ASSIGN, given, viewer=world.viewer("Ada"))
    ids = [each["assignment"].pop("id") for each in done["results"]]
    assert done == {
        "__typename": "AssignPathwayPayload",
        "results": [
            {
                "employee": {"displayName": f"{who} Test"},
                "outcome": "ASSIGNED",
                "assignment": {
                    "status": "ASSIGNED",
                    "cause": "MANAGER",
                    "reason": "For the new product",
                    "priority": 1,
                    "startsOn": None,
                    "dueOn": str(due),
                    "assignedBy": {"displayName": "Ada Test"},
                },
            }
            for who in ("Ben", "Cleo")
        ],
    }
    found = await ask(FOUND, {"id": ids[1]}, viewer=world.viewer("Cleo"))
    assert found["assignment"] == {
        "status": "ASSIGNED",
        "closure": None,
        "closureReason": None,
        "stepsDone": 0,
        "stepsTotal": 2,
        "version": {"number": 1},
    }


async def test_one_assigns_oneself(ask, world, data):
    done = await ask.do(ASSIGN, to(world, data, "Cleo"), viewer=world.viewer("Cleo"))
    [result] = done["results"]
    assert (result["outcome"], result["assignment"]["cause"]) == ("ASSIGNED", "SELF")


async def test_who_may_not_is_told_for_each_person(ask, world, database, data):
    everybody = ("Ada", "Ben", "Cleo", "Dan")
    for who, expected in (
        ("Cleo", {"Ada": "NOT_ALLOWED", "Ben": "NOT_ALLOWED", "Cleo": "ASSIGNED", "Dan": "NOT_ALLOWED"}),
        ("Dan", {"Ada": "NOT_ALLOWED", "Ben": "NOT_ALLOWED", "Cleo": "NOT_ALLOWED", "Dan": "ASSIGNED"}),
        ("Ada", {"Ada": "ASSIGNED", "Ben": "ASSIGNED", "Cleo": "ASSIGNED", "Dan": "NOT_ALLOWED"}),
        ("Grace", dict.fromkeys(everybody, "ASSIGNED")),
        ("Lena", dict.fromkeys(everybody, "ASSIGNED")),
        ("Auda", dict.fromkeys(everybody, "NOT_ALLOWED")),
        ("Pat", dict.fromkeys(everybody, "NOT_ALLOWED")),
    ):
        async with unchanged(database):
            done = await ask.do(ASSIGN, to(world, data, *everybody, dryRun=True), viewer=world.viewer(who))
        assert outcomes(done) == expected, who


async def test_a_manager_to_come_assigns_and_ends_what_waits_for_the_first_day(ask, world, database, data):
    """Finn starts under Ada, and Ada is below Grace; Eve's time with Ada is over."""
    query = "query ($id: ID!) { assignment(id: $id) { status employee { displayName } } }"
    for who in ("Ada", "Grace"):
        done = await ask.do(ASSIGN, to(world, data, "Finn", "Eve"), viewer=world.viewer(who))
        assert outcomes(done) == {"Finn": "SCHEDULED", "Eve": "NOT_ALLOWED"}
        id_ = done["results"][0]["assignment"]["id"]
        found = await ask(query, {"id": id_}, viewer=world.viewer(who))
        assert found["assignment"] == {"status": "SCHEDULED", "employee": {"displayName": "Finn Test"}}
        async with unchanged(database):
            refused = await ask.do(CANCEL, {"assignment": id_, "reason": "No"}, viewer=world.viewer("Ben"))
        assert refused == {"__typename": "NotFound", "message": "There is no such assignment."}
        ended = await ask.do(CANCEL, {"assignment": id_, "reason": "Later"}, viewer=world.viewer(who))
        assert ended["status"] == "CANCELLED"


async def test_nobody_learns_who_exists_from_a_result(ask, world, database, data):
    lost = {"pathway": data.id, "employees": [f"Employee:{uuid4()}"]}
    for who in ("Ada", "Lena"):
        async with unchanged(database):
            done = await ask.do(ASSIGN, lost, viewer=world.viewer(who))
        assert done["results"] == [{"employee": None, "outcome": "NOT_ALLOWED", "assignment": None}]


async def test_a_team_is_whoever_is_in_it_now_each_person_once(ask, world, data):
    given = to(world, data, "Dan", "Ben") | {"teams": [world.gid("Team", "Core team")]}
    done = await ask.do(ASSIGN, given, viewer=world.viewer("Grace"))
    assert [each["employee"]["displayName"] for each in done["results"]][:2] == ["Dan Test", "Ben Test"]
    assert outcomes(done) == dict.fromkeys(("Dan", "Ben", "Ada", "Cleo"), "ASSIGNED")


async def test_who_left_a_team_is_not_assigned_with_it(ask, world, data):
    leave = "mutation ($input: LeaveTeamInput!) { leaveTeam(input: $input) { __typename } }"
    given = {"team": world.gid("Team", "Core team"), "employee": world.gid("Employee", "Ben")}
    await ask.do(leave, given, viewer=world.viewer("Pat"))
    done = await ask.do(ASSIGN, {"pathway": data.id, "teams": [given["team"]]}, viewer=world.viewer("Grace"))
    assert outcomes(done) == {"Ada": "ASSIGNED", "Cleo": "ASSIGNED"}


async def test_who_is_assigned_already_keeps_that_assignment(ask, world, database, data):
    [first] = await assign(ask, data, world.gid("Employee", "Ben"))
    async with unchanged(database):
        done = await ask.do(ASSIGN, to(world, data, "Ben", priority=1), viewer=world.viewer("Ada"))
    [result] = done["results"]
    assert (result["outcome"], result["assignment"]["id"]) == ("ALREADY_ASSIGNED", first)
    assert result["assignment"]["priority"] == 3


async def test_two_who_assign_at_once_make_one_assignment(ask, world, database, data):
    async with database.transaction() as tx:
        pathway, ben = UUID(data.id.removeprefix("Pathway:")), id_of("Ben")
        await assign_pathway(tx, world.viewer("Ada"), pathway=pathway, employees=[ben])
        second = asyncio.create_task(ask.do(ASSIGN, to(world, data, "Ben"), viewer=world.viewer("Lena")))
        await until_it_waits(database, second)
    assert outcomes(await second) == {"Ben": "ALREADY_ASSIGNED"}
    assert await counts(database, "assignment") == {"assignment": 1}


async def test_a_request_repeated_with_its_key_assigns_once_and_answers_alike(ask, world, database, data):
    given = to(world, data, "Ben", "Cleo", idempotencyKey="spring")
    first = await ask.do(ASSIGN, given, viewer=world.viewer("Ada"))
    async with unchanged(database):
        assert await ask.do(ASSIGN, given, viewer=world.viewer("Ada")) == first
    assert outcomes(first) == {"Ben": "ASSIGNED", "Cleo": "ASSIGNED"}


async def test_leavers_are_not_assigned_and_starters_wait_for_their_day(ask, world, data):
    first_day = TODAY + timedelta(days=60)
    done = await ask.do(ASSIGN, to(world, data, "Eve", "Finn"), viewer=world.viewer("Lena"))
    assert outcomes(done) == {"Eve": "NOT_EMPLOYED", "Finn": "SCHEDULED"}
    waits = done["results"][1]["assignment"]
    assert (waits["status"], waits["startsOn"]) == ("SCHEDULED", str(first_day))
    for at, status in ((first_day - timedelta(days=1), "SCHEDULED"), (first_day, "ASSIGNED")):
        found = await ask(FOUND, {"id": waits["id"], "at": f"{at}T12:00:00Z"})
        assert found["assignment"]["status"] == status


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"priority": 0}, "priority"),
        ({"priority": 6}, "priority"),
        ({"dueOn": str(TODAY - timedelta(days=1))}, "dueOn"),
        ({"employees": []}, "employees"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, data, given, path):
    async with unchanged(database):
        refused = await ask.do(ASSIGN, to(world, data, "Ben") | given, viewer=world.viewer("Ada"))
    assert [each["path"] for each in refused["problems"]] == [[path]]


async def test_pathways_and_teams_that_do_not_exist_are_not_found(ask, world, database, data):
    lost = to(world, data, "Ben") | {"pathway": f"Pathway:{uuid4()}"}
    no_team = to(world, data, "Ben") | {"teams": [f"Team:{uuid4()}"]}
    async with unchanged(database):
        answers = [await ask.do(ASSIGN, given, viewer=world.viewer("Ada")) for given in (lost, no_team)]
    assert answers[0]["message"] == "There is no such pathway."
    assert answers[1]["problems"] == [{"path": ["teams", "0"], "message": "there is no team with that id"}]


async def test_nobody_is_assigned_to_a_draft(ask, world, database):
    secret = await write(ask, "secret", [step("read")], publish=False)
    async with unchanged(database):
        admin = await ask.do(ASSIGN, to(world, secret, "Ben"), viewer=world.viewer("Lena"))
        manager = await ask.do(ASSIGN, to(world, secret, "Ben"), viewer=world.viewer("Ada"))
    assert admin["__typename"] == "NotPublished"
    assert manager == {"__typename": "NotFound", "message": "There is no such pathway."}


async def test_who_follows_a_version_stays_with_it(ask, world, data):
    ben, cleo = (world.gid("Employee", who) for who in ("Ben", "Cleo"))
    [early] = await assign(ask, data, ben)
    await write_version(ask, data, [step("read"), step("write"), step("talk")])
    [late] = await assign(ask, data, cleo)
    found = [(await ask(FOUND, {"id": id_}))["assignment"] for id_ in (early, late)]
    assert [(each["version"], each["stepsTotal"]) for each in found] == [
        ({"number": 1}, 2),
        ({"number": 2}, 3),
    ]


async def test_an_assignment_leaves_its_entry_and_its_events(ask, world, database, data):
    await ask.do(ASSIGN, to(world, data, "Ben", "Dan"), viewer=world.viewer("Ada"))
    async with database.transaction() as tx:
        events = (await tx.execute(text("select name from event"))).scalars().all()
    assert sorted(events) == ["PathwayAssigned", "PathwayPublished"]
    query = '{ auditEntries(where: {verb: {eq: "pathway.assign"}}) { nodes { viewer after } } }'
    entries = await ask(query, viewer=world.viewer("Auda"))
    assert entries["auditEntries"]["nodes"] == [
        {"viewer": "employee:Ada", "after": {"employees": [str(id_of("Ben"))]}}
    ]


# Statuses over time


async def test_an_assignment_is_overdue_the_day_after_it_was_due(ask, world, data):
    due = TODAY + timedelta(days=3)
    [id_] = await assign(ask, data, world.gid("Employee", "Ben"), dueOn=str(due))
    await complete(ask, data, "read", world.gid("Employee", "Ben"))
    for day, status in ((due, "IN_PROGRESS"), (due + timedelta(days=1), "OVERDUE")):
        found = await ask(FOUND, {"id": id_, "at": f"{day}T23:59:59Z"})
        assert (found["assignment"]["status"], found["assignment"]["stepsDone"]) == (status, 1)


# Ending


async def test_a_manager_or_a_learning_admin_waives_or_cancels(ask, world, data):
    ben, reason = world.gid("Employee", "Ben"), "Not needed any more"
    for verb, who, status in (
        (WAIVE, "Ada", "WAIVED"),
        (CANCEL, "Grace", "CANCELLED"),
        (WAIVE, "Lena", "WAIVED"),
    ):
        [id_] = await assign(ask, data, ben)
        before = datetime.now(UTC)
        done = await ask.do(verb, {"assignment": id_, "reason": reason}, viewer=world.viewer(who))
        assert done == {
            "__typename": "Assignment",
            "status": status,
            "closure": status,
            "closureReason": reason,
        }
        then = await ask(FOUND, {"id": id_, "at": before.isoformat()})
        assert then["assignment"]["status"] == "ASSIGNED"


async def test_one_cancels_what_one_chose_and_waives_nothing(ask, world, database, data):
    ben, viewer = world.gid("Employee", "Ben"), world.viewer("Ben")
    [chosen] = await assign(ask, data, ben, viewer=viewer)
    given = {"assignment": chosen, "reason": "No time"}
    async with unchanged(database):
        refused = await ask.do(WAIVE, given, viewer=viewer)
    assert refused == {
        "__typename": "NotAllowed",
        "message": "Assignments are ended by the person's managers and by learning admins.",
    }
    assert (await ask.do(CANCEL, given, viewer=viewer))["status"] == "CANCELLED"
    [told] = await assign(ask, data, ben, viewer=world.viewer("Ada"))
    async with unchanged(database):
        refused = await ask.do(CANCEL, {"assignment": told, "reason": "No time"}, viewer=viewer)
    assert refused["__typename"] == "NotAllowed"


async def test_for_who_does_not_see_it_there_is_none(ask, world, database, data):
    [id_] = await assign(ask, data, world.gid("Employee", "Ben"))
    given = {"assignment": id_, "reason": "No"}
    for who, refusal in (
        ("Cleo", "NotFound"),
        ("Dan", "NotFound"),
        ("Pat", "NotFound"),
        ("Auda", "NotAllowed"),
    ):
        async with unchanged(database):
            refused = [await ask.do(verb, given, viewer=world.viewer(who)) for verb in (CANCEL, WAIVE)]
        assert [each["__typename"] for each in refused] == [refusal] * 2, who


async def test_it_ends_once_and_for_a_reason(ask, world, database, data):
    [id_] = await assign(ask, data, world.gid("Employee", "Ben"))
    ada = world.viewer("Ada")
    async with unchanged(database):
        unsaid = await ask.do(WAIVE, {"assignment": id_, "reason": " "}, viewer=ada)
    assert unsaid["problems"] == [{"path": ["reason"], "message": "must say why"}]
    await ask.do(WAIVE, {"assignment": id_, "reason": "Knows it"}, viewer=ada)
    async with unchanged(database):
        again = await ask.do(CANCEL, {"assignment": id_, "reason": "Really"}, viewer=ada)
    assert again == {
        "__typename": "AssignmentClosed",
        "message": "It has ended before.",
        "assignment": {"status": "WAIVED"},
    }


LEAVE = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"


async def test_who_has_left_has_nothing_to_do_any_more(ask, world, database, url, data):
    ben, cleo = (world.gid("Employee", who) for who in ("Ben", "Cleo"))
    ids = await assign(ask, data, ben, cleo)
    yesterday = str(TODAY - timedelta(days=1))
    await ask.do(LEAVE, {"employee": ben, "lastDay": yesterday}, viewer=world.viewer("Pat"))
    await drain(database, url)
    bens, cleos = [(await ask(FOUND, {"id": id_}))["assignment"] for id_ in ids]
    assert (bens["status"], bens["closureReason"]) == ("CANCELLED", "The person has left the company.")
    assert cleos["status"] == "ASSIGNED"


async def test_a_last_day_to_come_is_waited_for(ask, world, database, url, data):
    ben = world.gid("Employee", "Ben")
    [id_] = await assign(ask, data, ben)
    await ask.do(LEAVE, {"employee": ben, "lastDay": str(TODAY)}, viewer=world.viewer("Pat"))
    await drain(database, url)
    async with database.transaction() as tx:
        await cancel_for_leavers(tx, datetime.now(UTC))
    assert (await ask(FOUND, {"id": id_}))["assignment"]["status"] == "ASSIGNED"
    async with database.transaction() as tx:
        move = (
            "update employment set valid = daterange(lower(valid), lower(valid) + 1) where employee_id = :id"
        )
        await tx.execute(text(move), {"id": id_of("Ben")})
        await cancel_for_leavers(tx, datetime.now(UTC))
    assert (await ask(FOUND, {"id": id_}))["assignment"]["status"] == "CANCELLED"
