"""Managers who are not of the feed that names them: of a directory, of another feed, or made by hand."""

import pytest
from sqlalchemy import text

from hris.conftest import person
from hris.scim.conftest import E, app, directory  # noqa: F401  # fixtures
from people.test_employ import HIRE, newcomer

UPDATE = """mutation ($input: UpdateEmployeeInput!) { updateEmployee(input: $input) { __typename } }"""
UNKNOWN = "there is nobody with the id {} yet; it is linked when it comes"


async def line(database, name):
    """Who is above somebody, the nearest first; and what their employment waits for."""
    query = """
    select boss.given_name, m.manager_ref from employee e
    join employment m on m.employee_id = e.id and m.valid @> current_date
    left join reporting_line l on l.employee_id = e.id and l.valid @> current_date
    left join employee boss on boss.id = l.manager_id
    where e.given_name = :name order by l.depth
    """
    async with database.transaction() as tx:
        rows = (await tx.execute(text(query), {"name": name})).all()
    return [above for above, _ in rows if above], next(iter({ref for _, ref in rows if ref}), None)


def user(name, **more):
    return {
        "name": {"givenName": name, "familyName": "Scim"},
        "emails": [{"value": f"{name.lower()}@scim.example", "type": "work", "primary": True}],
        **more,
    }


def under(manager):
    return {E: {"manager": {"value": manager}}}


@pytest.mark.parametrize("ref", ["boss@scim.example", "BOSS@SCIM.example", "boss.login@scim.example"])
async def test_03_a_feeds_manager_who_comes_by_a_directory_is_linked_by_address_or_user_name(
    sync,
    directory,  # noqa: F811
    database,
    ref,
):
    came = await sync(person("Ann", ref))
    assert came.problems == [(1, "ann", "manager", UNKNOWN.format(ref))]
    assert await line(database, "Ann") == ([], ref)
    await directory.user("boss.login@scim.example", **user("Boss"))
    assert await line(database, "Ann") == (["Boss"], None)
    again = await sync(person("Ann", ref))
    assert (again.counts, again.problems) == ({"same": 1}, [])


async def test_03_a_directorys_manager_who_comes_by_a_feed_is_linked(sync, directory, database):  # noqa: F811
    await directory.user("ann@scim.example", **user("Ann", **under("boss@feed.example")))
    assert await line(database, "Ann") == ([], "boss@feed.example")
    await sync(person("Boss", "top"), person("Top"))
    assert await line(database, "Ann") == (["Boss", "Top"], None)


async def test_a_manager_who_is_there_already_is_linked_at_once_whatever_brought_them(
    sync,
    directory,  # noqa: F811
    database,
):
    boss = await directory.user("boss@scim.example", **user("Boss"))
    came = await sync(person("Ann", "boss@scim.example"), person("Bob", boss["id"]))
    assert (came.counts, came.problems) == ({"new": 2}, [])
    for name in ("Ann", "Bob"):
        assert await line(database, name) == (["Boss"], None)
    await directory.user("dov@scim.example", **user("Dov", **under("ann@feed.example")))
    assert await line(database, "Dov") == (["Ann", "Boss"], None)
    moved = await sync(person("Ann"), person("Bob", "ben@example.com"))
    assert moved.problems == []
    assert await line(database, "Bob") == (["Ben", "Ada", "Grace"], None)


async def test_ids_of_one_feed_mean_nothing_to_another_nor_do_numbers_and_plain_user_names(
    sync,
    directory,  # noqa: F811
    database,
):
    await sync(person("Ann", "7"), person("Bob", "boss"))
    await sync(person("Other", externalId="7", number="7"), source="another")
    await directory.user("boss", **user("Boss", externalId="boss", **{E: {"employeeNumber": "boss"}}))
    assert await line(database, "Ann") == ([], "7")
    assert await line(database, "Bob") == ([], "boss")


async def test_03_a_manager_who_is_made_by_hand_or_gets_the_address_later_is_linked(
    sync, ask, world, database
):
    pat = world.viewer("Pat")
    await sync(person("Ann", "hana.kim@example.com"), person("Bob", "lena.new@example.com"))
    await ask.do(HIRE, newcomer(world), viewer=pat)
    assert (await line(database, "Ann"))[0][0] == "Hana"
    given = {"employee": world.gid("Employee", "Lena"), "email": "lena.new@example.com"}
    assert (await ask.do(UPDATE, given, viewer=pat))["__typename"] == "Employee"
    assert (await line(database, "Bob"))[0][0] == "Lena"


async def test_managers_within_a_feed_may_be_named_by_their_address(sync, database):
    came = await sync(person("Ann", "bob@feed.example"), person("Bob", "Cyd@Feed.example"), person("Cyd"))
    assert (came.counts, came.problems) == ({"new": 3}, [])
    assert await line(database, "Ann") == (["Bob", "Cyd"], None)
    came = await sync(person("Ann", "cyd@feed.example"), person("Bob", "bob@feed.example"), person("Cyd"))
    assert came.problems == [
        (2, "bob", "manager", "bob@feed.example would report to themselves, so the manager stays as before")
    ]
    assert await line(database, "Ann") == await line(database, "Bob") == (["Cyd"], None)


async def test_somebody_new_who_names_themselves_by_address_has_no_manager(sync, database):
    came = await sync(person("Ann", "ANN@feed.example"))
    assert [problem[2] for problem in came.problems] == ["manager"]
    assert await line(database, "Ann") == ([], None)


async def test_04_a_manager_comes_by_any_door_though_who_waits_for_them_is_above_them(
    sync,
    directory,  # noqa: F811
    database,
):
    await sync(person("Ann", "boss@scim.example"), person("Bob", "boss@scim.example"))
    await directory.user("boss@scim.example", **user("Boss", **under("ann@feed.example")))
    assert await line(database, "Boss") == (["Ann"], None)
    assert await line(database, "Bob") == (["Boss", "Ann"], None)
    assert await line(database, "Ann") == ([], "boss@scim.example")
    again = await sync(person("Ann", "boss@scim.example"), person("Bob", "boss@scim.example"))
    assert [(row, field) for row, _, field, _ in again.problems] == [(1, "manager")]
    assert "goes round in a circle" in again.problems[0][3]
    assert await line(database, "Ann") == ([], "boss@scim.example")


async def test_whoever_was_removed_is_nobodys_manager_until_they_are_back(sync, directory, database):  # noqa: F811
    boss = await directory.user("boss@scim.example", **user("Boss", externalId="b"))
    await directory.ask("DELETE", f"/Users/{boss['id']}", status=204)
    await sync(person("Ann", "boss@scim.example"))
    assert await line(database, "Ann") == ([], "boss@scim.example")
    await directory.user("boss@scim.example", **user("Boss", externalId="b"))
    assert await line(database, "Ann") == (["Boss"], None)


async def test_21_a_link_is_all_that_somebody_elses_feed_changes(sync, database):
    await sync(person("Ann", "boss@feed.example", title="Head"))
    came = await sync(person("Boss"), source="another")
    assert came.counts == {"new": 1}
    assert await line(database, "Ann") == (["Boss"], None)
    query = "select title from employment m join employee e on e.id = m.employee_id where given_name = 'Ann'"
    async with database.transaction() as tx:
        assert (await tx.execute(text(query))).scalars().all() == ["Head"]
