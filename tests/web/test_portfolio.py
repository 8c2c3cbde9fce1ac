"""Portfolios: items, files, reviews, and the pages by which they are shared, asked as their users ask."""

import asyncio
import io
import json
import os
import shutil
import socket
import subprocess
import zipfile
import zlib
from contextlib import suppress
from datetime import timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient, ConnectError
from PIL import Image
from sqlalchemy import text

from browser import chromium, tab
from cairn.credentials import media, storage, uploads
from cairn.credentials.events import SweepDue
from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.jobs.events import publish
from cairn.settings import SettingError, settings
from credentials.portfolios import (
    REVIEW,
    REVOKE,
    SHARE,
    SUBMIT,
    TINY_PDF,
    UPLOAD,
    item,
    photo,
    upload,
)
from web.conftest import SITE
from world import TODAY, id_of

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LATER = f"{TODAY + timedelta(days=30)}T00:00:00Z"
ITEMS = "{ portfolio { nodes { title employee { displayName } files { nodes { name } } } } }"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """Files are kept in a folder of the test's own."""
    monkeypatch.setenv("CAIRN_PUBLIC_URL", SITE)
    monkeypatch.setenv("CAIRN_FILES_URL", (tmp_path / "files").as_uri())
    settings.cache_clear()
    yield tmp_path / "files"
    settings.cache_clear()


async def without_events(database):
    """The academy's own event says nothing that a worker could do."""
    async with database.transaction() as tx:
        await tx.execute(text("delete from event"))


def files_in(folder):
    return sorted(each for each in folder.rglob("*") if each.is_file())


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


async def reviewed(ask, company, found):
    """Submitted, and accepted by Lena for one skill of two, lower than claimed."""
    await ask.do(SUBMIT, {"item": found}, viewer=company.viewer("Cleo"))
    claims = [{"skill": company.gid("Skill", "SQL"), "level": 3}]
    given = {"item": found, "verdict": "ACCEPTED", "comment": "Good joins", "claims": claims}
    return await ask.do(REVIEW, given, viewer=company.viewer("Lena"))


@pytest.mark.usefixtures("parser")
async def test_what_is_kept_of_a_photograph_is_its_pixels(kept):
    [picture] = [each for each in files_in(kept) if each.read_bytes().startswith(b"\xff\xd8")]
    for secret in (b"SecretCamera", b"<script", b"Exif", b"GPS"):
        assert secret not in picture.read_bytes()
    with Image.open(picture) as drawn:
        assert (drawn.size, dict(drawn.getexif())) == ((400, 600), {})


async def test_who_sees_an_item_and_its_files(ask, company, parser, outside, signed_in):
    """Its owner alone, until it is submitted; then those above and reviewers."""
    names = {"nodes": [{"name": "holiday photo.jpg"}, {"name": "paper.pdf"}]}
    seen = {"title": "A parser", "employee": {"displayName": "Cleo Test"}, "files": names}
    paths = await ask.whole(
        "{ portfolio { nodes { files { nodes { name path } } } } }", viewer=company.viewer("Cleo")
    )
    [path] = [
        file["path"]
        for each in paths["data"]["portfolio"]["nodes"]
        for file in each["files"]["nodes"]
        if file["name"] == "paper.pdf"
    ]
    for status, above in (("DRAFT", False), ("SUBMITTED", True)):
        if above:
            done = await ask.do(SUBMIT, {"item": parser}, viewer=company.viewer("Cleo"))
            assert done["status"] == status
        for name in ("Cleo", "Ben", "Grace", "Lena", "Dan"):
            knows = name == "Cleo" or (above and name != "Dan")
            found = await ask.whole(ITEMS, viewer=company.viewer(name))
            assert (seen in found["data"]["portfolio"]["nodes"]) is knows, (status, name)
            got = await (await signed_in(name)).get(path)
            assert got.status_code == (200 if knows else 404), (status, name)
    assert (await outside.get(path)).status_code == 401
    refused = await ask.do(UPLOAD, {"item": parser, "name": "late.pdf"}, viewer=company.viewer("Cleo"))
    assert refused["__typename"] == "ItemClosed"


async def test_a_file_is_something_to_keep_and_never_to_run(ask, company, parser, signed_in):
    cleo = await signed_in("Cleo")
    sent = await upload(ask, cleo, company.viewer("Cleo"), parser, 'Ü "1".pdf', TINY_PDF)
    got = await cleo.get(f"/files/{sent.json()['file'].partition(':')[2]}")
    assert got.content == TINY_PDF
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%9C%20%221%22.pdf"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"


