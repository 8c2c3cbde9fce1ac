"""Keeping people in step with a feed: what it names is made or changed, and the rest is left alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from cairn.access.refusal import InvalidInput, NotAllowed
from cairn.demo import data
from cairn.demo.company import EMPLOYEES
from cairn.hris import csv
from cairn.hris.feed import Person, Post
from cairn.hris.sync import sync
from cairn.people.reporting import CycleInReportingLine
from stored import stored, unchanged
from world import TODAY

START = date(2024, 1, 1)


def person(name, manager=None, *, title="Engineer", email=None, posts=None, **post):
    """Somebody of a feed with one post since 2024."""
    return Person(
        external_id=name.lower(),
        given_name=name,
        family_name="Feed",
        email=email or f"{name.lower()}@feed.example",
        posts=posts if posts is not None else (Post(START, title=title, manager=manager, **post),),
    )


@pytest.fixture
def run(world, database):
    """Has a feed synchronised, and tells what came of it."""

    async def synchronise(*people, source="feed", viewer="Pat"):
        async with database.transaction() as tx:
            report = await sync(tx, world.viewer(viewer), source=source, people=people)
        return (report.new, report.changed, report.same, report.warnings)

    return synchronise


async def seen(ask, *names):
    """Title, manager and address of people by their given name."""
    query = """query ($names: [String!]) {
      employees(where: {givenName: {in: $names}, familyName: {eq: "Feed"}}) {
        nodes { givenName title email manager { givenName } jobRole { code } department { name } }
      }
    }"""
    found = await ask(query, {"names": list(names)})
    return {
        each.pop("givenName"): each | {"manager": each["manager"] and each["manager"]["givenName"]}
        for each in found["employees"]["nodes"]
    }


async def test_the_sample_feed_twice_is_once(database, world):
    titles = {row["title"]: data.slug(row["role"]) for row in data.table("roles")}
    feed = list(csv.read(data.FOLDER / "employees.csv", EMPLOYEES, job_role=titles.get))
    async with database.transaction() as tx:
        report = await sync(tx, world.viewer("Pat"), source="sample", people=feed)
    assert report.counts() == {"new": 290, "changed": 0, "same": 0, "warnings": 296}
    before = await stored(database, but=["audit_entry"])
    async with database.transaction() as tx:
        report = await sync(tx, world.viewer("Pat"), source="sample", people=feed)
    assert report.counts() == {"new": 0, "changed": 0, "same": 290, "warnings": 296}
    assert await stored(database, but=["audit_entry"]) == before


async def test_people_come_with_their_manager_department_and_role(ask, run):
    came = await run(
        person("Ann", title="Head", department="Works", job_role="engineer"),
        person("Bob", "ann", department="Works", location="Lisbon"),
    )
    assert came == (2, 0, 0, [])
    assert await seen(ask, "Ann", "Bob") == {
        "Ann": {
            "title": "Head",
            "email": "ann@feed.example",
            "manager": None,
            "jobRole": {"code": "engineer"},
            "department": {"name": "Works"},
        },
        "Bob": {
            "title": "Engineer",
            "email": "bob@feed.example",
            "manager": "Ann",
            "jobRole": None,
            "department": {"name": "Works"},
        },
    }


async def test_a_manager_may_come_after_the_report(ask, run):
    assert await run(person("Bob", "ann"), person("Ann")) == (2, 0, 0, [])
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"


async def test_what_the_feed_says_otherwise_is_changed(ask, run):
    await run(person("Ann"), person("Bob", "ann"), person("Cyd", "ann"))
    came = await run(
        person("Ann"),
        person("Bob", "ann", title="Architect"),
        person("Cyd", "bob"),
    )
    assert came == (0, 2, 1, [])
    found = await seen(ask, "Bob", "Cyd")
    assert found["Bob"]["title"] == "Architect"
    assert found["Cyd"]["manager"] == "Bob"
    came = await run(replace(person("Bob", "ann", title="Architect"), given_name="Bobby"))
    assert came == (0, 1, 0, [])
    query = '{ employees(where: {givenName: {eq: "Bobby"}}) { nodes { displayName } } }'
    assert (await ask(query))["employees"]["nodes"] == [{"displayName": "Bobby Feed"}]


async def test_a_change_keeps_the_person(ask, run):
    await run(person("Ann"))
    query = '{ employees(where: {givenName: {eq: "Ann"}}) { nodes { id } } }'
    before = await ask(query)
    await run(person("Ann", title="Head", email="new@feed.example"))
    assert await ask(query) == before


async def test_who_the_feed_does_not_name_is_left_alone(ask, run):
    await run(person("Ann"), person("Bob", "ann"))
    assert await run(person("Ann", title="Head")) == (0, 1, 0, [])
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"


async def test_what_the_feed_does_not_explain_is_a_warning_until_it_comes(ask, world, run):
    unclear = person("Bob", "ann", job_role="pilot")
    assert await run(unclear) == (
        1,
        0,
        0,
        ["bob: there is no manager ann", "bob: there is no job role pilot"],
    )
    found = (await seen(ask, "Bob"))["Bob"]
    assert (found["manager"], found["jobRole"]) == (None, None)
    define = "mutation ($input: DefineJobRoleInput!) { defineJobRole(input: $input) { __typename } }"
    await ask.do(define, {"code": "pilot", "name": "Pilot", "requires": []}, viewer=world.viewer("Lena"))
    assert await run(unclear, person("Ann")) == (1, 1, 0, [])
    found = (await seen(ask, "Bob"))["Bob"]
    assert (found["manager"], found["jobRole"]) == ("Ann", {"code": "pilot"})


async def test_a_manager_the_feed_named_before_is_known(ask, run):
    await run(person("Ann"))
    assert await run(person("Bob", "ann")) == (1, 0, 0, [])
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"


# Circles


async def test_a_circle_is_refused_whole_and_named(run, database):
    await run(person("Ann"), person("Bob", "ann"), person("Cyd", "bob"))
    async with unchanged(database):
        with pytest.raises(CycleInReportingLine) as refused:
            await run(person("Ann", "cyd"), person("Dee", "ann"))
    async with database.transaction() as tx:
        rows = await tx.execute(text("select id, external_id from employee where source = 'feed'"))
        names = dict(rows.all())
    ring = [names[id_] for id_ in refused.value.ring]
    assert sorted(ring) == ["ann", "bob", "cyd"]
    turned = ring[ring.index("ann") :] + ring[: ring.index("ann")]
    assert turned == ["ann", "cyd", "bob"]


async def test_nobody_is_their_own_manager(run, database):
    async with unchanged(database):
        with pytest.raises(CycleInReportingLine):
            await run(person("Ann", "ann"))


async def test_two_people_swapping_is_no_circle(ask, run):
    await run(person("Ann"), person("Bob", "ann"))
    assert await run(person("Ann", "bob"), person("Bob")) == (0, 2, 0, [])
    assert (await seen(ask, "Ann"))["Ann"]["manager"] == "Bob"


# Addresses


async def test_two_people_swap_their_addresses_within_one_run(ask, run):
    await run(person("Ann"), person("Bob"))
    swapped = (person("Ann", email="bob@feed.example"), person("Bob", email="ann@feed.example"))
    assert await run(*swapped) == (0, 2, 0, [])
    found = await seen(ask, "Ann", "Bob")
    assert {name: each["email"] for name, each in found.items()} == {
        "Ann": "bob@feed.example",
        "Bob": "ann@feed.example",
    }
    assert await run(*swapped) == (0, 0, 2, [])


async def test_a_freed_address_is_taken_within_one_run(ask, run):
    await run(person("Ann"))
    came = await run(person("Ann", email="ann.feed@feed.example"), person("Bob", email="ann@feed.example"))
    assert came == (1, 1, 0, [])
    assert (await seen(ask, "Bob"))["Bob"]["email"] == "ann@feed.example"


async def test_an_address_is_kept_in_lower_case(ask, run):
    await run(person("Ann", email=" Ann@Feed.Example "))
    assert (await seen(ask, "Ann"))["Ann"]["email"] == "ann@feed.example"
    assert await run(person("Ann", email="ANN@feed.example")) == (0, 0, 1, [])


async def test_an_address_belongs_to_one_person(run, database):
    taken = "is {0}, which is the address of somebody else"
    async with unchanged(database):
        with pytest.raises(InvalidInput) as refused:
            await run(person("Ann", email="BEN@example.com"), person("Bob"))
        assert [(each.path, each.message) for each in refused.value.problems] == [
            (["people", "0", "email"], f"ann: {taken.format('ben@example.com')}")
        ]
        with pytest.raises(InvalidInput) as refused:
            await run(person("Ann", email="one@feed.example"), person("Bob", email="One@feed.example"))
        assert [each.path for each in refused.value.problems] == [["people", n, "email"] for n in "01"]


# Histories


async def test_a_feed_may_tell_of_the_past_and_of_plans(ask, run):
    tomorrow = TODAY + timedelta(days=1)
    posts = (
        Post(date(2020, 1, 1), date(2021, 1, 1), "Trainee"),
        Post(date(2022, 1, 1), tomorrow, "Engineer"),
        Post(tomorrow, None, "Head"),
    )
    await run(person("Ann", posts=posts))
    query = """query ($at: DateTime) {
      employees(where: {givenName: {eq: "Ann"}}, at: $at) { nodes { status title } }
    }"""
    for at, status, title in (
        ("2020-06-01T00:00:00Z", "ACTIVE", "Trainee"),
        ("2021-06-01T00:00:00Z", "PREHIRE", None),
        (f"{TODAY}T00:00:00Z", "ACTIVE", "Engineer"),
        (f"{tomorrow}T00:00:00Z", "ACTIVE", "Head"),
    ):
        assert (await ask(query, {"at": at}))["employees"]["nodes"] == [{"status": status, "title": title}]


async def test_a_feed_that_contradicts_itself_is_refused_by_row(run, database):
    backwards = (Post(date(2022, 1, 1), date(2021, 1, 1)),)
    overlapping = (Post(date(2020, 1, 1), date(2022, 1, 1)), Post(date(2021, 1, 1)))
    endless = (Post(date(2020, 1, 1)), Post(date(2021, 1, 1)))
    async with unchanged(database):
        with pytest.raises(InvalidInput) as refused:
            await run(
                person("Ann", posts=backwards),
                person("Bob", posts=overlapping),
                person("Cyd", posts=endless),
                person("Dee"),
                person("Dee", title="Head"),
            )
    assert [(each.path, each.message) for each in refused.value.problems] == [
        (["people", "0", "posts", "0", "until"], "ann: must come after since"),
        (["people", "1", "posts", "1", "since"], "bob: comes before the end of the last"),
        (["people", "2", "posts", "1", "since"], "cyd: comes before the end of the last"),
        (["people", "4", "externalId"], "dee: comes twice"),
    ]


# Others


async def test_other_sources_and_people_made_by_hand_are_never_touched(run, database):
    await run(person("Ann", department="Works"), source="other")
    before = await stored(database)
    came = await run(person("Ann", email="other.ann@feed.example", department="Works", title="Head"))
    assert came == (1, 0, 0, [])
    after = await stored(database)
    for table in ("employee", "employment", "department", "reporting_line", "team_membership"):
        assert set(before[table]) <= set(after[table]), table
    assert len(after["department"]) == len(before["department"]) + 1
    assert len(after["employee"]) == len(before["employee"]) + 1


async def test_a_manager_of_another_source_is_not_known(run):
    await run(person("Ann"), source="other")
    assert await run(person("Bob", "ann")) == (1, 0, 0, ["bob: there is no manager ann"])


@pytest.mark.parametrize("viewer", ["Ada", "Lena", "Auda"])
async def test_only_people_admins_and_feeds_synchronise(run, database, viewer):
    async with unchanged(database):
        with pytest.raises(NotAllowed):
            await run(person("Ann"), viewer=viewer)
    assert (await run(person("Ann"), viewer="Pat"))[0] == 1


async def test_a_run_leaves_its_entry_and_an_event_for_whoever_moved(ask, run, database):
    await run(person("Ann"), person("Bob", "ann"))
    async with database.transaction() as tx:
        await tx.execute(text("delete from event"))
    await run(person("Ann", email="new@feed.example"), person("Bob", "ann", title="Head"))
    async with database.transaction() as tx:
        events = (await tx.execute(text("select name, payload->'employees'->>0 from event"))).all()
        bob = (await tx.execute(text("select id from employee where external_id = 'bob'"))).scalar_one()
    assert [tuple(each) for each in events] == [("EmploymentChanged", str(bob))]
    entries = await ask("{ auditEntries(orderBy: [{at: ASC}]) { nodes { verb viewer after } } }")
    counts = {"source": "feed", "new": 0, "changed": 2, "same": 0, "warnings": 0}
    assert entries["auditEntries"]["nodes"][-1] == {
        "verb": "people.sync",
        "viewer": "employee:Pat",
        "after": counts,
    }
