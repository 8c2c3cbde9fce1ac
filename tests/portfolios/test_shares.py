"""Pages by which portfolios are shared, as whoever has the link sees them."""

import pytest
from sqlalchemy import text

from browser import chromium, tab
from portfolios.making import LATER, REVOKE, SHARE, TINY_PDF, item, photo, reviewed, shared, upload
from web.conftest import SITE
from world import id_of


async def test_a_share_shows_what_was_chosen_until_it_is_revoked(ask, company, parser, outside, database):
    cleo = company.viewer("Cleo")
    await reviewed(ask, company, parser)
    made = await shared(ask, company, parser)
    assert made["share"]["items"] == {"nodes": [{"title": "A parser"}]}
    link = made["url"].removeprefix(SITE)
    page = await outside.get(link)
    for said in (
        "<h1>What I build</h1>",
        "<strong>Cleo Test</strong>",
        "Junior Engineer",
        "First draft &amp; &lt;b&gt;second&lt;/b&gt;",
        "SQL <span>Independent, confirmed by a reviewer</span>",
        "Python <span>Guided, own view</span>",
        "Python badge",
        "paper.pdf",
    ):
        assert said in page.text, said
    for secret in ("cleo@example.com", "<script", "style=", "Good joins", "/credentials/"):
        assert secret not in page.text, secret
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in page.headers["x-robots-tag"]
    picture = "/share/" + page.text.partition('<img src="/share/')[2].partition('"')[0]
    image = await outside.get(picture)
    assert (image.status_code, image.headers["content-type"]) == (200, "image/jpeg")
    log = "{ portfolioShares { nodes { title visits { nodes { browser pages files } } } } }"
    visits = {"nodes": [{"browser": "Firefox on Linux", "pages": 1, "files": 1}]}
    told = await ask.whole(log, viewer=cleo)
    assert {"title": "What I build", "visits": visits} in told["data"]["portfolioShares"]["nodes"]

    async with database.transaction() as tx:
        stored = (await tx.execute(text("select string_agg(s::text, '') from portfolio_share s"))).scalar()
    assert link.rpartition("/")[2] not in stored
    await ask.do(REVOKE, {"share": made["share"]["id"]}, viewer=cleo)
    for gone in (link, picture):
        found = await outside.get(gone)
        assert (found.status_code, "leads nowhere" in found.text) == (404, True)
        assert "Cleo" not in found.text


async def test_a_share_is_of_ones_own_and_ends(ask, company, outside, database):
    cleo = company.viewer("Cleo")
    ben_s, his = company.gid("PortfolioItem", "Ben's talk"), company.gid("Award", "Ben's Python badge 2")
    hers = company.gid("PortfolioItem", "Cleo's diary")
    for given, problem in (
        ({"items": [ben_s]}, (["items", "0"], "is none of yours")),
        ({"awards": [his]}, (["awards", "0"], "is none of yours")),
        ({"items": [hers, hers]}, (["items", "1"], "comes twice")),
        ({}, (["items"], "choose at least one item or award")),
        (
            {"items": [hers], "expiresAt": "2020-01-01T00:00:00Z"},
            (["expiresAt"], "must lie within a year from now"),
        ),
    ):
        refused = await ask.do(SHARE, {"title": "Mine", "expiresAt": LATER, **given}, viewer=cleo)
        assert refused["problems"] == [{"path": problem[0], "message": problem[1]}]
    made = await ask.do(SHARE, {"title": "Mine", "expiresAt": LATER, "items": [hers]}, viewer=cleo)
    page = await outside.get(made["url"])
    assert "It took longer" not in page.text
    assert "diary.pdf" not in page.text
    assert "Diary" in page.text
    file = id_of("Cleo's diary file")
    assert (await outside.get(f"{made['url']}/files/{file}")).status_code == 404
    async with database.transaction() as tx:
        await tx.execute(text("update portfolio_share set expires_at = now()"))
    assert (await outside.get(made["url"])).status_code == 404
    assert (await outside.get("/share/nothing")).status_code == 404


LOOKS = [("light", 1200, 900), ("dark", 390, 844), ("print", 800, 1100)]


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here")
async def test_a_share_in_a_browser(site, ask, world, tmp_path):
    """Light and wide, dark and narrow, on paper: it complains of nothing, and nothing runs over the side."""
    cleo = world.viewer("Cleo")
    claims = [{"skill": world.gid("Skill", name), "level": 3} for name in ("SQL", "Python")]
    reflection = (
        "I wrote it twice. The first one was fast and wrong.\n\nWhat I would do again: measure first."
    )
    more = {"claims": claims, "reflection": reflection, "happenedOn": "2025-02-01"}
    found = [
        await item(ask, cleo, title=title, **more)
        for title in ("A parser for invoices", "Averylongwordwithoutanyspace" * 5)
    ]
    for name, data in (("before and after.jpg", photo((1600, 900))), ("paper.pdf", TINY_PDF)):
        assert (await upload(ask, site.client, cleo, found[0], name, data)).status_code == 201
    await reviewed(ask, world, found[0])
    given = {
        "title": "What I build",
        "items": found,
        "expiresAt": LATER,
        "introduction": "For the trip to Oslo.",
    }
    made = await ask.do(SHARE, {**given, "fields": ["SKILLS", "FILES", "REFLECTIONS", "TITLE"]}, viewer=cleo)
    async with tab() as opened:
        for look, width, height in LOOKS:
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
            await opened.call("Emulation.setDeviceMetricsOverride", **size)
            media_ = {"media": "print"} if look == "print" else {}
            scheme = [{"name": "prefers-color-scheme", "value": "dark" if look == "dark" else "light"}]
            await opened.call("Emulation.setEmulatedMedia", features=scheme, **media_)
            await opened.open(made["url"])
            loaded = (
                "document.readyState === 'complete' && document.querySelector('figure img')?.naturalWidth > 0"
            )
            await opened.until(loaded)
            assert await opened.evaluate("document.documentElement.scrollWidth <= innerWidth"), look
            assert await opened.evaluate("[...document.images].every(each => each.hasAttribute('alt'))")
            await opened.picture(tmp_path / f"{look}.png")
        assert opened.said == []
