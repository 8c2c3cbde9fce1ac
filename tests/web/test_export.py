"""The archive of all that is stored about a person: whole, theirs alone, and readable."""

import io
import json
import tracemalloc
import zipfile

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import insert, text

from browser import chromium, tab
from cairn.db.ranges import now, since
from cairn.db.tables import Table_
from cairn.skills.tables import Evidence, Source
from stored import unchanged
from world import NAMES, id_of

SITE = "https://cairn.test"
EXPORT = """
mutation ($input: ExportMyDataInput!) {
  exportMyData(input: $input) {
    __typename
    ... on DataArchive { employee { displayName } url rows { name count } }
    ... on Refusal { message }
  }
}
"""


KEYS = "select encode(key, 'hex') from session union all select encode(key, 'hex') from service_token"
CURRENT = (
    "select award_id, document, jwt from signed_document join award on award.id = award_id"
    " where employee_id = :id and superseded_at is null"
)


def opened(answer):
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def archive_of(signed_in, name):
    return opened(await (await signed_in(name)).get("/me/export.zip"))


async def test_it_has_every_row_about_the_person(signed_in, database):
    """In plain Python, from all rows there are."""
    archive = await archive_of(signed_in, "Ben")
    tables = json.loads(archive.read("data.json"))["tables"]
    who = id_of("Ben")
    async with database.transaction() as tx:
        for name, table in Table_.metadata.tables.items():
            owners = {"employee_id", "owner_id", "id" if name == "employee" else "employee_id"}
            rows = [
                row
                for row in (await tx.execute(table.select())).mappings()
                if who in {row.get(column) for column in owners}
            ]
            if not rows:
                continue
            given = tables[name]["rows"]
            columns = [column.name for column in table.columns if not isinstance(rows[0][column.name], bytes)]
            assert set(columns) <= set(tables[name]["fields"]), name
            keys = [column.name for column in table.primary_key if column.name in columns]
            for row in rows:
                [found] = [each for each in given if all(_same(each[key], row[key]) for key in keys)]
                for column in columns:
                    if isinstance(row[column], str):
                        assert found[column] == row[column], (name, column)
            if name not in {"reporting_line", "notification"}:  # managers are told of one's assignments
                assert len(given) == len(rows), name
    assert len(tables["signed_document"]["rows"]) == 1
    assert tables["evidence.asserted_by_id"]["rows"], "what Ben said of Cleo is there, without what it was"
    fields = {"id", "valid", "stated", "recorded_at", "withdrawn_at"}
    assert set(tables["evidence.asserted_by_id"]["fields"]) == fields


def _same(given, value):
    return given == str(value) or isinstance(given, dict | int)


async def test_every_field_is_described(signed_in):
    archive = await archive_of(signed_in, "Ben")
    for name, table in json.loads(archive.read("data.json"))["tables"].items():
        assert table["description"], name
        assert all(table["fields"].values()), name
        for row in table["rows"]:
            assert set(row) == set(table["fields"]), name


@pytest.mark.parametrize("name", sorted({*NAMES} - {"Eve", "Finn"}))
async def test_it_names_nobody_else_and_has_no_secret(signed_in, database, name):
    async with database.transaction() as tx:
        keys = (await tx.execute(text(KEYS))).scalars().all()
    archive = await archive_of(signed_in, name)
    for file in archive.namelist():
        written = archive.read(file).decode()
        for other in set(NAMES) - {name}:
            for secret in (
                f"{other} Test",
                f"{other.lower()}@example.com",
                f"N-{other.upper()}",
                f"{other} at ",
            ):
                assert secret not in written, (file, secret)
        assert not [key for key in keys if key in written]


async def test_labels_stand_beside_ids(signed_in):
    tables = json.loads((await archive_of(signed_in, "Ben")).read("data.json"))["tables"]
    skills = {row["skill"] for row in tables["evidence"]["rows"]}
    assert skills >= {"Python", "SQL", "Negotiation"}
    assert {row["department"] for row in tables["employment"]["rows"]} == {"Platform", "Sales"}


async def test_credentials_are_files_of_their_own(signed_in, database):
    archive = await archive_of(signed_in, "Ben")
    async with database.transaction() as tx:
        [(award, document, jwt)] = (await tx.execute(text(CURRENT), {"id": id_of("Ben")})).all()
    assert archive.read(f"credentials/{award}.json").decode() == document
    assert archive.read(f"credentials/{award}.jwt").decode() == jwt


