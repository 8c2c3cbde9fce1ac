"""What a directory writes keeps the rules of people: leave, what is kept here, leaving, and rates."""

from datetime import timedelta

from sqlalchemy import text

from cairn.access.viewer import system
from cairn.app import application
from cairn.people import absence, particulars
from cairn.people.profile import Kept
from cairn.settings import settings
from hris.scim.conftest import SITE, E, opened, token
from world import TODAY, id_of

ADMIN = system("test")


async def ben(directory):
    return await directory.ask("GET", f"/Users/{id_of('Ben')}")


async def test_whoever_is_on_leave_is_active_and_stays_on_leave_whatever_changes(directory, database):
    async with database.transaction() as tx:
        await absence.start_leave(tx, ADMIN, employee=id_of("Ben"), from_day=TODAY)
    user = await ben(directory)
    assert user["active"] is True
    patched = await directory.patch(user, {"op": "replace", "path": "title", "value": "Architect"})
    assert patched["active"] is True
    same = {"op": "replace", "path": "active", "value": True}
    assert (await directory.patch(user, same))["active"] is True
    async with database.transaction() as tx:
        work = await tx.execute(
            text(
                "select work, title from employment where employee_id = :ben and valid @> cast(:day as date)"
            ),
            {"ben": id_of("Ben"), "day": TODAY},
        )
        assert work.all() == [("ON_LEAVE", "Architect")]


async def test_what_is_kept_here_a_directory_leaves_alone(directory, database):
    fields = [Kept.DISPLAY_NAME, Kept.TITLE, Kept.MANAGER, Kept.DEPARTMENT]
    async with database.transaction() as tx:
        await particulars.keep_locally(tx, ADMIN, employee=id_of("Ben"), fields=fields)
    boss = await directory.user("boss@example.org")
    user = await ben(directory)
    patched = await directory.patch(
        user,
        {"op": "replace", "path": "displayName", "value": "Another"},
        {"op": "replace", "path": "title", "value": "Another"},
        {"op": "add", "path": f"{E}:manager", "value": boss["id"]},
        {"op": "replace", "path": f"{E}:department", "value": "Sales"},
        {"op": "replace", "path": "name.familyName", "value": "Okafor"},
    )
    assert (patched["displayName"], patched["title"]) == ("Ben Test", "Engineer")
    assert patched[E]["manager"]["value"] == str(id_of("Ada"))
    assert patched[E]["department"] == "Platform"
    assert patched["name"]["familyName"] == "Okafor"
    async with database.transaction() as tx:
        await particulars.keep_locally(tx, ADMIN, employee=id_of("Ben"), fields=[])
    again = await directory.patch(patched, {"op": "replace", "path": "title", "value": "Another"})
    assert again["title"] == "Another"


async def test_a_deactivation_is_a_termination_with_its_reason(directory, database):
    user = await ben(directory)
    await directory.patch(user, {"op": "replace", "path": "active", "value": False})
    async with database.transaction() as tx:
        rows = await tx.execute(
            text(
                "select upper(valid), ended_because from employment where employee_id = :ben"
                " order by lower(valid)"
            ),
            {"ben": id_of("Ben")},
        )
        assert rows.all()[-1] == (TODAY, "Deactivated by the directory")
        told = await tx.execute(text("select after from audit_entry where verb = 'employee.terminate'"))
        assert told.scalar_one() == {
            "last_day": str(TODAY - timedelta(days=1)),
            "reason": "Deactivated by the directory",
        }
        events = await tx.execute(text("select payload from event where name = 'EmploymentChanged'"))
        assert {"employees": [str(id_of("Ben"))]} in events.scalars().all()


async def test_a_directory_that_asks_too_often_is_told_for_how_many_seconds_to_wait(
    database,
    world,  # noqa: ARG001  # there are people
    monkeypatch,
):
    monkeypatch.setenv("CAIRN_RATE_TOKEN", "3")
    settings.cache_clear()
    served = application(database, [], SITE)
    async with (
        served.router.lifespan_context(served),
        opened(served, await token(database, "READ_PEOPLE")) as busy,
    ):
        answers = [await busy.get("/scim/v2/Users?count=1") for _ in range(12)]
    monkeypatch.undo()
    settings.cache_clear()
    refused = [each for each in answers if each.status_code == 429]
    assert answers[0].status_code == 200
    assert refused
    wait = refused[0].headers["retry-after"]
    assert wait.isdecimal()
    assert 0 < int(wait) <= 60
    assert refused[0].json()["status"] == "429"
    assert refused[0].headers["content-type"] == "application/scim+json"
