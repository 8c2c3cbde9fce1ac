"""Pages for people, in each state there is: what they say, and that everybody can read them.

axe-core looks at each of them in a browser, light on a wide screen and dark on a narrow one.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from browser import chromium, keeps_nobody_out, tab
from portfolios.making import ADD, SHARE

BROWSER = "text/html"
LOOKS = [("light", 1200, 900), ("dark", 390, 844)]
CHANGES = {
    "valid": "select 1",
    "suspended": "update award set suspended_at = now(), suspended_reason = 'An inquiry', held = '{}'",
    "expired": "update award set held = '{[2024-01-01, 2024-02-01)}', awarded_at = '2024-01-01'",
    "pending": "update award set held = '{[2091-01-01,)}', awarded_at = '2091-01-01'",
    "revoked": "update award set held = '{}', revoked_at = now(), revoked_reason = 'Copied answers'",
    "hidden": "update award set is_hidden = true",
    "unsigned": "delete from signed_document",
    "erased": "delete from award",
}
"""What makes a credential that of each state."""
SAYS = {
    "valid": "<strong>Valid</strong> It holds today, and without an end.",
    "suspended": "<strong>Suspended</strong> It does not hold at the moment. It may be restored.",
    "expired": "<strong>Expired</strong> It held until 1 February 2024.",
    "pending": "<strong>Not valid yet</strong> It holds from",
    "revoked": "<strong>Revoked</strong> Its issuer took it back on",
}


async def _changed(database, state):
    async with database.transaction() as tx:
        await tx.execute(text("update credential_version set validity = 'P31D', on_lapse = 'KEEP'"))
        await tx.execute(text(CHANGES[state]))


@pytest.mark.parametrize("state", SAYS)
async def test_each_state_is_said_and_no_other(site, award, database, state):
    await _changed(database, state)
    found = (await site.get(award, BROWSER)).text
    assert SAYS[state] in found
    assert [other for other in SAYS if SAYS[other].split(">")[1] in found] == [state]
    assert "An inquiry" not in found
    for name in ("title", "description", "image", "url", "type"):
        assert f'<meta property="og:{name}" content="' in found


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_no_page_keeps_anybody_out(site, award, database, ask, world, node, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    axe = (node / "node_modules" / "axe-core" / "axe.min.js").read_text()
    cleo = world.viewer("Cleo")
    item = (await ask.do(ADD, {"title": "A parser", "reflection": "It parses"}, viewer=cleo))["id"]
    given = {"title": "What I did", "items": [item], "awards": [award.replace("/credentials/", "Award:")]}
    given["expiresAt"] = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    shared = await ask.do(SHARE, given, viewer=cleo)
    link = shared["url"].removeprefix(site.address)
    about = (await site.get(award)).json()["credentialSubject"]["achievement"]["id"]
    async with tab() as opened:

        async def looked_at(name, path=None):
            url = "" if path is None else f"{site.address}{path}"
            await keeps_nobody_out(opened, axe, pictures / name, url, LOOKS)

        await looked_at("share", link)
        await looked_at("achievement", about.removeprefix(site.address))
        await looked_at("issuer", "/issuer")
        for state in CHANGES:
            await _changed(database, state)
            await looked_at(state, award)
            if state == "valid":
                await opened.call("Emulation.setEmulatedMedia", media="print")
                await opened.picture(pictures / "printed.png")
                await opened.call("Emulation.setEmulatedMedia", media="")
            if state == "revoked":  # what follows is of an award that stands
                async with database.transaction() as tx:
                    await tx.execute(text("update award set revoked_at = null, revoked_reason = null"))


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_who_checks_credentials_is_kept_out_by_no_page(site, award, database, node, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    axe = (node / "node_modules" / "axe-core" / "axe.min.js").read_text()
    address = f"{site.address}{award}"
    async with tab() as opened:

        async def sent(field, value, button, until):
            await opened.open(f"{site.address}/verify")
            await opened.until("location.pathname === '/verify' && document.readyState === 'complete'")
            await opened.evaluate(f"document.getElementById('{field}').value = '{value}'")
            await opened.press(button)
            await opened.until(
                f"document.readyState === 'complete' && document.body.innerText.includes('{until}')"
            )

        await keeps_nobody_out(opened, axe, pictures / "verify", f"{site.address}/verify", LOOKS)
        await sent("url", address, "Check", "nothing was changed since, and it holds now")
        await keeps_nobody_out(opened, axe, pictures / "verified", looks=LOOKS)
        await sent("url", "https://127.0.0.1/", "Check", "leads into a private network")
        await keeps_nobody_out(opened, axe, pictures / "verify-problem", looks=LOOKS)
        await sent("urls", f"{address}\\nhttps://127.0.0.1/{'x' * 90}", "Check all", "1 of 2 verified, 1 not")
        await keeps_nobody_out(opened, axe, pictures / "verified-many", looks=LOOKS)
        await sent("urls", "nowhere", "Check all", "nowhere is no address")
        await keeps_nobody_out(opened, axe, pictures / "verify-many-problem", looks=LOOKS)
        async with database.transaction() as tx:
            await tx.execute(text("update status_entry set revoked_at = now()"))
        await sent("url", address, "Check", "Its issuer has revoked it.")
        await keeps_nobody_out(opened, axe, pictures / "not-verified", looks=LOOKS)
