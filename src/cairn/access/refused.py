"""What was refused and is worth noticing leaves an entry in the audit too, but never so many as to flood it.

Twenty a minute of one viewer, or of one address for those whom nobody knows, and of a process two hundred in
all; the last one says that more are not written. Entries never hold what somebody presented as a secret.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from cairn.access import audit
from cairn.access.audit import Subject
from cairn.access.viewer import Viewer
from cairn.db.engine import Database

log = logging.getLogger("cairn.audit")

MOST = 20
"""Entries a minute of one viewer or address."""
IN_ALL = 200
"""Entries a minute of this process."""
SECONDS = 5
"""How long one may take to be written: whoever was refused waits for it."""


class Refused:
    """Writes down what was refused, within bounds."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._minute = 0
        self._counts: dict[str, int] = {}

    async def note(
        self, key: str, viewer: Viewer, verb: str, told: Mapping[str, Any], subject: Subject | None = None
    ) -> None:
        """Writes an entry, unless there were too many of that key; what goes wrong with it is only logged."""
        if not self._may(key):
            return
        rest = {"rest": "More of this minute is not written."} if self._counts[key] == MOST else {}
        after = {**told, **rest}
        try:
            async with asyncio.timeout(SECONDS), self._database.transaction() as tx:
                await audit.record(tx, viewer, verb, subject, after=after)
        except Exception as error:  # noqa: BLE001  # whoever was refused is told so all the same
            log.warning("a refusal is not in the audit: %s", type(error).__name__)

    def _may(self, key: str) -> bool:
        minute = int(time.time() // 60)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        count = self._counts.get(key, 0)
        if count >= MOST or sum(self._counts.values()) >= IN_ALL:
            return False
        self._counts[key] = count + 1
        return True
