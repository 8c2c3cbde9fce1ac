"""The statement that each of `queries/*.graphql` becomes, and what it answers: both were read by a person.

Beside `x.graphql` may stand `x.vars.json` and `x.viewer`, a name of the company; the system asks by default.
After a change on purpose write them anew with

    CAIRN_UPDATE_SNAPSHOTS=1 pytest tests/graph/test_queries.py

and read the difference: it is what the change does. Where tests only judge (`CI` is set), nothing is written.
"""

import os
import re
from itertools import pairwise
from pathlib import Path

import orjson
import pytest

from world import EVERYTHING

QUERIES = Path(__file__).parent / "queries"
UPDATE = bool(os.environ.get("CAIRN_UPDATE_SNAPSHOTS"))


@pytest.mark.parametrize("name", sorted(path.stem for path in QUERIES.glob("*.graphql")))
async def test_a_query_becomes_one_statement(name, reader, standing):
    _, world = standing
    query = (QUERIES / f"{name}.graphql").read_text()
    given, who = QUERIES / f"{name}.vars.json", QUERIES / f"{name}.viewer"
    variables = orjson.loads(given.read_bytes()) if given.exists() else {}
    viewer = world.viewer(who.read_text().strip()) if who.exists() else EVERYTHING

    body = await reader.raw(query, variables, viewer=viewer)
    [statement] = reader.statements

    answer = orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode() + "\n"
    _compare(QUERIES / f"{name}.sql", readable(statement))
    _compare(QUERIES / f"{name}.json", answer)
    assert await reader.raw(query, variables, viewer=viewer) == body


def _compare(path, found):
    if UPDATE:
        assert not os.environ.get("CI"), "snapshots are written by a person, who then reads them"
        path.write_text(found)
    assert path.exists(), f"{path.name} is missing: write it with CAIRN_UPDATE_SNAPSHOTS=1 and read it"
    assert found == path.read_text(), f"{path.name} is different; see test_queries.py for what to do"


_TOKENS = re.compile(r"""E?'(?:[^']|'')*'|"[^"]*"|[()]|,|\s+|[^\s(),'"]+""")
_CLAUSES = {"SELECT", "FROM", "WHERE", "ORDER", "GROUP", "LIMIT", "LEFT", "FULL", "JOIN", "UNION", "WITH"}
_CALLED = re.compile(r"[a-z_][a-z_0-9]*|EXISTS|CAST")


def readable(statement):
    """A statement with a clause a line and a sub-select an indentation."""
    lines, line, previous = [], "", ""
    opened = []  # whether each open bracket is around a sub-select
    tokens = [token for token in _TOKENS.findall(statement) if not token.isspace()]
    for token, following in pairwise([*tokens, ""]):
        in_query = not opened or opened[-1]
        starts = token in _CLAUSES and previous not in {"LEFT", "FULL", "OUTER"}
        if in_query and (starts or token in {"AND", "OR"}):
            lines.append(line)
            line = "    " * sum(opened) + ("" if starts else "  ")
        glued = not line.strip() or previous == "(" or previous.endswith(".") or token in {",", ")"}
        match token:
            case "(":
                line += "(" if glued or _CALLED.fullmatch(previous) else " ("
                opened.append(following in {"SELECT", "WITH"})
            case ")":
                if opened.pop():
                    lines.append(line)
                    line = "    " * sum(opened) + "  "
                line += ")"
            case _:
                line += token if glued else f" {token}"
        if token == "," and in_query:
            lines.append(line)
            line = "    " * sum(opened) + "  "
        previous = token
    lines.append(line)
    return "\n".join(line.rstrip() for line in lines if line.strip()) + "\n"
