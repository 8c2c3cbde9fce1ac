"""The chain over the audit: what was removed, altered or slipped in shows, and names itself."""

import hashlib
import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cairn.access import audit, chain
from cairn.access.viewer import Viewer
from cairn.db.ranges import now
from cairn.jobs.sealing import seal_audit
from cairn.people.tables import Employee

ADA = Viewer(name="employee:ada")


async def write(database, *verbs):
    async with database.transaction() as tx:
        return [
            (await audit.record(tx, ADA, verb, ("Thing", uuid4()), after={"verb": verb, "hours": 1e16})).id
            for verb in verbs
        ]


async def seal(database):
    async with database.transaction() as tx:
        await seal_audit(tx, None)


async def tamper(database, *statements):
    """What somebody could do who writes to the database past all rules."""
    async with database.transaction() as tx:
        await tx.execute(text("set local session_replication_role = replica"))
        for each in statements:
            await tx.execute(text(each))


async def verdict(database):
    async with database.transaction() as tx:
        return await chain.verify(tx)


@pytest.fixture
async def entries(database):
    """Two seals of three and two entries, and one entry that is not sealed."""
    found = await write(database, "a.one", "a.two", "a.three")
    await seal(database)
    found += await write(database, "b.one", "b.two")
    await seal(database)
    return [*found, *await write(database, "c.one")]


@pytest.mark.usefixtures("entries")
async def test_an_untouched_chain_holds(database):
    found = await verdict(database)
    assert (found.seals, found.entries, found.problem) == (2, 5, None)
    await seal(database)
    later = await verdict(database)
    assert (later.seals, later.entries, later.problem) == (3, 6, None)
    assert later.head != found.head
    await seal(database)
    assert await verdict(database) == later


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        (
            ["update audit_entry set verb = 'x' where verb = 'a.two'"],
            "The audit entry {1} of seal 1 was altered.",
        ),
        (
            ["update audit_entry set at = at + interval '1 us' where verb = 'b.one'"],
            "The audit entry {3} of seal 2 was altered.",
        ),
        (
            ["update audit_entry set viewer = 'employee:ben' where verb = 'a.one'"],
            "The audit entry {0} of seal 1 was altered.",
        ),
        (
            ["update audit_entry set after = '{{\"verb\": \"x\"}}' where verb = 'a.two'"],
            "What the audit entry {1} of seal 1 says has changed was altered.",
        ),
        (["delete from audit_entry where verb = 'b.two'"], "The audit entry {4} of seal 2 was removed."),
        (
            ["delete from audit_entry where verb = 'a.two'", "delete from audit_link where entry_id = '{1}'"],
            "An entry of seal 1 was removed, with its link: the one at place 1.",
        ),
        (
            [
                "delete from audit_entry where verb = 'a.three'",
                "delete from audit_link where entry_id = '{2}'",
            ],
            "Seal 1 of the audit has 2 entries in place of 3.",
        ),
        (
            ["delete from audit_link where seal = 1", "delete from audit_seal where number = 1"],
            "Seal 1 of the audit was removed.",
        ),
        (
            ["update audit_seal set sealed_at = sealed_at - interval '1 day' where number = 2"],
            "Seal 2 of the audit was altered, or one before it.",
        ),
    ],
)
async def test_what_was_done_to_it_shows(database, entries, statements, problem):
    named = [str(each) for each in entries]
    await tamper(database, *(each.format(*named).replace(":", "\\:") for each in statements))
    found = await verdict(database)
    assert found.problem == problem.format(*named)


@pytest.mark.usefixtures("entries")
async def test_an_entry_that_was_slipped_in_is_named(database):
    old = "01890a5d-ac96-774b-bcce-b302099a8057"
    await tamper(
        database, f"insert into audit_entry (id, at, viewer, verb) values ('{old}', now(), 'x', 'y')"
    )
    await seal(database)
    found = await verdict(database)
    assert found.problem.startswith(f"1 entries are not sealed, {old} is the first")


