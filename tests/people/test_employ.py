"""Hiring, changing positions, leaving and coming back."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from cairn.people.employ import change_position
from cairn.people.history import Position
from stored import stored, unchanged
from waiting import until_it_waits
from world import TODAY, id_of

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
NOBODY = uuid4()

HIRE = """
mutation ($input: HireInput!) {
  hire(input: $input) {
    __typename
    ... on Employee {
      givenName familyName displayName email number locale timeZone status title location
      department { name } manager { displayName } jobRole { name }
      employments { nodes { since until title work manager { displayName } } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on EmailTaken { employee { displayName } }
    ... on CycleInReportingLine { ring { displayName } }
    ... on NotFound { id }
  }
}
"""
HISTORY = """
  employments(orderBy: [{since: ASC}]) {
    nodes { since until title location work manager { displayName } department { name } jobRole { name } }
  }
"""
CHANGE = f"""
mutation ($input: ChangePositionInput!) {{
  changePosition(input: $input) {{
    __typename
    ... on Employee {{ title {HISTORY} }}
    ... on Refusal {{ message }}
    ... on InvalidInput {{ problems {{ path message }} }}
    ... on NotEmployed {{ on }}
    ... on CycleInReportingLine {{ ring {{ displayName }} }}
    ... on NotFound {{ id }}
  }}
}}
"""
TERMINATE = f"""
mutation ($input: TerminateInput!) {{
  terminate(input: $input) {{
    __typename
    ... on Employee {{ status {HISTORY} }}
    ... on Refusal {{ message }}
    ... on NotEmployed {{ on }}
  }}
}}
"""


def gid(type_, key):
    return f"{type_}:{key}"


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def newcomer(world, **more):
    return {
        "givenName": " Hana ",
        "familyName": "Kim",
        "email": "Hana.Kim@Example.com",
        "number": "N-HANA",
        "startsOn": TODAY.isoformat(),
        "position": {
            "title": "Engineer",
            "manager": world.gid("Employee", "Ada"),
            "department": world.gid("Department", "Platform"),
            "jobRole": world.gid("JobRole", "Engineer role"),
            "location": "Berlin",
        },
        **more,
    }


async def test_a_people_admin_hires_somebody_from_today_on(ask, world, pat):
    hired = await ask.do(HIRE, newcomer(world, timeZone="Europe/Berlin", locale="de"), viewer=pat)
    assert hired == {
        "__typename": "Employee",
        "givenName": "Hana",
        "familyName": "Kim",
        "displayName": "Hana Kim",
        "email": "hana.kim@example.com",
        "number": "N-HANA",
        "locale": "de",
        "timeZone": "Europe/Berlin",
        "status": "ACTIVE",
        "title": "Engineer",
        "location": "Berlin",
        "department": {"name": "Platform"},
        "manager": {"displayName": "Ada Test"},
        "jobRole": {"name": "Engineer"},
        "employments": {
            "nodes": [
                {
                    "since": TODAY.isoformat(),
                    "until": None,
                    "title": "Engineer",
                    "work": "ACTIVE",
                    "manager": {"displayName": "Ada Test"},
                }
            ]
        },
    }


@pytest.mark.parametrize("who", ["Ben", "Ada", "Lena", "Auda"])
async def test_nobody_else_hires(ask, world, database, who):
    async with unchanged(database):
        refused = await ask.do(HIRE, newcomer(world), viewer=world.viewer(who))
    assert refused == {
        "__typename": "NotAllowed",
        "message": "This takes the permission people:write, which none of your roles has.",
    }


async def test_who_starts_in_the_future_is_a_prehire_until_the_day(ask, world, pat):
    start = TODAY + timedelta(days=10)
    hired = await ask.do(HIRE, newcomer(world, startsOn=start.isoformat()), viewer=pat)
    assert (hired["status"], hired["title"], hired["manager"]) == ("PREHIRE", None, None)
    query = """query ($at: DateTime) {
      employees(where: {email: {eq: "hana.kim@example.com"}}, at: $at) { nodes { status title } }
    }"""
    for day, expected in (
        (start - timedelta(days=1), {"status": "PREHIRE", "title": None}),
        (start, {"status": "ACTIVE", "title": "Engineer"}),
    ):
        found = await ask(query, {"at": f"{day}T12:00:00Z"}, viewer=pat)
        assert found["employees"]["nodes"] == [expected], day


@pytest.mark.parametrize("email", ["ben@example.com", "BEN@Example.COM", "  ben@example.com "])
async def test_an_address_belongs_to_one_person_whatever_its_case(ask, world, database, pat, email):
    async with unchanged(database):
        refused = await ask.do(HIRE, newcomer(world, email=email), viewer=pat)
    assert refused == {
        "__typename": "EmailTaken",
        "message": "ben@example.com is the address of somebody else.",
        "employee": {"displayName": "Ben Test"},
    }


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"givenName": " "}, "givenName"),
        ({"familyName": ""}, "familyName"),
        ({"displayName": "  "}, "displayName"),
        ({"email": "hana"}, "email"),
        ({"email": "hana@"}, "email"),
        ({"email": "@example.com"}, "email"),
        ({"number": "N-BEN"}, "number"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, pat, given, path):
    async with unchanged(database):
        refused = await ask.do(HIRE, newcomer(world, **given), viewer=pat)
    assert refused["__typename"] == "InvalidInput"
    assert [problem["path"] for problem in refused["problems"]] == [[path]]


@pytest.mark.parametrize(
    ("field", "type_", "sentence"),
    [
        ("manager", "Employee", "there is no employee with that id"),
        ("department", "Department", "there is no department with that id"),
        ("jobRole", "JobRole", "there is no job role with that id"),
    ],
)
async def test_what_a_position_names_must_exist(ask, world, database, pat, field, type_, sentence):
    position = {"title": "Engineer", field: gid(type_, NOBODY)}
    refused = {
        "__typename": "InvalidInput",
        "message": "Something that was named does not exist.",
        "problems": [{"path": ["position", field], "message": sentence}],
    }
    async with unchanged(database):
        assert await ask.do(HIRE, newcomer(world, position=position), viewer=pat) == refused
        moved = await ask.do(
            CHANGE,
            {
                "employee": world.gid("Employee", "Ben"),
                "fromDay": TODAY.isoformat(),
                "position": position,
            },
            viewer=pat,
        )
        assert moved == refused


async def test_a_rehearsal_shows_the_newcomer_and_writes_nothing(ask, world, database, pat):
    async with unchanged(database):
        rehearsed = await ask.do(HIRE, newcomer(world, dryRun=True), viewer=pat)
    assert (rehearsed["displayName"], rehearsed["manager"]) == ("Hana Kim", {"displayName": "Ada Test"})


async def test_a_request_repeated_with_its_key_hires_once(ask, world, database, pat):
    first = await ask.do(HIRE, newcomer(world, idempotencyKey="hana"), viewer=pat)
    async with unchanged(database):
        assert await ask.do(HIRE, newcomer(world, idempotencyKey="hana"), viewer=pat) == first


# Changing positions


def stints(answer):
    return [
        (each["since"], each["until"], each["title"], each["manager"] and each["manager"]["displayName"])
        for each in answer["employments"]["nodes"]
    ]


def move(world, day, *, who="Ben", title="Architect", manager="Grace"):
    position = {"title": title, "manager": manager and world.gid("Employee", manager)}
    return {"employee": world.gid("Employee", who), "fromDay": str(day), "position": position}


BENS_PAST = ("2021-01-01", "2024-01-01", "Sales Engineer", "Dan Test")


async def test_a_new_position_splits_the_one_that_holds_on_the_day(ask, world, pat):
    moved = await ask.do(CHANGE, move(world, TODAY), viewer=pat)
    assert moved["title"] == "Architect"
    assert stints(moved) == [
        BENS_PAST,
        ("2024-01-01", str(TODAY), "Engineer", "Ada Test"),
        (str(TODAY), None, "Architect", "Grace Test"),
    ]


async def test_what_is_left_out_of_a_new_position_is_nothing(ask, world, pat):
    moved = await ask.do(CHANGE, move(world, TODAY, manager=None), viewer=pat)
    assert moved["employments"]["nodes"][-1] == {
        "since": str(TODAY),
        "until": None,
        "title": "Architect",
        "location": None,
        "work": "ACTIVE",
        "manager": None,
        "department": None,
        "jobRole": None,
    }


async def test_a_position_changed_on_its_first_day_is_replaced(ask, world, pat):
    moved = await ask.do(CHANGE, move(world, "2024-01-01"), viewer=pat)
    assert stints(moved) == [BENS_PAST, ("2024-01-01", None, "Architect", "Grace Test")]


async def test_a_planned_position_leaves_today_as_it_is(ask, world, pat):
    moved = await ask.do(CHANGE, move(world, TOMORROW), viewer=pat)
    assert moved["title"] == "Engineer"
    assert stints(moved)[1:] == [
        ("2024-01-01", str(TOMORROW), "Engineer", "Ada Test"),
        (str(TOMORROW), None, "Architect", "Grace Test"),
    ]


async def test_a_position_in_the_past_lasts_until_what_came_next(ask, world, pat):
    moved = await ask.do(CHANGE, move(world, "2022-07-01"), viewer=pat)
    assert stints(moved) == [
        ("2021-01-01", "2022-07-01", "Sales Engineer", "Dan Test"),
        ("2022-07-01", "2024-01-01", "Architect", "Grace Test"),
        ("2024-01-01", None, "Engineer", "Ada Test"),
    ]


async def test_a_change_now_leaves_the_plans_after_it(ask, world, pat):
    await ask.do(CHANGE, move(world, TOMORROW, title="Later"), viewer=pat)
    moved = await ask.do(CHANGE, move(world, YESTERDAY, title="Now"), viewer=pat)
    assert [(each[0], each[2]) for each in stints(moved)[1:]] == [
        ("2024-01-01", "Engineer"),
        (str(YESTERDAY), "Now"),
        (str(TOMORROW), "Later"),
    ]


async def test_a_change_that_changes_nothing_leaves_the_history_alone(ask, world, database, pat):
    same = {
        "employee": world.gid("Employee", "Ben"),
        "fromDay": str(TODAY),
        "position": {
            "title": "Engineer",
            "manager": world.gid("Employee", "Ada"),
            "department": world.gid("Department", "Platform"),
            "jobRole": world.gid("JobRole", "Engineer role"),
            "location": "Berlin",
        },
    }
    before = (await stored(database))["employment"]
    moved = await ask.do(CHANGE, same, viewer=pat)
    assert stints(moved) == [BENS_PAST, ("2024-01-01", None, "Engineer", "Ada Test")]
    assert (await stored(database))["employment"] == before


@pytest.mark.parametrize(
    ("who", "day"), [("Ben", "2020-12-31"), ("Eve", "2023-01-01"), ("Eve", str(TODAY)), ("Finn", str(TODAY))]
)
async def test_a_day_without_employment_has_no_position_to_change(ask, world, database, pat, who, day):
    async with unchanged(database):
        refused = await ask.do(CHANGE, move(world, day, who=who), viewer=pat)
    assert refused == {
        "__typename": "NotEmployed",
        "message": "The person is not employed on that day.",
        "on": day,
    }


async def test_whoever_will_start_can_be_given_another_position(ask, world, pat):
    start = TODAY + timedelta(days=60)
    moved = await ask.do(CHANGE, move(world, start, who="Finn"), viewer=pat)
    assert stints(moved) == [(str(start), None, "Architect", "Grace Test")]


async def test_a_position_under_oneself_or_ones_reports_is_refused(ask, world, database, pat):
    plain = CHANGE.replace("... on CycleInReportingLine { ring { displayName } }", "")
    async with unchanged(database):
        own = await ask.do(plain, move(world, TODAY, manager="Ben"), viewer=pat)
        below = await ask.do(plain, move(world, TODAY, who="Ada", manager="Cleo"), viewer=pat)
    assert (
        own
        == below
        == {
            "__typename": "CycleInReportingLine",
            "message": "Somebody would be above themselves; give one of them another manager.",
        }
    )


async def test_the_ring_is_named(ask, world, pat):
    own = await ask.do(CHANGE, move(world, TODAY, manager="Ben"), viewer=pat)
    below = await ask.do(CHANGE, move(world, TODAY, who="Ada", manager="Cleo"), viewer=pat)
    assert own["ring"] == [{"displayName": "Ben Test"}]
    assert below["ring"] == [{"displayName": f"{name} Test"} for name in ("Ada", "Cleo", "Ben")]


async def test_nobody_else_moves_people(ask, world, database):
    for who in ("Ben", "Ada", "Lena"):
        async with unchanged(database):
            refused = await ask.do(CHANGE, move(world, TODAY), viewer=world.viewer(who))
        assert refused["__typename"] == "NotAllowed"


async def test_who_does_not_exist_is_not_found(ask, world, database, pat):
    gone = gid("Employee", NOBODY)
    async with unchanged(database):
        moved = await ask.do(CHANGE, move(world, TODAY) | {"employee": gone}, viewer=pat)
        left = await ask.do(TERMINATE, {"employee": gone, "lastDay": str(TODAY)}, viewer=pat)
    assert (moved["__typename"], moved["id"]) == ("NotFound", str(NOBODY))
    assert left["__typename"] == "NotFound"


# Leaving


def leave(world, day, who="Ben"):
    return {"employee": world.gid("Employee", who), "lastDay": str(day)}


async def test_the_last_day_is_a_day_of_work(ask, world, pat):
    left = await ask.do(TERMINATE, leave(world, TODAY), viewer=pat)
    assert left["status"] == "ACTIVE"
    assert stints(left)[-1] == ("2024-01-01", str(TOMORROW), "Engineer", "Ada Test")
    query = "query ($id: ID!, $at: DateTime) { employee(id: $id, at: $at) { status title } }"
    ben = world.gid("Employee", "Ben")
    tomorrow = await ask(query, {"id": ben, "at": f"{TOMORROW}T00:00:00Z"}, viewer=pat)
    assert tomorrow["employee"] == {"status": "TERMINATED", "title": None}


async def test_leaving_takes_what_was_planned_after_it(ask, world, pat):
    await ask.do(CHANGE, move(world, TOMORROW), viewer=pat)
    left = await ask.do(TERMINATE, leave(world, YESTERDAY), viewer=pat)
    assert left["status"] == "TERMINATED"
    assert stints(left) == [BENS_PAST, ("2024-01-01", str(TODAY), "Engineer", "Ada Test")]


async def test_leaving_in_an_earlier_position_takes_the_later_one(ask, world, pat):
    left = await ask.do(TERMINATE, leave(world, "2023-12-31"), viewer=pat)
    assert stints(left) == [BENS_PAST]


@pytest.mark.parametrize(("who", "day"), [("Eve", TODAY), ("Ben", "2020-12-31"), ("Finn", TODAY)])
async def test_only_the_employed_leave(ask, world, database, pat, who, day):
    async with unchanged(database):
        refused = await ask.do(TERMINATE, leave(world, day, who), viewer=pat)
    assert (refused["__typename"], refused["on"]) == ("NotEmployed", str(day))


async def test_nobody_else_terminates(ask, world, database):
    for who in ("Ben", "Ada", "Lena", "Auda"):
        async with unchanged(database):
            refused = await ask.do(TERMINATE, leave(world, TODAY), viewer=world.viewer(who))
        assert refused["__typename"] == "NotAllowed"


async def test_each_verb_leaves_its_entry_and_its_event(ask, world, database, pat):
    await ask.do(HIRE, newcomer(world), viewer=pat)
    await ask.do(CHANGE, move(world, TODAY), viewer=pat)
    await ask.do(TERMINATE, leave(world, TODAY), viewer=pat)
    query = "{ auditEntries(orderBy: [{at: ASC}]) { nodes { viewer verb before after } } }"
    found = await ask(query, viewer=world.viewer("Auda"))
    created, *entries = found["auditEntries"]["nodes"]
    assert (created["verb"], created["after"]["number"]) == ("employee.create", "N-HANA")
    assert entries == [
        {
            "viewer": "employee:Pat",
            "verb": "employee.hire",
            "before": None,
            "after": {"starts_on": str(TODAY)},
        },
        {
            "viewer": "employee:Pat",
            "verb": "employee.move",
            "before": entries[1]["before"] | {"title": "Engineer", "manager": str(id_of("Ada"))},
            "after": entries[1]["after"]
            | {"title": "Architect", "manager": str(id_of("Grace")), "from": str(TODAY)},
        },
        {
            "viewer": "employee:Pat",
            "verb": "employee.terminate",
            "before": None,
            "after": {"last_day": str(TODAY)},
        },
    ]
    async with database.transaction() as tx:
        events = (
            await tx.execute(text("select name, payload->'employees'->>0 from event order by id"))
        ).all()
    assert [name for name, _ in events] == ["EmploymentChanged"] * 3
    assert [employee for _, employee in events[1:]] == [str(id_of("Ben"))] * 2


async def test_one_person_is_written_by_one_at_a_time(ask, world, database, pat):
    async with database.transaction() as tx:
        later = Position("Later", id_of("Grace"))
        await change_position(tx, pat, employee=id_of("Ben"), from_day=TOMORROW, position=later)
        second = asyncio.create_task(ask.do(CHANGE, move(world, TODAY, title="Now"), viewer=pat))
        await until_it_waits(database, second)
    await second
    query = f"query ($id: ID!) {{ employee(id: $id) {{ {HISTORY} }} }}"
    found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=pat)
    assert [(each[0], each[2]) for each in stints(found["employee"])[1:]] == [
        ("2024-01-01", "Engineer"),
        (str(TODAY), "Now"),
        (str(TOMORROW), "Later"),
    ]


# Coming back

REHIRE = f"""
mutation ($input: RehireInput!) {{
  rehire(input: $input) {{
    __typename
    ... on Employee {{ id status {HISTORY} }}
    ... on Refusal {{ message }}
    ... on InvalidInput {{ problems {{ path message }} }}
    ... on StillEmployed {{ since }}
  }}
}}
"""


def comeback(world, day, who="Eve", manager="Ada"):
    position = {"title": "Engineer", "manager": world.gid("Employee", manager)}
    return {"employee": world.gid("Employee", who), "startsOn": str(day), "position": position}


EVES_PAST = ("2020-01-01", "2023-01-01", "Engineer", "Ada Test")


async def test_who_comes_back_is_the_same_person(ask, world, pat):
    back = await ask.do(REHIRE, comeback(world, TODAY), viewer=pat)
    assert (back["id"], back["status"]) == (world.gid("Employee", "Eve"), "ACTIVE")
    assert stints(back) == [EVES_PAST, (str(TODAY), None, "Engineer", "Ada Test")]


@pytest.mark.parametrize("day", ["2023-01-01", str(TOMORROW)])
async def test_who_comes_back_may_do_so_at_once_or_later(ask, world, pat, day):
    back = await ask.do(REHIRE, comeback(world, day), viewer=pat)
    assert stints(back) == [EVES_PAST, (day, None, "Engineer", "Ada Test")]
    assert back["status"] == ("PREHIRE" if day > str(TODAY) else "ACTIVE")


@pytest.mark.parametrize(
    ("who", "day", "since"),
    [
        ("Ben", TODAY, "2024-01-01"),
        ("Eve", "2022-12-31", "2020-01-01"),
        ("Finn", TODAY, str(TODAY + timedelta(days=60))),
    ],
)
async def test_who_is_or_will_be_there_cannot_come_back(ask, world, database, pat, who, day, since):
    async with unchanged(database):
        refused = await ask.do(REHIRE, comeback(world, day, who), viewer=pat)
    assert refused == {
        "__typename": "StillEmployed",
        "message": "The person is employed then; change the position.",
        "since": since,
    }


async def test_nobody_comes_back_under_nobody_and_nobody_else_rehires(ask, world, database, pat):
    nowhere = comeback(world, TODAY)
    nowhere["position"]["manager"] = gid("Employee", NOBODY)
    async with unchanged(database):
        refused = await ask.do(REHIRE, nowhere, viewer=pat)
        denied = await ask.do(REHIRE, comeback(world, TODAY), viewer=world.viewer("Ada"))
    assert refused["problems"] == [
        {"path": ["position", "manager"], "message": "there is no employee with that id"}
    ]
    assert denied["__typename"] == "NotAllowed"


async def test_who_left_and_came_back_has_a_gap_between(ask, world, pat):
    await ask.do(TERMINATE, leave(world, YESTERDAY), viewer=pat)
    back = await ask.do(REHIRE, comeback(world, TOMORROW, "Ben"), viewer=pat)
    assert stints(back) == [
        BENS_PAST,
        ("2024-01-01", str(TODAY), "Engineer", "Ada Test"),
        (str(TOMORROW), None, "Engineer", "Ada Test"),
    ]
