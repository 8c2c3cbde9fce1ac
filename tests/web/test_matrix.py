"""The matrix as a picture, CSV and a workbook: what its viewer sees, and nothing that does harm."""

import csv
import io
import tracemalloc
import zipfile
from base64 import b64encode
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import orjson
import pytest
from sqlalchemy import delete, insert, update

from browser import chromium, tab
from cairn.db.ranges import since
from cairn.matrices import answer, heatmap, workbook
from cairn.people.tables import Employee
from cairn.skills.tables import Evidence, Source
from world import LONG_AGO, id_of, on

SVG = "{http://www.w3.org/2000/svg}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>&\x0b\"é"
END = datetime(2099, 5, 6, tzinfo=UTC)


@pytest.fixture
async def hostile(database, company):
    """Cleo has a name that does harm where it is not written as a text; her SQL ends, and is short of it."""
    async with database.transaction() as tx:
        named = update(Employee).where(Employee.id == id_of("Cleo")).values(display_name=HOSTILE)
        await tx.execute(named)
        others = (Evidence.employee_id == id_of("Cleo")) & (Evidence.skill_id != id_of("Python"))
        await tx.execute(delete(Evidence).where(others))
        evidence = {"employee_id": id_of("Cleo"), "skill_id": id_of("SQL"), "level": 1}
        kept = {"id": Evidence.new_id(), "source": Source.MANAGER, "valid": since(LONG_AGO, END)}
        await tx.execute(insert(Evidence).values(**evidence, **kept, recorded_at=on(2024)))
    return company


def path(ending, name="Core team", type_="Team"):
    return f"/matrix/{type_}:{id_of(name)}.{ending}"


def table(answer_):
    assert answer_.status_code == 200, answer_.text
    return list(csv.reader(io.StringIO(answer_.content.decode("utf-8-sig"))))


@pytest.mark.usefixtures("hostile")
async def test_as_csv_it_is_what_its_viewer_sees(signed_in):
    grace, cleo = await signed_in("Grace"), await signed_in("Cleo")
    found = await grace.get(path("csv"))
    assert found.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert found.headers["cache-control"] == "no-store"
    assert found.headers["content-disposition"].endswith('.csv"')
    assert found.content.startswith("\ufeff".encode())
    assert b"\r\n" in found.content
    head = ["Person", "Job role", "Readiness", "Python", "SQL"]
    names = f"'{HOSTILE}"  # no spreadsheet takes it for a formula
    everything = [
        head,
        [names, "Engineer", "0.625", "3", "1"],
        ["Ada Test", "Engineer", "1", "5", "4"],
        ["Ben Test", "Engineer", "0.625", "3", ""],
    ]
    assert table(found) == everything
    own = await cleo.get(path("csv"), params={"bom": "false"})
    assert own.content.startswith(b"Person")
    assert table(own) == [
        head,
        everything[1],
        ["Ada Test", "Engineer", "", "", ""],
        ["Ben Test", "Engineer", "", "", ""],
    ]
    listed = table(await grace.get(path("csv"), params={"layout": "list", "skills": str(id_of("SQL"))}))
    assert listed[1][:9] == [names, "Engineer", "SQL", "1", "yes", "2", "1", "2099-05-06T00:00:00Z", "all"]
    assert listed[3][:9] == ["Ben Test", "Engineer", "SQL", "", "", "2", "2", "", "all"]
    hidden = table(await cleo.get(path("csv"), params={"layout": "list"}))
    assert hidden[3][:9] == ["Ada Test", "Engineer", "Python", "", "", "3", "", "", "none"]


async def test_it_is_of_another_date_of_whom_it_is_asked_and_with_what_is_assumed(signed_in, hostile):
    grace = await signed_in("Grace")
    then = table(await grace.get(path("csv"), params={"at": "2024-06-01"}))
    assert then[3][3:] == ["2", "3"]
    for name, type_, depth, people in (
        ("Ada", "Employee", "1", ["Ben Test"]),
        ("Ada", "Employee", "all", [f"'{HOSTILE}", "Ben Test"]),
        ("Sales", "Department", "1", ["Dan Test"]),
        ("Seller role", "JobRole", "1", ["Dan Test"]),
    ):
        of = table(await grace.get(path("csv", name, type_), params={"depth": depth}))
        assert [row[0] for row in of[1:]] == people
    assumed = orjson.dumps([{"leaves": hostile.gid("Employee", "Ada")}]).decode()
    left = table(await grace.get(path("csv"), params={"whatIf": assumed}))
    assert [row[0] for row in left[1:]] == [f"'{HOSTILE}", "Ben Test"]


