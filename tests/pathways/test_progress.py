"""What people do of a pathway, and what follows from it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.pathways.completion import settle
from cairn.pathways.progress import complete_step
from pathways.writing import COMPLETE, START, assign, complete, step, write, write_version
from stored import counts, unchanged
from waiting import until_it_waits
from world import TODAY, id_of

STATUS = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    assignments(orderBy: [{assignedAt: ASC}]) { nodes { pathway { code } status stepsDone stepsTotal } }
  }
}
"""
LEVELS = """
query ($id: ID!) {
  employee(id: $id) {
    levels { nodes { skill { name } level isVerified } }
    evidence(where: {note: {startsWith: "Completed"}}) {
      nodes { source note assertedBy { displayName } cause { __typename ... on Progress { step { key } } } }
    }
  }
}
"""


@pytest.fixture
def ben(world):
    return world.gid("Employee", "Ben")


async def status(ask, who, at=None):
    """Status and steps done of each pathway somebody was assigned to."""
    found = await ask(STATUS, {"id": who, "at": at and at.isoformat()})
    return {
        each["pathway"]["code"]: (each["status"], each["stepsDone"], each["stepsTotal"])
        for each in found["employee"]["assignments"]["nodes"]
    }


async def completions(database):
    """Who completed what, as it is kept: lower and upper end of each stretch."""
    query = """select employee.given_name, pathway.code, upper_inf(stretch)
      from pathway_completion join employee on employee.id = employee_id
      join pathway on pathway.id = pathway_id, unnest(held) stretch order by 1, 2, lower(stretch)"""
    async with database.transaction() as tx:
        return [tuple(row) for row in (await tx.execute(text(query))).all()]


# Who says so


async def test_a_step_is_started_and_completed(ask, world, ben):
    data = await write(ask, "data", [step("read"), step("write")])
    viewer = world.viewer("Ben")
    await assign(ask, data, ben)
    before = datetime.now(UTC)
    started = await ask.do(START, {"step": data.steps["read"]}, viewer=viewer)
    assert started == {
        "__typename": "Progress",
        "kind": "STARTED",
        "score": None,
        "note": None,
        "step": {"key": "read"},
        "employee": {"displayName": "Ben Test"},
        "recordedBy": {"displayName": "Ben Test"},
        "until": None,
    }
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 0, 2)}
    done = await ask.do(COMPLETE, {"step": data.steps["read"], "note": "Cover to cover"}, viewer=viewer)
    assert done == started | {"kind": "COMPLETED", "note": "Cover to cover"}
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 1, 2)}
    assert await status(ask, ben, before) == {"data": ("ASSIGNED", 0, 2)}


PROOFS = [
    ("SELF", ["Ben", "Ada", "Grace", "Lena"], {}),
    ("MANAGER", ["Ada", "Grace", "Lena"], {"Ben": "somebody above the person"}),
    (
        "ASSESSMENT",
        ["Lena"],
        dict.fromkeys(("Ben", "Ada"), "whoever keeps the results of the assessment"),
    ),
    ("IMPORTED", ["Lena"], dict.fromkeys(("Ben", "Ada"), "the system it happened in")),
]


@pytest.mark.parametrize(("proof", "allowed", "denied"), PROOFS)
async def test_who_may_say_so_depends_on_the_proof(ask, world, database, ben, proof, allowed, denied):
    data = await write(ask, "data", [step("read", proof=proof), step("write")])
    given = {"step": data.steps["read"], "employee": ben}
    async with unchanged(database):
        for who, by in denied.items():
            refused = await ask.do(COMPLETE, given, viewer=world.viewer(who))
            assert refused == {
                "__typename": "NotAllowed",
                "message": f"The completion of this step is recorded by {by}.",
            }
        for who in allowed:
            done = await ask.do(COMPLETE, given | {"dryRun": True}, viewer=world.viewer(who))
            assert done["recordedBy"] == {"displayName": f"{who} Test"}


