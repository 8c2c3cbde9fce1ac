"""Signing a document, twice: with a proof inside (`eddsa-rdfc-2022`), and as a JWT around it.

Data Integrity EdDSA Cryptosuites 1.0, section 3.2; Open Badges 3.0, section 8.2 (VC-JWT).
"""

import base64
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import base58
import orjson

from cairn.credentials.keys import Signer


def written(instant: datetime) -> str:
    """An instant as documents write it: to the second, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def secured(document: dict[str, Any], signer: Signer, method: str, created: datetime) -> dict[str, Any]:
    """The document with a proof; `method` is the URL of the key. Raises `Unsignable`."""
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": written(created),
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    signature = signer.sign(hash_of(document, options))
    return {**document, "proof": [{**options, "proofValue": "z" + base58.b58encode(signature).decode()}]}


def hash_of(document: dict[str, Any], options: dict[str, Any], *, earlier: bool = False) -> bytes:
    """What is signed: the hash of the proof's options, then that of the document without proof."""
    return digests({"@context": document["@context"], **options}, document, earlier=earlier)


def digests(*documents: dict[str, Any], earlier: bool = False) -> bytes:
    """The hashes of what documents state, one after the other."""
    from cairn.credentials.jsonld import statements  # noqa: PLC0415  # heavy, and few processes sign or verify

    return b"".join(sha256(statements(each, earlier=earlier).encode()).digest() for each in documents)


def jwt(document: dict[str, Any], signer: Signer, method: str) -> str:
    """The document as a JWT (RFC 7519) with the claims that Open Badges 3.0 asks for beside it."""
    header = {"alg": "EdDSA", "typ": "JWT", "kid": method}
    claims = {
        **document,
        "iss": issuer["id"] if isinstance(issuer := document["issuer"], dict) else issuer,
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
        "iat": _seconds(document["validFrom"]),
    }
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    if "id" in document["credentialSubject"]:
        claims["sub"] = document["credentialSubject"]["id"]
    body = f"{_part(orjson.dumps(header))}.{_part(orjson.dumps(claims))}"
    return f"{body}.{_part(signer.sign(body.encode()))}"


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
