"""What was refused is in the audit: mutations, tokens, sign-ins; never a secret, and never too many."""

import pytest

from cairn.access.refused import MOST
from cairn.identity.sessions import digest
from cairn.identity.tables import ServiceToken
from cairn.identity.tokens import PREFIX
from identity.conftest import ago

ENTRIES = (
    "select viewer, verb, subject_type, subject_id, after, request_id from audit_entry"
    " where verb like '%.refuse' order by id"
)


async def refused(house):
    return await house.sql(ENTRIES)


async def signed_in(house, idp, name="ada"):
    idp.subject, idp.sid = name, f"sid-of-{name}"
    idp.person = {"email": f"{name}@cairn.test", "email_verified": True}
    found = house.browser()
    await found.sign_in()
    return found


async def test_a_mutation_that_is_not_allowed(house, people, idp):
    ada = await signed_in(house, idp)
    erase = f'mutation {{ eraseEmployee(input: {{employee: "Employee:{people.ben}"}}) {{ __typename }} }}'
    answer = await ada.ask(erase)
    assert answer.json()["data"]["eraseEmployee"]["__typename"] == "NotAllowed"
    [entry] = await refused(house)
    assert entry == {
        "viewer": f"employee:{people.ada}",
        "verb": "mutation.refuse",
        "subject_type": "Employee",
        "subject_id": people.ben,
        "after": {"mutation": "eraseEmployee", "refusal": "NotAllowed"},
        "request_id": answer.headers["x-request-id"],
    }
    await ada.ask(erase.replace(str(people.ben), str(people.ada)))
    assert (await house.sql("select count(*) from audit_entry where verb = 'employee.erase'"))[0][
        "count"
    ] >= 1


async def test_what_is_there_and_hidden_is_noticed_and_what_is_not_there_is_not(house, people, idp):
    ben = await signed_in(house, idp, "ben")
    found = await ben.ask("{ viewer { sessions { nodes { id } } } }")
    [session] = [each["id"] for each in found.json()["data"]["viewer"]["sessions"]["nodes"]]
    ada = await signed_in(house, idp)
    end = "mutation($id: ID!) { endSession(input: {session: $id}) { __typename } }"
    for id_ in (session, f"Session:{people.ben}"):
        answer = await ada.ask(end, {"id": id_})
        assert answer.json()["data"] == {"endSession": {"__typename": "NotFound"}}
    [entry] = await refused(house)
    assert (entry["subject_type"], f"Session:{entry['subject_id']}") == ("Session", session)
    assert entry["after"] == {"mutation": "endSession", "refusal": "NotFound"}


async def test_a_token_by_its_kind_and_never_itself(house, people):
    revoked, unknown = PREFIX + "revoked-abcd", PREFIX + "unknown-efgh"
    async with house.database.transaction() as tx:
        tx.add(
            ServiceToken(
                key=digest(revoked),
                name="old",
                ending="abcd",
                permissions=["READ_PEOPLE"],
                owner_id=people.ada,
                created_at=ago(days=3),
                expires_at=ago(days=1),
            )
        )
    browser = house.browser()
    for token in (revoked, unknown, "ey.not.a.token"):
        headers = {"authorization": f"Bearer {token}"}
        assert (await browser.ask("{ viewer { name } }", headers=headers)).status_code == 401
    entries = await refused(house)
    why = "the service token is unknown, expired or revoked, or its owner has left"
    assert [each["after"] for each in entries[:2]] == [
        {"kind": "service token", "ending": ending, "why": why} for ending in ("abcd", "efgh")
    ]
    assert entries[2]["after"]["kind"] == "access token"
    assert {(each["verb"], each["viewer"]) for each in entries} == {("token.refuse", "anonymous")}
    for secret in ("revoked-", "unknown-", "ey.not"):
        assert secret not in str(entries)


async def test_a_sign_in_of_somebody_who_is_nobody_here(house, idp):
    idp.subject, idp.person = "mallory", {"email": "mallory@cairn.test", "email_verified": True}
    browser = house.browser()
    assert (await browser.get(await browser.start())).status_code == 403
    [entry] = await refused(house)
    assert (entry["verb"], entry["after"]) == (
        "sign_in.refuse",
        {"reason": "no employee has that number or verified address", "status": 403},
    )


async def test_who_signed_in_with_which_provider(house, people, idp):
    await signed_in(house, idp)
    assert await refused(house) == []
    [entry] = await house.sql("select viewer, after from audit_entry where verb = 'session.begin'")
    assert entry["viewer"] == f"employee:{people.ada}"
    assert entry["after"]["issuer"] == house.issuer.provider.issuer


async def test_nobody_floods_the_audit(house, people, idp):
    ada = await signed_in(house, idp)
    erase = f'mutation {{ eraseEmployee(input: {{employee: "Employee:{people.ben}"}}) {{ __typename }} }}'
    for _ in range(MOST + 3):
        await ada.ask(erase)
    entries = await refused(house)
    if len(entries) == MOST:  # else the minute turned meanwhile
        assert [each["after"].get("rest") for each in entries[-2:]] == [
            None,
            "More of this minute is not written.",
        ]
    assert len(entries) <= MOST + 3
    ben = await signed_in(house, idp, "ben")
    before = len(entries)
    await ben.ask(erase.replace(str(people.ben), str(people.ada)))
    assert len(await refused(house)) == before + 1, "of somebody else they are still written"


async def test_a_refusal_is_told_also_where_it_cannot_be_written(house, people, idp, monkeypatch):
    ada = await signed_in(house, idp)

    async def fails(*_args, **_named):
        raise OSError

    monkeypatch.setattr("cairn.access.refused.audit.record", fails)
    erase = f'mutation {{ eraseEmployee(input: {{employee: "Employee:{people.ben}"}}) {{ __typename }} }}'
    answer = await ada.ask(erase)
    assert answer.json()["data"]["eraseEmployee"]["__typename"] == "NotAllowed"


@pytest.mark.parametrize("path", ["/graphql"])
async def test_the_log_knows_who_asked(house, people, idp, path):
    ada = await signed_in(house, idp)
    seen = {}

    async def app(scope, receive, send):
        await house.app(scope, receive, send)
        seen[scope["path"]] = scope.get("cairn.viewer")

    ada.client._transport.app = type(ada.client._transport.app)(app)
    await ada.ask("{ viewer { name } }")
    assert seen[path] == f"employee:{people.ada}"
