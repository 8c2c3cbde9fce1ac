"""`whoCanSee` says of every record of somebody what those it names really see when they ask."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from cairn.access.audience import Audience
from cairn.access.permissions import Role
from cairn.access.rules import explained
from cairn.access.viewer import Viewer
from cairn.graph.node import nodes

SIGHT = "whoCanSee { audience fields withheld { field reason } why }"
STRANGER = Viewer(uuid4(), frozenset({Role.EMPLOYEE}), "employee:stranger")
OF_BEN = {
    Audience.COLLEAGUES: [STRANGER],
    Audience.TEAMMATES: ["Cleo"],
    Audience.MANAGERS: ["Ada", "Grace"],
    Audience.FORMER_MANAGERS: ["Dan"],
    **{
        Audience(role.value): [Viewer(None, frozenset({role}), f"client:{role}")]
        for role in Role
        if role is not Role.EMPLOYEE
    },
}


async def records(standing, name):
    """The global ids of what is recorded of somebody, by type."""
    database, world = standing
    owned = {each.name: each for each in nodes.values() if each.identified and "who_can_see" in each.fields}
    assert {"Employee", "Employment", "Evidence", "Assignment", "Award", "TeamMembership"} <= owned.keys()
    async with database.transaction() as tx:
        for type_, node in sorted(owned.items()):
            columns = node.table.__table__.c
            owner = next(each for each in ("employee_id", "owner_id", "id") if each in columns)
            asked = text(f'select id from "{node.table.__tablename__}" where {owner} = :who order by id')
            for key in (await tx.execute(asked, {"who": world.viewer(name).employee})).scalars():
                yield type_, f"{type_}:{key}"


async def sights(reader, type_, id_, viewer):
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_} {{ {SIGHT} }} }} }}"
    found = (await reader.data(query, {"id": id_}, viewer=viewer))["node"]
    return None if found is None else {each["audience"]: each for each in found["whoCanSee"]}


async def seen(reader, type_, id_, viewer, names):
    """Which of these fields somebody sees of a record, as they find out by asking."""
    guarded = "withheld" in nodes[type_].fields
    fields = "id withheld { field }" if guarded else "id"
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_} {{ {fields} }} }} }}"
    found = (await reader.data(query, {"id": id_}, viewer=viewer))["node"]
    return set() if found is None else names - {each["field"] for each in found.get("withheld", ())}


async def test_it_tells_what_they_see_who_ask(reader, standing):
    _, world = standing
    told = 0
    async for type_, id_ in records(standing, "Ben"):
        found = await sights(reader, type_, id_, world.viewer("Ben"))
        if found is None:
            continue  # nobody's, as machinery
        names = {name for each in found.values() for name in each["fields"]}
        for audience, who in OF_BEN.items():
            viewers = [world.viewer(each) if isinstance(each, str) else each for each in who]
            really = set().union(*[await seen(reader, type_, id_, each, names) for each in viewers])
            assert set(found[audience]["fields"]) == really, (type_, id_, audience)
            hidden = {each["field"] for each in found[audience]["withheld"]}
            assert hidden == (names - really if really else set())
            told += 1
        assert "COMING_MANAGERS" not in found
    assert told > 100


@pytest.mark.parametrize(
    ("record", "named"), [("Ben Negotiation MANAGER 2022", True), ("Ben SQL ASSESSMENT 2023", False)]
)
async def test_who_is_named_by_a_record_is_told_of(reader, standing, record, named):
    _, world = standing
    found = await sights(reader, "Evidence", world.gid("Evidence", record), world.viewer("Ben"))
    assert ("NAMED" in found) is named
    if named:  # Dan wrote it, and is not above Ben any more
        assert set(found["NAMED"]["fields"]) == set(found["MANAGERS"]["fields"])


@pytest.mark.parametrize("who", ["Ada", "Lena", "Auda", "Cleo"])
async def test_it_is_for_the_person_alone(reader, standing, who):
    _, world = standing
    found = await sights(reader, "Employee", world.gid("Employee", "Ben"), world.viewer(who))
    assert found == {}


async def test_where_an_audience_has_nobody_it_is_not_told_of(reader, standing):
    _, world = standing
    found = await sights(reader, "Employee", world.gid("Employee", "Grace"), world.viewer("Grace"))
    assert not {"MANAGERS", "FORMER_MANAGERS", "COMING_MANAGERS"} & found.keys()


async def test_coming_managers_see_how_to_reach_whom_they_will_lead(reader, standing):
    _, world = standing
    found = await sights(reader, "Employee", world.gid("Employee", "Finn"), world.viewer("Finn"))
    assert "email" in found["COMING_MANAGERS"]["fields"]
    assert "MANAGERS" not in found


async def test_the_reason_is_the_rule(reader, standing):
    _, world = standing
    found = await sights(reader, "Employee", world.gid("Employee", "Ben"), world.viewer("Ben"))
    assert found["COLLEAGUES"]["why"] == "Whoever has signed in."
    assert {
        "field": "email",
        "reason": "Contact data is for the person, their managers and the people admins.",
    } in found["COLLEAGUES"]["withheld"]
    assert all(explained(each.table) for each in nodes.values() if "who_can_see" in each.fields)