async def test_what_a_reviewer_accepts_is_evidence(ask, company, parser):
    cleo, ben, lena = (company.viewer(name) for name in ("Cleo", "Ben", "Lena"))
    early = await ask.do(REVIEW, {"item": parser, "verdict": "ACCEPTED"}, viewer=cleo)
    assert early["__typename"] == "NotAllowed"
    done = await reviewed(ask, company, parser)
    assert done["status"] == "ACCEPTED"
    assert done["reviews"]["nodes"] == [
        {"verdict": "ACCEPTED", "comment": "Good joins", "reviewer": {"displayName": "Lena Test"}}
    ]
    assert done["evidence"]["nodes"] == [
        {
            "source": "PORTFOLIO",
            "level": 3,
            "note": "Portfolio: A parser",
            "skill": {"name": "SQL"},
            "cause": {"title": "A parser"},
        }
    ]
    again = await ask.do(REVIEW, {"item": parser, "verdict": "ACCEPTED"}, viewer=lena)
    assert again["__typename"] == "NotSubmitted"
    other = await item(ask, cleo, claims=[{"skill": company.gid("Skill", "SQL"), "level": 1}])
    await ask.do(SUBMIT, {"item": other}, viewer=cleo)
    silent = await ask.do(REVIEW, {"item": other, "verdict": "RETURNED"}, viewer=ben)
    assert "must say what is missing" in silent["message"]
    back = {"item": other, "verdict": "RETURNED", "comment": "Where is it?"}
    assert (await ask.do(REVIEW, back, viewer=ben))["evidence"]["nodes"] == []
    again = await ask.do(SUBMIT, {"item": other}, viewer=cleo)
    assert again["status"] == "SUBMITTED", "what was returned can be submitted again"


async def shared(ask, company, found):
    """A share of the item and of an award that Cleo hides from colleagues."""
    return await ask.do(
        SHARE,
        {
            "title": "What I build",
            "items": [found],
            "awards": [company.gid("Award", "Cleo's Python badge 2")],
            "fields": ["SKILLS", "FILES", "REFLECTIONS", "TITLE"],
            "expiresAt": LATER,
        },
        viewer=company.viewer("Cleo"),
    )


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


async def test_the_archive_has_the_files_and_erasing_deletes_them(
    ask, company, parser, signed_in, kept, database, url
):
    await shared(ask, company, parser)
    await without_events(database)
    async with database.transaction() as tx:  # the academy's own files are kept nowhere
        await tx.execute(text("delete from portfolio_file where key like 'portfolio/00/%'"))
    archive = zipfile.ZipFile(io.BytesIO((await (await signed_in("Cleo")).get("/me/export.zip")).content))
    [paper] = [name for name in archive.namelist() if name.endswith("-paper.pdf")]
    assert archive.read(paper) == TINY_PDF
    tables = json.loads(archive.read("data.json"))["tables"]
    assert {"portfolio_item", "portfolio_file", "portfolio_claim", "portfolio_share", "share_visit"} <= set(
        tables
    )
    assert len(files_in(kept)) == 2
    erase = "mutation ($input: EraseEmployeeInput!) { eraseEmployee(input: $input) { __typename } }"
    done = await ask.do(erase, {"employee": company.gid("Employee", "Cleo")})
    assert done["__typename"] == "ErasedEmployee"
    await drain(database, url)
    assert files_in(kept) == []


def packed(*names, said=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, said)
    return out.getvalue()


def image(form, mode="RGB", size=(20, 10)):
    out = io.BytesIO()
    Image.new(mode, size).save(out, form)
    return out.getvalue()


