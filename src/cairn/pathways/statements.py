"""Statements of other systems: kept as they came, and taken for what they report of steps.

A statement is known by its id: sent again it is passed over, and another one of the same id is refused. One
that reports a step of somebody here is recorded as `report.py` records reports; what comes of each is kept
with it. A statement that voids another takes back what was recorded by it, whichever of the two comes first.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotAllowed, Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph.limits import TEXT
from cairn.pathways import tables
from cairn.pathways.progress import withdraw
from cairn.pathways.report import CompletionReport, may_report, take
from cairn.pathways.xapi import Agent, Statement, mailbox_sha1, same
from cairn.people.profile import fold

VERSION = "1.0.0"
"""What a statement is of that does not say (1.0.3, part two, 2.4.10)."""


@dataclass
class OtherStatement(Refusal):
    """Another statement has that id."""

    statement: UUID | None = None
    """The id."""


async def store(
    tx: Transaction,
    viewer: Viewer,
    statements: Sequence[Statement],
    *,
    home_page: str,
    files: Mapping[str, bytes] | None = None,
) -> list[UUID]:
    """Keeps statements, and records what they report; their ids, in order.

    Args:
        tx: The transaction: of all of them, or of none.
        viewer: Who sends them.
        statements: What is sent.
        home_page: Where programs have their accounts, for who vouches for a statement.
        files: The attachments that came with them, by their SHA-2.

    Raises:
        OtherStatement: One of that id says something else.
        NotAllowed: Who sends them may not, or takes back what somebody else has sent.
    """
    may_report(viewer)
    instant = now()
    ids = [each.id or uuid4() for each in statements]
    people = await people_of(tx, [each.agent for each in statements])
    rows: dict[UUID, dict[str, Any]] = {}
    for id_, each, who in zip(ids, statements, people, strict=True):
        rows[id_] = {
            "id": tables.Statement.new_id(),
            "statement": id_,
            "employee_id": who,
            "actor": each.agent.key,
            "verb": each.verb,
            "activity": each.activity,
            "happened_at": min(each.timestamp or instant, instant),  # clocks elsewhere run ahead
            "stored_at": instant,
            "reporter": viewer.name,
            "refers": each.refers,
            "voids": each.voids,
            "body": _kept(each, id_, viewer, instant, home_page),
        }
    new = await _insert(tx, dict(zip(ids, statements, strict=True)), rows)
    if not new:
        return ids
    await _keep_files(tx, {rows[id_]["id"]: each for id_, each in new.items()}, files or {})
    await audit.record(tx, viewer, "statement.store", None, after={"statements": [str(id_) for id_ in new]})
    takes_back = [each.voids for each in new.values() if each.voids is not None]
    voided = await _void(tx, viewer, takes_back, list(new))
    await report(tx, viewer, {id_: each for id_, each in new.items() if id_ not in voided}, rows)
    return ids


async def _keep_files(
    tx: Transaction, statements: Mapping[UUID, Statement], files: Mapping[str, bytes]
) -> None:
    """Keeps what came with statements, by the keys they have here."""
    kept = {
        (key, each.sha2): {
            "id": tables.StatementAttachment.new_id(),
            "statement_id": key,
            "sha2": each.sha2,
            "content_type": each.content_type,
            "content": files[each.sha2],
        }
        for key, statement in statements.items()
        for each in statement.attachments
        if each.sha2 in files
    }
    if kept:
        await tx.execute(insert(tables.StatementAttachment), list(kept.values()))


def _kept(
    statement: Statement, id_: UUID, viewer: Viewer, instant: datetime, home_page: str
) -> dict[str, Any]:
    """A statement with what whoever keeps it adds."""
    stored = instant.isoformat().replace("+00:00", "Z")
    authority = {"objectType": "Agent", "account": {"homePage": home_page, "name": viewer.name}}
    return {
        "version": VERSION,
        "timestamp": stored,
        **statement.body,
        "id": str(id_),
        "stored": stored,
        "authority": authority,
    }


async def _insert(
    tx: Transaction, statements: Mapping[UUID, Statement], rows: Mapping[UUID, dict[str, Any]]
) -> dict[UUID, Statement]:
    """Writes those that are not kept yet, and gives them. Raises `OtherStatement`.

    Of two that send the same at once the second waits here, and finds what the first has stored.
    """
    row = tables.Statement
    written = insert(row).on_conflict_do_nothing(index_elements=["statement"]).returning(col(row.statement))
    new = set((await tx.execute(written.values([rows[id_] for id_ in sorted(rows)]))).scalars())
    old = [id_ for id_ in statements if id_ not in new]
    these = col(row.statement) == any_(bindparam("ids", old, ARRAY(Uuid)))
    for known in (await tx.execute(select(col(row.statement), col(row.body)).where(these))).all():
        if not same(statements[known.statement].body, known.body):
            raise OtherStatement(
                f"Another statement has the id {known.statement}.", statement=known.statement
            )
    return {id_: each for id_, each in statements.items() if id_ in new}


# By the account at an identity provider, by the key of a feed, or by what the person is known by here: where
# the account is of a provider, only as the provider knows them.
_PEOPLE = text("""
 select asked.n, employee.id
  from unnest(cast(:emails as text[]), cast(:pages as text[]), cast(:names as text[]), cast(:keys as text[]))
   with ordinality asked(email, page, name, key, n)
  join employee on erased_at is null and (
   employee.email = asked.email
   or employee.id = (select employee_id from identity where issuer = asked.page and subject = asked.name)
   or employee.source = asked.page and employee.external_id = asked.name
   or not exists (select 1 from identity where issuer = asked.page) and asked.page is not null
    and (employee.number = asked.name or employee.user_name_key = asked.key or employee.email = asked.key))
