"""What is earned and takes an approval: it waits, and who is entitled to approves or declines."""

import pytest

from cairn.jobs.drain import drain
from credentials.earning import AWARD, DEFINE, assess, awards, credential, define, withdraw
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
    needs = {"skill": {"id": sql, "level": 5}}
    await define(ask, "badge", needs, awardedBy="APPROVAL")
    await define(ask, "licence", needs, awardedBy="MANAGER")
    await define(ask, "other", needs, awardedBy="APPROVAL")
    evidence = await assess(ask, cleo, sql, 5)
    await done()
    await assess(ask, cleo, sql, 5)
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
    needs = {"skill": {"id": sql, "level": 5}}
    badge = await define(ask, "badge", needs, awardedBy="APPROVAL")
    await define(ask, "licence", needs, awardedBy="MANAGER")
    evidence = await assess(ask, cleo, sql, 5)
    await done()
    waiting = await queue()
    await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    assert list(await queue()) == ["licence"]
    await withdraw(ask, evidence)
    late = await ask.do(APPROVE, {"waiting": waiting["licence"]}, viewer=world.viewer("Ben"))
    assert late["__typename"] == "NotEarned"
    await done()
    assert await queue() == {}
    await assess(ask, cleo, sql, 5)
    await done()
    assert list(await queue()) == ["licence"], "it is earned anew"


ASKED = """{ viewer {
  awardsToApprove { nodes { id employee { displayName } version { credential { code } } } }
  notifications(where: {kind: {eq: APPROVAL}}) { nodes { isRead awardToApprove { id } } }
} }"""


async def test_whom_a_credential_names_is_asked_and_nobody_else_says(ask, world, cleo, sql, done, database):
    """A person, those of a job role, the manager; never who has earned it."""
    dan, role = world.gid("Employee", "Dan"), world.gid("JobRole", "Engineer role")
    needs = {"skill": {"id": sql, "level": 5}}
    await define(ask, "badge", needs, awardedBy="PERSON", approver=dan)
    await define(ask, "licence", needs, awardedBy="ROLE", approverRole=role)
    await define(ask, "certificate", needs, awardedBy="MANAGER")
    await assess(ask, cleo, sql, 5)
    await done()

    async def asked(who):
        found = (await ask(ASKED, viewer=world.viewer(who)))["viewer"]
        waits = {
            each["version"]["credential"]["code"]: each["id"] for each in found["awardsToApprove"]["nodes"]
        }
        told = {each["awardToApprove"]["id"] for each in found["notifications"]["nodes"]}
        return waits, {code for code, id_ in waits.items() if id_ in told}

    everything, told = await asked("Lena")
    assert (sorted(everything), told) == (["badge", "certificate", "licence"], set())
    workers = {}
    for who in ("Ada", "Ben", "Cleo", "Dan", "Grace"):
        waits, told = await asked(who)
        workers[who] = sorted(waits), sorted(told)
    assert workers["Dan"][0][0] == workers["Dan"][1][0] == "badge"
    assert workers["Cleo"] == ([], []), "nobody approves their own"
    assert "certificate" in workers["Ben"][1], "the direct manager is told"
    assert ("certificate" in workers["Ada"][0], "certificate" in workers["Ada"][1]) == (True, False)
    assert [who for who, (waits, _) in workers.items() if "badge" in waits] == ["Dan"]
    for who, (waits, told) in workers.items():
        assert ("licence" in waits) is ("licence" in told), who
    assert any("licence" in waits for waits, _ in workers.values())
    for who in ("Ben", "Cleo"):
        async with unchanged(database):
            refused = await ask.do(APPROVE, {"waiting": everything["badge"]}, viewer=world.viewer(who))
            assert refused["__typename"] == "NotAllowed", who
    assert "the approver whom the credential names" in refused["message"]
    made = await ask.do(APPROVE, {"waiting": everything["badge"]}, viewer=world.viewer("Dan"))
    assert made["approvedBy"] == {"displayName": "Dan Test"}
    waits, told = await asked("Dan")
    assert "badge" not in waits
    for given, message in (
        ({"awardedBy": "PERSON"}, "goes with awardedBy PERSON, and only there"),
        ({"awardedBy": "ROLE", "approver": dan, "approverRole": role}, "goes with awardedBy PERSON"),
        (
            {"awardedBy": "PERSON", "approver": dan[:-1] + ("0" if dan[-1] != "0" else "1")},
            "there is no employee",
        ),
    ):
        refused = await ask.do(DEFINE, credential("other", needs, **given))
        assert message in str(refused["problems"]), given
