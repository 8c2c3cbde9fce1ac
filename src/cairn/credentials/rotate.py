"""The keys that sign, one after another: each is used, retired, and perhaps compromised.

Which key signs is decided where the private key is kept (`keys.py`). Its public half is registered when it
first signs, and with that the one before is retired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.refusal import NotFound, Refusal
from cairn.access.viewer import Viewer, system
from cairn.credentials import keys, tables
from cairn.credentials.events import KeyCompromised
from cairn.credentials.keys import Signer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import publish
from cairn.settings import SettingError, Settings

STILL_SIGNS = "It is the key that signs: put another in its place first (cairn keys rotate)."


@dataclass
class StillSigns(Refusal):
    """The key is the one that signs."""


async def registered(tx: Transaction, settings: Settings) -> tuple[Signer, tables.SigningKey]:
    """The key that signs, and its public half, which is registered where it was not.

    Raises `SettingError`, also for a key that signed before and was retired or compromised.
    """
    signer = keys.signer(settings)
    public = keys.multibase(signer.public)
    of_it = select(tables.SigningKey).where(col(tables.SigningKey.public) == public)
    found = (await tx.execute(of_it)).scalar_one_or_none()
    if found is None:
        row = tables.SigningKey(public=public, is_generated=keys.is_generated(settings))
        await tx.execute(insert(tables.SigningKey).values(**row.model_dump()).on_conflict_do_nothing())
        found = (await tx.execute(of_it)).scalar_one()
        if found.id == row.id:
            others = update(tables.SigningKey).where(
                col(tables.SigningKey.id) != found.id, col(tables.SigningKey.retired_at).is_(None)
            )
            await tx.execute(others.values(retired_at=found.active_from))
            after = {"public": public}
            await audit.record(tx, system("keys"), "key.register", found, after=after)
    if found.compromised_at is not None or found.retired_at is not None:
        state = "compromised" if found.compromised_at is not None else "retired"
        raise SettingError(f"the signing key {public} is {state}: give CAIRN_SIGNING_KEY another one")
    return signer, found


async def listed(tx: Transaction) -> Sequence[tables.SigningKey]:
    """All keys, the newest first."""
    order = col(tables.SigningKey.active_from).desc()
    return (await tx.execute(select(tables.SigningKey).order_by(order))).scalars().all()


async def known_by(tx: Transaction, public: str) -> tables.SigningKey:
    """The key of those letters. Raises `NotFound`."""
    of_it = select(tables.SigningKey).where(col(tables.SigningKey.public) == public)
    found = (await tx.execute(of_it)).scalar_one_or_none()
    if found is None:
        raise NotFound(f"There is no key {public}: cairn keys list shows those there are.")
    return found


async def rotate(tx: Transaction, settings: Settings) -> tables.SigningKey:
    """Makes a new key in the data folder; the one before is retired. Raises `SettingError`."""
    keys.replace(settings)
    _, found = await registered(tx, settings)
    return found


async def retire(
    tx: Transaction, viewer: Viewer, *, key: UUID, signing: str | None = None
) -> tables.SigningKey:
    """Retires a key that signs no more; what it signed stays good.

    `signing` is the key that signs now, which cannot be retired before another is in its place.
    Raises `NotFound`, `StillSigns`.
    """
    found = await find(tx, viewer, tables.SigningKey, key)
    if found.public == signing:
        raise StillSigns(STILL_SIGNS)
    if found.retired_at is None:
        found.retired_at = now()
        tx.add(found)
        await audit.record(tx, viewer, "key.retire", found, after={"public": found.public})
    return found


async def compromise(
    tx: Transaction, viewer: Viewer, *, key: UUID, signing: str | None = None
) -> tables.SigningKey:
    """Declares that others may have a key: it is listed no more, and all that it signed is signed anew.

    `signing` is the key that signs now, which cannot be compromised before another is in its place.
    Raises `NotFound`, `StillSigns`.
    """
    found = await find(tx, viewer, tables.SigningKey, key)
    if found.public == signing:
        raise StillSigns(STILL_SIGNS)
    if found.compromised_at is None:
        found.compromised_at = now()
        found.retired_at = found.retired_at or found.compromised_at
        tx.add(found)
        await audit.record(tx, viewer, "key.compromise", found, after={"public": found.public})
        await publish(tx, KeyCompromised(found.id))
    return found
