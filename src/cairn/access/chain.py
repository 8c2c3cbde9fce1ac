"""The chain over the audit: an entry that was removed, altered or slipped in shows.

Writers do not wait for each other: entries are written as they come, and a job seals them in batches
(`jobs/sealing.py`), at most a minute or so later. A seal holds the digest of each of its entries and the hash
of the seal before it. Which entries it has is written down one by one and not as a range, so one whose
transaction was slow, and which has an earlier id than those already sealed, is in a later seal and breaks
nothing. Until then an entry is as safe as its row.

An entry's digest is the SHA-256 of its canonical JSON: who, what, when, to what, and the digest of its
details, which is that of a salt and `before` and `after`. So details can be erased, with their salt, when the
person they are about has to be forgotten: the chain holds without them, and nobody can guess what they were.
It holds without those alone that an entry `employee.erase` names, of a person who is erased: details that are
gone without one were altered.

Whoever can write to the database can also cut off the end of the chain, or forge all of it. The hash of the
newest seal, which is logged, exported, and shown by `cairn doctor`, kept elsewhere, shows that too.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, func, literal, select
from sqlmodel import col

from cairn.access.tables import AuditEntry, AuditLink, AuditSeal
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Table_

FIRST = bytes(32)
"""What stands before the first seal."""
ERASED = "employee.erase"
"""The verb of the entries that name those whose details were erased with a person."""
BATCH = 1_000
"""Entries of a seal, at most."""
LATE = timedelta(days=1)
"""How long after its id was made an entry may be committed, and still be found to be sealed."""
PATIENCE = timedelta(hours=1)
"""After which an entry without a seal is worth a word."""
PAGE = 100
"""Seals that are read at once."""

_UNSEALED = ~select(AuditLink).where(col(AuditLink.entry_id) == col(AuditEntry.id)).exists()


def canonical(value: Any) -> bytes:
    """JSON in the one form that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def details_digest(salt: bytes, before: Any, after: Any) -> bytes:
    """The digest that stands for what an entry says has changed."""
    return hashlib.sha256(salt + canonical({"before": before, "after": after})).digest()


def sealed_form(entry: AuditEntry) -> dict[str, Any]:
    """What of an entry is sealed, as an export has it too."""
    return {
        "id": str(entry.id),
        "at": _instant(entry.at),
        "viewer": entry.viewer,
        "on_behalf_of": None if entry.on_behalf_of_id is None else str(entry.on_behalf_of_id),
        "verb": entry.verb,
        "subject_type": entry.subject_type,
        "subject_id": None if entry.subject_id is None else str(entry.subject_id),
        "request_id": entry.request_id,
        "details": None if entry.details is None else entry.details.hex(),
    }


def digest(entry: AuditEntry) -> bytes:
    """The digest of an entry."""
    return hashlib.sha256(canonical(sealed_form(entry))).digest()


def seal_hash(previous: bytes, number: int, sealed_at: datetime, digests: list[bytes]) -> bytes:
    """The hash of a seal: over the one before, its number, its time, and its entries in order."""
    found = hashlib.sha256(previous + number.to_bytes(8, "big") + _instant(sealed_at).encode())
    for each in digests:
        found.update(each)
    return found.digest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


async def seal(tx: Transaction) -> AuditSeal | None:
    """Seals the oldest entries that are not; None where all are.

    Two at once both take the next number, and the one that commits second fails and is tried again.
    """
    last = (
        await tx.execute(select(AuditSeal).order_by(col(AuditSeal.number).desc()).limit(1))
    ).scalar_one_or_none()
    query = select(AuditEntry).where(_UNSEALED).order_by(col(AuditEntry.id)).limit(BATCH)
    if last is not None:
        query = query.where(col(AuditEntry.id) >= _first_id(last.sealed_at - LATE))
    entries = (await tx.execute(query)).scalars().all()
    if not entries:
        return None
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    at, digests = now(), [digest(each) for each in entries]
    made = AuditSeal(
        number=number,
        sealed_at=at,
        entries=len(entries),
        previous=previous,
        hash=seal_hash(previous, number, at, digests),
    )
    tx.add(made)
    await tx.flush()
    tx.add_all(
        AuditLink(entry_id=each.id, seal=number, position=position, digest=found)
        for position, (each, found) in enumerate(zip(entries, digests, strict=True))
    )
    await tx.flush()
    return made


