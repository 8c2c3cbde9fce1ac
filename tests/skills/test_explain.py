"""Why a level is what it is: the evidence, the rule, since when and until when, whatever the policy is."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.access.viewer import system
from cairn.skills import curate
from cairn.skills.policy import change_level_policy
from cairn.skills.tables import Precedence, Source
from graph.examples import examples
from skills.evidence import TERMS, pieces, put, term
from world import id_of

ADMIN, MOMENT = system("test"), timedelta(microseconds=1)
LEVELS = """query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) { levels { nodes {
    skill { name } level isVerified until
    explain {
      rule since until policy { skill { name } }
      decidedBy { nodes { ...piece } } outranked { nodes { ...piece } }
    }
  } } }
}
fragment piece on Evidence { level isVerified since until countsUntil withdrawnAt skill { name } }"""
policies = st.fixed_dictionaries(
    {
        "verified_by": st.none() | st.lists(st.sampled_from(Source), unique=True),
        "precedence": st.none() | st.sampled_from(Precedence),
        "fades_after": st.none() | st.sampled_from(["P130D", "P9M", "P1Y"]),
    }
)


@examples(25)
@given(
    st.lists(pieces(skills=("Python", "SQL")), min_size=1, max_size=9),
    policies,
    policies,
    st.booleans(),
    st.builds(lambda n, days: term(n) + timedelta(days=days), st.integers(1, TERMS), st.integers(0, 129)),
)
async def test_it_is_what_the_graph_says_on_other_days(
    ask, world, database, evidence, own, general, is_merged, at
):
    """What is claimed alone, withdrawn, faded, merged: by each policy the same holds of an explanation."""
    sql = id_of("SQL")
    async with database.transaction() as tx:
        await put(tx, evidence)
        await change_level_policy(tx, ADMIN, **general)
        await change_level_policy(tx, ADMIN, skill=id_of("Python"), **own)
        if is_merged:
            await curate.merge_skill(tx, ADMIN, skill=sql, into=id_of("Python"))

    async def levels(instant):
        given_ = {"id": world.gid("Employee", "Cleo"), "at": instant.isoformat()}
        found = (await ask(LEVELS, given_))["employee"]["levels"]["nodes"]
        return {each["skill"]["name"]: each for each in found}

    def reaches(one, other):
        """Whether a level is no lower, and no less sure, than another."""
        return one is not None and one["level"] >= other["level"] and one["isVerified"] >= other["isVerified"]

    for name, each in (await levels(at)).items():
        explained = each["explain"]
        decided, outranked = (explained[key]["nodes"] for key in ("decidedBy", "outranked"))
        assert decided
        shown = (each["level"], each["isVerified"])
        assert {(piece["level"], piece["isVerified"]) for piece in decided} == {shown}
        assert all(piece["withdrawnAt"] is None for piece in decided + outranked)
        assert all(
            piece["isVerified"] < each["isVerified"] or piece["level"] < each["level"] for piece in outranked
        )
        for piece in decided + outranked:
            ends = [piece[key] for key in ("until", "countsUntil") if piece[key] is not None]
            assert piece["since"] <= at.isoformat() < min([*ends, "9"])
            assert piece["skill"]["name"] in ({"Python", "SQL"} if is_merged else {name})
        policy = own if name == "Python" else general
        precedence = policy["precedence"] or general["precedence"] or Precedence.HIGHEST
        assert explained["rule"] == f"{precedence}_{'VERIFIED' if each['isVerified'] else 'CLAIMED'}"
        assert each["until"] == explained["until"]
        if each["until"] is not None:
            end = datetime.fromisoformat(each["until"])
            assert reaches((await levels(end - MOMENT)).get(name), each)
            assert not reaches((await levels(end)).get(name), each)
        since = datetime.fromisoformat(explained["since"])
        assert reaches((await levels(since)).get(name), each)
        assert not reaches((await levels(since - MOMENT)).get(name), each)
    if is_merged:
        async with database.transaction() as tx:
            await curate.restore_skill(tx, ADMIN, skill=sql)


@pytest.mark.parametrize("is_own", [True, False])
async def test_the_policy_that_a_rule_comes_from_is_named_where_it_is_the_skills_own(
    ask, world, database, is_own
):
    async with database.transaction() as tx:
        own = {"skill": id_of("Python")} if is_own else {}
        await change_level_policy(tx, ADMIN, **own, precedence=Precedence.LATEST)
    found = await ask(LEVELS, {"id": world.gid("Employee", "Ada"), "at": None})
    [python] = [each for each in found["employee"]["levels"]["nodes"] if each["skill"]["name"] == "Python"]
    assert python["explain"]["rule"] == "LATEST_VERIFIED"
    assert python["explain"]["policy"] == ({"skill": {"name": "Python"}} if is_own else None)