""").bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in ("emails", "pages", "names", "keys")))


async def people_of(tx: Transaction, agents: Sequence[Agent]) -> list[UUID | None]:
    """Who they are; None for who is nobody here, and where it could be several."""
    addresses = await _addresses(tx, {each.sha1 for each in agents if each.sha1 is not None})
    given = {
        "emails": [(each.email and fold(each.email)) or addresses.get(each.sha1 or "") for each in agents],
        "pages": [each.home_page for each in agents],
        "names": [each.name for each in agents],
        "keys": [each.name and fold(each.name) for each in agents],
    }
    found: dict[int, set[UUID]] = {}
    for n, id_ in await tx.execute(_PEOPLE, given):
        found.setdefault(n, set()).add(id_)
    several = [found.get(n, set()) for n in range(1, len(agents) + 1)]
    return [next(iter(each)) if len(each) == 1 else None for each in several]


async def _addresses(tx: Transaction, hashes: Collection[str]) -> dict[str, str]:
    """SHA-1 of `mailto:` and an address → the address, of those that somebody here has.

    PostgreSQL has no SHA-1 without an extension, and few systems hide addresses: so all are gone through.
    """
    if not hashes:
        return {}
    found: dict[str, str] = {}
    addresses = await tx.stream_scalars(_ADDRESSES)
    async for several in addresses.partitions(1_000):
        for address in several:
            if (hashed := mailbox_sha1(address)) in hashes:
                found[hashed] = address
        await asyncio.sleep(0)
    return found


_ADDRESSES = text("select email from employee where email is not null and erased_at is null")


async def report(
    tx: Transaction,
    viewer: Viewer,
    statements: Mapping[UUID, Statement],
    rows: Mapping[UUID, Mapping[str, Any]],
) -> None:
    """Records what statements report, and keeps with each what came of it.

    Args:
        tx: The transaction.
        viewer: Who reports.
        statements: What is reported, by the ids of the statements.
        rows: The `id`, `employee_id` and `happened_at` of each, by the ids of the statements.
    """
    reporting = {
        id_: what
        for id_, each in statements.items()
        if each.activity is not None and (what := each.reported) is not None
    }
    reports = [
        CompletionReport(
            activity=statements[id_].activity,
            what=what,
            completed_at=rows[id_]["happened_at"],
            score=statements[id_].score,
            note=statements[id_].body.get("result", {}).get("response", "")[:TEXT] or None,
        )
        for id_, what in reporting.items()
    ]
    people = [rows[id_]["employee_id"] for id_ in reporting]
    results = await take(tx, viewer, reports, people, [rows[id_]["id"] for id_ in reporting])
    outcomes: dict[str, list[UUID]] = {}
    for id_, result in zip(reporting, results, strict=True):
        outcomes.setdefault(result.outcome, []).append(rows[id_]["id"])
    for outcome, ids in outcomes.items():
        these = col(tables.Statement.id) == any_(bindparam("ids", ids, ARRAY(Uuid)))
        await tx.execute(update(tables.Statement).where(these).values(outcome=outcome))


async def _void(tx: Transaction, viewer: Viewer, voided: Sequence[UUID], new: Sequence[UUID]) -> set[UUID]:
    """Takes back the statements that are voided, also those among the new that were before they came."""
    row = tables.Statement
    early = select(col(row.voids)).where(
        col(row.voids) == any_(bindparam("ids", list(new), ARRAY(Uuid))), col(row.reporter) == viewer.name
    )
    targets = {*voided, *(await tx.execute(early)).scalars()}
    if not targets:
        return set()
    these = col(row.statement) == any_(bindparam("ids", list(targets), ARRAY(Uuid)))
    found = (await tx.execute(select(row).where(these, col(row.voided_at).is_(None)))).scalars().all()
    for each in found:
        if each.voids is not None:
            raise NotAllowed("A statement that voids another one stays.")
        if each.reporter != viewer.name and not viewer.may(Permission.WRITE_LEARNING):
            raise NotAllowed("A statement is voided by the program that has sent it.")
        each.voided_at = now()
        tx.add(each)
    await tx.flush()
    progress = tables.Progress
    by_them = col(progress.statement_id) == any_(bindparam("ids", [each.id for each in found], ARRAY(Uuid)))
    records = select(col(progress.id)).where(by_them, col(progress.withdrawn_at).is_(None))
    if ids := (await tx.execute(records)).scalars().all():
        await withdraw(tx, viewer, ids, "The system that had reported it has taken it back.")
    return {each.statement for each in found}
