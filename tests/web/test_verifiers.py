"""Two verifiers that others wrote accept what we sign, and refuse it for each reason there is.

`openbadgeslib` checks the proof, the JWT and the list as its strict self; the libraries of the Digital
Credentials Consortium do it in JavaScript, where Node is there. Neither has a way to the network: each is
given what this server answers.
"""

import asyncio
import base64
import copy
import json
import subprocess
from datetime import timedelta

import base58
import httpx2
import pyld
import pytest
from openbadgeslib import baking
from openbadgeslib.ob3.ldp import OB3LdpVerifier
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from cairn.access.viewer import system
from cairn.credentials import contexts, jsonld, keys, proof, rotate, verify
from cairn.credentials.picture import Badge, bake_png, bake_svg, drawn
from cairn.db.ranges import now
from cairn.settings import settings
from credentials.earning import REVOKE
from web.test_outside import ENDORSE, RECORD

ANOTHER = "z" + base58.b58encode(b"\x80\x26" + bytes(range(32))).decode()
"""A key to rotate to."""


def _answers():
    """What this server answers, also where somebody asks for it by https."""

    def download(url):
        found = httpx2.get(url.replace("https://127", "http://127"), timeout=10)
        found.raise_for_status()
        return found.content

    return download


async def openbadgeslib(site, credential):
    """None, or why it is refused."""

    def check():
        download = _answers()
        try:
            if isinstance(credential, str):
                OB3Verifier.for_issuer_did(_did(site), download).verify(
                    credential, check_status=True, verify_status_list=False, download=download
                )
            else:
                OB3LdpVerifier(issuer_did=_did(site)).verify(
                    json.dumps(credential), check_status=True, verify_status_list=False, download=download
                )
        except OB3VerificationError as error:
            return str(error)
        return None

    return await asyncio.to_thread(check)


def _did(site):
    return "did:web:" + site.address.removeprefix("http://").replace(":", "%3A")


