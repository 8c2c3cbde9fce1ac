"""Who somebody is: corrected by hand, and kept here whatever a feed says."""

import pytest

from stored import unchanged

UPDATE = """
mutation ($input: UpdateEmployeeInput!) {
  updateEmployee(input: $input) {
    __typename
    ... on Employee { givenName familyName displayName email phone userName number locale timeZone }
    ... on Refusal { message }
    ... on InvalidInput { problems { path } }
    ... on EmailTaken { employee { displayName } }
  }
}
"""
KEEP = """
mutation ($input: KeepLocallyInput!) {
  keepLocally(input: $input) {
    __typename
    ... on Employee { keptLocally }
    ... on Refusal { message }
  }
}
"""


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


def ben(world, **more):
    return {"employee": world.gid("Employee", "Ben"), **more}


async def test_what_is_given_changes_and_the_rest_stays(ask, world, pat):
    given = {
        "familyName": " Okafor ",
        "phone": "+49 30 1",
        "userName": "Ben.Okafor",
        "timeZone": "Europe/Berlin",
    }
    changed = await ask.do(UPDATE, ben(world, **given), viewer=pat)
    assert changed == {
        "__typename": "Employee",
        "givenName": "Ben",
        "familyName": "Okafor",
        "displayName": "Ben Okafor",
        "email": "ben@example.com",
        "phone": "+49 30 1",
        "userName": "Ben.Okafor",
        "number": "N-BEN",
        "locale": "en",
        "timeZone": "Europe/Berlin",
    }
    cleared = await ask.do(UPDATE, ben(world, phone=None, number=None, displayName="Big Ben"), viewer=pat)
    assert (cleared["phone"], cleared["number"], cleared["displayName"]) == (None, None, "Big Ben")
    kept = await ask.do(UPDATE, ben(world, givenName="Benedict", locale="pt-BR"), viewer=pat)
    assert (kept["displayName"], kept["locale"]) == ("Big Ben", "pt-BR")


async def test_a_change_tells_what_was_before_and_one_of_nothing_tells_nothing(ask, world, database, pat):
    await ask.do(UPDATE, ben(world, phone="1"), viewer=pat)
    query = "{ auditEntries { nodes { verb before after } } }"
    found = await ask(query, viewer=world.viewer("Auda"))
    assert found["auditEntries"]["nodes"] == [
        {"verb": "employee.update", "before": {"phone": None}, "after": {"phone": "1"}}
    ]
    async with unchanged(database):
        await ask.do(UPDATE, ben(world, phone="1"), viewer=pat)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"givenName": " "}, "givenName"),
        ({"displayName": ""}, "displayName"),
        ({"email": "ben"}, "email"),
        ({"number": "N-ADA"}, "number"),
        ({"userName": ""}, "userName"),
        ({"locale": "x_y"}, "locale"),
        ({"timeZone": "Mars"}, "timeZone"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, pat, given, path):
    async with unchanged(database):
        refused = await ask.do(UPDATE, ben(world, **given), viewer=pat)
    assert (refused["__typename"], refused["problems"]) == ("InvalidInput", [{"path": [path]}])


async def test_addresses_and_user_names_belong_to_one_person(ask, world, database, pat):
    await ask.do(UPDATE, {"employee": world.gid("Employee", "Ada"), "userName": "Ada"}, viewer=pat)
    async with unchanged(database):
        address = await ask.do(UPDATE, ben(world, email="ADA@example.com"), viewer=pat)
        name = await ask.do(UPDATE, ben(world, userName="ADA"), viewer=pat)
    assert (address["__typename"], address["employee"]) == ("EmailTaken", {"displayName": "Ada Test"})
    assert name["problems"] == [{"path": ["userName"]}]
    own = await ask.do(UPDATE, ben(world, email="Ben@Example.com", number="N-BEN"), viewer=pat)
    assert own["email"] == "ben@example.com"


async def test_what_is_kept_here_is_a_list_in_order(ask, world, database, pat):
    kept = await ask.do(KEEP, ben(world, fields=["TITLE", "GIVEN_NAME", "TITLE"]), viewer=pat)
    assert kept == {"__typename": "Employee", "keptLocally": ["GIVEN_NAME", "TITLE"]}
    async with unchanged(database):
        assert await ask.do(KEEP, ben(world, fields=["GIVEN_NAME", "TITLE"]), viewer=pat) == kept
    assert (await ask.do(KEEP, ben(world, fields=[]), viewer=pat))["keptLocally"] == []


async def test_nobody_else_changes_who_somebody_is(ask, world, database):
    async with unchanged(database):
        for who in ("Ben", "Ada", "Lena", "Auda"):
            viewer = world.viewer(who)
            changed = await ask.do(UPDATE, ben(world, phone="1"), viewer=viewer)
            kept = await ask.do(KEEP, ben(world, fields=["PHONE"]), viewer=viewer)
            assert (changed["__typename"], kept["__typename"]) == ("NotAllowed", "NotAllowed")
