"""All that is stored, to show that a refusal or a rehearsal changed nothing."""

from contextlib import asynccontextmanager

from sqlalchemy import text

from cairn.db.tables import Table_


async def stored(database, *, but=()):
    """Every row of every table as JSON, by the name of the table; `but` are tables to leave out."""
    names = [table.name for table in Table_.metadata.sorted_tables if table.name not in but]
    query = " union all ".join(f"select '{name}', to_jsonb(t)::text from \"{name}\" t" for name in names)
    async with database.transaction() as tx:
        rows = (await tx.execute(text(query.replace(":", "\\:")))).all()
    return {name: sorted(row for of, row in rows if of == name) for name in names}


@asynccontextmanager
async def unchanged(database):
    """Asserts that what is done inside leaves all that is stored as it was, but for what notes refusals."""
    before = _done(await stored(database))
    yield
    assert _done(await stored(database)) == before


def _done(rows):
    return {**rows, "audit_entry": [row for row in rows["audit_entry"] if '.refuse"' not in row]}


async def counts(database, *names):
    """How many rows those tables have."""
    everything = await stored(database)
    return {name: len(everything[name]) for name in names}
