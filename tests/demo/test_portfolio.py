"""The portfolio of the sample company, and the link by which it is shown."""

import pytest
from httpx2 import ASGITransport, AsyncClient

from cairn.app import application
from cairn.demo import portfolio
from cairn.jobs.drain import drain
from cairn.settings import settings
from demo.test_company import Loaded, database_of_its_own
from stored import unchanged
from web.conftest import SITE


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setenv("CAIRN_PUBLIC_URL", SITE)
    monkeypatch.setenv("CAIRN_FILES_URL", (tmp_path / "files").as_uri())
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


@pytest.mark.usefixtures("kept")
async def test_a_portfolio_is_there_once_and_its_latest_link_shows_it(server_url, schema):
    async with database_of_its_own(server_url) as (database, url):
        await Loaded(database, url, schema).load()
        await portfolio.load(database)
        await drain(database, url)
        async with unchanged(database):
            await portfolio.load(database)
        first, link = await portfolio.share(database), await portfolio.share(database)
        site = application(database, [], SITE)
        async with (
            site.router.lifespan_context(site),
            AsyncClient(transport=ASGITransport(site), base_url=SITE, timeout=60) as client,
        ):
            page = await client.get(link)
            assert (page.status_code, (await client.get(first)).status_code) == (200, 404)
            for said in (
                portfolio.TITLE,
                "Stephanie Conroy",
                "A report of parts to reorder",
                "confirmed by a reviewer",
                "own view",
                "parts to reorder.png",
            ):
                assert said in page.text, said
            picture = "/share/" + page.text.partition('<img src="/share/')[2].partition('"')[0]
            assert (await client.get(picture)).headers["content-type"] == "image/png"
