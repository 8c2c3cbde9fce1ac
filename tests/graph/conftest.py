"""The company with its academy, standing still, for all that only reads."""

import pytest
from sqlalchemy import text

from cairn.graph.node import nodes
from graph import academy
from graph.reading import reading
from world import id_of


@pytest.fixture(scope="session")
async def standing(server_url):
    """The database and the world of those who only read."""
    async with academy.standing(server_url) as found:
        yield found


@pytest.fixture
async def reader(schema, standing, monkeypatch):
    """The engine on what stands still, at noon."""
    monkeypatch.setattr("cairn.graph.serve.now", lambda: academy.NOW)
    database, _ = standing
    async with reading(schema, database) as found:
        yield found


@pytest.fixture(scope="session")
async def ids(schema, standing):  # noqa: ARG001  # building the schema fills `nodes`
    """The ids of everything that has one, whoever may see it, and one of nothing."""

    class Ids(dict):
        def __repr__(self):
            return "…"

    database, _ = standing
    found = Ids()
    async with database.transaction() as tx:
        for name, node in sorted(nodes.items()):
            if node.identified:
                rows = await tx.execute(text(f'select id from "{node.table.__tablename__}" order by id'))
                found[name] = [f"{name}:{key}" for key in rows.scalars()] + [f"{name}:{id_of('nothing')}"]
    return found
