"""What one request may ask for: checked before anything runs, and told in every answer's `extensions`.

A document is measured before it is validated, because validation itself takes time that grows with the
square of what is repeated; its rows are estimated when its statement is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from sqlalchemy import ColumnElement, case, func, literal_column, true

from cairn.graph.node import (
    Connection,
    Considered,
    Either,
    Field,
    Listing,
    Lookup,
    Node,
    One,
    identified,
    nodes,
)
from cairn.graph.page import MOST as MOST_PER_PAGE
from cairn.graph.page import window
from cairn.graph.problem import Code, Problem
from cairn.graph.scalars import constant, split_id
from cairn.graph.selection import Leaf, Selected

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
THOUGHTS = 5
"""Root fields of an operation that Python answers: each has a connection of its own meanwhile."""
CONSIDERED = 500
"""Rows of an answer of which Python has something to say, as estimated from the sizes of its pages."""
WIDTH = 1_000
"""Fields of one object: a row of PostgreSQL has at most 1,664 columns."""
READS = 150
"""Times an operation reads other rows, in its text: planning takes time that grows faster than they do."""
ROWS = 100_000
"""Objects of an answer, as estimated from the sizes of its pages."""
CELLS = 200_000
"""Squares of a matrix: people times skills, as counted by its statement before it reads any."""
TERMS = 500
"""Conditions of an operation, in all its `where`s."""
NESTING = 20
"""Conditions within conditions."""
DEEPEST = 50
"""Values within values, in variables and in documents."""
LIST = 1_000
"""Values in one list of a query."""
VALUES = 10_000
"""Values in the variables of a query; ten times as many in those of a mutation."""
TEXT = 20_000
"""Characters of one text."""
ERRORS = 10
"""Errors that one request is told of."""
MESSAGE = 1_000
"""Characters of an error's message, which quotes what was sent."""
BULK = 10_000
"""Rows of one bulk verb."""
SECONDS = 15
"""Time of a statement."""
SUBSCRIPTIONS = 100
"""Subscriptions of one viewer at once, in one process."""
EVENT_STREAMS = 2_000
"""Event streams of one process at once."""
TOLD = 2
"""Statements of subscriptions that run at once, in one process: queries have the other connections."""


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
            "mostCells": CELLS,
        }


def refuse(message: str) -> Problem:
    """More was asked for than one request may."""
    return Problem(Code.LIMIT, message)


def within(size: ColumnElement[Any], most: int, message: str) -> ColumnElement[bool]:
    """Whether a size that only PostgreSQL can count is within a limit; it ends the statement where it is not.

    `%s` in the message stands for the size. The answer is the `Problem` that `refuse` makes (`execute.py`).
    """
    told = func.over_limit(func.format(constant(message), size))
    return case((size > literal_column(str(most)), told), else_=true())


OVER_LIMIT = "CN001"
"""SQLSTATE of a statement that was ended for asking too much (`over_limit`, a function of the database)."""


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


_LISTED = {"types": 300, "fields": 5, "args": 2, "inputFields": 5, "enumValues": 3, "possibleTypes": 3}
"""How many the schema has of what introspection lists, about."""


def measure_introspection(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> None:
    """Checks how much of the schema a valid operation asks for. Raises a `Problem`."""

    def of(selections: SelectionSetNode | None, *, inside: bool) -> int:
        objects = 0
        for node in selections.selections if selections is not None else ():
            match node:
                case FieldNode(name=name) if node.selection_set is not None:
                    if inside or name.value in {"__schema", "__type"}:
                        objects += _LISTED.get(name.value, 1) * (1 + of(node.selection_set, inside=True))
                case InlineFragmentNode():
                    objects += of(node.selection_set, inside=inside)
                case FragmentSpreadNode(name=name):
                    objects += of(fragments[name.value].selection_set, inside=inside)
        return objects

    if of(operation.selection_set, inside=False) > ROWS:
        raise refuse(f"the description of the schema could have over {ROWS} objects; ask for less of it")


def check_width(fields: int) -> None:
    """Checks how many fields an object has. Raises a `Problem`."""
    if fields > WIDTH:
        raise refuse(f"an object has {fields} fields; {WIDTH} is the most")


def check_variables(given: Mapping[str, Any], *, reads: bool) -> None:
    """Checks the size of variables before they are looked at any closer. Raises a `Problem`."""
    values, most = 0, VALUES if reads else 10 * VALUES
    waiting: list[tuple[Any, int]] = [(given, 0)]
    while waiting:
        value, level = waiting.pop()
        if isinstance(value, dict | list):
            values += len(value)
            if values > most:
                raise refuse(f"the variables have over {most} values")
            if level > DEEPEST:
                raise refuse(f"the variables are nested over {DEEPEST} values deep")
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(each, level + 1) for each in inner]
        if reads:
            _check_value(value)


def _check_value(value: Any) -> None:
    """Checks one value of a query."""
    if isinstance(value, list) and len(value) > LIST:
        raise refuse(f"a list has {len(value)} values; {LIST} is the most")
    if isinstance(value, str) and len(value) > TEXT:
        raise refuse(f"a text has {len(value)} characters; {TEXT} is the most")


