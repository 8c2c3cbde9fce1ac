"""Status lists: the bits by which whoever holds a signed document learns that it is no longer true.

Bitstring Status List 1.0, with one purpose: `revocation`. A strict Open Badges reader wants exactly one
`credentialStatus`, and of the purposes a reader in the field knows only `revocation` and `suspension`, one
bit each; `message`, which could say both, is read wrongly. A revoked bit is for ever, so the bit belongs to
the *signed document* and not to the award: it is set as soon as what the document says of the time to come
is no longer so, whether the award was revoked, suspended, or ended early. An award that is restored is signed
anew, with another bit. A document whose award is prolonged is still true, and keeps its bit clear.

Positions are drawn by lot from a list that is half full at most, but for what is being signed just then: they
tell nothing of the order in which documents were signed. Who draws waits for nobody else who does, but where
a list begins, or two draw the same (of fifty each, in one of fifty cases): the later one then draws anew.
"""

import base64
import gzip
import secrets
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, bindparam, text

from cairn.credentials import tables
from cairn.credentials.contexts import CREDENTIALS
from cairn.credentials.proof import written
from cairn.db.engine import Transaction
from cairn.db.ranges import now

ENTRIES = 131_072
"""The length of a list; no shorter one is allowed (Bitstring Status List 1.0, section 2.1)."""
MOST = ENTRIES // 2

_NEWEST = text(
    "select id, (select count(*) from status_entry where list_id = status_list.id) as taken"
    " from status_list order by id desc limit 1"
)
_BEGIN = text("select pg_advisory_xact_lock(hashtext('status_list'))")
_TAKE = text(
    "insert into status_entry (list_id, position, document_id, award_id)"
    " select :list, * from unnest(:positions, :documents, :awards)"
    " on conflict (list_id, position) do nothing returning document_id, position"
).bindparams(
    bindparam("positions", type_=ARRAY(Integer)),
    bindparam("documents", type_=ARRAY(Uuid)),
    bindparam("awards", type_=ARRAY(Uuid)),
)

Place = tuple[UUID, int]
"""A list, and a position in it."""


async def allot(tx: Transaction, documents: Mapping[UUID, UUID | None]) -> dict[UUID, Place]:
    """A bit for each of those documents, which are given with their award, if they are of one."""
    found: dict[UUID, Place] = {}
    left = dict(documents)
    while left:
        if (open_ := await _open(tx)) is None:
            await _begin(tx)
            continue
        list_, room = open_
        some = list(left.items())[:room]
        positions = secrets.SystemRandom().sample(range(ENTRIES), len(some))
        drawn = sorted(zip(positions, some, strict=True))  # who waits for a position has none after it
        given = {
            "list": list_,
            "positions": [position for position, _ in drawn],
            "documents": [document for _, (document, _) in drawn],
            "awards": [award for _, (_, award) in drawn],
        }
        for document, position in (await tx.execute(_TAKE, given)).all():
            found[document] = (list_, position)
            del left[document]
    return found


async def _open(tx: Transaction) -> tuple[UUID, int] | None:
    """The list that positions are drawn from, and how many more; None where there is none with any."""
    row = (await tx.execute(_NEWEST)).first()
    return None if row is None or row.taken >= MOST else (row.id, MOST - row.taken)


async def _begin(tx: Transaction) -> None:
    """Begins another list; who would too waits, and draws from this one: a list of few tells who is on it."""
    await tx.execute(_BEGIN)
    if await _open(tx) is None:
        tx.add(tables.StatusList())
        await tx.flush()


_SET = text(
    "update status_entry entry set revoked_at = :now from signed_document document"
    " join award on award.id = document.award_id"
    " where document.id = entry.document_id and award.id = any(:awards) and entry.revoked_at is null"
    " and case when coalesce(document.valid_until > greatest(document.valid_from, :now), true)"
    "  then not tstzrange(greatest(document.valid_from, :now), document.valid_until) <@ award.held"
    "  else false end"
).bindparams(bindparam("awards", type_=ARRAY(Uuid)))

