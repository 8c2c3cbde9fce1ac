"""What is there for those outside who check credentials: the issuer, its keys, achievements, status lists.

Read from the database as it is now and signed in this process, so that nothing of it waits for a worker: a
credential that was revoked is refused the next time its list is fetched.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from cairn.credentials import document as documents
from cairn.credentials import proof, rotate, sign, status
from cairn.credentials.certificate import Template
from cairn.credentials.design import chosen
from cairn.credentials.document import Achievement, Issuer
from cairn.credentials.issuer import did_document, issuer, method
from cairn.credentials.picture import Picture
from cairn.credentials.report import Report, Unavailable
from cairn.credentials.verify import verify
from cairn.db.engine import Database
from cairn.db.ranges import now
from cairn.settings import Settings

FRESH_SECONDS = 600
"""A list is signed anew after that time, changed or not, so that its age can be told."""
MOST_LISTS = 64

_STATE = """
select case
  when exists (select from award join employee on employee.id = employee_id
    where award.id = $1 and erased_at is not null) then 'erased'
  when exists (select from award where id = $1 and is_hidden) then 'hidden'
  when exists (select from award where id = $1 and revoked_at is not null) then 'revoked'
  when exists (select from award where id = $1 and not held && tstzrange($2, null)) then 'over'
  when exists (select from award where id = $1) then 'there'
  when exists (select from status_entry where award_id = $1) then 'erased' end"""
_DOCUMENT = """
select document from signed_document join award on award.id = award_id
where award_id = $1 and superseded_at is null and not is_hidden"""
_IMAGE = """
select png, svg, width, height from credential_version version
join credential on credential.id = credential_id join image on image.id = image_id where version.id = $1"""
_LOGO = "select png, svg, width, height from issuer_profile join image on image.id = logo_id"
_TRUSTED = "select exists (select from trusted_issuer where issuer = $1)"
_LISTED = "select public from signing_key where compromised_at is null order by active_from desc"
_REVOKED = """
select (select array_agg(position) from status_entry where list_id = $1 and revoked_at is not null),
  (select public from signing_key where retired_at is null order by active_from desc limit 1)
from status_list where id = $1"""


@dataclass(frozen=True)
class _Signed:
    """A list as it was signed. No bit is ever cleared, so how many are set tells whether it has changed."""

    revoked: int
    key: str
    at: float
    document: bytes
    jwt: str

    def fits(self, revoked: int, key: str | None) -> bool:
        """Whether it is what would be signed now."""
        return (self.revoked, self.key) == (revoked, key) and time.monotonic() - self.at < FRESH_SECONDS


class Outside:
    """One company as those outside see it."""

    def __init__(self, database: Database, settings: Settings, address: str) -> None:
        self.database = database
        self.settings = settings
        self.address = address
        self.own = _Own(self)
        """Where our own checks have from what they need: not through the network."""
        self._lists: dict[UUID, _Signed] = {}

    async def state(self, award: UUID) -> str | None:
        """How an award is that has no document to show; None where there never was one.

        `hidden` by its holder, `erased`, `there` and to be signed, or, before it was signed, `revoked` or
        `over`, for now or for ever.
        """
        found: str | None = await self.database.reads.fetchval(_STATE, award, now())
        return found

    async def document(self, award: UUID) -> str | None:
        """The signed document of an award that its holder does not hide."""
        found: str | None = await self.database.reads.fetchval(_DOCUMENT, award)
        return found

    async def issuer(self) -> Issuer:
        """Who awards."""
        async with self.database.transaction() as tx:
            return await issuer(tx, self.address)

    async def did_document(self) -> dict[str, Any]:
        """The keys of the issuer that are good."""
        async with self.database.reads.acquire() as connection:
            rows = await connection.fetch(_LISTED)
        return did_document(Issuer(self.address, ""), [row["public"] for row in rows])

    async def achievement(self, version: UUID) -> tuple[Issuer, Achievement] | None:
        """A version of a definition, and who awards it."""
        known = await self.database.reads.fetchval("select id from credential_version where id = $1", version)
        if known is None:
            return None
        async with self.database.transaction() as tx:
            return await issuer(tx, self.address), await sign.achievement(tx, version)

    async def picture(self, version: UUID | None) -> Picture | None:
        """What a version's credential looks like, or the issuer's logo; None where nobody gave a picture."""
        given = (_LOGO,) if version is None else (_IMAGE, version)
        async with self.database.reads.acquire() as connection:
            row = await connection.fetchrow(*given)
        return None if row is None else Picture(*row)

    async def template(self, award: UUID) -> Template | None:
        """The template that draws the certificate of an award; None where it is the packed one."""
        async with self.database.transaction() as tx:
            return await chosen(tx, award)

    async def status_list(self, list_: UUID) -> tuple[bytes, str] | None:
        """A status list as a signed document, and as a JWT. Raises `SettingError` where there is no key."""
        async with self.database.reads.acquire() as connection:
            row = await connection.fetchrow(_REVOKED, list_)
        if row is None:
            return None
        revoked, signing = row[0] or [], row[1]
        known = self._lists.get(list_)
        if known is not None and known.fits(len(revoked), signing):
            return known.document, known.jwt
        async with self.database.transaction() as tx:
            signer, key = await rotate.registered(tx, self.settings)
        by, instant = Issuer(self.address, ""), now()

        def signed() -> tuple[bytes, str]:
            found = status.credential(self.address, by.did, list_, revoked, instant)
            url = method(by, key.public)
            with_proof = proof.secured(found, signer, url, instant)
            return orjson.dumps(with_proof, option=orjson.OPT_INDENT_2), proof.jwt(found, signer, url)

        document, jwt = await asyncio.to_thread(signed)
        if len(self._lists) >= MOST_LISTS:
            self._lists.clear()
        self._lists[list_] = _Signed(len(revoked), key.public, time.monotonic(), document, jwt)
        return document, jwt

    async def trusts(self, issuer: str) -> bool:
        """Whether the company trusts an issuer: itself, and those on its list."""
        return issuer == self.own.name or await is_listed(self.database, issuer)

    async def check(self, document: Mapping[str, Any]) -> Report:
        """A credential of ours, checked as anybody would, but without a way through the network."""
        return await verify(orjson.dumps(document), self.own)


async def is_listed(database: Database, issuer: str) -> bool:
    """Whether an issuer is on the list of those whom the company trusts."""
    found: bool = await database.reads.fetchval(_TRUSTED, issuer)
    return found


class _Own:
    """What we would answer to somebody who checks."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.name = documents.did_web(outside.address)

    async def did(self, did: str) -> Mapping[str, Any]:
        if did != self.name:
            raise Unavailable(f"{did[:200]} is not this issuer")
        return await self._outside.did_document()

    async def trusts(self, issuer: str) -> bool:
        return await self._outside.trusts(issuer)

    async def get(self, url: str) -> bytes:
        kind, _, name = url.removeprefix(f"{self._outside.address}/").partition("/")
        try:
            id_ = UUID(name.partition(".")[0].partition("#")[0])
        except ValueError:
            kind, id_ = "", UUID(int=0)
        if kind == "status" and (found := await self._outside.status_list(id_)) is not None:
            return found[0]
        if kind == "credentials" and (document := await self._outside.document(id_)) is not None:
            return document.encode()
        raise Unavailable(f"There is no {url[:200]} here")
