"""What must be true of feeds: the sentences of the design, by number."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text

from cairn.app import application
from cairn.db.ranges import now
from cairn.hris.intake import OtherContent
from cairn.identity.sessions import digest
from cairn.identity.tables import ServiceToken, Session
from cairn.identity.tokens import PREFIX
from cairn.jobs.drain import drain
from hris.conftest import lines, person
from pathways.writing import step, write
from stored import stored, unchanged
from world import TODAY, id_of

BOOKS = ("audit_entry", "sync_run", "sync_change", "sync_problem", "synced_person", "event", "happening")
"""What a run may leave though nobody has changed."""


async def seen(ask, *names, at=None):
    """People of a feed by given name."""
    query = """query ($names: [String!], $at: DateTime) {
      employees(where: {givenName: {in: $names}, familyName: {eq: "Feed"}}, at: $at) {
        nodes {
          id givenName displayName status title email location
          manager { givenName } jobRole { code } department { name }
        }
      }
    }"""
    found = await ask(query, {"names": list(names), "at": at})
    return {
        each.pop("givenName"): each | {"manager": each["manager"] and each["manager"]["givenName"]}
        for each in found["employees"]["nodes"]
    }


async def status(ask, name, at=None):
    return (await seen(ask, name, at=at))[name]["status"]


def staff(count, **said):
    return [person(f"P{n:02}", **said) for n in range(count)]


async def test_01_the_same_snapshot_twice_changes_nothing(sync, database):
    people = [
        person("Ann", department="w", departmentName="Works", jobRole="engineer"),
        person("Bob", "ann", phone="1", userName="Bob@Feed.example", number="7", locale="de", timeZone="UTC"),
        person("Cyd", posts=[{"since": "2020-01-01", "title": "x"}, {"since": "2022-01-01", "title": "y"}])
        | {"hiredOn": None},
        person("Dee", "nobody", jobRole="pilot", department="mars", status="ON_LEAVE"),
    ]
    del people[2]["hiredOn"], people[2]["title"]
    assert (await sync(*people)).counts == {"new": 4, "warned": 3}
    before = await stored(database, but=BOOKS)
    assert (await sync(*people)).counts == {"same": 4}
    assert await stored(database, but=BOOKS) == before
    async with database.transaction() as tx:
        await tx.execute(text("delete from synced_person"))  # compared one by one, it is the same
    assert (await sync(*people)).counts == {"same": 4, "warned": 3}
    assert await stored(database, but=BOOKS) == before


async def test_02_a_manager_may_come_after_the_report(sync, ask):
    assert (await sync(person("Bob", "ann"), person("Ann"))).problems == []
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"


async def test_03_an_unknown_manager_is_a_warning_and_linked_when_he_arrives_later(sync, ask):
    came = await sync(person("Bob", "ann"))
    message = "there is nobody with the id ann yet; it is linked when it comes"
    assert (came.status, came.problems) == ("APPLIED", [(1, "bob", "manager", message)])
    assert (await seen(ask, "Bob"))["Bob"]["manager"] is None
    came = await sync(person("Ann"), mode="DELTA")
    assert (came.counts, came.problems) == ({"new": 1}, [])
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"
    assert (await sync(person("Bob", "ann"), person("Ann"))).counts == {"same": 2}


async def test_04_self_managers_and_circles_never_reach_the_database_and_are_named(sync, ask):
    await sync(person("Ann"), person("Bob", "ann"), person("Cyd", "bob"), person("Dee", "dee"))
    assert (await seen(ask, "Dee"))["Dee"]["manager"] is None
    came = await sync(person("Ann", "cyd", title="Head"), person("Eve", "ann"), mode="DELTA")
    assert came.counts == {"new": 1, "moved": 1, "warned": 1}
    [(row, whom, field, message)] = came.problems
    assert (row, whom, field) == (1, "ann", "manager")
    assert message in {
        f"goes round in a circle: {ring}; the manager stays as before"
        for ring in ("ann → cyd → bob → ann", "cyd → bob → ann → cyd", "bob → ann → cyd → bob")
    }
    found = await seen(ask, "Ann", "Bob", "Cyd", "Eve")
    assert {name: each["manager"] for name, each in found.items()} == {
        "Ann": None,
        "Bob": "Ann",
        "Cyd": "Bob",
        "Eve": "Ann",
    }
    assert found["Ann"]["title"] == "Head"


async def test_04_circles_of_newcomers_and_circles_that_a_link_would_close(sync, ask):
    came = await sync(person("Ann", "bob"), person("Bob", "ann"), person("Cyd", "zoe"))
    assert [each[:3] for each in came.problems] == [
        (1, "ann", "manager"),
        (2, "bob", "manager"),
        (3, "cyd", "manager"),
    ]
    assert {name: each["manager"] for name, each in (await seen(ask, "Ann", "Bob")).items()} == {
        "Ann": None,
        "Bob": None,
    }
    came = await sync(person("Zoe", "cyd"), mode="DELTA")
    assert came.counts["new"] == 1
    found = await seen(ask, "Cyd", "Zoe")
    assert [found["Cyd"]["manager"], found["Zoe"]["manager"]].count(None) >= 1
    # once the feed says otherwise of one, the other's manager holds too
    came = await sync(person("Ann"), person("Bob", "ann"), mode="DELTA")
    assert (await seen(ask, "Bob"))["Bob"]["manager"] == "Ann"


async def test_05_two_people_swapping_manager_roles_is_no_circle(sync, ask):
    await sync(person("Ann"), person("Bob", "ann"))
    came = await sync(person("Ann", "bob"), person("Bob", manager=None) | {"manager": None})
    assert (came.counts, came.problems) == ({"moved": 2}, [])
    assert (await seen(ask, "Ann"))["Ann"]["manager"] == "Bob"


async def test_06_people_missing_from_a_snapshot_are_deactivated_and_the_id_stays(sync, ask):
    await sync(*staff(20))
    before = (await seen(ask, "P19"))["P19"]
    came = await sync(*staff(19), threshold=0.1)
    assert came.counts == {"same": 19, "missing": 1}
    after = (await seen(ask, "P19"))["P19"]
    assert (before["status"], after["status"], after["id"]) == ("ACTIVE", "TERMINATED", before["id"])


async def test_07_over_the_threshold_the_whole_run_is_refused(sync, database):
    await sync(*staff(20))
    gone = [person("P19", status="TERMINATED"), person("P18", lastDay="2025-01-01")]
    assert (await sync(*staff(18), *gone, threshold=0.1, dry_run=True)).status == "APPLIED"
    before = await stored(database, but=BOOKS)
    for people in ([*staff(17), *gone], staff(17), [*staff(17), *gone, person("New", departmentName="x")]):
        came = await sync(*people, threshold=0.1)
        assert (came.status, came.refusal, came.counts) == ("REFUSED", "TOO_MANY_LEAVE", {})
        assert "3 of 20 people would leave" in came.run.refusal_message
    assert await stored(database, but=BOOKS) == before
    assert (await sync(*staff(17), *gone, threshold=0.2)).counts == {
        "same": 17,
        "missing": 1,
        "terminated": 2,
    }


async def test_08_an_empty_snapshot_is_always_refused(sync, database):
    await sync(person("Ann"))
    before = await stored(database, but=BOOKS)
    for given in ([], lines({"externalId": "ann", "hiredOn": "soon"})):
        came = await sync(given=given, threshold=1.0)
        assert (came.status, came.refusal) == ("REFUSED", "EMPTY")
    assert await stored(database, but=BOOKS) == before
    assert (await sync(mode="DELTA")).status == "APPLIED"


async def test_09_an_incomplete_snapshot_deactivates_nobody(sync, ask):
    await sync(*staff(3))
    came = await sync(*staff(1), person("New"), declared_count=3)
    assert (came.status, came.counts, came.run.is_complete) == ("APPLIED", {"new": 1, "same": 1}, False)
    assert await status(ask, "P02") == "ACTIVE"
    assert (await sync(*staff(1), person("New"), declared_count=2)).counts == {"same": 2, "missing": 2}


async def test_09_a_line_that_does_not_say_whom_it_is_about_makes_a_snapshot_incomplete(sync, ask):
    await sync(*staff(3))
    came = await sync(*staff(2), {"givenName": "P02"})
    assert (came.counts, came.run.is_complete) == ({"same": 2, "refused": 1}, False)
    assert await status(ask, "P02") == "ACTIVE"


async def test_10_a_delta_touches_only_what_it_names(sync, database, ask):
    await sync(person("Ann"), person("Bob", "ann"))
    before = await stored(database, but=BOOKS)
    came = await sync({"externalId": "bob", "title": "Head"}, mode="DELTA")
    assert came.counts == {"moved": 1}
    found = (await seen(ask, "Bob"))["Bob"]
    assert (found["title"], found["manager"], found["email"]) == ("Head", "Ann", "bob@feed.example")
    after = await stored(database, but=BOOKS)
    assert [row for row in after["employee"] if '"bob"' not in row] == [
        row for row in before["employee"] if '"bob"' not in row
    ]


async def test_11_a_dry_run_reports_the_real_counts_and_writes_nothing(sync, database):
    await sync(*staff(3))
    people = (*staff(1), person("P01", title="Head"), person("New", "nobody"))
    async with unchanged(database):
        rehearsed = await sync(*people, dry_run=True)
    done = await sync(*people)
    assert rehearsed.counts == done.counts == {"new": 1, "moved": 1, "missing": 1, "same": 1, "warned": 1}
    assert rehearsed.problems == done.problems
    told = [
        sorted((str(each.kind), each.after is None) for each in came.report.changes)
        for came in (rehearsed, done)
    ]
    assert told[0] == told[1]
    async with unchanged(database):
        refused = await sync(person("Ann"), threshold=0, dry_run=True)
    assert refused.refusal == "TOO_MANY_LEAVE"


async def test_12_the_same_key_replays_its_report_and_other_content_is_refused(sync, database):
    people = (person("Ann"), person("Bob", "nobody"))
    first = await sync(*people, idempotency_key="one")
    async with unchanged(database):
        again = await sync(*people, idempotency_key="one")
    assert (again.run.id, again.counts, again.problems) == (first.run.id, first.counts, first.problems)
    async with unchanged(database):
        for other in ((person("Ann"),), (*people, person("Cyd")), (person("Ann"), person("Bob"))):
            with pytest.raises(OtherContent):
                await sync(*other, idempotency_key="one")
        with pytest.raises(OtherContent):
            await sync(*people, idempotency_key="one", mode="DELTA")
    assert (await sync(*people, idempotency_key="one", source="other", mode="DELTA")).run.id != first.run.id


async def test_12_deliveries_under_one_key_at_the_same_time_are_one_run(sync, database):
    people = tuple(person(f"P{n}") for n in range(40))
    came = await asyncio.gather(*(sync(*people, idempotency_key="one") for _ in range(4)))
    assert [each.counts for each in came] == [{"new": 40}] * 4
    assert len({each.run.id for each in came}) == 1
    async with database.transaction() as tx:
        assert (await tx.execute(text("select count(*) from sync_run"))).scalar() == 1


async def test_13_an_older_run_than_the_last_applied_is_refused(sync):
    await sync(person("Ann"), taken_at=now() - timedelta(hours=1))
    came = await sync(person("Ann", title="Old"), taken_at=now() - timedelta(hours=2))
    assert (came.status, came.refusal) == ("REFUSED", "OLDER")
    assert (await sync(person("Ann", title="New"))).counts == {"moved": 1}


async def test_14_a_rehire_revives_the_same_person(sync, ask):
    await sync(person("Ann"), person("Bob"))
    before = (await seen(ask, "Bob"))["Bob"]["id"]
    await sync(person("Ann"))
    assert (await sync(person("Ann"), person("Bob"))).counts == {"same": 1, "revived": 1}
    assert (await seen(ask, "Bob"))["Bob"] | {"id": before, "status": "ACTIVE"} == (await seen(ask, "Bob"))[
        "Bob"
    ]


async def test_14_under_a_new_external_id_he_may_take_his_old_address(sync, ask):
    await sync(person("Ann"), person("Bob"))
    back = person("Bobby", email="bob@feed.example")
    came = await sync(person("Ann"), back)
    assert (came.counts, came.problems) == ({"new": 1, "same": 1, "missing": 1}, [])
    found = await seen(ask, "Bob", "Bobby")
    assert (found["Bob"]["email"], found["Bobby"]["email"]) == (None, "bob@feed.example")
    gone = person("Bob", status="TERMINATED")
    assert (await sync(person("Ann"), gone, back)).problems == []
    assert (await seen(ask, "Bob", "Bobby")) == found


async def test_14_who_says_who_he_was_stays_the_same_person(sync, ask):
    await sync(person("Ann"), person("Bob"))
    before = (await seen(ask, "Bob"))["Bob"]["id"]
    came = await sync(person("Ann"), person("Bob", externalId="b2", formerly="bob"))
    assert came.counts == {"same": 1, "changed": 1}
    assert (await seen(ask, "Bob"))["Bob"]["id"] == before
    assert (await sync(person("Ann"), person("Bob", externalId="b2", formerly="bob"))).counts == {"same": 2}


async def test_who_was_somebody_else_all_along_stays_somebody_else(sync):
    await sync(person("Ann"), person("Bob"))
    both = (person("Ann"), person("Bob", formerly="ann"))
    said = "ann is another person, who was there beside this one; they stay two"
    came = await sync(*both)
    assert (came.counts, came.problems) == ({"same": 2, "warned": 1}, [(2, "bob", "formerly", said)])
    assert (await sync(*both)).counts == {"same": 2}


async def test_15_email_change_swap_and_a_freed_address_within_one_run(sync, ask):
    await sync(person("Ann"), person("Bob"), person("Cyd"))
    came = await sync(
        person("Ann", email="bob@feed.example"),
        person("Bob", email="ann@feed.example"),
        person("Cyd", email="new@feed.example"),
        person("Dee", email="cyd@feed.example"),
    )
    assert (came.counts, came.problems) == ({"new": 1, "changed": 3}, [])
    found = await seen(ask, "Ann", "Bob", "Cyd", "Dee")
    assert {name: each["email"] for name, each in found.items()} == {
        "Ann": "bob@feed.example",
        "Bob": "ann@feed.example",
        "Cyd": "new@feed.example",
        "Dee": "cyd@feed.example",
    }


async def test_16_a_duplicate_address_refuses_only_the_newcomers_by_name(sync, ask):
    await sync(person("Ann"))
    came = await sync(
        person("Ann"),
        person("Bob", email="ANN@Feed.example"),
        person("Cyd", email="ben@example.com"),
        person("Dee", email="deé@feed.example"),
        person("Eve", email="dee\u0301@feed.example"),
        person("Fay"),
    )
    assert came.counts == {"new": 1, "same": 1, "refused": 4}
    lines = "of the lines 4, 5, and one of them can have it"
    assert came.problems == [
        (2, "bob", "email", "ann@feed.example is the address of Ann Feed"),
        (3, "cyd", "email", "ben@example.com is the address of Ben Test"),
        (4, "dee", "email", f"deé@feed.example is the address {lines}"),
        (5, "eve", "email", f"deé@feed.example is the address {lines}"),
    ]
    assert set(await seen(ask, "Ann", "Bob", "Cyd", "Dee", "Eve", "Fay")) == {"Ann", "Fay"}


async def test_16_who_leaves_does_not_take_an_address_from_who_comes(sync, ask):
    gone = {"hiredOn": "2000-01-01", "lastDay": "2020-12-31"}
    came = await sync(
        person("Old", email="desk@feed.example", **gone),
        person("Ann", email="desk@feed.example"),
        person("Bob", email="both@feed.example"),
        person("Cyd", email="both@feed.example"),
        person("Eld", email="both@feed.example", **gone),
    )
    assert came.counts == {"new": 3, "refused": 2}
    assert [each[:3] for each in came.problems] == [(3, "bob", "email"), (4, "cyd", "email")]
    found = await seen(ask, "Old", "Ann", "Eld")
    assert [found[name]["email"] for name in ("Old", "Ann", "Eld")] == [None, "desk@feed.example", None]


async def test_16_who_is_refused_keeps_what_others_would_have_taken(sync, ask):
    await sync(person("Ann"), person("Bob"), person("Cyd"))
    came = await sync(
        {"externalId": "ann", "email": "bob@feed.example"},
        {"externalId": "cyd", "email": "ann@feed.example"},
        {"externalId": "bob", "title": "Head"},
        mode="DELTA",
    )
    assert (came.counts, [each[:3] for each in came.problems]) == (
        {"moved": 1, "refused": 2},
        [(1, "ann", "email"), (2, "cyd", "email")],
    )
    found = await seen(ask, "Ann", "Bob", "Cyd")
    assert {each["email"] for each in found.values()} == {f"{n}@feed.example" for n in ("ann", "bob", "cyd")}


async def test_17_conflicting_duplicate_ids_are_refused_and_the_present_state_kept(sync, ask):
    await sync(person("Ann"), person("Bob"))
    came = await sync(person("Ann", title="x"), person("Bob"), person("Ann", title="y"), person("Bob"))
    message = "comes in the lines 1, 3, which differ; the person is as before"
    assert came.counts == {"same": 2, "refused": 2}
    assert came.problems == [(1, "ann", "externalId", message), (3, "ann", "externalId", message)]
    found = (await seen(ask, "Ann"))["Ann"]
    assert (found["title"], found["status"]) == ("Engineer", "ACTIVE")


async def test_18_a_bad_record_fails_alone_with_row_and_field_and_is_not_taken_for_missing(sync, ask):
    await sync(*staff(3))
    came = await sync(*staff(1), person("P01", hiredOn="soon"), person("P02", title="a\0b"), person("New"))
    assert came.counts == {"new": 1, "same": 1, "refused": 2}
    assert [each[:3] for each in came.problems] == [(2, "p01", "hiredOn"), (3, "p02", "title")]
    assert {await status(ask, name) for name in ("P01", "P02")} == {"ACTIVE"}


async def test_19_an_absent_key_leaves_a_value_and_null_clears_it(sync, ask):
    await sync(person("Ann"), person("Bob", "ann", location="Lisbon", department="Works"))
    bob = {"externalId": "bob", "location": None, "manager": None, "email": None}
    assert (await sync(person("Ann"), bob)).counts == {"same": 1, "moved": 1}
    found = (await seen(ask, "Bob"))["Bob"]
    kept = (found["location"], found["manager"], found["email"], found["title"])
    assert kept == (None, None, None, "Engineer")


async def test_20_an_unknown_department_or_role_is_a_warning_and_linked_when_it_comes(sync, ask, world):
    came = await sync(person("Ann", department="w", jobRole="pilot"))
    assert [each[:3] for each in came.problems] == [(1, "ann", "department"), (1, "ann", "jobRole")]
    found = (await seen(ask, "Ann"))["Ann"]
    assert (found["department"], found["jobRole"]) == (None, None)
    define = "mutation ($input: DefineJobRoleInput!) { defineJobRole(input: $input) { __typename } }"
    await ask.do(define, {"code": "pilot", "name": "Pilot", "requires": []}, viewer=world.viewer("Lena"))
    came = await sync(person("Bob", department="w", departmentName="Works"), mode="DELTA")
    assert (came.counts, came.problems) == ({"new": 1}, [])
    found = (await seen(ask, "Ann"))["Ann"]
    assert (found["department"], found["jobRole"]) == ({"name": "Works"}, {"code": "pilot"})
    assert [each.kind.value for each in came.report.changes] == ["NEW", "MOVED"]


async def test_21_other_sources_and_people_made_by_hand_are_never_touched(sync, database):
    await sync(person("Ann", department="w", departmentName="Works"), source="other")
    before = await stored(database)
    came = await sync(
        person("Ann", email="feed.ann@feed.example", department="w", departmentName="Ours", title="Head"),
        person("Ben", "ann", email="ben@example.com"),
    )
    assert came.counts == {"new": 1, "refused": 1}
    assert (await sync(person("Cyd"))).counts == {"new": 1, "missing": 1}
    after = await stored(database)
    for table in ("employee", "employment", "department", "reporting_line", "team_membership"):
        assert set(before[table]) <= set(after[table]), table


async def test_21_a_manager_of_another_source_is_not_known(sync):
    await sync(person("Ann"), source="other")
    assert [each[2] for each in (await sync(person("Bob", "ann"))).problems] == ["manager"]


async def test_22_leave_is_not_deactivation(sync, ask):
    await sync(person("Ann"), person("Bob"))
    came = await sync(person("Ann", status="ON_LEAVE"), person("Bob"), threshold=0)
    assert came.counts == {"moved": 1, "same": 1}
    assert await status(ask, "Ann") == "ON_LEAVE"
    await sync(person("Ann", status="ACTIVE"), person("Bob"))
    assert await status(ask, "Ann") == "ACTIVE"


async def test_23_a_future_hire_has_no_access_before_the_day(sync, ask):
    starts = TODAY + timedelta(days=30)
    await sync(person("Ann", hiredOn=starts.isoformat()))
    assert await status(ask, "Ann") == "PREHIRE"
    assert await status(ask, "Ann", f"{starts}T00:00:00Z") == "ACTIVE"


async def test_24_a_future_termination_waits_for_its_day(sync, ask):
    last = TODAY + timedelta(days=10)
    await sync(person("Ann"), person("Bob"))
    assert (await sync(person("Ann"), person("Bob", lastDay=last.isoformat()))).counts == {
        "same": 1,
        "terminated": 1,
    }
    assert await status(ask, "Bob") == "ACTIVE"
    assert await status(ask, "Bob", f"{last}T12:00:00Z") == "ACTIVE"
    assert await status(ask, "Bob", f"{last + timedelta(days=1)}T00:00:00Z") == "TERMINATED"
    assert (await sync(person("Ann"), person("Bob", lastDay=None))).counts == {"same": 1, "moved": 1}
    assert await status(ask, "Bob", f"{last + timedelta(days=1)}T00:00:00Z") == "ACTIVE"


async def test_25_a_changed_hire_date_moves_the_start(sync, ask):
    await sync(person("Ann", hiredOn="2024-01-01"))
    for first, day in (("2023-06-01", "2023-05-31"), ("2024-03-01", "2024-02-29")):
        assert (await sync(person("Ann", hiredOn=first))).counts == {"moved": 1}
        assert await status(ask, "Ann", f"{day}T12:00:00Z") == "PREHIRE"
        assert await status(ask, "Ann", f"{first}T00:00:00Z") == "ACTIVE"


async def test_26_a_contractor_who_becomes_an_employee_keeps_the_learning_history(sync, ask, database):
    await sync(person("Ann", engagement="CONTRACTOR"), person("Bob"))
    ann = (await seen(ask, "Ann"))["Ann"]["id"]
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "insert into evidence (id, employee_id, skill_id, level, source, valid, recorded_at)"
                " select gen_random_uuid(), e.id, s.id, 4, 'SELF', tstzrange(now() - interval '1 day', null),"
                " now() from employee e, skill s where e.external_id = 'ann' and s.name = 'Python'"
            )
        )
    hired = person("Ann", externalId="e-1", formerly="ann", engagement="EMPLOYEE")
    assert (await sync(hired, person("Bob"))).counts == {"same": 1, "moved": 1}
    query = """query ($id: ID!) {
      employee(id: $id) { engagement levels { nodes { level skill { name } } } }
    }"""
    found = (await ask(query, {"id": ann}))["employee"]
    assert found["engagement"] == "EMPLOYEE"
    assert found["levels"]["nodes"] == [{"level": 4, "skill": {"name": "Python"}}]


async def test_28_two_runs_of_one_source_come_one_after_the_other(sync, database):
    async with database.transaction() as tx:
        await tx.execute(text("select pg_advisory_xact_lock(hashtextextended('feed', 7645))"))
        run = asyncio.create_task(sync(person("Ann")))
        other = await sync(person("Bob"), source="other")
        await asyncio.sleep(0.3)
        assert other.status == "APPLIED"
        assert not run.done()
    assert (await run).counts == {"new": 1}
    both = await asyncio.gather(
        sync(person("Ann"), person("Bob2"), mode="DELTA"), sync(person("Ann"), person("Bob2"), mode="DELTA")
    )
    assert sorted(came.counts.get("new", 0) for came in both) == [0, 1]


async def test_29_a_field_suddenly_empty_for_many_people_is_refused(sync, ask, database):
    await sync(*staff(10, location="Lisbon"))
    people = [*staff(6, location="Lisbon"), *staff(10, location=None)[6:]]
    before = await stored(database, but=BOOKS)
    came = await sync(*people)
    assert (came.status, came.refusal) == ("REFUSED", "FIELD_EMPTIED")
    assert "location would become empty for 4 of 10 people" in came.run.refusal_message
    assert await stored(database, but=BOOKS) == before
    assert (await sync(*people, emptied=0.4)).counts == {"moved": 4, "same": 6}
    assert (await sync(*staff(10))).counts == {"same": 10}  # left out is not empty
    assert (await seen(ask, "P00"))["P00"]["location"] == "Lisbon"
    came = await sync(*staff(10, email=None))
    assert came.refusal == "FIELD_EMPTIED"


async def test_30_renaming_a_department_keeps_its_id(sync, ask):
    query = '{ employees(where: {givenName: {eq: "Ann"}}) { nodes { department { id name } } } }'
    await sync(person("Ann", department="w", departmentName="Works"))
    [before] = (await ask(query))["employees"]["nodes"]
    await sync(person("Ann", department="w", departmentName="Factory"))
    [after] = (await ask(query))["employees"]["nodes"]
    assert after["department"] == {"id": before["department"]["id"], "name": "Factory"}


async def id_in(database, whom):
    async with database.transaction() as tx:
        found = text("select id from employee where source = 'feed' and external_id = :whom")
        return (await tx.execute(found, {"whom": whom})).scalar_one()


async def test_31_deactivation_ends_sessions_and_tokens_at_once(sync, database):
    await sync(person("Ann"), person("Bob"))
    async with database.transaction() as tx:
        tx.add(
            ServiceToken(
                name="hers",
                key=digest(f"{PREFIX}hers"),
                ending="hers",
                permissions=["READ_PEOPLE"],
                owner_id=await id_in(database, "ann"),
                expires_at=now() + timedelta(days=1),
            )
        )
        tx.add(
            Session(
                key=digest("her-browser"),
                employee_id=await id_in(database, "ann"),
                issuer="https://idp.test",
                subject="ann",
                roles=["EMPLOYEE"],
                expires_at=now() + timedelta(hours=1),
            )
        )
    app = application(database, [], "https://cairn.test")
    headers = {"authorization": f"Bearer {PREFIX}hers"}
    browser = {"cookie": "__Host-cairn=her-browser", "origin": "https://cairn.test"}
    query = {"query": "{ viewer { employee { givenName } } }"}
    async with AsyncClient(transport=ASGITransport(app), base_url="https://cairn.test") as client:

        async def answers():
            signed_in = await client.post("/graphql", json=query, headers=browser)
            return (await client.get("/scim/v2/Users", headers=headers)).status_code, signed_in.json()

        status, said = await answers()
        assert (status, said["data"]["viewer"]["employee"]) == (200, {"givenName": "Ann"})
        assert (await sync(person("Bob"))).counts == {"same": 1, "missing": 1}
        status, said = await answers()
        assert (status, said["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_32_the_last_administrator_is_never_deactivated(sync, ask, database):
    await sync(person("Ann"), person("Bob"), person("Cyd"))

    async def administers(employee):
        async with database.transaction() as tx:
            tx.add(
                Session(
                    key=uuid4().bytes * 2,
                    employee_id=employee,
                    issuer="https://idp.test",
                    subject=str(employee),
                    roles=["PEOPLE_ADMIN"],
                    expires_at=now() + timedelta(hours=1),
                )
            )

    await administers(await id_in(database, "ann"))
    message = "is the last administrator and stays as before; have another people admin sign in first"
    came = await sync(person("Cyd"))
    assert (came.counts, came.problems) == (
        {"same": 1, "missing": 1, "refused": 1},
        [(None, "ann", "status", message)],
    )
    assert (await status(ask, "Ann"), await status(ask, "Bob")) == ("ACTIVE", "TERMINATED")
    came = await sync(person("Cyd"), person("Ann", status="TERMINATED", title="Head"))
    assert came.problems == [(2, "ann", "status", message)]
    assert await status(ask, "Ann") == "ACTIVE"
    await administers(id_of("Pat"))
    assert (await sync(person("Cyd"))).counts == {"same": 1, "missing": 1}
    assert await status(ask, "Ann") == "TERMINATED"


async def test_33_fields_kept_locally_survive_a_sync(sync, ask, database):
    await sync(person("Ann"), person("Bob"))
    async with database.transaction() as tx:
        await tx.execute(
            text(
                "update employee set email = 'own@feed.example', kept_locally = '{EMAIL,TITLE}',"
                " changed_at = now() where external_id = 'ann'"
            )
        )
    came = await sync(person("Ann", title="Head", location="Lisbon"), person("Bob"))
    assert came.counts == {"moved": 1, "same": 1}
    found = (await seen(ask, "Ann"))["Ann"]
    assert (found["email"], found["title"], found["location"]) == ("own@feed.example", "Engineer", "Lisbon")


async def test_34_who_moved_is_told_of(sync, database):
    await sync(person("Ann"), person("Bob", "ann"))
    async with database.transaction() as tx:
        await tx.execute(text("delete from event"))
    await sync(person("Ann", email="new@feed.example"), person("Bob", "ann", title="Head"))
    async with database.transaction() as tx:
        events = (await tx.execute(text("select name, payload->'employees'->>0 from event"))).all()
        bob = (await tx.execute(text("select id from employee where external_id = 'bob'"))).scalar_one()
    assert [tuple(each) for each in events] == [("EmploymentChanged", str(bob))]


async def test_34_a_moved_persons_assignments_follow_the_rules_of_the_new_place(sync, ask, database, url):
    def staffed(bobs, **said):
        return (
            person("Ann", department="works", departmentName="Works"),
            person("Bob", department=bobs, **said),
            person("Cyd", department="lab", departmentName="Lab"),
        )

    await sync(*staffed("works"))
    found = (await ask("{ departments { nodes { id name } } }"))["departments"]["nodes"]
    departments = {each["name"]: each["id"] for each in found}
    for name in ("Works", "Lab"):
        pathway = await write(ask, name.lower(), [step("read"), step("write")])
        rule = {
            "code": name.lower(),
            "title": f"People of {name}",
            "pathway": pathway.id,
            "audience": {"employed": {"department": departments[name]}},
        }
        define = "mutation ($input: DefineRuleInput!) { defineRule(input: $input) { __typename } }"
        assert await ask.do(define, rule) == {"__typename": "RulePayload"}

    async def standing():
        await drain(database, url)
        query = "{ assignments { nodes { employee { givenName } status pathway { code } } } }"
        nodes = (await ask(query))["assignments"]["nodes"]
        return {(each["employee"]["givenName"], each["pathway"]["code"]): each["status"] for each in nodes}

    before = {("Ann", "works"): "ASSIGNED", ("Bob", "works"): "ASSIGNED", ("Cyd", "lab"): "ASSIGNED"}
    assert await standing() == before
    assert (await sync(*staffed("lab"))).counts == {"moved": 1, "same": 2}
    assert await standing() == before | {("Bob", "works"): "CANCELLED", ("Bob", "lab"): "ASSIGNED"}
    await sync(*staffed("lab", status="TERMINATED"))
    assert await standing() == before | {("Bob", "works"): "CANCELLED", ("Bob", "lab"): "CANCELLED"}