@pytest.mark.parametrize("who", ["Cleo", "Dan", "Pat", "Auda"])
async def test_nobody_works_for_those_they_do_not_manage(ask, world, database, ben, who):
    data = await write(ask, "data", [step("read")])
    given = {"step": data.steps["read"], "employee": ben}
    async with unchanged(database):
        for verb in (START, COMPLETE):
            refused = await ask.do(verb, given, viewer=world.viewer(who))
            assert refused == {
                "__typename": "NotAllowed",
                "message": "Steps are recorded by the person, their managers and learning admins.",
            }


async def test_steps_people_and_drafts_that_are_not_there(ask, world, database, ben):
    data = await write(ask, "data", [step("read")])
    secret = await write(ask, "secret", [step("read")], publish=False)
    lena = world.viewer("Lena")
    async with unchanged(database):
        for verb in (START, COMPLETE):
            for lost in (f"Step:{uuid4()}", secret.steps["read"]):
                refused = await ask.do(verb, {"employee": ben, "step": lost}, viewer=lena)
                assert refused["__typename"] == "NotFound"
                hidden = await ask.do(verb, {"employee": ben, "step": lost}, viewer=world.viewer("Ada"))
                assert hidden == {"__typename": "NotFound", "message": "There is no such step."}
            given = {"step": data.steps["read"], "employee": f"Employee:{uuid4()}"}
            assert (await ask.do(verb, given, viewer=lena))["__typename"] == "NotFound"
            program = await ask.do(verb, {"step": data.steps["read"]})
            assert [each["path"] for each in program["problems"]] == [["employee"]]


async def test_a_version_that_was_replaced_is_finished_all_the_same(ask, world, ben):
    data = await write(ask, "data", [step("read")])
    await assign(ask, data, ben)
    await write_version(ask, data, [step("write")])
    done = await ask.do(COMPLETE, {"step": data.steps["read"]}, viewer=world.viewer("Ben"))
    assert done["__typename"] == "Progress"
    assert await status(ask, ben) == {"data": ("COMPLETED", 1, 1)}


# Scores


async def test_an_assessment_takes_the_mark_to_pass(ask, world, database, ben):
    data = await write(ask, "data", [step("exam", "ASSESSMENT", proof="ASSESSMENT", passMark=70)])
    given, lena = {"step": data.steps["exam"], "employee": ben}, world.viewer("Lena")
    async with unchanged(database):
        for score, message in (
            (None, "must be at least 70, the mark to pass"),
            (69, "must be at least 70, the mark to pass"),
            (101, "must be from 0 to 100"),
        ):
            refused = await ask.do(COMPLETE, given | {"score": score}, viewer=lena)
            assert refused["problems"] == [{"path": ["score"], "message": message}]
    done = await ask.do(COMPLETE, given | {"score": 70}, viewer=lena)
    assert done["score"] == 70


@pytest.mark.parametrize("score", [-1, 101])
async def test_a_score_is_a_percentage_where_no_mark_is_set(ask, database, ben, score):
    data = await write(ask, "data", [step("exam", "ASSESSMENT")])
    async with unchanged(database):
        refused = await ask.do(COMPLETE, {"step": data.steps["exam"], "employee": ben, "score": score})
    assert refused["problems"] == [{"path": ["score"], "message": "must be from 0 to 100"}]
    done = await ask.do(COMPLETE, {"step": data.steps["exam"], "employee": ben, "score": 0})
    assert done["score"] == 0


# What comes before


