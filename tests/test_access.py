"""Who sees what: every table and every kind of viewer, as the design has it ("Who may see and do what").

What must hold is said in plain Python (`access/model.py`); the rules in SQL, and all ways of asking the
graph, have to come to the same about the company and its academy.
"""

import base64
import json
from datetime import date

import pytest

from access.model import SEEN, Asker, Company, everybody, nobody
from cairn.access.permissions import PERMISSIONS, Permission, Role
from cairn.access.rules import ruled
from cairn.access.viewer import Viewer
from cairn.db.tables import Table_
from cairn.graph.node import nodes
from graph import academy
from graph.academy import LATER, NOW
from graph.reading import reading
from graph.reference import Reference
from world import EVERYTHING, id_of

PEOPLE = ("Grace", "Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Lena", "Pat", "Auda")
PROGRAMS = {
    "a feed": Viewer(None, frozenset({Role.HRIS}), "service:feed"),
    "a reader of learning": Viewer(
        None, frozenset(Role), "service:learning", frozenset({Permission.READ_LEARNING})
    ),
    "a reviewer": Viewer(None, frozenset({Role.REVIEWER}), "service:review"),
    "a program": Viewer(None, frozenset(), "client:nobody"),
    "the system": EVERYTHING,
}
VIEWERS = (*PEOPLE, *PROGRAMS)


def viewer_named(name):
    if name in PROGRAMS:
        return PROGRAMS[name]
    roles = {"Lena": Role.LEARNING_ADMIN, "Pat": Role.PEOPLE_ADMIN, "Auda": Role.AUDITOR}
    return Viewer(
        id_of(name), frozenset({Role.EMPLOYEE, *([roles[name]] if name in roles else [])}), f"employee:{name}"
    )


TABLES = {each.class_.__tablename__: each.class_ for each in Table_._sa_registry.mappers}
NODES = {
    node.table.__tablename__: name for name, node in sorted(nodes.items()) if node.table and node.identified
}


@pytest.fixture(scope="module")
async def database(server_url):
    async with academy.standing(server_url) as (found, _):
        yield found


@pytest.fixture(scope="module")
async def rows(database):
    """All rows of all tables, whoever may see them."""
    found = {}
    async with database.transaction() as tx:
        for name, table in Table_.metadata.tables.items():
            found[name] = [dict(row) for row in (await tx.execute(table.select())).mappings()]
    return found


@pytest.fixture
async def reader(schema, database, monkeypatch):
    monkeypatch.setattr("cairn.graph.serve.now", lambda: NOW)
    async with reading(schema, database) as found:
        yield found


def key_of(table, row):
    return tuple(row[column.name] for column in TABLES[table].__table__.primary_key)


def test_no_table_is_missing():
    assert set(SEEN) == set(Table_.metadata.tables) == ruled() == set(TABLES)


def test_no_kind_of_viewer_is_missing():
    """A role's permissions are what tells kinds apart, and somebody here has each."""
    assert set(PERMISSIONS.values()) <= {viewer_named(name).permissions for name in VIEWERS}


@pytest.mark.parametrize("table", sorted(SEEN))
async def test_who_sees_which_rows(table, rows, database):
    everything = rows[table]
    assert everything, f"no row of {table} to judge by: add one to academy.py"
    counts = set()
    company = Company(rows, NOW)
    for name in VIEWERS:
        asker = Asker(viewer_named(name), company)
        found, _ = await Reference(None, database, asker.viewer, NOW).rows(TABLES[table])
        expected = {key_of(table, row) for row in everything if SEEN[table](row, asker)}
        assert set(found) == expected, f"{name} sees other rows of {table}"
        counts.add(len(expected))
    if SEEN[table] is nobody:
        assert counts == {0}
    elif SEEN[table] is everybody:
        assert counts == {len(everything)}
    else:
        assert len(counts) > 1, f"nobody is denied anything of {table}: the rule is not tried"


