"""An award as an Open Badges 3.0 document: what it says, field by field, before it is signed.

Everything is told in the terms of the standard and nothing of ours besides: a strict reader refuses a key
it does not know. The elements of a European micro-credential have their place: the learner (`identifier`),
title, awarding body and its country (`issuer`), dates, learning outcomes (`alignment`), workload
(`creditsAvailable` in ECTS, and the hours in the criteria), level (an `alignment` with the European
Qualifications Framework), the type of assessment, the form of participation and what assures the quality (a
line each in the criteria).

The e-mail address is told as its hash, as the standard has it; the name stands in clear, for a certificate
that names nobody is worth nothing to who holds the file alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import orjson

from cairn.credentials import status
from cairn.credentials.contexts import CREDENTIALS, EXTENSIONS, OPEN_BADGES, Unsignable
from cairn.credentials.proof import written
from cairn.credentials.tables import CredentialKind

BADGE, ENDORSEMENT, RECORD = "OpenBadgeCredential", "EndorsementCredential", "ClrCredential"
SCHEMAS = {
    BADGE: "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_achievementcredential_schema.json",
    ENDORSEMENT: (
        "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_endorsementcredential_schema.json"
    ),
    RECORD: "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json",
}
"""Where the schema of each kind of document is published."""
HOURS_OF_A_CREDIT = 25
"""An ECTS credit is 25 to 30 hours of work; the lower bound is what most of Europe takes."""

TYPES = {
    CredentialKind.BADGE: "Badge",
    CredentialKind.CERTIFICATE: "Certificate",
    CredentialKind.MICRO_CREDENTIAL: "MicroCredential",
    CredentialKind.LICENSE: "License",
}

KINDS = {
    "Badge": "Badge",
    "Certificate": "Certificate",
    "MicroCredential": "Micro-credential",
    "License": "License",
}
"""The same as people read them."""


@dataclass(frozen=True)
class Issuer:
    """Who awards."""

    address: str
    """The public URL, with no slash at its end."""
    name: str
    url: str | None = None
    email: str | None = None
    country: str | None = None
    description: str | None = None
    has_logo: bool = False

    @property
    def did(self) -> str:
        """The issuer's DID (did:web method, section 2.1)."""
        return did_web(self.address)


@dataclass(frozen=True)
class Outcome:
    """A skill, and the level that was reached."""

    skill: UUID
    name: str
    code: str
    framework: str
    framework_url: str | None
    level: int


@dataclass(frozen=True)
class Achievement:
    """What is awarded: one version of a definition."""

    version: UUID
    number: int
    kind: CredentialKind
    name: str
    description: str
    criteria: str
    workload_hours: int | None = None
    outcomes: Sequence[Outcome] = ()
    scale: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """The company's levels: name and descriptor of each."""
    eqf_level: int | None = None
    assessment: str | None = None
    participation: str | None = None
    quality_assurance: str | None = None

    def slug(self, outcome: "Outcome") -> str:
        """The part of an address that stands for an outcome, and for no other of these.

        Of `C`, `C#` and `C++`, or of two frameworks that have the same code, the skill tells them apart.
        """
        plain = _slug(outcome.code)
        is_shared = sum(_slug(each.code) == plain for each in self.outcomes) > 1
        return f"{plain}-{outcome.skill.hex[-12:]}" if is_shared else plain


@dataclass(frozen=True)
class Shown:
    """Something that shows the achievement."""

    name: str
    narrative: str
    url: str | None = None


@dataclass(frozen=True)
class Awarded:
    """All that a document says."""

    award: UUID
    issuer: Issuer
    achievement: Achievement
    name: str
    """The holder's."""
    email: str | None
    awarded_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    evidence: Sequence[Shown]
    place: status.Place
    salt: str


def did_web(address: str) -> str:
    """`https://example.com:8443/x` → `did:web:example.com%3A8443:x`."""
    parts = urlsplit(address)
    path = [quote(part, safe="") for part in parts.path.split("/") if part]
    return ":".join(["did:web", quote(parts.netloc, safe=""), *path])


def compose(said: Awarded) -> dict[str, Any]:
    """The document. Raises `Unsignable` where something that is said has no place in it."""
    address, about = said.issuer.address, said.achievement
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"],
        "identifier": _identifiers(said),
        "achievement": achievement(address, said.issuer, about),
    }
    if about.outcomes:
        subject["result"] = [
            {
                "type": ["Result"],
                "resultDescription": _result(address, about, each),
                "achievedLevel": _level(address, about, each, each.level),
            }
            for each in about.outcomes
        ]
    document: dict[str, Any] = {
        "@context": [CREDENTIALS, OPEN_BADGES, EXTENSIONS],
        "id": f"{address}/credentials/{said.award}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": about.name,
        "description": about.description,
        "image": _image(f"{address}/credentials/{said.award}.png", about.name),
        "issuer": profile(said.issuer),
        "awardedDate": written(said.awarded_at),
        "validFrom": written(said.valid_from),
        "credentialSubject": subject,
        "credentialSchema": [{"id": SCHEMAS[BADGE], "type": "1EdTechJsonSchemaValidator2019"}],
        "credentialStatus": status.entry(address, said.place),
    }
    if said.valid_until is not None:
        document["validUntil"] = written(said.valid_until)
    if said.evidence:
        document["evidence"] = [
            {
                **({"id": each.url} if each.url else {}),
                "type": ["Evidence"],
                "name": each.name,
                "narrative": each.narrative,
            }
            for each in said.evidence
        ]
    for problem in problems(document):
        raise Unsignable(problem)
    return document


