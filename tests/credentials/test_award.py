"""Awards: made when they are earned, once each, by themselves or with somebody's approval."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cairn.credentials import award
from cairn.jobs.drain import drain
from cairn.requirements.tree import SubjectKind
from credentials.earning import AWARD, REVOKE, assess, award_of, awards, define, withdraw
from pathways.writing import complete, step, write
from stored import counts, stored, unchanged
from waiting import until_it_waits
from world import TODAY, id_of


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def done(database, url):
    """Has the worker do all there is to do."""

    async def settle():
        return await drain(database, url)

    return settle


async def learn(ask, pathway, who, *keys):
    for key in keys or pathway.steps:
        await complete(ask, pathway, key, who)


# By themselves


async def test_a_completed_pathway_earns_its_badge(ask, world, cleo, sql, done):
    data = await write(ask, "data", [step("read"), step("write")])
    await define(ask, "badge", {"pathway": data.id}, grants=[{"skill": sql, "level": 4}])
    await learn(ask, data, cleo, "read")
    await done()
    assert await awards(ask, cleo) == []
    await learn(ask, data, cleo, "write")
    before = datetime.now(UTC)
    await done()
    query = """query ($id: ID!) {
      employee(id: $id) {
        awards { nodes {
          status cause until approvedBy { displayName } credential { code } version { name number }
          evidence { nodes { level source note until cause { __typename ... on Award { status } } } }
        } }
        levels { nodes { skill { name } level isVerified } }
      }
    }"""
    found = (await ask(query, {"id": cleo}, viewer=world.viewer("Ben")))["employee"]
    assert found["awards"]["nodes"] == [
        {
            "status": "VALID",
            "cause": "REQUIREMENT",
            "until": None,
            "approvedBy": None,
            "credential": {"code": "badge"},
            "version": {"name": "Badge", "number": 1},
            "evidence": {
                "nodes": [
                    {
                        "level": 4,
                        "source": "CREDENTIAL",
                        "note": "Awarded: Badge",
                        "until": None,
                        "cause": {"__typename": "Award", "status": "VALID"},
                    }
                ]
            },
        }
    ]
    assert {"skill": {"name": "SQL"}, "level": 4, "isVerified": True} in found["levels"]["nodes"]
    assert await awards(ask, cleo, before) == [("badge", "PENDING")]


@pytest.mark.parametrize("level", [2, 3])
async def test_a_skill_earns_a_credential_at_its_level(ask, cleo, sql, done, level):
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
    await assess(ask, cleo, sql, level)
    await done()
    assert await awards(ask, cleo) == [("badge", "VALID")] * (level == 3)


async def test_a_step_a_position_or_a_team_may_earn_a_credential(ask, world, cleo, done):
    data = await write(ask, "data", [step("read"), step("write")])
    await define(ask, "reader", {"step": data.steps["read"]})
    await define(ask, "seller", {"employed": {"department": world.gid("Department", "Sales")}})
    await learn(ask, data, cleo, "read")
    move = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
    position = {"title": "Seller", "department": world.gid("Department", "Sales")}
    await ask.do(move, {"employee": cleo, "fromDay": str(TODAY), "position": position})
    await done()
    assert sorted(await awards(ask, cleo)) == [("reader", "VALID"), ("seller", "VALID")]


async def test_what_is_awarded_with_approval_does_not_award_itself(ask, cleo, sql, done):
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}}, awardedBy="APPROVAL")
    await assess(ask, cleo, sql, 3)
    await done()
    assert await awards(ask, cleo) == []


async def test_the_version_that_is_published_is_awarded(ask, cleo, sql, done):
    await define(ask, "badge", {"skill": {"id": sql, "level": 1}})
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await assess(ask, cleo, sql, 4)
    await done()
    assert await awards(ask, cleo) == []
    await assess(ask, cleo, sql, 5)
    await done()
    query = "{ awards { nodes { version { number } } } }"
    assert (await ask(query))["awards"]["nodes"] == [{"version": {"number": 2}}]


async def test_a_stack_completes_itself_stone_by_stone(ask, cleo, done):
    first, second = [await write(ask, code, [step("read")]) for code in ("first", "second")]
    stones = [await define(ask, f"badge-{each.id[-4:]}", {"pathway": each.id}) for each in (first, second)]
    half = await define(ask, "half", {"any": {"n": 1, "of": [{"credential": each} for each in stones]}})
    await define(ask, "whole", {"all": [{"credential": each} for each in [*stones, half]]})
    await learn(ask, first, cleo)
    await done()
    assert [code for code, _ in await awards(ask, cleo)] == [f"badge-{first.id[-4:]}", "half"]
    await learn(ask, second, cleo)
    await done()
    assert [code for code, _ in await awards(ask, cleo)] == [
        f"badge-{first.id[-4:]}",
        "half",
        f"badge-{second.id[-4:]}",
        "whole",
    ]


async def test_an_event_that_comes_again_awards_nothing_again(ask, database, cleo, done):
    data = await write(ask, "data", [step("read")])
    await define(ask, "badge", {"pathway": data.id})
    await learn(ask, data, cleo)
    await done()
    pathway = UUID(data.id.removeprefix("Pathway:"))
    async with unchanged(database):
        for _ in range(2):
            async with database.transaction() as tx:
                await award.reconsider(tx, [id_of("Cleo")], SubjectKind.PATHWAY, [pathway])


async def test_two_events_at_once_award_once(ask, database, cleo, sql):
    data = await write(ask, "data", [step("read")])
    either = {"any": {"n": 1, "of": [{"pathway": data.id}, {"skill": {"id": sql, "level": 3}}]}}
    await define(ask, "badge", either, grants=[{"skill": sql, "level": 4}])
    await learn(ask, data, cleo)
    await assess(ask, cleo, sql, 3)

    async def again():
        async with database.transaction() as tx:
            await award.reconsider(tx, [id_of("Cleo")], SubjectKind.SKILL, [id_of("SQL")])

    async with database.transaction() as tx:
        pathway = UUID(data.id.removeprefix("Pathway:"))
        await award.reconsider(tx, [id_of("Cleo")], SubjectKind.PATHWAY, [pathway])
        second = asyncio.create_task(again())
        await until_it_waits(database, second)
    await second
    assert await counts(database, "award") == {"award": 1}
    evidence = [row for row in (await stored(database))["evidence"] if '"CREDENTIAL"' in row]
    assert len(evidence) == 1


async def test_a_refused_transaction_awards_nothing(ask, database, cleo, done):
    data = await write(ask, "data", [step("read")])
    await define(ask, "badge", {"pathway": data.id})
    await done()
    complete_ = "mutation ($input: CompleteStepInput!) { completeStep(input: $input) { __typename } }"
    async with unchanged(database):
        await ask.do(complete_, {"step": data.steps["read"], "employee": cleo, "dryRun": True})
        assert await done() == 0
    assert await awards(ask, cleo) == []


# With approval


async def test_a_learning_admin_awards_what_is_earned(ask, world, cleo, sql):
    badge = await define(
        ask, "badge", {"skill": {"id": sql, "level": 3}}, awardedBy="APPROVAL", validity="P1Y"
    )
    await assess(ask, cleo, sql, 3)
    given = {"credential": badge, "employee": cleo}
    made = await ask.do(AWARD, given, viewer=world.viewer("Lena"))
    assert made.pop("id")
    until = datetime.fromisoformat(made.pop("until"))
    now = datetime.now(UTC)
    assert timedelta(days=364) < until - now <= timedelta(days=366)
    assert made == {
        "__typename": "Award",
        "status": "VALID",
        "cause": "APPROVAL",
        "approvedBy": {"displayName": "Lena Test"},
        "employee": {"displayName": "Cleo Test"},
        "version": {"number": 1, "name": "Badge"},
    }


@pytest.mark.parametrize("who", ["Ben", "Ada", "Cleo", "Pat", "Auda"])
async def test_nobody_else_awards(ask, world, database, cleo, who):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    async with unchanged(database):
        refused = await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer(who))
    assert refused["__typename"] == "NotAllowed"


async def test_what_is_missing_is_said_in_sentences(ask, world, database, cleo, sql):
    data = await write(ask, "data", [step("read")])
    base = await define(ask, "base", {"pathway": data.id})
    later = TODAY + timedelta(days=9)
    needs = [
        {"credential": base},
        {"pathway": data.id},
        {"skill": {"id": sql, "level": 3}},
        {"employed": {"role": world.gid("JobRole", "Engineer role")}},
        {"notBefore": f"{later}T00:00:00Z"},
    ]
    badge = await define(ask, "badge", {"all": needs}, awardedBy="APPROVAL")
    async with unchanged(database):
        refused = await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    assert refused == {
        "__typename": "NotEarned",
        "message": "The person does not meet what earns it.",
        "missing": [
            "The credential base: not held.",
            "The pathway Data: not completed.",
            "SQL at level 3 or higher: no level held.",
            f"Not before {later}: still to come, by time alone from {later}.",
        ],
    }


async def test_credentials_and_people_that_do_not_exist_are_not_found(ask, world, database, cleo):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    lena = world.viewer("Lena")
    async with unchanged(database):
        nothing = await ask.do(AWARD, {"credential": f"Credential:{uuid4()}", "employee": cleo}, viewer=lena)
        nobody = await ask.do(AWARD, {"credential": badge, "employee": f"Employee:{uuid4()}"}, viewer=lena)
    assert nothing == {"__typename": "NotFound", "message": "There is no such credential."}
    assert nobody == {"__typename": "NotFound", "message": "There is no such employee."}


async def test_nobody_is_awarded_twice(ask, world, database, cleo):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL", validity="P1M")
    given, lena = {"credential": badge, "employee": cleo}, world.viewer("Lena")
    both = await asyncio.gather(*(ask.do(AWARD, given, viewer=lena) for _ in range(2)))
    assert sorted(each["__typename"] for each in both) == ["AlreadyAwarded", "Award"]
    async with unchanged(database):
        again = await ask.do(AWARD, given, viewer=lena)
    assert again == {
        "__typename": "AlreadyAwarded",
        "message": "The person holds it already.",
        "award": {"status": "VALID"},
    }
    async with database.transaction() as tx:
        past = "tstzmultirange(tstzrange(now() - interval '2 months', now() - interval '1 month'))"
        await tx.execute(text(f"update award set held = {past}, awarded_at = now() - interval '2 months'"))
    expired = await ask.do(AWARD, given, viewer=lena)
    assert expired == {
        "__typename": "AlreadyAwarded",
        "message": "The person was awarded it before, and that award does not hold now.",
        "award": {"status": "EXPIRED"},
    }


# Over time


async def test_an_award_and_its_evidence_end_with_its_validity(ask, world, cleo, sql):
    badge = await define(
        ask, "badge", {"all": []}, awardedBy="APPROVAL", validity="P90D", grants=[{"skill": sql, "level": 4}]
    )
    before = datetime.now(UTC)
    await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    made = await award_of(ask, cleo, "badge")
    end = datetime.fromisoformat(made["until"])
    assert timedelta(days=90) <= end - before < timedelta(days=90, minutes=1)
    assert await awards(ask, cleo, before) == [("badge", "PENDING")]
    assert await awards(ask, cleo, end - timedelta(microseconds=1)) == [("badge", "VALID")]
    assert await awards(ask, cleo, end) == [("badge", "EXPIRED")]
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) { levels(orderBy: [{level: DESC}]) { nodes { level until } } }
    }"""
    now, later = await ask(query, {"id": cleo}), await ask(query, {"id": cleo, "at": made["until"]})
    python = {"level": 3, "until": None}
    assert now["employee"]["levels"]["nodes"] == [{"level": 4, "until": made["until"]}, python]
    assert later["employee"]["levels"]["nodes"] == [python]


