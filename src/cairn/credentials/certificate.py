"""The certificate of an award: a tagged page (PDF/A-3) with a QR code and the signed document in it."""

import json
from datetime import date
from io import BytesIO
from typing import Any

import segno

from cairn.credentials.picture import Badge, Picture, compiled, drawn


def certificate(document: dict[str, Any], badge: Badge, logo: Picture | None = None) -> bytes:
    """The PDF of a signed document, with the issuer's logo where there is one. It takes some 50 ms."""
    subject = document["credentialSubject"]
    about = subject["achievement"]
    qr = BytesIO()
    segno.make(document["id"], error="m").save(qr, kind="svg", scale=4, border=0)
    until = document.get("validUntil")
    given = {
        "title": f"{about['name']}: {holder(document)}",
        "kind": badge.kind,
        "holder": holder(document),
        "name": about["name"],
        "description": about["description"],
        "criteria": about["criteria"]["narrative"],
        "outcomes": [f"{name} ({level})" if level else name for name, level in outcomes(document)],
        "issuer": document["issuer"]["name"],
        "awarded": day(document["awardedDate"]),
        "until": f"Valid until {day(until)}" if until else "Without an end",
        "url": document["id"],
        "hue": badge.hue,
        "badge": drawn(badge, "svg").decode(),
        "logo": logo.as_("svg").decode() if logo is not None else None,
        "qr": qr.getvalue().decode(),
        "document": json.dumps(document, indent=2, ensure_ascii=False),
    }
    return compiled("certificate.typ", {"given": json.dumps(given)}, "pdf")


def holder(document: dict[str, Any]) -> str:
    """Who holds it, as the document says in clear."""
    known = document["credentialSubject"].get("identifier", [])
    return next(
        (each["identityHash"] for each in known if each["identityType"] == "name" and not each["hashed"]), ""
    )


def outcomes(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The skills that it shows, each with the name of its level."""
    subject = document["credentialSubject"]
    achieved = {each["resultDescription"]: each.get("achievedLevel") for each in subject.get("result", [])}
    found = []
    for each in subject["achievement"].get("resultDescription", []):
        levels = {level["id"]: level["name"] for level in each.get("rubricCriterionLevel", [])}
        found.append((each["name"], levels.get(achieved.get(each["id"]), "")))
    return found


def day(instant: str) -> str:
    """`2026-03-01T…` → `1 March 2026`."""
    found = date.fromisoformat(instant[:10])
    return f"{found.day} {found:%B %Y}"
