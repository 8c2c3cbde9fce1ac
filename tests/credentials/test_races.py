"""Many things at once to the same awards, in whatever order they get their turn."""

import asyncio
import random
from collections import Counter

import pytest
from sqlalchemy import text

from cairn.access.viewer import system
from cairn.jobs.drain import drain
from credentials.earning import AWARD, assess, define, withdraw

MANY = """
mutation ($input: AwardCredentialsInput!) {
  awardCredentials(input: $input) { ... on AwardCredentialsPayload { results { outcome award { id } } } }
}
"""
MADE = "select id::text, employee_id::text, revoked_at is not null from award where credential_id = :id"
TWICE = (
    "select employee_id, credential_id from award where revoked_at is null group by 1, 2 having count(*) > 1"
)
HELD_AFTER_IT_WAS_REVOKED = (
    "select id from award where revoked_at is not null and held && tstzrange(revoked_at, null)"
)
SUSPENDED_AND_HELD = (
    "select id from award where suspended_at is not null and held && tstzrange(suspended_at, null)"
)
GRANTED_BEYOND = """
select evidence.id from evidence join award on award.id = cause_id
 where withdrawn_at is null and not valid <@ any(select unnest(held))
"""
SAYS_TOO_MUCH = """
select document.id from signed_document document
  join status_entry entry on entry.document_id = document.id and entry.revoked_at is null
  join award on award.id = document.award_id
 where coalesce(document.valid_until > now(), true)
   and not tstzrange(greatest(document.valid_from, now()), document.valid_until) <@ award.held
"""
NOT_SIGNED_AS_IT_STANDS = """
select award.id from award left join signed_document document
    on document.award_id = award.id and superseded_at is null
  left join status_entry entry on entry.document_id = document.id
 where award.held @> now() and (document.id is null or entry.revoked_at is not null
   or document.valid_until is distinct from upper(award.held))
"""
TOLD = """
select subject_id::text, verb, count(*) from audit_entry
 where verb like 'award.%' and viewer <> :worker group by 1, 2
"""
PAST = {
    "suspendAward": "award.suspend",
    "restoreAward": "award.restore",
    "renewAward": "award.renew",
    "correctAward": "award.correct",
    "revokeAward": "award.revoke",
}


async def rows(database, query, **given):
    async with database.transaction() as tx:
        return [tuple(row) for row in (await tx.execute(text(query), given)).all()]


@pytest.fixture
def does(ask):
    async def do(verb, award):
        stem = verb[0].upper() + verb[1:]
        document = f"mutation ($input: {stem}Input!) {{ {verb}(input: $input) {{ __typename }} }}"
        more = {} if verb == "renewAward" else {"reason": "So"}
        return await ask.do(document, {"award": award, **more})

    return do


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_to_an_award_its_bit_and_the_audit_tell_it(
    ask, world, database, url, does, seed
):
    chance = random.Random(seed)
    sql, deal = world.gid("Skill", "SQL"), world.gid("Skill", "Negotiation")
    base = await define(
        ask,
        "base",
        {"skill": {"id": sql, "level": 3}},
        awardedBy="APPROVAL",
        validity="P1Y",
        onLapse="SUSPEND",
        grants=[{"skill": deal, "level": 2}],
    )
    await define(ask, "stack", {"all": [{"credential": base}]}, onLapse="SUSPEND")
    people = [world.gid("Employee", name) for name in ("Ben", "Cleo")]
    shown = {who: await assess(ask, who, sql, 3) for who in people}
    await drain(database, url)
    done = Counter()

    async def make(who):
        answer = await ask.do(AWARD, {"credential": base, "employee": who})
        done[answer["__typename"]] += 1

    async def make_many():
        answer = await ask.do(MANY, {"credential": base, "rows": [{"employee": who} for who in people]})
        for each in answer["results"]:
            done["Award" if each["outcome"] == "AWARDED" else "AlreadyAwarded"] += 1

    async def change(verb, award):
        answer = await does(verb, f"Award:{award}")
        assert answer["__typename"] in {
            "Award", "AlreadySuspended", "NotSuspended", "AlreadyRevoked", "NotEarned"
        }  # fmt: skip
        if answer["__typename"] == "Award":
            done[award, PAST[verb]] += 1

    async def lose_and_show(who):
        await withdraw(ask, shown[who])
        shown[who] = await assess(ask, who, sql, 4)

    await asyncio.gather(*(make(who) for who in people * 3), make_many())
    assert done["Award"] == len(people)
    for turn in range(4):
        made = await rows(database, MADE, id=base.removeprefix("Credential:"))
        awards = [id_ for id_, _, is_revoked in made if not is_revoked]
        verbs = [*PAST][:4] * 3 + (["revokeAward"] if turn else [])
        acts = [change(chance.choice(verbs), chance.choice(awards)) for _ in range(8) if awards]
        acts += [make(chance.choice(people)), lose_and_show(people[turn % 2]), drain(database, url)]
        chance.shuffle(acts)
        await asyncio.gather(*acts)
        if turn == 2 and awards:
            await asyncio.gather(*(change("revokeAward", awards[0]) for _ in range(3)), make(people[0]))
    await drain(database, url)
    for query in (
        TWICE,
        HELD_AFTER_IT_WAS_REVOKED,
        SUSPENDED_AND_HELD,
        GRANTED_BEYOND,
        SAYS_TOO_MUCH,
        NOT_SIGNED_AS_IT_STANDS,
    ):
        assert await rows(database, query) == [], query
    told = {(id_, verb): n for id_, verb, n in await rows(database, TOLD, worker=system("worker").name)}
    made = [told.pop(each) for each in list(told) if each[1] == "award.make"]
    assert (sum(made), set(made)) == (done["Award"], {1})
    assert told == {each: n for each, n in done.items() if isinstance(each, tuple)}
    for id_, _, is_revoked in await rows(database, MADE, id=base.removeprefix("Credential:")):
        assert is_revoked == (told.get((id_, "award.revoke"), 0) == 1)
