"""Last days that are planned and taken back, first days that move, mistakes, and the last administrator."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from cairn.identity.tables import Session
from cairn.people.leaving import terminate
from people.test_employ import BENS_PAST, HISTORY, newcomer, stints
from people.test_employ import HIRE as HIRES
from stored import unchanged
from waiting import until_it_waits
from world import TODAY, id_of

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
SOON = TODAY + timedelta(days=30)


def verb(name, *refusals):
    input_ = name[0].upper() + name[1:]
    return f"""
    mutation ($input: {input_}Input!) {{
      {name}(input: $input) {{
        __typename
        ... on Employee {{ status {HISTORY} }}
        ... on Refusal {{ message }}
        {" ".join(refusals)}
      }}
    }}
    """


TERMINATE = verb("terminate", "... on NotEmployed { on }", "... on LastAdministrator { on }")
CANCEL = verb("cancelTermination", "... on NotLeaving { leftOn }")
START = verb(
    "changeHireDate",
    "... on NotEmployed { on }",
    "... on StillEmployed { since }",
    "... on LastAdministrator { on }",
)
WITHDRAW = verb("withdrawEmployment", "... on LastAdministrator { on }")
TEAMS = "query ($id: ID!, $at: DateTime) { employee(id: $id) { teams(at: $at) { nodes { name } } } }"


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def of(world, who, **more):
    return {"employee": world.gid("Employee", who), **{name: str(value) for name, value in more.items()}}


async def test_why_somebody_leaves_is_for_them_their_managers_and_the_people_admins(ask, world, pat):
    await ask.do(TERMINATE, of(world, "Ben", lastDay=TODAY, reason="Found another job"), viewer=pat)
    query = """query ($id: ID!) {
      employee(id: $id) { employments(orderBy: [{since: ASC}]) { nodes { endedBecause withheld { field } } } }
    }"""
    for who in ("Pat", "Ben", "Ada", "Auda", "Dan", "Cleo"):
        found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=world.viewer(who))
        last = found["employee"]["employments"]["nodes"][-1]
        sees = who not in {"Dan", "Cleo"}
        assert last["endedBecause"] == ("Found another job" if sees else None), who
        withheld = {each["field"] for each in last["withheld"]}
        assert withheld == (set() if sees else {"since", "until", "recordedAt", "endedBecause"}), who


async def test_a_planned_last_day_is_taken_back_and_with_it_what_was_to_end(ask, world, pat):
    await ask.do(TERMINATE, of(world, "Ben", lastDay=SOON, reason="A move"), viewer=pat)
    later = {"id": world.gid("Employee", "Ben"), "at": f"{SOON + timedelta(days=2)}T00:00:00Z"}
    assert (await ask(TEAMS, later, viewer=pat))["employee"]["teams"]["nodes"] == []
    stays = await ask.do(CANCEL, of(world, "Ben"), viewer=pat)
    assert stints(stays) == [BENS_PAST, ("2024-01-01", None, "Engineer", "Ada Test")]
    teams = (await ask(TEAMS, later, viewer=pat))["employee"]["teams"]["nodes"]
    assert sorted(each["name"] for each in teams) == ["Chess", "Core"]
    query = "query ($id: ID!) { employee(id: $id) { employments { nodes { endedBecause } } } }"
    reasons = (await ask(query, {"id": later["id"]}, viewer=pat))["employee"]["employments"]["nodes"]
    assert reasons == [{"endedBecause": None}, {"endedBecause": None}]


@pytest.mark.parametrize(("who", "left"), [("Ben", None), ("Eve", "2023-01-01"), ("Finn", None)])
async def test_only_a_planned_last_day_is_taken_back(ask, world, database, pat, who, left):
    async with unchanged(database):
        refused = await ask.do(CANCEL, of(world, who), viewer=pat)
    assert (refused["__typename"], refused["leftOn"]) == ("NotLeaving", left)


async def test_an_employment_that_ended_today_is_over(ask, world, database, pat):
    await ask.do(TERMINATE, of(world, "Ben", lastDay=YESTERDAY), viewer=pat)
    async with unchanged(database):
        refused = await ask.do(CANCEL, of(world, "Ben"), viewer=pat)
    assert (refused["__typename"], refused["leftOn"]) == ("NotLeaving", str(TODAY))


@pytest.mark.parametrize("document", [TERMINATE, CANCEL, START, WITHDRAW])
async def test_nobody_else_does_any_of_it(ask, world, database, document):
    given = of(world, "Ben")
    if document == TERMINATE:
        given["lastDay"] = str(SOON)
    if document == START:
        given["startsOn"] = str(SOON)
    if document == WITHDRAW:
        given = {"employment": world.gid("Employment", "Ben 2024-01-01"), "reason": "no"}
    async with unchanged(database):
        for who in ("Ben", "Ada", "Lena", "Auda"):
            refused = await ask.do(document, given, viewer=world.viewer(who))
            assert refused["__typename"] == "NotAllowed"


# First days


async def test_a_first_day_moves_with_what_was_planned_after_it(ask, world, pat):
    earlier, later = TODAY + timedelta(days=10), TODAY + timedelta(days=90)
    for day in (earlier, later, TODAY):
        moved = await ask.do(START, of(world, "Finn", startsOn=day), viewer=pat)
        assert stints(moved) == [(str(day), None, "Engineer", "Ada Test")]
        assert moved["status"] == ("ACTIVE" if day == TODAY else "PREHIRE")


async def test_a_later_first_day_takes_what_was_before_it(ask, world, pat):
    moved = await ask.do(START, of(world, "Ben", startsOn="2024-06-01"), viewer=pat)
    assert stints(moved) == [("2024-06-01", None, "Engineer", "Ada Test")]
    query = """query ($id: ID!) { employee(id: $id) {
      withdrawnEmployments(orderBy: [{since: ASC}]) {
        nodes { since until title reason withdrawnBy { displayName } }
      }
    } }"""
    found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=pat)
    assert found["employee"]["withdrawnEmployments"]["nodes"] == [
        {
            "since": "2021-01-01",
            "until": "2024-01-01",
            "title": "Sales Engineer",
            "reason": "starts on 2024-06-01",
            "withdrawnBy": {"displayName": "Pat Test"},
        },
        {
            "since": "2024-01-01",
            "until": None,
            "title": "Engineer",
            "reason": "starts on 2024-06-01",
            "withdrawnBy": {"displayName": "Pat Test"},
        },
    ]


async def test_a_first_day_comes_before_the_last_and_after_an_earlier_employment(ask, world, database, pat):
    back = verb("rehire")
    position = {"title": "Engineer", "manager": world.gid("Employee", "Ada")}
    await ask.do(back, {**of(world, "Eve", startsOn=SOON), "position": position}, viewer=pat)
    async with unchanged(database):
        overlaps = await ask.do(START, of(world, "Eve", startsOn="2022-12-31"), viewer=pat)
    assert (overlaps["__typename"], overlaps["since"]) == ("StillEmployed", "2020-01-01")
    touches = await ask.do(START, of(world, "Eve", startsOn="2023-01-01"), viewer=pat)
    assert stints(touches)[1] == ("2023-01-01", None, "Engineer", "Ada Test")
    await ask.do(TERMINATE, of(world, "Ben", lastDay=TODAY), viewer=pat)
    async with unchanged(database):
        gone = await ask.do(START, of(world, "Ben", startsOn=TOMORROW), viewer=pat)
    assert (gone["__typename"], gone["on"]) == ("NotEmployed", str(TOMORROW))


# Mistakes


async def test_an_employment_that_never_held_is_withdrawn_and_kept(ask, world, pat):
    wrong = {"employment": world.gid("Employment", "Ben 2021-01-01"), "reason": " another Ben "}
    left = await ask.do(WITHDRAW, wrong, viewer=pat)
    assert stints(left) == [("2024-01-01", None, "Engineer", "Ada Test")]
    query = """query ($id: ID!) { employee(id: $id) {
      withdrawnEmployments { nodes { title reason withdrawnBy { displayName } } }
    } }"""
    found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=pat)
    assert found["employee"]["withdrawnEmployments"]["nodes"] == [
        {"title": "Sales Engineer", "reason": "another Ben", "withdrawnBy": {"displayName": "Pat Test"}}
    ]
    reports = 'query ($id: ID!) { employee(id: $id) { reports(at: "2022-06-01T00:00:00Z") { totalCount } } }'
    dan = await ask(reports, {"id": world.gid("Employee", "Dan")}, viewer=pat)
    assert dan["employee"]["reports"]["totalCount"] == 0


async def test_what_was_held_before_goes_on_where_one_says_so(ask, world, pat):
    wrong = {"employment": world.gid("Employment", "Ben 2024-01-01"), "reason": "not yet", "goesOn": True}
    back = await ask.do(WITHDRAW, wrong, viewer=pat)
    assert stints(back) == [("2021-01-01", None, "Sales Engineer", "Dan Test")]
    assert back["status"] == "ACTIVE"


async def test_without_it_nobody_is_employed_on_its_days(ask, world, pat):
    wrong = {"employment": world.gid("Employment", "Ben 2024-01-01"), "reason": "never came"}
    gone = await ask.do(WITHDRAW, wrong, viewer=pat)
    assert (gone["status"], stints(gone)) == ("TERMINATED", [BENS_PAST])


async def test_a_mistake_needs_a_reason_and_must_be_there(ask, world, database, pat):
    async with unchanged(database):
        blank = await ask.do(
            WITHDRAW, {"employment": world.gid("Employment", "Ben 2024-01-01"), "reason": " "}, viewer=pat
        )
        lost = await ask.do(WITHDRAW, {"employment": f"Employment:{uuid4()}", "reason": "x"}, viewer=pat)
    assert (blank["__typename"], lost["__typename"]) == ("InvalidInput", "NotFound")


# The last administrator


async def administrators(database, *names, roles=("EMPLOYEE", "PEOPLE_ADMIN")):
    moment = datetime.now(UTC)
    async with database.transaction() as tx:
        tx.add_all(
            Session(
                key=uuid4().bytes * 2,
                employee_id=id_of(name),
                issuer="https://idp.test",
                subject=name,
                roles=list(roles),
                created_at=moment,
                expires_at=moment + timedelta(hours=1),
            )
            for name in names
        )


async def test_the_last_administrator_is_not_deactivated_by_any_verb(ask, world, database, pat):
    await administrators(database, "Ben")
    hers = world.gid("Employment", "Ben 2024-01-01")
    position = {"employment": hers, "reason": "never came"}
    async with unchanged(database):
        for document, given, day in (
            (TERMINATE, of(world, "Ben", lastDay=YESTERDAY), TODAY),
            (TERMINATE, of(world, "Ben", lastDay=SOON), SOON + timedelta(days=1)),
            (START, of(world, "Ben", startsOn=SOON), TODAY),
            (WITHDRAW, position, TODAY),
        ):
            refused = await ask.do(document, given, viewer=pat)
            assert refused == {
                "__typename": "LastAdministrator",
                "message": "This is the last administrator; have another people admin sign in first.",
                "on": str(day),
            }
    kept = await ask.do(WITHDRAW, {**position, "goesOn": True}, viewer=pat)
    assert kept["status"] == "ACTIVE"
    await administrators(database, "Ada")
    gone = await ask.do(TERMINATE, of(world, "Ben", lastDay=YESTERDAY), viewer=pat)
    assert gone["status"] == "TERMINATED"


async def test_an_administrator_who_leaves_soon_is_no_other(ask, world, database, pat):
    await administrators(database, "Ben", "Ada")
    await ask.do(TERMINATE, of(world, "Ada", lastDay=SOON), viewer=pat)
    async with unchanged(database):
        refused = await ask.do(TERMINATE, of(world, "Ben", lastDay=TODAY), viewer=pat)
    assert (refused["__typename"], refused["on"]) == ("LastAdministrator", str(SOON + timedelta(days=1)))
    await ask.do(CANCEL, of(world, "Ada"), viewer=pat)
    assert (await ask.do(TERMINATE, of(world, "Ben", lastDay=TODAY), viewer=pat))["__typename"] == "Employee"


async def test_who_signed_in_without_the_role_since_is_none_any_more(ask, world, database, pat):
    await administrators(database, "Ben", "Ada")
    await administrators(database, "Ada", roles=("EMPLOYEE",))
    async with unchanged(database):
        refused = await ask.do(TERMINATE, of(world, "Ben", lastDay=TODAY), viewer=pat)
    assert refused["__typename"] == "LastAdministrator"


async def test_of_two_administrators_who_leave_at_once_the_second_stays(ask, world, database, pat):
    await administrators(database, "Ben", "Ada")
    async with database.transaction() as tx:
        await terminate(tx, pat, employee=id_of("Ben"), last_day=YESTERDAY)
        second = asyncio.create_task(ask.do(TERMINATE, of(world, "Ada", lastDay=TODAY), viewer=pat))
        await until_it_waits(database, second)
    assert (await second)["__typename"] == "LastAdministrator"


async def test_an_administrator_may_be_hired_moved_and_sent_on_leave(ask, world, database, pat):
    await administrators(database, "Ben")
    assert (await ask.do(HIRES, newcomer(world), viewer=pat))["__typename"] == "Employee"
    for document, given in (
        (verb("move"), of(world, "Ben", fromDay=TODAY, title="Lead")),
        (verb("startLeave"), of(world, "Ben", fromDay=TODAY)),
    ):
        assert (await ask.do(document, given, viewer=pat))["__typename"] == "Employee"
