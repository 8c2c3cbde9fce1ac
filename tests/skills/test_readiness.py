"""How ready somebody is for a job role, what is lacking, and which roles are near."""

import pytest

from world import on

READY = """query ($id: ID!, $role: ID, $at: DateTime) {
  employee(id: $id, at: $at) {
    readiness(role: $role) {
      jobRole { name } score required met mustHavesMissing gaps { nodes { skill { name } gap } }
    }
    gaps(role: $role) { nodes { skill { name } required level isVerified gap weight mustHave } }
    nextRoles { nodes { jobRole { name } score mustHavesMissing } }
  }
}"""


@pytest.fixture
def read(ask, world):
    """Somebody's readiness, for the own role or another one."""

    async def read(who, role=None, at=None, viewer="Grace"):
        given = {
            "id": world.gid("Employee", who),
            "role": role and world.gid("JobRole", f"{role} role"),
            "at": at and at.isoformat(),
        }
        return (await ask(READY, given, viewer=world.viewer(viewer)))["employee"]

    return read


async def test_the_weighted_share_of_what_the_own_role_requires(read):
    found = await read("Cleo")
    sql = {"skill": {"name": "SQL"}, "gap": 2}
    assert found["readiness"] == {
        "jobRole": {"name": "Engineer"},
        "score": 5 / 8,
        "required": 2,
        "met": 1,
        "mustHavesMissing": 0,
        "gaps": {"nodes": [sql]},
    }
    more = {"required": 2, "level": None, "isVerified": False, "weight": 3, "mustHave": False}
    assert found["gaps"]["nodes"] == [{**sql, **more}]


async def test_it_is_that_of_the_date(read):
    then, now = await read("Ben", at=on(2024, 6)), await read("Ben")
    assert (then["readiness"]["met"], then["readiness"]["score"]) == (1, 3 / 8)
    assert (now["readiness"]["met"], now["readiness"]["score"]) == (0, 0)
    assert [each["skill"]["name"] for each in now["gaps"]["nodes"]] == ["Python", "SQL"]
    before = await read("Ben", at=on(2023, 6))
    assert before["readiness"]["jobRole"] == {"name": "Seller"}


async def test_another_role_and_those_that_are_near(read):
    found = await read("Ada", role="Seller")
    assert (found["readiness"]["score"], found["readiness"]["mustHavesMissing"]) == (0, 1)
    assert found["nextRoles"]["nodes"] == [{"jobRole": {"name": "Seller"}, "score": 0, "mustHavesMissing": 1}]
    assert (await read("Ben"))["nextRoles"]["nodes"] == [
        {"jobRole": {"name": "Seller"}, "score": 1, "mustHavesMissing": 0}
    ]


@pytest.mark.parametrize(("viewer", "sees"), [("Ben", True), ("Cleo", True), ("Dan", False), ("Pat", False)])
async def test_it_is_for_those_who_see_the_levels(read, viewer, sees):
    found = await read("Cleo", viewer=viewer)
    assert (found["readiness"] is not None) == sees
    assert bool(found["gaps"]["nodes"]) == bool(found["nextRoles"]["nodes"]) == sees


async def test_who_works_in_no_role_is_ready_for_others_only(read):
    found = await read("Grace")
    assert found["readiness"] is None
    assert found["gaps"]["nodes"] == []
    assert {each["jobRole"]["name"] for each in found["nextRoles"]["nodes"]} == {"Engineer", "Seller"}
