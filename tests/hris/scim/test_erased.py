"""Who was erased is gone for a directory too; what it sends again is somebody new."""

from hris.scim.conftest import E
from world import EVERYTHING

ERASE = "mutation ($input: EraseEmployeeInput!) { eraseEmployee(input: $input) { __typename } }"
GROUPS = '/Groups?filter=displayName eq "Engineers"'


async def test_a_directory_finds_nobody_who_was_erased(directory, ask):
    made = await directory.user("barbara@example.com", externalId="b-1", displayName="Barbara")
    report = await directory.user("carl@example.com", **{E: {"manager": {"value": "b-1"}}})
    group = await directory.group("Engineers", made["id"])
    await ask.do(ERASE, {"employee": f"Employee:{made['id']}"}, viewer=EVERYTHING)
    await directory.read(made, status=404)
    for attribute, value in (
        ("userName", "barbara@example.com"),
        ("externalId", "b-1"),
        ("displayName", "Barbara"),
    ):
        found = await directory.ask("GET", f'/Users?filter={attribute} eq "{value}"')
        assert found["totalResults"] == 0, attribute
    after = await directory.read(group)
    assert after.get("members", []) == []
    assert after["meta"]["version"] != group["meta"]["version"]
    assert "barbara" not in str(await directory.read(report)).lower()
    await directory.patch(made, {"op": "replace", "path": "active", "value": True}, status=404)
    await directory.ask("DELETE", f"/Users/{made['id']}", status=404)


async def test_what_a_directory_sends_again_is_somebody_new(directory, ask):
    made = await directory.user("barbara@example.com", externalId="b-1")
    await ask.do(ERASE, {"employee": f"Employee:{made['id']}"}, viewer=EVERYTHING)
    again = await directory.user("barbara@example.com", externalId="b-1")
    assert again["id"] != made["id"]
    await directory.read(made, status=404)