def estimate(
    node: Node,
    selected: Sequence[Selected],
    fields: Callable[[Node], Mapping[str, Field]],
    target: Callable[[Field], Node],
) -> Cost:
    """What is asked for by what is selected of a node. Raises a `Problem` where that is too much."""
    rows, depth = _Estimate(fields, target).of(node, selected, 1)
    return Cost(rows, depth)


def check_roots(count: int) -> None:
    """Checks how many root fields an operation has. Raises a `Problem`."""
    if count > ROOTS:
        raise refuse(f"the operation has {count} root fields; {ROOTS} is the most")


def check_thoughts(count: int) -> None:
    """Checks how many root fields of an operation Python answers. Raises a `Problem`."""
    if count > THOUGHTS:
        raise refuse(f"the operation asks {count} questions that take thinking; {THOUGHTS} is the most")


class _Estimate:
    """Counts what is asked for."""

    def __init__(
        self, fields: Callable[[Node], Mapping[str, Field]], target: Callable[[Field], Node]
    ) -> None:
        self.fields = fields
        self.target = target
        self.reads = 0
        self.terms = 0
        self.considered = 0
        self._considers = False

    def of(self, node: Node, below: Sequence[Selected], times: int) -> tuple[int, int]:
        """Objects and depth of what is selected of a node that comes so many times."""
        rows, depth = 0, 0
        for each in below:
            for template in each.arguments.values():
                self._value(template, 0)
            more, deeper = self._field(node, each, times)
            rows, depth = rows + more, max(depth, deeper + 1)
            if rows > ROWS:
                raise refuse(f"the answer could have over {ROWS} objects; ask for smaller pages with first")
        return rows, depth

    def _field(self, node: Node, each: Selected, times: int) -> tuple[int, int]:
        match field := self.fields(node).get(each.name):
            case Lookup():
                return self._lookup(each)
            case One():
                return self._relation(field.type, each, times, 1)
            case Considered():
                return self._consider(field, each, times)
            case Either():
                found = [self._relation(name, each, times, 1) for name in field.type]
                return max(rows for rows, _ in found), max(depth for _, depth in found)
            case Listing():
                return self._relation(field.type, each, times, field.estimate)
            case Connection():
                return self._connection(field, each, times)
        return 0, 0

    def _relation(self, name: str, each: Selected, times: int, size: int) -> tuple[int, int]:
        self._read()
        rows, depth = self.of(nodes[name], each.of(name), times * size)
        return rows + times * size, depth

    def _consider(self, field: Considered, each: Selected, times: int) -> tuple[int, int]:
        if self._considers:
            raise refuse(f"{each.name} cannot be asked for within another field that takes thinking")
        self.considered += times
        if self.considered > CONSIDERED:
            raise refuse(
                f"{each.name} could be asked of over {CONSIDERED} objects; ask for smaller pages with first"
            )
        self._considers = True
        found = self._relation(field.type, each, times, 1)
        self._considers = False
        return found

    def _lookup(self, each: Selected) -> tuple[int, int]:
        ids = [name for id_ in _ids(each) if identified(name := split_id(id_)[0])]
        parts = [self._relation(name, each, 1, ids.count(name)) for name in sorted(set(ids))]
        return sum(rows for rows, _ in parts), max((depth for _, depth in parts), default=0)

    def _connection(self, field: Connection, each: Selected, times: int) -> tuple[int, int]:
        size, rows, depth = window(each).size, times, 1
        for part in each.of(f"{field.type}Connection"):
            self._read()
            inner, step = [], 2
            if part.name == "nodes":
                inner, step = [part], 1
            elif part.name == "edges":
                inner = [below for below in part.of(f"{field.type}Edge") if below.name == "node"]
            for below in inner:
                more, deeper = self.of(self.target(field), below.of(field.type), times * size)
                rows, depth = rows + more + times * size, max(depth, deeper + step)
        return rows, depth

    def _read(self) -> None:
        """Counts a read of rows."""
        self.reads += 1
        if self.reads > READS:
            raise refuse(f"the operation reads other rows over {READS} times; ask in several requests")

    def _value(self, template: Any, level: int) -> None:
        """Counts the conditions in an argument."""
        if level > NESTING:
            raise refuse(f"conditions are nested over {NESTING} deep")
        match template:
            case dict():
                for each in template.values():
                    self._value(each, level + 1)
            case list():
                _check_value(template)
                for each in template:
                    self._value(each, level)
            case Leaf(value=value):
                _check_value(value)
                for each in value if isinstance(value, list) else ():
                    _check_value(each)
        if not template or isinstance(template, Leaf):
            self.terms += level > 0
            if self.terms > TERMS:
                raise refuse(f"the operation has over {TERMS} conditions; ask in several requests")


def _ids(selected: Selected) -> list[str]:
    leaf = selected.arguments.get("ids") or selected.arguments.get("id")
    if leaf is None:
        return []
    return leaf.value if isinstance(leaf.value, list) else [leaf.value]
