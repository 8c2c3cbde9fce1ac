"""A credential for many people in one go: through the graph, from a file, and signed by workers that die."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.jobs.drain import drain
from cairn.people.tables import Employee
from cairn.settings import settings
from credentials.earning import assess, awards, define
from stored import counts, unchanged

MANY = """
mutation ($input: AwardCredentialsInput!) {
  awardCredentials(input: $input) {
    __typename
    ... on AwardCredentialsPayload {
      credential { code }
      results { employee { displayName } outcome missing award { status evidenceNote evidenceUrl } }
    }
    ... on Refusal { message }
  }
}
"""


@pytest.fixture
def sql(world):
    return world.gid("Skill", "SQL")


@pytest.fixture
def done(database, url):
    async def settle():
        return await drain(database, url)

    return settle


@pytest.fixture
async def cairn(url, tmp_path, monkeypatch, world):  # noqa: ARG001  # there are people
    """Runs `cairn award` on a file: its exit code, and what it prints and says."""
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    settings.cache_clear()
    file = tmp_path / "people.csv"

    async def run(written, *arguments, code="badge"):
        file.write_text(written)
        command = ["award", str(file), "--credential", code, *arguments]
        ran = await asyncio.to_thread(CliRunner().invoke, main, command)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout.splitlines(), ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def test_each_row_has_a_result_and_nobody_is_awarded_twice(ask, world, database, sql, done):
    cleo, ben, ada, dan = (world.gid("Employee", name) for name in ("Cleo", "Ben", "Ada", "Dan"))
    grants = [{"skill": world.gid("Skill", "Negotiation"), "level": 2}]
    badge = await define(
        ask,
        "badge",
        {"skill": {"id": sql, "level": 3}},
        awardedBy="APPROVAL",
        validity="P1Y",
        onLapse="EXPIRE",
        grants=grants,
    )
    await define(ask, "stack", {"credential": badge})
    for who in (cleo, ada, dan):
        await assess(ask, who, sql, 3)
    later = datetime.now(UTC) + timedelta(days=9)
    rows = [
        {"employee": cleo, "note": "Wrote the loader", "url": "https://example.com/loader"},
        {"employee": ben},
        {"employee": ada, "startsAt": later.isoformat()},
        {"employee": cleo},
        {"employee": dan, "startsAt": "2020-01-01T00:00:00Z"},
        {"employee": "Employee:00000000-0000-7000-8000-000000000000"},
    ]
    given = {"credential": badge, "rows": rows}
    async with unchanged(database):
        rehearsed = await ask.do(MANY, {**given, "dryRun": True}, viewer=world.viewer("Lena"))
    made = await ask.do(MANY, given, viewer=world.viewer("Lena"))
    assert made == rehearsed
    found = made["results"]
    assert [each["outcome"] for each in found] == [
        *("AWARDED", "NOT_EARNED", "SCHEDULED", "ALREADY_AWARDED", "IN_THE_PAST", "NOT_FOUND"),
    ]
    assert found[0]["award"] == {
        "status": "VALID",
        "evidenceNote": "Wrote the loader",
        "evidenceUrl": "https://example.com/loader",
    }
    assert found[2]["award"]["status"] == "PENDING"
    assert found[1]["missing"]
    assert found[5]["employee"] is None
    again = await ask.do(MANY, given, viewer=world.viewer("Lena"))
    assert [each["outcome"] for each in again["results"]] == [
        *("ALREADY_AWARDED", "NOT_EARNED", "ALREADY_AWARDED", "ALREADY_AWARDED", "IN_THE_PAST", "NOT_FOUND"),
    ]
    await done()
    assert await awards(ask, cleo) == [("badge", "VALID"), ("stack", "VALID")]
    # What is reconsidered before its day is still to come.
    await assess(ask, ada, sql, 4)
    await done()
    assert await awards(ask, ada) == [("badge", "PENDING")]
    assert ("badge", "VALID") in await awards(ask, ada, later + timedelta(days=1))
    query = "query ($id: ID!) { employee(id: $id) { awards { nodes { credential { code } document } } } }"
    [document] = [
        each["document"]
        for each in (await ask(query, {"id": cleo}))["employee"]["awards"]["nodes"]
        if each["credential"]["code"] == "badge"
    ]
    assert document["evidence"][-1] == {
        "id": "https://example.com/loader",
        "type": ["Evidence"],
        "name": "What was done",
        "narrative": "Wrote the loader",
    }
    [document] = [each["document"] for each in (await ask(query, {"id": ada}))["employee"]["awards"]["nodes"]]
    assert document["validFrom"][:16] == later.isoformat()[:16]
    refused = await ask.do(MANY, {"credential": badge, "rows": [{"employee": cleo}] * 1001})
    assert refused["__typename"] == "InvalidInput"


async def test_a_file_is_awarded_and_its_mistakes_are_told_by_row_and_column(cairn, ask, world, database):
    await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    ben = world.gid("Employee", "Ben").removeprefix("Employee:")
    written = (
        "\ufeffEmployee,from,note,url\n"
        "Cleo@Example.com,,Spoke at the meeting,https://example.com/talk\n"
        f"{ben},2031-05-01,,\n"
        "nobody@example.com,,,\n"
        "ada@example.com,the day after,,\n"
        "ada@example.com,,,ftp://example.com\n"
        "ada@example.com,2020-01-01,,\n"
        "dan@example.com\n"
        ",,,x\n"
        "cleo@example.com,,,\n"
    )
    told = [
        "row 4, employee: nobody@example.com names nobody who is known by this e-mail address, number or id",
        "row 5, from: ada@example.com ",
        "row 6, url: ada@example.com ",
        "row 7, from: ada@example.com must not lie in the past; leave it out for now",
        "row 8: dan@example.com has 1 cells, and the heading has 4",
        "row 9, employee: is empty",
        "9 rows: 1 awarded, 1 scheduled, 1 awarded before, 6 refused.",
    ]
    async with unchanged(database):
        code, out, _ = await cairn(written, "--dry-run")
    assert (code, out[-1]) == (3, "This was a dry run: nothing was awarded.")
    for line, start in zip(out, told, strict=False):
        assert line.startswith(start)
    code, out, _ = await cairn(written, "--json")
    assert code == 3
    rows = [json.loads(line) for line in out]
    assert rows[-1] == {
        "rows": 9,
        "dryRun": False,
        "AWARDED": 1,
        "SCHEDULED": 1,
        "ALREADY_AWARDED": 1,
        "NOT_FOUND": 1,
        "IN_THE_PAST": 1,
        "WRONG": 4,
    }
    assert [each["row"] for each in rows[:-1]] == list(range(2, 11))
    assert await counts(database, "award") == {"award": 2}
    async with unchanged(database):
        code, out, _ = await cairn("employee\ncleo@example.com\n" + f"{ben}\n" * 2)
    assert (code, out) == (0, ["3 rows: 3 awarded before."])
    for wrong, says in (
        ("name\nCleo\n", "its columns are name; they may be employee, from, note, url"),
        ("", "its columns are none"),
        ('employee\n"cleo\n', "line 3 cannot be read"),
    ):
        async with unchanged(database):
            code, _, err = await cairn(wrong)
        assert (code, says in err) == (1, True), err
    code, _, err = await cairn("employee\ncleo@example.com\n", code="nothing")
    assert (code, "There is no credential nothing; nothing was changed" in err) == (1, True)


async def test_a_worker_that_is_killed_while_it_signs_leaves_none_out_and_signs_none_twice(
    cairn, ask, database, url, done
):
    await define(ask, "badge", {"all": []}, awardedBy="APPROVAL")
    async with database.transaction() as tx:
        tx.add_all(
            Employee(given_name="N", family_name="Number", display_name=f"Number {n}", number=f"E{n}")
            for n in range(1, 111)
        )
    code, out, _ = await cairn("employee\n" + "".join(f"E{n}\n" for n in range(1, 111)))
    assert (code, out[0]) == (0, "110 rows: 110 awarded.")
    environment = {**os.environ, "CAIRN_DATABASE_URL": url}

    async def documents():
        async with database.transaction() as tx:
            query = "select count(*), count(distinct award_id) from signed_document"
            return tuple((await tx.execute(text(query))).one())

    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cairn", "work"), env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while not (await documents())[0]:
                assert worker.returncode is None
                await asyncio.sleep(0.02)
    finally:
        if worker.returncode is None:
            worker.kill()
        await worker.wait()
    made, of = await documents()
    assert 0 < made == of < 110
    async with (
        database.transaction() as tx
    ):  # as if the time had passed after which a silent worker is given up
        await tx.execute(text("update pgqueuer set heartbeat = heartbeat - interval '1 hour'"))
    await done()
    assert await documents() == (110, 110)
    async with database.transaction() as tx:
        entries = await tx.execute(text("select count(distinct (list_id, position)) from status_entry"))
        assert entries.scalar_one() == 110
