"""What one request may ask for: checked before anything runs, and told in every answer's `extensions`.

A document is measured before it is validated, because validation itself takes time that grows with the
square of what is repeated; its rows are estimated when its statement is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from cairn.graph.node import Connection, Either, Field, Listing, Lookup, Node, One, nodes
from cairn.graph.page import MOST as MOST_PER_PAGE
from cairn.graph.page import window
from cairn.graph.problem import Code, Problem
from cairn.graph.scalars import split_id
from cairn.graph.selection import Selected

BODY = 1_000_000
"""Bytes of a request's body."""
DOCUMENT = 100_000
"""Characters of a document."""
TOKENS = 10_000
"""Tokens of a document."""
DEPTH = 20
"""Fields within fields."""
FIELDS = 2_000
"""Fields of an operation, with its fragments spread out."""
REPEATS = 100
"""Times one response key may be selected in one document: what repeats is compared pair by pair."""
ROOTS = 50
"""Root fields of an operation."""
ROWS = 100_000
"""Objects of an answer, as estimated from the sizes of its pages."""
TERMS = 500
"""Conditions of one `where`."""
LIST = 1_000
"""Values in one list of a condition."""
BULK = 10_000
"""Rows of one bulk verb."""
SECONDS = 15
"""Time of a statement."""


@dataclass(frozen=True)
class Cost:
    """What an operation asks for."""

    rows: int
    depth: int

    def announced(self) -> dict[str, int]:
        """For the answer's extensions: what it was, and what it may be at most."""
        return {
            "rows": self.rows,
            "mostRows": ROWS,
            "depth": self.depth,
            "mostDepth": DEPTH,
            "mostPerPage": MOST_PER_PAGE,
        }


def refuse(message: str) -> Problem:
    """More was asked for than one request may."""
    return Problem(Code.LIMIT, message)


def measure(document: DocumentNode) -> None:
    """Checks the size of a document that may not be valid. Raises a `Problem`."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    measured: dict[str, tuple[int, int]] = {}
    repeats: dict[str, int] = {}

    def of_set(selections: SelectionSetNode | None, open_: frozenset[str], level: int) -> tuple[int, int]:
        """Fields and depth of a selection set, its fragments spread out."""
        count, depth = 0, 0
        if level > 3 * DEPTH:
            raise refuse(f"selections are nested over {DEPTH} fields deep")
        for node in selections.selections if selections is not None else ():
            match node:
                case FieldNode():
                    key = (node.alias or node.name).value
                    repeats[key] = repeats.get(key, 0) + 1
                    inner, below = of_set(node.selection_set, open_, level + 1)
                    inner, below = inner + 1, below + 1
                case InlineFragmentNode():
                    inner, below = of_set(node.selection_set, open_, level + 1)
                case FragmentSpreadNode(name=name):
                    inner, below = of_fragment(name.value, open_, level)
                case _:
                    continue
            count, depth = count + inner, max(depth, below)
            if count > FIELDS:
                raise refuse(f"the operation selects over {FIELDS} fields; ask in several requests")
        return count, depth

    def of_fragment(name: str, open_: frozenset[str], level: int) -> tuple[int, int]:
        if name in open_ or name not in fragments:
            return 0, 0  # validation says what is wrong with it
        if name not in measured:
            measured[name] = of_set(fragments[name].selection_set, open_ | {name}, level + 1)
        return measured[name]

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            _, depth = of_set(definition.selection_set, frozenset(), 0)
            if depth > DEPTH:
                raise refuse(f"the operation is {depth} fields deep; {DEPTH} is the most")
    for name in fragments:
        of_fragment(name, frozenset(), 0)
    key, most = max(repeats.items(), key=lambda item: item[1], default=("", 0))
    if most > REPEATS:
        raise refuse(f"{key} is selected {most} times; {REPEATS} is the most")


def estimate(
    root: Node,
    selected: Sequence[Selected],
    fields: Callable[[Node], Mapping[str, Field]],
    target: Callable[[Field], Node],
) -> Cost:
    """What an operation asks for. Raises a `Problem` where that is too much."""
    if len(selected) > ROOTS:
        raise refuse(f"the operation has {len(selected)} root fields; {ROOTS} is the most")

    def of(node: Node, below: Sequence[Selected], times: int) -> tuple[int, int]:
        rows, depth = 0, 0
        for each in below:
            more, deeper = one(node, each, times)
            rows, depth = rows + more, max(depth, deeper + 1)
            if rows > ROWS:
                raise refuse(f"the answer could have over {ROWS} objects; ask for smaller pages with first")
        return rows, depth

    def one(node: Node, each: Selected, times: int) -> tuple[int, int]:
        field = fields(node).get(each.name)
        match field:
            case Lookup():
                return lookup(each)
            case One():
                rows, depth = of(target(field), each.of(field.type), times)
                return rows + times, depth
            case Either():
                found = [of(target(One(type=name)), each.of(name), times) for name in field.type]
                return max(rows for rows, _ in found) + times, max(depth for _, depth in found)
            case Listing():
                rows, depth = of(target(field), each.of(field.type), times * field.estimate)
                return rows + times * field.estimate, depth
            case Connection():
                return connection(field, each, times)
        return 0, 0

    def lookup(each: Selected) -> tuple[int, int]:
        found = [(split_id(id_)[0], 1) for id_ in _ids(each)]
        parts = [of(nodes[name], each.of(name), times) for name, times in found if name in nodes]
        return len(found) + sum(rows for rows, _ in parts), max((depth for _, depth in parts), default=0)

    def connection(field: Connection, each: Selected, times: int) -> tuple[int, int]:
        size, rows, depth = window(each).size, times, 1
        for part in each.of(f"{field.type}Connection"):
            inner, step = [], 2
            if part.name == "nodes":
                inner, step = [part], 1
            elif part.name == "edges":
                inner = [below for below in part.of(f"{field.type}Edge") if below.name == "node"]
            for below in inner:
                more, deeper = of(target(field), below.of(field.type), times * size)
                rows, depth = rows + more + times * size, max(depth, deeper + step)
        return rows, depth

    rows, depth = of(root, selected, 1)
    return Cost(rows, depth)


def _ids(selected: Selected) -> list[str]:
    leaf = selected.arguments.get("ids") or selected.arguments.get("id")
    if leaf is None:
        return []
    return leaf.value if isinstance(leaf.value, list) else [leaf.value]
