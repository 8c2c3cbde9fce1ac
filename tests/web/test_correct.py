"""Correcting an award: the truth is signed, and what was signed before is told to be wrong."""

import json
from datetime import timedelta

from sqlalchemy import text

from cairn.credentials import verify
from cairn.credentials.report import Result
from cairn.db.ranges import now
from credentials.earning import REVOKE, assess, award_of, define

CORRECT = """
mutation ($input: CorrectAwardInput!) {
  correctAward(input: $input) {
    __typename
    ... on Award { awardedAt until status evidence { nodes { since until withdrawnAt } } }
    ... on Refusal { message }
  }
}
"""


async def test_a_wrong_date_and_a_new_name(site, ask, world, database):
    sql, cleo, lena = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo"), world.viewer("Lena")
    grants = [{"skill": world.gid("Skill", "Python"), "level": 2}]
    requirement = {"skill": {"id": sql, "level": 5}}
    await define(ask, "badge", requirement, validity="P1Y", onLapse="KEEP", grants=grants)
    await assess(ask, cleo, sql, 5)
    await site.done()
    award = await award_of(ask, cleo, "badge")
    path = f"/credentials/{award['id'].removeprefix('Award:')}"
    first = (await site.get(path)).json()

    told = (now() - timedelta(days=100)).replace(microsecond=0)
    given = {"award": award["id"], "reason": "The exam was in spring", "awardedAt": told.isoformat()}
    for wrong, says in (
        ({"awardedAt": (now() + timedelta(days=1)).isoformat()}, "must not lie in the future"),
        ({"reason": " "}, "must say why"),
    ):
        assert says in (await ask.do(CORRECT, {**given, **wrong}, viewer=lena))["message"]
    done = await ask.do(CORRECT, given, viewer=lena)
    assert (done["awardedAt"], done["status"]) == (told.isoformat(), "VALID")
    assert done["until"][:10] in {f"{told.date() + timedelta(days=days)}" for days in (365, 366)}
    standing = [each for each in done["evidence"]["nodes"] if each["withdrawnAt"] is None]
    assert [(each["since"], each["until"]) for each in standing] == [(done["awardedAt"], done["until"])]

    async with database.transaction() as tx:
        await tx.execute(text("update employee set display_name = 'Cleo Married' where given_name = 'Cleo'"))
    await site.done()
    second = (await site.get(path)).json()
    assert second["id"] == first["id"]
    assert second["awardedDate"] == told.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert second["validFrom"] >= first["validFrom"]
    names = [each["identityHash"] for each in second["credentialSubject"]["identifier"]]
    assert "Cleo Married" in names
    for document, holds in ((first, False), (second, True)):
        report = await verify.verify(json.dumps(document).encode(), site.outside.own)
        assert report.is_verified is holds, report.checks

    done = await ask.do(CORRECT, {"award": award["id"], "reason": "Divorced"}, viewer=lena)
    assert done["awardedAt"] == told.isoformat(), "without a date only the name is of today"
    await site.done()
    report = await verify.verify(json.dumps(second).encode(), site.outside.own)
    assert [each.name for each in report.checks if each.result is Result.FAILED] == ["status"]
    third = await verify.verify((await site.get(path)).content, site.outside.own)
    assert third.is_verified

    await ask.do(REVOKE, {"award": award["id"], "reason": "Copied"}, viewer=lena)
    assert (await ask.do(CORRECT, given, viewer=lena))["__typename"] == "AlreadyRevoked"
