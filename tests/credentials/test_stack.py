"""What somebody has of a stack, what is missing, the shortest way, and since and until when it is at risk."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import event

from cairn.graph.problem import Problem
from cairn.jobs.drain import drain
from credentials.earning import assess, award_of, define
from world import on

PARTS = """
fragment Parts on Stack {
  status progress version { number } award { status }
  has { text } missing { credential { code } skill { name } }
  shortest { obtain { credential { code } } metFrom }
  way { depth of { code } node { credential { code } skill { name } } }
  atRiskSince atRiskUntil atRiskOf { credential { code } }
}
"""
STACK = (
    """
query ($credential: ID!, $employee: ID!, $at: DateTime, $days: Int) {
  employee(id: $employee) { stack(credential: $credential, at: $at, days: $days) { ...Parts } }
}
"""
    + PARTS
)
OF_AWARDS = (
    """
query ($employee: ID!, $at: DateTime, $days: Int) {
  employee(id: $employee, at: $at) {
    awards { nodes { id credential { id code } stack(days: $days) { ...Parts } } }
  }
}
"""
    + PARTS
)
NOW = on(2031)


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travelling:
        yield travelling


@pytest.fixture
def stack(ask, world, cleo):
    async def asked(credential, who="Lena", **more):
        given = {"credential": credential, "employee": cleo, **more}
        told = await ask.whole(STACK, given, viewer=world.viewer(who))
        assert "errors" not in told, told
        return told["data"]["employee"]["stack"]

    return asked


async def test_from_nothing_to_whole_to_at_risk_to_lapsed(ask, world, cleo, done, stack, clock):
    """A diploma of two certificates, of which one takes two skills, and holds for a year."""
    sql, deal = world.gid("Skill", "SQL"), world.gid("Skill", "Negotiation")
    both = {"all": [{"skill": {"id": each, "level": 3}} for each in (sql, deal)]}
    trade = await define(ask, "trade", both, validity="P365D")
    data = await define(ask, "data", {"skill": {"id": sql, "level": 3}})
    all_ = {"all": [{"credential": data}, {"credential": trade}]}
    diploma = await define(ask, "diploma", all_, onLapse="SUSPEND")

    found = await stack(diploma)
    assert (found["status"], found["progress"], found["has"], found["award"]) == ("INCOMPLETE", 0, [], None)
    assert [each["credential"]["code"] for each in found["missing"]] == ["data", "trade"]
    assert [each["credential"]["code"] for each in found["shortest"]["obtain"]] == ["data", "trade"]
    way = [
        (each["of"]["code"], each["depth"], (each["node"]["credential"] or each["node"]["skill"]))
        for each in found["way"]
    ]
    assert way == [
        ("data", 1, {"name": "SQL"}),
        ("diploma", 0, {"code": "data"}),
        ("trade", 1, {"name": "SQL"}),
        ("trade", 1, {"name": "Negotiation"}),
        ("diploma", 0, {"code": "trade"}),
    ]
    await assess(ask, cleo, sql, 3)
    await done()
    found = await stack(diploma)
    assert (found["status"], found["progress"], len(found["has"])) == ("INCOMPLETE", 0.5, 1)
    assert [each["node"] for each in found["way"] if each["depth"]] == [
        {"credential": None, "skill": {"name": "Negotiation"}}
    ]

    await assess(ask, cleo, deal, 3)
    await done()
    found = await stack(diploma)
    assert (found["status"], found["award"], found["missing"], found["way"]) == (
        "COMPLETE",
        {"status": "VALID"},
        [],
        [],
    )
    end = NOW + timedelta(days=365)
    assert instant(found["atRiskUntil"]) == end
    assert instant(found["atRiskSince"]) == end - timedelta(days=90)
    assert found["atRiskOf"] == [{"credential": {"code": "trade"}}]
    for days, status in ((274, "COMPLETE"), (275, "AT_RISK"), (364, "AT_RISK"), (365, "INCOMPLETE")):
        at = (NOW + timedelta(days=days)).isoformat()
        assert (await stack(diploma, at=at))["status"] == status, days
    assert (await stack(diploma, days=366))["status"] == "AT_RISK"
    clock.move_to(end)
    found = await stack(diploma)
    assert (found["status"], found["award"]) == ("INCOMPLETE", {"status": "SUSPENDED"})
    await assess(ask, cleo, sql, 4)
    await assess(ask, cleo, deal, 4)
    await done()
    found = await stack(diploma)
    assert (found["status"], found["award"]) == ("COMPLETE", {"status": "VALID"})
    assert instant(found["atRiskUntil"]) == end + timedelta(days=365)
    assert instant((await award_of(ask, cleo, "diploma"))["until"]) == end + timedelta(days=365)


async def test_who_sees_a_stack_sees_the_records_it_is_of(ask, world, cleo, stack):
    badge = await define(ask, "badge", {"skill": {"id": world.gid("Skill", "SQL"), "level": 3}})
    seen = {name: await stack(badge, name) for name in ("Cleo", "Ben", "Ada", "Lena", "Dan")}
    assert {name for name, found in seen.items() if found is not None} == {"Cleo", "Ben", "Ada", "Lena"}
    with pytest.raises(Problem, match="days: from 0 to 3650"):
        await ask.whole(STACK, {"credential": badge, "employee": cleo, "days": -1})
    assert await stack(f"Credential:{uuid4()}") is None


async def test_each_award_of_a_list_tells_of_its_stack_by_the_version_awarded(ask, world, cleo, done, stack):
    sql, deal = world.gid("Skill", "SQL"), world.gid("Skill", "Negotiation")
    data = await define(ask, "data", {"skill": {"id": sql, "level": 3}}, validity="P100D")
    await define(ask, "diploma", {"all": [{"credential": data}]}, onLapse="SUSPEND")
    await assess(ask, cleo, sql, 3)
    await done()
    more = {"all": [{"credential": data}, {"skill": {"id": deal, "level": 5}}]}
    await define(ask, "diploma", more, onLapse="SUSPEND")
    start = datetime.now(UTC)
    for at in (None, start + timedelta(days=20), start + timedelta(days=200)):
        given = {"employee": cleo, "at": at and at.isoformat(), "days": 90}
        told = await ask.whole(OF_AWARDS, given, viewer=world.viewer("Ben"))
        awards = told["data"]["employee"]["awards"]["nodes"]
        assert sorted(each["credential"]["code"] for each in awards) == ["data", "diploma"]
        for each in awards:
            assert each["stack"] == await stack(each["credential"]["id"], "Ben", at=given["at"], days=90)
            assert each["stack"]["version"]["number"] == 1
    then = {each["credential"]["code"]: each["stack"]["status"] for each in awards}
    assert then == {"data": "COMPLETE", "diploma": "INCOMPLETE"}
    dan = await ask.whole(OF_AWARDS, {"employee": cleo}, viewer=world.viewer("Dan"))
    assert [each["stack"] for each in dan["data"]["employee"]["awards"]["nodes"]] == [None, None]


async def test_a_list_of_stacks_takes_as_many_statements_as_one(ask, world, cleo, done, database):
    sql = world.gid("Skill", "SQL")
    codes = [f"part-{n}" for n in range(5)]
    parts = [await define(ask, code, {"skill": {"id": sql, "level": 3}}) for code in codes]
    whole = await define(ask, "whole", {"all": [{"credential": each} for each in parts]})
    await define(ask, "sum", {"all": [{"credential": whole}]})
    people = [world.gid("Employee", name) for name in ("Cleo", "Ben", "Ada")]
    for who in people:
        await assess(ask, who, sql, 3)
    await done()
    ran = []
    event.listen(database.writes.sync_engine, "before_cursor_execute", lambda *told: ran.append(told[2]))
    counts = []
    for where, size in ((f'where: {{employee: {{id: {{eq: "{cleo}"}}}}}}', 7), ("first: 21", 21)):
        ran.clear()
        told = await ask.whole(f"{{ awards({where}) {{ nodes {{ stack {{ status progress }} }} }} }}")
        found = [each["stack"] for each in told["data"]["awards"]["nodes"]]
        assert found == [{"status": "COMPLETE", "progress": 1}] * size
        counts.append(len(ran))
    assert counts[0] == counts[1] < 12, ran


async def test_a_stack_is_told_of_in_the_answer_of_a_mutation_and_twice_for_two_dates(ask, world, cleo):
    sql = world.gid("Skill", "SQL")
    lasts = await define(ask, "lasts", {"skill": {"id": sql, "level": 3}}, awardedBy="APPROVAL")
    await assess(ask, cleo, sql, 3)
    award = """mutation ($input: AwardCredentialInput!) { awardCredential(input: $input) {
      ... on Award { stack { status atRiskUntil } later: stack(at: "2019-01-01T00:00:00Z") { status } }
    } }"""
    told = await ask.whole(award, {"input": {"credential": lasts, "employee": cleo}})
    made = told["data"]["awardCredential"]
    assert made == {"stack": {"status": "COMPLETE", "atRiskUntil": None}, "later": {"status": "INCOMPLETE"}}


async def test_what_takes_thinking_is_bounded(ask):
    within = "{ awards(first: 1) { nodes { stack { award { stack { status } } } } } }"
    with pytest.raises(Problem, match="within another field"):
        await ask.whole(within)
    with pytest.raises(Problem, match="over 500 objects"):
        await ask.whole("{ employees(first: 11) { nodes { awards { nodes { stack { status } } } } } }")


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)