# Revoking


async def test_what_is_revoked_is_revoked_for_ever_with_its_evidence(ask, world, database, cleo, sql, done):
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}}, grants=[{"skill": sql, "level": 4}])
    await assess(ask, cleo, sql, 3)
    await done()
    before = datetime.now(UTC)
    made = await award_of(ask, cleo, "badge")
    given, lena = {"award": made["id"], "reason": "Somebody else's work"}, world.viewer("Lena")
    async with unchanged(database):
        unsaid = await ask.do(REVOKE, given | {"reason": " "}, viewer=lena)
        for who in ("Ben", "Cleo", "Pat", "Auda"):
            assert (await ask.do(REVOKE, given, viewer=world.viewer(who)))["__typename"] == "NotAllowed"
        lost = await ask.do(REVOKE, given | {"award": f"Award:{uuid4()}"}, viewer=lena)
    assert unsaid["problems"] == [{"path": ["reason"], "message": "must say why"}]
    assert lost["__typename"] == "NotFound"
    revoked = await ask.do(REVOKE, given, viewer=lena)
    assert (revoked["status"], revoked["revokedReason"]) == ("REVOKED", "Somebody else's work")
    assert revoked["until"] is not None
    async with unchanged(database):
        again = await ask.do(REVOKE, given, viewer=lena)
    assert again["__typename"] == "AlreadyRevoked"
    assert await awards(ask, cleo, before) == [("badge", "VALID")]
    query = """query ($id: ID!) {
      award(id: $id) { evidence { nodes { holds withdrawnReason withdrawnBy { displayName } } } }
    }"""
    found = await ask(query, {"id": made["id"]})
    assert found["award"]["evidence"]["nodes"] == [
        {
            "holds": False,
            "withdrawnReason": "Award revoked: Somebody else's work",
            "withdrawnBy": {"displayName": "Lena Test"},
        }
    ]


