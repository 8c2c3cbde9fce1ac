"""From declarations to fields: annotations read, foreign keys found, descriptions collected.

What does not fit is said here, when the schema is built, with the place to mend it.
"""

from dataclasses import replace
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from sqlalchemy import Text, cast

from cairn.db.tables import Table_
from cairn.graph.node import (
    Beside,
    Companion,
    Condition,
    Connection,
    Either,
    Field,
    Many,
    Node,
    One,
    Value,
    camel,
    docstrings,
    nodes,
    parameters,
)
from cairn.graph.scalars import constant, strip_optional
from cairn.graph.sight import add_who_can_see, add_withheld


class DeclarationError(TypeError):
    """A type of the graph is declared in a way that cannot be read."""


def resolve(registry: dict[str, Node]) -> None:
    """Reads every declared class into its node's fields. Raises `DeclarationError`."""
    for node in registry.values():
        for cls in node.pending:
            _read(node, cls)
        node.pending.clear()
        if node.identified and "id" not in node.fields:
            node.fields = {"id": _global_id(node), **node.fields}
        add_withheld(node, camel)
        add_who_can_see(node, camel)
    for node in registry.values():
        own = [each for each in node.fields.values() if isinstance(each, Value | One | Either)]
        node.dated = any(_asks_for_date(each) for each in [*own, *node.companions.values()])
    for node in registry.values():
        node.fields = {name: _with_date(each) for name, each in node.fields.items()}


def _read(node: Node, cls: type) -> None:
    documented = docstrings(cls)
    for name, default in vars(cls).items():
        if isinstance(default, Companion):
            default.name = name
            node.companions[name] = default
    hints = get_type_hints(cls, include_extras=True)
    for name in cls.__annotations__:
        if name in node.fields:
            raise DeclarationError(f"{node}.{name} is declared twice; keep one")
        declared = _field(node, name, hints[name], vars(cls).get(name))
        node.fields[name] = replace(
            declared, description=documented.get(name) or _described_by_table(node, declared)
        )


def _described_by_table(node: Node, field: Field) -> str:
    table = node.table
    if isinstance(field, Value) and field.companion is not None:
        table = node.companions[field.companion].table
    found = _column_docs(table).get(field.name, "") if table is not None else ""
    if not found:
        raise DeclarationError(
            f"{node}.{field.name} has no description: put a docstring under it, or under the table's column"
        )
    return found


def _column_docs(table: type[Table_]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cls in reversed(table.__mro__):
        if issubclass(cls, Table_):
            found |= docstrings(cls)
    return found


def _node_of(cls: Any) -> Node | None:
    found = nodes.get(getattr(cls, "__name__", ""))
    return found if found is not None and found.cls is cls else None


def _field(node: Node, name: str, annotation: Any, default: Any) -> Field:
    core, nullable = strip_optional(annotation)
    if isinstance(default, Condition):
        return replace(default, name=name, type=core, nullable=True)
    companion = default.companion if isinstance(default, Beside) else None
    given: Any = None if companion is not None else default
    if get_origin(core) is Many:
        target = _target(node, name, get_args(core)[0])
        field: Field = given or Connection()
        if isinstance(field, Connection) and field.on is field.rows is None and field.via is None:
            field = replace(field, via=_foreign_key(node, name, target))
    elif get_origin(core) is list and _node_of(get_args(core)[0]) is not None:
        target = _target(node, name, get_args(core)[0])
        field = given
    elif get_origin(core) is Union and all(_node_of(member) for member in get_args(core)):
        members = tuple(member.__name__ for member in get_args(core))
        union: Either = given
        return replace(union, name=name, type=members, nullable=nullable)
    elif _node_of(core) is not None:
        target, field = _target(node, name, core), given or One()
        if isinstance(field, One) and field.on is field.rows is None:
            field = replace(field, via=field.via or f"{name}_id", companion=companion)
            _check_column(node, field.name or name, field.via, companion)
    else:
        return _value(node, name, core, nullable, companion, given)
    return replace(field, name=name, type=target.name, nullable=nullable)


def _value(node: Node, name: str, core: Any, nullable: bool, companion: str | None, given: Any) -> Value:
    field: Value = replace(given or Value(), name=name, type=core, nullable=nullable, companion=companion)
    if field.guard is not None and not nullable:
        raise DeclarationError(f"{node}.{name} has a guard, so it can be null: annotate it with | None")
    if field.build is None and (node.table is not None or companion is not None):
        column = _check_column(node, name, name, companion)
        if column.nullable and not nullable:
            raise DeclarationError(f"{node}.{name} can be null in its table: annotate it with | None")
    if companion is not None and not nullable:
        raise DeclarationError(f"{node}.{name} stands beside and may be absent: annotate it with | None")
    return field


def _check_column(node: Node, name: str, column: Any, companion: str | None) -> Any:
    table = node.table if companion is None else node.companions[companion].table
    if table is None:
        return None
    try:
        return table.__table__.c[column]
    except KeyError:
        raise DeclarationError(
            f"{node}.{name} needs a column {column} in {table.__tablename__}, or a function to derive it"
        ) from None


def _target(node: Node, name: str, cls: Any) -> Node:
    found = _node_of(cls)
    if found is None:
        raise DeclarationError(f"{node}.{name} leads to {cls!r}, which is no type of the graph")
    return found


def _foreign_key(node: Node, name: str, target: Node) -> str:
    if node.table is None or target.table is None:
        raise DeclarationError(f"{node}.{name} needs on= or rows=: there is no foreign key to go by")
    keys = [
        key.parent.name
        for key in target.table.__table__.foreign_keys
        if key.target_fullname == f"{node.table.__tablename__}.id"
    ]
    if len(keys) != 1:
        raise DeclarationError(f"{node}.{name}: name the foreign key of {target} with via=, one of {keys}")
    return keys[0]


def _global_id(node: Node) -> Field:
    prefix = constant(f"{node.name}:")
    return Value(
        name="id",
        type=UUID,
        description="Its id in the graph, for `node(id:)` and wherever an id is asked for.",
        build=lambda row: prefix + cast(row.id, Text),
        key=True,
    )


def _asks_for_date(each: Field | Companion) -> bool:
    builds = [getattr(each, name, None) for name in ("build", "guard", "on", "rows", "thinking")]
    if isinstance(each, Either):
        builds = list(each.on.values())
    if isinstance(each, One | Connection):
        builds += each.parts.values()
    return any(callable(build) and "at" in parameters(build) for build in builds)


def _with_date(field: Field) -> Field:
    if isinstance(field, Value | Condition):
        return field
    targets = field.type if isinstance(field.type, tuple) else (field.type,)
    dated = _asks_for_date(field) or any(nodes[name].dated for name in targets if name in nodes)
    return replace(field, reads_at=dated and "at" not in field.arguments)