@pytest.fixture
def supposing(hostile):
    """Cleo reaches a level in SQL that she has not, Ben loses his Python, and Dan joins."""
    cleo, ben, dan = (hostile.gid("Employee", name) for name in ("Cleo", "Ben", "Dan"))
    what_if = [
        {"reaches": {"employee": cleo, "skill": hostile.gid("Skill", "SQL"), "level": 4}},
        {"loses": {"employee": ben, "skill": hostile.gid("Skill", "Python")}},
        {"joins": {"employee": dan}},
        {"leaves": hostile.gid("Employee", "Grace")},
    ]
    skills = ",".join(str(id_of(name)) for name in ("Python", "SQL"))
    return {"skills": skills, "whatIf": orjson.dumps(what_if).decode()}


async def test_what_is_only_assumed_is_marked_in_every_form(signed_in, supposing):
    grace = await signed_in("Grace")
    rows = table(await grace.get(path("csv"), params=supposing))
    assert rows[0][-2:] == ["SQL", "Assumed"]
    assert {row[0]: row[3:] for row in rows[1:]} == {
        f"'{HOSTILE}": ["3", "4", "SQL (reaches level 4 in SQL)"],
        "Ada Test": ["5", "4", ""],
        "Ben Test": ["", "", "Python (loses all evidence of Python)"],
        "Dan Test": ["", "3", "in the matrix"],
    }
    head, *lines = table(await grace.get(path("csv"), params={**supposing, "layout": "list"}))
    assert all(len(line) == len(head) for line in lines)
    assumed = {(line[0], line[2]): line[-1] for line in lines if line[-1]}
    assert assumed == {
        (f"'{HOSTILE}", "SQL"): "reaches level 4 in SQL",
        ("Ben Test", "Python"): "loses all evidence of Python",
    }

    drawn = ET.fromstring((await grace.get(path("svg"), params=supposing)).content)
    marked = [
        each.find(f"{SVG}title").text
        for each in drawn.iter(f"{SVG}g")
        if any(part.attrib.get("d") == heatmap.CORNER for part in each.findall(f"{SVG}path"))
        and each.find(f"{SVG}title") is not None
    ]
    hidden = HOSTILE.replace("\x0b", "\ufffd")
    assert len(marked) == 2
    assert marked[0].startswith(f"{hidden}, SQL: level 4")
    assert marked[0].endswith("assumed: reaches level 4 in SQL")
    assert marked[1].endswith("assumed: loses all evidence of Python")
    words = [each.text for each in drawn.iter(f"{SVG}text")]
    assert "◤ Dan Test" in words
    assert "assumed" in words, "the legend"
    assert "Ben Test loses all evidence of Python; Dan Test joins." in drawn.find(f"{SVG}desc").text

    book = (await grace.get(path("xlsx"), params=supposing)).content
    _, cells = sheet_of(book, 1)
    assert (cells["E5"], cells["D7"], cells["A8"]) == (4, "◤", "◤ Dan Test"), "a level stays a number"
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        assert "◤" in file.read("xl/styles.xml").decode()
    _, lines = sheet_of(book, 2)
    assert "reaches level 4 in SQL" in lines.values()
    _, about = sheet_of(book, 3)
    assert "Ben Test loses all evidence of Python" in about.values()


async def test_as_it_is_nothing_is_marked(signed_in, supposing):
    grace = await signed_in("Grace")
    plain = {"skills": supposing["skills"]}
    assert "Assumed" not in table(await grace.get(path("csv"), params=plain))[0]
    assert "assumed" not in (await grace.get(path("svg"), params=plain)).text.lower()


