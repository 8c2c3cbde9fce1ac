"""What if: what is assumed comes to what is when it is so; nothing is written, and nothing more is told."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update

from cairn.credentials import tables as credentials
from cairn.db.ranges import MultiRange, now
from cairn.db.ranges import since as from_
from cairn.graph.problem import Problem
from cairn.pathways import tables as pathways
from cairn.people import tables as people
from cairn.skills import tables as skills
from cairn.skills.tables import Source
from graph.academy import put as put_rows
from graph.examples import examples
from skills.evidence import pieces, put
from stored import unchanged
from world import LONG_AGO, TODAY, id_of

MATRIX = """
query ($team: ID, $department: ID, $role: ID, $skills: [ID!], $whatIf: [AssumptionInput!]) {
  teamMatrix(team: $team, department: $department, jobRole: $role, skills: $skills, whatIf: $whatIf) {
    assumptions { kind applies whyNot employee { givenName } skill { name } level credential { code } }
    columns { skill { name } required coverage average canCover isSinglePointOfFailure counted }
    rows {
      employee { givenName } isAssumed jobRole { name } isWithheld readiness
      cells { skill { name } level isVerified required gap until isAssumed assumptions { kind } }
    }
  }
}
"""
SKILLS = ("Python", "SQL", "Negotiation")
PEOPLE = ("Ada", "Ben", "Cleo", "Dan")
WHO = st.sampled_from(PEOPLE)
assumptions = st.one_of(
    st.tuples(st.just("leaves"), WHO),
    st.tuples(st.just("joins"), WHO, st.none() | st.sampled_from(["Engineer", "Seller"])),
    st.tuples(st.just("moves"), WHO, st.sampled_from(["Engineer", "Seller"])),
    st.tuples(st.just("reaches"), WHO, st.sampled_from(SKILLS), st.integers(1, 5)),
    st.tuples(st.just("loses"), WHO, st.sampled_from(SKILLS)),
)


def said(assumption, world):
    """An assumption as it is asked for."""
    match assumption:
        case ("leaves", who):
            return {"leaves": world.gid("Employee", who)}
        case ("joins" | "moves" as kind, who, role):
            job = {"jobRole": world.gid("JobRole", f"{role} role")} if role else {}
            return {kind: {"employee": world.gid("Employee", who), **job}}
        case ("reaches", who, skill, level):
            about = {"employee": world.gid("Employee", who), "skill": world.gid("Skill", skill)}
            return {"reaches": {**about, "level": level}}
        case ("loses", who, skill):
            return {"loses": {"employee": world.gid("Employee", who), "skill": world.gid("Skill", skill)}}
        case ("completes", who, pathway):
            about = {"employee": world.gid("Employee", who), "pathway": world.gid("Pathway", pathway)}
            return {"completes": about}
        case ("expires", credential, *who):
            about = {"employee": world.gid("Employee", who[0])} if who else {}
            return {"expires": {"credential": world.gid("Credential", credential), **about}}
    raise AssertionError(assumption)


async def come_true(tx, assumption, applies):
    """Makes it so."""
    row = people.TeamMembership
    who = id_of(assumption[1])
    match assumption:
        case ("leaves", _):
            core = (row.team_id == id_of("Core team")) & (row.employee_id == who)
            await tx.execute(delete(row).where(core))
        case ("joins", _, role):
            core = (row.team_id == id_of("Core team")) & (row.employee_id == who)
            if not (await tx.execute(select(func.count()).where(core))).scalar_one():
                values = {"team_id": id_of("Core team"), "employee_id": who, "valid": from_(LONG_AGO)}
                await tx.execute(insert(row).values(id=row.new_id(), **values))
            if role and applies:
                await take_role(tx, who, role)
        case ("moves", _, role) if applies:
            await take_role(tx, who, role)
        case ("reaches", _, skill, level) if applies:
            await tx.execute(
                insert(skills.Evidence).values(
                    id=skills.Evidence.new_id(),
                    employee_id=who,
                    skill_id=id_of(skill),
                    level=level,
                    source=Source.ASSESSMENT,
                    valid=from_(LONG_AGO),
                    recorded_at=LONG_AGO,
                )
            )


async def take_role(tx, who, role):
    here = people.Employment.valid.contains(TODAY)
    await tx.execute(
        update(people.Employment)
        .where(people.Employment.employee_id == who, here)
        .values(job_role_id=id_of(f"{role} role"))
    )


@examples(15)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    st.lists(assumptions, min_size=1, max_size=5),
    st.sampled_from(["Grace", "Lena", "Ada"]),
)
async def test_it_is_as_it_will_be(ask, database, evidence, given_, viewer):
    import world as company  # noqa: PLC0415  # built anew for each example, since examples change it
    from conftest import empty  # noqa: PLC0415

    await empty(database)
    async with database.transaction() as tx:
        world = await company.build(tx)
        await put(tx, evidence)
    asked = {"team": world.gid("Team", "Core team")}
    viewing = world.viewer(viewer)
    supposed = (
        await ask(MATRIX, {**asked, "whatIf": [said(each, world) for each in given_]}, viewer=viewing)
    )["teamMatrix"]
    answered = [each["applies"] for each in supposed.pop("assumptions")]
    async with database.transaction() as tx:
        # What is lost is what there was, whatever is reached beside it; of turns and roles the last counts.
        for assumption, applies in zip(given_, answered, strict=True):
            if assumption[0] == "loses" and applies:
                lost = (skills.Evidence.employee_id == id_of(assumption[1])) & (
                    skills.Evidence.skill_id == id_of(assumption[2])
                )
                await tx.execute(delete(skills.Evidence).where(lost))
        for assumption, applies in zip(given_, answered, strict=True):
            await come_true(tx, assumption, applies)
    now_ = (await ask(MATRIX, asked, viewer=viewing))["teamMatrix"]
    assert not marked(now_), "of what is, nothing is assumed"
    assert without_marks(supposed) == without_marks(now_)


def marked(matrix):
    """The cells that are assumed, by person and skill, with the kinds of the assumptions that made them."""
    assert all(
        cell["isAssumed"] == bool(cell["assumptions"]) for row in matrix["rows"] for cell in row["cells"]
    )
    return {
        (row["employee"]["givenName"], cell["skill"]["name"]): {each["kind"] for each in cell["assumptions"]}
        for row in matrix["rows"]
        for cell in row["cells"]
        if cell["isAssumed"]
    } | {(row["employee"]["givenName"], None): {"JOINS"} for row in matrix["rows"] if row["isAssumed"]}


def without_marks(matrix):
    """A matrix with what it shows, but for which of it is assumed."""
    return {
        "columns": matrix["columns"],
        "rows": [
            {
                **{name: value for name, value in row.items() if name != "isAssumed"},
                "cells": [
                    {name: value for name, value in cell.items() if name not in ("isAssumed", "assumptions")}
                    for cell in row["cells"]
                ],
            }
            for row in matrix["rows"]
        ],
    }


def shown(matrix):
    """What the cells show, by person and skill."""
    return {
        (row["employee"]["givenName"], cell["skill"]["name"]): (
            cell["level"],
            cell["isVerified"],
            cell["required"],
        )
        for row in matrix["rows"]
        for cell in row["cells"]
    }


@examples(15)
@given(
    st.lists(pieces(PEOPLE, SKILLS), max_size=20),
    st.lists(assumptions, min_size=1, max_size=5),
    st.sampled_from(["Grace", "Ada", "Cleo"]),
)
async def test_what_differs_from_what_is_so_is_marked_and_says_why(ask, database, evidence, given_, viewer):
    """A cell that is as it really is carries a mark only where what made it so was lost and granted again."""
    import world as company  # noqa: PLC0415  # built anew for each example, since examples change it
    from conftest import empty  # noqa: PLC0415

    await empty(database)
    async with database.transaction() as tx:
        world = await company.build(tx)
        await put(tx, evidence)
    whose = {
        "department": world.gid("Department", "Sales"),
        "team": world.gid("Team", "Core team"),
        "skills": [world.gid("Skill", name) for name in SKILLS],
    }
    supposing = [said(each, world) for each in given_]
    real = (await ask(MATRIX, whose, viewer=world.viewer(viewer)))["teamMatrix"]
    found = (await ask(MATRIX, {**whose, "whatIf": supposing}, viewer=world.viewer(viewer)))["teamMatrix"]
    marks, before = marked(found), shown(real)
    differs = {cell for cell, what in shown(found).items() if cell in before and before[cell] != what}
    assert differs <= marks.keys()
    for cell, kinds in marks.items():
        if cell in before and cell not in differs:
            assert kinds & {"REACHES"}, cell
            assert any(each[:3] == ("loses", *cell) for each in given_)
        if cell[1] is None:
            assert all(cell[0] != row["employee"]["givenName"] for row in real["rows"])
    applied = {each["kind"] for each in found["assumptions"] if each["applies"]}
    assert set().union(*marks.values()) <= applied


@pytest.fixture
async def learning(database, world):
    """A pathway that grants skills, partly by one's own word; a credential that Ben holds, and Dan too."""
    version = {"completion": {"all": []}, "status": pathways.VersionStatus.PUBLISHED, "number": 1}
    steps = (
        ("Data", "course", pathways.Proof.ASSESSMENT, False, None),
        ("Data", "extra", pathways.Proof.MANAGER, True, None),
        ("Data", "own", pathways.Proof.SELF, False, None),
        ("Data", "more", pathways.Proof.SELF, False, "Talking"),
        ("Talking", "talk", pathways.Proof.MANAGER, False, None),
    )
    grants = {
        "course": ("SQL", 3),
        "extra": ("Python", 5),
        "own": ("Negotiation", 1),
        "talk": ("Negotiation", 4),
    }
    rows = [pathways.Pathway(id=id_of(name), code=name, title=name) for name in ("Data", "Talking", "Empty")]
    rows += [
        pathways.PathwayVersion(id=id_of(f"{name} 1"), pathway_id=id_of(name), **version)
        for name in ("Data", "Talking", "Empty")
    ]
    rows += [
        pathways.Step(
            id=id_of(key),
            version_id=id_of(f"{name} 1"),
            key=key,
            position=n,
            title=key,
            kind=pathways.StepKind.PATHWAY if nested else pathways.StepKind.COURSE,
            proof=proof,
            is_optional=optional,
            requirement={"all": []},
            nested_pathway_id=nested and id_of(nested),
        )
        for n, (name, key, proof, optional, nested) in enumerate(steps)
    ]
    rows += [
        pathways.StepGrant(step_id=id_of(key), skill_id=id_of(skill), level=level)
        for key, (skill, level) in grants.items()
    ]
    rows.append(
        credentials.Credential(id=id_of("badge"), code="badge", kind=credentials.CredentialKind.BADGE)
    )
    rows.append(
        credentials.CredentialVersion(
            id=id_of("badge 1"),
            credential_id=id_of("badge"),
            number=1,
            name="Badge",
            description="A badge",
            criteria="Asked for",
            requirement={"all": []},
            awarded_by=credentials.AwardedBy.AUTOMATIC,
        )
    )
    for who in ("Ben", "Dan"):
        rows.append(
            credentials.Award(
                id=id_of(f"{who}'s badge"),
                employee_id=id_of(who),
                credential_id=id_of("badge"),
                version_id=id_of("badge 1"),
                cause=credentials.AwardCause.REQUIREMENT,
                held=MultiRange([from_(LONG_AGO)]),
                is_hidden=who == "Dan",
            )
        )
        rows.append(
            skills.Evidence(
                id=id_of(f"{who}'s badge of Python"),
                employee_id=id_of(who),
                skill_id=id_of("Python"),
                level=5,
                source=Source.CREDENTIAL,
                valid=from_(LONG_AGO, now() + timedelta(days=9)),
                cause_id=id_of(f"{who}'s badge"),
            )
        )
    async with database.transaction() as tx:
        await put_rows(tx, rows)
    return world