async def test_what_is_missing_is_said_in_sentences(ask, world, database, ben):
    sql = {"skill": {"id": world.gid("Skill", "SQL"), "level": 2, "verified": True}}
    later = {"notBefore": f"{TODAY + timedelta(days=10)}T00:00:00Z"}
    data = await write(
        ask,
        "data",
        [
            step("read"),
            step("talk"),
            step("write", after=["read", "talk"], requirement={"all": [sql]}),
            step("later", requirement=later),
        ],
    )
    viewer = world.viewer("Ben")
    await complete(ask, data, "talk", ben)
    async with unchanged(database):
        for verb in (START, COMPLETE):
            refused = await ask.do(verb, {"step": data.steps["write"]}, viewer=viewer)
            assert refused == {
                "__typename": "RequirementNotMet",
                "message": "Something comes before this step.",
                "missing": [
                    "The step Read: not done.",
                    "SQL at level 2 or higher, verified: no level held.",
                ],
            }
        waits = await ask.do(START, {"step": data.steps["later"]}, viewer=viewer)
        day = TODAY + timedelta(days=10)
        assert waits["missing"] == [f"Not before {day}: still to come, by time alone from {day}."]
    await complete(ask, data, "read", ben)
    assess = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
    said = {"employee": ben, "skill": world.gid("Skill", "SQL"), "level": 2}
    await ask.do(assess, said, viewer=world.viewer("Ada"))
    done = await ask.do(START, {"step": data.steps["write"]}, viewer=viewer)
    assert done["kind"] == "STARTED"


async def test_a_step_is_done_once(ask, world, database):
    data = await write(ask, "data", [step("read"), step("write")])
    given = {"step": data.steps["read"]}
    await ask.do(COMPLETE, given, viewer=world.viewer("Ben"))
    async with unchanged(database):
        for verb in (START, COMPLETE):
            refused = await ask.do(verb, given, viewer=world.viewer("Ben"))
            assert refused == {
                "__typename": "AlreadyDone",
                "message": "The step is done already.",
                "step": {"key": "read"},
            }


async def test_a_step_completed_twice_at_once_is_done_once(ask, world, database, ben):
    data = await write(ask, "data", [step("read"), step("write")])
    step_, given = (
        UUID(data.steps["read"].removeprefix("Step:")),
        {"step": data.steps["read"], "employee": ben},
    )
    async with database.transaction() as tx:
        await complete_step(tx, world.viewer("Ada"), step=step_, employee=id_of("Ben"))
        second = asyncio.create_task(ask.do(COMPLETE, given, viewer=world.viewer("Ben")))
        await until_it_waits(database, second)
    assert (await second)["__typename"] == "AlreadyDone"
    assert await counts(database, "progress") == {"progress": 1}


# What follows


async def test_the_last_step_completes_the_pathway_and_ends_the_assignment(ask, database, ben):
    data = await write(ask, "data", [step("read"), step("write"), step("extra", isOptional=True)])
    await assign(ask, data, ben)
    await complete(ask, data, "read", ben)
    assert await completions(database) == []
    before = datetime.now(UTC)
    await complete(ask, data, "write", ben)
    assert await status(ask, ben) == {"data": ("COMPLETED", 2, 2)}
    assert await status(ask, ben, before) == {"data": ("IN_PROGRESS", 1, 2)}
    assert await completions(database) == [("Ben", "data", True)]
    async with database.transaction() as tx:
        events = (await tx.execute(text("select name, payload from event order by id"))).all()
    pathway, employee = data.id.removeprefix("Pathway:"), str(id_of("Ben"))
    steps = {key: id_.removeprefix("Step:") for key, id_ in data.steps.items()}
    assert [(each.name, each.payload) for each in events[2:]] == [
        ("StepCompleted", {"employee": employee, "step": steps["read"]}),
        ("PathwayCompleted", {"employee": employee, "pathway": pathway}),
        ("StepCompleted", {"employee": employee, "step": steps["write"]}),
    ]


async def test_the_last_two_steps_at_once_complete_the_pathway(ask, world, database, ben):
    data = await write(ask, "data", [step("read"), step("write")])
    async with database.transaction() as tx:
        read = UUID(data.steps["read"].removeprefix("Step:"))
        await complete_step(tx, world.viewer("Ada"), step=read, employee=id_of("Ben"))
        second = asyncio.create_task(complete(ask, data, "write", ben))
        await until_it_waits(database, second)
    await second
    assert await completions(database) == [("Ben", "data", True)]


