"""`/verify` and `cairn verify`: a file or an address, and every check."""

import asyncio
import html
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import text

from cairn.__main__ import __file__ as program

PASSED = ["structure", "schema", "issuer", "signature", "dates", "status"]
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
EXAMPLES = Path(__file__).parents[1] / "credentials" / "examples"


async def sent(site, **form):
    return await site.client.post(f"{site.address}/verify", **form)


@pytest.mark.parametrize("ending", ["json", "jwt", "png", "svg", "pdf"])
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
            *((each, "PASSED") for each in PASSED),
            ("trusted", "UNKNOWN"),
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


@pytest.fixture
async def pile(site, award):
    """Every file there is: ours in each form, changed and forged ones, and the examples of others."""
    document = (await site.get(f"{award}.json")).json()
    found = {
        f"ours.{each}": (await site.get(f"{award}.{each}")).content for each in ("json", "jwt", "png", "svg")
    }
    found["changed.json"] = json.dumps({**document, "name": "=1+1"}).encode()
    forged = {
        **document,
        "issuer": {**document["issuer"], "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLG"},
    }
    found["forged.json"] = json.dumps(forged).encode()
    for each in sorted(EXAMPLES.glob("*_*.*")) + sorted(EXAMPLES.glob("*-*.json")):
        found[each.name] = each.read_bytes()
    return found


TRUST = "mutation ($input: TrustIssuerInput!) { trustIssuer(input: $input) { __typename } }"


EACH = """
import json, sys
from typer.testing import CliRunner
from cairn.__main__ import main
for file in sys.argv[1:]:
    ran = CliRunner().invoke(main, ["verify", file, "--json"])
    print(json.dumps([ran.exit_code, ran.stdout, ran.stderr]))
"""


