"""What somebody sees first, and what their manager does: each page by one statement."""

from datetime import timedelta
from pathlib import Path

import time_machine

from cairn.db.ranges import now
from pathways.writing import START, assign, complete, step, write
from world import TODAY

QUERIES = Path(__file__).parent.parent / "graph" / "queries"
HOME, MANAGER = ((QUERIES / f"{name}.graphql").read_text() for name in ("home", "manager_home"))


async def home(ask, world, who):
    return (await ask(HOME, viewer=world.viewer(who)))["viewer"]["employee"]


async def test_what_comes_next_is_in_order_and_says_what_it_waits_for(ask, world):
    cleo = world.gid("Employee", "Cleo")
    calm = await write(ask, "calm", [step("read"), step("extra", isOptional=True)])
    soon = await write(ask, "soon", [step("talk"), step("walk", after=["talk"]), step("run", after=["walk"])])
    await assign(ask, calm, cleo)
    await assign(ask, soon, cleo, dueOn=str(TODAY + timedelta(days=20)), priority=1)
    page = await home(ask, world, "Cleo")
    found = page["nextSteps"]["nodes"]
    assert [(each["step"]["title"], each["isReady"]) for each in found] == [
        ("Talk", True),
        ("Read", True),
        ("Walk", False),
        ("Run", False),
    ]
    assert found[2]["waitsFor"]["nodes"] == [{"title": "Talk"}]
    assert [each["pathway"]["title"] for each in page["dueSoon"]["nodes"]] == ["Soon"]
    await complete(ask, soon, "talk", cleo)
    await complete(ask, calm, "read", cleo)
    found = (await home(ask, world, "Cleo"))["nextSteps"]["nodes"]
    assert [(each["step"]["title"], each["isReady"]) for each in found] == [("Walk", True), ("Run", False)]
    with time_machine.travel(now() + timedelta(days=21)):
        page = await home(ask, world, "Cleo")
        assert page["nextSteps"]["nodes"][0]["assignment"]["status"] == "OVERDUE"
        assert page["dueSoon"]["nodes"] == [
            {"dueOn": str(TODAY + timedelta(days=20)), "status": "OVERDUE", "pathway": {"title": "Soon"}}
        ]


async def test_pathways_are_recommended_by_gap_and_then_by_the_roles_that_are_near(ask, world):
    """Ben is an engineer, who lacks SQL at 2 and Python at 3; what a seller needs, he has."""

    def granting(key, skill, level):
        return step(key, grants=[{"skill": world.gid("Skill", skill), "level": level}])

    await write(ask, "databases", [granting("read", "SQL", 3)])
    both = await write(ask, "both", [granting("one", "SQL", 1), granting("two", "Python", 3)])
    await write(ask, "nothing new", [granting("read", "Negotiation", 2)])
    await write(ask, "draft", [granting("read", "SQL", 5)], publish=False)
    await write(ask, "selling", [granting("read", "Negotiation", 3)])
    found = (await home(ask, world, "Ben"))["recommendedPathways"]["nodes"]
    assert [(each["pathway"]["title"], each["reason"], each["score"]) for each in found] == [
        ("Both", "GAP", 1 * 3 + 1 * 5),
        ("Databases", "GAP", 2 * 3),
    ]
    assert found[0]["jobRole"] == {"name": "Engineer"}
    assert found[0]["closes"]["nodes"] == [
        {"skill": {"name": "Python"}, "level": 2, "grants": 3, "required": 3},
        {"skill": {"name": "SQL"}, "level": None, "grants": 1, "required": 2},
    ]
    await assign(ask, both, world.gid("Employee", "Ben"))
    found = (await home(ask, world, "Ben"))["recommendedPathways"]["nodes"]
    assert [each["pathway"]["title"] for each in found] == ["Databases"]
    found = (await home(ask, world, "Ada"))["recommendedPathways"]["nodes"]
    assert [(each["pathway"]["title"], each["reason"], each["jobRole"]["name"]) for each in found] == [
        ("Selling", "NEXT_ROLE", "Seller"),
        ("Nothing new", "NEXT_ROLE", "Seller"),
    ]
    query = """query ($id: ID!) { employee(id: $id) {
      recommendedPathways { totalCount } nextSteps { totalCount } teamProgress { people } } }"""
    seen = await ask(query, {"id": world.gid("Employee", "Ben")}, viewer=world.viewer("Pat"))
    assert seen["employee"] == {
        "recommendedPathways": {"totalCount": 0},
        "nextSteps": {"totalCount": 0},
        "teamProgress": {"people": 0},
    }


async def test_a_manager_sees_who_needs_help_and_why(ask, world):
    ben, cleo = world.gid("Employee", "Ben"), world.gid("Employee", "Cleo")
    data = await write(ask, "data", [step("read"), step("write")])
    other = await write(ask, "other", [step("talk")])
    await assign(ask, data, ben, cleo, dueOn=str(TODAY + timedelta(days=10)))
    await assign(ask, other, cleo)
    assert (await ask.do(START, {"step": data.steps["read"], "employee": cleo}))["__typename"] == "Progress"
    await complete(ask, other, "talk", cleo)
    given = {"manager": world.gid("Employee", "Ada")}

    async def seen(who="Ada"):
        page = await ask(MANAGER, given, viewer=world.viewer(who))
        team = page["viewer"]["employee"]["teamProgress"]
        return team, {each["employee"]["displayName"][:4].strip(): each for each in team["members"]["nodes"]}

    team, people = await seen()
    assert {
        name: team[name] for name in ("people", "open", "overdue", "dueSoon", "completed", "needingHelp")
    } == {
        "people": 2,
        "open": 2,
        "overdue": 0,
        "dueSoon": 2,
        "completed": 1,
        "needingHelp": 1,
    }
    assert (people["Ben"]["reasons"], people["Cleo"]["reasons"]) == (["NOT_BEGUN"], [])
    assert list(people) == ["Ben", "Cleo"]
    with time_machine.travel(now() + timedelta(days=40)):
        team, people = await seen()
        assert (people["Ben"]["reasons"], people["Cleo"]["reasons"]) == (
            ["OVERDUE", "NOT_BEGUN"],
            ["OVERDUE", "STALLED"],
        )
        assert (team["overdue"], team["needingHelp"]) == (2, 2)
    assert (await seen("Cleo"))[0]["people"] == 0