def levels(matrix, who):
    """Somebody's levels, by skill."""
    names = [column["skill"]["name"] for column in matrix["columns"]]
    [row] = [row for row in matrix["rows"] if row["employee"]["givenName"] == who]
    cells = zip(names, row["cells"], strict=True)
    return {name: (cell["level"], cell["isVerified"]) for name, cell in cells if cell["level"] is not None}


def why_not(matrix):
    return [each["whyNot"] for each in matrix["assumptions"]]


async def asked_of(ask, world, viewer, *given_, **whose):
    whose = whose or {"team": world.gid("Team", "Core team")}
    variables = {**whose, "whatIf": [said(each, world) for each in given_]}
    return (await ask(MATRIX, variables, viewer=world.viewer(viewer)))["teamMatrix"]


async def test_who_completes_a_pathway_has_what_its_steps_grant(ask, learning, database):
    both = ("joins", "Dan", "Engineer"), ("completes", "Cleo", "Data"), ("completes", "Cleo", "Empty")
    async with unchanged(database):
        found = await asked_of(ask, learning, "Grace", *both, ("completes", "Ben", "No such"))
    assert why_not(found) == [None, None, "GRANTS_NOTHING", "UNKNOWN"]
    cleo = levels(found, "Cleo")
    assert cleo == {"Python": (3, False), "SQL": (3, True)}, "what is optional is not assumed"
    assert marked(found) == {
        ("Cleo", "SQL"): {"COMPLETES"},
        ("Dan", None): {"JOINS"},
        **{("Dan", skill): {"JOINS"} for skill in ("Python", "SQL")},
    }
    [row] = [row for row in found["rows"] if row["employee"]["givenName"] == "Cleo"]
    assert (row["readiness"], row["cells"][1]["until"], row["cells"][1]["gap"]) == (1, None, 0)
    sellers = await asked_of(
        ask, learning, "Grace", ("completes", "Dan", "Data"), role=learning.gid("JobRole", "Seller role")
    )
    assert levels(sellers, "Dan") == {"Negotiation": (4, True)}, "the pathway that is a step counts too"