_SET_OF_ERASED = text(
    "update status_entry entry set revoked_at = :now from award"
    " where award.id = entry.award_id and award.id = any(:awards) and award.revoked_at is not null"
    " and entry.revoked_at is null"
    " and not exists (select from signed_document document where document.id = entry.document_id)"
).bindparams(bindparam("awards", type_=ARRAY(Uuid)))


async def follow(tx: Transaction, awards: Collection[UUID]) -> None:
    """Sets the bits of documents that say of the time to come what their award does not hold.

    A document whose holder was erased is here no more, and out there it may be: its bit is set when the award
    is revoked.
    """
    await tx.flush()
    given = {"awards": list(awards), "now": now()}
    await tx.execute(_SET, given)
    await tx.execute(_SET_OF_ERASED, given)


_PLACES = text(
    "select document_id, list_id, position from status_entry where document_id = any(:documents)"
).bindparams(bindparam("documents", type_=ARRAY(Uuid)))
_END = text(
    "update status_entry set revoked_at = :now where document_id = any(:documents) and revoked_at is null"
).bindparams(bindparam("documents", type_=ARRAY(Uuid)))


async def places(tx: Transaction, documents: Collection[UUID]) -> dict[UUID, Place]:
    """The bits of those documents that have one."""
    rows = (await tx.execute(_PLACES, {"documents": list(documents)})).all()
    return {row.document_id: (row.list_id, row.position) for row in rows}


async def end(tx: Transaction, documents: Collection[UUID]) -> None:
    """Sets the bits of documents that stand no more."""
    await tx.execute(_END, {"documents": list(documents), "now": now()})


def entry(address: str, place: Place) -> dict[str, Any]:
    """What a document says of its bit."""
    list_, position = place
    return {
        "id": f"{address}/status/{list_}#{position}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(position),
        "statusListCredential": f"{address}/status/{list_}",
    }


def credential(
    address: str, issuer: str, list_: UUID, revoked: Iterable[int], instant: datetime
) -> dict[str, Any]:
    """A list as a document, not yet signed."""
    url = f"{address}/status/{list_}"
    return {
        "@context": [CREDENTIALS],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": written(instant),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded(revoked),
        },
    }


def encoded(positions: Iterable[int], length: int = ENTRIES) -> str:
    """Bits, the first on the left, as a list is written: compressed, base64url, after a `u`."""
    bits = bytearray(length // 8)
    for position in positions:
        bits[position // 8] |= 0x80 >> position % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()


def decoded(written_: str, *, most: int = 16_777_216) -> Sequence[int]:
    """The bytes of a list; `is_set` reads them. Raises `ValueError`, also for more than `most` bytes."""
    if written_[:1] != "u":
        raise ValueError("encodedList is no base64url of multibase: it does not begin with u")
    try:
        packed = base64.urlsafe_b64decode(written_[1:] + "=" * (-len(written_[1:]) % 4))
        bits = _unpacked(packed, most)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"encodedList cannot be unpacked: {error}") from None
    if len(bits) * 8 < ENTRIES:
        raise ValueError(f"encodedList has {len(bits) * 8} entries; a list has at least {ENTRIES}")
    return bits


def _unpacked(packed: bytes, most: int) -> bytes:
    """What was compressed, up to a limit: a kilobyte may unfold to a gigabyte."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        bits = unpacking.decompress(packed, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(bits) > most:
        raise ValueError(f"it unfolds to more than {most} bytes")
    if not unpacking.eof:
        raise ValueError("its end is missing")
    return bits


def is_set(bits: Sequence[int], position: int) -> bool:
    """Whether the bit at that position is set. Raises `ValueError` for one past the end."""
    if not 0 <= position < len(bits) * 8:
        raise ValueError(f"the list has no position {position}")
    return bool(bits[position // 8] & (0x80 >> position % 8))