async def test_who_settles_and_who_completes_at_once_do_not_overwrite_each_other(ask, database, ben):
    data = await write(ask, "data", [step("read")])
    async with database.transaction() as tx:
        await settle(tx, [id_of("Ben")], UUID(data.id.removeprefix("Pathway:")))
        second = asyncio.create_task(complete(ask, data, "read", ben))
        await until_it_waits(database, second)
    await second
    assert await completions(database) == [("Ben", "data", True)]


async def test_a_choice_is_completed_by_any_of_its_steps(ask, database, ben):
    choice = {"any": {"n": 2, "of": [{"stepKey": key} for key in ("read", "talk", "write")]}}
    data = await write(
        ask,
        "data",
        [step("start"), step("read"), step("talk"), step("write")],
        completion={"all": [{"stepKey": "start"}, choice]},
    )
    await assign(ask, data, ben)
    for key in ("talk", "read"):
        await complete(ask, data, key, ben)
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 2, 4)}
    await complete(ask, data, "start", ben)
    assert await status(ask, ben) == {"data": ("COMPLETED", 3, 4)}
    assert await completions(database) == [("Ben", "data", True)]


async def test_a_completed_pathway_is_a_step_of_those_around_it(ask, world, database, url, ben):
    inner = await write(ask, "inner", [step("hello")])
    middle = await write(
        ask, "middle", [step("into", "PATHWAY", pathway=inner.id), step("after", after=["into"])]
    )
    outer = await write(ask, "outer", [step("into", "PATHWAY", pathway=middle.id)])
    unasked = await write(ask, "unasked", [step("into", "PATHWAY", pathway=inner.id)])
    await assign(ask, middle, ben)
    await assign(ask, outer, ben)
    viewer = world.viewer("Ben")
    async with unchanged(database):
        by_word = await ask.do(COMPLETE, {"step": middle.steps["into"]}, viewer=viewer)
        early = await ask.do(COMPLETE, {"step": middle.steps["after"]}, viewer=viewer)
    assert by_word == {
        "__typename": "NotAllowed",
        "message": "This step is completed by completing the pathway in it.",
    }
    assert early["missing"] == ["The step Into: not done."]
    await complete(ask, inner, "hello", ben)
    await drain(database, url)
    assert await status(ask, ben) == {"middle": ("ASSIGNED", 1, 2), "outer": ("ASSIGNED", 0, 1)}
    await complete(ask, middle, "after", ben)
    await drain(database, url)
    assert await status(ask, ben) == {"middle": ("COMPLETED", 2, 2), "outer": ("COMPLETED", 1, 1)}
    found = await completions(database)
    assert [code for _, code, _ in found] == ["inner", "middle", "outer"]
    assert unasked.id


async def test_what_was_done_before_counts_once_somebody_is_assigned(ask, database, url, ben):
    inner = await write(ask, "inner", [step("hello")])
    outer = await write(ask, "outer", [step("into", "PATHWAY", pathway=inner.id)])
    await complete(ask, inner, "hello", ben)
    await assign(ask, outer, ben)
    await drain(database, url)
    assert await status(ask, ben) == {"outer": ("COMPLETED", 1, 1)}
    await assign(ask, inner, ben)
    await drain(database, url)
    assert (await status(ask, ben))["inner"] == ("COMPLETED", 1, 1)


async def test_a_skill_or_a_position_may_complete_a_pathway(ask, world, database, url, ben):
    sql = {"skill": {"id": world.gid("Skill", "SQL"), "level": 3}}
    lead = {"employed": {"department": world.gid("Department", "Sales")}}
    await write(ask, "skilled", [step("read")], completion={"all": [{"stepKey": "read"}, sql]})
    skilled = await write(ask, "data", [step("read")], completion={"all": [{"stepKey": "read"}, sql]})
    placed = await write(ask, "sales", [step("read")], completion={"all": [{"stepKey": "read"}, lead]})
    for pathway in (skilled, placed):
        await assign(ask, pathway, ben)
        await complete(ask, pathway, "read", ben)
    await drain(database, url)
    assert [each[0] for each in (await status(ask, ben)).values()] == ["IN_PROGRESS", "IN_PROGRESS"]
    assess = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { __typename } }"
    await ask.do(assess, {"employee": ben, "skill": world.gid("Skill", "SQL"), "level": 3})
    move = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
    position = {"title": "Seller", "department": world.gid("Department", "Sales")}
    await ask.do(move, {"employee": ben, "fromDay": str(TODAY), "position": position})
    await drain(database, url)
    assert [each[0] for each in (await status(ask, ben)).values()] == ["COMPLETED", "COMPLETED"]


