"""Checking badges of Open Badges 2.0: hosted, where the issuer's own copy is what counts, and signed.

Open Badges 2.0, "Implementation: verifying". What an assertion points to is read from where it points.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from cairn.credentials.report import (
    Report,
    Result,
    Sources,
    Unavailable,
    check_dates,
    id_of,
    listed,
    object_of,
    strings,
)

CONTEXT = "https://w3id.org/openbadges/v2"
REQUIRED = {
    "Assertion": ("id", "recipient", "badge", "verification", "issuedOn"),
    "BadgeClass": ("id", "name", "description", "image", "criteria", "issuer"),
    "Profile": ("id", "name", "url", "email"),
}


async def check(document: dict[str, Any], token: str | None, sources: Sources, at: datetime) -> Report:
    """Checks an assertion; `token` is the JWS it came as, if it did."""
    report = Report(f"Open Badges 2.0, {'signed' if token else 'hosted'}", document)
    wrong = _wrong(document, "Assertion")
    if wrong is None and CONTEXT not in strings(document.get("@context")):
        wrong = "@context: it is not that of Open Badges 2.0"
    if wrong is not None:
        report.add("structure", Result.FAILED, f"{wrong}.")
        return report
    report.add("structure", Result.PASSED, "It is built as an assertion of Open Badges 2.0 is.")
    try:
        badge = await _found(document["badge"], "BadgeClass", sources)
        issuer = await _found(badge["issuer"], "Profile", sources)
    except Unavailable as error:
        report.add("issuer", Result.UNKNOWN, f"{error}.")
        issuer = {}
    except ValueError as error:
        report.add("issuer", Result.FAILED, f"{error}.")
        issuer = {}
    if issuer:
        report.issuer = str(issuer["id"])
        report.add("issuer", Result.PASSED, f"It is a badge of {issuer['name']} ({issuer['id']}).")
    try:
        if token is None:
            await _check_copy(report, issuer, sources)
        else:
            await _check_signature(report, token, issuer, sources)
    except Unavailable as error:
        report.add("signature", Result.UNKNOWN, f"{error}.")
    except ValueError as error:
        report.add("signature", Result.FAILED, f"What it points to cannot be read: {error}.")
    check_dates(report, at, ("issuedOn",), ("expires",))
    return report


def _wrong(node: Mapping[str, Any], type_: str) -> str | None:
    """What a node of that type lacks."""
    types = strings(node.get("type"))
    if type_ not in types and not (type_ == "Profile" and "Issuer" in types):
        return f"type: it is no {type_}"
    missing = next((name for name in REQUIRED[type_] if not node.get(name)), None)
    if missing is not None:
        return f"{missing}: it is missing from the {type_}"
    recipient = node.get("recipient", {"identity": "x"})
    if type_ == "Assertion" and not (isinstance(recipient, dict) and recipient.get("identity")):
        return "recipient: it says nobody's identity"
    return None


async def _found(given: Any, type_: str, sources: Sources) -> dict[str, Any]:
    """A node that is written out, or found at its id. Raises `Unavailable`, `ValueError`."""
    found = given if isinstance(given, dict) else await _at(str(given), sources)
    wrong = _wrong(found, type_)
    if wrong is not None:
        raise ValueError(wrong[0].upper() + wrong[1:])
    if not isinstance(given, dict) and found["id"] != given:
        raise ValueError(f"What is found at {str(given)[:200]} calls itself otherwise")
    return found


async def _at(url: str, sources: Sources) -> dict[str, Any]:
    return object_of((await sources.get(url)).decode(errors="replace"))


async def _check_copy(report: Report, issuer: Mapping[str, Any], sources: Sources) -> None:
    """A hosted assertion is true because its issuer says the same, at an address that is the issuer's."""
    document = report.document
    try:
        copy = await _at(str(document["id"]), sources)
    except ValueError as error:
        report.add("signature", Result.FAILED, f"The issuer's own copy cannot be read: {error}.")
        return
    if copy.get("revoked") is True:
        says = str(copy.get("revocationReason", "it gives no reason"))[:300]
        report.add("status", Result.FAILED, f"Its issuer has revoked it: {says}.")
    else:
        report.add("status", Result.PASSED, "Its issuer has not revoked it.")
    differing = sorted(
        name
        for name in {*copy, *document} - {"@context", "revoked", "revocationReason"}
        if copy.get(name) != document.get(name)
    )
    if differing and copy.get("revoked") is not True:
        report.add(
            "signature", Result.FAILED, f"The issuer's own copy says otherwise: {', '.join(differing)}."
        )
        return
    if issuer and not _is_theirs(str(document["id"]), issuer):
        report.add("signature", Result.FAILED, "It is hosted where its issuer hosts no badges.")
        return
    report.add("signature", Result.PASSED, "The issuer's own copy says the same.")


def _is_theirs(url: str, issuer: Mapping[str, Any]) -> bool:
    """Whether the issuer hosts assertions there; of its own origin, where it does not say otherwise."""
    given = issuer.get("verification")
    policy = given if isinstance(given, dict) else {}
    starts = strings(policy.get("startsWith", []))
    origins = strings(policy.get("allowedOrigins", []))
    if starts:
        return any(url.startswith(each) for each in starts)
    host = urlsplit(url).netloc
    return host in (origins or [urlsplit(str(issuer["id"])).netloc])


async def _check_signature(report: Report, token: str, issuer: Mapping[str, Any], sources: Sources) -> None:
    verification = report.document["verification"]
    url = id_of(verification.get("creator") if isinstance(verification, dict) else None)
    url = url or next(iter(strings(issuer.get("publicKey", []))), "")
    key = await _at(url, sources)
    if issuer and url not in [id_of(each) for each in listed(issuer.get("publicKey", []))]:
        report.add("signature", Result.FAILED, "The key that signed it is not one of its issuer's.")
        return
    try:
        signed = jws.deserialize_compact(
            token, RSAKey.import_key(str(key["publicKeyPem"])), algorithms=["RS256"]
        )
        is_the_same = json.loads(signed.payload) == report.document
    except (JoseError, ValueError, KeyError, TypeError):
        is_the_same = False
    if not is_the_same:
        report.add("signature", Result.FAILED, "Something was changed since it was signed, or it never was.")
        return
    report.add("signature", Result.PASSED, "Nothing was changed since it was signed (RS256).")
    if not isinstance(issuer.get("revocationList"), str):
        report.add("status", Result.NOTHING, "Its issuer has no way to take it back.")
        return
    list_ = await _at(issuer["revocationList"], sources)
    revoked = [id_of(each) for each in listed(list_.get("revokedAssertions", []))]
    if report.document["id"] in revoked:
        report.add("status", Result.FAILED, "Its issuer has revoked it.")
    else:
        report.add("status", Result.PASSED, "Its issuer has not revoked it.")
