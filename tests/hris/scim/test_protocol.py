"""What RFC 7643, 7644 and 9865 ask for, over HTTP; and what becomes of the people."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from scim2_server.requests import ScimRequest
from sqlalchemy import select

from cairn.access.tables import AuditEntry
from cairn.hris.scim.protocol import Handler, LackingScopeException, Service
from cairn.hris.scim.resources import provider
from cairn.hris.scim.storage import PeopleStorage
from cairn.identity.tables import Session
from cairn.people import tables
from hris.scim.conftest import GROUP, JSON, PATCH, SITE, USER, E, opened, token
from world import TODAY, id_of

BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


async def test_who_may_ask(app, database, directory):
    user = await directory.user()
    path = f"/Users/{user['id']}"
    async with opened(app, None) as nobody:
        answer = await nobody.get("/scim/v2/Users")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="cairn"'
        assert answer.headers["content-type"] == "application/scim+json"
        assert (await nobody.get("/scim/v2/ServiceProviderConfig")).status_code == 200
    async with opened(app, "cairn_nobodys") as stranger:
        answer = await stranger.get("/scim/v2/Users")
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    async with opened(app, await token(database, "READ_LEARNING")) as learner:
        answer = await learner.get("/scim/v2/Users")
        assert answer.status_code == 403
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        assert 'scope="people:read"' in answer.headers["www-authenticate"]
    async with opened(app, await token(database, "READ_PEOPLE")) as reader:
        assert await reader.ask("GET", path) == user
        await reader.patch(user, {"op": "replace", "path": "title", "value": "Boss"}, status=403)
        await reader.ask("DELETE", path, status=403)
        await reader.ask("POST", "/Users", {"schemas": [USER], "userName": "x"}, status=403)
    assert await directory.read(user) == user


async def test_a_program_is_nobody(directory):
    await directory.ask("GET", "/Me", status=404)


async def test_everybody_reads_their_own_record_and_writes_none(world, database):
    service = Service(provider(), secret="s")

    def asking(method, body=b""):
        request = ScimRequest(method, SITE + "/scim/v2", "/Me", body=body, subject=world.viewer("Ben"))
        return Handler(service, PeopleStorage(database, request.subject, service.provider)).handle(request)

    answer = await asking("GET")
    assert answer.body["userName"] == "ben@example.com"
    assert answer.headers["Location"] == f"{SITE}/scim/v2/Users/{id_of('Ben')}"
    with pytest.raises(LackingScopeException):
        await asking("DELETE")
    assert (await asking("GET")).body == answer.body


async def test_tokens_of_whoever_is_deactivated_end_at_once(app, database, directory):
    secret = await token(database, "READ_PEOPLE", owner="Ben")
    async with opened(app, secret) as bens:
        await bens.ask("GET", "/Users")
        ben = await directory.ask("GET", f"/Users/{id_of('Ben')}")
        await directory.patch(ben, {"op": "replace", "path": "active", "value": False})
        await bens.ask("GET", "/Users", status=401)


async def test_what_is_written_is_in_the_audit(directory, database):
    user = await directory.user()
    await directory.patch(user, {"op": "replace", "path": "displayName", "value": "Babs"})
    await directory.ask("DELETE", f"/Users/{user['id']}", status=204)
    async with database.transaction() as tx:
        found = select(AuditEntry).where(AuditEntry.subject_id == UUID(user["id"])).order_by(AuditEntry.id)
        entries = list((await tx.execute(found)).scalars())
    assert [each.verb for each in entries] == [
        "employee.create",
        "employee.hire",
        "employee.update",
        "employee.terminate",
        "employee.remove",
    ]
    assert {each.viewer.partition("#")[0] for each in entries} == {"service:entra"}
    assert entries[2].before == {
        "display_name": "barbara@example.com",
        "attributes": entries[2].before["attributes"],
    }
    assert entries[2].after["display_name"] == "Babs"


async def test_a_move_is_in_the_audit_with_what_was_before(directory, database):
    ben = await directory.ask("GET", f"/Users/{id_of('Ben')}")
    await directory.patch(ben, {"op": "replace", "path": "title", "value": "Architect"})
    async with database.transaction() as tx:
        found = select(AuditEntry).where(AuditEntry.subject_id == id_of("Ben")).order_by(AuditEntry.id)
        [*_, moved] = (await tx.execute(found)).scalars()
    assert (moved.verb, moved.before) == ("employee.move", {"title": "Engineer"})
    assert moved.after == {"title": "Architect", "from": str(TODAY)}


async def test_what_the_service_announces(directory):
    config = await directory.ask("GET", "/ServiceProviderConfig")
    supported = {name for name in config if isinstance(config[name], dict) and config[name].get("supported")}
    assert supported == {"patch", "bulk", "filter", "sort", "etag"}
    assert config["pagination"]["cursor"] is True
    types = await directory.ask("GET", "/ResourceTypes")
    assert [each["endpoint"] for each in types["Resources"]] == ["/Users", "/Groups"]
    assert types["Resources"][0]["schemaExtensions"] == [{"schema": E, "required": False}]
    schemas = await directory.ask("GET", "/Schemas")
    assert {each["id"] for each in schemas["Resources"]} == {USER, E, GROUP}
    assert (await directory.ask("GET", f"/Schemas/{E}"))["id"] == E
    await directory.ask("GET", '/Schemas?filter=id eq "x"', status=403)


async def test_user_names_and_addresses_are_unique(directory):
    user = await directory.user(emails=[{"value": "one@example.org"}])
    for body in (
        {"userName": "BARBARA@example.com"},
        {"userName": "other", "emails": [{"value": "ONE@example.org"}]},
    ):
        refused = await directory.ask("POST", "/Users", {"schemas": [USER], **body}, status=409)
        assert refused["scimType"] == "uniqueness"
        assert refused["status"] == "409"
    other = await directory.user("other")
    taken = {"op": "replace", "path": "userName", "value": "barbara@example.com"}
    assert (await directory.patch(other, taken, status=409))["scimType"] == "uniqueness"
    assert await directory.read(other) == other
    assert (await directory.ask("GET", '/Users?filter=userName sw "barbara"'))["Resources"] == [user]


async def test_two_at_once_take_one_name(directory):
    body = {"schemas": [USER], "userName": "race@example.org"}
    answers = await asyncio.gather(*(directory.post("/scim/v2/Users", json=body) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_versions(directory):
    user = await directory.user()
    version = user["meta"]["version"]
    path = f"/scim/v2/Users/{user['id']}"
    answer = await directory.get(path)
    assert answer.headers["etag"] == version
    assert (await directory.get(path, headers={"if-none-match": version})).status_code == 304
    changed = {"op": "replace", "path": "title", "value": "Boss"}
    await directory.patch(user, changed, status=412, if_match='W/"another"')
    assert await directory.read(user) == user
    patched = await directory.patch(user, changed, if_match=version)
    await directory.patch(user, {"op": "remove", "path": "title"}, status=412, if_match=version)
    await directory.ask("DELETE", f"/Users/{user['id']}", status=412, if_match=version)
    assert await directory.read(user) == patched
    assert (await directory.get(path, headers={"if-none-match": version})).status_code == 200


async def test_search_by_post_and_at_the_root(directory):
    user, group = await directory.user(displayName="Zoe"), await directory.group("Zoo")
    body = {"schemas": [SEARCH], "filter": 'displayName sw "Zo"', "sortBy": "displayName", "count": 10}
    assert (await directory.ask("POST", "/Users/.search", body))["Resources"] == [user]
    found = await directory.ask("POST", "/.search", body)
    assert [each["id"] for each in found["Resources"]] == [user["id"], group["id"]]


async def test_attributes_asked_for_and_left_out(directory):
    boss = await directory.user("boss")
    user = await directory.user(
        name={"givenName": "B", "familyName": "J"},
        **{E: {"department": "Platform", "costCenter": "7", "manager": {"value": boss["id"]}}},
    )
    one = f"/Users/{user['id']}"
    many = f'/Users?filter=id eq "{user["id"]}"'
    for asked in (
        "attributes=userName",
        "attributes=name.givenName,meta.version",
        f"attributes={E}:department",
        f"attributes={E}:manager.value",
        f"attributes={E}",
        f"attributes={USER}:userName",
        "attributes=id",
        "excludedAttributes=userName,meta",
        "excludedAttributes=name.givenName",
        f"excludedAttributes={E}:department",
        f"excludedAttributes={E}",
        "excludedAttributes=id",
    ):
        single = await directory.ask("GET", f"{one}?{asked}")
        [listed] = (await directory.ask("GET", f"{many}&{asked}"))["Resources"]
        single.pop("schemas"), listed.pop("schemas")
        assert listed == single, asked
    shown = await directory.ask("GET", f"{one}?attributes=userName")
    assert shown == {"schemas": shown["schemas"], "id": user["id"], "userName": "barbara@example.com"}


async def test_sorting_and_both_kinds_of_paging(directory):
    for name in ("carol", "Alice", "bob", "dave"):
        await directory.user(name, displayName=name, title="scim")
    query = '/Users?filter=title eq "scim"&sortBy=userName'
    whole = await directory.ask("GET", query)
    names = [each["userName"] for each in whole["Resources"]]
    assert names == ["Alice", "bob", "carol", "dave"]
    falling = await directory.ask("GET", query + "&sortOrder=descending&count=2&startIndex=2")
    assert [each["userName"] for each in falling["Resources"]] == ["carol", "bob"]
    assert (falling["totalResults"], falling["itemsPerPage"], falling["startIndex"]) == (4, 2, 2)
    first = await directory.ask("GET", query + "&cursor&count=3")
    second = await directory.ask("GET", f"{query}&count=3&cursor={first['nextCursor']}")
    assert [each["userName"] for each in first["Resources"] + second["Resources"]] == names
    assert "nextCursor" not in second
    back = await directory.ask("GET", f"{query}&count=3&cursor={second['previousCursor']}")
    assert back["Resources"] == first["Resources"]
    forged = await directory.ask("GET", f"{query}&cursor=abc", status=400)
    assert forged["scimType"] == "invalidCursor"


async def test_bulk_with_references_to_what_it_makes(directory):
    body = {
        "schemas": [BULK],
        "Operations": [
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"schemas": [GROUP], "displayName": "Bulk", "members": [{"value": "bulkId:u"}]},
            },
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": {"schemas": [USER], "userName": "u"}},
            {"method": "POST", "path": "/Users", "bulkId": "v", "data": {"schemas": [USER], "userName": "U"}},
            {
                "method": "PATCH",
                "path": "/Users/bulkId:u",
                "data": {"schemas": [PATCH], "Operations": [{"op": "add", "path": "title", "value": "T"}]},
            },
        ],
    }
    answer = await directory.ask("POST", "/Bulk", body)
    assert [each["status"] for each in answer["Operations"]] == ["201", "201", "409", "200"]
    [found] = (await directory.ask("GET", '/Users?filter=userName eq "u"'))["Resources"]
    assert found["title"] == "T"
    assert [each["display"] for each in found["groups"]] == ["Bulk"]
    many = {"schemas": [BULK], "Operations": [{"method": "DELETE", "path": "/Users/x"}] * 1001}
    await directory.ask("POST", "/Bulk", many, status=413)


async def test_bulk_with_references_in_a_circle(directory):
    """RFC 7644, section 3.7.1; and who would manage each other are a ring, whoever comes first."""
    boss = {"schemas": [USER, E], "userName": "a", E: {"manager": {"value": "bulkId:b"}}}
    other = {"schemas": [USER, E], "userName": "b", E: {"manager": {"value": "bulkId:a"}}}
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": boss},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": other},
        ],
    }
    answer = await directory.ask("POST", "/Bulk", body)
    assert {each["status"] for each in answer["Operations"]} <= {"201", "400", "409"}
    found = await directory.ask("GET", '/Users?filter=userName eq "a" or userName eq "b"')
    managers = [each.get(E, {}).get("manager", {}).get("value") for each in found["Resources"]]
    assert None in managers or not managers


async def test_deactivation_ends_sessions_at_once_and_true_revives(directory, ask, world):
    ben = await directory.ask("GET", '/Users?filter=userName eq "ben@example.com"')
    [ben] = ben["Resources"]
    assert ben["active"] is True
    off = await directory.patch(ben, {"op": "replace", "path": "active", "value": False})
    assert off["active"] is False
    assert off["title"] == "Engineer", "what he was stays to be seen"
    assert "groups" not in off
    query = "query($id: ID!) { employee(id: $id) { status title manager { displayName } } }"
    gid = {"id": world.gid("Employee", "Ben")}
    assert (await ask(query, gid))["employee"]["status"] == "TERMINATED"
    on = await directory.patch(ben, {"op": "replace", "path": "active", "value": True})
    assert on["id"] == ben["id"]
    employee = (await ask(query, gid))["employee"]
    assert employee == {"status": "ACTIVE", "title": "Engineer", "manager": {"displayName": "Ada Test"}}


async def test_a_planned_hire_stays_planned(directory):
    found = await directory.ask("GET", '/Users?filter=userName eq "finn@example.com"')
    [finn] = found["Resources"]
    assert finn["active"] is False
    assert (await directory.patch(finn, {"op": "replace", "path": "active", "value": True}))[
        "active"
    ] is False


async def test_deleting_a_user_empties_memberships_and_the_same_external_id_comes_back(directory):
    user = await directory.user(externalId="x-1")
    group = await directory.group("Chess club", user["id"])
    await directory.ask("DELETE", f"/Users/{user['id']}", status=204)
    assert "members" not in await directory.read(group)
    await directory.read(user, status=404)
    await directory.ask("DELETE", f"/Users/{user['id']}", status=404)
    other = await directory.user(externalId="x-2")
    assert other["id"] != user["id"], "another person takes the name"
    back = await directory.user("barbara2@example.com", externalId="x-1")
    assert back["id"] == user["id"], "and the same one comes back"
    assert back["active"] is True


async def test_what_another_feed_keeps_is_not_touched(directory, database):
    async with database.transaction() as tx:
        ada = await tx.get(tables.Employee, id_of("Ada"))
        ada.source, ada.external_id = "payroll", "7"
    user = await directory.ask("GET", f"/Users/{id_of('Ada')}")
    refused = await directory.patch(user, {"op": "replace", "path": "title", "value": "x"}, status=403)
    assert refused["detail"] == "This person is kept by the feed payroll; change it there"
    await directory.ask("DELETE", f"/Users/{user['id']}", status=403)
    assert await directory.read(user) == user
    same = {"op": "replace", "path": "userName", "value": user["userName"]}
    assert await directory.patch(user, same) == user


async def test_the_last_administrator_is_never_deactivated(directory, database):
    moment = datetime.now(UTC)
    async with database.transaction() as tx:
        for n, name in enumerate(("Pat", "Ada")):
            tx.add(
                Session(
                    key=bytes([n]) * 32,
                    employee_id=id_of(name),
                    issuer=SITE,
                    subject=name,
                    roles=["EMPLOYEE", "PEOPLE_ADMIN"],
                    expires_at=moment + timedelta(hours=1),
                )
            )
    off = {"op": "replace", "path": "active", "value": False}
    pat, ada = [await directory.ask("GET", f"/Users/{id_of(name)}") for name in ("Pat", "Ada")]
    assert (await directory.patch(ada, off))["active"] is False
    await directory.patch(pat, off, status=403)
    await directory.ask("DELETE", f"/Users/{pat['id']}", status=403)
    assert (await directory.read(pat))["active"] is True


async def test_rings_of_managers_are_refused(directory):
    one = await directory.user("one")
    two = await directory.user("two", **{E: {"manager": {"value": one["id"]}}})
    ring = {"op": "add", "path": f"{E}:manager", "value": two["id"]}
    assert (await directory.patch(one, ring, status=400))["scimType"] == "invalidValue"
    own = {"op": "add", "path": f"{E}:manager", "value": one["id"]}
    assert (await directory.patch(one, own, status=400))["scimType"] == "invalidValue"
    assert await directory.read(one) == one


@pytest.mark.parametrize(
    ("path", "status", "type_"),
    [
        ("/Users/%00", 404, None),
        ("/Users/%ff", 404, None),
        ("/Users/00000000-0000-0000-0000-000000000000", 404, None),
        ("/Nothing", 404, None),
        ("/Users?filter=userName", 400, "invalidFilter"),
        ('/Users?filter=zork eq "1"', 400, "invalidFilter"),
        ("/Users?filter=" + "(" * 100 + "active eq true" + ")" * 100, None, None),
        ("/Users?filter=" + " or ".join(["active eq true"] * 60), 400, "invalidFilter"),
        ('/Users?filter=userName eq "%00"', 400, "invalidFilter"),
        ("/Users?count=-5", 200, None),
        ("/Users?startIndex=999999999999999999999", 200, None),
        ("/Users?count=x", 400, None),
        ("/Users?sortBy=zork", 400, None),
        ("/Users?attributes=[", 400, None),
        ("/Users?" + "x" * 20_000, 413, None),
    ],
)
async def test_odd_addresses_are_answered(directory, path, status, type_):
    answer = await directory.get("/scim/v2" + path)
    assert answer.status_code < 500
    assert answer.headers["content-type"] == "application/scim+json"
    if status is not None:
        assert answer.status_code == status, answer.text
    if type_ is not None:
        assert answer.json()["scimType"] == type_


async def test_odd_bodies_are_refused(directory):
    for body, media_type, status in (
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"{}", "text/plain", 415),
        (b'{"schemas":["%b"],"userName":"a\\u0000b"}' % USER.encode(), JSON, 400),
        (b'{"schemas":["%b"],"userName":"\\ud800"}' % USER.encode(), JSON, 400),
        (b'{"schemas":["%b"]}' % USER.encode(), JSON, 400),
        (b'{"schemas":["%b"],"userName":""}' % USER.encode(), JSON, 400),
        (b'{"x":' * 500 + b"1" + b"}" * 500, JSON, 400),
        (b'{"schemas":["%b"],"userName":"%b"}' % (USER.encode(), b"x" * 20_000), JSON, 400),
        (b" " * (1024 * 1024 + 1), JSON, 413),
    ):
        answer = await directory.post("/scim/v2/Users", content=body, headers={"content-type": media_type})
        assert answer.status_code == status, (body[:80], answer.text)
        assert answer.headers["content-type"] == "application/scim+json"
    answer = await directory.patch(await directory.user(), {"op": "move", "path": "title"}, status=400)
    assert answer["scimType"] == "invalidValue"
    await directory.ask("DELETE", "/Users", status=405)