async def run_each(files):
    """What the command says of each file, in one process: to start one takes longer than to check a file."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", EACH, *files, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0
    return [json.loads(line) for line in said.splitlines()]


async def test_page_and_command_say_the_same_of_every_file(
    site, pile, ask, tmp_path, url, database, monkeypatch
):
    """Also of whom the company trusts, which is known where there is its database, and of what it revoked."""
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    for name, data in pile.items():
        (tmp_path / name).write_bytes(data)

    async def told(names):
        """What both say of files: the result of each check; None of what cannot be read."""
        found = {}
        files = [str(tmp_path / name) for name in names]
        for name, file, (code, said, complained) in zip(names, files, await run_each(files), strict=True):
            form = {"files": {"file": (name, pile[name])}, "headers": {"accept": "application/json"}}
            page = await site.client.post(f"{site.address}/verify", **form)
            if page.status_code != 200:
                assert (code, page.status_code) == (2, 422), name
                _, _, why = " ".join(complained.split()).partition(f"{file}: ")
                assert why
                assert why.lower() in " ".join(html.unescape(page.text).lower().split()), name
                found[name] = None
                continue
            by_page, by_command = page.json(), json.loads(said)
            assert by_command["verified"] == by_page["verified"] == (code == 0), name
            for each, other in zip(by_command.pop("checks"), by_page.pop("checks"), strict=True):
                assert (each["check"], each["result"]) == (other["check"], other["result"]), name
                # Each fetches what is asked of a server by its own way, and says by its own why it cannot.
                assert each["result"] == "UNKNOWN" or each == other, name
                found.setdefault(name, {})[each["check"]] = each["result"]
            assert by_command == by_page, name
        return found

    published = "signed_badge_example-p2.json"
    first = await told([*pile])
    assert len(first) >= 25
    unread = {name for name, checks in first.items() if checks is None}
    assert "public_domain_heart.png" in unread
    assert {"1_1_basic_assertion.json", "unsigned-badge-example-p3.json", "ours.svg"}.isdisjoint(unread)
    names = ("ours.json", "changed.json", "forged.json", published)
    assert [first[name]["trusted"] for name in names] == ["PASSED", "UNKNOWN", "UNKNOWN", "FAILED"]
    trust = {"issuer": json.loads(pile[published])["issuer"]["id"], "name": "Others"}
    assert (await ask.do(TRUST, trust))["__typename"] == "TrustedIssuer"
    async with database.transaction() as tx:
        await tx.execute(text("update status_entry set revoked_at = now()"))
    ours = [each for each in pile if each.startswith("ours.")]
    then = await told([*ours, published])
    assert {then[each]["status"] for each in ours} == {"FAILED"}
    assert then[published]["trusted"] == "PASSED"


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


async def batch(site, **form):
    return await site.client.post(f"{site.address}/verify/batch", **form)


async def test_a_pile_is_checked_at_once_however_it_is_sent(site, award, pile):
    names = ("ours.png", "changed.json", "signed_badge_example-p2.json")
    expected = [("ours.png", True, "yes"), ("changed.json", False, "unknown"), (names[2], True, "no")]
    address = f"{site.address}{award}"
    as_form = await batch(
        site, files=[("file", (each, pile[each])) for each in names], data={"urls": address}
    )
    as_zip = await batch(
        site,
        content=zipped({each: pile[each] for each in names}),
        headers={"content-type": "application/zip"},
    )
    for found, more in ((as_form, [(address, True, "yes")]), (as_zip, [])):
        assert found.status_code == 200, found.text
        rows = [(each["source"], each["verified"], each["trusted"]) for each in found.json()["results"]]
        assert sorted(rows) == sorted([*expected, *more])
    lines = [json.dumps(address), json.dumps({"url": address}), pile["ours.json"].decode().replace("\n", " ")]
    lines += [json.dumps(pile["ours.jwt"].decode()), "[]"]
    as_lines = await batch(
        site,
        content="\n".join(lines),
        headers={"content-type": "application/x-ndjson", "accept": "text/csv"},
    )
    told = as_lines.text.splitlines()
    assert told[0] == "source,verified,trusted,form,name,issuer,problems"
    assert [each.split(",")[1] for each in told[1:]] == ["yes", "yes", "yes", "yes", "no"]
    [_, row] = (
        await batch(site, params={"format": "csv"}, files={"file": ("ours.png", pile["ours.png"])})
    ).text.splitlines()
    assert row.startswith("ours.png,yes,yes,")
    spoiled = await batch(
        site, files={"file": ("=1+1.json", pile["changed.json"])}, headers={"accept": "text/csv"}
    )
    assert spoiled.text.splitlines()[1].startswith("'=1+1.json,no,unknown,")


async def test_a_browser_is_shown_which_failed_and_why(site, pile):
    """As they are checked; what was sent is text to it, whatever is in it."""
    names = ("ours.png", "changed.json", "signed_badge_example-p2.json")
    files = [("file", (each, pile[each])) for each in names]
    files += [("file", ("<b>a.zip", zipped({"<script>.txt": b"Dear Sir", "ours.jwt": pile["ours.jwt"]})))]
    shown = await batch(site, files=files, headers={"accept": BROWSER})
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in shown.headers["content-security-policy"]
    page = " ".join(shown.text.split())
    for each in (
        "<h1>5 credentials</h1>",
        "3 of 5 verified, 2 not.",
        "<strong>Verified</strong> ours.png",
        "<strong>Not verified</strong> changed.json <br>Signature: Something was changed since it was signed",
        "<strong>Not verified</strong> &lt;script&gt;.txt <br>It is neither JSON, a JWT, nor a picture",
        "who is not on the list of those whom the company trusts",
        "whom the company trusts",
    ):
        assert each in page, each
    refused = await batch(site, files={"file": ("<b>.zip", b"PK\x03\x04")}, headers={"accept": BROWSER})
    assert refused.status_code == 422
    assert "The batch is not taken: &lt;b&gt;.zip: it is no ZIP file" in refused.text


@pytest.mark.parametrize(
    ("kind", "content", "status", "says"),
    [
        ("application/x-ndjson", b"\n".join([b"{}"] * 1_001), 422, "at most 1000"),
        ("text/csv", b"url\n" + b"\n".join([b"https://example.com/x"] * 1_001), 422, "at most 1000"),
        ("text/csv", b"file:///etc/passwd", 422, "is no address"),
        ("application/zip", zipped({f"{n}.json": b"{}" for n in range(1_001)}), 422, "at most 1000"),
        ("application/zip", zipped({f"{n}.txt": b"0" * 5_000_000 for n in range(11)}), 422, "MB together"),
        ("application/zip", b"PK\x03\x04 broken", 422, "no ZIP file"),
        ("application/json", b"[" * 100_000, 422, "not taken"),
        ("application/x-ndjson", b"no json", 422, "line 1 is not JSON"),
        ("application/x-ndjson", b"\xff", 422, "not taken"),
        ("application/x-ndjson", b'"https://\\ud800"', 422, "line 1 has half of a character"),
        ("application/json", b'[{"url": "https://\\udfff"}]', 422, "line 1 has half of a character"),
        ("application/x-ndjson", b"", 422, "nothing in it"),
        ("image/png", b"x", 422, "none of the kinds"),
        ("application/zip", b"x" * 50_000_001, 413, "at most 50 MB"),
    ],
    ids=lambda each: each if isinstance(each, str) and " " in each else "",
)
async def test_a_pile_is_bounded(site, kind, content, status, says):
    found = await batch(site, content=content, headers={"content-type": kind})
    assert (found.status_code, says in found.text) == (status, True), found.text
    again = await batch(site, content=b"{}", headers={"content-type": "application/x-ndjson"})
    assert again.status_code == 200, "what was refused keeps nobody out"


async def test_one_batch_at_a_time(site, monkeypatch):
    """Of one address; and when it is done, or its sender is gone, the next one."""
    waiting, go = asyncio.Event(), asyncio.Event()

    async def fetch(_self, _url):
        waiting.set()
        await go.wait()
        return b"{}"

    monkeypatch.setattr("cairn.credentials.fetch.Web.get", fetch)
    sent = {"content": b"https://example.com/x", "headers": {"content-type": "text/csv"}}
    first = asyncio.create_task(batch(site, **sent))
    await waiting.wait()
    assert (await batch(site, **sent)).status_code == 429
    go.set()
    assert (await first).json()["results"][0]["verified"] is False
    assert (await batch(site, **sent)).status_code == 200
