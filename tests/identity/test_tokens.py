"""Service tokens: shown once, scoped, expiring, somebody's."""

from datetime import UTC, datetime, timedelta

import pytest

from cairn.access.permissions import Permission, Role
from cairn.access.refusal import InvalidInput, NotAllowed, NotFound
from cairn.access.viewer import Viewer, system
from cairn.identity import tokens
from cairn.identity.sessions import digest, person
from identity.people import terminate

CREATE = """
mutation($input: CreateServiceTokenInput!) {
  createServiceToken(input: $input) {
    __typename
    ... on CreatedServiceToken {
      secret
      serviceToken { id name ending permissions owner { displayName } usedAt }
    }
    ... on Refusal { message }
  }
}
"""
WHO = "{ viewer { name roles permissions employee { id } expiresAt } }"

HIRE = """
mutation {
  hire(input: {givenName: "X", familyName: "Y", startsOn: "2026-01-01", position: {}}) { __typename }
}
"""


def later(**given):
    return datetime.now(UTC) + timedelta(**given)


def wanted(**changes):
    return {
        "name": "payroll feed",
        "permissions": ["READ_PEOPLE", "WRITE_PEOPLE"],
        "expiresAt": later(days=90).isoformat(),
        **changes,
    }


@pytest.fixture
async def admin(house, idp):
    idp.person["groups"] = ["people-admins"]
    found = house.browser()
    await found.sign_in()
    return found


@pytest.fixture
async def secret(admin):
    answer = await admin.ask(CREATE, {"input": wanted()})
    return answer.json()["data"]["createServiceToken"]["secret"]


async def ask(house, secret, query=WHO):
    return await house.browser().ask(query, headers={"authorization": f"Bearer {secret}"})


async def test_a_token_is_shown_once_and_kept_as_a_hash(house, admin):
    answer = await admin.ask(CREATE, {"input": wanted()})
    created = answer.json()["data"]["createServiceToken"]
    secret = created["secret"]
    assert secret.startswith("cairn_")
    assert len(secret) == 49
    assert created["serviceToken"] | {"id": None} == {
        "id": None,
        "name": "payroll feed",
        "ending": secret[-4:],
        "permissions": ["READ_PEOPLE", "WRITE_PEOPLE"],
        "owner": {"displayName": "Ada Test"},
        "usedAt": None,
    }
    rows = await house.sql("select * from service_token")
    assert rows[0]["key"] == digest(secret)
    audited = await house.sql(
        "select after::text as after from audit_entry where verb = 'service_token.create'"
    )
    assert secret not in audited[0]["after"]
    assert "key" not in audited[0]["after"]


async def test_a_secret_is_not_kept_for_the_sake_of_an_idempotency_key(house, admin):
    asked = {"input": wanted(idempotencyKey="once")}
    first = (await admin.ask(CREATE, asked)).json()["data"]["createServiceToken"]
    again = (await admin.ask(CREATE, asked)).json()["data"]["createServiceToken"]
    assert again == first | {"secret": None}
    kept = await house.sql("select result::text as result from outcome")
    assert first["secret"] not in kept[0]["result"]


async def test_a_program_with_a_token_is_who_it_says_and_may_do_no_more(house, secret):
    answer = await ask(house, secret)
    viewer = answer.json()["data"]["viewer"]
    assert viewer.pop("expiresAt") is not None
    assert viewer == {
        "name": f"service:payroll feed#{secret[-4:]}",
        "roles": ["AUDITOR", "HRIS", "PEOPLE_ADMIN"],
        "permissions": ["READ_PEOPLE", "WRITE_PEOPLE"],
        "employee": None,
    }


async def test_a_token_can_be_made_from_the_command_line_for_somebody(house, people):
    async with house.database.transaction() as tx:
        created = await tokens.create_service_token(
            tx,
            system("cli"),
            name="feed",
            permissions=[Permission.READ_LEARNING],
            expires_at=later(days=1),
            owner=people.ben,
        )
    answer = await ask(house, created.secret)
    assert answer.json()["data"]["viewer"]["permissions"] == ["READ_LEARNING"]


