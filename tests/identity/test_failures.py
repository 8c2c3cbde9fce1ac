"""The page of each failure to sign in: one sentence on what happened, what to do, and an id to quote."""

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.responses import Response

from browser import chromium, tab
from cairn.identity.rates import Kind
from cairn.identity.routes import routes
from identity.conftest import opened
from identity.hostile import GONE, says
from identity.people import terminate
from identity.test_issuer import Served


async def _answered(house, **answer):
    house.idp.answer = answer
    return await house.browser().sign_in()


async def _nobody_is_set_up(house):
    async with opened(house.database, house.schema, [], house.idp) as bare:
        return await bare.browser().get("/auth/login")


async def _no_provider_answers(house):
    house.idp.instead["/.well-known/openid-configuration"] = says(503)
    return await house.browser().get("/auth/login")


async def _the_provider_says_nonsense(house):
    house.idp.instead["/token"] = says(200, b"<html>")
    return await house.browser().sign_in()


async def _the_token_is_wrong(house):
    house.idp.id_token = {"nonce": GONE}
    return await house.browser().sign_in()


async def _elsewhere(house):
    callback = await house.browser().start()
    return await house.browser().get(callback)


async def _without_cookies_on_plain_http(house):
    async with opened(
        house.database, house.schema, [house.issuer.provider], house.idp, "http://localhost:8000"
    ) as plain:
        return await plain.browser().get("/auth/callback?state=x&code=x")


async def _it_is_declined(house):
    return await _answered(house, error="access_denied", code=GONE)


async def _it_is_not_available(house):
    return await _answered(house, error="temporarily_unavailable", code=GONE)


async def _we_asked_wrongly(house):
    return await _answered(house, error="invalid_scope", code=GONE)


async def _another_answers(house):
    return await _answered(house, iss="https://evil.test")


async def _a_stranger(house):
    house.idp.subject, house.idp.person = "stranger", {}
    return await house.browser().sign_in()


async def _a_leaver(house):
    await terminate(house, house.people.ada)
    return await house.browser().sign_in()


async def _a_second_account(house):
    await house.browser().sign_in()
    house.idp.subject = "another"
    return await house.browser().sign_in()


async def _too_often(house):
    class Spent:
        def count(self, kind, _who):
            return 42 if kind is Kind.SIGN_IN else 0

    house.app.router.routes[:0] = routes(house.realm, Spent())
    return await house.browser().get("/auth/login")


async def _signed_out_by_another_site(house):
    return await house.browser().client.post("/auth/logout", headers={"origin": "https://evil.test"})


async def _a_defect(house):
    async def fails():
        raise RuntimeError("what nobody should read")

    house.issuer.metadata = fails
    return await house.browser().get("/auth/login")


KINDS = {
    _nobody_is_set_up: 503,
    _no_provider_answers: 503,
    _the_provider_says_nonsense: 502,
    _the_token_is_wrong: 502,
    _elsewhere: 400,
    _without_cookies_on_plain_http: 400,
    _it_is_declined: 403,
    _it_is_not_available: 503,
    _we_asked_wrongly: 502,
    _another_answers: 400,
    _a_stranger: 403,
    _a_leaver: 403,
    _a_second_account: 403,
    _too_often: 429,
    _signed_out_by_another_site: 403,
    _a_defect: 500,
}


@pytest.fixture
def failing(house, schema):
    house.schema = schema
    return house


class Page(HTMLParser):
    """What a page says, by its elements."""

    def __init__(self, html):
        super().__init__()
        self.said = {}
        self.tags = []
        self._open = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in {"meta", "input", "link"}:
            self._open.append(tag)
            self.said.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        self._open.remove(tag)

    def handle_data(self, data):
        for tag in self._open:
            self.said[tag][-1] += data


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.strip("_"))
async def test_13_each_failure_is_a_page_that_says_what_happened_what_to_do_and_what_to_quote(failing, kind):
    answer = await kind(failing)
    page = Page(answer.text)
    assert answer.status_code == KINDS[kind]
    happened, to_do, *more = page.said["p"]
    assert re.fullmatch(r"[A-Z][^.]*(\.[^ ][^.]*)*\.", happened), happened
    assert to_do.endswith(".")
    assert re.fullmatch(r"When you ask about this, quote [0-9a-f]{12}\.", more[-1])
    assert len(page.said["h1"]) == 1
    assert not {"script", "img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert not [name for _, given in page.tags for name in given if name.startswith("on") or name == "style"]
    assert "nobody should read" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert ("retry-after" in answer.headers) is (answer.status_code in {429, 503})


@pytest.mark.skipif(chromium() is None, reason="needs Chromium: apt-get install chromium")
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__.strip("_"))
async def test_a_browser_shows_it_and_complains_of_nothing(failing, kind, tmp_path):
    pictures = Path(os.environ.get("CAIRN_TEST_PICTURES", tmp_path))
    answer = await kind(failing)
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in {"content-length", "content-type", "set-cookie"}
    }
    shown = Response(answer.content, 200, headers, "text/html")
    async with Served(shown) as url, tab() as page:
        for name, width, height, scheme in (
            ("light", 1000, 640, "light"),
            ("dark", 1000, 640, "dark"),
            ("phone", 360, 640, "light"),
        ):
            await page.call(
                "Emulation.setDeviceMetricsOverride",
                width=width, height=height, deviceScaleFactor=1, mobile=name == "phone",
            )  # fmt: skip
            await page.call(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
            )
            await page.open(url)
            await page.until("document.readyState === 'complete' && !!document.querySelector('h1')")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            await page.picture(pictures / f"{kind.__name__.strip('_')}-{name}.png")
        assert page.said == []
