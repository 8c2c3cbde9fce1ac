"""What a body outside says for a credential of the sample company, and for the company as an issuer.

The body is made up, and so is its key: it signs what it has to say, and the key is kept nowhere.
"""

from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlmodel import col

from cairn.access.viewer import system
from cairn.credentials import proof
from cairn.credentials.contexts import CREDENTIALS, OPEN_BADGES
from cairn.credentials.document import ENDORSEMENT
from cairn.credentials.endorse import bring_endorsement, subject_id, withdraw_endorsement
from cairn.credentials.keys import multibase
from cairn.credentials.tables import Credential, CredentialVersion, DefinitionStatus, Endorsement
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.settings import settings

BODY = "Cascade Council for Workplace Learning (made up)"
CODE = "python-practitioner"
OF_CREDENTIAL = (
    "We read the three courses and their exercises. Whoever holds this can be given a small program to write"
    " and to look after; our members take it in place of our own entry examination."
)
OF_ISSUER = "We have looked at how Adventure Works examines its people: it asks for what it says it asks for."
LOADER = system("demo")


async def load(database: Database) -> None:
    """Puts it there, once for each address that the company is found at."""
    async with database.transaction() as tx:
        row = Endorsement
        outside = select(row).where(col(row.endorser_id).is_(None), col(row.withdrawn_at).is_(None))
        there = (await tx.execute(outside)).scalars().all()
        if any(each.address == settings().address for each in there):
            return
        for each in there:
            await withdraw_endorsement(
                tx, LOADER, endorsement=each.id, reason="The company is found at another address."
            )
        body = _Body()
        version = await _published(tx)
        for named, comment in ((version, OF_CREDENTIAL), (None, OF_ISSUER)):
            document = body.says(subject_id(settings().address, None, named), comment)
            await bring_endorsement(tx, LOADER, credential_version=named, document=document)


async def _published(tx: Transaction) -> UUID:
    found = (
        select(col(CredentialVersion.id))
        .join(Credential, col(Credential.id) == col(CredentialVersion.credential_id))
        .where(col(Credential.code) == CODE, col(CredentialVersion.status) == DefinitionStatus.PUBLISHED)
    )
    return (await tx.execute(found)).scalar_one()


class _Body:
    """Somebody outside who signs, known by their key (`did:key`)."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)

    def says(self, subject: str, comment: str) -> str:
        """An endorsement, signed."""
        key, instant = multibase(self.public), now()
        document = {
            "@context": [CREDENTIALS, OPEN_BADGES],
            "id": f"urn:uuid:{uuid4()}",
            "type": ["VerifiableCredential", ENDORSEMENT],
            "name": f"Endorsement by {BODY}",
            "description": "What a body outside says.",
            "issuer": {"id": f"did:key:{key}", "type": ["Profile"], "name": BODY},
            "validFrom": proof.written(instant),
            "credentialSubject": {
                "id": subject,
                "type": ["EndorsementSubject"],
                "endorsementComment": comment,
            },
        }
        return orjson.dumps(proof.secured(document, self, f"did:key:{key}#{key}", instant)).decode()
