"""Requests that come again: the same key is done once, and answered alike."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph import tables


@dataclass
class KeyReused(Refusal):
    """The idempotency key came with another request before; use a new key for a new request."""


async def before(tx: Transaction, viewer: Viewer, key: str, verb: str, digest: str) -> Any | None:
    """What the same request came to before; a first one claims the key, and others wait for it.

    Args:
        tx: The transaction; where it is rolled back, the key is free again.
        viewer: Who asks.
        key: What they call the request.
        verb: What is asked for.
        digest: What tells one content of the request from another.

    Raises:
        KeyReused: The key came with another request.
    """
    row = tables.Outcome
    claim = insert(row).values(
        id=row.new_id(), viewer=viewer.name, key=key, verb=verb, input_hash=digest, created_at=now()
    )
    claimed = await tx.execute(claim.on_conflict_do_nothing().returning(col(row.id)))
    if claimed.first() is not None:
        return None
    return await known(tx, viewer, key, verb, digest)


async def known(tx: Transaction, viewer: Viewer, key: str, verb: str, digest: str) -> Any | None:
    """What the same request came to before, where it did, and no claim. Raises `KeyReused`."""
    found = (await tx.execute(select(tables.Outcome).where(*_of(viewer, key)))).scalar_one_or_none()
    if found is None:
        return None
    if (found.verb, found.input_hash) != (verb, digest):
        raise KeyReused(
            "This idempotency key came with another request before; use a new key for a new request."
        )
    assert found.result is not None
    return found.result


async def keep(tx: Transaction, viewer: Viewer, key: str, result: dict[str, Any]) -> None:
    """Keeps what a request came to whose key was claimed."""
    await tx.execute(update(tables.Outcome).where(*_of(viewer, key)).values(result=result))


def _of(viewer: Viewer, key: str) -> tuple[Any, ...]:
    return col(tables.Outcome.viewer) == viewer.name, col(tables.Outcome.key) == key
