"""Pages: walked forward or backward, over any ordering with nulls and ties, they are the list and no more."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.graph.page import DEFAULT, MOST
from cairn.graph.problem import Code, Problem
from cairn.skills import tables as skills
from graph import academy
from graph.examples import examples
from graph.reading import reading
from world import EVERYTHING, id_of

ODD = [
    "",
    " ",
    "a",
    "A",
    "ä",
    "é",
    "e\u0301",
    "ß",
    "'",
    '"',
    "\\",
    "\\\\",
    "\n",
    "\t",
    "\r\n",
    "\x01",
    "\x7f",
    "%",
    "_",
]
ODD += [
    "\N{SNOWMAN}",
    "\N{PILE OF POO}",
    "\ufeff",
    "\u2028",
    "+/=",
    "-_",
    "null",
    "[]",
    "x" * 57,
    "x" * 58,
    "y" * 500,
]


MANY = 61
"""Skills, with the academy's five."""


@pytest.fixture(scope="module")
async def database(server_url):
    """The academy, with many skills of few names and few descriptions, and job roles of odd names."""
    lots = random.Random(7)  # the same each time, on purpose
    async with academy.standing(server_url) as (found, _):
        async with found.transaction() as tx:
            tx.add_all(
                skills.Skill(
                    id=id_of(f"skill {n}"),
                    framework_id=id_of("Own"),
                    code=f"c{n:03}",
                    name=lots.choice(("Alpha", "alpha", "Beta", "Gamma")),
                    description=lots.choice((None, None, "one", "two", "")),
                )
                for n in range(MANY - 5)
            )
            tx.add_all(
                skills.JobRole(id=id_of(f"odd {n}"), code=f"odd {n}", name=name, description=name or None)
                for n, name in enumerate(ODD)
            )
        yield found


@pytest.fixture
async def reader(schema, database, monkeypatch):
    monkeypatch.setattr("cairn.graph.serve.now", lambda: academy.NOW)
    async with reading(schema, database) as found:
        yield found


ORDERS = {
    "skills": ("id", "name", "description", "code"),
    "jobRoles": ("name", "description", "occupation"),
    "employees": ("title", "location", "status", "familyName", "email"),
    "assignments": ("priority", "closedAt", "dueOn", "cause", "closure", "status", "reason"),
    "awards": ("isHidden", "until", "awardedAt", "status", "revokedAt"),
    "pathways": ("title", "provider", "summary"),
}
QUERY = """query($order: [%(type)sOrder!], $first: Int, $last: Int, $after: String, $before: String) {
  list: %(list)s(orderBy: $order, first: $first, last: $last, after: $after, before: $before) {
    edges { cursor node { id } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    totalCount
  }
}"""
TYPES = {
    "skills": "Skill",
    "jobRoles": "JobRole",
    "employees": "Employee",
    "assignments": "Assignment",
    "awards": "Award",
    "pathways": "Pathway",
}


class Walker:
    """Asks for pages of one list in one order."""

    def __init__(self, reader, list_, order):
        self.reader, self.query, self.order = reader, QUERY % {"list": list_, "type": TYPES[list_]}, order

    async def page(self, **arguments):
        data = await self.reader.data(self.query, {"order": self.order, **arguments}, viewer=EVERYTHING)
        found = data["list"]
        assert [edge["node"] for edge in found["edges"]] == found["nodes"]
        cursors = [edge["cursor"] for edge in found["edges"]]
        assert found["pageInfo"]["startCursor"] == (cursors[0] if cursors else None)
        assert found["pageInfo"]["endCursor"] == (cursors[-1] if cursors else None)
        return found


@st.composite
def orders(draw):
    list_ = draw(st.sampled_from(sorted(ORDERS)))
    keys = draw(st.lists(st.sampled_from(ORDERS[list_]), min_size=0, max_size=3))
    return list_, [{key: draw(st.sampled_from(("ASC", "DESC")))} for key in keys]


