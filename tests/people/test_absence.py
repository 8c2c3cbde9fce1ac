"""Leave: away for a time, and employed all the while."""

from datetime import timedelta

import pytest

from people.test_employ import HISTORY
from people.test_leaving import SOON, TOMORROW, YESTERDAY, of, verb
from stored import unchanged
from world import TODAY

LEAVE = verb("startLeave", "... on NotEmployed { on }", "... on AlreadyOnLeave { since }")
RETURN = verb("returnFromLeave", "... on NotEmployed { on }", "... on NotOnLeave { on }")
MOVE = verb("move", "... on NotEmployed { on }", "... on CycleInReportingLine { ring { displayName } }")


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def work(answer):
    return [(each["since"], each["until"], each["work"]) for each in answer["employments"]["nodes"]][1:]


async def test_who_is_on_leave_is_employed_where_they_were(ask, world, pat):
    away = await ask.do(LEAVE, of(world, "Ben", fromDay=TODAY), viewer=pat)
    assert away["status"] == "ON_LEAVE"
    assert work(away) == [("2024-01-01", str(TODAY), "ACTIVE"), (str(TODAY), None, "ON_LEAVE")]
    assert away["employments"]["nodes"][-1]["manager"] == {"displayName": "Ada Test"}
    back = await ask.do(RETURN, of(world, "Ben", on=SOON), viewer=pat)
    assert (back["status"], work(back)[1:]) == (
        "ON_LEAVE",
        [(str(TODAY), str(SOON), "ON_LEAVE"), (str(SOON), None, "ACTIVE")],
    )
    query = "query ($id: ID!, $at: DateTime) { employee(id: $id, at: $at) { status } }"
    at = {"id": world.gid("Employee", "Ben"), "at": f"{SOON}T00:00:00Z"}
    assert (await ask(query, at, viewer=pat))["employee"] == {"status": "ACTIVE"}


async def test_a_leave_with_a_known_end_is_taken_back_or_ends_earlier(ask, world, pat):
    until = SOON + timedelta(days=30)
    planned = await ask.do(LEAVE, of(world, "Ben", fromDay=SOON, until=until), viewer=pat)
    assert (planned["status"], work(planned)[1]) == ("ACTIVE", (str(SOON), str(until), "ON_LEAVE"))
    sooner = SOON + timedelta(days=7)
    earlier = await ask.do(RETURN, of(world, "Ben", on=sooner), viewer=pat)
    assert work(earlier)[1:] == [(str(SOON), str(sooner), "ON_LEAVE"), (str(sooner), None, "ACTIVE")]
    off = await ask.do(RETURN, of(world, "Ben", on=SOON), viewer=pat)
    assert work(off) == [("2024-01-01", None, "ACTIVE")]


async def test_a_leave_goes_on_through_what_is_planned_and_ends_with_the_employment(ask, world, pat):
    await ask.do(MOVE, of(world, "Ben", fromDay=TOMORROW, title="Later"), viewer=pat)
    await ask.do(verb("terminate"), of(world, "Ben", lastDay=SOON), viewer=pat)
    away = await ask.do(LEAVE, of(world, "Ben", fromDay=TODAY), viewer=pat)
    gone = str(SOON + timedelta(days=1))
    assert work(away) == [
        ("2024-01-01", str(TODAY), "ACTIVE"),
        (str(TODAY), str(TOMORROW), "ON_LEAVE"),
        (str(TOMORROW), gone, "ON_LEAVE"),
    ]
    back = await ask.do(RETURN, of(world, "Ben", on=TODAY), viewer=pat)
    assert [each[2] for each in work(back)] == ["ACTIVE", "ACTIVE"]
    assert [each["title"] for each in back["employments"]["nodes"]][1:] == ["Engineer", "Later"]


