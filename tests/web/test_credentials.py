"""What somebody outside sees of a credential, asked as a browser, a verifier and a wallet ask."""

import json

import pytest
from sqlalchemy import text

from browser import chromium, tab
from cairn.credentials import verify
from cairn.credentials.picture import PNG
from credentials.earning import REVOKE
from stored import unchanged

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/vc+ld+json"),
        ("", "application/vc+ld+json"),
        ("application/json", "application/vc+ld+json"),
        ("application/vc", "application/vc+ld+json"),
        ("application/vc+ld+json, application/vc+jwt;q=0.5", "application/vc+ld+json"),
        ("application/vc+jwt", "application/vc+jwt"),
        (BROWSER, "text/html; charset=utf-8"),
        ("image/avif,image/webp,image/svg+xml,image/*;q=0.8,*/*;q=0.5", "image/svg+xml"),
        ("image/png", "image/png"),
        ("application/pdf", "application/pdf"),
        ("text/plain;q=zero, ;;;", "application/vc+ld+json"),
    ],
)
async def test_one_address_answers_as_it_is_asked(site, award, accept, media):
    found = await site.get(award, accept)
    assert (found.status_code, found.headers["content-type"]) == (200, media)
    assert "accept" in found.headers["vary"]


@pytest.mark.parametrize(
    "program",
    [
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "WhatsApp/2.23.20.0",
    ],
)
async def test_what_shows_people_where_a_link_leads_reads_the_page(site, award, program):
    """Such programs take anything; who says what it takes is answered with that."""
    found = await site.get(award, "*/*", **{"user-agent": program})
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "user-agent" in found.headers["vary"]
    assert f'<meta property="og:url" content="{site.address}{award}">' in found.text
    assert (await site.get(award, "application/json", **{"user-agent": program})).json()["id"]
    assert "user-agent" in (await site.get(award)).headers["vary"]


async def test_every_form_holds_the_same_signed_document(site, award):
    document = (await site.get(award)).json()
    assert document["id"] == f"{site.address}{award}"
    for ending in ("json", "png", "svg", "jwt"):
        found = await site.get(f"{award}.{ending}")
        assert found.headers["access-control-allow-origin"] == "*"
        read, jwt = verify.read(found.content)
        if ending == "jwt":
            assert jwt == found.text
            assert {name: read.get(name) for name in document if name != "proof"} == {
                name: value for name, value in document.items() if name != "proof"
            }
        else:
            assert read == document
        report = await verify.verify(found.content, site.outside.own)
        assert report.is_verified, report.checks
    pdf = await site.get(f"{award}.pdf")
    assert pdf.content.startswith(b"%PDF")


async def test_it_is_the_same_to_the_byte_and_need_not_be_sent_twice(site, award):
    first, second = await site.get(award), await site.get(award)
    assert first.content == second.content
    again = await site.get(award, **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_what_a_verifier_dereferences(site, award):
    document = (await site.get(award)).json()
    did = await site.get("/.well-known/did.json")
    assert did.headers["content-type"] == "application/did+json"
    assert did.json()["id"] == document["issuer"]["id"]
    assert did.json()["assertionMethod"] == [document["proof"][0]["verificationMethod"]]
    entry = document["credentialStatus"]
    list_ = await site.get(entry["statusListCredential"].removeprefix(site.address))
    assert list_.json()["issuer"] == document["issuer"]["id"]
    assert list_.json()["id"] == entry["statusListCredential"]
    about = document["credentialSubject"]["achievement"]
    found = (await site.get(about["id"].removeprefix(site.address))).json()
    assert {name: value for name, value in found.items() if name != "@context"} == about
    for ending, start in (("png", PNG), ("svg", b"<svg")):
        picture = await site.get(f"{about['id'].removeprefix(site.address)}.{ending}")
        assert picture.content.startswith(start)
    page = await site.get(about["id"].removeprefix(site.address), "text/html")
    assert "How it is earned" in page.text
    assert (await site.get("/issuer")).json()["id"] == document["issuer"]["id"]
    context = await site.get("/contexts/www.w3.org_ns_credentials_v2.json")
    assert "@context" in context.json()


async def test_the_page_says_who_what_when_and_how(site, award):
    found = await site.get(award, BROWSER)
    for said in (
        "<h1>Asking databases</h1>",
        "<strong>Cleo Test</strong>",
        "Writes queries that others can read",
        "Shown in work that a manager has looked at.",
        "<strong>Valid</strong> It holds today, and without an end.",
        "<strong>Signature: passed</strong>",
        "<strong>Status: passed</strong>",
        '<meta property="og:title" content="Cleo Test earned Asking databases">',
        "2 ECTS credits",
    ):
        assert said in found.text, said
    assert "unsafe-inline" not in found.headers["content-security-policy"]
    assert "<script" not in found.text
    assert "style=" not in found.text


async def test_a_revoked_one_says_so_at_once_everywhere(site, award, ask, world):
    before = (await site.get(f"{award}.json")).content
    id_ = award.removeprefix("/credentials/")
    done = await ask.do(
        REVOKE, {"award": f"Award:{id_}", "reason": "Copied <b>answers</b>"}, viewer=world.viewer("Lena")
    )
    assert done["__typename"] == "Award"
    page = await site.get(award, BROWSER)
    assert "<strong>Revoked</strong>" in page.text
    assert "Copied &lt;b&gt;answers&lt;/b&gt;" in page.text
    assert "Its issuer has revoked it." in page.text
    after = await site.get(f"{award}.json")
    assert after.content == before
    report = await verify.verify(after.content, site.outside.own)
    assert [(each.name, each.result) for each in report.checks if each.result is verify.Result.FAILED] == [
        ("status", verify.Result.FAILED)
    ]


@pytest.mark.parametrize("accept", [BROWSER, "application/json"])
@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ("update award set is_hidden = true", 403, "Its holder does not show this credential."),
        ("delete from award", 410, "The record of this credential was erased."),
        ("delete from signed_document", 503, "This credential is being signed."),
        (
            "delete from signed_document; update award set revoked_at = now(), revoked_reason = 'SQL'",
            410,
            "This credential was revoked before it was signed.",
        ),
        (
            "delete from signed_document; update award set held = '{}'",
            404,
            "This credential does not hold, and was never signed.",
        ),
    ],
)
async def test_what_is_not_to_be_seen_says_so_and_no_more(
    site, award, database, accept, change, status, says
):
    async with database.transaction() as tx:
        for each in change.split("; "):
            await tx.execute(text(each))
    for ending in ("", ".json", ".png", ".pdf", ".jwt"):
        found = await site.get(award + ending, accept)
        assert found.status_code == status
        assert says in found.text
        for secret in ("Cleo", "databases", "SQL"):
            assert secret not in found.text


