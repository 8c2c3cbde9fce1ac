"""Two verifiers that others wrote accept what we sign, and refuse it for each reason there is.

`openbadgeslib` checks the proof, the JWT and the list as its strict self. In JavaScript, where Node is there,
the libraries of the Digital Credentials Consortium check the proof and the list, and did-jwt the JWT; what is
in a picture is found by code of others too. None has a way to the network: each is given what this server
answers.
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
from cairn.credentials.document import Issuer
from cairn.credentials.issuer import did_document
from cairn.credentials.picture import PNG, Badge, bake_png, bake_svg, drawn
from cairn.db.ranges import now
from cairn.settings import settings
from credentials.earning import REVOKE
from web.test_outside import ENDORSE, RECORD

ODD = "Über 日本 ]]> & <b> 🎓"
"""A name that a picture might not keep."""
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

    if isinstance(credential, bytes):
        credential = json.loads(_taken_out(credential))

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


def _taken_out(picture):
    """What is in a picture, as others find it."""
    if picture.startswith(PNG):
        return baking.extract_png(picture, keyword=baking.ITXT_KEYWORD_OB3)
    return baking.extract_svg(picture, element=baking.SVG_ELEMENT_OB3, text_fallback=True)


def _bytes(credential):
    if isinstance(credential, bytes):
        return credential
    return credential.encode() if isinstance(credential, str) else json.dumps(credential).encode()


def _did(site):
    return "did:web:" + site.address.removeprefix("http://").replace(":", "%3A")


async def javascript(node, site, forms, documents=None):
    """Of each form: whether it is verified, why not, and its statements."""
    known = {url: contexts.context(url) for url in contexts.contexts()} | (documents or {})
    known[_did(site)] = (await site.get("/.well-known/did.json")).json()
    status = forms["json"].get("credentialStatus")
    if status:
        list_ = status["statusListCredential"]
        known[list_] = (await site.get(list_.removeprefix(site.address))).json()
    sent = {form: base64.b64encode(_bytes(each)).decode() for form, each in forms.items()}
    given = json.dumps({"forms": sent, "documents": known}).encode()
    process = await asyncio.create_subprocess_exec(
        "node", "verify.mjs", cwd=node, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    told, complained = await asyncio.wait_for(process.communicate(given), 60)
    assert process.returncode == 0, complained.decode()
    return json.loads(told)


async def ours(site, credential):
    """The first check of our own verifier that did not pass."""
    report = await verify.verify(_bytes(credential), site.outside.own)
    return next((each.name for each in report.problems), None)


def signed_again(document, *, key=None, method=None, **changes):
    """The same document with other values, signed as if they were true: as JSON and as a JWT."""
    changed = {name: value for name, value in {**document, **changes}.items() if name != "proof"}
    signer = key or keys.signer(settings())
    method = method or f"{changed['issuer']['id']}#{keys.multibase(signer.public)}"
    return proof.secured(changed, signer, method, now()), proof.jwt(changed, signer, method)


def in_every_form(document, jwt):
    """Those two, and the document in pictures."""
    badge, whole = Badge("Data", "Badge", "Somebody"), json.dumps(document, ensure_ascii=False)
    png, svg = bake_png(drawn(badge, "png"), whole), bake_svg(drawn(badge, "svg"), whole)
    return {"json": document, "jwt": jwt, "png": png, "svg": svg}


async def served(site, award):
    """What the server gives of a credential, in every form."""
    return {
        "json": (await site.get(f"{award}.json")).json(),
        "jwt": (await site.get(f"{award}.jwt")).text,
        "png": (await site.get(f"{award}.png")).content,
        "svg": (await site.get(f"{award}.svg")).content,
    }


def statements(document):
    """What is signed of a document."""
    return jsonld.statements({name: value for name, value in document.items() if name != "proof"})


async def test_every_form_is_accepted(site, award):
    forms = await served(site, award)
    assert {form: await openbadgeslib(site, each) for form, each in forms.items()} == dict.fromkeys(forms)
    odd = in_every_form(*signed_again(forms["json"], name=ODD))
    assert {form: await openbadgeslib(site, each) for form, each in odd.items()} == dict.fromkeys(forms)


async def test_every_form_is_accepted_in_javascript_with_the_same_statements(site, award, node):
    forms = await served(site, award)
    odd = in_every_form(*signed_again(forms["json"], name=ODD))
    for each in (forms, odd):
        told = await javascript(node, site, each)
        assert {form: said["verified"] for form, said in told.items()} == dict.fromkeys(forms, True), told
        signed = statements(each["json"])
        assert [told[form]["nquads"] for form in ("json", "png", "svg")] == [signed] * 3


async def test_three_libraries_find_the_same_statements(site, award, node):
    """PyLD and jsonld.js by themselves, and pyoxigraph, whose canonical form is what we sign."""
    document = (await site.get(f"{award}.json")).json()
    bare = {name: value for name, value in document.items() if name != "proof"}

    def load(url, _options):
        return {"contextUrl": None, "documentUrl": url, "document": contexts.context(url)}

    by_pyld = pyld.jsonld.normalize(
        bare, {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
    )
    assert by_pyld.splitlines() == jsonld.statements(bare).splitlines()
    assert len(by_pyld.splitlines()) > 50
    assert (await javascript(node, site, {"json": document}))["json"]["nquads"] == by_pyld


async def test_an_endorsement_and_a_record_are_accepted_too(site, award, ask, world, node):
    gid = f"Award:{award.removeprefix('/credentials/')}"
    made = await ask.do(ENDORSE, {"award": gid, "comment": "Fast joins"}, viewer=world.viewer("Ben"))
    await site.done()
    endorsement = (await site.get(f"/endorsements/{made['id'].removeprefix('Endorsement:')}")).json()
    record = (await ask.do(RECORD, {}, viewer=world.viewer("Cleo")))["document"]
    for document in (endorsement, record):
        told = (await javascript(node, site, {"json": document}))["json"]
        assert told["verified"], told["why"]
        assert told["nquads"] == statements(document)
        told = (await javascript(node, site, {"json": {**document, "name": "Another"}}))["json"]
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


@pytest.fixture
def key_given_up(site, database, monkeypatch):
    """Rotates to another key, and then says that the one before was stolen."""

    async def rotated():
        monkeypatch.setenv("CAIRN_SIGNING_KEY", ANOTHER)
        settings.cache_clear()
        site.outside.settings = settings()
        async with database.transaction() as tx:
            await rotate.registered(tx, settings())

    async def given_up():
        async with database.transaction() as tx:
            _, old = await rotate.listed(tx)
            await rotate.compromise(tx, system("keys"), key=old.id)

    return rotated, given_up


async def test_after_its_key_was_rotated_it_is_accepted_and_then_there_is_one_of_the_new_key(
    site, award, key_given_up, node
):
    forms = await served(site, award)
    rotated, given_up = key_given_up
    await rotated()
    assert {form: await openbadgeslib(site, each) for form, each in forms.items()} == dict.fromkeys(forms)
    assert all(each["verified"] for each in (await javascript(node, site, forms)).values())
    await given_up()
    await site.done()
    again = await served(site, award)
    assert {form: await openbadgeslib(site, each) for form, each in again.items()} == dict.fromkeys(forms)
    assert all(each["verified"] for each in (await javascript(node, site, again)).values())


def _rewritten(jwt, **changes):
    """A JWT with other claims, and the signature that it had."""
    head, body, signature = jwt.split(".")
    claims = {**json.loads(base64.urlsafe_b64decode(body + "==")), **changes}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


STRANGER = Issuer("https://stranger.example", "A stranger")
"""An issuer with a DID document of its own, who signs as if it were us."""
REASONS = {
    "changed": ("signature", "ignature", "Invalid signature", "invalid_signature"),
    "revoked": (
        "status",
        "'revocation' is set",
        "revocation_status: not valid",
        "revocation_status: not valid",
    ),
    "expired": ("dates", "has expired", 'is after "validUntil"', "JWT has expired"),
    "not yet valid": ("dates", "not yet valid", 'is before "validFrom"', "JWT not valid before nbf"),
    "of an unknown key": ("issuer", "no verificationMethod", "not there: did:web:127", "invalid_signature"),
    "by another issuer": (
        "issuer",
        "'did:web:stranger.example#",
        "must match the verification method",
        "invalid_signature",
    ),
    "in another's name": ("issuer", "stranger.example", "not there: did:web:stranger", "invalid_signature"),
    "its key removed": ("issuer", "no verificationMethod", "not there: did:web:127", "invalid_signature"),
}
"""What is broken; the check of ours that says so; and what the others say: openbadgeslib, and in JavaScript
of a JSON document and of a JWT."""


@pytest.fixture(params=REASONS)
async def broken(request, site, award, ask, world, key_given_up, tmp_path):
    """Why it is to be refused, the credential in every form, and what else there is to be fetched."""
    forms = await served(site, award)
    document, reason = forms["json"], request.param
    stranger = keys.signer(settings().model_copy(update={"signing_key": None, "data_dir": tmp_path}))
    public = keys.multibase(stranger.public)
    documents = {STRANGER.did: did_document(STRANGER, [public])}
    again = None
    match reason:
        case "changed":
            again = {**document, "name": "Another"}, _rewritten(forms["jwt"], name="Another")
        case "revoked":
            given = {"award": award.replace("/credentials/", "Award:"), "reason": "Copied"}
            await ask.do(REVOKE, given, viewer=world.viewer("Lena"))
        case "expired":
            again = signed_again(document, validUntil=proof.written(now() - timedelta(days=1)))
        case "not yet valid":
            again = signed_again(document, validFrom=proof.written(now() + timedelta(days=30)))
        case "of an unknown key":
            again = signed_again(document, key=stranger)
        case "by another issuer":
            again = signed_again(document, key=stranger, method=f"{STRANGER.did}#{public}")
        case "in another's name":
            again = signed_again(document, issuer={**document["issuer"], "id": STRANGER.did})
        case "its key removed":
            for step in key_given_up:
                await step()
    return reason, in_every_form(*again) if again else forms, documents


async def test_whatever_it_comes_in_it_is_refused_for_that(site, broken):
    reason, forms, _ = broken
    check, says, _, _ = REASONS[reason]
    for form, each in forms.items():
        assert await ours(site, each) == check, form
        assert says in (await openbadgeslib(site, each) or "accepted"), form


async def test_whatever_it_comes_in_it_is_refused_for_that_in_javascript(site, broken, node):
    reason, forms, documents = broken
    _, _, of_json, of_jwt = REASONS[reason]
    told = await javascript(node, site, forms, documents)
    assert {form: said["verified"] for form, said in told.items()} == dict.fromkeys(forms, False), told
    for form, said in told.items():
        assert (of_jwt if form == "jwt" else of_json) in said["why"], form
    # did-jwt knows no status, and so a JWT that was revoked is well signed to it.
    assert told["jwt"].get("signed") is (True if reason == "revoked" else None)
