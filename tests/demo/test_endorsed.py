"""What a body outside says for a credential of the sample company, and for the company."""

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import text

from cairn.app import application
from cairn.demo import endorsed
from cairn.jobs.drain import drain
from cairn.settings import settings
from demo.test_company import Loaded, database_of_its_own
from stored import unchanged
from web.conftest import SITE

ENDORSED = """
{
  issuer { endorsements { nodes { name state } } }
  credentials(where: {code: {eq: "python-practitioner"}}) { nodes {
    endorsements { nodes { name state withdrawnAt } }
    awards { nodes { url } }
  } }
}
"""
ELSEWHERE = "update endorsement set address = 'http://elsewhere.test'"


@pytest.fixture
def address(monkeypatch):
    monkeypatch.setenv("CAIRN_PUBLIC_URL", SITE)
    settings.cache_clear()
    yield SITE
    settings.cache_clear()


async def test_a_body_outside_endorses_a_credential_and_the_page_of_an_award_shows_it(
    server_url, schema, address
):
    async with database_of_its_own(server_url) as (database, url):
        loaded = Loaded(database, url, schema)
        await loaded.load()
        await endorsed.load(database)
        await drain(database, url)
        async with unchanged(database):
            await endorsed.load(database)
        told = await loaded.ask(ENDORSED)
        assert told["issuer"]["endorsements"]["nodes"] == [{"name": endorsed.BODY, "state": "VERIFIED"}]
        [credential] = told["credentials"]["nodes"]
        [of_it] = credential["endorsements"]["nodes"]
        assert of_it == {"name": endorsed.BODY, "state": "VERIFIED", "withdrawnAt": None}
        [award] = credential["awards"]["nodes"]
        site = application(database, [], address)
        async with (
            site.router.lifespan_context(site),
            AsyncClient(transport=ASGITransport(site), base_url=address, timeout=60) as client,
        ):
            page = (await client.get(award["url"], headers={"accept": "text/html"})).text
        for said in (endorsed.BODY, "entry examination", "it asks for what it says it asks for"):
            assert said in page, said
        async with database.transaction() as tx:
            await tx.execute(text(ELSEWHERE))
        await endorsed.load(database)
        await drain(database, url)
        [credential] = (await loaded.ask(ENDORSED))["credentials"]["nodes"]
        told = [each["withdrawnAt"] is None for each in credential["endorsements"]["nodes"]]
        assert sorted(told) == [False, True], "where the company moves it is endorsed anew"
