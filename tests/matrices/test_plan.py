"""From gaps to a plan, through the graph: what counts at the date, what it costs, why, and who may ask."""

from datetime import UTC, datetime, timedelta

import pytest

from cairn.credentials import tables as credentials
from cairn.db.ranges import MultiRange, since
from cairn.matrices import plan as planning
from cairn.pathways import tables as pathways
from cairn.skills import tables as skills
from graph.academy import ALWAYS, put
from world import TODAY, id_of, on

PLAN = """query(
  $team: ID, $manager: ID, $depth: Int, $by: DateTime, $coverage: Float, $targets: [SkillTargetInput!],
  $noSinglePoints: Boolean, $pathways: [ID!], $budget: Int, $each: Int, $skills: [ID!]
) {
  planForTeam(
    team: $team, manager: $manager, depth: $depth, by: $by, coverage: $coverage, targets: $targets,
    noSinglePoints: $noSinglePoints, pathways: $pathways, budgetMinutes: $budget, minutesEach: $each,
    skills: $skills
  ) {
    __typename
    ... on Refusal { message }
    ... on TooMuchToPlan { people mostPeople }
    ... on TeamPlan {
      isReached minutes isOptimal gap
      picks {
        employee { givenName } pathway { code } minutes isAssigned
        steps { title } optionalSteps { title } after { code }
        closes { skill { name } before after required isRequired }
      }
      awards { employee { givenName } credential { code } earnedBy { code } closes { skill { name } after } }
      targets { skill { name } required wanted before after coveringBefore coveringAfter isReached shortOf }
      leftOut { givenName } leaving { givenName }
    }
  }
}"""


def step(name, n):
    return {"step": str(id_of(f"{name} {n}"))}


def course(name, *steps, nested=None, takes=ALWAYS, completion=None, starts=None):
    """A published pathway; a step is its minutes, its proof, what it grants, and whether it is optional.

    What it takes is what its first step does, and `starts` what the others do, by their numbers. It is
    complete with all steps that are not optional.
    """
    version = id_of(f"{name} version")
    needed = [step(name, n) for n, (_, _, _, *optional) in enumerate(steps) if not optional]
    needed += [step(name, 9)] * (nested is not None)
    yield pathways.Pathway(id=id_of(f"{name} course"), code=name, title=name)
    yield pathways.PathwayVersion(
        id=version,
        pathway_id=id_of(f"{name} course"),
        number=1,
        status=pathways.VersionStatus.PUBLISHED,
        completion=completion or {"all": needed},
        published_at=on(2022),
    )
    for position, (minutes, proof, grants, *optional) in enumerate(steps):
        yield pathways.Step(
            id=id_of(f"{name} {position}"),
            version_id=version,
            key=f"s{position}",
            position=position,
            title=f"{name} {position}",
            kind=pathways.StepKind.COURSE,
            minutes=minutes,
            proof=proof,
            is_optional=bool(optional),
            requirement=(starts or {}).get(position, ALWAYS) if position else takes,
        )
        for skill, level in grants.items():
            yield pathways.StepGrant(step_id=id_of(f"{name} {position}"), skill_id=id_of(skill), level=level)
    if nested is not None:
        yield pathways.Step(
            id=id_of(f"{name} 9"),
            version_id=version,
            key="nested",
            position=9,
            title="nested",
            kind=pathways.StepKind.PATHWAY,
            requirement=ALWAYS,
            nested_pathway_id=id_of(f"{nested} course"),
        )


@pytest.fixture
async def plan(ask, world, database):
    """Asks for a plan of the Core team, Ada, Ben and Cleo, in a company with a few pathways."""
    manager = pathways.Proof.MANAGER
    async with database.transaction() as tx:
        await put(tx, course("basics", (60, manager, {"Python": 3})))
        await put(tx, course("both", (200, manager, {"Python": 3}), (100, manager, {"SQL": 2})))
        await put(tx, course("said", (10, pathways.Proof.SELF, {"Python": 3, "SQL": 1})))
        await put(tx, course("database", (120, manager, {"SQL": 3}), nested="basics"))

    async def plan(viewer="Ada", **given):
        given = {"manager": world.gid("Employee", "Ada"), "depth": None} | given
        answer = await ask.whole(PLAN, given, viewer=world.viewer(viewer))
        assert "errors" not in answer, answer
        return answer["data"]["planForTeam"]

    return plan


def badge(name, requirement, **grants):
    """A published credential that is awarded to whoever meets its requirement."""
    yield credentials.Credential(id=id_of(name), code=name, kind=credentials.CredentialKind.BADGE)
    yield credentials.CredentialVersion(
        id=id_of(f"{name} version"),
        credential_id=id_of(name),
        number=1,
        name=name,
        description="A badge",
        criteria="Asked for",
        requirement=requirement,
        awarded_by=credentials.AwardedBy.AUTOMATIC,
    )
    for skill, level in grants.items():
        yield credentials.CredentialGrant(
            version_id=id_of(f"{name} version"), skill_id=id_of(skill), level=level
        )