async def javascript(node, site, credential):
    """Whether it is verified, why, and its statements."""
    documents = {url: contexts.context(url) for url in contexts.contexts()}
    documents[_did(site)] = (await site.get("/.well-known/did.json")).json()
    if "credentialStatus" in credential:
        list_ = credential["credentialStatus"]["statusListCredential"]
        documents[list_] = (await site.get(list_.removeprefix(site.address))).json()
    given = json.dumps({"credential": credential, "documents": documents}).encode()
    process = await asyncio.create_subprocess_exec(
        "node", "verify.mjs", cwd=node, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    told, complained = await asyncio.wait_for(process.communicate(given), 60)
    assert process.returncode == 0, complained.decode()
    return json.loads(told)


async def ours(site, credential):
    """The checks that failed by our own verifier."""
    data = credential.encode() if isinstance(credential, str) else json.dumps(credential).encode()
    report = await verify.verify(data, site.outside.own)
    return [each.name for each in report.checks if each.result is verify.Result.FAILED]


def signed_again(document, *, key=None, **changes):
    """The same document with other values, signed as if they were true."""
    changed = {name: value for name, value in {**document, **changes}.items() if name != "proof"}
    signer = key or keys.signer(settings())
    method = f"{changed['issuer']['id']}#{keys.multibase(signer.public)}"
    return proof.secured(changed, signer, method, now()), proof.jwt(changed, signer, method)


async def test_every_form_is_accepted(site, award):
    document = (await site.get(f"{award}.json")).json()
    forms = {
        "json": document,
        "jwt": (await site.get(f"{award}.jwt")).text,
        "png": json.loads(taken_out("png", (await site.get(f"{award}.png")).content)),
        "svg": json.loads(taken_out("svg", (await site.get(f"{award}.svg")).content)),
    }
    assert {form: await openbadgeslib(site, found) for form, found in forms.items()} == dict.fromkeys(forms)


def taken_out(form, picture):
    """What is in a picture, as others find it."""
    if form == "png":
        return baking.extract_png(picture, keyword=baking.ITXT_KEYWORD_OB3)
    return baking.extract_svg(picture, element=baking.SVG_ELEMENT_OB3, text_fallback=True)


async def test_it_is_accepted_in_javascript_with_the_same_statements(site, award, node):
    document = (await site.get(f"{award}.json")).json()
    told = await javascript(node, site, document)
    assert told["verified"], told["why"]
    bare = {name: value for name, value in document.items() if name != "proof"}
    assert told["nquads"] == jsonld.statements(bare)


async def test_three_libraries_find_the_same_statements(site, award, node):
    """PyLD and jsonld.js by themselves, and pyoxigraph, whose canonical form is what we sign."""
    document = (await site.get(f"{award}.json")).json()
    bare = {name: value for name, value in document.items() if name != "proof"}

    def load(url, _options):
        return {"contextUrl": None, "documentUrl": url, "document": contexts.context(url)}

    by_pyld = pyld.jsonld.normalize(
        bare, {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    )
    by_pyoxigraph = jsonld.statements(bare)
    assert by_pyld.splitlines() == by_pyoxigraph.splitlines()
    assert len(by_pyld.splitlines()) > 50
    assert (await javascript(node, site, document))["nquads"] == by_pyld


async def test_an_endorsement_and_a_record_are_accepted_too(site, award, ask, world, node):
    gid = f"Award:{award.removeprefix('/credentials/')}"
    made = await ask.do(ENDORSE, {"award": gid, "comment": "Fast joins"}, viewer=world.viewer("Ben"))
    await site.done()
    endorsement = (await site.get(f"/endorsements/{made['id'].removeprefix('Endorsement:')}")).json()
    record = (await ask.do(RECORD, {}, viewer=world.viewer("Cleo")))["document"]
    for document in (endorsement, record):
        told = await javascript(node, site, document)
        assert told["verified"], told["why"]
        bare = {name: value for name, value in document.items() if name != "proof"}
        assert told["nquads"] == jsonld.statements(bare)
        told = await javascript(node, site, {**document, "name": "Another"})
        assert not told["verified"]


def _paths(node, path=()):
    """Where every value of a document stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _paths(value, (*path, key))
    elif isinstance(node, list):
        for n, value in enumerate(node):
            yield from _paths(value, (*path, n))
    else:
        yield path, node


def _changed(document, path, value):
    found = copy.deepcopy(document)
    node = found
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return found


async def test_every_value_that_is_changed_is_refused(site, award):
    """Each of them, one at a time, by both: none is left outside of what is signed."""
    document = (await site.get(f"{award}.json")).json()
    both = 0
    for path, value in _paths({name: each for name, each in document.items() if name != "proof"}):
        other = (
            (not value) if isinstance(value, bool) else value + 1 if isinstance(value, float) else f"{value}x"
        )
        changed = _changed(document, path, other)
        assert await ours(site, changed), path
        both += 1
        if both % 7 == 0:  # the other takes its time
            assert await openbadgeslib(site, changed), path
    assert both > 60


async def test_a_changed_value_is_refused_in_javascript(site, award, node):
    document = (await site.get(f"{award}.json")).json()
    told = await javascript(node, site, {**document, "name": "Another"})
    assert (told["verified"], "Invalid signature" in told["why"]) == (False, True)


async def test_a_revoked_one_is_refused(site, award, ask, world):
    document, jwt = (await site.get(f"{award}.json")).json(), (await site.get(f"{award}.jwt")).text
    id_ = award.removeprefix("/credentials/")
    given = {"award": f"Award:{id_}", "reason": "Copied"}
    await ask.do(REVOKE, given, viewer=world.viewer("Lena"))
    for each in (document, jwt):
        assert "'revocation' is set" in (await openbadgeslib(site, each) or "")
        assert await ours(site, each) == ["status"]


async def test_a_revoked_one_is_refused_in_javascript(site, award, ask, world, node):
    document = (await site.get(f"{award}.json")).json()
    id_ = award.removeprefix("/credentials/")
    await ask.do(REVOKE, {"award": f"Award:{id_}", "reason": "Copied"}, viewer=world.viewer("Lena"))
    assert not (await javascript(node, site, document))["verified"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"validFrom": -400, "validUntil": -30}, "expired"),
        ({"validFrom": 30}, "not yet valid"),
    ],
)
async def test_one_out_of_its_time_is_refused(site, award, node, changes, why):
    document = (await site.get(f"{award}.json")).json()
    dates = {name: proof.written(now() + timedelta(days=days)) for name, days in changes.items()}
    changed, jwt = signed_again(document, **dates)
    for each in (changed, jwt):
        assert await openbadgeslib(site, each), why
        assert await ours(site, each) == ["dates"]
    assert not (await javascript(node, site, changed))["verified"]


async def test_one_of_another_issuer_or_key_is_refused(site, award, tmp_path, node):
    document = (await site.get(f"{award}.json")).json()
    stranger = keys.signer(settings().model_copy(update={"signing_key": None, "data_dir": tmp_path}))
    by_a_stranger, jwt = signed_again(document, key=stranger)
    for each in (by_a_stranger, jwt):
        assert await openbadgeslib(site, each)
        assert "issuer" in await ours(site, each)
    assert not (await javascript(node, site, by_a_stranger))["verified"]
    issuer = {**document["issuer"], "id": "did:web:example.com"}
    for each in (_changed(document, ("issuer",), issuer), *signed_again(document, issuer=issuer)):
        assert await openbadgeslib(site, each)
        assert await ours(site, each) or not (await verify.verify(_bytes(each), site.outside.own)).is_verified


def _bytes(each):
    return each.encode() if isinstance(each, str) else json.dumps(each).encode()


async def test_after_its_key_was_rotated_it_is_accepted_and_once_that_is_given_up_refused(
    site, award, database, monkeypatch, node
):
    document, jwt = (await site.get(f"{award}.json")).json(), (await site.get(f"{award}.jwt")).text
    monkeypatch.setenv("CAIRN_SIGNING_KEY", ANOTHER)
    settings.cache_clear()
    site.outside.settings = settings()
    async with database.transaction() as tx:
        await rotate.registered(tx, settings())
    assert [await openbadgeslib(site, each) for each in (document, jwt)] == [None, None]
    assert (await javascript(node, site, document))["verified"]
    async with database.transaction() as tx:
        _, old = await rotate.listed(tx)
        await rotate.compromise(tx, system("keys"), key=old.id)
    for each in (document, jwt):
        assert await openbadgeslib(site, each)
        assert await ours(site, each) == ["issuer"]
    assert not (await javascript(node, site, document))["verified"]
    await site.done()
    again = (await site.get(f"{award}.json")).json()
    assert await openbadgeslib(site, again) is None
    assert (await javascript(node, site, again))["verified"]


REASONS = ("changed", "revoked", "expired", "not yet valid", "of a stranger", "its key given up")


@pytest.mark.parametrize("reason", REASONS)
async def test_whatever_it_comes_in_it_is_refused_for_that(
    site, award, ask, world, database, monkeypatch, tmp_path, reason
):
    document, jwt = (await site.get(f"{award}.json")).json(), (await site.get(f"{award}.jwt")).text
    match reason:
        case "changed":
            head, body, signature = jwt.split(".")
            claims = json.loads(base64.urlsafe_b64decode(body + "=="))
            again = base64.urlsafe_b64encode(json.dumps({**claims, "name": "Another"}).encode())
            document = {**document, "name": "Another"}
            jwt = ".".join([head, again.rstrip(b"=").decode(), signature])
        case "revoked":
            given = {"award": award.replace("/credentials/", "Award:"), "reason": "Copied"}
            await ask.do(REVOKE, given, viewer=world.viewer("Lena"))
        case "expired":
            document, jwt = signed_again(document, validUntil=proof.written(now() - timedelta(days=1)))
        case "not yet valid":
            document, jwt = signed_again(document, validFrom=proof.written(now() + timedelta(days=30)))
        case "of a stranger":
            stranger = keys.signer(settings().model_copy(update={"signing_key": None, "data_dir": tmp_path}))
            document, jwt = signed_again(document, key=stranger)
        case _:
            monkeypatch.setenv("CAIRN_SIGNING_KEY", ANOTHER)
            settings.cache_clear()
            site.outside.settings = settings()
            async with database.transaction() as tx:
                await rotate.registered(tx, settings())
                _, old = await rotate.listed(tx)
                await rotate.compromise(tx, system("keys"), key=old.id)
    badge, whole = Badge("Data", "Badge", "Somebody"), json.dumps(document)
    png, svg = bake_png(drawn(badge, "png"), whole), bake_svg(drawn(badge, "svg"), whole)
    for form, given, theirs in (
        ("json", whole.encode(), document),
        ("jwt", jwt.encode(), jwt),
        ("png", png, json.loads(taken_out("png", png))),
        ("svg", svg, json.loads(taken_out("svg", svg))),
    ):
        assert await openbadgeslib(site, theirs), form
        report = await verify.verify(given, site.outside.own)
        assert not report.is_verified, form
