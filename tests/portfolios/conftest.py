"""A portfolio with an item, its files in a folder of the test's own, and browsers that ask."""

import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.settings import settings
from portfolios.making import TINY_PDF, item, photo, upload
from web.conftest import SITE, app, company, signed_in, site

__all__ = ["app", "company", "signed_in", "site"]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """Files are kept in a folder of the test's own."""
    monkeypatch.setenv("CAIRN_PUBLIC_URL", SITE)
    monkeypatch.setenv("CAIRN_FILES_URL", (tmp_path / "files").as_uri())
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


@pytest.fixture
async def outside(app):
    """A browser with nobody signed in."""
    headers = {"user-agent": FIREFOX}
    async with AsyncClient(
        transport=ASGITransport(app), base_url=SITE, headers=headers, timeout=60
    ) as client:
        yield client


@pytest.fixture
async def parser(ask, company, outside):
    """An item of Cleo's with a photograph and a paper."""
    cleo, skills = company.viewer("Cleo"), (("SQL", 4), ("Python", 2))
    found = await item(
        ask,
        cleo,
        claims=[{"skill": company.gid("Skill", name), "level": level} for name, level in skills],
        reflection="First draft & <b>second</b>",
        happenedOn="2025-02-01",
        url="https://example.com/parser",
    )
    sent = await upload(ask, outside, cleo, found, "../holiday photo.jpg", photo())
    assert (sent.status_code, sent.json()["mediaType"]) == (201, "image/jpeg")
    assert (await upload(ask, outside, cleo, found, "paper.pdf", TINY_PDF)).status_code == 201
    return found