async def test_a_completion_that_rests_on_a_skill_ends_with_it(ask, world, database, url, ben):
    sql = {"skill": {"id": world.gid("Skill", "SQL"), "level": 3}}
    data = await write(ask, "data", [step("read")], completion={"all": [{"stepKey": "read"}, sql]})
    await complete(ask, data, "read", ben)
    until = datetime.now(UTC) + timedelta(days=30)
    assess = "mutation ($input: AssessSkillInput!) { assessSkill(input: $input) { ... on Evidence { id } } }"
    said = {"employee": ben, "skill": world.gid("Skill", "SQL"), "level": 3, "until": until.isoformat()}
    evidence = await ask.do(assess, said)
    await drain(database, url)
    assert await completions(database) == [("Ben", "data", False)]
    withdraw = "mutation ($input: WithdrawEvidenceInput!) { withdrawEvidence(input: $input) { __typename } }"
    await ask.do(withdraw, {"evidence": evidence["id"], "reason": "A mistake"})
    await drain(database, url)
    assert await completions(database) == []


async def test_a_later_version_takes_nothing_from_who_completed_an_earlier_one(ask, database, url, ben):
    data = await write(ask, "data", [step("read")])
    await assign(ask, data, ben)
    await complete(ask, data, "read", ben)
    later = await write_version(ask, data, [step("write"), step("talk")])
    await assign(ask, later, ben)
    await complete(ask, later, "write", ben)
    await drain(database, url)
    assert await completions(database) == [("Ben", "data", True)]
    query = """query ($id: ID!) {
      employee(id: $id) { assignments(orderBy: [{assignedAt: ASC}]) { nodes { status } } }
    }"""
    found = await ask(query, {"id": ben})
    assert [each["status"] for each in found["employee"]["assignments"]["nodes"]] == [
        "COMPLETED",
        "IN_PROGRESS",
    ]
    await complete(ask, later, "talk", ben)
    found = await ask(query, {"id": ben})
    assert [each["status"] for each in found["employee"]["assignments"]["nodes"]] == [
        "COMPLETED",
        "COMPLETED",
    ]


async def test_a_completed_step_is_evidence_as_good_as_its_proof(ask, world, ben):
    negotiation, sql = (world.gid("Skill", name) for name in ("Negotiation", "SQL"))
    data = await write(
        ask,
        "data",
        [
            step("read", grants=[{"skill": sql, "level": 2}]),
            step(
                "exam",
                proof="ASSESSMENT",
                grants=[{"skill": sql, "level": 4}, {"skill": negotiation, "level": 5}],
            ),
        ],
    )
    await ask.do(COMPLETE, {"step": data.steps["read"]}, viewer=world.viewer("Ben"))
    found = (await ask(LEVELS, {"id": ben}))["employee"]
    assert {"skill": {"name": "SQL"}, "level": 2, "isVerified": False} in found["levels"]["nodes"]
    assert found["evidence"]["nodes"] == [
        {
            "source": "SELF",
            "note": "Completed: Read",
            "assertedBy": {"displayName": "Ben Test"},
            "cause": {"__typename": "Progress", "step": {"key": "read"}},
        }
    ]
    await ask.do(COMPLETE, {"step": data.steps["exam"], "employee": ben}, viewer=world.viewer("Lena"))
    found = (await ask(LEVELS, {"id": ben}))["employee"]
    levels = {each["skill"]["name"]: (each["level"], each["isVerified"]) for each in found["levels"]["nodes"]}
    assert (levels["SQL"], levels["Negotiation"]) == ((4, True), (5, True))


