"""What Entra ID sends, and that it is answered as it expects.

The requests are those of "Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID"
(learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups), under "SCIM
protocol requests and responses", and of the flags of its compatibility page.
"""

import pytest

from hris.scim.conftest import GROUP, USER, E

ENTRA_CREATES = {
    "schemas": [USER, E],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1",
    "active": True,
    "emails": [{"primary": True, "type": "work", "value": "Test_User_fd0ea19b@testuser.com"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
    "roles": [],
}


def listed(*resources):
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": len(resources),
        "itemsPerPage": len(resources),
        "startIndex": 1,
        "Resources": list(resources),
    }


async def test_a_provisioning_cycle_of_users(directory):
    found = await directory.ask("GET", '/Users?filter=userName eq "Test_User_dfeef4c5-5681"')
    assert found == listed()

    user = await directory.ask("POST", "/Users", ENTRA_CREATES, status=201)
    id_, meta = user["id"], user["meta"]
    assert user == {
        "schemas": [USER],
        "id": id_,
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
        "userName": "Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1",
        "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
        "active": True,
        "emails": [{"primary": True, "type": "work", "value": "Test_User_fd0ea19b@testuser.com"}],
        "meta": {
            "resourceType": "User",
            "created": meta["created"],
            "lastModified": meta["created"],
            "location": f"https://cairn.test/scim/v2/Users/{id_}",
            "version": meta["version"],
        },
    }
    assert await directory.read(user) == user
    found = await directory.ask("GET", f'/Users?filter=userName eq "{user["userName"].upper()}"')
    assert found == listed(user)
    found = await directory.ask("GET", f'/Users?filter=externalId eq "{user["externalId"]}"')
    assert found == listed(user)

    patched = await directory.patch(
        user,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "updatedEmail@microsoft.com"},
        {"op": "Replace", "path": "name.familyName", "value": "updatedFamilyName"},
    )
    assert patched["emails"] == [{"primary": True, "type": "work", "value": "updatedEmail@microsoft.com"}]
    assert patched["name"]["familyName"] == "updatedFamilyName"
    assert patched["meta"]["version"] != meta["version"]

    disabled = await directory.patch(user, {"op": "Replace", "path": "active", "value": "False"})
    assert disabled["active"] is False
    found = await directory.ask("GET", f'/Users?filter=userName eq "{user["userName"]}"')
    assert found["Resources"][0] == disabled, "inactive users stay findable"
    assert (await directory.patch(user, {"op": "Replace", "path": "active", "value": "True"}))[
        "active"
    ] is True

    assert await directory.ask("DELETE", f"/Users/{id_}", status=204) is None
    gone = await directory.read(user, status=404)
    assert gone["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert gone["status"] == "404"


async def test_a_provisioning_cycle_of_groups(directory):
    user = await directory.user()
    body = {
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "displayName",
        "meta": {"resourceType": "Group"},
    }
    group = await directory.ask("POST", "/Groups", body, status=201)
    assert group == {
        "schemas": group["schemas"],
        "id": group["id"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": "displayName",
        "meta": group["meta"],
    }
    path = f"/Groups/{group['id']}?excludedAttributes=members"
    await directory.patch(
        group, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": user["id"]}]}
    )
    assert "members" not in await directory.ask("GET", path)
    found = await directory.ask(
        "GET", '/Groups?excludedAttributes=members&filter=displayName eq "displayName"'
    )
    assert found["Resources"][0]["id"] == group["id"]
    assert "members" not in found["Resources"][0]
    [member] = (await directory.read(group))["members"]
    assert member == {
        "value": user["id"],
        "$ref": f"https://cairn.test/scim/v2/Users/{user['id']}",
        "type": "User",
    }
    renamed = await directory.patch(group, {"op": "Replace", "path": "displayName", "value": "updated"})
    assert renamed["displayName"] == "updated"
    [own] = (await directory.read(user))["groups"]
    assert own == {
        "value": group["id"],
        "$ref": f"https://cairn.test/scim/v2/Groups/{group['id']}",
        "display": "updated",
        "type": "direct",
    }
    await directory.patch(
        group, {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": user["id"]}]}
    )
    assert "members" not in await directory.read(group)
    assert "groups" not in await directory.read(user)
    await directory.ask("DELETE", f"/Groups/{group['id']}", status=204)
    await directory.read(group, status=404)


@pytest.mark.parametrize("op", ["Add", "Replace", "add", "replace", "REPLACE"])
async def test_names_of_operations_in_any_case(directory, op):
    user = await directory.user()
    assert (await directory.patch(user, {"op": op, "path": "title", "value": "Boss"}))["title"] == "Boss"


@pytest.mark.parametrize(
    ("said", "meant"), [("False", False), ("True", True), ("false", False), (False, False)]
)
async def test_active_as_a_string(directory, said, meant):
    user = await directory.user()
    assert (await directory.patch(user, {"op": "Replace", "path": "active", "value": said}))[
        "active"
    ] is meant


async def test_primary_as_a_string(directory):
    mail = {"value": "b@example.org", "type": "work", "primary": "True"}
    user = await directory.user(emails=[mail])
    assert user["emails"] == [{"value": "b@example.org", "type": "work", "primary": True}]


async def test_a_replace_without_a_path_has_dotted_and_qualified_keys(directory):
    user = await directory.user()
    patched = await directory.patch(
        user,
        {
            "op": "Replace",
            "value": {
                "displayName": "Bjfe",
                "name.givenName": "Kenneth",
                "name.familyName": "Chi",
                f"{E}:employeeNumber": "7-11",
                f"{E}:department": "Platform",
                'emails[type eq "work"].value': "ken@example.org",
            },
        },
    )
    assert patched["displayName"] == "Bjfe"
    assert patched["name"] == {"givenName": "Kenneth", "familyName": "Chi"}
    assert patched[E] == {"employeeNumber": "7-11", "department": "Platform"}
    assert patched["emails"] == [{"type": "work", "value": "ken@example.org"}]


async def test_several_attributes_are_replaced_one_by_one(directory):
    """As it is sent without the flag `aadOptscim062020`."""
    user = await directory.user(emails=[{"type": "work", "value": "old@example.org"}])
    said = {
        "displayName": "Pvlo",
        'emails[type eq "work"].value': "TestBcwqnm@test.microsoft.com",
        "name.givenName": "Gtfd",
        "name.familyName": "Pkqf",
        "externalId": "Eqpj",
        f"{E}:employeeNumber": "Eqpj",
    }
    operations = [{"op": "Replace", "path": path, "value": value} for path, value in said.items()]
    patched = await directory.patch(user, *operations, {"op": "Add", "path": "nickName", "value": "Babs"})
    assert (patched["displayName"], patched["externalId"], patched["nickName"]) == ("Pvlo", "Eqpj", "Babs")
    assert patched["name"] == {"givenName": "Gtfd", "familyName": "Pkqf"}
    assert patched[E] == {"employeeNumber": "Eqpj"}
    assert [each["value"] for each in patched["emails"]] == ["TestBcwqnm@test.microsoft.com"]


async def test_a_work_address_when_there_is_none_yet(directory):
    user = await directory.user()
    assert "emails" not in user
    patched = await directory.patch(
        user, {"op": "Add", "path": 'emails[type eq "work"].value', "value": "new@example.org"}
    )
    assert patched["emails"] == [{"type": "work", "value": "new@example.org"}]
    phone = {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "555"}
    assert (await directory.patch(user, phone))["phoneNumbers"] == [{"type": "work", "value": "555"}]


@pytest.mark.parametrize("shape", ["string", "object", "value", "pathless"])
async def test_a_manager_as_a_string_or_an_object(directory, shape):
    boss, user = await directory.user("boss@example.org"), await directory.user()
    operation = {
        "string": {"op": "Add", "path": f"{E}:manager", "value": boss["id"]},
        "object": {"op": "Add", "path": f"{E}:manager", "value": {"$ref": None, "value": boss["id"]}},
        "value": {"op": "Replace", "path": f"{E}:manager.value", "value": boss["id"]},
        "pathless": {"op": "Replace", "value": {f"{E}:manager": boss["id"]}},
    }[shape]
    patched = await directory.patch(user, operation)
    assert patched[E]["manager"] == {
        "value": boss["id"],
        "$ref": f"https://cairn.test/scim/v2/Users/{boss['id']}",
    }
    assert E not in await directory.patch(user, {"op": "Remove", "path": f"{E}:manager"})


async def test_members_are_removed_by_a_list_or_by_a_filter_path(directory):
    one, two, three = [await directory.user(f"{name}@example.org") for name in ("one", "two", "three")]
    group = await directory.group("Chess club", one["id"], two["id"], three["id"])
    await directory.patch(group, {"op": "Remove", "path": f'members[value eq "{one["id"]}"]'})
    patched = await directory.patch(
        group, {"op": "Remove", "path": "members", "value": [{"value": two["id"]}]}
    )
    assert [each["value"] for each in patched["members"]] == [three["id"]]


async def test_a_removal_that_matched_nothing_changes_nothing(directory):
    group = await directory.group("Chess club", (await directory.user())["id"])
    other = await directory.user("other@example.org")
    path = f'members[value eq "{other["id"]}"]'
    assert await directory.patch(group, {"op": "Remove", "path": path}) == await directory.read(group)
    listed = {"op": "Remove", "path": "members", "value": [{"value": other["id"]}]}
    assert await directory.patch(group, listed) == await directory.read(group)
    assert (await directory.read(group))["meta"]["version"] == group["meta"]["version"]


async def test_filters_with_and(directory):
    user = await directory.user(emails=[{"type": "work", "value": "b@example.org"}])
    query = (
        '/Users?filter=userName eq "barbara@example.com" and emails[type eq "work"].value eq "B@example.org"'
    )
    assert (await directory.ask("GET", query))["Resources"] == [user]
    query = '/Users?filter=userName eq "barbara@example.com" and active eq false'
    assert (await directory.ask("GET", query))["totalResults"] == 0


async def test_the_name_of_a_group_is_unique(directory):
    await directory.group("Chess club")
    refused = await directory.ask(
        "POST", "/Groups", {"schemas": [GROUP], "displayName": "CHESS club"}, status=409
    )
    assert refused["scimType"] == "uniqueness"


async def test_a_user_name_alone_is_replaced(directory):
    user = await directory.ask("POST", "/Users", ENTRA_CREATES, status=201)
    name = "5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com"
    patched = await directory.patch(user, {"op": "Replace", "path": "userName", "value": name})
    assert patched == {**user, "userName": name, "meta": patched["meta"]}
    assert (await directory.ask("GET", f'/Users?filter=userName eq "{name}"'))["Resources"] == [patched]
    found = await directory.ask("GET", f'/Users?filter=userName eq "{user["userName"]}"')
    assert found["totalResults"] == 0


async def test_a_user_is_disabled_and_stays_a_member(directory):
    user = await directory.user()
    group = await directory.group("Chess club", user["id"])
    off = await directory.patch(user, {"op": "Replace", "path": "active", "value": False})
    assert off["active"] is False
    assert [each["value"] for each in (await directory.read(group))["members"]] == [user["id"]]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("first@example.org", True),
        ("FIRST@Example.org", True),
        ("home@example.org", False),
        ("a_b%c@example.org", True),
        ("aXb%c@example.org", False),
        ("irst@example.org", False),
        ("none@example.org", False),
    ],
)
async def test_people_are_found_by_any_address_at_work(directory, address, found):
    await directory.user("nobody@example.org")
    mails = [
        {"value": "First@example.org", "type": "work"},
        {"value": "home@example.org", "type": "home", "primary": True},
        {"value": "a_b%c@example.org", "type": "work"},
    ]
    user = await directory.user(emails=mails)
    for path in ('emails[type eq "work"].value', 'emails[value eq "{}" and type eq "work"]'):
        query = path.format(address) if "{}" in path else f'{path} eq "{address}"'
        answer = (await directory.get("/scim/v2/Users", params={"filter": query})).json()
        assert answer["totalResults"] == int(found), query
        assert answer["Resources"] == [user] * found
    any_of = (await directory.get("/scim/v2/Users", params={"filter": f'emails.value eq "{address}"'})).json()
    assert any_of["totalResults"] == int(found or address == "home@example.org")


async def test_the_schemas_are_a_list(directory):
    schemas = await directory.ask("GET", "/Schemas")
    assert schemas["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    names = {each["id"] for each in schemas["Resources"]}
    assert {USER, GROUP, E} <= names
    assert None not in values(schemas), "what has no value is left out"
    words = {"readWrite", "readOnly", "immutable", "writeOnly"}
    assert {each["mutability"] for schema in schemas["Resources"] for each in schema["attributes"]} <= words


def values(found):
    """All that stands in a document, at any depth."""
    match found:
        case dict():
            return [each for value in found.values() for each in values(value)]
        case list():
            return [each for value in found for each in values(value)]
    return [found]