@pytest.mark.parametrize("name", VIEWERS)
async def test_every_way_of_asking_comes_to_the_same(name, rows, reader, schema):
    """Many nodes by their ids, one node, a list, its count, and a filter by id."""
    asker = Asker(viewer_named(name), Company(rows, NOW))
    for table, type_ in NODES.items():
        shown = {f"{type_}:{row['id']}" for row in rows[table] if SEEN[table](row, asker)}
        hidden = {f"{type_}:{row['id']}" for row in rows[table]} - shown
        ids = [*sorted(shown), *sorted(hidden)]
        data = await reader.data(
            "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ids}, viewer=asker.viewer
        )
        assert data["nodes"] == [{"id": each} for each in sorted(shown)] + [None] * len(hidden), type_
        for some in (shown, hidden):
            if some:
                one = min(some)
                data = await reader.data(
                    "query($id: ID!) { node(id: $id) { id } }", {"id": one}, viewer=asker.viewer
                )
                assert data["node"] == ({"id": one} if some is shown else None), type_
        for field in roots(schema, f"{type_}Connection"):
            data = await reader.data(
                f"query($hidden: [ID!]!) {{ {field}(first: 200) {{ nodes {{ id }} totalCount }}"
                f" by_id: {field}(where: {{ id: {{ in: $hidden }} }}) {{ nodes {{ id }} totalCount }} }}",
                {"hidden": sorted(hidden)},
                viewer=asker.viewer,
            )
            assert {each["id"] for each in data[field]["nodes"]} == shown, field
            assert data[field]["totalCount"] == len(shown), field
            assert data["by_id"] == {"nodes": [], "totalCount": 0}, field


def roots(schema, type_):
    return [
        name for name, field in schema.core.query_type.fields.items() if str(field.type).strip("!") == type_
    ]


class Seeing:
    """What somebody is told, beside what somebody else is told who asks the same."""

    def __init__(self, reader):
        self.reader = reader

    async def __call__(self, query, variables=None, **viewers):
        found = {
            name: await self.reader.data(query, variables, viewer=viewer_named(name)) for name in viewers
        }
        assert found == viewers


@pytest.fixture
def seeing(reader):
    """`await seeing(query, Dan={…}, Ada={…})`: each denial beside its allowed twin."""
    return Seeing(reader)


EMAILS = [
    '{ startsWith: "ben@" }',
    '{ eq: "ben@example.com" }',
    '{ in: ["ben@example.com"] }',
    '{ contains: "en@ex", isNull: false }',
    '{ endsWith: "BEN@example.com" }',
    '{ gt: "ben", lt: "beo" }',
    '{ gte: "ben@example.com", lte: "ben@example.com" }',
]


@pytest.mark.parametrize("condition", EMAILS)
async def test_a_filter_does_not_tell_a_guarded_value(condition, seeing):
    ben = {"employees": {"nodes": [{"givenName": "Ben"}], "totalCount": 1}}
    nobody_found = {"employees": {"nodes": [], "totalCount": 0}}
    await seeing(
        f"{{ employees(where: {{ email: {condition} }}) {{ nodes {{ givenName }} totalCount }} }}",
        Dan=nobody_found,
        Cleo=nobody_found,
        Ada=ben,
        Ben=ben,
        Pat=ben,
    )


@pytest.mark.parametrize("condition", ['{ ne: "ben@example.com" }', '{ notIn: ["ben@example.com"] }'])
async def test_what_is_hidden_is_not_equal_to_anything(condition, seeing):
    """Also not to what it is: that Ben is among the others tells Dan nothing."""
    count = f"{{ employees(where: {{ email: {condition} }}) {{ totalCount }} }}"
    negated = f"{{ employees(where: {{ not: {{ not: {{ email: {condition} }} }} }}) {{ totalCount }} }}"
    for query in (count, negated):
        await seeing(query, Dan={"employees": {"totalCount": 10}}, Ada={"employees": {"totalCount": 9}})


async def test_a_guarded_value_is_null_to_a_filter(seeing):
    await seeing(
        "{ employees(where: { email: { isNull: true } }) { totalCount } }",
        Dan={"employees": {"totalCount": 9}},
        Ada={"employees": {"totalCount": 6}},
        Auda={"employees": {"totalCount": 0}},
    )