def done(name):
    return {"pathway": str(id_of(f"{name} course"))}


def picked(found):
    return [
        (each["employee"]["givenName"], each["pathway"]["code"], each["minutes"]) for each in found["picks"]
    ]


async def test_the_cheapest_that_reaches_it_and_which_gaps_it_closes(plan):
    """Ben's Python is verified at 2, so his own word does not do; Cleo claims 3, and that counts."""
    found = await plan()
    assert (found["isReached"], found["isOptimal"], found["gap"]) == (True, True, 0)
    assert picked(found) == [
        ("Ben", "basics", 60),
        ("Ben", "database", 120),
        ("Cleo", "basics", 60),
        ("Cleo", "database", 120),
    ]
    assert found["minutes"] == 360
    assert found["picks"][0]["closes"] == [
        {"skill": {"name": "Python"}, "before": 2, "after": 3, "required": 3, "isRequired": True}
    ]
    half = await plan(coverage=0.5)
    assert (half["isReached"], half["minutes"]) == (True, 180)
    python, sql = half["targets"]
    assert (python["required"], python["wanted"], python["before"], python["after"]) == (2, 1, 1, 2)
    assert (python["coveringBefore"], python["coveringAfter"], python["shortOf"]) == (1, 2, None)
    assert (sql["wanted"], sql["before"], sql["after"]) == (1, 0, 1)


async def test_what_is_done_costs_nothing_more_and_what_will_have_lapsed_does_not_count(plan, database):
    later = on(TODAY.year + 1)
    async with database.transaction() as tx:
        await put(
            tx,
            [
                pathways.Progress(
                    employee_id=id_of("Cleo"),
                    step_id=id_of("both 0"),
                    kind=pathways.ProgressKind.COMPLETED,
                    valid=since(on(2024)),
                    recorded_at=on(2024),
                ),
                skills.Evidence(
                    employee_id=id_of("Ben"),
                    skill_id=id_of("SQL"),
                    level=2,
                    source=skills.Source.MANAGER,
                    valid=since(on(2025), later),
                ),
                pathways.Assignment(
                    employee_id=id_of("Cleo"),
                    pathway_id=id_of("both course"),
                    version_id=id_of("both version"),
                    cause=pathways.Cause.SELF,
                ),
            ],
        )
    skill = [f"Skill:{id_of('SQL')}"]
    now = await plan(skills=skill)
    assert picked(now) == [("Cleo", "both", 100)]
    assert now["picks"][0]["isAssigned"]
    then = await plan(skills=skill, by=(later + timedelta(days=1)).isoformat())
    assert picked(then) == [("Ben", "basics", 60), ("Ben", "database", 120), ("Cleo", "both", 100)]


async def test_what_is_out_of_reach_is_told_with_the_reason(plan, world):
    tight = await plan(budget=200)
    assert (tight["isReached"], tight["minutes"]) == (False, 180)
    assert [each["shortOf"] for each in tight["targets"] if not each["isReached"]] == ["BUDGET"]
    python = world.gid("Skill", "Python")
    none = await plan(skills=[python], pathways=[f"Pathway:{id_of('said course')}"])
    assert (none["isReached"], none["picks"]) == (False, [])
    assert [each["shortOf"] for each in none["targets"]] == ["NOTHING_TEACHES_IT"]
    each = await plan(each=100, skills=[python])
    assert (each["isReached"], picked(each)) == (True, [("Ben", "basics", 60)])
    alone = await plan(
        skills=[python],
        coverage=0,
        targets=[{"skill": world.gid("Skill", "Negotiation"), "coverage": 1}],
        noSinglePoints=True,
    )
    assert {each["skill"]["name"]: each["shortOf"] for each in alone["targets"]} == {
        "Python": None,
        "Negotiation": "NOTHING_TEACHES_IT",
    }


async def test_who_may_ask_and_how_much(plan, world, monkeypatch):
    """Of a team, those are planned for whose levels one sees: Ben sees his own and Cleo's, Dan nobody's."""
    core = {"manager": None, "team": world.gid("Team", "Core team")}
    found = await plan("Ben", **core)
    assert found["leftOut"] == [{"givenName": "Ada"}]
    assert {name for name, _, _ in picked(found)} == {"Ben", "Cleo"}
    assert (await plan("Pat", **core))["__typename"] == "NotAllowed"
    assert (await plan("Lena", **core))["leftOut"] == []
    assert (await plan(team=world.gid("Team", "Core team")))["__typename"] == "InvalidInput"
    assert (await plan(coverage=1.1))["__typename"] == "InvalidInput"
    assert (await plan(depth=0))["message"] == "depth: must be 1 or more, or null for everybody below"
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert (await plan(by=yesterday.isoformat()))["message"] == "by: must not lie in the past"
    assert (await plan(pathways=[f"Pathway:{id_of('nothing')}"]))["__typename"] == "NotFound"
    monkeypatch.setattr(planning, "MOST_OPTIONS", 0)
    assert (await plan())["__typename"] == "TooMuchToPlan"
    monkeypatch.undo()
    monkeypatch.setattr(planning, "MOST_PEOPLE", 1)
    assert (await plan())["__typename"] == "TooMuchToPlan"


