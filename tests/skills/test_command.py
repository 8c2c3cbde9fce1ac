"""`cairn import`, as somebody types it."""

import asyncio
import json
import shutil

import asyncpg
import pytest
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.db.engine import _LIMITS, COMPANY
from cairn.settings import settings
from skills.test_readers import DATA


@pytest.fixture
def run(url, monkeypatch):
    """Runs the program on the database of this worker."""
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(main, ["import", *map(str, arguments)])
    settings.cache_clear()


@pytest.fixture
def table(tmp_path):
    """A file of two skills."""
    path = tmp_path / "skills.csv"
    path.write_text("code,name,parent\nbaking,Baking,\nbread,Bread,baking\n")
    return path


OWN = ("--name", "Cooking", "--version")


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("onet", DATA / "onet_text", "--version", "29.3"), "O*NET 29.3: 21 skills; 21 added."),
        (("onet", DATA / "onet_csv", "--version", "29.3"), "O*NET 29.3: 21 skills; 21 added."),
        (("esco", DATA / "esco"), "ESCO 1.2.0: 20 skills; 20 added."),
        (("nice", DATA / "nice"), "NICE Framework 2017: 23 skills; 23 added."),
    ],
)
def test_what_publishers_give_out_is_imported_and_again_is_once(run, arguments, says):
    first, second = run(*arguments), run(*arguments)
    assert says in first.stdout
    assert "nothing is different." in second.stdout
    assert (first.exit_code, second.exit_code) == (0, 0)


@pytest.mark.usefixtures("database")
def test_a_dry_run_shows_the_difference_and_writes_nothing(run, table):
    run("csv", table, *OWN, "1")
    table.write_text("code,name\nbaking,Baking with love\n")
    for dry in (True, False):
        done = run("csv", table, *OWN, "2", *(["--dry-run"] if dry else []), "--json")
        found = json.loads(done.stdout)
        assert found["written"] is not dry
        assert found["counts"] == {"renamed": 1, "retired": 1}
        assert found["changes"] == [
            {
                "kind": "RENAMED",
                "code": "baking",
                "name": "Baking with love",
                "before": "Baking",
                "after": "Baking with love",
            },
            {"kind": "RETIRED", "code": "bread", "name": "Bread", "before": "Bread", "after": None},
        ]


@pytest.mark.usefixtures("database")
def test_each_problem_is_named_and_nothing_is_written(run, table):
    table.write_text("code,name,parent\nbaking,Baking,x\nbread,Bread,bread\n")
    done = run("csv", table, *OWN, "1")
    assert done.exit_code == 1
    assert "line 2, parent: x is no code of the framework" in done.stderr
    assert "line 3, parent: goes round in a circle: bread → bread" in done.stderr
    table.write_text('code,name,description\nbaking,Baking,"Two\nlines"\nbread,,\n')
    assert "line 4, name: must not be empty." in run("csv", table, *OWN, "1").stderr
    table.write_text('code,name\nbaking,Baking\nbread,"Bread\n')
    broken = run("csv", table, *OWN, "1")
    assert (broken.exit_code, "line 3" in broken.stderr) == (1, True)
    table.write_text("code,name\nbaking,Baking\n")
    assert "Cooking 1: 1 skills; 1 added." in run("csv", table, *OWN, "1").stdout


@pytest.mark.usefixtures("database")
def test_a_file_that_is_not_whole_retires_nothing(run, table):
    run("csv", table, *OWN, "1")
    whole = table.read_text()
    for text, says in (
        ("code,name\n", "There are no skills in it"),
        (whole.replace("Bread", "Br\0ead"), "line 3: has a character U+0000"),
    ):
        table.write_text(text)
        done = run("csv", table, *OWN, "2")
        assert (done.exit_code, says in done.stderr) == (1, True), done.stderr
    table.write_text(whole)
    assert "nothing is different." in run("csv", table, *OWN, "1").stdout
    empty = run("csv", table, "--name", " ", "--version", "1")
    assert empty.stderr.strip() == "cairn: name: must not be empty."


@pytest.mark.usefixtures("database")
def test_other_aliases_are_shown_on_one_line(run, table):
    for version, aliases in (("1", "Pastry|Cake"), ("2", "Pastry|Cake|Rolls")):
        table.write_text(f"code,name,aliases\nbaking,Baking,{aliases}\n")
        done = run("csv", table, *OWN, version)
    assert "baking         Pastry | Cake → Pastry | Cake | Rolls\n" in done.stdout


