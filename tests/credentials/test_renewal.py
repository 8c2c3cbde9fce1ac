"""Whoever earns a credential anew has the award renewed by itself, and what is stacked on it follows."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
import time_machine

from cairn.jobs.drain import drain
from cairn.pathways import currency
from credentials.earning import assess, award_of, awards, define, withdraw
from credentials.test_approve import APPROVE, QUEUE
from pathways.writing import COMPLETE, assign, step, write

FIRST = date(2031, 1, 6)
YEAR = timedelta(days=365)
CORRECT = """mutation ($input: CorrectAwardInput!) {
  correctAward(input: $input) { __typename ... on Refusal { message } }
}"""
HISTORY = """
query ($award: ID!) { award(id: $award) { status until renewedAt awardedAt } }
"""


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def python(world):
    return world.gid("Skill", "Negotiation")


@pytest.fixture
def clock():
    with time_machine.travel(at(FIRST), tick=False) as travelling:
        yield travelling


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


def at(day, hour=9):
    return datetime.combine(day, time(hour), UTC)


async def test_certified_again_in_time_and_too_late(ask, world, cleo, database, done, clock):
    """A yearly course, its certificate, and what is stacked on that."""
    safety = await write(
        ask, "safety", [step("drill")], currency={"validity": f"P{YEAR.days}D", "window": "P30D"}
    )
    certificate = await define(ask, "certificate", {"pathway": safety.id}, validity=f"P{YEAR.days}D")
    await define(ask, "stack", {"credential": certificate}, onLapse="SUSPEND")
    await assign(ask, safety, cleo)
    drill = {"step": safety.steps["drill"], "employee": cleo}
    assert (await ask.do(COMPLETE, drill))["__typename"] == "Progress"
    await done()
    assert await awards(ask, cleo) == [("certificate", "VALID"), ("stack", "VALID")]
    made = await award_of(ask, cleo, "certificate")
    again = FIRST
    for days, meanwhile in ((350, "VALID"), (400, "SUSPENDED")):
        again += timedelta(days=days)
        clock.move_to(at(again, 1))
        async with database.transaction() as tx:
            await currency.open_rounds(tx, at(again, 1))
        await done()
        assert dict(await awards(ask, cleo))["stack"] == meanwhile
        clock.move_to(at(again))
        assert (await ask.do(COMPLETE, drill))["__typename"] == "Progress"
        await done()
        found = (await ask(HISTORY, {"award": made["id"]}))["award"]
        assert found["status"] == "VALID"
        assert datetime.fromisoformat(found["awardedAt"]) == at(FIRST)
        assert datetime.fromisoformat(found["renewedAt"]) == at(again)
        assert datetime.fromisoformat(found["until"]) == at(again + YEAR)
        assert await awards(ask, cleo) == [("certificate", "VALID"), ("stack", "VALID")]
    entries = '{ auditEntries(where: {verb: {eq: "award.renew"}}) { nodes { viewer } } }'
    told = await ask(entries, viewer=world.viewer("Auda"))
    assert {each["viewer"] for each in told["auditEntries"]["nodes"]} == {"system:worker"}


async def test_what_is_shown_once_counts_along_and_what_lapses_has_to_be_shown_again(
    ask, cleo, sql, python, done, clock
):
    both = {"all": [{"skill": {"id": each, "level": 3}} for each in (sql, python)]}
    await define(ask, "badge", both, validity="P100D")
    await assess(ask, cleo, sql, 3)
    await assess(ask, cleo, python, 3, until=at(FIRST + timedelta(days=80)).isoformat())
    await done()
    made = await award_of(ask, cleo, "badge")
    for days, skill, until in ((50, sql, 100), (60, python, 160), (120, sql, 220)):
        clock.move_to(at(FIRST + timedelta(days=days)))
        await assess(ask, cleo, skill, 3)
        await done()
        found = (await ask(HISTORY, {"award": made["id"]}))["award"]
        assert datetime.fromisoformat(found["until"]) == at(FIRST + timedelta(days=until)), days


async def test_what_is_corrected_restored_or_a_condition_renews_nothing(ask, world, cleo, sql, done, clock):
    requirement = {"all": [{"skill": {"id": sql, "level": 3}}, {"employed": {}}]}
    await define(ask, "badge", requirement, validity="P100D", onLapse="SUSPEND")
    await assess(ask, cleo, sql, 3)
    await done()
    made = await award_of(ask, cleo, "badge")
    before = (FIRST - timedelta(days=20)).isoformat() + "T09:00:00Z"
    given = {"award": made["id"], "reason": "It was earlier", "awardedAt": before}
    assert (await ask.do(CORRECT, given))["__typename"] == "Award"
    clock.move_to(at(FIRST + timedelta(days=30)))
    move = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
    position = {"title": "Engineer", "department": world.gid("Department", "Platform")}
    day = str(FIRST + timedelta(days=30))
    moved = await ask.do(move, {"employee": cleo, "fromDay": day, "position": position})
    assert moved["__typename"] == "Employee"
    await done()
    assert (await ask(HISTORY, {"award": made["id"]}))["award"]["renewedAt"] is None


async def test_what_takes_an_approval_waits_for_it_again(ask, world, cleo, sql, done, clock):
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}}, validity="P100D", awardedBy="APPROVAL")
    await assess(ask, cleo, sql, 5)
    await done()
    lena = world.viewer("Lena")
    for days in (0, 50, 200):
        clock.move_to(at(FIRST + timedelta(days=days)))
        if days:
            await assess(ask, cleo, sql, 5)
            await done()
        [waiting] = (await ask(QUEUE, viewer=lena))["awardsToApprove"]["nodes"]
        given = {"waiting": waiting["id"]} | ({"note": f"Seen on day {days}"} if days < 200 else {})
        found = await ask.do(APPROVE, given, viewer=lena)
        assert (found["__typename"], found["status"]) == ("Award", "VALID")
        query = "query ($id: ID!) { award(id: $id) { evidenceNote approvedBy { displayName } document } }"
        await done()
        until = (await award_of(ask, cleo, "badge"))["until"]
        assert datetime.fromisoformat(until) == at(FIRST + timedelta(days=days + 100))
        assert (await ask(QUEUE, viewer=lena))["awardsToApprove"]["nodes"] == []
        shown = (await ask(query, {"id": (await award_of(ask, cleo, "badge"))["id"]}))["award"]
        note = f"Seen on day {min(days, 50)}"
        assert (shown["evidenceNote"], shown["approvedBy"]) == (note, {"displayName": "Lena Test"})
        assert shown["document"]["evidence"][-1]["narrative"] == note


@dataclass
class Model:
    """A credential, as its rules read: what it asks for, for how long it holds, what a lapse does."""

    met: object
    """(facts) → whether they earn it."""
    shown: object
    """(day) → what there is to show on that day: since when and until when, each part."""
    validity: int | None
    on_lapse: str
    counted: int | None = None
    is_unbroken: bool = True

    def lapses(self, day):
        self.is_unbroken = self.is_unbroken and self.met(self.shown(day))

    def holds(self, day):
        if self.counted is None or (self.validity is not None and day >= self.counted + self.validity):
            return False
        return {"KEEP": True, "SUSPEND": self.met(self.shown(day)), "EXPIRE": self.is_unbroken}[self.on_lapse]

    def happens(self, day):
        """Something of what it asks for has changed."""
        self.lapses(day)
        facts = self.shown(day)
        if self.counted is None:
            anew = self.met(facts)
        elif self.validity is None and self.holds(day):
            anew = False
        else:
            ends = float("inf") if self.validity is None else day + self.validity
            kept = [
                (part, since, until) for part, since, until in facts if since > self.counted or until >= ends
            ]
            anew = self.met(kept) and any(since > self.counted for _, since, _ in kept)
        if anew:
            self.counted, self.is_unbroken = day, True


@dataclass
class Evidence:
    part: str
    since: int
    until: float
    id: str = ""


@dataclass
class Story:
    evidence: list = field(default_factory=list)

    def on(self, day):
        return [
            (each.part, each.since, each.until) for each in self.evidence if each.since <= day < each.until
        ]


@pytest.mark.parametrize("seed", range(12))
async def test_each_day_is_as_the_rules_read(ask, cleo, sql, python, done, clock, seed):
    """Skills shown and withdrawn at random, a credential of them and one stacked on it, day by day."""
    random, story = Random(seed), Story()
    skills, needed = {"sql": sql, "python": python}, random.choice([1, 2])
    policies = [random.choice(["KEEP", "SUSPEND", "EXPIRE"]) for _ in range(2)]
    lengths = [random.choice([20, 40, None]), random.choice([15, 50, None])]
    badge = Model(
        lambda facts: len({part for part, _, _ in facts}) >= needed, story.on, lengths[0], policies[0]
    )

    def of_badge(day):
        return [("badge", badge.counted, float("-inf"))] if badge.holds(day) else []

    stack = Model(bool, of_badge, lengths[1], policies[1])
    of = [{"skill": {"id": each, "level": 3}} for each in skills.values()]
    codes, requirement = ("badge", "stack"), {"any": {"n": needed, "of": of}}
    for code, length, policy in zip(codes, lengths, policies, strict=True):
        more = {"validity": f"P{length}D"} if length else {}
        id_ = await define(ask, code, requirement, onLapse=policy, **more)
        requirement = {"credential": id_}
    for day in range(100):
        clock.move_to(at(FIRST + timedelta(days=day)))
        badge.lapses(day)
        stack.lapses(day)
        dice = random.random()
        if dice < 0.15:
            part, length = random.choice(list(skills)), random.choice([10, 30, float("inf")])
            given = {} if length == float("inf") else {"until": at(FIRST + timedelta(days=day + length))}
            given = {name: each.isoformat() for name, each in given.items()}
            story.evidence.append(
                Evidence(part, day, day + length, await assess(ask, cleo, skills[part], 3, **given))
            )
        elif dice < 0.2 and story.evidence:
            await withdraw(ask, story.evidence.pop(random.randrange(len(story.evidence))).id)
        if dice < 0.2:
            await done()
            badge.happens(day)
            stack.happens(day)
        clock.move_to(at(FIRST + timedelta(days=day), 12))
        found = {code: status == "VALID" for code, status in await awards(ask, cleo)}
        expected = {
            code: model.holds(day)
            for code, model in zip(codes, (badge, stack), strict=True)
            if model.counted is not None
        }
        assert found == expected, (day, policies, lengths, needed, story)