def bomb():
    """A PNG of a few hundred bytes that says it is of a hundred million pixels."""
    data = bytearray(image("PNG"))
    data[16:24] = (10_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (image("PNG", "RGBA"), "image/png"),
        (image("PNG", "P"), "image/png"),
        (image("PNG", "I;16"), "image/png"),
        (image("GIF", "P"), "image/png"),
        (image("WEBP"), "image/webp"),
        (image("JPEG", "CMYK"), "image/jpeg"),
        (image("JPEG", "L", (5000, 40)), "image/jpeg"),
        (TINY_PDF, "application/pdf"),
        (b'{"a": [1]}', "application/json"),
        ("Grüße".encode(), "text/plain"),
        (packed("a.txt"), "application/zip"),
        (
            packed("mimetype", said="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (packed("[Content_Types].xml", "word/document.xml"), "…wordprocessingml.document"),
        (packed("[Content_Types].xml", "word/vbaProject.bin"), "macros"),
        (b"[" + b"1," * 600_000 + b"1]", "text/plain"),
        (b"{not json}", "text/plain"),
        (b"a" * 300_000 + b"\xff", "none of the kinds"),
        (b"a" * 300_000 + b"\0", "none of the kinds"),
        (packed(*(f"{n:06}{'x' * 60}" for n in range(9_000))), "too many files"),
        (b"", "empty"),
        (b" \n<!DOCTYPE html><script>1</script>", "would run"),
        (b'<?xml version="1.0"?><svg/>', "would run"),
        (b"#!/bin/sh\n", "would run"),
        (b"MZ\x90\x00\x03\x00\x00\x00\xff\xff", "none of the kinds"),
        (b"PK\x03\x04 broken", "broken ZIP"),
        (image("PNG")[:45], "broken image"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "broken image"),
        (bomb(), "million pixels"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_a_file_is(data, told):
    if " " in told or told in {"macros", "empty"}:
        with pytest.raises(media.NotTaken, match=told):
            media.taken(io.BytesIO(data), len(data))
        return
    found = media.taken(io.BytesIO(data), len(data))
    with found.file:
        assert found.type.endswith(told.removeprefix("…"))
        if found.width is not None:
            with Image.open(found.file) as drawn:
                assert max(drawn.size) == max(found.width, found.height) <= media.WIDEST
                assert not drawn.getexif()


async def test_an_address_takes_one_file_of_its_length_and_time(ask, company, outside, kept, database, url):
    await without_events(database)
    cleo = company.viewer("Cleo")
    mine = await item(ask, cleo)
    asked = await ask.do(UPLOAD, {"item": mine, "name": "a.txt"}, viewer=cleo)
    path = asked["url"].removeprefix(SITE)

    async def too_much():
        for _ in range(27):
            yield b"x" * 1_000_000

    for body, status in ((b"<html>", 422), (too_much(), 413), (b"one", 201), (b"two", 404)):
        assert (await outside.put(path, content=body)).status_code == status
    assert [each.read_bytes() for each in files_in(kept)] == [b"one"]
    for name in ("", "a\nb", "x" * 121):
        refused = await ask.do(UPLOAD, {"item": mine, "name": name}, viewer=cleo)
        assert "name:" in refused["message"]
    late = await ask.do(UPLOAD, {"item": mine, "name": "b.txt"}, viewer=cleo)
    async with database.transaction() as tx:
        await tx.execute(text("update upload set expires_at = now()"))
    assert (await outside.put(late["url"], content=b"late")).status_code == 404

    # An item that was submitted while a file was on its way is as it was submitted.
    other = await ask.do(UPLOAD, {"item": mine, "name": "c.txt"}, viewer=cleo)
    async with database.transaction() as tx:
        await tx.execute(text("update portfolio_item set status = 'SUBMITTED' where title = 'A parser'"))
    assert (await outside.put(other["url"], content=b"late")).status_code == 409
    assert [each.read_bytes() for each in files_in(kept)] == [b"one"]

    # What was written and never noted is swept up, once it is old.
    stray = kept / "portfolio" / "ff" / ("f" * 32)
    stray.parent.mkdir(exist_ok=True)
    for old in (False, True):
        stray.write_bytes(b"stray")
        if old:
            past = (now() - uploads.UNKNOWN_AFTER).timestamp() - 60
            os.utime(stray, (past, past))
        async with database.transaction() as tx:
            await publish(tx, SweepDue())
        await drain(database, url)
        assert stray.exists() is not old
    assert [each.read_bytes() for each in files_in(kept)] == [b"one"]


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


MOTO = shutil.which("moto_server") or os.environ.get("CAIRN_TEST_MOTO_SERVER")


@pytest.fixture
async def bucket(kept, monkeypatch):  # noqa: ARG001  # in place of the folder
    """A bucket of an S3 server that others wrote."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    process = subprocess.Popen([MOTO, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        async with AsyncClient() as client:
            async with asyncio.timeout(30):
                while True:
                    with suppress(ConnectError):
                        assert (await client.put(f"http://127.0.0.1:{port}/people")).status_code == 200
                        break
                    await asyncio.sleep(0.1)
        url = f"s3://people/cairn?endpoint=http://127.0.0.1:{port}&region=us-east-1"
        monkeypatch.setenv("CAIRN_FILES_URL", url)
        settings.cache_clear()
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.skipif(MOTO is None, reason="there is no S3 server here: pip install 'moto[server,s3]' has one")
@pytest.mark.usefixtures("bucket")
async def test_files_in_a_bucket(ask, company, outside, signed_in, database, url):
    await without_events(database)
    cleo, large = company.viewer("Cleo"), b"%PDF-1.7\n" + os.urandom(12_000_000)
    mine = await item(ask, cleo)
    sent = await upload(ask, outside, cleo, mine, "large.pdf", large)
    assert sent.status_code == 201
    path = f"/files/{sent.json()['file'].removeprefix('PortfolioFile:')}"
    assert (await (await signed_in("Cleo")).get(path)).content == large
    kept = storage.storage()
    everything = [key async for keys in kept.old(now() + timedelta(days=1)) for key in keys]
    assert len(everything) == 1
    remove = (
        "mutation ($input: RemovePortfolioItemInput!) { removePortfolioItem(input: $input) { __typename } }"
    )
    await ask.do(remove, {"item": mine}, viewer=cleo)
    await drain(database, url)
    assert [key async for keys in kept.old(now() + timedelta(days=1)) for key in keys] == []
    with pytest.raises(FileNotFoundError):
        await anext(kept.pieces(everything[0]))


@pytest.mark.parametrize(
    "given", ["ftp://x", "s3:", "s3://bucket?secret=1", "folder", "file:///proc/nothing/here"]
)
def test_what_is_no_store(given):
    with pytest.raises(SettingError, match="CAIRN_FILES_URL"):
        storage.storage(settings().model_copy(update={"files_url": given}))


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