def _first_id(at: datetime) -> UUID:
    """The least version 7 UUID of that time."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


@dataclass
class Verdict:
    """What looking at the whole chain came to."""

    seals: int = 0
    entries: int = 0
    head: str = FIRST.hex()
    """The hash of the newest seal."""
    problem: str | None = None
    """What is wrong first, where anything is."""


@dataclass
class Sealed:
    """A seal with its entries as they are now."""

    seal: AuditSeal
    links: list[tuple[AuditLink, AuditEntry | None]]


async def read(tx: Transaction, since: int = 1) -> AsyncIterator[Sealed]:
    """The chain from a seal on, in order; a seal with its entries is in memory at a time."""
    while True:
        query = select(AuditSeal).where(col(AuditSeal.number) >= since).order_by(col(AuditSeal.number))
        seals = (await tx.execute(query.limit(PAGE))).scalars().all()
        for each in seals:
            rows = await tx.execute(
                select(AuditLink, AuditEntry)
                .outerjoin(AuditEntry, col(AuditEntry.id) == col(AuditLink.entry_id))
                .where(col(AuditLink.seal) == each.number)
                .order_by(col(AuditLink.position))
            )
            yield Sealed(each, [(link, entry) for link, entry in rows])
            tx.expunge_all()
        if len(seals) < PAGE:
            return
        since = seals[-1].number + 1


async def verify(tx: Transaction, anchors: Collection[str] = ()) -> Verdict:
    """Looks at the whole chain, and names the first thing that is wrong with it.

    `anchors` are hashes of seals, in hexadecimal digits, that were kept elsewhere and must be in it.
    """
    verdict = Verdict()
    missing = [each.strip().lower() for each in anchors]
    previous = FIRST
    erased = await _erased(tx)
    async for each in read(tx):
        verdict.problem = next(_wrong(each, verdict.seals + 1, previous, erased), None)
        if verdict.problem is not None:
            return verdict
        previous = each.seal.hash
        verdict.seals += 1
        verdict.entries += len(each.links)
        verdict.head = previous.hex()
        missing = [each for each in missing if each != verdict.head]
    if missing:
        verdict.problem = (
            f"The seal {missing[0]}, which was kept elsewhere, is not in the audit's chain: its end was cut "
            "off, or all of it was forged."
        )
        return verdict
    query = select(func.count(), func.min(cast(col(AuditEntry.id), Text))).where(
        _UNSEALED, col(AuditEntry.id) < _first_id(now() - PATIENCE)
    )
    count, first = (await tx.execute(query)).one()
    if count:
        verdict.problem = (
            f"{count} entries are not sealed, {first} is the first: no worker has run for an hour, or they "
            "were slipped in; run cairn work."
        )
    return verdict


async def _erased(tx: Transaction) -> set[UUID]:
    """The entries whose details went with a person who is erased."""
    employee = Table_.metadata.tables["employee"]
    named = AuditEntry.after["blanked"]  # type: ignore[index]
    query = (
        select(cast(func.jsonb_array_elements_text(named), Uuid))
        .join(employee, employee.c.id == col(AuditEntry.subject_id))
        .where(
            col(AuditEntry.verb) == ERASED,
            employee.c.erased_at.is_not(None),
            func.jsonb_typeof(named) == literal("array"),
        )
    )
    return set((await tx.execute(query)).scalars())


def _wrong(found: Sealed, number: int, previous: bytes, erased: AbstractSet[UUID]) -> Iterator[str]:
    """What is wrong with a seal, the most telling first."""
    seal = found.seal
    if seal.number != number:
        yield f"Seal {number} of the audit was removed."
    for position, (link, entry) in enumerate(found.links):
        if link.position != position:
            yield f"An entry of seal {number} was removed, with its link: the one at place {position}."
        if entry is None:
            yield f"The audit entry {link.entry_id} of seal {number} was removed."
        elif digest(entry) != link.digest:
            yield f"The audit entry {entry.id} of seal {number} was altered."
        elif not _details_hold(entry, erased):
            yield f"What the audit entry {entry.id} of seal {number} says has changed was altered."
    if len(found.links) != seal.entries:
        yield f"Seal {number} of the audit has {len(found.links)} entries in place of {seal.entries}."
    digests = [link.digest for link, _ in found.links]
    if seal.previous != previous or seal.hash != seal_hash(previous, number, seal.sealed_at, digests):
        yield f"Seal {number} of the audit was altered, or one before it."


def _details_hold(entry: AuditEntry, erased: AbstractSet[UUID]) -> bool:
    if entry.details is None:
        return True  # from before entries were sealed
    if entry.salt is None:
        return entry.id in erased and entry.before is None and entry.after is None
    return details_digest(entry.salt, entry.before, entry.after) == entry.details


async def export(tx: Transaction, since: datetime | None, until: datetime | None) -> AsyncIterator[bytes]:
    """The audit of a time as lines of JSON: the entries of each seal, then the seal; so anybody can check.

    Seals are whole: one with any entry of the time has all of its entries here. What is not sealed yet is at
    the end, without a seal.
    """
    first = 1
    if since is not None:
        begins = select(func.min(AuditSeal.number)).where(col(AuditSeal.sealed_at) >= since)
        first = (await tx.execute(begins)).scalar_one_or_none() or first
    async for each in read(tx, first):
        if until is not None and each.seal.sealed_at > until + LATE:
            break
        times = [entry.at for _, entry in each.links if entry is not None]
        if not any((since is None or at >= since) and (until is None or at < until) for at in times):
            continue
        for link, entry in each.links:
            yield _line({"seal": link.seal, "digest": link.digest.hex(), **_exported(entry, link)})
        yield _line(
            {
                "number": each.seal.number,
                "sealed_at": _instant(each.seal.sealed_at),
                "entries": each.seal.entries,
                "previous": each.seal.previous.hex(),
                "hash": each.seal.hash.hex(),
            }
        )
    query = select(AuditEntry).where(_UNSEALED).order_by(col(AuditEntry.id)).limit(BATCH)
    if since is not None:
        query = query.where(col(AuditEntry.at) >= since)
    if until is not None:
        query = query.where(col(AuditEntry.at) < until)
    for entry in (await tx.execute(query)).scalars():
        yield _line({"seal": None, **_exported(entry, None)})


def _exported(entry: AuditEntry | None, link: AuditLink | None) -> Mapping[str, Any]:
    if entry is None:
        return {"removed": None if link is None else str(link.entry_id)}
    return {
        "entry": sealed_form(entry),
        "salt": None if entry.salt is None else entry.salt.hex(),
        "before": entry.before,
        "after": entry.after,
    }


def _line(value: Mapping[str, Any]) -> bytes:
    return canonical(value) + b"\n"
