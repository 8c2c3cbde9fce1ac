"""Who asks, who is signed in, which tokens there are and what was done, as the graph tells it."""

import pytest

from cairn.access import audit
from cairn.db.ranges import from_day, now
from cairn.identity.sessions import person
from cairn.people.tables import Department
from identity.conftest import ago
from identity.people import terminate

SESSIONS = """
{
  viewer {
    sessions {
      totalCount
      nodes { id browser isLive isCurrent ending employee { displayName } }
    }
  }
}
"""
END = (
    "mutation($id: ID!) { endSession(input: {session: $id}) { __typename ... on Session { isLive ending } } }"
)
AUDIT = """
query($subject: String) {
  auditEntries(subject: $subject) {
    nodes { verb viewer subject subjectType before after requestId onBehalfOf { displayName } }
  }
}
"""


async def signed_in(house, idp, name="ada", *groups):
    idp.subject, idp.sid = name, f"sid-of-{name}"
    idp.person = {"email": f"{name}@cairn.test", "email_verified": True, "groups": list(groups)}
    found = house.browser()
    await found.sign_in()
    return found


async def data(browser, query, variables=None):
    answer = await browser.ask(query, variables)
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


async def test_the_viewer_is_whoever_asks(house, people, idp):
    browser = await signed_in(house, idp, "ada", "people-admins")
    found = await data(browser, "{ viewer { name employee { displayName } roles permissions expiresAt } }")
    assert found["viewer"].pop("expiresAt") > now().isoformat()
    assert found == {
        "viewer": {
            "name": f"employee:{people.ada}",
            "employee": {"displayName": "Ada Test"},
            "roles": ["EMPLOYEE", "PEOPLE_ADMIN"],
            "permissions": ["MANAGE_ACCESS", "READ_PEOPLE", "WRITE_PEOPLE"],
        }
    }


async def test_somebody_without_permissions_has_an_empty_list(house, idp):
    browser = await signed_in(house, idp)
    assert await data(browser, "{ viewer { permissions } }") == {"viewer": {"permissions": []}}


async def test_one_sees_ones_own_sessions_and_which_is_this_one(house, idp):
    other = await signed_in(house, idp)
    browser = await signed_in(house, idp)
    await signed_in(house, idp, "ben")
    await other.post("/auth/logout")
    found = (await data(browser, SESSIONS))["viewer"]["sessions"]
    for node in found["nodes"]:
        del node["id"]
    ada = {"browser": "Test browser", "employee": {"displayName": "Ada Test"}}
    assert found == {
        "totalCount": 2,
        "nodes": [
            {**ada, "isLive": True, "isCurrent": True, "ending": None},
            {**ada, "isLive": False, "isCurrent": False, "ending": "SIGNED_OUT"},
        ],
    }


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
async def test_a_session_that_idled_away_or_grew_old_is_not_live(house, idp, column):
    await signed_in(house, idp)
    await house.sql(f"update session set {column} = :at", at=ago(days=1))
    browser = await signed_in(house, idp)
    nodes = (await data(browser, SESSIONS))["viewer"]["sessions"]["nodes"]
    assert sorted(node["isLive"] for node in nodes) == [False, True]


async def test_a_program_has_no_sessions(house, idp):
    token = idp.access_token(sub="payroll", client_id="payroll")
    answer = await house.browser().ask(
        "{ viewer { sessions { totalCount } serviceTokens { totalCount } expiresAt } }",
        headers={"authorization": f"Bearer {token}"},
    )
    found = answer.json()["data"]["viewer"]
    assert found.pop("expiresAt") is not None
    assert found == {"sessions": {"totalCount": 0}, "serviceTokens": {"totalCount": 0}}


async def test_others_sessions_are_for_those_who_manage_access(house, people, idp):
    asked = "query($id: ID!) { employee(id: $id) { sessions { totalCount } } }"
    ids = {"id": f"Employee:{people.ben}"}
    await signed_in(house, idp, "ben")
    plain = await signed_in(house, idp, "ada")
    assert await data(plain, asked, ids) == {"employee": {"sessions": {"totalCount": 0}}}
    admin = await signed_in(house, idp, "ada", "people-admins")
    assert await data(admin, asked, ids) == {"employee": {"sessions": {"totalCount": 1}}}


async def test_one_ends_ones_own_sessions_and_only_who_manages_access_ends_others(house, people, idp):
    ben = await signed_in(house, idp, "ben")
    plain = await signed_in(house, idp, "ada")
    rows = await house.sql("select id from session where employee_id = :ben", ben=people.ben)
    asked = {"id": f"Session:{rows[0]['id']}"}
    assert await data(plain, END, asked) == {"endSession": {"__typename": "NotFound"}}
    assert await ben.who() is not None
    admin = await signed_in(house, idp, "ada", "people-admins")
    assert await data(admin, END, asked) == {
        "endSession": {"__typename": "Session", "isLive": False, "ending": "ENDED"}
    }
    assert await ben.who() is None
    again = await signed_in(house, idp, "ben")
    rows = await house.sql(
        "select id from session where employee_id = :ben and ended_at is null", ben=people.ben
    )
    assert (await data(again, END, {"id": f"Session:{rows[0]['id']}"}))["endSession"]["ending"] == "ENDED"


END_ALL = """
mutation($input: EndSessionsInput!) {
  endSessions(input: $input) {
    __typename
    ... on EndedSessions { sessions { isLive ending } }
    ... on Refusal { message }
  }
}
"""


