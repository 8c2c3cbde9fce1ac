"""What Okta sends, by its documentation of SCIM 2.0."""

from sqlalchemy import text

from hris.scim.conftest import GROUP, USER, E

CREATES = {
    "schemas": [USER],
    "userName": "test.user@okta.local",
    "name": {"givenName": "Test", "familyName": "User"},
    "emails": [{"primary": True, "value": "test.user@okta.local", "type": "work"}],
    "displayName": "Test User",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


async def test_a_provisioning_cycle_of_users(directory):
    found = await directory.ask(
        "GET", '/Users?filter=userName eq "test.user@okta.local"&startIndex=1&count=100'
    )
    assert found == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
    }
    user = await directory.ask("POST", "/Users", CREATES, status=201)
    assert user == {
        "schemas": [USER],
        "id": user["id"],
        "externalId": "00ujl29u0le5T6Aj10h7",
        "userName": "test.user@okta.local",
        "name": {"givenName": "Test", "familyName": "User"},
        "displayName": "Test User",
        "locale": "en-US",
        "active": True,
        "emails": [{"primary": True, "value": "test.user@okta.local", "type": "work"}],
        "meta": {
            "resourceType": "User",
            "created": user["meta"]["created"],
            "lastModified": user["meta"]["created"],
            "location": f"https://cairn.test/scim/v2/Users/{user['id']}",
            "version": user["meta"]["version"],
        },
    }

    # An app of its own kind reads, changes and writes the whole of it.
    whole = {**await directory.read(user), "title": "Boss", "password": "other", "active": True}
    replaced = await directory.ask("PUT", f"/Users/{user['id']}", whole)
    assert replaced["title"] == "Boss"
    assert replaced["id"] == user["id"]
    again = await directory.ask("PUT", f"/Users/{user['id']}", whole)
    assert again == replaced, "the same again changes nothing"

    off = await directory.patch(user, {"op": "replace", "value": {"active": False}})
    assert off["active"] is False
    assert off["title"] == "Boss"
    on = await directory.patch(user, {"op": "replace", "value": {"active": True}})
    assert on["active"] is True
    assert on["title"] == "Boss"


async def test_groups_are_pushed(directory):
    user, other = await directory.user(), await directory.user("other@example.org")
    group = await directory.group("Test SCIMv2", user["id"])
    renamed = {"id": group["id"], "displayName": "Test SCIMv2 renamed"}
    patched = await directory.patch(group, {"op": "replace", "value": renamed})
    assert patched["displayName"] == "Test SCIMv2 renamed"
    patched = await directory.patch(
        group,
        {"op": "remove", "path": f'members[value eq "{user["id"]}"]'},
        {"op": "add", "path": "members", "value": [{"value": other["id"], "display": "other@example.org"}]},
    )
    assert [each["value"] for each in patched["members"]] == [other["id"]]
    body = {"schemas": [GROUP], "id": group["id"], "displayName": "Test", "members": [{"value": user["id"]}]}
    assert (await directory.ask("PUT", f"/Groups/{group['id']}", body))["members"][0]["value"] == user["id"]


async def test_a_password_is_ignored_and_never_kept(directory, database):
    user = await directory.user(password="correct-horse-battery")
    await directory.patch(user, {"op": "replace", "path": "password", "value": "correct-horse-battery"})
    assert "password" not in await directory.read(user)
    async with database.transaction() as tx:
        for table in ("employee", "audit_entry"):
            kept = await tx.execute(
                text(f"select count(*) from {table} t where t::text like '%horse-battery%'")
            )
            assert kept.scalar_one() == 0
        queued = await tx.execute(text("select count(*) from event t where t::text like '%horse-battery%'"))
        assert queued.scalar_one() == 0


async def test_pages_of_a_hundred_in_a_stable_order(directory):
    for n in range(8):
        await directory.user(f"user{n}@example.org")
    everybody = await directory.ask("GET", "/Users?startIndex=1&count=100")
    assert everybody["itemsPerPage"] == everybody["totalResults"] == 18
    pages = [await directory.ask("GET", f"/Users?startIndex={start}&count=7") for start in (1, 8, 15)]
    assert [page["itemsPerPage"] for page in pages] == [7, 7, 4]
    assert [each for page in pages for each in page["Resources"]] == everybody["Resources"]


async def test_a_manager_by_another_name_than_the_id(directory):
    """Okta maps any attribute of its own to the manager, and may send people before their manager."""
    user = await directory.user(**{"schemas": [USER, E], E: {"manager": {"value": "boss-7"}}})
    assert user[E]["manager"] == {"value": "boss-7"}
    boss = await directory.user("boss@example.org", externalId="boss-7")
    assert (await directory.read(user))[E]["manager"]["value"] == boss["id"]
