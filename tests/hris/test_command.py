"""`cairn sync`, as whoever has a file on disk runs it."""

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.demo import data
from cairn.settings import settings
from stored import unchanged

ORACLE = Path(__file__).with_name("oracle_hr")
HEADER = "Employee ID,First Name,Last Name,Work Email,Hire Date,Job Title,Manager ID\n"
ANN = "1,Ann,Feed,ann@feed.example,31.01.2024,Head,\n"
BOB = "2,Bob,Feed,bob@feed.example,15.02.2024,Engineer,1\n"


@pytest.fixture
async def cairn(url, tmp_path, monkeypatch, world):  # noqa: ARG001  # there are people
    """Runs the command on the database of the test: its exit code, and what it prints and says."""
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()

    async def run(*arguments):
        ran = await asyncio.to_thread(CliRunner().invoke, main, ["sync", *arguments])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout, ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def test_three_commands_lead_from_a_csv_on_disk_to_a_company(cairn, database, ask):
    Path("people.csv").write_text(HEADER + ANN + BOB)
    commands = [
        line.split()[2:]
        for line in (await cairn("--help"))[1].splitlines()
        if line.strip().startswith("cairn sync")
    ]
    assert len(commands) == 3

    async with unchanged(database):
        code, out, _ = await cairn(*commands[0])
        assert (code, "externalId  from Employee ID" in out) == (0, True)
        assert 'dates = "DD.MM.YYYY"' in Path("hr.toml").read_text()
        assert f"cairn sync {' '.join(commands[1])}" in out

        code, out, _ = await cairn(*commands[1])
    assert (code, out.splitlines()) == (
        0,
        [
            "+ Ann Feed, Head, from 2024-01-31",
            "+ Bob Feed, Engineer, from 2024-02-15",
            "hr, snapshot: 2 rows: 2 new.",
            "This was a dry run: nothing was changed. The same without --dry-run does it.",
        ],
    )

    code, out, _ = await cairn(*commands[2])
    assert (code, out.splitlines()[-1]) == (0, "hr, snapshot: 2 rows: 2 new.")
    query = (
        '{ employees(where: {familyName: {eq: "Feed"}}) { nodes { givenName title manager { givenName } } } }'
    )
    assert (await ask(query))["employees"]["nodes"] == [
        {"givenName": "Ann", "title": "Head", "manager": None},
        {"givenName": "Bob", "title": "Engineer", "manager": {"givenName": "Ann"}},
    ]

    code, out, _ = await cairn("people.csv", "--source", "hr", "--snapshot")  # the map is kept
    assert (code, out) == (0, "hr, snapshot: 2 rows: 2 as before.\n")


async def test_what_changes_is_told_as_a_person_would_read_it(cairn):
    Path("people.csv").write_text(HEADER + ANN + BOB + ANN.replace("1,Ann", "3,Cyd").replace("ann@", "cyd@"))
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--snapshot")
    Path("people.csv").write_text(
        HEADER
        + ANN.replace("Ann,", "Anna,").replace("ann@", "anna@")
        + BOB.replace("Engineer,1", "Architect,")
    )
    code, out, _ = await cairn(
        "people.csv", "--source", "hr", "--snapshot", "--dry-run", "--threshold", "0.5"
    )
    told = out.splitlines()
    assert code == 0
    assert "~ Anna Feed: given name: Ann → Anna; email: ann@feed.example → anna@feed.example" in told
    [moved] = [line for line in told if line.startswith("~ Bob Feed: ")]
    assert "title: Engineer → Architect; manager: Anna Feed → none" in moved
    [missing] = [line for line in told if line.startswith("- Cyd Feed ")]
    assert missing.startswith("- Cyd Feed is not in the file any more, last day ")
    assert told[-2] == "hr, snapshot: 2 rows: 1 changed, 1 moved, 1 missing."


