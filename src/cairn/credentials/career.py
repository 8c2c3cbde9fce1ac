"""Learner records: signed credentials in one signed document, those of a stack or of a whole career.

Comprehensive Learner Record 2.0. The members are the documents as they were signed, proofs and all: each
holds by itself, in the record and out of it. A stack's parts are `isPartOf` the whole, and one that was
earned before the next `precedes` it. A record tells what was so when it was signed, as its `validFrom` says,
and has no bit in a status list: what was taken back since, each member's own status tells.
"""

import asyncio
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import proof, rotate, tables
from cairn.credentials.award import AwardId
from cairn.credentials.contexts import CREDENTIALS, EXTENSIONS, OPEN_BADGES, Unsignable
from cairn.credentials.document import RECORD, SCHEMAS, Issuer, problems, profile
from cairn.credentials.issuer import issuer, method
from cairn.credentials.proof import written
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from cairn.requirements import wire
from cairn.requirements.tree import SubjectKind, subjects
from cairn.settings import SettingError, settings

LearnerRecordId = Annotated[UUID, Ref("LearnerRecord")]

CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
MOST = 100
"""Credentials of one record: the latest."""


@dataclass
class NothingToSign(Refusal):
    """There is no signed credential that the record could be made of."""


_MEMBERS = text(
    "select award.id, award.credential_id, award.awarded_at, document.document"
    " from award join signed_document document on document.award_id = award.id and superseded_at is null"
    " join signing_key key on key.id = document.key_id and key.compromised_at is null"
    " where employee_id = :employee and revoked_at is null"
    " and (cast(:parts as uuid[]) is null or award.credential_id = any(:parts) or award.id = :award)"
    " order by award.id is not distinct from :award desc, awarded_at desc, award.id desc limit :most"
).bindparams(bindparam("parts", type_=ARRAY(Uuid)), bindparam("award", type_=Uuid))


async def sign_record(
    tx: Transaction, viewer: Viewer, *, award: AwardId | None = None, employee: EmployeeId | None = None
) -> tables.LearnerRecord:
    """Signs your credentials as one document (Comprehensive Learner Record 2.0): your passport.

    It can be checked by anybody, for ever, also after you have left. With `award` it has that award and what
    it was stacked from. It has 100 at most, the latest, and says so where there are more.

    Args:
        award: An award whose requirement names other credentials; all you have by default.
        employee: Whose credentials: yours by default, anybody's if you manage access.
    """
    whose = employee or viewer.employee
    if whose is None:
        raise invalid("employee", "say whose credentials you want")
    found = await find(tx, viewer, Employee, whose)
    if viewer.employee != whose and not viewer.may(Permission.MANAGE_ACCESS):
        raise NotAllowed("Records are for the person they are about, and for those who manage access.")
    parts = None
    if award is not None:
        stacked = await find(tx, viewer, tables.Award, award)
        version = await tx.get_one(tables.CredentialVersion, stacked.version_id)
        named = subjects(wire.parse(version.requirement))
        parts = [each.id for each in named if each.kind is SubjectKind.CREDENTIAL]
    asked = {"employee": whose, "parts": parts, "award": award, "most": MOST + 1}
    there = (await tx.execute(_MEMBERS, asked)).all()
    rows = sorted(there[:MOST], key=lambda row: (row.awarded_at, row.id))
    whole = next((row for row in rows if row.id == award), None)
    if not rows or (award is not None and whole is None):
        raise NothingToSign("There is no signed credential of that person.")
    instant, address = now(), settings().address
    try:
        signer, key = await rotate.registered(tx, settings())
    except SettingError:
        raise NothingToSign("There is no key to sign with at the moment.") from None
    by = await issuer(tx, address)
    id_ = tables.LearnerRecord.new_id()
    members = [orjson.loads(row.document) for row in rows]
    at = next((n for n, row in enumerate(rows) if row is whole), None)
    is_cut = len(there) > MOST
    composed = compose(by, id_, found.display_name, members, at, written(instant), is_cut=is_cut)

    def signed() -> tuple[str, str]:
        url = method(by, key.public)
        with_proof = proof.secured(composed, signer, url, instant)
        return orjson.dumps(with_proof, option=orjson.OPT_INDENT_2).decode(), proof.jwt(composed, signer, url)

    document, jwt = await asyncio.to_thread(signed)
    row = tables.LearnerRecord(
        id=id_,
        employee_id=whose,
        award_id=award,
        key_id=key.id,
        document=document,
        jwt=jwt,
        members=len(members),
        signed_at=instant,
    )
    tx.add(row)
    await tx.flush()
    after = {"members": len(members), "key": key.public}
    await audit.record(tx, viewer, "record.sign", row, after=after)
    return row


def compose(
    by: Issuer,
    id_: UUID,
    name: str,
    members: list[dict[str, Any]],
    whole: int | None,
    instant: str,
    *,
    is_cut: bool = False,
) -> dict[str, Any]:
    """The record of signed documents, in the order in which they were earned. Raises `Unsignable`.

    `whole` is which of them the others are part of; `is_cut`, whether there are more than it has.
    """
    ids = [each["credentialSubject"]["achievement"]["id"] for each in members]
    parts = [each for n, each in enumerate(ids) if n != whole]
    ties = [(part, "isPartOf", ids[whole]) for part in parts] if whole is not None else []
    ties += [(one, "precedes", other) for one, other in pairwise(parts) if one != other]
    every = f"The latest {len(members)} credentials" if is_cut else "All credentials"
    title = members[whole]["name"] if whole is not None else every
    subject: dict[str, Any] = {
        "type": ["ClrSubject"],
        "identifier": [
            {"type": "IdentityObject", "hashed": False, "identityHash": name, "identityType": "name"}
        ],
        "verifiableCredential": members,
    }
    if ties:
        subject["association"] = [
            {"type": "Association", "associationType": kind, "sourceId": source, "targetId": target}
            for source, kind, target in dict.fromkeys(ties)
        ]
    document: dict[str, Any] = {
        "@context": [CREDENTIALS, CLR, OPEN_BADGES, EXTENSIONS],
        "id": f"urn:uuid:{id_}",
        "type": ["VerifiableCredential", RECORD],
        "name": f"{title}: {name}",
        "issuer": profile(by),
        "validFrom": instant,
        "credentialSubject": subject,
        "credentialSchema": [{"id": SCHEMAS[RECORD], "type": "1EdTechJsonSchemaValidator2019"}],
    }
    if whole is not None or is_cut:
        document["partial"] = True
    for problem in problems(document, RECORD):
        raise Unsignable(problem)
    return document