@examples(40)
@given(order=orders(), size=st.integers(1, 30), data=st.data())
async def test_pages_make_up_the_list(order, size, data, reader):
    walker = Walker(reader, *order)
    whole = await walker.page(first=MOST)
    edges, total = whole["edges"], whole["totalCount"]
    assert len(edges) == total == len({edge["node"]["id"] for edge in edges})
    assert not whole["pageInfo"]["hasNextPage"]

    found, after = [], None
    while True:
        page = await walker.page(first=size, after=after)
        found += page["edges"]
        assert page["totalCount"] == total
        assert page["pageInfo"]["hasPreviousPage"] == (after is not None)
        assert page["pageInfo"]["hasNextPage"] == (len(found) < total)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == edges

    found, before = [], None
    while True:
        page = await walker.page(last=size, before=before)
        found = page["edges"] + found
        assert page["pageInfo"]["hasNextPage"] == (before is not None)
        assert page["pageInfo"]["hasPreviousPage"] == (len(found) < total)
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    assert found == edges

    start, end = (data.draw(st.integers(0, total - 1)) for _ in range(2))
    between = {"after": edges[start]["cursor"], "before": edges[end]["cursor"]}
    shown = edges[start + 1 : end] if start < end else []
    page = await walker.page(first=size, **between)
    assert page["edges"] == shown[:size]
    assert page["pageInfo"]["hasNextPage"] == (len(shown) > size)
    page = await walker.page(last=size, **between)
    assert page["edges"] == shown[-size:]
    assert page["pageInfo"]["hasPreviousPage"] == (len(shown) > size)


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
async def test_a_cursor_holds_any_text(direction, reader):
    """And is made of letters, digits, minus and underscore alone, on one line."""
    walker = Walker(reader, "jobRoles", [{"name": direction}])
    edges = (await walker.page(first=MOST))["edges"]
    assert len(edges) == len(ODD) + 2
    for n, edge in enumerate(edges):
        assert edge["cursor"].replace("-", "").replace("_", "").isalnum()
        assert edge["cursor"].isascii()
        assert (await walker.page(first=1, after=edge["cursor"]))["edges"] == edges[n + 1 : n + 2]
        assert (await walker.page(last=1, before=edge["cursor"]))["edges"] == edges[max(0, n - 1) : n]


async def test_the_place_of_a_row_that_is_gone_remains(reader, database):
    """A cursor names a place and not a row: the page after it goes on where the row was."""
    walker = Walker(reader, "skills", [{"code": "ASC"}])
    edges = (await walker.page(first=10))["edges"]
    async with database.transaction() as tx:
        gone = await tx.get(skills.Skill, id_of("skill 3"))
        kept = gone.model_dump()
        await tx.delete(gone)
    try:
        assert (await walker.page(first=6, after=edges[3]["cursor"]))["edges"] == edges[4:]
        assert (await walker.page(last=9, before=edges[3]["cursor"]))["edges"] == edges[:3]
    finally:
        async with database.transaction() as tx:
            tx.add(skills.Skill(**kept))


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ({}, DEFAULT),
        ({"first": None}, DEFAULT),
        ({"first": 0}, 0),
        ({"last": 0}, 0),
        ({"first": 1}, 1),
        ({"first": MOST}, MANY),
    ],
)
async def test_the_size_of_a_page(arguments, count, reader):
    page = await Walker(reader, "skills", []).page(**arguments)
    assert len(page["nodes"]) == count
    assert page["pageInfo"]["hasNextPage"] == (count < MANY and "last" not in arguments)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 1, "last": 1}, Code.BAD_INPUT),
        ({"first": -1}, Code.BAD_INPUT),
        ({"last": -1}, Code.BAD_INPUT),
        ({"first": MOST + 1}, Code.LIMIT),
        ({"last": MOST + 1}, Code.LIMIT),
    ],
)
async def test_a_page_that_makes_no_sense(arguments, code, reader):
    with pytest.raises(Problem) as refused:
        await Walker(reader, "skills", []).page(**arguments)
    assert refused.value.code is code
