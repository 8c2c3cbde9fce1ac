"""Steps that are waived, accepted for something else, reported late, and reset."""

from datetime import UTC, datetime, timedelta

import pytest

from cairn.jobs.drain import drain
from pathways.test_progress import LEVELS, completions, status
from pathways.writing import COMPLETE, assign, complete, step, write
from stored import unchanged

WAIVE = COMPLETE.replace("CompleteStep", "WaiveStep").replace("completeStep", "waiveStep")
WAIVE = WAIVE.replace("... on RequirementNotMet { missing }", "")
ACCEPT = WAIVE.replace("WaiveStep", "AcceptEquivalent").replace("waiveStep", "acceptEquivalent")
RESET = """
mutation ($input: ResetStepInput!) {
  resetStep(input: $input) {
    __typename
    ... on Step { key }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on NothingDone { step { key } }
  }
}
"""
RECORDS = """
query ($id: ID!) {
  employee(id: $id) {
    progress(orderBy: [{recordedAt: ASC}]) {
      nodes { kind since withdrawnAt withdrawnBy { displayName } withdrawnReason }
    }
  }
}
"""


@pytest.fixture
def ben(world):
    return world.gid("Employee", "Ben")


@pytest.fixture
async def data(ask, world):
    sql = {"skill": world.gid("Skill", "SQL"), "level": 4}
    return await write(ask, "data", [step("read", grants=[sql]), step("write", after=["read"])])


async def sql_level(ask, who):
    found = (await ask(LEVELS, {"id": who}))["employee"]["levels"]["nodes"]
    return next(
        ((each["level"], each["isVerified"]) for each in found if each["skill"]["name"] == "SQL"), None
    )


async def test_a_waived_step_counts_and_teaches_nothing(ask, world, ben, data):
    await assign(ask, data, ben)
    before = await sql_level(ask, ben)
    given = {"step": data.steps["read"], "employee": ben, "reason": "Has read it at university"}
    done = await ask.do(WAIVE, given, viewer=world.viewer("Ada"))
    assert (done["kind"], done["note"], done["recordedBy"]) == (
        "WAIVED",
        "Has read it at university",
        {"displayName": "Ada Test"},
    )
    assert await sql_level(ask, ben) == before
    await complete(ask, data, "write", ben)
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}


async def test_an_equivalent_counts_and_teaches_what_the_step_does(ask, world, ben, data):
    await assign(ask, data, ben)
    day = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
    given = {
        "step": data.steps["read"],
        "employee": ben,
        "reason": "Wrote the book",
        "completedAt": day.isoformat(),
    }
    done = await ask.do(ACCEPT, given, viewer=world.viewer("Ada"))
    assert (done["kind"], done["note"]) == ("EQUIVALENT", "Wrote the book")
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}
    assert await sql_level(ask, ben) == (4, True)


@pytest.mark.parametrize("verb", [WAIVE, ACCEPT])
async def test_who_decides_that_a_step_need_not_be_done(ask, world, database, ben, data, verb):
    given = {"step": data.steps["read"], "employee": ben, "reason": "Knows it"}
    async with unchanged(database):
        for who in ("Ada", "Grace", "Lena"):
            done = await ask.do(verb, given | {"dryRun": True}, viewer=world.viewer(who))
            assert done["__typename"] == "Progress", who
        own = await ask.do(verb, given, viewer=world.viewer("Ben"))
        assert own == {
            "__typename": "NotAllowed",
            "message": "This is decided by the person's managers and by learning admins.",
        }
        for who in ("Cleo", "Dan", "Pat", "Auda"):
            assert (await ask.do(verb, given, viewer=world.viewer(who)))["__typename"] == "NotAllowed", who
        silent = await ask.do(verb, given | {"reason": " "}, viewer=world.viewer("Ada"))
        assert silent["problems"] == [{"path": ["reason"], "message": "must say why"}]
    await ask.do(verb, given, viewer=world.viewer("Ada"))
    async with unchanged(database):
        again = await ask.do(verb, given, viewer=world.viewer("Ada"))
    assert again["__typename"] == "AlreadyDone"


