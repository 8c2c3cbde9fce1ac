"""Dates: asked of a field, they hold for all that is below it, until a field below asks of another."""

import pytest

from world import id_of

BEN = f'employee(id: "Employee:{id_of("Ben")}"'
THEN, LATER = '"2022-07-01T00:00:00Z"', '"2024-07-01T00:00:00Z"'


@pytest.fixture
def ask(reader, standing):
    _, world = standing

    async def ask(query, variables=None):
        return await reader.data(query, variables, viewer=world.viewer("Auda"))

    return ask


async def test_a_date_is_handed_down(ask):
    data = await ask(
        f"""{{ {BEN}, at: {THEN}) {{
          title
          manager {{ givenName title manager {{ givenName }} reports {{ nodes {{ givenName }} }} }}
          department {{ name members {{ nodes {{ givenName title }} }} }}
          levels {{ nodes {{ skill {{ name }} evidence {{ nodes {{ holds }} }} }} }}
        }} }}"""
    )
    assert data["employee"] == {
        "title": "Sales Engineer",
        "manager": {
            "givenName": "Dan",
            "title": "Head of Sales",
            "manager": {"givenName": "Grace"},
            "reports": {"nodes": [{"givenName": "Ben"}]},
        },
        "department": {
            "name": "Sales",
            "members": {
                "nodes": [
                    {"givenName": "Dan", "title": "Head of Sales"},
                    {"givenName": "Ben", "title": "Sales Engineer"},
                ]
            },
        },
        "levels": {"nodes": [{"skill": {"name": "Negotiation"}, "evidence": {"nodes": [{"holds": True}]}}]},
    }


async def test_a_field_below_may_ask_of_another(ask):
    data = await ask(
        f"""{{ {BEN}, at: {THEN}) {{
          manager(at: {LATER}) {{
            givenName reports {{ nodes {{ givenName title }} }} then: manager(at: {THEN}) {{ title }}
          }}
          title
          department {{ name }}
        }} }}"""
    )
    assert data["employee"] == {
        "manager": {
            "givenName": "Ada",
            "reports": {"nodes": [{"givenName": "Ben", "title": "Engineer"}]},
            "then": {"title": "Managing Director"},
        },
        "title": "Sales Engineer",
        "department": {"name": "Sales"},
    }


async def test_it_holds_for_conditions_and_orders_too(ask):
    data = await ask(
        f"""{{
          then: employees(at: {THEN}, where: {{ title: {{ eq: "Sales Engineer" }} }}) {{
            nodes {{ givenName }}
          }}
          today: employees(where: {{ title: {{ eq: "Sales Engineer" }} }}) {{ nodes {{ givenName }} }}
          below: employees(at: {THEN}, where: {{ manager: {{ title: {{ eq: "Head of Sales" }} }} }}) {{
            nodes {{ givenName }}
          }}
          some: employees(at: {THEN}, where: {{ managers: {{ some: {{ givenName: {{ eq: "Dan" }} }} }} }}) {{
            totalCount
          }}
          order: employees(
            at: {THEN}, first: 1, orderBy: [{{ title: DESC }}], where: {{ title: {{ isNull: false }} }}
          ) {{ nodes {{ givenName title }} }}
        }}"""
    )
    assert data == {
        "then": {"nodes": [{"givenName": "Ben"}]},
        "today": {"nodes": []},
        "below": {"nodes": [{"givenName": "Ben"}]},
        "some": {"totalCount": 2},
        "order": {"nodes": [{"givenName": "Ben", "title": "Sales Engineer"}]},
    }


@pytest.mark.parametrize("given", [None, ...])
async def test_null_and_nothing_ask_of_the_date_around(ask, given):
    variables = {} if given is ... else {"at": given}
    query = f"query($at: DateTime) {{ {BEN}, at: {THEN}) {{ manager(at: $at) {{ givenName title }} }} }}"
    data = await ask(query, variables)
    assert data["employee"]["manager"] == {"givenName": "Dan", "title": "Head of Sales"}
    today = await ask(f"query($at: DateTime) {{ {BEN}, at: $at) {{ title }} }}", variables)
    assert today["employee"]["title"] == "Engineer"


@pytest.mark.parametrize(
    ("at", "title"),
    [
        ("2023-12-31T23:59:59.999999Z", "Sales Engineer"),
        ("2024-01-01T00:00:00Z", "Engineer"),
        ("2024-01-01T00:59:59+01:00", "Sales Engineer"),
        ("2023-12-31T19:00:00-05:00", "Engineer"),
        ("2020-12-31T23:59:59Z", None),
        ("2021-01-01T00:00:00Z", "Sales Engineer"),
    ],
)
async def test_a_day_begins_in_utc(ask, at, title):
    """Days of employment are civil dates; the day of an instant is its date in UTC."""
    data = await ask(f"query($at: DateTime) {{ {BEN}, at: $at) {{ title }} }}", {"at": at})
    assert data["employee"]["title"] == title


@pytest.mark.parametrize(("at", "level"), [("2024-12-31T23:59:59Z", 3), ("2025-01-01T00:00:00Z", None)])
async def test_what_held_until_an_instant_holds_no_longer_at_it(ask, at, level):
    query = f"""query($at: DateTime) {{ {BEN}, at: $at) {{
      levels(orderBy: [{{ level: DESC }}]) {{ nodes {{ skill {{ name }} level }} }}
    }} }}"""
    levels = (await ask(query, {"at": at}))["employee"]["levels"]["nodes"]
    assert next((each["level"] for each in levels if each["skill"]["name"] == "SQL"), None) == level


async def test_parts_that_rows_share_are_of_the_date_of_the_whole(ask):
    team = f"Team:{id_of('Core team')}"
    data = await ask(
        f"""{{ teamMatrix(team: "{team}", at: "2024-07-01T00:00:00Z") {{
          at
          rows {{
            employee {{ givenName title }} earlier: employee(at: {THEN}) {{ title }} cells {{ level }}
          }}
        }} }}"""
    )
    rows = {row["employee"]["givenName"]: row for row in data["teamMatrix"]["rows"]}
    assert data["teamMatrix"]["at"] == "2024-07-01T00:00:00+00:00"
    assert rows["Ben"]["earlier"] == {"title": "Sales Engineer"}
    assert rows["Ben"]["employee"]["title"] == "Engineer"
    assert [cell["level"] for cell in rows["Ben"]["cells"]] == [2, 3]


async def test_a_date_in_the_future_is_asked_of_what_is_planned(ask):
    data = await ask(
        """{ employees(at: "2100-01-01T00:00:00Z", where: { givenName: { eq: "Finn" } }) {
          nodes { status title manager { givenName } }
        } }"""
    )
    assert data["employees"]["nodes"] == [
        {"status": "ACTIVE", "title": "Engineer", "manager": {"givenName": "Ada"}}
    ]
