"""`cairn token`, as a program or an administrator runs it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.settings import settings
from identity.people import terminate


@pytest.fixture
async def cairn(url, tmp_path, monkeypatch):
    """Runs the command on the database of the test: its exit code, and what it prints and says."""
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))

    async def run(*arguments, **more):
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        ran = await asyncio.to_thread(CliRunner().invoke, main, ["token", *arguments])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout, ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def status(house, secret):
    answer = await house.browser().ask(headers={"authorization": f"Bearer {secret}"})
    return answer.status_code


MAKE = ("--service", "payroll feed", "--owner", "Ben@cairn.test", "--permission", "people:read")


async def test_a_programs_token_is_made_listed_used_and_revoked(house, cairn):
    code, out, said = await cairn(*MAKE, "--permission", "WRITE_PEOPLE", "--expires", "30d")
    secret = out.strip()
    assert (code, secret[:6], len(secret)) == (0, "cairn_", 49)
    assert "This is shown once." in said
    assert secret not in said
    assert await status(house, secret) == 200

    await house.door.aclose()  # its use is written down
    code, out, _ = await cairn("--list", "--json")
    [row] = json.loads(out)
    assert row["usedAt"] is not None
    later = datetime.fromisoformat(row["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=29) < later <= timedelta(days=30)
    assert row | {"id": "", "expiresAt": "", "usedAt": ""} == {
        "id": "",
        "name": "payroll feed",
        "ending": secret[-4:],
        "state": "works",
        "permissions": ["READ_PEOPLE", "WRITE_PEOPLE"],
        "owner": "ben@cairn.test",
        "expiresAt": "",
        "usedAt": "",
    }
    assert secret not in out
    code, out, _ = await cairn("--list")
    assert f"payroll feed (…{secret[-4:]}), ben@cairn.test: READ_PEOPLE, WRITE_PEOPLE" in out

    code, out, _ = await cairn("--revoke", row["id"])
    assert (code, out) == (0, "payroll feed is revoked.\n")
    assert await status(house, secret) == 401
    assert json.loads((await cairn("--list", "--json"))[1])[0]["state"] == "revoked"
    verbs = await house.sql(
        "select verb, viewer from audit_entry where verb like 'service_token%' order by id"
    )
    assert [(each["verb"], each["viewer"]) for each in verbs] == [
        ("service_token.create", "system:cli"),
        ("service_token.revoke", "system:cli"),
    ]


async def test_a_token_as_json_is_good_until_its_day(house, people, cairn):
    day = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}"
    code, out, said = await cairn(*MAKE, "--expires", day, "--json")
    made = json.loads(out)
    assert (code, said, made["expiresAt"]) == (0, "", f"{day}T00:00:00+00:00")
    assert await status(house, made["secret"]) == 200
    await terminate(house, people.ben)
    assert await status(house, made["secret"]) == 401
    again = await cairn("--revoke", made["id"], "--json")
    assert json.loads(again[1]) == {"id": made["id"], "name": "payroll feed", "state": "revoked"}


NOWHERE = "ServiceToken:01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), 2, "say one of --as, --service, --list and --revoke"),
        (("--list", "--revoke", NOWHERE), 2, "say one of"),
        (("--service", "x"), 2, "--owner EMAIL"),
        ((*MAKE, "--permission", "fly"), 2, "fly is none of the permissions: access:manage, audit:read"),
        ((*MAKE, "--permission", "access:manage"), 1, "permissions: managing access is for people"),
        ((*MAKE[:4],), 1, "permissions: at least one"),
        ((*MAKE, "--expires", "soon"), 2, "--expires soon: say a day"),
        ((*MAKE, "--expires", "2020-01-01"), 1, "expiresAt: from now on, within a year"),
        ((*MAKE[:3], "nobody@cairn.test", *MAKE[4:]), 1, "Nobody has the address nobody@cairn.test"),
        ((*MAKE[:3], "eve@cairn.test", *MAKE[4:]), 1, "Nobody who works here has that id"),
        (("--revoke", "7"), 2, "7 is no id of a token: cairn token --list shows"),
        (("--revoke", NOWHERE), 1, "There is no such service token."),
        (("--as", "ada@cairn.test"), 1, "no development identity provider answers at http://127.0.0.1:1"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, tuple) else "",
)
async def test_what_makes_no_sense_is_one_sentence_and_makes_nothing(house, cairn, arguments, code, says):
    ended, out, said = await cairn(*arguments, CAIRN_OIDC_ISSUER="http://127.0.0.1:1")
    assert (ended, out) == (code, "")
    assert said.startswith("cairn: ")
    assert says in said
    assert len(said.splitlines()) == 1
    assert await house.sql("select id from service_token") == []


async def test_where_there_is_none_the_list_says_how_to_make_one(cairn, people):  # noqa: ARG001  # they have none
    assert (await cairn("--list"))[1].startswith("No program has a token: cairn token --service NAME")
    assert json.loads((await cairn("--list", "--json"))[1]) == []


async def test_a_database_that_is_away_is_said(cairn):
    code, out, said = await cairn("--list", CAIRN_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (code, out) == (1, "")
    assert said.startswith("cairn: the database does not answer")
