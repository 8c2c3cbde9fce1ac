"""What somebody has of a stack, what is missing, the shortest way, and since and until when it is at risk."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from cairn.jobs.drain import drain
from credentials.earning import assess, award_of, define
from world import on

STACK = """
query ($credential: ID!, $employee: ID!, $at: DateTime, $days: Int) {
  stack(credential: $credential, employee: $employee, at: $at, days: $days) {
    status progress version { number } award { status }
    has { text } missing { credential { code } skill { name } }
    shortest { obtain { credential { code } } metFrom }
    way { depth of { code } node { credential { code } skill { name } } }
    atRiskSince atRiskUntil atRiskOf { credential { code } }
  }
}
"""
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
        return told["data"]["stack"]

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
    wrong = await ask.whole(STACK, {"credential": badge, "employee": cleo, "days": -1})
    assert "days" in str(wrong["errors"])


def instant(text):
    return datetime.fromisoformat(text).astimezone(UTC)
