"""The badge that the README shows is a real one: what is in it was signed, and nothing was changed."""

import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from cairn.credentials.document import Issuer
from cairn.credentials.issuer import did_document
from cairn.credentials.report import Result, Unavailable, instant_of, read
from cairn.credentials.verify import verify

PICTURE = (files("cairn.demo") / "data" / "badge.svg").read_bytes()
DOCUMENT, _ = read(PICTURE)


class Demo:
    """The demo that signed it: its key, and nothing else that is there any more."""

    async def did(self, _did):
        key = DOCUMENT["proof"][0]["verificationMethod"].partition("#")[2]
        return did_document(Issuer("http://localhost:8000", ""), [key])

    async def trusts(self, _issuer):
        return None

    async def get(self, url):
        raise Unavailable(f"{url} does not answer")


async def test_its_signature_fits():
    instant = instant_of(DOCUMENT["validFrom"]) + timedelta(days=1)
    report = await verify(PICTURE, Demo(), instant=instant)
    passed = {each.name for each in report.checks if each.result is Result.PASSED}
    assert passed == {"structure", "schema", "issuer", "signature", "dates"}
    changed = json.dumps({**DOCUMENT, "name": "Python Master"}).encode()
    [wrong] = [
        each.name
        for each in (await verify(changed, Demo(), instant=instant)).checks
        if each.result is Result.FAILED
    ]
    assert wrong == "signature"


def test_the_readme_shows_it():
    readme = Path(__file__).parents[2] / "README.md"
    assert '<img src="src/cairn/demo/data/badge.svg"' in readme.read_text()
    subject = DOCUMENT["credentialSubject"]
    assert (subject["achievement"]["name"], DOCUMENT["issuer"]["name"]) == (
        "Python Practitioner",
        "Adventure Works",
    )