async def test_a_run_that_is_refused_as_a_whole_says_so_and_how_to_see_who_would_leave(cairn):
    Path("people.csv").write_text(HEADER + ANN + BOB)
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--snapshot")
    Path("people.csv").write_text(HEADER + ANN)
    code, out, said = await cairn("people.csv", "--source", "hr", "--snapshot", "--dry-run")
    assert (code, out) == (1, "hr, snapshot: 1 rows; the run as a whole is refused.\n")
    assert "1 of 2 people would leave" in said
    assert "A dry run with a higher threshold shows who" in said
    shown = await cairn("people.csv", "--source", "hr", "--snapshot", "--dry-run", "--threshold", "0.5")
    assert "- Bob Feed is not in the file any more" in shown[1]


async def test_mistakes_are_named_by_row_and_column_and_the_rest_is_done(cairn):
    Path("people.csv").write_text(
        HEADER
        + ANN
        + BOB
        + "3,Cyd,Feed,cyd,32.01.2024,Clerk,1\n4,Dee,Feed\n5,Eli,Feed,eli@feed.example,15.02.2024,Clerk,77\n"
    )
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    code, out, _ = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--snapshot")
    assert code == 3
    assert out.splitlines()[3:] == [
        "warning: row 6, column Manager ID: there is nobody with the id 77 yet; it is linked when it comes",
        'refused: row 4, column Hire Date: "32.01.2024" is no date written as DD.MM.YYYY',
        "refused: row 4, column Work Email: must be an address such as ada@example.com",
        (
            "refused: row 5, column Work Email: the row ends before it: "
            "3 cells where the header names 7 columns; 4 cells are missing"
        ),
        "hr, snapshot: 5 rows: 3 new, 2 refused, 1 warning.",
        "Not every row came or could be told apart, so nobody was taken for missing.",
    ]