def profile(issuer: Issuer) -> dict[str, Any]:
    """The issuer as a document names it."""
    found: dict[str, Any] = {"id": issuer.did, "type": ["Profile"], "name": issuer.name}
    found["url"] = issuer.url or issuer.address
    more = {"email": issuer.email, "description": issuer.description}
    found |= {name: value for name, value in more.items() if value}
    if issuer.has_logo:
        logo = f"{issuer.address}/issuer/image"
        found["image"] = {"id": logo, "type": "Image", "caption": f"The logo of {issuer.name}"}
    if issuer.country:
        found["address"] = {
            "id": f"{issuer.address}/issuer#address",
            "type": ["Address"],
            "addressCountryCode": issuer.country,
        }
    return found


def achievement(address: str, issuer: Issuer, about: Achievement) -> dict[str, Any]:
    """What is awarded, as a document has it and as it is found at its own address."""
    url = f"{address}/achievements/{about.version}"
    hours = about.workload_hours
    found: dict[str, Any] = {
        "id": url,
        "type": ["Achievement"],
        "achievementType": TYPES[about.kind],
        "name": about.name,
        "description": about.description,
        "criteria": {"id": url, "narrative": _narrative(about)},
        "image": _image(f"{url}/image", about.name),
        "creator": profile(issuer),
        "version": str(about.number),
    }
    if hours:
        found["creditsAvailable"] = round(hours / HOURS_OF_A_CREDIT, 2)
    alignment = [
        {
            "type": ["Alignment"],
            "targetName": each.name,
            "targetUrl": each.framework_url or f"{url}#skill-{about.slug(each)}",
            "targetFramework": each.framework,
            "targetCode": each.code,
        }
        for each in about.outcomes
    ]
    if about.eqf_level:
        alignment.append(
            {
                "type": ["Alignment"],
                "targetName": f"EQF level {about.eqf_level}",
                "targetUrl": f"http://data.europa.eu/snb/eqf/{about.eqf_level}",
                "targetFramework": "European Qualifications Framework",
                "targetCode": str(about.eqf_level),
            }
        )
    if alignment:
        found["alignment"] = alignment
    if about.outcomes:
        found["resultDescription"] = [
            {
                "id": _result(address, about, each),
                "type": ["ResultDescription"],
                "name": each.name,
                "resultType": "RubricCriterionLevel",
                "requiredLevel": _level(address, about, each, each.level),
                "rubricCriterionLevel": [
                    {
                        "id": _level(address, about, each, level),
                        "type": ["RubricCriterionLevel"],
                        "level": str(level),
                        "name": name,
                        "description": descriptor,
                    }
                    for level, (name, descriptor) in sorted(
                        ({each.level: (f"Level {each.level}", "")} | dict(about.scale)).items()
                    )
                ],
            }
            for each in about.outcomes
        ]
    return found


def _narrative(about: Achievement) -> str:
    """How it is earned, and what the standard has no other place for."""
    hours = about.workload_hours
    lines = {
        "Workload": f"{hours} hours." if hours else None,
        "Level": f"{about.eqf_level} of the European Qualifications Framework." if about.eqf_level else None,
        "Assessment": about.assessment,
        "Participation": about.participation,
        "Quality assurance": about.quality_assurance,
    }
    more = "\n".join(f"{name}: {said}" for name, said in lines.items() if said)
    return f"{about.criteria}\n\n{more}" if more else about.criteria


def _identifiers(said: Awarded) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "type": "IdentityObject",
            "hashed": False,
            "identityHash": said.name,
            "identityType": "name",
        }
    ]
    if said.email:
        found.insert(
            0,
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": "sha256$" + sha256((said.email + said.salt).encode()).hexdigest(),
                "identityType": "emailAddress",
                "salt": said.salt,
            },
        )
    return found


def _image(url: str, name: str) -> dict[str, Any]:
    return {"id": url, "type": "Image", "caption": f"The badge {name}"}


def _result(address: str, about: Achievement, outcome: Outcome) -> str:
    return f"{address}/achievements/{about.version}#result-{about.slug(outcome)}"


def _level(address: str, about: Achievement, outcome: Outcome, level: int) -> str:
    return f"{_result(address, about, outcome)}-level-{level}"


def _slug(code: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", code).strip("-").lower() or "skill"


_FILES = {BADGE: "ob_v3p0_achievementcredential_schema.json", RECORD: "clr_v2p0_clrcredential_schema.json"}


@cache
def _schema(kind: str) -> Any:
    from jsonschema import Draft201909Validator, FormatChecker  # noqa: PLC0415  # heavy, and few processes check

    name = _FILES.get(kind, _FILES[BADGE])
    found = orjson.loads(files("cairn.credentials").joinpath("data", "schemas", name).read_bytes())
    if kind == ENDORSEMENT:
        # What is published for it alone is the same as what the schema of badges has for those inside.
        found = {"$schema": found["$schema"], "$defs": found["$defs"], "$ref": f"#/$defs/{ENDORSEMENT}"}
    return Draft201909Validator(found, format_checker=FormatChecker(["date-time", "email"]))


def problems(document: Mapping[str, Any], kind: str = BADGE, most: int = 20) -> list[str]:
    """Where a document differs from the published schema of its kind: a sentence each."""
    found = []
    for error in _schema(kind).iter_errors(document):
        where = "/".join(str(part) for part in error.absolute_path) or "the document"
        found.append(f"{where}: {error.message[:300]}")
        if len(found) == most:
            break
    return found
