"""The certificate of an award: a tagged page (PDF/A-3) with a QR code and the signed document in it.

It is drawn when it is asked for, by a template. Before each template stands `data/typst/frame.typ`: whatever
it says, the PDF has its title and issuer, and the signed document is attached.
"""

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any

import segno

from cairn.credentials.document import KINDS
from cairn.credentials.picture import Badge, Picture, drawn
from cairn.credentials.typeset import BrokenTemplate, packed, typeset

log = logging.getLogger("cairn.credentials")
LANGUAGE = "en"


@dataclass(frozen=True)
class Template:
    """A typst source, and the pictures that go with it."""

    source: str
    images: Mapping[str, Picture] = field(default_factory=dict)

    @staticmethod
    def packed() -> "Template":
        """The one of a company that has none of its own."""
        return Template(packed("certificate.typ"))


async def certificate(
    document: Mapping[str, Any],
    badge: Badge,
    logo: Picture | None = None,
    template: Template | None = None,
    language: str = LANGUAGE,
) -> bytes:
    """The PDF of a signed document. It takes some 100 ms.

    Where the company's template does not do with these facts, the packed one has to: nobody is left without
    their certificate, and the log says so.
    """
    given = await asyncio.to_thread(facts, document, badge, logo, language)
    if template is not None:
        try:
            return (await typeset(template.source, given | pictures(template))).body
        except BrokenTemplate as refusal:
            log.warning("the template of %s does not do: %s", document["id"], refusal.message)
    return (await typeset(Template.packed().source, given)).body


def facts(
    document: Mapping[str, Any], badge: Badge, logo: Picture | None, language: str = LANGUAGE
) -> dict[str, Any]:
    """What a template is given (`given`, from `data/typst/frame.typ`); texts, but where it is said.

    - `title`, of the document; `kind`, as `Certificate`; `holder`; `name`, `description` and `criteria` of
      what was earned; `outcomes`, a list of skills with their levels; `issuer`; `url`, where it is checked
    - `awarded` and `until` as `1 March 2026`, `awarded_on` and `until_on` as `2026-03-01`; those of the end
      are none where it has none
    - `credits` of ECTS, a number, or none
    - `badge`, `qr` and `logo` as SVG, for `image(bytes(given.qr), format: "svg")`; `logo` is none where the
      issuer has none; `images`, by name, are those of the template
    - `hue`, the degrees on the wheel of colours that go with the badge
    - `language`, as whoever asks for the certificate wants it (BCP 47); `en` where they do not say
    """
    subject = document["credentialSubject"]
    about = subject["achievement"]
    qr = BytesIO()
    segno.make(document["id"], error="m").save(qr, kind="svg", scale=4, border=0)
    until = document.get("validUntil")
    return {
        "title": f"{about['name']}: {holder(document)}",
        "kind": badge.kind,
        "holder": holder(document),
        "name": about["name"],
        "description": about["description"],
        "criteria": about["criteria"]["narrative"],
        "outcomes": [f"{name} ({level})" if level else name for name, level in outcomes(document)],
        "credits": about.get("creditsAvailable"),
        "issuer": document["issuer"]["name"],
        "awarded": day(document["awardedDate"]),
        "awarded_on": document["awardedDate"][:10],
        "until": day(until) if until else None,
        "until_on": until[:10] if until else None,
        "url": document["id"],
        "hue": badge.hue,
        "language": language,
        "badge": drawn(badge, "svg").decode(),
        "logo": logo.as_("svg").decode() if logo is not None else None,
        "images": {},
        "qr": qr.getvalue().decode(),
        "document": json.dumps(document, indent=2, ensure_ascii=False),
    }


def pictures(template: Template) -> dict[str, Any]:
    """The pictures of a template, as it is given them."""
    return {"images": {name: each.as_("svg").decode() for name, each in template.images.items()}}


def badge_of(document: Mapping[str, Any], picture: Picture | None) -> Badge:
    """The badge of what was earned."""
    about = document["credentialSubject"]["achievement"]
    return Badge(about["name"], KINDS[about["achievementType"]], document["issuer"]["name"], picture)


def is_language(tag: str) -> bool:
    """Whether it is the tag of a language, by its form (BCP 47)."""
    return len(tag) <= 35 and re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) is not None


def holder(document: Mapping[str, Any]) -> str:
    """Who holds it, as the document says in clear."""
    known = document["credentialSubject"].get("identifier", [])
    return next(
        (each["identityHash"] for each in known if each["identityType"] == "name" and not each["hashed"]), ""
    )


def outcomes(document: Mapping[str, Any]) -> list[tuple[str, str]]:
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
