"""What OneLogin, JumpCloud, SailPoint and their likes send beside what Entra ID and Okta do."""

import pytest

from cairn.access.viewer import system
from cairn.hris.intake import Feed
from cairn.hris.run import run_feed
from cairn.hris.tables import SyncMode
from hris.conftest import lines, person
from hris.scim.conftest import GROUP, USER, E
from hris.scim.test_protocol import BULK


async def found(directory, kind, filter_):
    answer = await directory.get(f"/scim/v2/{kind}", params={"filter": filter_, "count": 200})
    assert answer.status_code == 200, answer.text
    return {each["id"] for each in answer.json()["Resources"]}


async def test_groups_and_people_are_found_by_each_other(directory):
    ada, ben = await directory.user("ada@example.org"), await directory.user("ben@example.org")
    chess, empty = await directory.group("Chess club", ada["id"]), await directory.group("Nobody yet")
    inside = f'members.value eq "{ada["id"]}"'
    assert await found(directory, "Groups", inside) == {chess["id"]}
    assert await found(directory, "Groups", f'members[value eq "{ada["id"]}"]') == {chess["id"]}
    assert await found(directory, "Groups", f'id eq "{chess["id"]}" and members eq "{ada["id"]}"')
    assert not await found(directory, "Groups", f'id eq "{empty["id"]}" and members eq "{ada["id"]}"')
    assert not await found(directory, "Groups", f'id eq "{chess["id"]}" and members eq "{ben["id"]}"')
    assert empty["id"] in await found(directory, "Groups", "not (members pr)")
    assert empty["id"] not in await found(directory, "Groups", "members pr")
    for filter_ in ('groups.value eq "{id}"', 'groups[value eq "{id}"]', 'groups.display eq "Chess club"'):
        assert await found(directory, "Users", filter_.replace("{id}", chess["id"])) == {ada["id"]}, filter_
    assert not await found(directory, "Users", f'groups.value eq "{empty["id"]}"')
    grouped = await found(directory, "Users", "groups pr")
    assert ada["id"] in grouped
    assert ben["id"] not in grouped


async def test_people_in_the_order_of_their_groups(directory):
    ada, ben = await directory.user("ada@example.org"), await directory.user("ben@example.org")
    groups = {(await directory.group(name, who["id"]))["id"]: who for name, who in (("A", ben), ("B", ada))}
    listed = await directory.ask("GET", '/Users?sortBy=groups.value&filter=groups.display sw ""&count=200')
    order = [each["id"] for each in listed["Resources"] if each["id"] in {ada["id"], ben["id"]}]
    assert order == [groups[id_]["id"] for id_ in sorted(groups)]


@pytest.mark.parametrize("said", ["true", '"True"', '"true"'])
async def test_whether_something_is_so_may_be_asked_as_a_text(directory, said):
    user = await directory.user(emails=[{"value": "b@example.org", "primary": True}])
    off = await directory.user("off@example.org", active=False)
    active = await found(directory, "Users", f"active eq {said}")
    assert user["id"] in active
    assert off["id"] not in active
    assert user["id"] in await found(directory, "Users", f"emails[primary eq {said}]")


async def test_two_without_a_number_are_not_two_with_the_same(directory):
    empty = {"externalId": "", E: {"employeeNumber": "", "department": ""}, "schemas": [USER, E]}
    first = await directory.user("first@example.org", **empty)
    second = await directory.user("second@example.org", **empty)
    assert "externalId" not in second
    assert "employeeNumber" not in second.get(E, {})
    await directory.patch(first, {"op": "replace", "path": f"{E}:employeeNumber", "value": "7"})
    await directory.patch(second, {"op": "replace", "path": f"{E}:employeeNumber", "value": "8"})
    for user in (first, second):
        patched = await directory.patch(user, {"op": "replace", "path": f"{E}:employeeNumber", "value": ""})
        assert "employeeNumber" not in patched.get(E, {})
    for name in ("A", "B"):
        group = await directory.ask(
            "POST", "/Groups", {"schemas": [GROUP], "displayName": name, "externalId": ""}, status=201
        )
        assert "externalId" not in group