async def test_what_is_asked_for_is_in_the_audit_and_in_the_next_archive(ask, signed_in, company):
    asked = await ask.do(EXPORT, {}, viewer=company.viewer("Ben"))
    assert asked["employee"] == {"displayName": "Ben Test"}
    assert asked["url"] == f"/employees/{id_of('Ben')}/export.zip"
    browser = await signed_in("Ben")
    data = json.loads(opened(await browser.get(asked["url"])).read("data.json"))["tables"]
    counts = {name: len(table["rows"]) for name, table in data.items() if table["rows"]}
    told = {each["name"]: each["count"] for each in asked["rows"]}
    assert {name: count - told.get(name, 0) for name, count in counts.items()} == {
        name: {"session": 1, "audit.about_you": 3}.get(name, 0) for name in counts
    }
    verbs = [row["verb"] for row in data["audit.about_you"]["rows"]]
    assert {"employee.export", "session.begin", "employee.download"} <= set(verbs)


async def test_whose_archive_one_may_have(ask, signed_in, database, company):
    ben = f"/employees/{id_of('Ben')}/export.zip"
    for name, status in (("Pat", 200), ("Ben", 200), ("Ada", 403), ("Lena", 403), ("Auda", 403)):
        browser = await signed_in(name)
        if status == 200:
            assert (await browser.get(ben)).status_code == 200
        else:
            async with unchanged(database):
                refused = await browser.get(ben)
                asked = await ask.do(
                    EXPORT, {"employee": company.gid("Employee", "Ben")}, viewer=company.viewer(name)
                )
            assert (refused.status_code, asked["__typename"]) == (status, "NotAllowed")
    pat = await signed_in("Pat")
    assert (await pat.get(f"/employees/{id_of('nobody')}/export.zip")).status_code == 404
    async with database.transaction() as tx:
        who = await tx.execute(text("select viewer from audit_entry where verb = 'employee.download'"))
        assert set(who.scalars()) == {f"employee:{id_of('Pat')}", f"employee:{id_of('Ben')}"}


async def test_another_site_cannot_have_it_fetched(app, signed_in):
    browser = await signed_in("Ben")
    assert (await browser.get("/me/export.zip", headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await browser.get("/me/export.zip", headers={"sec-fetch-site": "same-origin"})).status_code == 200
    async with AsyncClient(transport=ASGITransport(app), base_url=SITE) as stranger:
        answer = await stranger.get("/me/export.zip")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_long_history_takes_no_memory(signed_in, database):
    rows = [
        {
            "id": Evidence.new_id(),
            "employee_id": id_of("Ben"),
            "skill_id": id_of("SQL"),
            "level": 1,
            "source": Source.PEER,
            "valid": since(now()),
            "recorded_at": now(),
            "note": f"{number} of many".ljust(500, "."),
        }
        for number in range(20_000)
    ]
    async with database.transaction() as tx:
        for start in range(0, len(rows), 2_000):
            await tx.execute(insert(Evidence), rows[start : start + 2_000])
    del rows
    browser = await signed_in("Ben")
    tracemalloc.start()
    async with browser.stream("GET", "/me/export.zip") as answer:
        assert answer.status_code == 200
        size = sum([len(piece) async for piece in answer.aiter_raw()])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert int(answer.headers["content-length"]) == size
    assert peak < 12_000_000, f"{peak / 1e6:.1f} MB"


@pytest.mark.skipif(chromium() is None, reason="there is no browser")
async def test_a_person_can_read_it(signed_in, tmp_path):
    archive = await archive_of(signed_in, "Ben")
    archive.extractall(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    async with tab() as found:
        await found.open(f"file://{tmp_path}/index.html")
        assert (
            await found.until("document.querySelector('h1')?.textContent")
            == "What Cairn stores about Ben Test"
        )
        titles = await found.evaluate("[...document.querySelectorAll('h2')].map(each => each.textContent)")
        assert titles[0] == "Employee"
        assert {"Evidence", "Employment", "Session", "Award"} <= set(titles)
        shown = await found.evaluate("document.body.innerText")
        assert "Negotiation" in shown
        assert "a colleague" in shown
        assert await found.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await found.picture(tmp_path / "page.png")
        assert found.said == []
