"""The audit is sealed every minute (`access/chain.py`)."""

import logging
from datetime import datetime

from cairn.access import chain
from cairn.db.engine import Transaction
from cairn.jobs.schedule import every

log = logging.getLogger("cairn.audit")

MOST = 20
"""Seals that are made in one go."""


@every("* * * * *")
async def seal_audit(tx: Transaction, _at: datetime) -> None:
    """Seals what was done since; the log, which is kept elsewhere, says where the chain ends."""
    for _ in range(MOST):
        made = await chain.seal(tx)
        if made is None:
            return
        log.info("audit seal %s of %s entries: %s", made.number, made.entries, made.hash.hex())