async def test_a_credential_that_expires_takes_what_it_granted(ask, learning):
    before = await asked_of(ask, learning, "Grace")
    assert levels(before, "Ben") == {"Python": (5, True)}
    found = await asked_of(ask, learning, "Grace", ("expires", "badge"), ("expires", "badge", "Cleo"))
    assert why_not(found) == [None, "TAKES_NOTHING"]
    assert [each["credential"] for each in found["assumptions"]] == [{"code": "badge"}] * 2
    assert levels(found, "Ben") == {"Python": (2, True)}
    assert marked(found) == {("Ben", "Python"): {"EXPIRES"}}
    only = await asked_of(ask, learning, "Grace", ("expires", "badge", "Ben"), ("reaches", "Ben", "SQL", 2))
    assert levels(only, "Ben") == {"Python": (2, True), "SQL": (2, True)}


async def test_nothing_is_told_of_levels_that_one_may_not_see(ask, learning, database):
    """Cleo sees nobody's levels but her own, whatever she assumes of others; Ben's manager hides nothing."""
    await allow_teammates(database)
    for viewer in ("Cleo", "Pat"):
        plain = await asked_of(ask, learning, viewer)
        found = await asked_of(
            ask,
            learning,
            viewer,
            ("expires", "badge"),
            ("expires", "badge", "Ben"),
            ("loses", "Ben", "Python"),
            ("reaches", "Ben", "SQL", 5),
            ("completes", "Ada", "Data"),
        )
        assert why_not(found) == ["TAKES_NOTHING", *["LEVELS_WITHHELD"] * 4]
        assert {name: found[name] for name in ("rows", "columns")} == {
            name: plain[name] for name in ("rows", "columns")
        }
    own = await asked_of(ask, learning, "Cleo", ("reaches", "Cleo", "SQL", 5))
    assert levels(own, "Cleo")["SQL"] == (5, True)


