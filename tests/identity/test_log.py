"""What is logged: reasons and ids, and nothing that would let anybody in."""

import logging

import pytest

from identity.hostile import GONE, says, signed


@pytest.mark.parametrize("trouble", ["none", "token", "id_token", "database"])
async def test_27_no_token_code_or_verifier_is_in_a_log(house, idp, caplog, trouble):
    caplog.set_level(logging.DEBUG)
    if trouble == "token":
        idp.instead["/token"] = says(400, b'{"error": "invalid_grant", "error_description": "code-0"}')
    if trouble == "id_token":
        idp.id_token = {"nonce": GONE}
    browser = house.browser()
    callback = await browser.start()
    if trouble == "database":
        await house.sql("alter table session rename to session_gone")
    try:
        await browser.get(callback)
    finally:
        if trouble == "database":
            await house.sql("alter table session_gone rename to session")
    rows = await house.sql("select verifier, nonce from sign_in")
    secrets = {*idp.seen, *(value for row in rows for value in row.values()), *browser.cookies.values()}
    access_token = idp.access_token()
    for token in (access_token, signed(idp.access_claims(exp=0), typ="at+jwt"), "cairn_" + "x" * 43):
        await browser.ask(headers={"authorization": f"Bearer {token}"})
        secrets.add(token)
    await browser.post("/auth/backchannel-logout", data={"logout_token": access_token})
    await browser.post("/auth/logout")
    assert len(secrets) >= 6
    logged = "\n".join(
        f"{record.getMessage()} {record.exc_text or ''} {record.__dict__}"
        for record in caplog.records
        if not record.name.startswith("httpx2") or "cairn.test" not in record.getMessage()
    )
    assert [secret for secret in secrets if secret in logged] == []


async def test_a_refusal_is_logged_with_the_id_on_the_page_and_a_reason(house, idp, caplog):
    idp.id_token = {"nonce": GONE}
    answer = await house.browser().sign_in()
    id_ = answer.text.partition("<code>")[2].partition("</code>")[0]
    assert f"sign-in {id_} came to nothing: the ID token belongs to another sign-in" in caplog.text