def test_a_version_that_nothing_says_is_asked_for(run):
    done = run("onet", DATA / "onet_text")
    assert done.exit_code == 1
    assert "add --version 29.3" in done.stderr


ROLES = """{
  jobRoles(where: {code: {in: ["11-1011.00", "IN-FOR-001"]}}, orderBy: [{code: ASC}]) {
    nodes { code name occupation requirements { nodes { skill { code } level weight } } }
  }
}"""


async def test_job_roles_come_on_the_scale_that_is_stated_and_again_is_once(run, ask, tmp_path):
    onet = tmp_path / "onet"
    shutil.copytree(DATA / "onet_text", onet)
    head = "O*NET-SOC Code\tTitle\tDescription\n"
    (onet / "Occupation Data.txt").write_text(
        f"{head}11-1011.00\tChief Executives\tLead\n1\tOthers\tNot rated\n"
    )
    ratings = [
        ("2.A.1.a", "IM", "4.12", "N", ""),
        ("2.A.1.a", "LV", "4.62", "N", "N"),
        ("2.A.1.b", "IM", "2.9", "N", ""),
        ("2.A.1.b", "LV", "4", "N", "N"),
        ("2.A.1", "IM", "5", "N", ""),
        ("2.A.1", "LV", "7", "Y", "N"),
    ]
    columns = "O*NET-SOC Code\tElement ID\tScale ID\tData Value\tRecommend Suppress\tNot Relevant"
    rows = ["\t".join(("11-1011.00", *each)) for each in ratings]
    (onet / "Skills.txt").write_text("\n".join((columns, *rows, "")))

    async def typed(*arguments):
        done = await asyncio.to_thread(run, *arguments)
        return done.exit_code, done.stdout + done.stderr

    code, said = await typed("roles", "onet", onet)
    assert (code, "The skills of O*NET are not here yet" in said) == (1, True)
    await typed("onet", onet, "--version", "29.3")
    await typed("nice", DATA / "nice")
    code, said = await typed("roles", "onet", onet, "--levels", "1,2")
    assert (code, "5 ascending numbers" in said) == (1, True)
    code, said = await typed("roles", "onet", onet, "--dry-run")
    assert (code, "1 roles new" in said, "Nothing was written" in said) == (0, True, True)
    assert (await ask(ROLES))["jobRoles"]["nodes"] == []
    for arguments, says in (
        (("onet", onet), "O*NET: 1 roles new, 0 changed, 0 the same."),
        (("onet", onet), "O*NET: 0 roles new, 0 changed, 1 the same."),
        (("onet", onet, "--levels", "1,2,3,4,5"), "O*NET: 0 roles new, 1 changed, 0 the same."),
        (("nice", DATA / "nice", "--level", "2", "--only", "IN-FOR-001"), "NICE Framework: 1 roles new"),
    ):
        code, said = await typed("roles", *arguments)
        assert (code, says in said) == (0, True), said
    code, said = await typed("roles", "nice", DATA / "nice", "--level", "2", "--only", "XX")
    assert (code, "There is no role XX" in said) == (1, True)
    executive, assessor = (await ask(ROLES))["jobRoles"]["nodes"]
    assert executive == {
        "code": "11-1011.00",
        "name": "Chief Executives",
        "occupation": "11-1011.00",
        "requirements": {"nodes": [{"skill": {"code": "2.A.1.a"}, "level": 4, "weight": 4}]},
    }
    assert {each["level"] for each in assessor["requirements"]["nodes"]} == {2}


@pytest.mark.usefixtures("database")
def test_who_comes_while_another_import_is_under_way_is_told_so(run, table, url, monkeypatch):
    assert run("csv", table, *OWN, "1").exit_code == 0
    monkeypatch.setitem(_LIMITS, "lock_timeout", "100ms")

    async def meanwhile():
        connection = await asyncpg.connect(url, server_settings={"search_path": COMPANY})
        try:
            async with connection.transaction():
                await connection.execute("select from framework for update")
                return await asyncio.to_thread(run, "csv", table, *OWN, "2")
        finally:
            await connection.close()

    found = asyncio.run(meanwhile())
    assert found.exit_code == 1
    assert "somebody else is changing the same just now" in " ".join(found.stderr.split())
    assert "Traceback" not in found.output
