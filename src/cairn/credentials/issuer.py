"""The issuer: what the company says of itself, and which keys are its own, as a DID document.

A retired key stays listed, for what it signed is still good; a compromised one is gone (Controlled
Identifiers 1.0, section 2.2; did:web method, section 2.5).
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.document import Issuer
from cairn.db.engine import Transaction
from cairn.graph.scalars import Url


async def describe_issuer(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    url: Url | None = None,
    email: str | None = None,
    country: str | None = None,
    description: str | None = None,
) -> tables.IssuerProfile:
    """Says who the company is to those who check its credentials; what was signed before stays as it is.

    Args:
        name: What the company is called.
        url: Its web site.
        email: Where it answers questions about what it awarded.
        country: Where it is, as two letters (ISO 3166-1).
        description: What it is, in a sentence.
    """
    viewer.require(Permission.WRITE_LEARNING)
    wrong = (
        ("name", not name.strip(), "must not be empty"),
        ("country", bool(country) and not re.fullmatch("[A-Z]{2}", country or ""), "is two capital letters"),
        ("email", bool(email) and not re.fullmatch(r"[^@\s]+@[^@\s]+", email or ""), "is no e-mail address"),
        (
            "url",
            bool(url) and urlsplit(url or "").scheme not in {"https", "http"},
            "is no address of a web site",
        ),
    )
    if problems := [FieldProblem([path], message) for path, is_wrong, message in wrong if is_wrong]:
        raise InvalidInput("The issuer is not described so that others understand it.", problems)
    found = (await tx.execute(select(tables.IssuerProfile))).scalar_one_or_none()
    before = None if found is None else found.model_dump()
    described = found or tables.IssuerProfile(name=name)
    described.name, described.url, described.email = name, url, email
    described.country, described.description = country, description
    tx.add(described)
    await tx.flush()
    await audit.record(tx, viewer, "issuer.describe", described, before=before, after=described)
    return described


async def issuer(tx: Transaction, address: str) -> Issuer:
    """The issuer as it describes itself; where it does not, its host's name has to do."""
    return told((await tx.execute(select(tables.IssuerProfile))).scalar_one_or_none(), address)


def told(profile: Any, address: str) -> Issuer:
    """The issuer of a row of `IssuerProfile`, or of none."""
    if profile is None:
        return Issuer(address, urlsplit(address).hostname or address)
    return Issuer(
        address,
        profile.name,
        profile.url,
        profile.email,
        profile.country,
        profile.description,
        has_logo=profile.logo_id is not None,
    )


def did_document(issuer: Issuer, keys: Sequence[str]) -> dict[str, Any]:
    """The DID document with those keys, as Multikey writes them."""
    methods = [method(issuer, each) for each in keys]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": issuer.did,
        "verificationMethod": [
            {"id": url, "type": "Multikey", "controller": issuer.did, "publicKeyMultibase": each}
            for url, each in zip(methods, keys, strict=True)
        ],
        "assertionMethod": methods,
        "service": [
            {"id": f"{issuer.did}#issuer", "type": "LinkedDomains", "serviceEndpoint": issuer.address}
        ],
    }


def method(issuer: Issuer, key: str) -> str:
    """The URL of a key in the DID document."""
    return f"{issuer.did}#{key}"
