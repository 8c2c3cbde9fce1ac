"""What Okta sends, and that it is answered as it expects.

The requests are those of "Okta and SCIM Version 2.0" (developer.okta.com/docs/reference/scim/scim-20), and of
its "Okta SCIM 2.0 spec test" (SCIM_tests_for_Runscope.json).
"""

from sqlalchemy import text

from hris.scim.conftest import GROUP, USER, E

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
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
        "Resources": [],
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


async def test_the_specification_test(directory):
    """Credentials are tried, a user is sought, made, read, made again, and groups are listed.

    Every assertion of "Okta SCIM 2.0 SPEC Test" but those of the clock, with the headers that it sends.
    """
    directory.headers |= {
        "accept": "application/scim+json",
        "accept-charset": "utf-8",
        "content-type": "application/scim+json; charset=utf-8",
        "user-agent": "OKTA SCIM Integration",
    }
    first = await directory.ask("GET", "/Users?count=1&startIndex=1")
    assert first["schemas"] == [LIST]
    assert isinstance(first["totalResults"], int)
    assert first["itemsPerPage"] == len(first["Resources"]) == first["startIndex"] == 1
    some = first["Resources"][0]
    assert all(some[key] for key in ("id", "userName"))
    assert all((some["name"]["familyName"], some["name"]["givenName"], some["emails"][0]["value"]))
    assert some["active"] is True
    assert (await directory.read(some))["userName"] == some["userName"]
    none = await directory.ask("GET", '/Users?filter=userName eq "abcdefgh@atko.com"')
    assert (none["totalResults"], none["Resources"]) == (0, [])
    for unknown in ("010101001010101011001010101011", "00919288221112222"):
        absent = await directory.ask("GET", f"/Users/{unknown}", status=404)
        assert (absent["schemas"], absent["status"]) == ([ERROR], "404")
        assert absent["detail"]
    strange = await directory.ask("GET", "/Users", status=401, authorization="non-token")
    assert (strange["schemas"], strange["status"], bool(strange["detail"])) == ([ERROR], "401", True)
    body = {
        "schemas": [USER],
        "userName": "Runscope300Xyz@atko.com",
        "name": {"givenName": "Runscope300", "familyName": "Xyz"},
        "emails": [{"primary": True, "value": "Runscope300Xyz@atko.com", "type": "work"}],
        "displayName": "Runscope300 Xyz",
        "active": True,
    }
    made = await directory.ask("POST", "/Users", body, status=201)
    assert {key: made[key] for key in body} == body
    assert {key: (await directory.read(made))[key] for key in body} == body
    again = await directory.ask("POST", "/Users", body, status=409)
    assert again["scimType"] == "uniqueness"
    shouted = await directory.ask("GET", '/Users?filter=userName eq "RUNSCOPE300XYZ@ATKO.COM"')
    assert [each["id"] for each in shouted["Resources"]] == [made["id"]]
    groups = await directory.ask("GET", "/Groups?count=100&startIndex=1")
    assert groups["startIndex"] == 1
    assert isinstance(groups["Resources"], list)


async def test_the_whole_of_a_user_is_put(directory):
    user = await directory.ask("POST", "/Users", CREATES, status=201)
    body = {
        "schemas": [USER],
        "id": user["id"],
        "userName": "test.user@okta.local",
        "name": {"givenName": "Another", "middleName": "Excited", "familyName": "User"},
        "emails": [
            {
                "primary": True,
                "value": "test.user@okta.local",
                "type": "work",
                "display": "test.user@okta.local",
            }
        ],
        "active": True,
        "groups": [],
        "meta": {"resourceType": "User"},
    }
    put = await directory.ask("PUT", f"/Users/{user['id']}", body)
    assert put["name"] == body["name"]
    assert put["emails"] == body["emails"]
    assert "displayName" not in put, "what is left out is cleared"


async def test_a_group_is_pushed_renamed_filled_and_unlinked(directory):
    one, two = await directory.user("one@example.org"), await directory.user("two@example.org")
    body = {"schemas": [GROUP], "displayName": "Test SCIMv2", "members": []}
    group = await directory.ask("POST", "/Groups", body, status=201)
    assert group["displayName"] == "Test SCIMv2"
    named = {"id": group["id"], "displayName": "Test SCIMv20"}
    assert (await directory.patch(group, {"op": "replace", "value": named}))["displayName"] == "Test SCIMv20"
    members = [{"value": each["id"], "display": each["userName"]} for each in (one, two)]
    filled = await directory.patch(group, {"op": "replace", "path": "members", "value": members})
    assert {each["value"] for each in filled["members"]} == {one["id"], two["id"]}
    fewer = await directory.patch(group, {"op": "replace", "path": "members", "value": members[:1]})
    assert [each["value"] for each in fewer["members"]] == [one["id"]]
    assert await directory.ask("DELETE", f"/Groups/{group['id']}", status=204) is None
    await directory.read(group, status=404)
