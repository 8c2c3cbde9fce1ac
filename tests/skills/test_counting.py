"""What policies make of evidence: what is kept with it is what a model in plain Python says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from cairn.access.viewer import system
from cairn.db.ranges import Range
from cairn.requirements.duration import Duration
from cairn.skills import assess, tables
from cairn.skills.assess import EvidenceDraft
from cairn.skills.policy import change_level_policy
from cairn.skills.tables import Precedence, Source
from skills.evidence import CLAIMS, pieces, put, term
from world import id_of, on

CHANGE = """
mutation ($input: ChangeLevelPolicyInput!) {
  changeLevelPolicy(input: $input) {
    __typename
    ... on LevelPolicy { skill { name } verifiedBy precedence fadesAfter }
    ... on InvalidInput { problems { path message } }
  }
}
"""
ADMIN = system("test")

policies = st.fixed_dictionaries(
    {
        "verified_by": st.none() | st.lists(st.sampled_from(Source), unique=True),
        "precedence": st.none() | st.sampled_from(Precedence),
        "fades_after": st.none() | st.sampled_from(["P100D", "P130D", "P9M", "P1Y"]),
    }
)


def counting(rows, own, general):
    """For each piece of evidence that was not withdrawn, whether it is verified and when it counts."""
    asked = {key: general[key] if own[key] is None else own[key] for key in own}
    by = asked["verified_by"]
    fades = asked["fades_after"] and Duration.parse(asked["fades_after"])

    def is_sure(row):
        return row.source not in CLAIMS if by is None else row.source in by

    found = {}
    for row in rows:
        beside = [each.said.lower for each in rows if is_sure(each) == is_sure(row)]
        ends = [row.said.upper] if row.said.upper else []
        if asked["precedence"] is Precedence.LATEST:
            ends += [min(later)] if (later := [each for each in beside if each > row.said.lower]) else []
        if fades is not None:
            last = row.said.lower
            while newer := [each for each in beside if last < each <= fades.after(last)]:
                last = max(newer)
            ends.append(fades.after(last))
        decided = None if by is None else row.source in by
        found[row.id] = (decided, row.said.lower, min(ends, default=None))
    return found


async def kept(tx, skill):
    query = select(tables.Evidence).where(
        tables.Evidence.skill_id == id_of(skill), tables.Evidence.withdrawn_at.is_(None)
    )
    return (await tx.execute(query.execution_options(populate_existing=True))).scalars().all()


async def agrees(tx, general, own):
    for skill in ("Python", "SQL"):
        rows = await kept(tx, skill)
        nothing = dict.fromkeys(general)
        expected = counting(rows, own if skill == "SQL" else nothing, general)
        assert {row.id: (row.decided, row.valid.lower, row.valid.upper) for row in rows} == expected


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces(), max_size=8), policies, policies, pieces(), st.integers(0, 7))
@pytest.mark.usefixtures("world")
async def test_what_is_kept_is_what_follows(database, evidence, general, own, more, nth):
    async with database.transaction() as tx:
        await tx.execute(delete(tables.LevelPolicy))
        await put(tx, evidence)
        await change_level_policy(tx, ADMIN, **general)
        await change_level_policy(tx, ADMIN, skill=id_of("SQL"), **own)
        await agrees(tx, general, own)
        draft = EvidenceDraft(more.employee, more.skill, more.level, more.source, more.since, more.until)
        await assess.import_evidence(tx, ADMIN, drafts=[draft])
        await agrees(tx, general, own)
        rows = [*await kept(tx, "SQL"), *await kept(tx, "Python")]
        row = rows[nth % len(rows)]
        await assess.resize(tx, row, Range(row.said.lower, row.said.lower + timedelta(days=200)))
        await agrees(tx, general, own)
        await assess.withdraw(tx, row, "By chance")
        await agrees(tx, general, own)
        nothing = dict.fromkeys(general)
        await change_level_policy(tx, ADMIN)
        await change_level_policy(tx, ADMIN, skill=id_of("SQL"))
        await agrees(tx, nothing, nothing)
        assert all(each.stated is None for each in await kept(tx, "SQL"))
        await tx.rollback()


async def test_a_policy_changes_levels_of_any_date_and_is_told(ask, world, database):
    rows = (
        ("MANAGER", 4, 0, None),
        ("ASSESSMENT", 2, 2, None),
        ("SELF", 5, 3, None),
    )
    async with database.transaction() as tx:
        await tx.execute(delete(tables.Evidence))
        tx.add_all(
            tables.Evidence(
                employee_id=id_of("Cleo"),
                skill_id=id_of("SQL"),
                level=level,
                source=Source(source),
                valid=Range(term(since), until),
            )
            for source, level, since, until in rows
        )
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) {
        levels { nodes { level isVerified until explain { policy { precedence } } } }
      }
    }"""

    async def level(at):
        given = {"id": world.gid("Employee", "Cleo"), "at": at.isoformat()}
        [found] = (await ask(query, given))["employee"]["levels"]["nodes"] or [None]
        return found and (found["level"], found["isVerified"], found["until"])

    sql = world.gid("Skill", "SQL")
    lena = world.viewer("Lena")
    assert await level(term(4)) == (4, True, None)
    done = await ask.do(CHANGE, {"skill": sql, "precedence": "LATEST"}, viewer=lena)
    assert done == {
        "__typename": "LevelPolicy",
        "skill": {"name": "SQL"},
        "verifiedBy": None,
        "precedence": "LATEST",
        "fadesAfter": None,
    }
    assert await level(term(1)) == (4, True, term(2).isoformat())
    assert await level(term(4)) == (2, True, None)
    await ask.do(CHANGE, {"skill": sql, "verifiedBy": ["ASSESSMENT"], "fadesAfter": "P1Y"}, viewer=lena)
    assert await level(term(1)) == (4, False, term(2).isoformat())
    faded = term(2).replace(year=term(2).year + 1)
    assert await level(term(3)) == (2, True, faded.isoformat())
    assert await level(faded) == (5, False, term(3).replace(year=term(3).year + 1).isoformat())
    assert await level(on(2030)) is None
    twice = await ask.do(CHANGE, {"verifiedBy": ["SELF", "SELF"]}, viewer=lena)
    assert twice["problems"] == [{"path": ["verifiedBy"], "message": "must not have a source twice"}]
    found = await ask("{ levelPolicies { nodes { skill { name } verifiedBy fadesAfter } } }")
    assert found["levelPolicies"]["nodes"] == [
        {"skill": {"name": "SQL"}, "verifiedBy": ["ASSESSMENT"], "fadesAfter": "P1Y"}
    ]
    assert datetime.now(UTC) < on(2030)