async def test_a_slow_transaction_is_sealed_later_and_breaks_nothing(database):
    async with database.transaction() as slow:
        await audit.record(slow, ADA, "slow.one", None)
        await slow.flush()
        await write(database, "fast.one")
        await seal(database)
    await seal(database)
    found = await verdict(database)
    assert (found.seals, found.entries, found.problem) == (2, 2, None)


BLANK = "update audit_entry set before = null, after = null, salt = null where verb = 'a.two'"


async def erase(database, entry, **gone):
    """Somebody was erased, and that entry's details with them."""
    async with database.transaction() as tx:
        whose = Employee(given_name="", family_name="", display_name="", **gone)
        tx.add(whose)
        await tx.flush()
        await audit.record(tx, ADA, chain.ERASED, whose, after={"blanked": [str(entry)]})


async def test_details_are_erased_with_a_person_and_the_chain_holds(database, entries):
    await erase(database, entries[1], erased_at=now())
    await tamper(database, BLANK)
    found = await verdict(database)
    assert (found.entries, found.problem) == (5, None)


async def test_details_that_are_gone_without_an_erasure_were_altered(database, entries):
    await tamper(database, BLANK)
    problem = f"What the audit entry {entries[1]} of seal 1 says has changed was altered."
    assert (await verdict(database)).problem == problem
    await erase(database, entries[1])
    assert (await verdict(database)).problem == problem, "the person is there"
    await erase(database, entries[2], erased_at=now())
    assert (await verdict(database)).problem == problem, "another entry's details were erased"
    await erase(database, entries[1], erased_at=now())
    assert (await verdict(database)).problem is None


async def test_only_all_of_an_entry_is_erased(database, entries):
    await erase(database, entries[1], erased_at=now())
    await tamper(database, "update audit_entry set salt = null where verb = 'a.two'")
    problem = f"What the audit entry {entries[1]} of seal 1 says has changed was altered."
    assert (await verdict(database)).problem == problem


@pytest.mark.usefixtures("entries")
async def test_a_chain_that_was_cut_off_has_another_head(database):
    before = await verdict(database)
    await tamper(
        database,
        "delete from audit_entry where id in (select entry_id from audit_link where seal = 2)",
        "delete from audit_link where seal = 2",
        "delete from audit_seal where number = 2",
    )
    after = await verdict(database)
    assert after.problem is None
    assert after.head != before.head


async def test_somebody_outside_can_check_an_export(database, entries):
    """With nothing but the lines, SHA-256 and JSON."""

    def canonical(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    async with database.transaction() as tx:
        lines = [json.loads(line) async for line in chain.export(tx, None, None)]
    digests, previous, seen = [], "0" * 64, []
    for line in lines:
        if "number" in line:
            given = bytes.fromhex(previous) + line["number"].to_bytes(8, "big") + line["sealed_at"].encode()
            assert hashlib.sha256(given + b"".join(digests)).hexdigest() == line["hash"]
            assert (line["previous"], line["entries"]) == (previous, len(digests))
            digests, previous = [], line["hash"]
            continue
        entry = line["entry"]
        seen.append(UUID(entry["id"]))
        details = canonical({"before": line["before"], "after": line["after"]})
        assert hashlib.sha256(bytes.fromhex(line["salt"]) + details).hexdigest() == entry["details"]
        if line["seal"] is not None:
            digests.append(hashlib.sha256(canonical(entry)).digest())
            assert digests[-1].hex() == line["digest"]
    assert seen == entries
    assert previous == (await verdict(database)).head


@pytest.mark.usefixtures("entries")
async def test_a_seal_that_was_kept_elsewhere_tells_of_a_chain_that_was_cut_off(database):
    head = (await verdict(database)).head
    await tamper(
        database,
        "delete from audit_entry where id in (select entry_id from audit_link where seal = 2)",
        "delete from audit_link where seal = 2",
        "delete from audit_seal where number = 2",
    )
    async with database.transaction() as tx:
        first = (await chain.verify(tx)).head
        assert (await chain.verify(tx, [first, first.upper()])).problem is None
        problem = (await chain.verify(tx, [first, head])).problem
    assert problem.startswith(f"The seal {head}, which was kept elsewhere, is not in the audit's chain")