@pytest.mark.parametrize(
    "change", ["revoked_at = now()", "expires_at = now(), created_at = now() - interval '1 day'"]
)
async def test_a_token_that_was_revoked_or_expired_is_401_also_where_it_is_known(house, secret, change):
    assert (await ask(house, secret)).status_code == 200
    await house.sql(f"update service_token set {change}")
    answer = await ask(house, secret)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_02_the_tokens_of_who_has_left_die_too(house, people, secret):
    assert (await ask(house, secret)).status_code == 200
    await terminate(house, people.ada)
    assert (await ask(house, secret)).status_code == 401


async def test_a_mutation_with_a_dead_token_changes_nothing(house, secret):
    assert (await ask(house, secret)).status_code == 200
    await house.sql("update service_token set revoked_at = now()")
    answer = await ask(house, secret, HIRE)
    assert answer.status_code == 401
    assert len(await house.sql("select id from employee")) == 3


async def test_use_is_noted(house, secret):
    await ask(house, secret)
    await house.door.aclose()
    rows = await house.sql("select used_at from service_token")
    assert rows[0]["used_at"] is not None


async def test_who_owns_a_token_can_revoke_it_and_a_stranger_cannot_see_it(house, people, admin, idp):
    answer = await admin.ask(CREATE, {"input": wanted(owner=f"Employee:{people.ben}")})
    created = answer.json()["data"]["createServiceToken"]
    revoke = "mutation($id: ID!) { revokeServiceToken(input: {serviceToken: $id}) { __typename } }"
    asked = {"id": created["serviceToken"]["id"]}
    outcomes = {}
    for name in ("eve", "ben"):
        if name == "eve":
            await house.sql(
                "update employment set valid = daterange(lower(valid), null) where employee_id = :eve",
                eve=people.eve,
            )
        idp.subject, idp.person = name, {"email": f"{name}@cairn.test", "email_verified": True, "groups": []}
        browser = house.browser()
        await browser.sign_in()
        outcomes[name] = (await browser.ask(revoke, asked)).json()["data"]["revokeServiceToken"]["__typename"]
        assert (await ask(house, created["secret"])).status_code == (200 if name == "eve" else 401)
    assert outcomes == {"eve": "NotFound", "ben": "ServiceToken"}


async def create(house, viewer, *, days=1, **changes):
    given = {"name": "x", "permissions": [Permission.READ_PEOPLE], "expires_at": later(days=days), **changes}
    async with house.database.transaction() as tx:
        return await tokens.create_service_token(tx, viewer, **given)


async def test_nobody_gives_a_program_more_than_they_have(house, people):
    admin = person(people.ada, frozenset({Role.PEOPLE_ADMIN}))
    await create(house, admin)
    with pytest.raises(NotAllowed):
        await create(house, admin, permissions=[Permission.READ_AUDIT])
    with pytest.raises(NotAllowed):
        await create(house, person(people.ben))
    with pytest.raises(NotAllowed):
        await create(house, tokens.service("x", ["WRITE_PEOPLE"]), owner=people.ada)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": [Permission.MANAGE_ACCESS]}, "permissions"),
        ({"days": -1}, "expiresAt"),
        ({"days": 400}, "expiresAt"),
    ],
    ids=str,
)
async def test_a_token_that_makes_no_sense_is_refused_by_field(house, people, changes, path):
    with pytest.raises(InvalidInput) as caught:
        await create(house, person(people.ada, frozenset({Role.PEOPLE_ADMIN})), **changes)
    assert [problem.path for problem in caught.value.problems] == [[path]]


async def test_a_token_needs_an_owner_who_works_here(house, people):
    with pytest.raises(InvalidInput):
        await create(house, system("cli"))
    with pytest.raises(NotFound):
        await create(house, system("cli"), owner=people.eve)


def test_a_permission_that_is_none_any_more_is_not_given():
    assert tokens.service("x", ["READ_PEOPLE", "FLY"]).permissions == {Permission.READ_PEOPLE}
    assert tokens.service("x", ["FLY"]) == Viewer(None, frozenset(), "service:x", frozenset())