async def test_a_relation_does_not_lead_a_filter_to_a_guarded_value(seeing):
    query = """{
      evidence: employees(where: { evidence: { some: { assertedBy: { email: { startsWith: "ada" } } } } }) {
        totalCount
      }
      manager: employees(where: { manager: { number: { eq: "N-ADA" } } }) { totalCount }
      lead: teams(where: { lead: { email: { eq: "ada@example.com" } } }) { totalCount }
    }"""
    none, one = {"totalCount": 0}, {"totalCount": 1}
    await seeing(
        query,
        Ben={"evidence": none, "manager": none, "lead": none},
        Grace={"evidence": one, "manager": one, "lead": one},
    )


async def test_an_order_does_not_tell_a_guarded_value(reader):
    query = "{ employees(orderBy: [{ email: DESC }]) { edges { cursor node { givenName email } } } }"
    data = await reader.data(query, viewer=viewer_named("Dan"))
    edges = data["employees"]["edges"]
    unseen = [edge["node"]["givenName"] for edge in edges if edge["node"]["email"] is None]
    assert unseen == sorted(unseen, key=id_of), "nulls first, in the order of the ids"
    assert edges[-1]["node"] == {"givenName": "Dan", "email": "dan@example.com"}
    for edge in edges[:-1]:
        text_ = base64.urlsafe_b64decode(edge["cursor"] + "==").decode()
        assert json.loads(text_)[1] is None
        assert "example.com" not in text_
    ordered = await reader.data(query, viewer=viewer_named("Pat"))
    assert [edge["node"]["givenName"] for edge in ordered["employees"]["edges"]][:2] == ["Pat", "Lena"]


async def test_a_cursor_does_not_tell_a_guarded_value(reader):
    """A cursor that somebody makes up divides a list by what they may not see: nobody is on either side."""
    list_ = "employees(orderBy: [{ email: ASC }], after: $after, first: 1)"
    query = f"query($after: String) {{ {list_} {{ nodes {{ givenName }} pageInfo {{ hasPreviousPage }} }} }}"
    ada = await reader.data(
        "{ employees(orderBy: [{ email: ASC }]) { edges { cursor node { givenName } } } }",
        viewer=viewer_named("Ada"),
    )
    before_ben = next(e["cursor"] for e in ada["employees"]["edges"] if e["node"]["givenName"] == "Ada")
    found = await reader.data(query, {"after": before_ben}, viewer=viewer_named("Ada"))
    assert found["employees"] == {"nodes": [{"givenName": "Ben"}], "pageInfo": {"hasPreviousPage": True}}
    found = await reader.data(query, {"after": before_ben}, viewer=viewer_named("Dan"))
    assert found["employees"] == {"nodes": [{"givenName": "Dan"}], "pageInfo": {"hasPreviousPage": False}}


async def test_conditions_on_lists_see_what_the_viewer_sees(seeing):
    query = """{
      some: employees(where: { evidence: { some: { level: { eq: 4 } } } }) { nodes { givenName } }
      none: employees(where: { givenName: { eq: "Ada" }, evidence: { none: {} } }) { nodes { givenName } }
      every: employees(where: { givenName: { eq: "Ada" }, evidence: { every: { level: { eq: 0 } } } }) {
        totalCount
      }
      hidden: credentials(where: { awards: { some: { employee: { givenName: { eq: "Cleo" } } } } }) {
        nodes { code }
      }
      assigned: employees(where: { assignments: { some: { pathway: { code: { eq: "data" } } } } }) {
        nodes { givenName }
      }
    }"""
    await seeing(
        query,
        Dan={
            "some": {"nodes": [{"givenName": "Dan"}, {"givenName": "Ben"}]},
            "none": {"nodes": [{"givenName": "Ada"}]},
            "every": {"totalCount": 1},
            "hidden": {"nodes": [{"code": "data"}]},
            "assigned": {"nodes": [{"givenName": "Dan"}]},
        },
        Ada={
            "some": {"nodes": [{"givenName": "Ben"}, {"givenName": "Ada"}]},
            "none": {"nodes": []},
            "every": {"totalCount": 0},
            "hidden": {"nodes": [{"code": "data"}, {"code": "python"}]},
            "assigned": {"nodes": [{"givenName": "Ben"}, {"givenName": "Cleo"}]},
        },
    )