async def end_all(browser, **input_):
    return (await data(browser, END_ALL, {"input": input_}))["endSessions"]


async def current(browser):
    nodes = (await data(browser, SESSIONS))["viewer"]["sessions"]["nodes"]
    return next(node["id"] for node in nodes if node["isCurrent"])


async def test_one_signs_out_everywhere_else(house, idp):
    others = [await signed_in(house, idp), await signed_in(house, idp)]
    browser = await signed_in(house, idp)
    ben = await signed_in(house, idp, "ben")
    found = await end_all(browser, keep=await current(browser))
    assert found["sessions"] == [{"isLive": False, "ending": "ENDED"}] * 2
    assert [await each.who() for each in others] == [None, None]
    assert await browser.who() is not None
    assert (await end_all(browser, keep=await current(ben)))["__typename"] == "NotFound"
    assert await browser.who() is not None
    assert len((await end_all(browser))["sessions"]) == 1
    assert await browser.who() is None
    assert await ben.who() is not None


async def test_who_manages_access_signs_somebody_out_everywhere_and_nobody_else_does(house, people, idp):
    bens = [await signed_in(house, idp, "ben"), await signed_in(house, idp, "ben")]
    asked = {"employee": f"Employee:{people.ben}"}
    plain = await signed_in(house, idp, "ada")
    assert (await end_all(plain, **asked))["__typename"] == "NotAllowed"
    assert await bens[0].who() is not None
    admin = await signed_in(house, idp, "ada", "people-admins")
    nobody = f"Employee:{await current(admin)}".replace("Session:", "")
    assert (await end_all(admin, employee=nobody))["__typename"] == "NotFound"
    assert len((await end_all(admin, **asked))["sessions"]) == 2
    assert [await each.who() for each in bens] == [None, None]
    assert await admin.who() is not None


async def test_a_program_that_has_no_sessions_names_whose(house, idp):
    headers = {"authorization": f"Bearer {idp.access_token(sub='payroll', client_id='payroll')}"}
    answer = await house.browser().ask(END_ALL, {"input": {}}, headers=headers)
    assert answer.json()["data"]["endSessions"]["__typename"] == "InvalidInput"


async def test_a_dry_run_ends_nothing(house, idp):
    browser = await signed_in(house, idp)
    rows = await house.sql("select id from session")
    asked = "mutation($id: ID!) { endSession(input: {session: $id, dryRun: true}) { __typename } }"
    await data(browser, asked, {"id": f"Session:{rows[0]['id']}"})
    assert await browser.who() is not None


async def test_the_audit_is_for_auditors(house, idp):
    browser = await signed_in(house, idp, "ada", "people-admins", "learning-admins")
    assert await data(browser, AUDIT) == {"auditEntries": {"nodes": []}}


async def test_the_audit_tells_who_did_what_the_latest_first(house, people, idp):
    admin = await signed_in(house, idp, "ben", "people-admins")
    browser = await signed_in(house, idp, "ada", "auditors")
    rows = await house.sql("select id from session where employee_id = :ben", ben=people.ben)
    id_ = f"Session:{rows[0]['id']}"
    answer = await admin.ask(END, {"id": id_})
    nodes = (await data(browser, AUDIT))["auditEntries"]["nodes"]
    assert [node["verb"] for node in nodes] == [
        "session.end",
        "session.begin",
        "identity.link",
        "session.begin",
        "identity.link",
    ]
    assert nodes[0] == {
        "verb": "session.end",
        "viewer": f"employee:{people.ben}",
        "subject": id_,
        "subjectType": "Session",
        "before": None,
        "after": {"ending": "ENDED"},
        "requestId": answer.headers["x-request-id"],
        "onBehalfOf": {"displayName": "Ben Test"},
    }
    of_it = (await data(browser, AUDIT, {"subject": id_}))["auditEntries"]["nodes"]
    assert [node["verb"] for node in of_it] == ["session.end", "session.begin"]
    assert await data(browser, AUDIT, {"subject": "nothing"}) == {"auditEntries": {"nodes": []}}


async def test_an_entry_keeps_a_row_as_json_and_no_secrets(house, people):
    department = Department(name="Care")
    async with house.database.transaction() as tx:
        await audit.record(
            tx,
            person(people.ada),
            "department.create",
            department,
            before={"days": from_day(now().date()), "key": b"secret", "nested": [{"at": now()}]},
            after=department,
        )
    rows = await house.sql("select * from audit_entry")
    assert rows[0]["after"]["name"] == "Care"
    assert rows[0]["after"]["id"] == str(department.id) == str(rows[0]["subject_id"])
    assert rows[0]["before"]["days"] == {"from": now().date().isoformat(), "until": None}
    assert "key" not in rows[0]["before"]


async def test_an_entry_goes_with_its_transaction(house, people):
    async def write_and_fail():
        async with house.database.transaction() as tx:
            await audit.record(tx, person(people.ada), "x", ("Thing", people.ada))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()
    assert await house.sql("select * from audit_entry") == []


async def test_02_what_a_leaver_did_stays_in_the_audit(house, people, idp):
    await signed_in(house, idp, "ben")
    await terminate(house, people.ben)
    browser = await signed_in(house, idp, "ada", "auditors")
    viewers = [node["viewer"] for node in (await data(browser, AUDIT))["auditEntries"]["nodes"]]
    assert f"employee:{people.ben}" in viewers
