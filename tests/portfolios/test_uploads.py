"""Files of portfolios: sent once, kept as what they are, deleted when nobody needs them."""

import io
import json
import os
import zipfile

import pytest
from PIL import Image
from sqlalchemy import text

from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.jobs.events import publish
from cairn.portfolios import uploads
from cairn.portfolios.events import SweepDue
from portfolios.making import TINY_PDF, UPLOAD, files_in, item, shared, upload, without_events
from web.conftest import SITE


def zipped():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Main.class", "x")
    return packed.getvalue()


@pytest.mark.usefixtures("parser")
async def test_what_is_kept_of_a_photograph_is_its_pixels(kept):
    [picture] = [each for each in files_in(kept) if each.read_bytes().startswith(b"\xff\xd8")]
    for secret in (b"SecretCamera", b"<script", b"Exif", b"GPS"):
        assert secret not in picture.read_bytes()
    with Image.open(picture) as drawn:
        assert (drawn.size, dict(drawn.getexif())) == ((400, 600), {})


async def test_a_file_is_something_to_keep_and_never_to_run(ask, company, parser, signed_in):
    cleo = await signed_in("Cleo")
    sent = await upload(ask, cleo, company.viewer("Cleo"), parser, 'Ü "1".pdf', TINY_PDF)
    got = await cleo.get(f"/files/{sent.json()['file'].partition(':')[2]}")
    assert got.content == TINY_PDF
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%9C%20%221%22.pdf"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "as_"),
    [
        ("run.bat", b"@echo off", "run.bat.txt"),
        ("page.html", b"hello", "page.html.txt"),
        ("app.jar", zipped(), "app.jar.zip"),
        ("Paper.PDF", TINY_PDF, "Paper.PDF"),
        ("notes.md", b"# Notes", "notes.md"),
        ("paper.pdf.", TINY_PDF, "paper.pdf"),
        ("..", b"hello", "file.txt"),
    ],
)
async def test_its_name_says_what_it_is(ask, company, signed_in, name, content, as_):
    """Whoever opens it from their own disk has only the name to go by."""
    cleo = await signed_in("Cleo")
    mine = await item(ask, company.viewer("Cleo"))
    sent = await upload(ask, cleo, company.viewer("Cleo"), mine, name, content)
    assert sent.json()["name"] == as_
    got = await cleo.get(f"/files/{sent.json()['file'].partition(':')[2]}")
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{as_}"


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
    form = await ask.do(UPLOAD, {"item": mine, "name": "b.txt"}, viewer=cleo)
    for given, status in (
        ({"data": {"note": "no file"}, "files": {}}, 422),
        ({"files": {"file": ("evil.html", b"<html>")}}, 422),
        ({"files": {"file": ("b.txt", b"y" * 25_100_000)}}, 413),
        ({"files": {"anything": ("another name.exe", b"by form")}}, 201),
        ({"files": {"file": ("b.txt", b"again")}}, 404),
    ):
        answer = await outside.post(form["url"], **given)
        assert answer.status_code == status, answer.text
    assert sorted(each.read_bytes() for each in files_in(kept)) == [b"by form", b"one"]
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
    assert sorted(each.read_bytes() for each in files_in(kept)) == [b"by form", b"one"]

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
    assert sorted(each.read_bytes() for each in files_in(kept)) == [b"by form", b"one"]


async def test_the_archive_has_the_files_and_erasing_deletes_them(
    ask, company, parser, signed_in, kept, database, url
):
    await shared(ask, company, parser)
    await without_events(database)
    async with database.transaction() as tx:  # the academy's own files are kept nowhere
        await tx.execute(text("delete from portfolio_file where key like 'portfolio/academy/%'"))
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