async def test_a_move_leaves_the_leave_and_what_is_left_out_as_they_are(ask, world, pat):
    await ask.do(LEAVE, of(world, "Ben", fromDay=YESTERDAY), viewer=pat)
    moved = await ask.do(
        MOVE, of(world, "Ben", fromDay=TODAY, manager=world.gid("Employee", "Grace")), viewer=pat
    )
    assert moved["status"] == "ON_LEAVE"
    assert moved["employments"]["nodes"][-1] == {
        "since": str(TODAY),
        "until": None,
        "title": "Engineer",
        "location": "Berlin",
        "work": "ON_LEAVE",
        "manager": {"displayName": "Grace Test"},
        "department": {"name": "Platform"},
        "jobRole": {"name": "Engineer"},
    }
    nobody = {**of(world, "Ben", fromDay=TODAY), "manager": None, "jobRole": None}
    last = (await ask.do(MOVE, nobody, viewer=pat))["employments"]["nodes"][-1]
    assert (last["manager"], last["jobRole"], last["department"]) == (None, None, {"name": "Platform"})


async def test_a_move_that_makes_no_sense_is_refused(ask, world, database, pat):
    nowhere = "Department:018f0000-0000-7000-8000-000000000000"
    async with unchanged(database):
        nothing = await ask.do(MOVE, of(world, "Ben", fromDay=TODAY), viewer=pat)
        lost = await ask.do(MOVE, of(world, "Ben", fromDay=TODAY, department=nowhere), viewer=pat)
        ring = await ask.do(
            MOVE, of(world, "Ada", fromDay=TODAY, manager=world.gid("Employee", "Cleo")), viewer=pat
        )
        early = await ask.do(MOVE, of(world, "Finn", fromDay=TODAY, title="x"), viewer=pat)
        denied = await ask.do(MOVE, of(world, "Ben", fromDay=TODAY, title="x"), viewer=world.viewer("Ada"))
    assert [each["__typename"] for each in (nothing, lost, ring, early, denied)] == [
        "InvalidInput",
        "InvalidInput",
        "CycleInReportingLine",
        "NotEmployed",
        "NotAllowed",
    ]
    assert ring["ring"] == [{"displayName": f"{name} Test"} for name in ("Ada", "Cleo", "Ben")]


async def test_leave_is_for_the_employed_who_are_not_on_leave(ask, world, database, pat):
    await ask.do(LEAVE, of(world, "Ben", fromDay=TODAY), viewer=pat)
    async with unchanged(database):
        again = await ask.do(LEAVE, of(world, "Ben", fromDay=TOMORROW), viewer=pat)
        left = await ask.do(LEAVE, of(world, "Eve", fromDay=TODAY), viewer=pat)
        backwards = await ask.do(LEAVE, of(world, "Ada", fromDay=TODAY, until=TODAY), viewer=pat)
        at_work = await ask.do(RETURN, of(world, "Ada", on=TODAY), viewer=pat)
        early = await ask.do(RETURN, of(world, "Ben", on=YESTERDAY), viewer=pat)
        denied = [
            (await ask.do(document, given, viewer=world.viewer(who)))["__typename"]
            for document, given in (
                (LEAVE, of(world, "Ada", fromDay=TODAY)),
                (RETURN, of(world, "Ben", on=TOMORROW)),
            )
            for who in ("Ben", "Ada", "Auda")
        ]
    assert (again["__typename"], again["since"]) == ("AlreadyOnLeave", str(TODAY))
    assert (left["__typename"], backwards["__typename"]) == ("NotEmployed", "InvalidInput")
    assert (at_work["__typename"], early["__typename"]) == ("NotOnLeave", "NotOnLeave")
    assert denied == ["NotAllowed"] * 6


async def test_whoever_is_on_leave_reads_as_before(ask, world, pat):
    await ask.do(LEAVE, of(world, "Ada", fromDay=TODAY), viewer=pat)
    query = f"query ($id: ID!) {{ employee(id: $id) {{ email {HISTORY} }} }}"
    found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=world.viewer("Ada"))
    assert found["employee"]["email"] == "ben@example.com"
    assert len(found["employee"]["employments"]["nodes"]) == 2
