"""Publishing a further version: what becomes of those who follow an earlier one, shown before it is done."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine

from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.pathways.completion import settle
from pathways.test_currency import night
from pathways.test_exceptions import RESET
from pathways.writing import COMPLETE, START, assign, complete, step, write, write_version
from stored import stored, unchanged
from world import id_of

PUBLISH = """
mutation ($input: PublishPathwayInput!) {
  publishPathway(input: $input) {
    __typename
    ... on PathwayVersion { number status }
    ... on PublishPathwayPayload {
      version { number status } moved pinned hasMore groups { group count choice }
      assignments {
        assignment { id version { number } } employee { displayName } group choice kept lost
      }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
MOVE = (
    PUBLISH.replace("PublishPathway", "MoveAssignments")
    .replace("publishPathway", "moveAssignments")
    .replace("    ... on PathwayVersion { number status }\n", "")
)
PEOPLE = """
query {
  assignments(orderBy: [{assignedAt: ASC}]) {
    nodes {
      employee { displayName } version { number } movedFrom { number } status stepsDone stepsTotal dueOn
      progress { nodes { step { key } kind carriedFrom { step { version { number } } } } }
    }
  }
  pathwayCompletions { nodes { employee { displayName } version { number } holds } }
}
"""
EVERYBODY = ("Ada", "Ben", "Cleo", "Dan", "Grace", "Lena")
MOVE_ALL = dict.fromkeys(("notBegun", "kept", "lost", "newlyComplete", "newlyIncomplete"), "MOVE")


@pytest.fixture
async def gid(world):
    return {name: world.gid("Employee", name) for name in EVERYBODY}


@pytest.fixture
async def data(ask, gid):
    """Ada has not begun, Ben has read, Cleo has done the exam, Dan has read and drilled, Grace has finished.

    So has Lena, with a mark that will not do any more.
    """
    first = await write(
        ask,
        "data",
        [
            step("read"),
            step("drill"),
            step("exam", "ASSESSMENT", passMark=50),
            step("extra", isOptional=True),
        ],
    )
    await assign(ask, first, *gid.values())
    for key, *people in (("read", "Ben", "Dan", "Grace", "Lena"), ("drill", "Dan", "Grace", "Lena")):
        for who in people:
            await complete(ask, first, key, gid[who])
    await ask.do(START, {"step": first.steps["drill"], "employee": gid["Cleo"]})
    for who, score in (("Cleo", 60), ("Grace", 90), ("Lena", 60)):
        await complete(ask, first, "exam", gid[who], score=score)
    await complete(ask, first, "extra", gid["Dan"])
    return first


@pytest.fixture
async def second(ask, data):
    """Drills are gone, the mark is higher, and who has done something extra need not pass."""
    return await write_version(
        ask,
        data,
        [step("read"), step("exam", "ASSESSMENT", passMark=80), step("extra", isOptional=True)],
        completion={"any": {"n": 2, "of": [{"stepKey": "read"}, {"stepKey": "exam"}, {"stepKey": "extra"}]}},
        publish=False,
    )


async def people(ask):
    found = await ask(PEOPLE)
    complete = {
        each["employee"]["displayName"].split()[0]: (each["version"]["number"], each["holds"])
        for each in found["pathwayCompletions"]["nodes"]
    }
    rows = {each["employee"]["displayName"].split()[0]: each for each in found["assignments"]["nodes"]}
    assigned = {
        name: (row["version"]["number"], row["status"], row["stepsDone"], row["stepsTotal"])
        for name, row in rows.items()
    }
    return assigned, complete, rows


GROUPS = {
    "Ada": ("NOT_BEGUN", [], []),
    "Ben": ("KEPT", ["read"], []),
    "Cleo": ("LOST", [], ["drill", "exam"]),
    "Dan": ("NEWLY_COMPLETE", ["read", "extra"], ["drill"]),
    "Grace": ("STILL_COMPLETE", ["read", "exam"], ["drill"]),
    "Lena": ("NEWLY_INCOMPLETE", ["read"], ["drill", "exam"]),
}


def told(answer):
    return {
        each["employee"]["displayName"].split()[0]: (each["group"], each["kept"], each["lost"])
        for each in answer["assignments"]
    }


async def test_a_rehearsal_shows_what_would_become_of_everybody_and_changes_nothing(
    ask, world, database, second
):
    lena = world.viewer("Lena")
    asked = {"version": second.version, "existing": {"kept": "MOVE", "lost": "MOVE"}, "dryRun": True}
    async with unchanged(database):
        shown = await ask.do(PUBLISH, asked, viewer=lena)
        paged, after = [], None
        for more in (True, True, False):
            listed = {"first": 2, "after": after}
            page = await ask.do(PUBLISH, {**asked, "listed": listed}, viewer=lena)
            assert page["hasMore"] is more
            paged += page["assignments"]
            after = page["assignments"][-1]["assignment"]["id"]
        only = await ask.do(PUBLISH, {**asked, "listed": {"group": "LOST"}}, viewer=lena)
    assert told(shown) == GROUPS
    assert paged == shown["assignments"]
    assert [each["employee"]["displayName"] for each in only["assignments"]] == ["Cleo Test"]
    assert (shown["moved"], shown["pinned"], shown["hasMore"]) == (2, 4, False)
    assert shown["version"] == {"number": 2, "status": "PUBLISHED"}
    choices = {each["group"]: (each["count"], each["choice"]) for each in shown["groups"]}
    assert choices == {
        group: (1, "MOVE" if group in {"KEPT", "LOST"} else "PIN") for group, _, _ in GROUPS.values()
    }
    assert {each["assignment"]["version"]["number"] for each in shown["assignments"]} == {1, 2}


async def test_who_is_moved_goes_on_with_what_counts_and_others_stay(ask, database, url, data, second, gid):
    chosen = {**MOVE_ALL, "dueWithin": "P30D"}
    done = await ask.do(PUBLISH, {"version": second.version, "existing": chosen})
    assert told(done) == GROUPS
    assert (done["moved"], done["pinned"]) == (5, 1)
    assigned, complete_, rows = await people(ask)
    assert assigned == {
        "Ada": (2, "ASSIGNED", 0, 2),
        "Ben": (2, "IN_PROGRESS", 1, 2),
        "Cleo": (2, "ASSIGNED", 0, 2),
        "Dan": (2, "COMPLETED", 1, 2),
        "Grace": (1, "COMPLETED", 3, 3),
        "Lena": (2, "IN_PROGRESS", 1, 2),
    }
    assert complete_ == {"Dan": (2, True), "Grace": (1, True), "Lena": (1, False)}
    assert (rows["Lena"]["movedFrom"], rows["Grace"]["movedFrom"]) == ({"number": 1}, None)
    assert rows["Lena"]["dueOn"] is not None
    assert rows["Ben"]["progress"]["nodes"] == [
        {
            "step": {"key": "read"},
            "kind": "COMPLETED",
            "carriedFrom": {"step": {"version": {"number": 1}}},
        }
    ]
    # What follows later is no different.
    before = await stored(database, but=("event",))
    await drain(database, url)
    async with database.transaction() as tx:
        await settle(tx, [id_of(name) for name in EVERYBODY], UUID(data.id.removeprefix("Pathway:")))
    assert await stored(database, but=("event", "handled")) == {
        name: rows for name, rows in before.items() if name != "handled"
    }
    # Lena finishes again: both times stay on record.
    await complete(ask, second, "exam", gid["Lena"], score=95)
    assigned, complete_, _ = await people(ask)
    assert (assigned["Lena"], complete_["Lena"]) == ((2, "COMPLETED", 2, 2), (2, True))


async def test_a_record_that_was_carried_over_is_reset_as_the_same_fact(ask, data, second, gid):
    await ask.do(PUBLISH, {"version": second.version, "existing": MOVE_ALL})
    undone = await ask.do(
        RESET, {"step": second.steps["read"], "employee": gid["Ben"], "reason": "Another book"}
    )
    assert undone["__typename"] == "Step", undone
    again = await ask.do(COMPLETE, {"step": data.steps["read"], "employee": gid["Ben"]})
    assert again["__typename"] == "Progress", "the record of the earlier version was reset with it"


async def test_unnamed_everybody_stays(ask, second):
    assert await ask.do(PUBLISH, {"version": second.version}) == {
        "__typename": "PathwayVersion",
        "number": 2,
        "status": "PUBLISHED",
    }
    assigned, _, _ = await people(ask)
    assert {version for version, *_ in assigned.values()} == {1}


async def test_a_new_round_keeps_the_completion_that_still_holds(ask, database, url, gid):
    """Who renews is moved, and what they completed before the round was opened holds as long as it did."""
    first = await write(ask, "safety", [step("read")], currency={"validity": "P1Y", "window": "P60D"})
    await assign(ask, first, gid["Ben"])
    await complete(ask, first, "read", gid["Ben"])
    with time_machine.travel(now() + timedelta(days=320), tick=True):
        await night(database, url)
        second = await write_version(ask, first, [step("read"), step("drill")], publish=False)
        done = await ask.do(PUBLISH, {"version": second.version, "existing": MOVE_ALL})
        assert told(done) == {"Ben": ("NOT_BEGUN", [], [])}
        found = await ask(PEOPLE)
        statuses = [(each["version"]["number"], each["status"]) for each in found["assignments"]["nodes"]]
        assert statuses == [(1, "COMPLETED"), (2, "ASSIGNED")]
        assert [each["holds"] for each in found["pathwayCompletions"]["nodes"]] == [True]


async def test_what_makes_no_sense_is_named(ask, database, second):
    for more, path in (
        ({"listed": {"first": 201}}, ["listed", "first"]),
        ({"existing": {"dueWithin": "PT5M"}}, ["existing", "dueWithin"]),
    ):
        async with unchanged(database):
            refused = await ask.do(PUBLISH, {"version": second.version, **more})
        assert [each["path"] for each in refused["problems"]] == [path]


# Moving people afterwards


async def test_whoever_stayed_is_moved_later_with_the_same_preview_and_the_same_choices(
    ask, database, second
):
    await ask.do(PUBLISH, {"version": second.version})
    asked = {"version": second.version, "existing": MOVE_ALL}
    async with unchanged(database):
        shown = await ask.do(MOVE, {**asked, "dryRun": True})
    assert told(shown) == GROUPS
    assert (shown["__typename"], shown["moved"], shown["pinned"]) == ("MoveAssignmentsPayload", 5, 1)
    assert shown["version"] == {"number": 2, "status": "PUBLISHED"}
    ids = {
        each["employee"]["displayName"].split()[0]: each["assignment"]["id"] for each in shown["assignments"]
    }
    these = {"existing": {"kept": "MOVE"}, "assignments": [ids["Ben"], ids["Dan"]]}
    some = await ask.do(MOVE, {**asked, **these})
    assert (some["moved"], some["pinned"]) == (1, 1)
    assigned, _, _ = await people(ask)
    assert {name for name, (number, *_) in assigned.items() if number == 2} == {"Ben"}
    done = await ask.do(MOVE, asked)
    assert (done["moved"], done["pinned"], set(told(done))) == (4, 1, set(GROUPS) - {"Ben"})
    direct, expected, _ = await people(ask)
    assert direct["Dan"] == (2, "COMPLETED", 1, 2)
    assert direct["Lena"][:2] == (2, "IN_PROGRESS")
    assert expected["Dan"] == (2, True)
    again = await ask.do(MOVE, asked)
    assert (again["moved"], set(told(again))) == (0, {"Grace"})


async def test_people_are_moved_to_the_published_version_by_who_may(ask, world, gid, database, data, second):
    asked = {"version": second.version, "existing": MOVE_ALL}
    async with unchanged(database):
        for version, viewer, expected in (
            (second.version, "Lena", "NotPublished"),
            (data.version, "Ada", "NotAllowed"),
        ):
            given = {**asked, "version": version}
            refused = await ask.do(MOVE, given, viewer=world.viewer(viewer))
            assert refused["__typename"] == expected
    await ask.do(PUBLISH, {"version": second.version})
    async with unchanged(database):
        refused = await ask.do(MOVE, {**asked, "version": data.version})
        assert refused["__typename"] == "NotPublished", "it was retired"
    other = await write(ask, "other", [step("only")])
    [foreign] = await assign(ask, other, gid["Ben"])
    done = await ask.do(MOVE, {**asked, "assignments": [foreign]})
    assert (done["moved"], done["pinned"]) == (0, 0), "it is of another pathway"