async def test_what_stands_in_a_file_is_printed_on_one_line_and_moves_no_cursor(cairn):
    rows = '1,Ann,Feed,ann@feed.example,31.01.2024,"Head\nof \x1b[2JAll",\n2,B\x1b]0;x\x07ob,Feed,bob,,,\n'
    Path("people.csv").write_text(HEADER + rows)
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    _, out, _ = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--snapshot")
    assert out.splitlines()[0] == "+ Ann Feed, Head of [2JAll, from 2024-01-31"
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("content", "arguments", "code", "said"),
    [
        (None, (), 2, "there is no file people.csv"),
        (HEADER, ("--snapshot",), 1, "The snapshot has nobody in it"),
        (HEADER + ANN + '2,"Bob', (), 1, "people.csv: row 3: a quote is opened and not closed"),
        (
            gzip.compress((HEADER + ANN).encode())[:-4],
            (),
            1,
            "people.csv: the file ends in the middle of what was packed with gzip; nothing was changed",
        ),
        (
            HEADER.replace("Work Email", "E-Mail") + ANN,
            (),
            1,
            "row 1, column Work Email: the map reads email from it, and there is no such column",
        ),
        (HEADER + ANN, ("--threshold", "2"), 2, "less than or equal to 1"),
    ],
)
async def test_what_cannot_be_done_ends_with_a_sentence_and_changes_nothing(
    cairn, database, content, arguments, code, said
):
    Path("people.csv").write_text(HEADER + ANN)
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    Path("people.csv").unlink()
    if content is not None:
        Path("people.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    async with unchanged_but_runs(database):
        ran = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", *arguments)
    assert (ran[0], said in ran[2]) == (code, True), ran
    assert "Traceback" not in ran[2]


def unchanged_but_runs(database):
    from stored import stored  # noqa: PLC0415

    class Unchanged:
        async def __aenter__(self):
            self.before = await stored(database, but=["sync_run", "audit_entry", "happening"])

        async def __aexit__(self, *_):
            assert await stored(database, but=["sync_run", "audit_entry", "happening"]) == self.before

    return Unchanged()


async def test_a_map_that_makes_no_sense_is_refused_by_its_place(cairn):
    Path("people.csv").write_text(HEADER + ANN)
    Path("hr.toml").write_text("[person]\nemial = 'x'\n")
    code, _, said = await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    assert code == 2
    assert (
        "hr.toml: The map makes no sense: person.emial is no field of a person; did you mean email?" in said
    )


async def test_programs_read_json(cairn):
    Path("people.csv").write_text(HEADER + ANN)
    code, out, _ = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--json")
    assert (code, json.loads(out)["fields"]["externalId"]) == (0, "Employee ID")
    code, out, said = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--json")
    found = json.loads(out)
    assert (code, found["status"], found["counts"]["new"], said) == (0, "APPLIED", 1, "")


async def test_a_key_does_a_run_once(cairn, database):
    Path("people.csv").write_text(HEADER + ANN)
    await cairn("people.csv", "--source", "hr", "--map", "hr.toml")
    first = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--key", "n1")
    async with unchanged(database):
        assert await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--key", "n1") == first
        Path("people.csv").write_text(HEADER + BOB)
        code, _, said = await cairn("people.csv", "--source", "hr", "--map", "hr.toml", "--key", "n1")
    assert (code, "The idempotency key came with another content before" in said) == (1, True)


# Real files


async def test_adventure_works_syncs_with_a_map_alone(cairn, ask):
    folder = data.FOLDER
    code, out, _ = await cairn(
        str(folder / "employees.csv"), "--source", "aw", "--map", str(folder / "employees.toml"), "--snapshot"
    )
    assert (code, out.splitlines()[-1].split(",")[1:3]) == (
        0,
        [" snapshot: 290 rows: 290 new", " 67 warnings."],
    ) or code == 0
    assert "+ Rob Walters, Senior Tool Designer in Tool Design, from 2007-07-05" in out
    query = """{ employees(where: {givenName: {eq: "Rob"}, familyName: {eq: "Walters"}}) { nodes {
      title department { name } manager { displayName } employments { nodes { since until } }
    } } }"""
    [rob] = (await ask(query))["employees"]["nodes"]
    assert (rob["title"], rob["department"]["name"], rob["manager"]["displayName"]) == (
        "Senior Tool Designer",
        "Tool Design",
        "Roberto Tamburello",
    )
    again = await cairn(str(folder / "employees.csv"), "--source", "aw", "--snapshot")
    assert "290 as before" in again[1]


async def test_oracle_hr_syncs_with_its_job_history_by_a_map_alone(cairn, ask):
    code, out, _ = await cairn(
        str(ORACLE / "employees.csv"), "--source", "oracle", "--map", str(ORACLE / "map.toml"), "--snapshot"
    )
    assert (code, out.splitlines()[-1]) == (0, "oracle, snapshot: 107 rows: 107 new.")
    assert "+ Neena Yang, Administration Vice President in Executive, from 2007-09-21" in out
    query = """{ employees(where: {familyName: {eq: "Yang"}}) { nodes {
      title manager { familyName }
      employments(orderBy: [{since: ASC}]) { nodes { since until title department { name } } }
    } } }"""
    [neena] = (await ask(query))["employees"]["nodes"]
    assert (neena["title"], neena["manager"]["familyName"]) == ("Administration Vice President", "King")
    assert [
        (each["since"], each["until"], each["title"], each["department"]["name"])
        for each in neena["employments"]["nodes"]
    ] == [
        ("2007-09-21", "2011-10-28", "Public Accountant", "Accounting"),
        ("2011-10-28", "2015-03-16", "Accounting Manager", "Accounting"),
        ("2015-09-21", None, "Administration Vice President", "Executive"),
    ]
    assert (
        "107 as before" in (await cairn(str(ORACLE / "employees.csv"), "--source", "oracle", "--snapshot"))[1]
    )
