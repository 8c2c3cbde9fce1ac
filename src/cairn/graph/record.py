"""Records: what a verb or a resolver found, as a type of the graph.

A record is a dataclass. Python has its values, PostgreSQL completes them: the statement reads the record
from one JSON parameter, and an id in it (`Annotated[UUID, Ref("Employee")]`) leads on into the graph
like any foreign key, under the rules of the viewer.
"""

import dataclasses
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
from sqlalchemy import JSON, Integer, Text, Uuid, and_, cast, column, func, select, true
from sqlalchemy.dialects import postgresql

from cairn.access.refusal import Refusal
from cairn.access.rules import visible
from cairn.db.tables import Row, occurrence
from cairn.graph.node import Field, Listing, Node, One, Value, docstrings, nodes
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import ref_of, strip_optional

T = TypeVar("T")


@dataclass(frozen=True)
class Found:
    """What a verb or a resolver came to: a node by its key, or a record as JSON."""

    type: str
    value: str
    is_node: bool


def record(cls: type[T]) -> type[T]:
    """Makes a dataclass a type of the graph; the records in it with it."""
    if cls.__name__ in nodes:
        if nodes[cls.__name__].cls is not cls:
            raise DeclarationError(f"two types of the graph are called {cls.__name__}; rename one")
        return cls
    made = nodes[cls.__name__] = Node(cls.__name__, cls, inspect.cleandoc(cls.__doc__ or ""), None, ())
    documented: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        documented |= docstrings(base) if dataclasses.is_dataclass(base) else {}
    hints = get_type_hints(cls, include_extras=True)
    for each in dataclasses.fields(cls):  # type: ignore[arg-type]
        if each.name not in documented:
            raise DeclarationError(f"{made}.{each.name} has no description: put a docstring under it")
        made.fields[each.name] = _field(each.name, hints[each.name], documented[each.name])
    return cls


def _field(name: str, annotation: Any, description: str) -> Field:
    core, nullable = strip_optional(annotation)
    inner = get_args(core)[0] if get_origin(core) is list else core
    several = inner is not core
    if (target := ref_of(inner)) is not None:
        if several:
            rows = _nodes(name, target)
            return Listing(name=name, type=target, description=description, rows=rows, by="place")
        return One(name=name, type=target, nullable=nullable, description=description, on=_by_key(name))
    if isinstance(inner, type) and dataclasses.is_dataclass(inner):
        record(inner)
        of = nodes[inner.__name__]
        if several:
            return Listing(name=name, type=of.name, description=description, rows=_records(name, of))
        return One(
            name=name, type=of.name, nullable=nullable, description=description, rows=_record(name, of)
        )
    return Value(name=name, type=core, nullable=nullable, description=description, selects=False)


def _by_key(name: str) -> Any:
    return lambda row, other: other.id == getattr(row, name)


def _nodes(name: str, target: str) -> Any:
    def rows(row: Any, viewer: Any) -> Any:
        table = nodes[target].table
        assert table is not None
        listed = func.json_array_elements_text(getattr(row, name))
        asked = listed.table_valued(column("value", Text()), with_ordinality="place").render_derived()
        source = occurrence(table, "listed")
        matches = and_(source.c.id == cast(asked.c.value, Uuid), visible(source, table, viewer))
        return select(*source.c, asked.c.place).select_from(asked.join(source, matches))

    return rows


def _records(name: str, of: Node) -> Any:
    return lambda row: _read(func.json_to_recordset(getattr(row, name)), of)


def _record(name: str, of: Node) -> Any:
    def rows(row: Any) -> Any:
        value = getattr(row, name)
        return _read(func.json_to_record(value), of).where(value.is_not(None))

    return rows


def _read(call: Any, of: Node) -> Any:
    table = call.table_valued(*columns(of), name="record").render_derived(with_types=True)
    return select(*table.c)


def columns(of: Node) -> Sequence[Any]:
    """The columns that a record is read into: keys as UUIDs, all else as the JSON that Python wrote."""
    return [
        column("position", Integer()),
        *(
            column(each.name, Uuid() if isinstance(each, One) and each.on else JSON())
            for each in of.fields.values()
        ),
    ]


def rows_of(of: Node, parameter: Any) -> Any:
    """The row of one record that stands in a parameter."""
    return _read(func.json_to_record(cast(parameter, postgresql.JSON)), of)


def rows_beside(of: Node, source: Any, key: Any) -> Any:
    """The row of the record that stands under a key in a source of `key` and `json`."""
    read = func.json_to_record(cast(source.c.json, postgresql.JSON)).table_valued(*columns(of), name="record")
    record_ = read.render_derived(with_types=True)
    return select(*record_.c).select_from(source.join(record_, true())).where(source.c.key == key)


def dump(value: Any) -> str:
    """A record as the JSON that `rows_of` reads."""
    return orjson.dumps(_plain(value, 0), default=str).decode()  # asyncpg has UUIDs of its own


def _plain(value: Any, position: int) -> Any:
    if dataclasses.is_dataclass(value):
        fields = {each.name: _plain(getattr(value, each.name), 0) for each in dataclasses.fields(value)}
        return {"position": position, **fields}
    if isinstance(value, list | tuple):
        return [_plain(each, n) for n, each in enumerate(value)]
    return value


def once() -> Any:
    """A field of a record that is answered once and never kept: a secret. It can be null, for repetitions."""
    return dataclasses.field(metadata={"once": True})


def repeatable(value: Any) -> Any:
    """The result of a verb as an idempotency key brings it again: without what is answered only once."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    secrets = {each.name: None for each in dataclasses.fields(value) if each.metadata.get("once")}
    return dataclasses.replace(value, **secrets) if secrets else value


def found(value: Any, type_name: str | None = None) -> Found:
    """The result of a verb: a row, the id of a node of `type_name`, or a record."""
    if isinstance(value, Row):
        return Found(node_of_table(type(value)).name, str(value.id), is_node=True)
    if isinstance(value, UUID):
        assert type_name is not None
        return Found(type_name, str(value), is_node=True)
    return Found(type(value).__name__, dump(value), is_node=False)


def node_of_table(table: type[Row]) -> Node:
    """The type of the graph that is read from `table`. Raises `DeclarationError`."""
    for node in nodes.values():
        if node.table is table:
            return node
    raise DeclarationError(
        f"{table.__name__} is no type of the graph; declare it with @node(tables.{table.__name__})"
    )


def is_refusal(node: Node) -> bool:
    """Whether a record is a refusal."""
    return issubclass(node.cls, Refusal)