async def test_what_awards_grant_on_the_way_counts(plan, world, database):
    """No pathway teaches negotiation; a badge grants it to whoever has done two, and another one more."""
    only = {"skills": [world.gid("Skill", "Negotiation")], "noSinglePoints": True}
    assert (await plan(**only))["targets"][0]["shortOf"] == "NOTHING_TEACHES_IT"
    async with database.transaction() as tx:
        await put(tx, badge("half", {"all": [done("basics"), done("both")]}, Negotiation=1))
        await put(tx, badge("whole", {"all": [{"credential": str(id_of("half"))}, done("said")]}, SQL=3))
    found = await plan(**only)
    assert picked(found) == [("Cleo", "basics", 60), ("Cleo", "both", 300)]
    assert [each["closes"] for each in found["picks"]] == [[], []]
    assert found["awards"] == [
        {
            "employee": {"givenName": "Cleo"},
            "credential": {"code": "half"},
            "earnedBy": [{"code": "basics"}, {"code": "both"}],
            "closes": [{"skill": {"name": "Negotiation"}, "after": 1}],
        }
    ]
    assert found["targets"][0]["coveringAfter"] == 2


async def test_who_was_awarded_it_before_is_not_again(plan, world, database):
    async with database.transaction() as tx:
        await put(tx, badge("half", done("basics"), Negotiation=1))
        await put(
            tx,
            [
                credentials.Award(
                    employee_id=id_of("Ben"),
                    credential_id=id_of("half"),
                    version_id=id_of("half version"),
                    cause=credentials.AwardCause.REQUIREMENT,
                    held=MultiRange([since(on(2023), on(2024))]),
                )
            ],
        )
    found = await plan(skills=[world.gid("Skill", "Negotiation")], noSinglePoints=True)
    assert [each["employee"]["givenName"] for each in found["awards"]] == ["Cleo"]


async def test_what_a_step_takes_to_be_started_is_planned_before_it(plan, world, database):
    manager, skill = pathways.Proof.MANAGER, {"skills": [world.gid("Skill", "SQL")]}
    async with database.transaction() as tx:
        await put(tx, course("first", (5, manager, {})))
        await put(tx, course("quick", (10, manager, {"SQL": 2}), takes=done("first")))
        await put(tx, course("open", (1, manager, {"SQL": 2}), takes=done("never published")))
        await put(tx, course("senior", (1, manager, {"SQL": 2}), takes={"employed": {"for": "P99Y"}}))
    found = await plan(**skill)
    assert picked(found) == [
        ("Ben", "first", 5),
        ("Ben", "quick", 10),
        ("Cleo", "first", 5),
        ("Cleo", "quick", 10),
    ]
    assert [[each["code"] for each in pick["after"]] for pick in found["picks"]] == [[], ["first"]] * 2
    only = [f"Pathway:{id_of(f'{name} course')}" for name in ("quick", "open", "senior")]
    barred = await plan(**skill, pathways=only)
    assert (barred["picks"], barred["targets"][0]["shortOf"]) == ([], "REQUIREMENT")
    async with database.transaction() as tx:
        await put(
            tx,
            [
                pathways.PathwayCompletion(
                    employee_id=id_of("Ben"),
                    pathway_id=id_of("first course"),
                    version_id=id_of("first version"),
                    held=MultiRange([since(on(2024))]),
                )
            ],
        )
    assert picked(await plan(**skill, pathways=only)) == [("Ben", "quick", 10)]


async def test_optional_steps_are_taken_where_they_are_worth_it(plan, world, database):
    """Python takes what cannot be left out; its optional step teaches SQL in less time."""
    manager = pathways.Proof.MANAGER
    async with database.transaction() as tx:
        await put(
            tx,
            course(
                "rich",
                (50, manager, {"Python": 3}),
                (20, manager, {"SQL": 2}, "optional"),
                (500, manager, {"SQL": 5}, "optional"),
            ),
        )
    found = await plan()
    assert picked(found) == [("Ben", "rich", 70), ("Cleo", "rich", 70)]
    assert [[each["title"] for each in pick["optionalSteps"]] for pick in found["picks"]] == [["rich 1"]] * 2
    assert [each["skill"]["name"] for each in found["picks"][0]["closes"]] == ["Python", "SQL"]
    python = await plan(skills=[world.gid("Skill", "Python")])
    assert picked(python) == [("Ben", "rich", 50)]
    assert python["picks"][0]["optionalSteps"] == []