async def test_a_report_that_comes_late_says_when_it_was(ask, world, database, ben, data):
    day = datetime.now(UTC).replace(microsecond=0) - timedelta(days=10)
    at = {"completedAt": day.isoformat()}
    viewer = world.viewer("Ben")
    await ask.do(COMPLETE, {"step": data.steps["read"]} | at, viewer=viewer)
    found = (await ask(RECORDS, {"id": ben}))["employee"]["progress"]["nodes"]
    assert [datetime.fromisoformat(each["since"]) for each in found] == [day]
    async with unchanged(database):
        earlier = (day - timedelta(days=1)).isoformat()
        early = await ask.do(COMPLETE, {"step": data.steps["write"], "completedAt": earlier}, viewer=viewer)
        again = await ask.do(COMPLETE, {"step": data.steps["read"], "completedAt": earlier}, viewer=viewer)
        ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        wrong = await ask.do(COMPLETE, {"step": data.steps["write"], "completedAt": ahead}, viewer=viewer)
    assert early["missing"] == [f"The step Read: not done, by time alone from {day:%Y-%m-%d %H:%M} UTC."]
    assert again["__typename"] == "AlreadyDone"
    assert wrong["problems"] == [{"path": ["completedAt"], "message": "must not lie in the future"}]


async def test_another_system_reports_in_whatever_order_it_likes(ask, database, ben, data):
    await assign(ask, data, ben)
    for key, days in (("write", 3), ("read", 5)):
        at = datetime.now(UTC) - timedelta(days=days)
        await complete(ask, data, key, ben, completedAt=at.isoformat())
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}
    assert await completions(database) == [("Ben", "data", True)]


async def test_a_step_is_reset_and_done_anew(ask, world, database, url, ben, data):
    await assign(ask, data, ben)
    before = await sql_level(ask, ben)
    for key in ("read", "write"):
        await ask.do(COMPLETE, {"step": data.steps[key]}, viewer=world.viewer("Ben"))
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}
    given = {"step": data.steps["read"], "employee": ben, "reason": "It was another book"}
    assert await ask.do(RESET, given, viewer=world.viewer("Ada")) == {"__typename": "Step", "key": "read"}
    await drain(database, url)
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}
    assert await completions(database) == []
    assert await sql_level(ask, ben) == before
    [read, _] = (await ask(RECORDS, {"id": ben}))["employee"]["progress"]["nodes"]
    assert (read["withdrawnBy"], read["withdrawnReason"]) == (
        {"displayName": "Ada Test"},
        "It was another book",
    )
    await ask.do(COMPLETE, {"step": data.steps["read"]}, viewer=world.viewer("Ben"))
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}


async def test_who_resets_a_step(ask, world, database, ben):
    exam = await write(ask, "exam", [step("read"), step("exam", "ASSESSMENT", proof="ASSESSMENT")])
    await complete(ask, exam, "read", ben)
    await complete(ask, exam, "exam", ben)
    async with unchanged(database):
        for key, allowed in (("read", ("Ben", "Ada", "Lena")), ("exam", ("Ada", "Lena"))):
            given = {"step": exam.steps[key], "employee": ben, "reason": "Wrong", "dryRun": True}
            for who in allowed:
                assert (await ask.do(RESET, given, viewer=world.viewer(who)))["__typename"] == "Step"
        own = await ask.do(RESET, given, viewer=world.viewer("Ben"))
        assert (
            own["message"]
            == "What somebody else has recorded is reset by your managers and by learning admins."
        )
        for who in ("Cleo", "Dan", "Pat", "Auda"):
            assert (await ask.do(RESET, given, viewer=world.viewer(who)))["__typename"] == "NotAllowed"
        silent = await ask.do(RESET, given | {"reason": ""}, viewer=world.viewer("Ada"))
        assert silent["problems"] == [{"path": ["reason"], "message": "must say why"}]
        nothing = {"step": exam.steps["read"], "reason": "Wrong"}
        refused = await ask.do(RESET, nothing, viewer=world.viewer("Cleo"))
    assert refused == {
        "__typename": "NothingDone",
        "message": "Nothing is recorded of this step.",
        "step": {"key": "read"},
    }
