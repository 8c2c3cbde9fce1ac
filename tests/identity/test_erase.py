"""Erasing a person: what is about them goes, what others rely on stays, and nothing tells who it was."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from cairn.access import audit, chain
from cairn.access.viewer import Viewer, system
from cairn.credentials.events import SigningDue
from cairn.db.engine import SHARED
from cairn.db.ranges import now
from cairn.db.tables import Table_
from cairn.hris.tables import StagedLines, SyncChange, SyncProblem, SyncRun
from cairn.identity.erase import erase_again, erase_employee
from cairn.identity.sessions import begin, digest, person
from cairn.identity.tables import Identity, ServiceToken
from cairn.jobs.drain import drain
from cairn.jobs.events import publish
from cairn.jobs.sealing import seal_audit
from cairn.jobs.tables import Event
from cairn.people.events import employment_changed
from cairn.people.tables import Employee, Employment
from cairn.skills.assess import add
from cairn.skills.tables import Source
from credentials.earning import REVOKE, assess, award_of, define
from graph import academy
from pathways.writing import ASSIGN, step, write
from stored import stored, unchanged
from world import id_of, since

ERASE = """
mutation ($input: EraseEmployeeInput!) {
  eraseEmployee(input: $input) {
    __typename
    ... on ErasedEmployee {
      employee { id displayName givenName familyName email phone number userName status erasedAt }
      rows { table deleted changed }
    }
    ... on Refusal { message }
    ... on NotFound { id }
  }
}
"""
TELLING = {
    "given_name": "Cleopatra",
    "family_name": "Philopator",
    "display_name": "Cleopatra VII Philopator",
    "email": "cleopatra@alexandria.example",
    "user_name": "Cleopatra@Alexandria.example",
    "user_name_key": "cleopatra@alexandria.example",
    "phone": "+20 3 4839 999",
    "number": "E-69-BC",
    "source": "nile",
    "external_id": "b7d1-ptolemy",
    "attributes": {"nickName": "Kleopatra Thea", "photos": [{"value": "https://coins.example/cleo.jpg"}]},
}
SAID = (
    "Kleopatra Thea",
    "coins.example",
    "auth0|cleo",
    "speaks nine languages",
    "Cleo at Python",
    "late again",
)
"""What else is said of her, in notes, attributes and accounts."""


async def everything(database):
    """All that is stored, in every table, the queue and its log: text, JSON and bytes."""
    found = []
    async with database.transaction() as tx:
        tables = [table.name for table in Table_.metadata.sorted_tables]
        for name in [*tables, f"{SHARED}.pgqueuer", f"{SHARED}.pgqueuer_log"]:
            for row in (await tx.execute(text(f"select * from {name}"))).mappings():
                for column, value in row.items():
                    if value is not None:
                        shown = value.decode("utf8", "replace") if isinstance(value, bytes) else value
                        shown = json.dumps(shown, default=str, ensure_ascii=False)
                        found.append((f"{name}.{column}", shown))
    return found


async def where(database, *texts):
    """Which columns of which tables tell any of those."""
    dumped = await everything(database)
    return {place for place, shown in dumped for each in texts if each.lower() in shown.lower()}


@pytest.fixture
def cleo(world):
    return world.gid("Employee", "Cleo")


@pytest.fixture
async def known(database, ask, url, world, cleo):
    """Cleo, of whom there is something in every place that has anything of anybody."""
    who = id_of("Cleo")
    async with database.transaction() as tx:
        employee = await tx.get_one(Employee, who)
        for name, value in TELLING.items():
            setattr(employee, name, value)
        dan = await tx.get_one(Employee, id_of("Dan"))
        dan.attributes = {
            "manager": {"value": TELLING["external_id"], "displayName": TELLING["display_name"]}
        }
        tx.add(Identity(issuer="https://idp", subject="auth0|cleo", employee_id=who))
        stint = await tx.get_one(Employment, id_of("Finn " + str(academy.SOON)))
        stint.manager_id, stint.manager_ref = None, TELLING["email"]
        viewer = person(who)
        await audit.record(
            tx, viewer, "identity.link", ("Identity", id_of("gone")), after={"subject": "auth0|cleo"}
        )
        await audit.record(tx, system("x"), "people.sync", None, after={"refused": [TELLING["email"]]})
        await audit.record(
            tx, system("x"), "team.join", ("Team", who), after={"employee": str(who), "of": "late again"}
        )
        await audit.record(tx, system("x"), "employee.update", employee, before={"phone": TELLING["phone"]})
        await add(
            tx,
            employee=id_of("Ben"),
            skill=id_of("SQL"),
            level=2,
            source=Source.PEER,
            valid=since(now()),
            asserted_by=who,
            note="Ben knows joins",
        )
        tx.add(
            ServiceToken(
                key=digest("cairn_x"),
                name="Cleopatra's laptop",
                ending="abcd",
                permissions=["READ_PEOPLE"],
                owner_id=who,
                expires_at=now() + timedelta(days=3),
            )
        )
        await begin(
            tx,
            employee=who,
            issuer="https://idp",
            subject="auth0|cleo",
            sid="s1",
            roles=viewer.roles,
            browser="B",
        )
    version = await write(ask, "data", step("basics"))
    assert version
    pathway = (await ask("{ pathways { nodes { id } } }"))["pathways"]["nodes"][0]["id"]
    given = {"pathway": pathway, "employees": [cleo], "reason": "speaks nine languages"}
    await ask.do(ASSIGN, given, viewer=world.viewer("Ben"))
    await define(ask, "badge", {"skill": {"id": world.gid("Skill", "SQL"), "level": 5}}, grants=[])
    await assess(ask, cleo, world.gid("Skill", "SQL"), 5)
    await drain(database, url)
    key = {"idempotencyKey": "k1"}
    await ask.do(
        "mutation($input: EndSessionInput!) { endSession(input: $input) { __typename } }",
        {"session": "Session:" + str(id_of("nothing")), **key},
        viewer=person(who),
    )
    async with database.transaction() as tx:
        run = SyncRun(source="nile", mode="DELTA", started_by="x", taken_at=now(), threshold=0, emptied=0)
        tx.add(run)
        await tx.flush()
        kept = {"row_numbers": [1, 2], "digests": [b"x", b"y"], "department_rows": [], "departments": []}
        whom = {"external_ids": [TELLING["external_id"], "other"], "department_names": []}
        records = [json.dumps({"name": name}) for name in (TELLING["display_name"], "Other")]
        tx.add(StagedLines(run_id=run.id, first_line=1, first_id=run.id, records=records, **whom, **kept))
        problem = f"{TELLING['email']} is the address of somebody else"
        tx.add(SyncProblem(run_id=run.id, gravity="REFUSAL", external_id="x", message=problem))
        tx.add(SyncChange(run_id=run.id, employee_id=who, kind="CHANGED", after={"phone": TELLING["phone"]}))
        tx.add(Event(name="MailDue", payload={"to": TELLING["email"]}))
        await tx.execute(
            text(
                f"insert into {SHARED}.pgqueuer_log (job_id, status, priority, entrypoint, traceback)"
                " values (1, 'exception', 0, 'x', cast(:trace as jsonb))"
            ),
            {"trace": json.dumps({"exception_message": f"no mail to {TELLING['email']}"})},
        )
        await tx.execute(
            text(
                f"insert into {SHARED}.pgqueuer (priority, created, updated, heartbeat, execute_after,"
                " status, entrypoint, payload)"
                " values (0, now(), now(), now(), now(), 'failed', 'x', :payload)"
            ),
            {"payload": json.dumps({"payload": {"to": TELLING["email"]}}).encode()},
        )
        await seal_audit(tx, now())
    return cleo


def texts():
    return [each for name, each in TELLING.items() if name not in {"source", "attributes"}] + list(SAID)


async def test_nothing_that_is_stored_tells_of_somebody_who_was_erased(database, ask, url, known, world):
    before = await where(database, *texts())
    assert before >= {
        "audit_entry.after",
        "audit_entry.before",
        "employee.attributes",
        "employee.display_name",
        "employment.manager_ref",
        "event.payload",
        "evidence.note",
        "identity.subject",
        "public.pgqueuer.payload",
        "public.pgqueuer_log.traceback",
        "service_token.name",
        "session.subject",
        "signed_document.document",
        "assignment.reason",
        "staged_lines.records",
        "sync_change.after",
        "sync_problem.message",
    }
    erased = await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    assert erased["employee"].pop("erasedAt") is not None
    assert erased["employee"] == {
        "id": known,
        "displayName": "Erased colleague",
        "givenName": "",
        "familyName": "",
        "email": None,
        "phone": None,
        "number": None,
        "userName": None,
        "status": "TERMINATED",
    }
    assert await where(database, *texts()) == set()
    async with database.transaction() as tx:
        staged = (await tx.execute(text("select external_ids, records from staged_lines"))).one()
    assert tuple(staged) == ([None, "other"], [None, '{"name": "Other"}'])
    await drain(database, url)
    assert await where(database, *texts()) == set()
    async with database.transaction() as tx:
        await seal_audit(tx, now())
        assert (await chain.verify(tx)).problem is None


async def test_the_counts_are_those_of_what_is_gone(database, ask, known, world):
    async with unchanged(database):
        tried = await ask.do(ERASE, {"employee": known, "dryRun": True}, viewer=world.viewer("Pat"))
    before = await stored(database)
    done = await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    assert tried["rows"] == done["rows"]
    after = await stored(database)
    added = {"audit_entry": 2 + 1, "event": 1}
    gone = {each["table"]: each["deleted"] for each in done["rows"] if each["deleted"]}
    for table in before:
        lost = len(before[table]) - len(after[table]) + added.get(table, 0)
        if table in {"event", "outcome", "audit_entry", "reporting_line", "staged_lines", "sync_problem"}:
            continue
        assert lost == gone.get(table, 0), table
    assert gone == {
        "assignment": 1,
        "employment": 1,
        "evidence": 3,
        "identity": 1,
        "service_token": 1,
        "session": 1,
        "signed_document": 1,
        "sync_change": 1,
        "team_membership": 1,
    }


async def test_what_others_rely_on_stays(ask, known, world):
    def asked():
        return ask(
            """{
              credentials { nodes { code awards { totalCount nodes { status employee { displayName } } } } }
              evidence: employees(where: {givenName: {eq: "Ben"}}) {
                nodes {
                  evidence(where: {note: {eq: "Ben knows joins"}}) { nodes { assertedBy { displayName } } }
                }
              }
              employees { totalCount }
            }"""
        )

    before = await asked()
    await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    after = await asked()
    holder = {"displayName": "Erased colleague"}
    badge = {"code": "badge", "awards": {"totalCount": 1, "nodes": [{"status": "VALID", "employee": holder}]}}
    assert after["credentials"] == {"nodes": [badge]}
    assert after["evidence"]["nodes"] == [{"evidence": {"nodes": [{"assertedBy": None}]}}]
    assert after["employees"]["totalCount"] == before["employees"]["totalCount"] - 1


async def test_who_managed_somebody_is_still_history(ask, world):
    ben = world.gid("Employee", "Ben")
    await ask.do(ERASE, {"employee": ben}, viewer=world.viewer("Pat"))
    found = await ask(
        "query($id: ID!) { employee(id: $id) { manager { displayName erasedAt } managers { totalCount } } }",
        {"id": world.gid("Employee", "Cleo")},
    )
    assert found["employee"]["manager"]["displayName"] == "Erased colleague"
    assert found["employee"]["managers"] == {"totalCount": 1}


async def test_a_copy_that_somebody_keeps_can_still_be_revoked(database, ask, known, world):
    award = await award_of(ask, known, "badge")
    await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    bits = "select count(*) filter (where revoked_at is not null), count(*) from status_entry"
    async with database.transaction() as tx:
        assert (await tx.execute(text(bits))).one() == (0, 1)
    await ask.do(REVOKE, {"award": award["id"], "reason": "it was a mistake"}, viewer=world.viewer("Lena"))
    async with database.transaction() as tx:
        assert (await tx.execute(text(bits))).one() == (1, 1)


async def test_nothing_follows_for_somebody_who_was_erased(database, ask, url, known, world):
    """Neither an award that anybody gets, nor a document of one."""
    await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    anybody = {"any": {"n": 1, "of": [{"employed": {}}, {"notBefore": "2020-01-01T00:00:00Z"}]}}
    await define(ask, "for all", anybody)
    async with database.transaction() as tx:
        await publish(tx, *employment_changed([id_of("Cleo"), id_of("Ben")]), SigningDue())
    before = (await stored(database))["signed_document"]
    await drain(database, url)
    after = await stored(database)
    whose = Counter(json.loads(each)["employee_id"] for each in after["award"])
    assert (whose[str(id_of("Cleo"))], whose[str(id_of("Ben"))]) == (1, 1), "the one from before"
    assert len(after["signed_document"]) == len(before) + len(after["award"]) - 1


async def test_what_was_written_meanwhile_goes_with_a_second_look(database, ask, url, known, world):
    """By somebody who had found the person there before."""
    await ask.do(ERASE, {"employee": known}, viewer=world.viewer("Pat"))
    late = {
        "employee": id_of("Cleo"),
        "skill": id_of("SQL"),
        "level": 1,
        "source": Source.PEER,
        "valid": since(now()),
        "note": "late again",
    }
    async with database.transaction() as tx:
        await add(tx, **late)
    await drain(database, url)
    assert await where(database, "late again") == set()
    async with database.transaction() as tx:
        await add(tx, **late)
        await erase_again(tx, now())
    await drain(database, url)
    assert await where(database, "late again") == set()
    async with database.transaction() as tx:
        await add(tx, **late)
        await erase_again(tx, now() + timedelta(days=4))
    await drain(database, url)
    assert await where(database, "late again") == {"evidence.note"}


async def test_who_may_erase_whom(database, ask, world, cleo):
    for name in ("Dan", "Ben", "Lena", "Auda"):
        async with unchanged(database):
            refused = await ask.do(ERASE, {"employee": cleo}, viewer=world.viewer(name))
        assert refused["__typename"] == "NotAllowed", name
    for name in ("Cleo", "Pat"):
        tried = await ask.do(ERASE, {"employee": cleo, "dryRun": True}, viewer=world.viewer(name))
        assert tried["__typename"] == "ErasedEmployee", name


async def test_nobody_is_erased_twice(database, ask, world, cleo):
    await ask.do(ERASE, {"employee": cleo}, viewer=world.viewer("Pat"))
    async with unchanged(database):
        again = await ask.do(ERASE, {"employee": cleo}, viewer=world.viewer("Pat"))
    assert again["__typename"] == "NotFound"


async def test_who_was_erased_is_no_employee_to_any_verb(database, ask, world, cleo):
    await ask.do(ERASE, {"employee": cleo}, viewer=world.viewer("Pat"))
    for name, input_ in {
        "assessSkill": {"employee": cleo, "skill": world.gid("Skill", "SQL"), "level": 1},
        "terminate": {"employee": cleo, "lastDay": "2030-01-01"},
        "joinTeam": {"employee": cleo, "team": world.gid("Team", "Chess team")},
        "createTeam": {"name": "Rest", "lead": cleo},
    }.items():
        kind = name[0].upper() + name[1:]
        mutation = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename }} }}"
        async with unchanged(database):
            assert await ask.do(mutation, input_) == {"__typename": "NotFound"}, name
    pathway = await write(ask, "other", step("basics"))
    assigned = await ask.do(ASSIGN, {"pathway": pathway.id, "employees": [cleo]})
    assert [each["outcome"] for each in assigned["results"]] == ["NOT_ALLOWED"]
    under = {
        "givenName": "Gus",
        "familyName": "New",
        "startsOn": "2026-01-01",
        "position": {"manager": cleo},
    }
    hired = "mutation($input: HireInput!) { hire(input: $input) { __typename } }"
    async with unchanged(database):
        assert await ask.do(hired, under) == {"__typename": "InvalidInput"}


async def test_the_last_administrator_stays(database, ask, world):
    async def signs_in(name):
        async with database.transaction() as tx:
            viewer = world.viewer(name)
            await begin(
                tx, employee=id_of(name), issuer="i", subject=name, sid=None, roles=viewer.roles, browser=None
            )

    pat = {"employee": world.gid("Employee", "Pat")}
    await signs_in("Pat")
    async with unchanged(database):
        refused = await ask.do(ERASE, pat, viewer=world.viewer("Pat"))
    assert refused == {
        "__typename": "LastAdministrator",
        "message": "This is the last administrator; have another people admin sign in first.",
    }
    async with database.transaction() as tx:
        await begin(
            tx,
            employee=id_of("Grace"),
            issuer="i",
            subject="g",
            sid=None,
            roles=world.viewer("Pat").roles,
            browser=None,
        )
    erased = await ask.do(ERASE, pat, viewer=world.viewer("Pat"))
    assert erased["__typename"] == "ErasedEmployee"


async def test_a_key_of_ones_own_is_forgotten_too(database, ask, cleo):
    erased = await ask.do(ERASE, {"employee": cleo, "idempotencyKey": "k"}, viewer=person(id_of("Cleo")))
    assert erased["__typename"] == "ErasedEmployee"
    assert (await stored(database))["outcome"] == []


PEOPLE = ("Grace", "Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Lena", "Pat", "Auda")


@pytest.fixture(scope="module")
async def company(server_url):
    async with academy.standing(server_url) as (found, _):
        yield found


async def rows_of(tx):
    return {
        name: [dict(row) for row in (await tx.execute(table.select())).mappings()]
        for name, table in Table_.metadata.tables.items()
    }


@pytest.mark.parametrize("name", PEOPLE)
async def test_only_what_is_about_the_person_goes(company, name):
    """In plain Python, from the rows as they were: what is about somebody, and what mentions them."""
    who = id_of(name)
    async with company.transaction() as tx:
        before = await rows_of(tx)
        await erase_employee(tx, Viewer(who, name=f"employee:{name}"), employee=who)
        await tx.flush()
        after = await rows_of(tx)
        await tx.rollback()
    assert len(after["employee"]) == len(before["employee"])
    own = {
        column: {row["id"] for row in before[table] if row["employee_id"] == who}
        for column, table in (
            ("award_id", "award"),
            ("item_id", "portfolio_item"),
            ("share_id", "portfolio_share"),
            ("assignment_id", "assignment"),
            ("connected_app_id", "connected_app"),
            ("statement_id", "statement"),
        )
    }
    for table, rows in before.items():
        left = {key(table, row): row for row in after[table]}
        for row in rows:
            known = left.get(key(table, row))
            follows = any(row.get(column) in ids for column, ids in own.items()) and table != "status_entry"
            if owner(table, row) == who or follows:
                if table != "reporting_line":
                    assert (known is None) == (table not in {"award", "employee"}), (table, row)
            elif table not in {"audit_entry", "team", "outcome", "event", "reporting_line"}:
                stays = "manager_id" if table == "employment" else ""
                assert known == {
                    column: None if value == who and column != stays else value
                    for column, value in row.items()
                }, table


def key(table, row):
    return tuple(row[column.name] for column in Table_.metadata.tables[table].primary_key)


def owner(table, row):
    if table == "employee":
        return row["id"]
    return row.get("employee_id") or row.get("owner_id") or row.get("endorser_id")
