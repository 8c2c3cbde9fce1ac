"""The audit: each verb leaves an entry, in the transaction it writes in.

    await audit.record(tx, viewer, "session.end", session, after={"ended_at": at})

Entries are added and never touched, sealed in a chain (`chain.py`), and readable by auditors only
(`auditEntries` in the graph).
"""

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql.ranges import MultiRange

from cairn.access import tables
from cairn.access.chain import details_digest
from cairn.access.permissions import Permission
from cairn.access.personal import impersonal, mentions
from cairn.access.rules import holders, rule
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Row

rule(tables.AuditEntry, tables.AuditSeal, tables.AuditLink)(holders(Permission.READ_AUDIT))
mentions(tables.AuditEntry, "on_behalf_of_id")  # it is sealed
impersonal(tables.AuditSeal, tables.AuditLink)

Subject = Row | tuple[str, UUID]
"""What something was done to: a row, or the type and the key of one."""


async def record(
    tx: Transaction,
    viewer: Viewer,
    verb: str,
    subject: Subject | None,
    *,
    before: Row | Mapping[str, Any] | None = None,
    after: Row | Mapping[str, Any] | None = None,
) -> tables.AuditEntry:
    """Adds an entry, which is written with whatever else `tx` writes.

    Of a row all columns are kept but those of bytes: a key's hash is nothing to read.
    """
    type_, id_ = (type(subject).__name__, subject.id) if isinstance(subject, Row) else subject or (None, None)
    was, is_, salt = _state(before), _state(after), secrets.token_bytes(16)
    entry = tables.AuditEntry(
        viewer=viewer.name,
        on_behalf_of_id=viewer.employee,
        verb=verb,
        subject_type=type_,
        subject_id=id_,
        before=was,
        after=is_,
        salt=salt,
        details=details_digest(salt, was, is_),
        request_id=viewer.request_id or None,
    )
    tx.add(entry)
    return entry


def _state(given: Row | Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    columns = given.model_dump() if isinstance(given, Row) else given
    return {name: plain(value) for name, value in columns.items() if not isinstance(value, bytes)}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case float():
            return int(value) if value.is_integer() else value  # PostgreSQL writes 1e16 as it likes
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case MultiRange():
            return [plain(each) for each in value]
        case Range():
            return {"from": plain(value.lower), "until": plain(value.upper)}
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in value]
    return str(value)