async def test_who_lost_an_award_may_earn_it_again(ask, world, cleo, sql, done):
    await define(ask, "badge", {"skill": {"id": sql, "level": 3}})
    await assess(ask, cleo, sql, 3)
    await done()
    made = await award_of(ask, cleo, "badge")
    await ask.do(REVOKE, {"award": made["id"], "reason": "A mistake"}, viewer=world.viewer("Lena"))
    await done()
    assert await awards(ask, cleo) == [("badge", "REVOKED")]
    await assess(ask, cleo, sql, 4)
    await done()
    assert await awards(ask, cleo) == [("badge", "REVOKED"), ("badge", "VALID")]


async def test_what_rested_on_the_evidence_of_a_revoked_award_is_told(ask, world, cleo, sql, done):
    python = world.gid("Skill", "Python")
    await define(ask, "base", {"skill": {"id": sql, "level": 3}}, grants=[{"skill": python, "level": 5}])
    await define(ask, "expert", {"skill": {"id": python, "level": 5}}, onLapse="EXPIRE")
    await assess(ask, cleo, sql, 3)
    await done()
    assert await awards(ask, cleo) == [("base", "VALID"), ("expert", "VALID")]
    base = await award_of(ask, cleo, "base")
    await ask.do(REVOKE, {"award": base["id"], "reason": "A mistake"}, viewer=world.viewer("Lena"))
    await done()
    assert await awards(ask, cleo) == [("base", "REVOKED"), ("expert", "EXPIRED")]