async def test_counts_count_what_the_viewer_sees(seeing):
    query = """query($ben: ID!) {
      employee(id: $ben) {
        evidence { totalCount } assignments { totalCount } levels { totalCount } employments { totalCount }
        sessions { totalCount }
      }
      awards { totalCount }
      drafts: pathways(where: { versions: { some: { status: { eq: DRAFT } } } }) { totalCount }
    }"""
    ben = {"ben": f"Employee:{id_of('Ben')}"}

    def seen(evidence, assignments, levels, employments, sessions, awards, drafts):
        counts = {
            "evidence": evidence,
            "assignments": assignments,
            "levels": levels,
            "employments": employments,
            "sessions": sessions,
        }
        return {
            "employee": {name: {"totalCount": count} for name, count in counts.items()},
            "awards": {"totalCount": awards},
            "drafts": {"totalCount": drafts},
        }

    await seeing(
        query,
        ben,
        Cleo=seen(0, 0, 0, 1, 0, 5, 0),
        Dan=seen(3, 0, 0, 2, 0, 4, 0),
        Ben=seen(5, 2, 2, 2, 2, 5, 0),
        Ada=seen(5, 2, 2, 2, 0, 6, 0),
        Lena=seen(5, 2, 2, 1, 0, 6, 2),
        Pat=seen(0, 0, 0, 2, 2, 4, 0),
    )


async def test_the_past_is_not_the_directory(seeing):
    """Ben sold under Dan until 2024: he, those above him then and now and the people admins may know."""
    query = """query($ben: ID!, $sales: ID!, $then: DateTime!) {
      employee(id: $ben, at: $then) { title location department { name } manager { givenName } }
      today: employee(id: $ben) { title department { name } employments { nodes { title } } }
      department(id: $sales) { members(at: $then) { nodes { givenName } } }
      by_title: employees(at: $then, where: { title: { eq: "Sales Engineer" } }) { totalCount }
      by_history: employees(where: { employments: { some: { title: { eq: "Sales Engineer" } } } }) {
        totalCount
      }
    }"""
    variables = {
        "ben": f"Employee:{id_of('Ben')}",
        "sales": f"Department:{id_of('Sales')}",
        "then": "2022-07-01T00:00:00Z",
    }
    today = {"title": "Engineer", "department": {"name": "Platform"}}
    hidden = {
        "employee": {"title": None, "location": None, "department": None, "manager": None},
        "today": {**today, "employments": {"nodes": [{"title": "Engineer"}]}},
        "department": {"members": {"nodes": []}},
        "by_title": {"totalCount": 0},
        "by_history": {"totalCount": 0},
    }
    there = {
        "employee": {
            "title": "Sales Engineer",
            "location": "Lisbon",
            "department": {"name": "Sales"},
            "manager": {"givenName": "Dan"},
        },
        "department": {"members": {"nodes": [{"givenName": "Ben"}]}},
        "by_title": {"totalCount": 1},
        "by_history": {"totalCount": 1},
    }
    both = {"nodes": [{"title": "Sales Engineer"}, {"title": "Engineer"}]}
    by_id = sorted(
        both["nodes"], key=lambda each: id_of(f"Ben {date(2021 if 'Sales' in each['title'] else 2024, 1, 1)}")
    )
    there["today"] = {**today, "employments": {"nodes": by_id}}
    both_sold = {**there, "department": {"members": {"nodes": [{"givenName": "Dan"}, {"givenName": "Ben"}]}}}
    await seeing(
        query,
        variables,
        Cleo=hidden,
        Lena=hidden,
        Dan=both_sold | {"today": there["today"]},
        Ben=there,
        Ada=there,
        Pat=both_sold,
    )


