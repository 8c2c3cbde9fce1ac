"""What other systems report: row by row, late, out of order, and again."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.identity.tokens import service
from cairn.jobs.drain import drain
from cairn.settings import settings
from pathways.test_progress import LEVELS, status
from pathways.writing import assign, complete, step, write, write_version
from stored import counts, stored, unchanged

REPORT = """
mutation ($input: RecordCompletionsInput!) {
  recordCompletions(input: $input) {
    __typename
    ... on RecordCompletionsPayload {
      recorded begun repeated refused
      results { employee { displayName } outcome message records { step { key version { number } } score } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""
HELD = """
query ($id: ID!) {
  employee(id: $id) {
    pathwayCompletions { nodes { pathway { code } since until } }
    assignments { nodes { status stepsDone closedAt } }
  }
}
"""
COURSE, BOOK = "https://lms.example/courses/7", "https://example.com/book"
LMS = service("lms", ["RECORD_PROGRESS"])
PEOPLE = ("Ada", "Ben", "Cleo", "Dan", "Grace", "Lena")


@pytest.fixture
async def data(ask, world):
    return await write(
        ask,
        "data",
        [
            step("course", activity=COURSE, proof="IMPORTED", after=["book"],
                 grants=[{"skill": world.gid("Skill", "SQL"), "level": 2}]),
            step("book", url=BOOK),
            step("exam", "ASSESSMENT", passMark=70, proof="ASSESSMENT"),
            step("talk", "MENTORING", proof="MANAGER", isOptional=True),
        ],
    )  # fmt: skip


def outcomes(done):
    return [each["outcome"] for each in done["results"]]


async def test_each_report_has_a_result_and_what_is_wrong_with_one_keeps_none_back(
    ask, world, database, url, data
):
    ben, cleo = (world.gid("Employee", name) for name in ("Ben", "Cleo"))
    await assign(ask, data, ben, cleo)
    exam = {"pathway": "data", "stepKey": "exam"}
    reports = [
        {"email": " Ben@Example.com", "activity": COURSE, "completedAt": "2026-03-01T09:00:00Z"},
        {"number": "N-CLEO", "activity": BOOK},
        {"employee": ben, "step": data.steps["exam"], "score": 71, "note": "Second try"},
        {"employee": cleo, **exam, "score": 40},
        {"employee": cleo, **exam, "what": "PASSED"},
        {"employee": ben, **exam, "what": "FAILED", "score": 20, "completedAt": "2026-02-01T09:00:00Z"},
        {"email": "ben@example.com", "activity": COURSE, "completedAt": "2026-03-02T09:00:00Z"},
        {"employee": ben, "pathway": "data", "stepKey": "talk"},
        {"employee": ben, "activity": "https://elsewhere.example"},
        {"email": "nobody@example.com", "activity": COURSE},
        {"employee": ben, "activity": COURSE, "completedAt": "2999-01-01T00:00:00Z"},
        {"employee": ben, "number": "1", "activity": COURSE},
        {"employee": ben, "pathway": "data"},
        {"employee": ben, **exam, "score": 101},
    ]
    async with unchanged(database):
        shown = await ask.do(REPORT, {"reports": reports, "dryRun": True}, viewer=LMS)
    done = await ask.do(REPORT, {"reports": reports}, viewer=LMS)
    assert outcomes(done) == outcomes(shown) == [
        "RECORDED", "RECORDED", "RECORDED", "BEGUN", "RECORDED", "BEGUN", "ALREADY_RECORDED", "NOT_ALLOWED",
        "NO_SUCH_STEP", "NO_SUCH_PERSON", "INVALID", "INVALID", "INVALID", "INVALID",
    ]  # fmt: skip
    assert [done[each] for each in ("recorded", "begun", "repeated", "refused")] == [4, 2, 1, 7]
    assert done["results"][3]["message"] == "It takes 70 to pass."
    assert done["results"][0]["records"] == [], "a program that reports does not read"
    assert await status(ask, ben) == {"data": ("IN_PROGRESS", 2, 3)}
    before = await counts(database, "progress", "evidence")
    again = await ask.do(REPORT, {"reports": reports})
    assert outcomes(again)[:7] == ["ALREADY_RECORDED"] * 7
    assert outcomes(again)[7] == "RECORDED", "whoever may say anything may say that"
    assert await counts(database, "progress", "evidence") == {**before, "progress": before["progress"] + 1}
    await drain(database, url)
    levels = (await ask(LEVELS, {"id": ben}))["employee"]["levels"]["nodes"]
    assert {"skill": {"name": "SQL"}, "level": 2, "isVerified": True} in levels


async def test_in_whatever_order_and_however_often_reports_come_the_same_follows(ask, world, data):
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(9)]
    whats = ["COMPLETED", "FAILED", "PASSED", "STARTED"]
    chance = random.Random(7)
    told = [
        {"pathway": "data", "stepKey": key, "what": chance.choice(whats), "completedAt": day.isoformat(),
         **({"score": chance.choice([20, 75, 90])} if key == "exam" else {})}
        for day in days for key in ("course", "book", "exam")
    ]  # fmt: skip
    found = []
    for name in PEOPLE:
        who = world.gid("Employee", name)
        await assign(ask, data, who)
        reports = [*told, *chance.sample(told, 9)]
        chance.shuffle(reports)
        while reports:
            size = chance.randint(1, 12)
            batch, reports = reports[:size], reports[size:]
            done = await ask.do(REPORT, {"reports": [{**each, "employee": who} for each in batch]})
            assert done["refused"] == 0, done
        employee = (await ask(HELD, {"id": who}))["employee"]
        for each in employee["assignments"]["nodes"]:
            assert each.pop("closedAt") is not None
        found.append(employee)
    assert found == [found[0]] * len(PEOPLE)
    assert found[0]["pathwayCompletions"]["nodes"][0]["until"] is None


async def test_a_step_is_that_of_the_version_the_person_follows_and_of_each_pathway(ask, world, data):
    ben, cleo = (world.gid("Employee", name) for name in ("Ben", "Cleo"))
    await assign(ask, data, ben)
    await write_version(ask, data, [step("course", activity=COURSE)])
    await write(ask, "other", [step("same", activity=COURSE)])
    await write(ask, "draft", [step("same", activity=COURSE)], publish=False)
    done = await ask.do(REPORT, {"reports": [{"employee": who, "activity": COURSE} for who in (ben, cleo)]})
    written = [
        sorted((each["step"]["key"], each["step"]["version"]["number"]) for each in result["records"])
        for result in done["results"]
    ]
    assert written == [[("course", 1), ("same", 1)], [("course", 2), ("same", 1)]]


async def test_so_many_at_once_and_no_more(ask, world, database, data):  # noqa: ARG001  # there it is
    ben = world.gid("Employee", "Ben")
    async with unchanged(database):
        refused = await ask.do(REPORT, {"reports": [{"employee": ben, "activity": COURSE}] * 1001})
        assert refused["__typename"] == "InvalidInput"
    kept = {"reports": [{"employee": ben, "activity": BOOK}], "idempotencyKey": "once"}
    first, second = await ask.do(REPORT, kept), await ask.do(REPORT, kept)
    assert outcomes(first) == outcomes(second) == ["RECORDED"]


# From a file


@pytest.fixture
async def cairn(url, tmp_path, monkeypatch):
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()

    async def run(*arguments):
        ran = await asyncio.to_thread(CliRunner().invoke, main, ["import", *arguments])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout, ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def test_a_file_is_taken_row_by_row(ask, world, database, cairn, data):
    ben = world.gid("Employee", "Ben")
    await complete(ask, data, "book", ben)
    Path("done.csv").write_text(
        "Email;Activity;Completed at;Score;What\n"
        f"ben@example.com;{COURSE};2026-03-01;;\n"
        f"cleo@example.com;{COURSE};1.3.2026;;\n"
        f"cleo@example.com;{COURSE};2026-03-01T09:00:00+01:00;80%;started\n"
        f"who@example.com;{COURSE};;;\n"
        f"ben@example.com;{COURSE};2026-04-01;;\n"
    )
    async with unchanged(database):
        code, out, _ = await cairn("completions", "done.csv", "--dry-run")
    assert (code, out.splitlines()) == (
        3,
        [
            "1 already recorded, 1 begun, 1 invalid, 1 no such person, 1 recorded.",
            "row 3: completed_at: must be a day or a time such as 2026-01-31T09:00:00Z.",
            "row 5: Nobody here is known by that.",
            "Nothing was written: this was a dry run.",
        ],
    )
    code, out, _ = await cairn("completions", "done.csv", "--json")
    assert (code, json.loads(out)["counts"]["RECORDED"]) == (3, 1)
    before = await stored(database)
    code, out, _ = await cairn("completions", "done.csv", "--json")
    assert json.loads(out)["counts"] == {
        "ALREADY_RECORDED": 3,
        "INVALID": 1,
        "NO_SUCH_PERSON": 1,
    }
    assert await stored(database) == before
    assert (await cairn("completions", "none.csv"))[0] == 2
