"""A statement that answers an operation, and how its answer is put on the wire."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, literal_column, select, true
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from cairn.access.permissions import Permission
from cairn.graph.frame import Frame, From, Question, Read, Request, Statement
from cairn.graph.limits import Cost, check_roots, estimate
from cairn.graph.node import Field, Node, nodes
from cairn.graph.record import rows_of
from cairn.graph.selection import Selected
from cairn.graph.sql import Writer

_DIALECT = dialect.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Proof(Protocol):
    """How a viewer's credential is shown to be still good, in the statement that answers them.

    The statement finds no row where it is not, so an answer and the right to it are of one snapshot.
    """

    kind: str

    def condition(self, statement: Statement) -> ColumnElement[bool]:
        """The condition, on parameters named in `Request.proof`."""
        ...


@dataclass(frozen=True)
class Plan:
    """A compiled statement: one column of JSON for each root field."""

    text: str
    reads: tuple[Read, ...]
    keys: tuple[str, ...]
    cost: Cost
    questions: tuple[Question, ...] = ()
    """What Python has to consider before it can be read (`consider.py`)."""
    finding: "Plan | None" = None
    """The plan that finds the rows that the questions are about."""

    def __post_init__(self) -> None:
        prefixes = [f'"{key}":'.encode() for key in self.keys]
        between = [(b"," if n else b"") + prefix for n, prefix in enumerate(prefixes)]
        tail = b'},"extensions":' + orjson.dumps({"cost": self.cost.announced()}) + b"}"
        object.__setattr__(self, "_between", between)
        object.__setattr__(self, "_tail", tail)

    def arguments(self, request: Request) -> list[Any]:
        """The values of `$1`, `$2` … Raises a `Problem` where one makes no sense."""
        return [read(request) for read in self.reads]

    def body(self, row: Sequence[bytes | None]) -> bytes:
        """The answer of a row."""
        parts: list[bytes] = [b'{"data":{']
        for prefix, value in zip(self._between, row, strict=True):  # type: ignore[attr-defined]
            parts.append(prefix)
            parts.append(b"null" if value is None else value)
        parts.append(self._tail)  # type: ignore[attr-defined]
        return b"".join(parts)


class Planner:
    """Writes and compiles statements for one schema."""

    def __init__(self, by_graphql_name: Mapping[str, Mapping[str, Field]]) -> None:
        self._by_graphql_name = by_graphql_name

    def fields(self, node: Node) -> Mapping[str, Field]:
        """The fields of a node by their GraphQL names."""
        return self._by_graphql_name[node.name]

    def target(self, field: Field) -> Node:
        """The node that a relation leads to."""
        return nodes[field.type]

    def query(
        self, selected: Sequence[Selected], permissions: frozenset[Permission], proof: Proof | None
    ) -> Plan:
        """The plan of a query operation's engine fields."""
        root = nodes["Query"]
        check_roots(len(selected))
        cost = estimate(root, selected, self.fields, self.target)

        def written(statement: Statement) -> Select[Any]:
            frame = Frame(statement, root, From(None), statement.scope)
            writer = Writer(statement, self.fields, self.target)
            columns = [writer.root(frame, each).label(f"root${n}") for n, each in enumerate(selected)]
            query = select(*columns)
            return query if proof is None else query.where(proof.condition(statement))

        return planned(written, permissions, [each.key for each in selected], cost)

    def proof(self, permissions: frozenset[Permission], proof: Proof) -> Plan:
        """The plan that finds a row where a credential still holds, for what reads nothing by itself."""
        statement = Statement(permissions)
        query: Select[Any] = select(literal_column("1")).where(proof.condition(statement))
        return compiled(statement, query, ["holds"], Cost(0, 0))

    def check(self, node: Node, below: Sequence[Selected]) -> None:
        """Checks what is selected of what a verb may come to, before it is done. Raises a `Problem`."""
        estimate(node, below, self.fields, self.target)

    def result(
        self,
        node: Node,
        below: Sequence[Selected],
        permissions: frozenset[Permission],
        *,
        is_node: bool,
        proof: Proof | None = None,
    ) -> Plan:
        """The plan that reads what a verb or a resolver came to (`Found`) as one object of the answer.

        With a proof, it finds no row where the credential does not hold.
        """

        def written(statement: Statement) -> Select[Any]:
            outer = Frame(statement, node, From(None), statement.scope)
            if is_node:
                key = statement.parameter("result", Uuid(), lambda request: UUID(request.result))
                rows, allowed = statement.occurrence(node, statement.scope)
                condition = and_(rows.row.id == key, allowed)
            else:
                json = statement.parameter("result", Text(), lambda request: request.result)
                rows, condition = outer.rows(rows_of(node, json), node), true()
            writer = Writer(statement, self.fields, self.target)
            query = select(writer.single(rows, below, condition))
            return query if proof is None else query.where(proof.condition(statement))

        return planned(written, permissions, ["result"], Cost(0, 0))


def planned(
    written: Callable[[Statement], Select[Any]],
    permissions: frozenset[Permission],
    keys: Sequence[str],
    cost: Cost,
) -> Plan:
    """The plan of what is written; where there is something to consider, with that which finds its rows."""
    statement = Statement(permissions)
    plan = compiled(statement, written(statement), keys, cost)
    if not statement.questions:
        return plan
    finds = Statement(permissions, finds=True)
    finding = compiled(finds, written(finds), keys, cost)
    return replace(plan, questions=tuple(statement.questions), finding=finding)


def compiled(statement: Statement, query: Select[Any], keys: Sequence[str], cost: Cost) -> Plan:
    """Compiles a statement to PostgreSQL's own parameters."""
    found = query.compile(dialect=_DIALECT)
    _check_correlation(str(found))
    reads = tuple(statement.reads[name] for name in found.positiontup or ())
    return Plan(str(found), reads, tuple(keys), cost)


_SOURCE = re.compile(r" AS (?!order\$|root\$)(\w+\$\d+)")


def _check_correlation(text: str) -> None:
    """A row that stands in FROM twice was meant to be the one around it; the result would be every pair."""
    sources = _SOURCE.findall(text)
    assert len(sources) == len(set(sources)), (
        f"a sub-select does not see the row around it; use sees_any or correlate_except:\n{text}"
    )
