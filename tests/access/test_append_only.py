"""With another owner of its tables, PostgreSQL itself keeps the role that serves from changing the audit."""

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import ProgrammingError

from cairn.access import audit
from cairn.access.append_only import rights
from cairn.access.viewer import system
from cairn.db.engine import COMPANY, SHARED
from cairn.db.engine import database as pools
from cairn.identity.erase import erase_employee
from cairn.jobs.sealing import seal_audit
from world import id_of

ROLE = "cairn_serves"


@pytest.fixture
async def serving(database, url, world):  # noqa: ARG001  # there are people
    """The pools of a role that owns nothing and was given everything."""
    drop = (f"drop owned by {ROLE}", f"drop role {ROLE}")
    async with database.transaction() as tx:
        for statement in (
            f"create role {ROLE} login password 'x'",
            f"grant usage on schema {COMPANY}, {SHARED} to {ROLE}",
            f"grant all on all tables in schema {COMPANY}, {SHARED} to {ROLE}",
            f"grant all on all sequences in schema {SHARED} to {ROLE}",
        ):
            await tx.execute(text(statement))
    address = make_url(url).set(username=ROLE, password="x").render_as_string(hide_password=False)
    async with pools(address, pool=2) as opened:
        yield opened
    async with database.transaction() as tx:
        for statement in drop:
            await tx.execute(text(statement))


async def looked_at(database):
    async with database.transaction() as tx:
        return await rights(tx)


async def test_who_owns_the_tables_is_kept_from_nothing(database):
    found = await looked_at(database)
    assert (found.owns, found.problem) == (True, None)


async def test_what_the_role_may_do_is_named_and_taken_from_it(database, serving):
    found = await looked_at(serving)
    assert found.problem.startswith(
        "The role that serves may change the audit: as the owner of its tables run"
    )
    async with database.transaction() as tx:
        for statement in found.remedy.split(";")[:-1]:
            await tx.execute(text(statement))
    assert (await looked_at(serving)).problem is None
    async with serving.transaction() as tx:
        await audit.record(
            tx, system("x"), "thing.do", ("Employee", id_of("Ben")), after={"told": "Ben Test"}
        )
    async with serving.transaction() as tx:
        await seal_audit(tx, None)
    for statement in (
        "update audit_entry set verb = 'x'",
        "update audit_entry set details = null",
        "delete from audit_entry",
        "truncate audit_entry cascade",
        "update audit_seal set entries = 0",
        "delete from audit_link",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with serving.transaction() as tx:
                await tx.execute(text(statement))
    async with serving.transaction() as tx:
        await erase_employee(tx, system("x"), employee=id_of("Ben"))
    async with serving.transaction() as tx:
        left = await tx.execute(text("select count(*) from audit_entry where after::text like '%Ben Test%'"))
        assert left.scalar_one() == 0
