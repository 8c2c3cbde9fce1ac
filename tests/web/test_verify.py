"""`/verify` and `cairn verify`: a file or an address, and every check."""

import asyncio
import json
import sys

import pytest
from sqlalchemy import text

from cairn.__main__ import __file__ as program

PASSED = ["structure", "schema", "issuer", "signature", "dates", "status"]


async def sent(site, **form):
    return await site.client.post(f"{site.address}/verify", **form)


@pytest.mark.parametrize("ending", ["json", "jwt", "png", "svg"])
async def test_a_file_of_ours_is_verified(site, award, ending):
    file = (await site.get(f"{award}.{ending}")).content
    found = await sent(site, files={"file": (f"badge.{ending}", file)})
    assert found.status_code == 200
    assert "<h1>Verified</h1>" in found.text
    for each in PASSED:
        assert f"{each.capitalize()}: passed" in found.text


async def test_an_address_of_ours_is_verified(site, award):
    found = await sent(site, data={"url": f"{site.address}{award}"})
    assert "<h1>Verified</h1>" in found.text


async def test_a_changed_one_is_not(site, award):
    document = {**(await site.get(f"{award}.json")).json(), "name": "<script>alert(1)</script>"}
    found = await sent(site, files={"file": ("badge.json", json.dumps(document))})
    assert "<h1>Not verified</h1>" in found.text
    assert "Something was changed since it was signed" in found.text
    assert "<script" not in found.text
    assert "unsafe-inline" not in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({}, 422, "Choose a file, or give an address."),
        ({"files": {"file": ("x.txt", b"hello")}}, 422, "It is neither JSON"),
        ({"data": {"url": "http://example.com/"}}, 422, "is not fetched"),
        ({"data": {"url": "https://127.0.0.1/"}}, 422, "a private network"),
        ({"data": {"url": "https://localhost/"}}, 422, "a private network"),
        ({"files": {"file": ("x", b"x" * 5_100_000)}}, 413, "larger than 5 MB"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "could not be read"),
    ],
)
async def test_what_cannot_be_checked_says_so(site, form, status, says):
    found = await sent(site, **form)
    assert (found.status_code, says in found.text) == (status, True), found.text


async def run(*arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode(), complained.decode()


async def test_the_command_says_the_same_as_the_page(site, award, tmp_path, database):
    file = tmp_path / "badge.png"
    file.write_bytes((await site.get(f"{award}.png")).content)
    for source in (str(file), f"{site.address}{award}"):
        code, said, complained = await run("verify", source, "--json")
        assert (code, complained) == (0, "")
        told = json.loads(said)
        assert told["verified"] is True
        assert [(each["check"], each["result"]) for each in told["checks"]] == [
            (each, "PASSED") for each in PASSED
        ]
    async with database.transaction() as tx:
        await tx.execute(text("update status_entry set revoked_at = now()"))
    code, said, _ = await run("verify", str(file))
    assert code == 1
    assert "failed   status     Its issuer has revoked it." in said
    assert said.endswith("Not verified.\n")
    code, said, complained = await run("verify", str(tmp_path / "nothing"))
    assert (code, said) == (2, "")
    assert "No such file" in complained
