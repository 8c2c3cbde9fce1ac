"""Whether PostgreSQL itself keeps the role that serves from changing the audit.

It does where another role owns the tables, as migrations run by an owner leave it, and where the one that
serves may only add to the audit and blank details (`forgotten.py`). Who owns a table may do anything with it:
there, and with the embedded server, the chain shows what was changed and nothing prevents it.
"""

from dataclasses import dataclass

from sqlalchemy import text

from cairn.db.engine import Transaction

TABLES = ("audit_entry", "audit_link", "audit_seal")
BLANKED = ("before", "after", "salt")
"""Columns of an entry that erasing a person blanks."""

_RIGHTS = text("""
select current_user as role, current_schema() as company, pg_has_role(relowner, 'usage') as owns,
  has_table_privilege(c.oid, 'delete') or has_table_privilege(c.oid, 'truncate')
  or exists (select from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped
    and not (relname = 'audit_entry' and attname = any(:blanked))
    and has_column_privilege(c.oid, attnum, 'update')) as changes
from pg_class c where relnamespace = current_schema()::regnamespace and relname = any(:tables)
""")


@dataclass(frozen=True)
class Rights:
    """What the role that serves may do with the audit."""

    owns: bool
    """It owns the tables, or is a superuser: nothing can be taken from it."""
    changes: bool
    """It may change or delete what was written."""
    remedy: str
    """The statements that take this from it, for the owner to run."""

    @property
    def problem(self) -> str | None:
        """What is wrong, and what to do; an owner is not wrong, but not kept from anything."""
        if self.owns or not self.changes:
            return None
        return f"The role that serves may change the audit: as the owner of its tables run {self.remedy}"


async def rights(tx: Transaction) -> Rights:
    """What the role of this transaction may do with the audit."""
    found = (await tx.execute(_RIGHTS, {"tables": list(TABLES), "blanked": list(BLANKED)})).all()
    role, company = found[0].role, found[0].company
    tables = ", ".join(f'"{company}".{name}' for name in TABLES)
    remedy = (
        f'REVOKE UPDATE, DELETE, TRUNCATE ON {tables} FROM "{role}"; '
        f'GRANT UPDATE ({", ".join(BLANKED)}) ON "{company}".audit_entry TO "{role}";'
    )
    return Rights(any(row.owns for row in found), any(row.changes for row in found), remedy)
