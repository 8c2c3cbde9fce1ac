"""What is published is for everyone; drafts, assignments and progress are not."""

import pytest

from pathways.writing import assign, complete, step, write, write_version

EVERYTHING = """{
  pathways(first: 9) {
    nodes {
      code published { number } versions(first: 9) { nodes { number steps(first: 9) { nodes { key } } } }
    }
  }
}"""


@pytest.mark.parametrize(("who", "sees"), [("Lena", True), ("Auda", True), ("Ben", False), ("Pat", False)])
async def test_drafts_are_for_who_reads_learning_records(ask, world, who, sees):
    await write(ask, "secret", [step("read")], publish=False)
    open_ = await write(ask, "open", [step("read")])
    await write_version(ask, open_, [step("write")], publish=False)
    found = (await ask(EVERYTHING, viewer=world.viewer(who)))["pathways"]["nodes"]
    first = {"number": 1, "steps": {"nodes": [{"key": "read"}]}}
    second = {"number": 2, "steps": {"nodes": [{"key": "write"}]}}
    if sees:
        assert found == [
            {"code": "open", "published": {"number": 1}, "versions": {"nodes": [first, second]}},
            {"code": "secret", "published": None, "versions": {"nodes": [first]}},
        ]
    else:
        assert found == [{"code": "open", "published": {"number": 1}, "versions": {"nodes": [first]}}]


async def test_what_was_retired_stays_for_everyone(ask, world):
    written = await write(ask, "open", [step("read")])
    await write_version(ask, written, [step("write")])
    query = "query ($id: ID!) { pathway(id: $id) { versions { totalCount } } }"
    found = await ask(query, {"id": written.id}, viewer=world.viewer("Ben"))
    assert found["pathway"]["versions"]["totalCount"] == 2


async def test_a_draft_cannot_be_asked_for_by_its_id(ask, world):
    secret = await write(ask, "secret", [step("read")], publish=False)
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    ids = {"ids": [secret.id, secret.version, secret.steps["read"]]}
    assert (await ask(query, ids, viewer=world.viewer("Ben")))["nodes"] == [None, None, None]
    allowed = await ask(query, ids, viewer=world.viewer("Lena"))
    assert [each["__typename"] for each in allowed["nodes"]] == ["Pathway", "PathwayVersion", "Step"]


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        *((who, True) for who in ("Cleo", "Ben", "Ada", "Grace", "Lena", "Auda")),
        *((who, False) for who in ("Dan", "Pat")),
    ],
)
async def test_assignments_and_progress_are_for_the_person_the_managers_and_learning_admins(
    ask, world, who, sees
):
    cleo = world.gid("Employee", "Cleo")
    pathway = await write(ask, "open", [step("read"), step("write")])
    await assign(ask, pathway, cleo)
    await complete(ask, pathway, "read", cleo)
    query = """query ($id: ID!) {
      employee(id: $id) {
        assignments { totalCount nodes { status stepsDone stepsTotal } } progress { nodes { step { key } } }
      }
      assignments { totalCount }
    }"""
    found = await ask(query, {"id": cleo}, viewer=world.viewer(who))
    one = {"status": "IN_PROGRESS", "stepsDone": 1, "stepsTotal": 2}
    assert found == {
        "employee": {
            "assignments": {"totalCount": int(sees), "nodes": [one] * sees},
            "progress": {"nodes": [{"step": {"key": "read"}}] * sees},
        },
        "assignments": {"totalCount": int(sees)},
    }