async def allow_teammates(database):
    async with database.transaction() as tx:
        await put_rows(tx, [skills.Policy(teammates_see_levels=True)])


async def test_what_does_not_apply_is_said(ask, learning):
    found = await asked_of(
        ask,
        learning,
        "Grace",
        ("leaves", "Dan"),
        ("joins", "Ben", None),
        ("leaves", "Cleo"),
        ("joins", "Cleo", "Seller"),
        ("leaves", "Nobody"),
        ("moves", "Dan", "Seller"),
        ("loses", "Ada", "Negotiation"),
        ("reaches", "Dan", "SQL", 3),
    )
    assert why_not(found) == [
        "NOT_IN_MATRIX",
        "IN_MATRIX_ALREADY",
        "OVERRULED",
        None,
        "UNKNOWN",
        "NOT_IN_MATRIX",
        "TAKES_NOTHING",
        "NOT_IN_MATRIX",
    ]
    roles = {row["employee"]["givenName"]: row["jobRole"]["name"] for row in found["rows"]}
    assert roles == {"Ada": "Engineer", "Ben": "Engineer", "Cleo": "Seller"}
    assert [column["skill"]["name"] for column in found["columns"]] == ["Negotiation", "Python", "SQL"]


async def test_a_matrix_is_of_a_department_with_its_parts_or_of_a_role_too(ask, world):
    async def who(**whose):
        found = await asked_of(ask, world, "Grace", **whose)
        return [row["employee"]["givenName"] for row in found["rows"]]

    assert await who(department=world.gid("Department", "Engineering")) == ["Ada", "Ben", "Cleo"]
    assert await who(department=world.gid("Department", "Sales")) == ["Dan"]
    assert await who(role=world.gid("JobRole", "Engineer role")) == ["Ada", "Ben", "Cleo"]
    both = {"department": world.gid("Department", "Sales"), "role": world.gid("JobRole", "Engineer role")}
    assert await who(**both) == ["Ada", "Ben", "Cleo", "Dan"]


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ([{"leaves": "Employee:x"}], "is not an id"),
        ([{"leaves": f"Team:{id_of('Core team')}"}], "is not the id of a Employee"),
        ([{"leaves": f"Employee:{id_of('Ada')}"}] * 101, "at most 100 assumptions"),
        (
            [{"reaches": {"employee": f"Employee:{id_of('A')}", "skill": f"Skill:{id_of('S')}", "level": 6}}],
            "from 1 to 5",
        ),
    ],
)
async def test_assumptions_that_make_no_sense_are_refused(ask, world, given_, says):
    with pytest.raises(Problem, match=says):
        await ask.whole(MATRIX, {"team": world.gid("Team", "Core team"), "whatIf": given_})