@pytest.mark.usefixtures("hostile")
async def test_as_a_picture_it_is_a_table_to_who_cannot_see_it(signed_in):
    grace, cleo = await signed_in("Grace"), await signed_in("Cleo")
    found = await grace.get(path("svg"), params={"within": "P100Y"})
    assert found.headers["content-type"] == "image/svg+xml"
    assert (
        found.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    drawn = ET.fromstring(found.content)  # our own
    assert not drawn.findall(f".//{SVG}script")
    assert b"<script" not in found.content
    assert not [name for each in drawn.iter() for name in each.attrib if name.startswith("on")]
    said = {each.text for each in drawn.iter(f"{SVG}title")}
    hidden = HOSTILE.replace("\x0b", "\ufffd")
    assert f"{hidden}, SQL: level 1 (Aware), verified, level 2 required, 1 missing, until 2099-05-06" in said
    assert "Ben Test, SQL: no level, level 2 required, 2 missing" in said
    assert any(each.startswith(f"{hidden}, Python: level 3 (Independent), ") for each in said)
    assert "SQL, can cover: 1: Ada Test" in said
    assert "SQL, only one person can cover it" in said
    roles = [each.attrib.get("role") for each in drawn.iter()]
    assert (roles.count("row"), roles.count("cell")) == (1 + 3 + 3, 3 * 2 + 3 * 2 + 3)
    assert "Only one person can cover: SQL (Ada Test)." in drawn.find(f"{SVG}desc").text
    style = drawn.find(f"{SVG}style").text
    assert "prefers-color-scheme:dark" in style
    assert "url(" not in style
    own = ET.fromstring((await cleo.get(path("svg"))).content)
    told = {each.text for each in own.iter(f"{SVG}title")}
    assert "Ada Test, SQL: withheld, level 2 required" in told
    assert not [each for each in told if each.startswith("Ada Test") and ": level" in each]
    empty = await grace.get(path("svg", "Company", "JobRole").replace("JobRole", "Department"))
    assert empty.status_code == 200


def sheet_of(content, number):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        strings = (
            [
                "".join(part.text or "" for part in each.iter(f"{SHEET}t"))
                for each in ET.fromstring(file.read("xl/sharedStrings.xml"))
            ]
            if "xl/sharedStrings.xml" in file.namelist()
            else []
        )
        root = ET.fromstring(file.read(f"xl/worksheets/sheet{number}.xml"))
    cells = {}
    for each in root.iter(f"{SHEET}c"):
        value, inline = each.find(f"{SHEET}v"), each.find(f".//{SHEET}t")
        if each.attrib.get("t") == "s":
            cells[each.attrib["r"]] = strings[int(value.text)]
        elif inline is not None:
            cells[each.attrib["r"]] = inline.text
        elif value is not None:
            cells[each.attrib["r"]] = float(value.text)
        assert each.find(f"{SHEET}f") is None, "a formula"
    return root, cells


@pytest.mark.usefixtures("hostile")
async def test_as_a_workbook_it_has_numbers_and_dates(signed_in):
    grace = await signed_in("Grace")
    found = await grace.get(path("xlsx"))
    assert found.headers["content-type"].endswith("spreadsheetml.sheet")
    assert int(found.headers["content-length"]) == len(found.content)
    root, cells = sheet_of(found.content, 1)
    pane = root.find(f".//{SHEET}pane")
    assert (pane.attrib["state"], pane.attrib["topLeftCell"]) == ("frozen", "D5")
    assert [cells[name] for name in ("D1", "E1", "A2", "E2", "E4")] == [
        "Python",
        "SQL",
        "Coverage",
        pytest.approx(1 / 3),
        1,
    ]
    assert cells["A5"].startswith("=cmd|")
    assert [cells.get(name) for name in ("C5", "D5", "E5", "D7", "E7")] == [0.625, 3, 1, 3, None]
    _, lines = sheet_of(found.content, 2)
    assert (lines["D3"], lines["F3"], lines["G3"], lines["I3"]) == (1, 2, 1, "all")
    assert lines["H3"] == (END - datetime(1899, 12, 30, tzinfo=UTC)).days


@pytest.mark.usefixtures("hostile")
async def test_who_is_not_let_in_is_answered_as_everywhere(signed_in):
    browser = await signed_in("Grace")
    del browser.headers["cookie"]
    asked = {"query": "{ viewer { name } }"}
    elsewhere = (await browser.post("/graphql", json=asked)).json()["errors"][0]["message"]
    for ending in ("svg", "csv", "xlsx"):
        found = await browser.get(path(ending))
        assert (found.status_code, found.text) == (401, f"{elsewhere}\n")
        assert "www-authenticate" in found.headers


@pytest.mark.parametrize(
    ("name", "asked", "status", "says"),
    [
        (f"{id_of('Core team')}.csv", {}, 200, "Person"),
        (f"Team:{id_of('no such')}.svg", {}, 404, "no such team"),
        (f"Skill:{id_of('SQL')}.svg", {}, 404, "There is a matrix of an id of Team"),
        ("Team:1.csv", {}, 404, "There is a matrix of an id"),
        (f"{id_of('Core team')}.pdf", {}, 404, ".svg, .csv and .xlsx"),
        (f"{id_of('Core team')}.csv", {"at": "2024-13-01"}, 400, "2024-13-01"),
        (f"{id_of('Core team')}.csv", {"skills": "SQL"}, 400, "is not an id"),
        (f"{id_of('Core team')}.csv", {"depth": "-1"}, 400, "depth is a number"),
        (f"{id_of('Core team')}.csv", {"within": "PT1H"}, 400, "within: must be"),
        (f"{id_of('Core team')}.csv", {"layout": "cube"}, 400, "layout is table"),
        (f"{id_of('Core team')}.csv", {"whatIf": "[{}]"}, 400, "AssumptionInput"),
        (f"{id_of('Core team')}.csv", {"whatIf": "{"}, 400, "whatIf is a JSON list"),
    ],
)
async def test_what_makes_no_sense_is_said(signed_in, name, asked, status, says):
    grace = await signed_in("Grace")
    found = await grace.get(f"/matrix/{name}", params=asked)
    assert (found.status_code, says in found.text) == (status, True), found.text


def large(people, skills):
    """A matrix of many people and skills."""
    role = answer.Named("Role")
    columns = [
        answer.Column(answer.Skill(f"s{n}", f"Skill {n}"), people, people, 0.5, 2.5, 9, False, False, [])
        for n in range(skills)
    ]
    rows = [
        answer.Row(
            answer.Person(f"Person {n}", f"p{n}"),
            role,
            False,
            False,
            0.5,
            [answer.Cell((n + k) % 6, k % 3 > 0, 3, max(3 - (n + k) % 6, 0)) for k in range(skills)],
        )
        for n in range(people)
    ]
    return answer.Found("All", {}, answer.Matrix(on(2026), columns, rows, [], []))


def test_a_workbook_takes_little_memory_however_many_people_there_are(tmp_path):
    found = large(100, 30)
    with (tmp_path / "large.xlsx").open("w+b") as file:
        tracemalloc.start()
        workbook.write(found, file)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < 1_500_000
    assert heatmap.drawn(found).count('role="cell"') == 100 * 31 + 3 * 30


@pytest.mark.skipif(chromium() is None, reason="needs Chromium")
async def test_a_browser_shows_it_light_dark_and_as_a_table():
    drawn = heatmap.drawn(large(3, 3))
    background = "getComputedStyle(document.querySelector('.bg')).fill"
    async with tab() as page:
        shown = {}
        for medium, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            await page.call("Emulation.setEmulatedMedia", media=medium, features=features)
            await page.open(f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode()}")
            await page.until("!!document.querySelector('.bg')")
            shown[medium, scheme] = await page.evaluate(background)
        tree = (await page.call("Accessibility.getFullAXTree"))["nodes"]
        roles = [each["role"]["value"] for each in tree if not each.get("ignored")]
        assert page.said == []
    assert shown["screen", "light"] == shown["print", "dark"] == "rgb(255, 255, 255)"
    assert shown["screen", "dark"] == "rgb(16, 22, 29)"
    assert [roles.count(each) for each in ("table", "row", "rowheader", "columnheader")] == [1, 7, 6, 5]
    assert roles.count("cell") == 3 * 4 + 3 * 3