async def test_each_step_leaves_its_entry(ask, world, ben):
    data = await write(ask, "data", [step("read"), step("write")])
    for verb in (START, COMPLETE):
        await ask.do(verb, {"step": data.steps["read"], "employee": ben}, viewer=world.viewer("Ada"))
    query = """{
      auditEntries(where: {verb: {startsWith: "step."}}, orderBy: [{at: ASC}]) { nodes { viewer verb after } }
    }"""
    entries = await ask(query, viewer=world.viewer("Auda"))
    after = {"step": data.steps["read"].removeprefix("Step:"), "employee": str(id_of("Ben")), "score": None}
    assert entries["auditEntries"]["nodes"] == [
        {"viewer": "employee:Ada", "verb": verb, "after": after}
        for verb in ("step.started", "step.completed")
    ]


SHARES = """
query ($id: ID!) {
  employee(id: $id) { assignments { nodes { percent minutesTotal minutesRemaining } } }
}
"""


async def test_percentages_and_minutes_add_up(ask, world, ben):
    data = await write(
        ask,
        "data",
        [step("read", minutes=100), step("drill", minutes=1), step("talk"), step("more", isOptional=True)],
        completion={"any": {"n": 3, "of": [{"stepKey": key} for key in ("read", "drill", "talk", "more")]}},
    )
    await assign(ask, data, ben)

    async def shares():
        [found] = (await ask(SHARES, {"id": ben}))["employee"]["assignments"]["nodes"]
        return found["percent"], found["minutesRemaining"], found["minutesTotal"]

    assert await shares() == (0, 101, 101)
    await complete(ask, data, "read", ben)
    assert await shares() == (99, 1, 101)
    await complete(ask, data, "more", ben)
    assert await shares() == (99, 1, 101)
    await complete(ask, data, "talk", ben)
    assert await shares() == (100, 0, 101), "complete without the drill"
    plain = await write(ask, "plain", [step("one"), step("two"), step("three")])
    cleo = world.gid("Employee", "Cleo")
    await assign(ask, plain, cleo)
    await complete(ask, plain, "one", cleo)
    [found] = (await ask(SHARES, {"id": cleo}))["employee"]["assignments"]["nodes"]
    assert (found["percent"], type(found["percent"])) == (33, int), "a whole number, as the schema says"