EXPLAINED = """query ($team: ID!, $whatIf: [AssumptionInput!]) {
  teamMatrix(team: $team, whatIf: $whatIf) {
    rows { employee { givenName } cells {
      skill { name } level assumptions { kind } explain { rule since decidedBy(first: 5) { nodes { level } } }
    } }
  }
}"""


async def test_evidence_explains_what_is_so_and_not_what_is_assumed(ask, world):
    """Nobody vouches for an assumed level, nor since when: there is no such evidence to show."""
    assumed = [
        ("reaches", "Ben", "Python", 5),
        ("loses", "Ada", "SQL"),
        ("reaches", "Ada", "Python", 1),
        ("moves", "Cleo", "Seller"),
    ]
    given = {"team": world.gid("Team", "Core team"), "whatIf": [said(each, world) for each in assumed]}
    found = await ask(EXPLAINED, given)
    kinds = set()
    for row in found["teamMatrix"]["rows"]:
        for cell in row["cells"]:
            makers = {each["kind"] for each in cell["assumptions"]} - {"MOVES"}
            kinds |= makers
            if cell["level"] is None or makers:
                assert cell["explain"] is None
            else:
                assert cell["explain"]["since"] is not None
                assert {each["level"] for each in cell["explain"]["decidedBy"]["nodes"]} == {cell["level"]}
    assert kinds == {"REACHES", "LOSES"}