async def test_who_was_in_a_team_is_not_the_directory(seeing):
    query = """{
      team: teams(where: { name: { eq: "Core" } }) {
        nodes { members(at: "2022-01-01T00:00:00Z", orderBy: [{ givenName: ASC }]) { nodes { givenName } } }
      }
    }"""
    everybody = [{"givenName": each} for each in ("Ada", "Ben", "Cleo", "Eve")]
    below_dan = everybody[1:3]
    await seeing(
        query,
        Lena={"team": {"nodes": [{"members": {"nodes": []}}]}},
        Dan={"team": {"nodes": [{"members": {"nodes": below_dan}}]}},
        Pat={"team": {"nodes": [{"members": {"nodes": everybody}}]}},
    )


async def test_those_who_left_and_those_to_come_see_themselves(seeing):
    await seeing(
        """{ viewer { employee {
          email evidence { totalCount } assignments { totalCount } awards { totalCount }
        } } }""",
        Eve={"viewer": {"employee": _own("eve", 0, 0, 1)}},
        Finn={"viewer": {"employee": _own("finn", 0, 1, 0)}},
    )


def _own(name, evidence, assignments, awards):
    return {
        "email": f"{name}@example.com",
        "evidence": {"totalCount": evidence},
        "assignments": {"totalCount": assignments},
        "awards": {"totalCount": awards},
    }


async def test_a_matrix_withholds_what_the_viewer_may_not_see(seeing):
    """Of today, colleagues are there without their levels; of another day they are not there."""
    query = """query($team: ID!, $at: DateTime) {
      teamMatrix(team: $team, at: $at) {
        rows { employee { givenName } isWithheld cells { level isVerified until } }
      }
    }"""
    core = {"team": f"Team:{id_of('Core team')}"}

    def row(name, *levels):
        cells = [{"level": level, "isVerified": sure, "until": until} for level, sure, until in levels]
        return {"employee": {"givenName": name}, "isWithheld": not levels, "cells": cells or [EMPTY, EMPTY]}

    sunk = "2025-01-01T00:00:00+00:00"
    ada = row("Ada", (5, True, None), (4, True, None))
    ben = row("Ben", (2, True, None), (3, True, sunk))
    cleo = row("Cleo", (3, False, None), (None, False, None))
    await seeing(
        query,
        core | {"at": "2024-07-01T00:00:00Z"},
        Cleo={"teamMatrix": {"rows": [cleo]}},
        Ada={"teamMatrix": {"rows": [ada, ben, cleo]}},
        Dan={"teamMatrix": {"rows": []}},
    )
    later = f"{LATER:%Y}-01-01T00:00:00+00:00"
    ben = row("Ben", (3, True, later), (None, False, None))
    cleo = row("Cleo", (3, True, later), (3, True, later))
    await seeing(
        query,
        core,
        Cleo={"teamMatrix": {"rows": [row("Ada"), row("Ben"), cleo]}},
        Ada={"teamMatrix": {"rows": [ada, ben, cleo]}},
        Dan={"teamMatrix": {"rows": [row("Ada"), row("Ben"), row("Cleo")]}},
    )


EMPTY = {"level": None, "isVerified": False, "until": None}


async def test_what_an_unseen_row_stands_behind_is_null(seeing):
    """A draft that somebody follows, and what brought evidence about."""
    query = """query($lena: ID!) {
      node(id: $lena) { ... on Assignment { version { number } pathway { code } } }
      assignments(where: { version: { status: { eq: DRAFT } } }) { totalCount }
    }"""
    variables = {"lena": f"Assignment:{id_of('Lena on Data')}"}
    pathway = {"code": "data"}
    await seeing(
        query,
        variables,
        Grace={"node": {"version": None, "pathway": pathway}, "assignments": {"totalCount": 0}},
        Lena={"node": {"version": {"number": 3}, "pathway": pathway}, "assignments": {"totalCount": 1}},
        Dan={"node": None, "assignments": {"totalCount": 0}},
    )