def progress(name, n):
    return pathways.Progress(
        employee_id=id_of(name),
        step_id=id_of(f"some {n}"),
        kind=pathways.ProgressKind.COMPLETED,
        valid=since(on(2024)),
        recorded_at=on(2024),
    )


def todo(found):
    return {
        each["employee"]["givenName"]: (each["minutes"], [step["title"] for step in each["steps"]])
        for each in found["picks"]
        if each["pathway"]["code"] == "some"
    }


async def test_a_pathway_costs_the_steps_that_complete_it_in_the_least_time(plan, world, database):
    """Any two of four are asked for; one of them takes another, and Cleo has done the dearest."""
    manager, sql = pathways.Proof.MANAGER, {"skills": [world.gid("Skill", "SQL")]}
    steps = [(40, manager, {"SQL": 2}), (30, manager, {}), (5, manager, {}), (90, manager, {})]
    any_two = {"any": {"n": 2, "of": [step("some", n) for n in range(4)]}}
    async with database.transaction() as tx:
        await put(tx, course("some", *steps, completion=any_two, starts={2: step("some", 3)}))
    assert todo(await plan(**sql)) == {"Ben": (70, ["some 0", "some 1"]), "Cleo": (70, ["some 0", "some 1"])}
    async with database.transaction() as tx:
        await put(tx, [progress("Cleo", 3)])
    assert todo(await plan(**sql)) == {"Ben": (70, ["some 0", "some 1"]), "Cleo": (40, ["some 0"])}


async def test_what_is_asked_for_may_be_nested_and_weighed_and_more_may_be_worth_it(plan, world, database):
    """It takes the first step and either the second or three points; the fourth grants what is wanted."""
    manager = pathways.Proof.MANAGER
    steps = [
        (10, manager, {}),
        (60, manager, {}),
        (20, manager, {}),
        (15, manager, {"SQL": 2}),
        (3, manager, {}),
    ]
    points = [{"when": step("some", n), "weight": weight} for n, weight in ((2, 2), (3, 1), (4, 1))]
    either = [step("some", 1), {"points": {"min": 3, "of": points}}]
    async with database.transaction() as tx:
        whole = {"all": [step("some", 0), {"any": {"n": 1, "of": either}}]}
        await put(tx, course("some", *steps, completion=whole, starts={3: step("some", 4)}))
    found = await plan(skills=[world.gid("Skill", "SQL")])
    assert found["isOptimal"]
    steps = {"some 0", "some 2", "some 3", "some 4"}
    for minutes, titles in todo(found).values():
        assert (minutes, set(titles), len(titles)) == (48, steps, 4)
        assert titles.index("some 4") < titles.index("some 3")
    assert len(todo(found)) == 2


async def test_what_leads_from_one_pathway_to_another_and_back_is_planned_in_its_order(plan, world, database):
    """The second step of one takes another pathway, which takes the first."""
    manager = pathways.Proof.MANAGER
    async with database.transaction() as tx:
        await put(tx, course("some", (1, manager, {}), (2, manager, {"SQL": 2}), starts={1: done("between")}))
        await put(tx, course("between", (4, manager, {}), takes=step("some", 0)))
    found = await plan(skills=[world.gid("Skill", "SQL")])
    assert picked(found) == [
        ("Ben", "between", 4),
        ("Ben", "some", 3),
        ("Cleo", "between", 4),
        ("Cleo", "some", 3),
    ]
    assert todo(found)["Ben"] == (3, ["some 0", "some 1"])
    assert [each["code"] for pick in found["picks"][:2] for each in pick["after"]] == ["some", "between"]


async def test_more_of_a_complete_pathway_is_planned_where_it_is_worth_it(plan, world, database):
    """Either of two steps completes it; Ben has done the first, and the other teaches what he lacks."""
    manager = pathways.Proof.MANAGER
    either = {"any": {"n": 1, "of": [step("some", 0), step("some", 1)]}}
    async with database.transaction() as tx:
        await put(tx, course("some", (1, manager, {}), (2, manager, {"SQL": 2}), completion=either))
        complete = pathways.PathwayCompletion(
            employee_id=id_of("Ben"),
            pathway_id=id_of("some course"),
            version_id=id_of("some version"),
            held=MultiRange([since(on(2024))]),
        )
        await put(tx, [progress("Ben", 0), complete])
    found = await plan(skills=[world.gid("Skill", "SQL")])
    assert todo(found) == {"Ben": (2, ["some 1"]), "Cleo": (2, ["some 1"])}
