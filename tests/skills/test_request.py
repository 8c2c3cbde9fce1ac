"""Requests for an assessment: asked, answered, declined, withdrawn, and over when somebody leaves."""

from datetime import timedelta

import pytest

from cairn.jobs.drain import drain
from world import TODAY

ASK = """
mutation ($input: RequestAssessmentInput!) {
  requestAssessment(input: $input) {
    __typename
    ... on AssessmentRequest {
      id note dueOn closure
      employee { givenName } assessor { givenName } requestedBy { givenName } skill { name }
    }
    ... on AlreadyRequested { request { id } }
    ... on InvalidInput { problems { path message } }
    ... on NotAllowed { message }
  }
}
"""
DECLINE = """
mutation ($input: DeclineAssessmentInput!) {
  declineAssessment(input: $input) {
    __typename ... on AssessmentRequest { closure closureReason } ... on Refusal { message }
  }
}
"""
WITHDRAW = DECLINE.replace("DeclineAssessment", "WithdrawAssessmentRequest").replace(
    "declineAssessment", "withdrawAssessmentRequest"
)
ASSESS = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
TODO = """{
  viewer { employee { assessmentsToGive { nodes { employee { givenName } skill { name } note } } } }
}"""
STATE = """query ($id: ID!) {
  employee(id: $id) {
    assessmentRequests { nodes { closure closureReason evidence { level source assertedBy { givenName } } } }
  }
}"""


@pytest.fixture
def about(ask, world):
    """Asks for an assessment of Cleo's SQL."""

    async def request(assessor, viewer, **more):
        given = {
            "employee": world.gid("Employee", "Cleo"),
            "skill": world.gid("Skill", "SQL"),
            "assessor": world.gid("Employee", assessor),
        }
        return await ask.do(ASK, given | more, viewer=world.viewer(viewer))

    return request


async def to_give(ask, world, who):
    found = await ask(TODO, viewer=world.viewer(who))
    return found["viewer"]["employee"]["assessmentsToGive"]["nodes"]


async def state(ask, world):
    found = await ask(STATE, {"id": world.gid("Employee", "Cleo")})
    return found["employee"]["assessmentRequests"]["nodes"]


async def test_who_is_asked_sees_it_and_answers_by_assessing(ask, world, about):
    asked = await about("Dan", "Cleo", note="The reports", dueOn=str(TODAY))
    assert asked == {
        "__typename": "AssessmentRequest",
        "id": asked["id"],
        "note": "The reports",
        "dueOn": str(TODAY),
        "closure": None,
        "employee": {"givenName": "Cleo"},
        "assessor": {"givenName": "Dan"},
        "requestedBy": {"givenName": "Cleo"},
        "skill": {"name": "SQL"},
    }
    assert await about("Dan", "Ben") == {"__typename": "AlreadyRequested", "request": {"id": asked["id"]}}
    [todo] = await to_give(ask, world, "Dan")
    assert todo == {"employee": {"givenName": "Cleo"}, "skill": {"name": "SQL"}, "note": "The reports"}

    for skill in ("Python", "SQL"):
        said = {
            "employee": world.gid("Employee", "Cleo"),
            "skill": world.gid("Skill", skill),
            "level": 4,
        }
        before = await state(ask, world)
        assert before[0]["closure"] is None
        assert await ask.do(ASSESS, said, viewer=world.viewer("Dan")) == {"__typename": "Evidence"}
    assert await state(ask, world) == [
        {
            "closure": "ANSWERED",
            "closureReason": None,
            "evidence": {"level": 4, "source": "PEER", "assertedBy": {"givenName": "Dan"}},
        }
    ]
    assert await to_give(ask, world, "Dan") == []
    assert (await about("Dan", "Cleo"))["__typename"] == "AssessmentRequest"


async def test_it_is_declined_by_whoever_was_asked_and_withdrawn_by_whoever_asked(ask, world, about):
    asked = await about("Dan", "Ben")
    no = {"request": asked["id"], "reason": "I have never seen it"}
    assert (await ask.do(DECLINE, no, viewer=world.viewer("Ben")))["__typename"] == "NotAllowed"
    done = await ask.do(DECLINE, no, viewer=world.viewer("Dan"))
    assert done == {
        "__typename": "AssessmentRequest",
        "closure": "DECLINED",
        "closureReason": "I have never seen it",
    }
    again = await ask.do(WITHDRAW, no, viewer=world.viewer("Ben"))
    assert again["__typename"] == "RequestClosed"
    second = await about("Dan", "Ben")
    over = {"request": second["id"], "reason": "Ada did"}
    assert (await ask.do(WITHDRAW, over, viewer=world.viewer("Dan")))["__typename"] == "NotAllowed"
    assert (await ask.do(WITHDRAW, over, viewer=world.viewer("Ben")))["closure"] == "WITHDRAWN"


async def test_who_may_not_ask_is_told_so_and_what_makes_no_sense_is_refused(about):
    assert (await about("Ben", "Dan"))["__typename"] == "NotAllowed"
    for assessor, more, path in (
        ("Cleo", {}, "assessor"),
        ("Dan", {"dueOn": str(TODAY - timedelta(days=1))}, "dueOn"),
    ):
        refused = await about(assessor, "Cleo", **more)
        assert [each["path"] for each in refused["problems"]] == [[path]]
    assert (await about("Cleo", "Ben"))["__typename"] == "AssessmentRequest"


async def test_whoever_leaves_is_asked_no_more(ask, world, about, database, url):
    await about("Dan", "Ben")
    leave = """mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"""
    given = {"employee": world.gid("Employee", "Dan"), "lastDay": str(TODAY - timedelta(days=1))}
    assert await ask.do(leave, given) == {"__typename": "Employee"}
    await drain(database, url)
    assert await state(ask, world) == [
        {"closure": "WITHDRAWN", "closureReason": "One of them left the company.", "evidence": None}
    ]
    refused = await about("Dan", "Ben")
    assert refused["problems"] == [{"path": ["assessor"], "message": "has left the company"}]
