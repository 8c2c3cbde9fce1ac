"""What is earned and takes an approval: it waits, and who is entitled to approves or declines."""

import pytest

from cairn.jobs.drain import drain
from credentials.earning import AWARD, assess, awards, define, withdraw
from stored import unchanged

QUEUE = """
query ($filter: AwardToApproveWhere) {
  awardsToApprove(where: $filter) {
    nodes { id status employee { displayName } version { credential { code } } declinedReason }
  }
}
"""
APPROVE = """
mutation ($input: ApproveAwardInput!) {
  approveAward(input: $input) {
    __typename
    ... on Award { status cause approvedBy { displayName } evidenceNote } ... on Refusal { message }
  }
}
"""
DECLINE = """
mutation ($input: DeclineAwardInput!) {
  declineAward(input: $input) {
    __typename ... on AwardToApprove { status declinedBy { displayName } } ... on Refusal { message }
  }
}
"""


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


@pytest.fixture
def queue(ask, world):
    """What waits, as somebody sees it."""

    async def seen(who="Lena", status="WAITING"):
        given = {"filter": {"status": {"eq": status}}}
        nodes = (await ask(QUEUE, given, viewer=world.viewer(who)))["awardsToApprove"]["nodes"]
        return {each["version"]["credential"]["code"]: each["id"] for each in nodes}

    return seen


async def test_what_is_earned_waits_until_it_is_approved(ask, world, cleo, sql, done, queue, database):
    needs = {"skill": {"id": sql, "level": 3}}
    await define(ask, "badge", needs, awardedBy="APPROVAL")
    await define(ask, "licence", needs, awardedBy="MANAGER")
    await define(ask, "other", needs, awardedBy="APPROVAL")
    evidence = await assess(ask, cleo, sql, 3)
    await done()
    await assess(ask, cleo, sql, 4)
    await done()
    waiting = await queue()
    assert sorted(waiting) == ["badge", "licence", "other"]
    assert await queue("Ben") == await queue("Cleo") == await queue("Auda") == waiting
    assert await queue("Dan") == {}
    assert await awards(ask, cleo) == []
    async with unchanged(database):
        refused = await ask.do(APPROVE, {"waiting": waiting["badge"]}, viewer=world.viewer("Ben"))
        assert refused["__typename"] == "NotAllowed"
        refused = await ask.do(APPROVE, {"waiting": waiting["licence"]}, viewer=world.viewer("Cleo"))
        assert refused["__typename"] == "NotAllowed"
    made = await ask.do(
        APPROVE, {"waiting": waiting["licence"], "note": "Saw her do it"}, viewer=world.viewer("Ada")
    )
    assert made == {
        "__typename": "Award",
        "status": "VALID",
        "cause": "APPROVAL",
        "approvedBy": {"displayName": "Ada Test"},
        "evidenceNote": "Saw her do it",
    }
    declined = await ask.do(
        DECLINE, {"waiting": waiting["badge"], "reason": "Not in practice"}, viewer=world.viewer("Lena")
    )
    assert declined["declinedBy"] == {"displayName": "Lena Test"}
    assert list(await queue()) == ["other"]
    await assess(ask, cleo, sql, 5)
    await done()
    assert (list(await queue()), list(await queue(status="DECLINED"))) == (["other"], ["badge"])
    assert await withdraw(ask, evidence) is None
    assert await awards(ask, cleo) == [("licence", "VALID")]


async def test_what_is_no_longer_earned_or_awarded_another_way_waits_no_more(
    ask, world, cleo, sql, done, queue
):
    needs = {"skill": {"id": sql, "level": 3}}
    badge = await define(ask, "badge", needs, awardedBy="APPROVAL")
    await define(ask, "licence", needs, awardedBy="MANAGER")
    evidence = await assess(ask, cleo, sql, 3)
    await done()
    waiting = await queue()
    await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    assert list(await queue()) == ["licence"]
    await withdraw(ask, evidence)
    late = await ask.do(APPROVE, {"waiting": waiting["licence"]}, viewer=world.viewer("Ben"))
    assert late["__typename"] == "NotEarned"
    await done()
    assert await queue() == {}
    await assess(ask, cleo, sql, 4)
    await done()
    assert list(await queue()) == ["licence"], "it is earned anew"