async def test_addresses_and_numbers_that_are_empty_are_none(directory):
    nothing = [{"type": "work", "value": "", "primary": True}]
    user = await directory.user(emails=nothing, phoneNumbers=nothing)
    assert "emails" not in user
    assert "phoneNumbers" not in user
    kept = {"type": "work", "value": "b@example.org"}
    path = {"op": "replace", "path": "emails", "value": [kept, {"type": "home", "value": ""}]}
    assert (await directory.patch(user, path))["emails"] == [kept]
    pathless = {"op": "replace", "value": {"emails": nothing}}
    assert "emails" not in await directory.patch(user, pathless)


async def test_the_extension_as_a_whole_with_a_manager_as_a_string(directory):
    boss, user = await directory.user("boss@example.org"), await directory.user()
    whole = {"op": "replace", "path": E, "value": {"department": "Sales", "manager": boss["id"]}}
    patched = await directory.patch(user, whole)
    assert patched[E]["manager"]["value"] == boss["id"]
    assert patched[E]["department"] == "Sales"


async def test_in_bulk_the_same_is_read_as_alone(directory):
    def operation(method, path, data, **more):
        return {"method": method, "path": path, "data": data, **more}

    def user(name, **more):
        return {"schemas": [USER], "userName": name, "password": "secret", **more}

    manager = {"Operations": [{"op": "Replace", "path": f"{E}:manager", "value": "bulkId:boss"}]}
    done = await directory.ask(
        "POST",
        "/Bulk",
        {
            "schemas": [BULK],
            "Operations": [
                operation("POST", "/Users", user("boss@example.org"), bulkId="boss"),
                operation(
                    "POST", "/Users", user("a@example.org", **{E: {"manager": "bulkId:boss"}}), bulkId="a"
                ),
                operation("POST", "/Users", user("b@example.org"), bulkId="b"),
                operation("PATCH", "/Users/bulkId:b", manager),
            ],
        },
    )
    assert [each["status"] for each in done["Operations"]] == ["201", "201", "201", "200"], done
    boss, *reports = [each["location"].rpartition("/")[2] for each in done["Operations"][:3]]
    for each in reports:
        assert (await directory.ask("GET", f"/Users/{each}"))[E]["manager"]["value"] == boss


@pytest.mark.parametrize(
    ("path", "value"), [("active", "perhaps"), ("emails", ["b@example.org"]), ("title", {"a": 1})]
)
async def test_what_is_no_value_is_refused_by_its_attribute(directory, path, value):
    user = await directory.user()
    refused = await directory.patch(user, {"op": "replace", "path": path, "value": value}, status=400)
    assert refused["scimType"] == "invalidValue"
    assert path in refused["detail"]
    assert "pydantic" not in refused["detail"]


async def test_a_user_name_that_is_shown_is_taken(directory, database, world):  # noqa: ARG001
    """Whoever has no user name is found by their address as one: another cannot have it too."""
    await sync_one(database)
    query = '/Users?filter=userName eq "ANN@feed.example"'
    [shown] = (await directory.ask("GET", query))["Resources"]
    assert shown["userName"] == "ann@feed.example"
    body = {"schemas": [USER], "userName": "Ann@feed.example"}
    refused = await directory.ask("POST", "/Users", body, status=409)
    assert refused["scimType"] == "uniqueness"
    user = await directory.user("other@example.org")
    await directory.patch(user, {"op": "replace", "path": "userName", "value": body["userName"]}, status=409)
    assert (await directory.ask("GET", query))["Resources"] == [shown]


async def sync_one(database):
    """Has a feed bring Ann, without a user name."""
    await run_feed(database, system("feeds"), Feed("feed", SyncMode.DELTA), lines(person("Ann")))
