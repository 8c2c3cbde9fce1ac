"""Signed badges of Open Badges 2.0 (JWS), by a signer that others wrote: checked by theirs and by ours."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob2.models import Assertion, IdentityObject, Verification
from openbadgeslib.ob2.signer import OB2Signer
from openbadgeslib.ob2.verifier import OB2VerificationError, OB2Verifier

from cairn.credentials import verify
from cairn.credentials.picture import Badge, drawn
from cairn.credentials.report import Result
from credentials.test_verify import BADGE, ISSUER, Known

KEY, LIST = "https://example.org/key.json", "https://example.org/revoked.json"
SIGNER, STRANGER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PROFILE = {**ISSUER, "publicKey": KEY, "revocationList": LIST}
NOW = datetime.now(UTC)


def published(key=SIGNER, **changes):
    """What the issuer has on its site."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    context = "https://w3id.org/openbadges/v2"
    documents = {
        BADGE["id"]: BADGE,
        PROFILE["id"]: PROFILE,
        KEY: {
            "@context": context,
            "type": "CryptographicKey",
            "id": KEY,
            "owner": PROFILE["id"],
            "publicKeyPem": pem,
        },
        LIST: {
            "@context": context,
            "type": "RevocationList",
            "id": LIST,
            "issuer": PROFILE["id"],
            "revokedAssertions": [],
        },
    }
    return documents | changes


def assertion(**changes):
    return Assertion(
        **{
            "recipient": IdentityObject.create("beth@example.org", "deadsea"),
            "badge": BADGE["id"],
            "verification": Verification(type="SignedBadge", creator=KEY),
            "id": "urn:uuid:3d1f0f7e-6a2b-4c0d-9a51-2f4f8f1f0c11",
            "issued_on": NOW - timedelta(days=9),
        }
        | changes
    )


def signed(given=None, key=SIGNER, form=None):
    """An assertion as a JWS, or as a picture with one in it."""
    signer, about = OB2Signer(key), given or assertion()
    badge = Badge("Robotics", "Badge", "Somebody")
    match form:
        case "png":
            return signer.sign_into_png(about, drawn(badge, "png"))
        case "svg":
            return signer.sign_into_svg(about, drawn(badge, "svg"))
    return signer.sign(about).encode()


async def ours(data, documents):
    """The checks that did not pass."""
    report = await verify.verify(data, Known(*documents.values()))
    assert report.form == "Open Badges 2.0, signed"
    return [
        each.name
        for each in report.checks
        if each.name != "trusted" and each.result in {Result.FAILED, Result.UNKNOWN}
    ]


async def theirs(token, documents):
    """None, or why the others refuse it."""

    def check():
        verifier = OB2Verifier(download=lambda url: json.dumps(documents[url]).encode())
        try:
            verifier.verify(token.decode(), check_revocation=True)
        except OB2VerificationError as error:
            return str(error)
        return None

    return await asyncio.to_thread(check)


@pytest.mark.parametrize("form", [None, "png", "svg"])
async def test_one_that_was_signed_is_verified_also_in_a_picture(form):
    assert await ours(signed(form=form), published()) == []
    assert await theirs(signed(), published()) is None


REVOKED = {LIST: {**published()[LIST], "revokedAssertions": [{"id": assertion().id}]}}
BROKEN = {
    "of another key": (signed(key=STRANGER), published(), "signature"),
    "its key replaced": (signed(), published(STRANGER), "signature"),
    "its key none of the issuer's": (
        signed(),
        published(**{PROFILE["id"]: {**PROFILE, "publicKey": "https://example.org/other.json"}}),
        "signature",
    ),
    "revoked": (signed(), published(**REVOKED), "status"),
    "expired": (signed(assertion(expires=NOW - timedelta(days=1))), published(), "dates"),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_each_broken_one_is_refused_by_both(what):
    token, documents, check = BROKEN[what]
    assert await ours(token, documents) == [check]
    assert await theirs(token, documents)


async def test_one_that_was_changed_is_refused_by_both():
    other = signed(assertion(recipient=IdentityObject.create("eve@example.org", "deadsea")))
    head, _, signature = signed().split(b".")
    changed = b".".join([head, other.split(b".")[1], signature])
    assert await ours(changed, published()) == ["signature"]
    assert await theirs(changed, published())


async def test_one_whose_issuer_does_not_answer_is_not_taken_for_true():
    assert {"issuer", "signature"} <= set(await ours(signed(), {}))