@pytest.mark.parametrize(
    "path",
    [
        "/credentials/nothing",
        "/credentials/0190a5c2-0000-7000-8000-000000000000",
        "/credentials/0190a5c2-0000-7000-8000-000000000000.png",
        "/credentials/{0190a5c2-0000-7000-8000-000000000000}",
        "/achievements/0190a5c2-0000-7000-8000-000000000000.svg",
        "/status/0190a5c2-0000-7000-8000-000000000000",
        "/status/x",
        "/contexts/index.json",
        "/contexts/..%2Fcontexts%2Findex.json",
    ],
)
async def test_what_there_is_not(site, award, path, database):
    async with unchanged(database):
        found = await site.get(path)
    assert found.status_code == 404
    assert award not in found.text


LOOKS = [("light", 1200, 900), ("dark", 390, 844)]


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_the_page_in_a_browser(site, award, tmp_path):
    """Light and wide, dark and narrow: it complains of nothing, and nothing runs over the side."""
    async with tab() as opened:
        for scheme, width, height in LOOKS:
            await opened.call(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=width < 600,
            )
            await opened.call(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
            )
            await opened.open(f"{site.address}{award}")
            await opened.until("document.readyState === 'complete' && !!document.querySelector('.checks')")
            assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert await opened.evaluate("document.images[0].naturalWidth > 0")
            await opened.picture(tmp_path / f"{scheme}.png")
        assert opened.said == []
    assert json.dumps(sorted(each.name for each in tmp_path.iterdir())) == '["dark.png", "light.png"]'


@pytest.mark.parametrize("ending", ["", ".json", ".jwt", ".png", ".svg", ".pdf"])
async def test_what_was_awarded_to_somebody_erased_says_so_and_no_more(site, award, ask, world, ending):
    document = (await site.get(award)).json()
    list_ = document["credentialStatus"]["statusListCredential"].removeprefix(site.address)
    before = (await site.get(list_)).json()["credentialSubject"]
    erase = "mutation ($input: EraseEmployeeInput!) { eraseEmployee(input: $input) { __typename } }"
    await ask.do(erase, {"employee": world.gid("Employee", "Cleo")})
    await site.done()
    for accept in (BROWSER, "application/json"):
        found = await site.get(award + ending, accept)
        assert found.status_code == 410
        assert "erased" in found.text
        assert "Cleo" not in found.text
        assert "databases" not in found.text
    assert (await site.get(list_)).json()["credentialSubject"] == before
    report = await verify.verify(json.dumps(document).encode(), site.outside.own)
    assert report.is_verified, "a copy that the person keeps is as good as before"


async def test_a_leavers_credential_is_as_good_as_before_also_while_no_worker_runs(site, award, ask, world):
    """What a verifier fetches is served by the server alone, and nothing of it asks who works here."""
    terminate = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"
    given = {"employee": world.gid("Employee", "Cleo"), "lastDay": "2024-01-31"}
    assert (await ask.do(terminate, given))["__typename"] == "Employee"
    document = (await site.get(award)).json()
    for path, accept in (
        (award, BROWSER),
        (f"{award}.jwt", "*/*"),
        ("/.well-known/did.json", "*/*"),
        (document["credentialStatus"]["statusListCredential"].removeprefix(site.address), "*/*"),
        (document["credentialSubject"]["achievement"]["id"].removeprefix(site.address), "*/*"),
    ):
        assert (await site.get(path, accept)).status_code == 200, path
    report = await verify.verify(json.dumps(document).encode(), site.outside.own)
    assert report.is_verified, report.checks
    page = await site.get(award, BROWSER)
    assert "Valid" in page.text
    assert "Cleo Test" in page.text