NEXT = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    nextSteps {
      totalCount
      nodes {
        step { key } assignment { pathway { code } } isReady isBegun waitsFor { nodes { key } }
      }
    }
  }
}
"""


async def test_what_to_do_next_comes_in_order(ask, world, ben):
    basics = await write(ask, "basics", [step("hello")])
    data = await write(
        ask,
        "data",
        [
            step("exam", after=["read", "drill"]),
            step("read"),
            step("drill"),
            step("more", isOptional=True),
            step("basics", "PATHWAY", pathway=basics.id),
        ],
    )
    soon = await write(ask, "soon", [step("form")])
    await assign(ask, data, ben, priority=1)
    await assign(ask, soon, ben, dueOn=f"{TODAY + timedelta(days=3)}")
    await assign(ask, basics, ben, startsOn=f"{TODAY + timedelta(days=30)}")

    async def coming(viewer=None, at=None):
        found = await ask(NEXT, {"id": ben, "at": at}, **({"viewer": viewer} if viewer else {}))
        rows = found["employee"]["nextSteps"]
        assert rows["totalCount"] == len(rows["nodes"])
        return [
            (each["step"]["key"], each["isReady"], each["isBegun"])
            + ((waits,) if (waits := [one["key"] for one in each["waitsFor"]["nodes"]]) else ())
            for each in rows["nodes"]
        ]

    await ask.do(START, {"step": data.steps["drill"], "employee": ben})
    assert await coming() == [
        ("form", True, False),
        ("drill", True, True),
        ("read", True, False),
        ("basics", True, False),
        ("exam", False, False, ["read", "drill"]),
    ]
    await complete(ask, data, "read", ben)
    await complete(ask, basics, "hello", ben)
    assert await coming(world.viewer("Ada")) == [
        ("form", True, False),
        ("drill", True, True),
        ("exam", False, False, ["drill"]),
    ]
    await complete(ask, data, "drill", ben)
    assert (await coming(world.viewer("Ben")))[1:] == [("exam", True, False)]
    assert await coming(world.viewer("Dan")) == [], "whoever does not manage him sees nothing of it"
    assert await coming(at="2020-06-01T00:00:00Z") == []


async def test_what_is_ready_follows_from_the_whole_requirement(ask, world, ben):  # noqa: ARG001  # there he is
    """Of trees that mix all, any of so many, points, dates, steps and the rest."""
    keys = ("a", "b", "c", "d")

    def leaf(key):
        return {"stepKey": key}

    skill = {"skill": {"id": world.gid("Skill", "SQL"), "level": 5}}
    trees = {
        "choice": {"any": {"n": 2, "of": [leaf("a"), leaf("b"), leaf("c")]}},
        "points": {"points": {"min": 5, "of": [
            {"weight": weight, "when": leaf(key)} for key, weight in (("a", 3), ("b", 2), ("d", 4))
        ]}},
        "nested": {"all": [leaf("a"), {"any": {"n": 1, "of": [leaf("b"), {"all": [leaf("c"), leaf("d")]}]}}]},
        "skilled": {"all": [skill, leaf("a")]},
        "early": {"all": [{"notBefore": "2020-01-01T00:00:00Z"}, leaf("b")]},
        "late": {"any": {"n": 1, "of": [{"notBefore": "2999-01-01T00:00:00Z"}, leaf("b")]}},
    }  # fmt: skip
    whole = {
        "choice": lambda done: len(done & {"a", "b", "c"}) >= 2,
        "points": lambda done: 3 * ("a" in done) + 2 * ("b" in done) + 4 * ("d" in done) >= 5,
        "nested": lambda done: "a" in done and ("b" in done or {"c", "d"} <= done),
        "skilled": lambda done: "a" in done,
        "early": lambda done: "b" in done,
        "late": lambda done: "b" in done,
    }
    data = await write(
        ask,
        "data",
        [*map(step, keys), *(step(key, requirement=tree) for key, tree in trees.items())],
    )
    combinations = ((), ("c",), ("a",), ("a", "b"), ("d", "b"), ("a", "c", "d"))
    for name, several in zip(("Ben", "Cleo", "Dan", "Ada", "Grace", "Lena"), combinations, strict=True):
        who = world.gid("Employee", name)
        await assign(ask, data, who)
        for key in several:
            await complete(ask, data, key, who)
        found = (await ask(NEXT, {"id": who}))["employee"]["nextSteps"]["nodes"]
        rows = {each["step"]["key"]: each for each in found}
        assert {key: rows[key]["isReady"] for key in whole} == {
            key: rule(set(several)) for key, rule in whole.items()
        }, several
        for key, row in rows.items():
            waits = {each["key"] for each in row["waitsFor"]["nodes"]}
            assert bool(waits) is not row["isReady"], (several, key)
            assert not waits & set(several)


async def test_asked_of_the_past_what_was_assigned_later_is_not_listed(ask, world, ben):  # noqa: ARG001
    cleo = world.gid("Employee", "Cleo")
    first, second = [await write(ask, code, [step("one")]) for code in ("first", "second")]
    await assign(ask, first, cleo)
    between = now().isoformat()
    await assign(ask, second, cleo)
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) { assignments { totalCount nodes { pathway { code } } } }
      assignments(at: $at) { nodes { pathway { code } } }
    }"""
    for at, codes in ((None, ["first", "second"]), (between, ["first"]), ("2020-01-01T00:00:00Z", [])):
        found = await ask(query, {"id": cleo, "at": at})
        for nodes in (found["employee"]["assignments"]["nodes"], found["assignments"]["nodes"]):
            assert sorted(each["pathway"]["code"] for each in nodes) == codes
        assert found["employee"]["assignments"]["totalCount"] == len(codes)
