"""What follows from evidence: the graph, the requirements, and a model in plain Python say the same."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cairn.db.ranges import since as stretch
from cairn.requirements.evaluate import evaluate
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.tree import SkillAt
from cairn.skills.facts import load
from cairn.skills.tables import Evidence, Source
from skills.evidence import TERMS, Piece, level, of, pieces, put, since, suffices, term, until
from world import id_of, on

BY_CHANCE = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SKILLS = ("Python", "SQL")
instants = st.lists(
    st.builds(
        lambda n, shift: term(n) + timedelta(microseconds=shift),
        st.integers(-1, TERMS + 9),
        st.integers(-1, 1),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


def asking_at(times):
    """One query for all those instants."""
    fields = "levels { nodes { skill { name } level isVerified until explain { since until rule } } }"
    dates = " ".join(f"$t{n}: DateTime!" for n in range(len(times)))
    parts = " ".join(f"t{n}: employee(id: $id, at: $t{n}) {{ {fields} }}" for n in range(len(times)))
    return f"query ($id: ID! {dates}) {{ {parts} }}", {f"t{n}": at.isoformat() for n, at in enumerate(times)}


def piece(skill, level_, source, since, end=None):
    return Piece(id_of("Cleo"), id_of(skill), level_, source, term(since), end and term(end), withdrawn=False)


@BY_CHANCE
@given(st.lists(pieces(), max_size=9), instants)
@example(
    [piece("SQL", 4, Source.SELF, 0), piece("SQL", 2, Source.MANAGER, 2, 5)], [term(1), term(3), term(6)]
)
@example([piece("SQL", 3, Source.PEER, 0, 4), piece("SQL", 3, Source.IMPORT, 4, 9)], [term(1), term(4)])
@example([piece("SQL", 0, Source.MANAGER, 0)], [term(1)])
async def test_the_graph_says_what_the_policy_says(ask, world, database, evidence, times):
    async with database.transaction() as tx:
        await put(tx, evidence)
    query, dates = asking_at(times)
    found = await ask(query, {"id": world.gid("Employee", "Cleo"), **dates})
    for n, instant in enumerate(times):
        expected = {}
        for skill in SKILLS:
            known = of(evidence, "Cleo", skill)
            if (held := level(known, instant)) is not None:
                sinks = until(known, instant)
                sinks = sinks and sinks.isoformat()
                rule = "HIGHEST_VERIFIED" if held[1] else "HIGHEST_CLAIMED"
                why = {"since": since(known, instant).isoformat(), "until": sinks, "rule": rule}
                expected[skill] = (*held, sinks, why)
        answered = {
            each["skill"]["name"]: (
                each["level"],
                each["isVerified"],
                each["until"],
                each["explain"],
            )
            for each in found[f"t{n}"]["levels"]["nodes"]
        }
        assert answered == expected, instant


@BY_CHANCE
@given(st.lists(pieces(), max_size=9), instants)
@pytest.mark.usefixtures("world")
async def test_a_requirement_is_met_exactly_while_the_level_suffices(database, evidence, times):
    asked = [
        SkillAt(id_of(skill), at_level, verified)
        for skill in SKILLS
        for at_level in range(1, 6)
        for verified in (False, True)
    ]
    async with database.transaction() as tx:
        await put(tx, evidence)
        facts = await load(tx, [id_of("Cleo")], {leaf.subject for leaf in asked})
    for skill in SKILLS:
        known = of(evidence, "Cleo", skill)
        for leaf in (each for each in asked if each.skill == id_of(skill)):
            met = evaluate(leaf, facts.get(id_of("Cleo"), NO_FACTS))
            for instant in [*times, *(term(n) for n in range(TERMS + 9))]:
                assert (instant in met) == suffices(level(known, instant), leaf.level, verified=leaf.verified)


async def test_the_levels_of_people_are_for_them_their_managers_and_learning_admins(ask, world):
    query = (
        "query ($id: ID!) { employee(id: $id) { levels { nodes { level evidence { nodes { note } } } } } }"
    )
    given = {"id": world.gid("Employee", "Cleo")}
    for who in ("Cleo", "Ben", "Ada", "Grace", "Lena", "Auda"):
        found = await ask(query, given, viewer=world.viewer(who))
        assert found["employee"]["levels"]["nodes"] == [
            {"level": 3, "evidence": {"nodes": [{"note": "Cleo at Python"}]}}
        ], who
    for who in ("Dan", "Pat", "Finn", "Eve"):
        found = await ask(query, given, viewer=world.viewer(who))
        assert found["employee"]["levels"]["nodes"] == [], who


async def test_how_long_a_level_holds_is_told_by_the_evidence_one_may_see(ask, world, database):
    """Dan was above Ben until 2024: what was said later is not for him, not even by when a level sinks."""
    async with database.transaction() as tx:
        tx.add(
            Evidence(
                employee_id=id_of("Ben"),
                skill_id=id_of("SQL"),
                level=3,
                source=Source.ASSESSMENT,
                valid=stretch(on(2024, 6), on(2031)),
            )
        )
    query = """query ($id: ID!) {
      employee(id: $id, at: "2023-06-01T00:00:00Z") {
        levels { nodes { skill { name } until explain { until } } }
      }
    }"""

    async def ends(name):
        found = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=world.viewer(name))
        (sql,) = (each for each in found["employee"]["levels"]["nodes"] if each["skill"]["name"] == "SQL")
        return sql["until"], sql["explain"]["until"]

    assert await ends("Dan") == ("2025-01-01T00:00:00+00:00",) * 2
    assert await ends("Ada") == await ends("Ben") == await ends("Lena") == ("2031-01-01T00:00:00+00:00",) * 2


async def test_the_evidence_behind_a_level_is_that_of_the_date(ask, world):
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) {
        levels(orderBy: [{level: DESC}]) {
          nodes {
            skill { name } level isVerified
            evidence(orderBy: [{level: DESC}]) { nodes { level source } }
          }
        }
      }
    }"""
    found = await ask(query, {"id": world.gid("Employee", "Ben"), "at": on(2024, 6).isoformat()})
    claimed, vouched = {"level": 4, "source": "SELF"}, {"level": 2, "source": "MANAGER"}
    python = {"level": 2, "isVerified": True, "evidence": {"nodes": [claimed, vouched]}}
    assert {"skill": {"name": "Python"}, **python} in found["employee"]["levels"]["nodes"]
    earlier = await ask(query, {"id": world.gid("Employee", "Ben"), "at": on(2023, 6).isoformat()})
    python = {"level": 4, "isVerified": False, "evidence": {"nodes": [claimed]}}
    assert {"skill": {"name": "Python"}, **python} in earlier["employee"]["levels"]["nodes"]


async def test_a_level_is_explained_by_what_decides_and_what_is_outranked(ask, world):
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) {
        levels(orderBy: [{level: ASC}], first: 1) {
          nodes { level explain {
            rule since until decidedBy { nodes { level source } } outranked { nodes { level source } }
          } }
        }
      }
    }"""
    given = {"id": world.gid("Employee", "Ben"), "at": on(2024, 6).isoformat()}
    [python] = (await ask(query, given))["employee"]["levels"]["nodes"]
    assert python == {
        "level": 2,
        "explain": {
            "rule": "HIGHEST_VERIFIED",
            "since": on(2024).isoformat(),
            "until": None,
            "decidedBy": {"nodes": [{"level": 2, "source": "MANAGER"}]},
            "outranked": {"nodes": [{"level": 4, "source": "SELF"}]},
        },
    }
    hidden = await ask(query, given, viewer=world.viewer("Dan"))
    assert hidden["employee"]["levels"]["nodes"] == []
