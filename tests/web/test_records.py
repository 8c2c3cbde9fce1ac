"""Learner records: as a page, a document or a JWT, for whom they are of and whoever has a link to them."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from browser import chromium, keeps_nobody_out, tab
from cairn.credentials import career
from credentials.earning import REVOKE, assess, award_of, define
from portfolios.making import SHARE
from web.apps import awarded
from web.test_outside import RECORD

BROWSER = "text/html,application/xhtml+xml"


async def signed(house, ask, world):
    """Cleo's record of two badges: the id of each, and the record."""
    ids = [await awarded(house, ask, world, code) for code in ("one", "two")]
    record = await ask.do(RECORD, {}, viewer=world.viewer("Cleo"))
    return ids, record


async def shared(house, ask, world, award):
    given = {"title": "Hello", "awards": [f"Award:{award}"], "fields": ["PASSPORT"]}
    given["expiresAt"] = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    made = await ask.do(SHARE, given, viewer=world.viewer("Cleo"))
    return made["url"].removeprefix(house.address) + "/passport"


async def test_a_record_comes_as_what_is_asked_for(house, ask, world):
    [_, second], record = await signed(house, ask, world)
    own, anybody = await house.browser("Cleo"), house.client()
    link = await shared(house, ask, world, second)
    for who, path in ((own, f"/records/{record['id'].removeprefix('LearnerRecord:')}"), (anybody, link)):
        assert (await who.get(path)).json() == record["document"]
        assert (await who.get(f"{path}.json", headers={"accept": BROWSER})).json() == record["document"]
        found = await who.get(path, headers={"accept": "application/vc+jwt"})
        assert (found.text, found.headers["content-type"]) == (record["jwt"], "application/vc+jwt")
        assert (await who.get(f"{path}.jwt")).text == record["jwt"]
        found = await who.get(path, headers={"accept": BROWSER})
        assert found.headers["content-type"].startswith("text/html")
        assert "<strong>Cleo Test</strong>" in found.text
        assert "<strong>Verified</strong> Nothing was changed since" in found.text
        assert f'<a href="{house.address}/credentials/{second}">Two</a>' in found.text
        assert found.text.count("every check passed") == 2
        for header, value in (("cache-control", "no-store"), ("x-frame-options", "DENY")):
            assert found.headers[header] == value
        for ending in ("json", "jwt"):
            assert f'href="{path}.{ending}"' in found.text
    given = {"award": f"Award:{second}", "reason": "Copied"}
    await ask.do(REVOKE, given, viewer=world.viewer("Lena"))
    page = await own.get(
        f"/records/{record['id'].removeprefix('LearnerRecord:')}", headers={"accept": BROWSER}
    )
    assert "<strong>Not verified</strong> Something in it does not hold today" in page.text
    assert "Two: status: Its issuer has revoked it." in page.text


async def test_a_record_that_has_not_all_says_so(house, ask, world, monkeypatch):
    """The latest of them; of a stack, those that it is stacked from, however long ago they were earned."""
    monkeypatch.setattr(career, "MOST", 1)
    _, record = await signed(house, ask, world)
    document = record["document"]
    assert (record["members"], document["partial"]) == (1, True)
    assert document["name"] == "The latest 1 credentials: Cleo Test"
    [member] = document["credentialSubject"]["verifiableCredential"]
    assert member["name"] == "Two"
    page = await (await house.browser("Cleo")).get(
        f"/records/{record['id'].removeprefix('LearnerRecord:')}", headers={"accept": BROWSER}
    )
    assert "What was earned" in page.text
    monkeypatch.undo()
    whole = (await ask.do(RECORD, {}, viewer=world.viewer("Cleo")))["document"]
    assert ("partial" in whole, whole["name"]) == (False, "All credentials: Cleo Test")


async def test_a_stacks_record_has_what_was_earned_long_ago(house, ask, world, monkeypatch):
    sql, cleo = world.gid("Skill", "SQL"), world.gid("Employee", "Cleo")
    old = await define(ask, "old", {"skill": {"id": sql, "level": 5}})
    await define(ask, "stack", {"credential": old})
    await assess(ask, cleo, sql, 5)
    await house.done()
    award = (await award_of(ask, cleo, "stack"))["id"]
    for code in ("newer", "newest"):
        await awarded(house, ask, world, code)
    monkeypatch.setattr(career, "MOST", 2)
    record = await ask.do(RECORD, {"award": award}, viewer=world.viewer("Cleo"))
    names = [each["name"] for each in record["document"]["credentialSubject"]["verifiableCredential"]]
    assert (names, record["award"]) == (["Old", "Stack"], {"id": award})


async def test_a_record_is_for_whom_it_is_of(house, ask, world):
    _, record = await signed(house, ask, world)
    path = f"/records/{record['id'].removeprefix('LearnerRecord:')}"
    for name, status in (("Cleo", 200), ("Pat", 200), ("Ben", 404), ("Lena", 404)):
        assert (await (await house.browser(name)).get(path)).status_code == status, name
    assert (await house.client().get(path)).status_code == 401
    asked = await house.client().get(path, headers={"accept": BROWSER})
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        f"/auth/login?next={path.replace('/', '%2F')}",
    )
    for wrong in ("/records/x", "/records/0190a000-0000-7000-8000-000000000001", "/share/nothing/passport"):
        assert (await (await house.browser("Cleo")).get(wrong)).status_code == 404


async def test_the_page_to_verify_takes_a_record_and_says_what_is_in_it(house, ask, world):
    _, record = await signed(house, ask, world)
    whole, changed = record["document"], json.loads(json.dumps(record["document"]))
    changed["credentialSubject"]["verifiableCredential"][0]["name"] = "Doctorate"
    for given, verified in ((json.dumps(whole), True), (record["jwt"], True), (json.dumps(changed), False)):
        page = (await house.client().post("/verify", files={"file": ("record", given)})).text
        assert f"<h1>{'Verified' if verified else 'Not verified'}</h1>" in page
        assert "Comprehensive Learner Record 2.0" in page
        assert page.count('<span class="soft">by 127.0.0.1</span>') == 2
        assert page.count("every check passed") == (2 if verified else 1)
    assert "Doctorate: signature: Something was changed" in page


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_the_page_keeps_nobody_out(house, ask, world, node, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    axe = (node / "node_modules" / "axe-core" / "axe.min.js").read_text()
    [_, second], _ = await signed(house, ask, world)
    link = await shared(house, ask, world, second)
    async with tab() as opened:
        await keeps_nobody_out(opened, axe, pictures / "record", f"{house.address}{link}")
        assert opened.said == []