# Who sees them


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        *((who, True) for who in ("Cleo", "Ben", "Ada", "Grace", "Lena", "Auda")),
        *((who, False) for who in ("Dan", "Pat", "Finn")),
    ],
)
async def test_what_is_hidden_is_for_the_holder_the_managers_and_learning_admins(
    ask, world, database, cleo, who, sees
):
    badge = await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    await ask.do(AWARD, {"credential": badge, "employee": cleo}, viewer=world.viewer("Lena"))
    viewer = world.viewer(who)
    query = "query ($id: ID!) { credential(id: $id) { awards { totalCount } } awards { totalCount } }"
    shown = {"credential": {"awards": {"totalCount": 1}}, "awards": {"totalCount": 1}}
    assert await awards(ask, cleo, viewer=viewer) == [("badge", "VALID")]
    assert await ask(query, {"id": badge}, viewer=viewer) == shown
    async with database.transaction() as tx:
        await tx.execute(text("update award set is_hidden = true"))
    hidden = {"credential": {"awards": {"totalCount": 0}}, "awards": {"totalCount": 0}}
    assert await awards(ask, cleo, viewer=viewer) == [("badge", "VALID")] * sees
    assert await ask(query, {"id": badge}, viewer=viewer) == (shown if sees else hidden)


async def test_evidence_tells_what_is_behind_it(ask, world, cleo, sql, done):
    data = await write(ask, "data", [step("read", grants=[{"skill": sql, "level": 2}])])
    await define(ask, "badge", {"pathway": data.id}, grants=[{"skill": sql, "level": 4}])
    await learn(ask, data, cleo)
    await assess(ask, cleo, sql, 1)
    await done()
    query = """query ($id: ID!) {
      employee(id: $id) {
        evidence(where: {level: {in: [1, 2, 4]}}, orderBy: [{level: ASC}]) {
          nodes {
            level
            cause { __typename ... on Award { credential { code } } ... on Progress { step { key } } }
          }
        }
      }
    }"""
    found = await ask(query, {"id": cleo}, viewer=world.viewer("Ben"))
    assert found["employee"]["evidence"]["nodes"] == [
        {"level": 1, "cause": None},
        {"level": 2, "cause": {"__typename": "Progress", "step": {"key": "read"}}},
        {"level": 4, "cause": {"__typename": "Award", "credential": {"code": "badge"}}},
    ]


async def test_each_award_leaves_its_entry(ask, world, cleo, sql, done):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    evidence = await assess(ask, cleo, sql, 5)
    await done()
    made = await award_of(ask, cleo, "badge")
    await ask.do(REVOKE, {"award": made["id"], "reason": "No"}, viewer=world.viewer("Lena"))
    await withdraw(ask, evidence)
    query = """{
      auditEntries(where: {verb: {startsWith: "award."}}, orderBy: [{at: ASC}]) {
        nodes { viewer verb after }
      }
    }"""
    entries = await ask(query, viewer=world.viewer("Auda"))
    assert entries["auditEntries"]["nodes"] == [
        {
            "viewer": "system:worker",
            "verb": "award.make",
            "after": {"employee": str(id_of("Cleo")), "credential": "Badge"},
        },
        {"viewer": "employee:Lena", "verb": "award.revoke", "after": {"reason": "No"}},
    ]
