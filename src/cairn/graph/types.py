"""The Strawberry types that the declarations stand for.

Strawberry owns the schema: what is built here are its own types, with descriptions on everything. None of
their fields resolves anything itself; the engine reads them (`sql.py`).
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum, StrEnum
from keyword import iskeyword
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from cairn.graph.filter import filterable, operators
from cairn.graph.given import record_of
from cairn.graph.node import (
    Argument,
    Condition,
    Connection,
    Either,
    Field,
    Listing,
    Node,
    Value,
    camel,
    docstrings,
    nodes,
)
from cairn.graph.page import DEFAULT, MOST
from cairn.graph.record import is_refusal
from cairn.graph.resolve import DeclarationError
from cairn.graph.scalars import SCALARS, UpTo, listed, optional, ref_of, strip_optional


class Direction(StrEnum):
    """Which way a list is ordered."""

    ASC = "ASC"
    """From the smallest, earliest or first in the alphabet; what is null comes last."""
    DESC = "DESC"
    """From the largest, latest or last in the alphabet; what is null comes first."""


def member(name: str, type_: Any, description: str, arguments: Iterable[StrawberryArgument] = ()) -> Any:
    """A field of an object that the engine reads."""
    if not description:
        raise DeclarationError(f"{name} has no description")
    field = StrawberryField(
        python_name=name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(type_),
        description=description,
    )
    field.arguments = list(arguments)
    return field


def argument(name: str, type_: Any, description: str, default: Any = strawberry.UNSET) -> StrawberryArgument:
    """An argument of a field."""
    return StrawberryArgument(
        name, name, StrawberryAnnotation(type_), description=description, default=default
    )


def fill(cls: type, fields: Mapping[str, Any]) -> type:
    """Gives a class its fields, before Strawberry sees it."""
    cls.__annotations__ = {name: field.type_annotation.annotation for name, field in fields.items()}
    for name, field in fields.items():
        setattr(cls, name, field)
    return cls


def input_type(
    name: str,
    description: str,
    fields: Mapping[str, tuple[Any, str]],
    *,
    one_of: bool = False,
    into: type | None = None,
) -> Any:
    """An input object; a field whose type allows None may be left out."""
    cls = into or type(name, (), {})
    members: dict[str, Any] = {}
    for field_name, (type_, text) in fields.items():
        python_name = f"{field_name}_" if iskeyword(field_name) else field_name
        members[python_name] = StrawberryField(
            python_name=python_name,
            graphql_name=field_name,
            type_annotation=StrawberryAnnotation(type_),
            description=text,
            default=strawberry.UNSET if strip_optional(type_)[1] else _REQUIRED,
        )
    return strawberry.input(fill(cls, members), name=name, description=description, one_of=one_of)


_REQUIRED: Any = dataclasses.MISSING


class Types:
    """Every type of the schema, made once."""

    def __init__(self) -> None:
        self.node_interface = strawberry.interface(
            fill(
                type("Node", (), {}),
                {
                    "id": member(
                        "id", strawberry.ID, "Its id in the graph, opaque and unique across all types."
                    )
                },
            ),
            name="Node",
            description="Anything that has an id of its own, and can be fetched again by it.",
        )
        self.refusal = strawberry.interface(
            fill(
                type("Refusal", (), {}),
                {"message": member("message", str, "One sentence: what is wrong, and what to do.")},
            ),
            name="Refusal",
            description="Something that was asked for and, for a reason the caller can act on, not done.",
        )
        self.page_info = strawberry.type(
            fill(
                type("PageInfo", (), {}),
                {
                    "hasNextPage": member("hasNextPage", bool, "Whether there is more after this page."),
                    "hasPreviousPage": member(
                        "hasPreviousPage", bool, "Whether there is more before this page."
                    ),
                    "startCursor": member("startCursor", str | None, "The cursor of the first item."),
                    "endCursor": member("endCursor", str | None, "The cursor of the last item."),
                },
            ),
            name="PageInfo",
            description="Where a page lies in its list.",
        )
        self.direction = self.enum(Direction)
        self.objects: dict[str, type] = {}
        self.connections: dict[str, type] = {}
        self._unions: dict[str, Any] = {}
        self.inputs: dict[str, type] = {}
        self._wheres: dict[str, type] = {}
        self._orders: dict[str, Any] = {}
        self._filters: dict[str, Any] = {}

    def enum(self, cls: type[Enum]) -> Any:
        """A Python enum as one of the schema, with the docstrings of its members."""
        if "__strawberry_definition__" not in vars(cls):
            strawberry.enum(cls, description=inspect.cleandoc(cls.__doc__ or ""))
            documented = docstrings(cls)
            for value in cls.__strawberry_definition__.values:  # type: ignore[attr-defined]
                try:
                    value.description = documented[value.name]
                except KeyError:
                    raise DeclarationError(
                        f"{cls.__name__}.{value.name} has no description: put a docstring under it"
                    ) from None
        return cls

    def leaf(self, annotation: Any) -> Any:
        """The Strawberry type of a leaf, with ids as ID."""
        core, nullable = strip_optional(annotation)
        found: Any
        if get_origin(core) is list:
            found = listed(self.leaf(get_args(core)[0]))
        elif ref_of(core) is not None or core is UUID:
            found = strawberry.ID
        elif any(isinstance(each, UpTo) for each in getattr(core, "__metadata__", ())):
            found = get_args(core)[0]
        elif isinstance(core, type) and issubclass(core, Enum):
            found = self.enum(core)
        elif core in {str, int, bool, float} or core in SCALARS:
            found = core
        else:
            raise DeclarationError(f"{annotation!r} is no leaf of the graph")
        return optional(found) if nullable else found

    def input_record(self, cls: type, leaf: Callable[[Any, Any, Any], Any]) -> Any:
        """A dataclass as an input object, its fields described by their docstrings."""
        name = f"{cls.__name__}Input"
        if name not in self.inputs:
            made = self.inputs[name] = type(name, (), {})
            documented, hints = docstrings(cls), get_type_hints(cls, include_extras=True)
            fields = {
                camel(each.name): (leaf(self, hints[each.name], _default(each)), documented[each.name])
                for each in dataclasses.fields(cls)
            }
            one_of = getattr(cls, "one_of", False)
            input_type(name, inspect.cleandoc(cls.__doc__ or ""), fields, one_of=one_of, into=made)
        return self.inputs[name]

    def given(self, annotation: Any) -> Any:
        """The Strawberry type of an argument of a field: a leaf, or a record as an input object."""
        core, nullable = strip_optional(annotation)
        if get_origin(core) is list and record_of(annotation) is not None:
            found: Any = listed(self.given(get_args(core)[0]))
        elif isinstance(core, type) and dataclasses.is_dataclass(core):
            found = self.input_record(core, lambda types, hint, _default: types.given(hint))
        else:
            return self.leaf(annotation)
        return optional(found) if nullable else found

    def build(self, node_list: Iterable[Node]) -> None:
        """Makes the object types of all nodes, which may lead to each other."""
        for node in node_list:
            bases = (self.node_interface,) if node.identified else (self.refusal,) if is_refusal(node) else ()
            self.objects[node.name] = type(node.name, bases, {"__annotations__": {}})
        for node in node_list:
            fields = {
                camel(name): self.field(field)
                for name, field in node.fields.items()
                if not isinstance(field, Condition)
            }
            strawberry.type(
                fill(self.objects[node.name], fields), name=node.name, description=node.description
            )

    def field(self, field: Field) -> Any:
        """A field of an object."""
        arguments = [
            argument(camel(name), self._taken(each), each.description, _given(each.default))
            for name, each in field.arguments.items()
        ]
        if field.reads_at:
            arguments.append(
                argument(
                    "at",
                    datetime | None,
                    "The instant it is asked of: by default as the field around it, and now at the root.",
                )
            )
        match field:
            case Value():
                type_ = self.leaf(field.type)
            case Connection():
                type_ = self.connection(nodes[field.type])
                arguments += self._page_arguments(nodes[field.type], field)
            case Listing():
                type_ = listed(self.objects[field.type])
            case Either():
                type_ = self.union(field)
            case _:
                type_ = self.objects[field.type]
        if field.nullable:
            type_ = optional(type_)
        return member(camel(field.name), type_, field.description, arguments)

    def _taken(self, argument: Argument) -> Any:
        """The type of an argument."""
        if argument.input is None:
            return self.given(argument.type)
        made = argument.input(self)
        return optional(made) if strip_optional(argument.type)[1] else made

    def union(self, field: Either) -> Any:
        """The union that an Either leads to."""
        members: Any = Union[tuple(self.objects[name] for name in field.type)]  # noqa: UP007  # | takes no tuple
        return self._unions.setdefault(
            field.union,
            Annotated[members, strawberry.union(field.union, description=field.union_description)],
        )

    def connection(self, node: Node) -> type:
        """The Relay connection of a node."""
        if node.name not in self.connections:
            edge = type(f"{node.name}Edge", (), {})
            fields = {
                "node": member("node", self.objects[node.name], "The item."),
                "cursor": member("cursor", str, "Where it stands in the list, for `after` and `before`."),
            }
            strawberry.type(
                fill(edge, fields), name=edge.__name__, description=f"A place in a list of {node.name}."
            )
            fields = {
                "edges": member("edges", listed(edge), "The items of this page, each with its place."),
                "nodes": member("nodes", listed(self.objects[node.name]), "The items of this page."),
                "pageInfo": member("pageInfo", self.page_info, "Where this page lies in the list."),
                "totalCount": member(
                    "totalCount", int, "How many there are in the whole list; counted only when asked."
                ),
            }
            cls = fill(type(f"{node.name}Connection", (), {}), fields)
            self.connections[node.name] = strawberry.type(
                cls, name=cls.__name__, description=f"A page of a list of {node.name}."
            )
        return self.connections[node.name]

    def _page_arguments(self, node: Node, field: Connection) -> list[StrawberryArgument]:
        found = [
            argument(
                "first", int | None, f"How many items from the start; {DEFAULT} by default, {MOST} at most."
            ),
            argument("after", str | None, "Only what comes after this cursor."),
            argument("last", int | None, f"How many items from the end; {MOST} at most."),
            argument("before", str | None, "Only what comes before this cursor."),
        ]
        if field.rows is None or field.filtered:
            found.append(argument("where", optional(self.where(node)), "Only what meets this."))
        order = self.order(node)
        if order is not None:
            found.append(
                argument(
                    "orderBy",
                    optional(listed(order)),
                    "The order, most important first; the order of creation by default.",
                )
            )
        return found

    def where(self, node: Node) -> Any:
        """The input that lists of a node are filtered by."""
        name = f"{node.name}Where"
        if name not in self._wheres:
            cls = self._wheres[name] = type(name, (), {})
            several, single = optional(listed(cls)), optional(cls)
            fields: dict[str, tuple[Any, str]] = {
                "and": (several, "All of these hold."),
                "or": (several, "At least one of these holds."),
                "not": (single, "This does not hold."),
            }
            for each in node.fields.values():
                if filterable(each):
                    fields[camel(each.name)] = (optional(self._condition(each)), each.description)
            input_type(name, f"A condition on a {node.name}; everything given must hold.", fields, into=cls)
        return self._wheres[name]

    def _condition(self, field: Field) -> Any:
        if isinstance(field, Condition) and field.input is not None:
            return field.input(self)
        if isinstance(field, Value):
            return self._filter(UUID if field.key else field.type)
        if not isinstance(field, Connection):
            return self.where(nodes[field.type])
        name = f"{field.type}ListWhere"
        if name not in self._wheres:
            cls = self._wheres[name] = type(name, (), {})
            inner = optional(self.where(nodes[field.type]))
            texts = {
                "some": "At least one item meets this.",
                "none": "No item meets this.",
                "every": "Every item meets this; true of an empty list.",
            }
            fields = {quantifier: (inner, text) for quantifier, text in texts.items()}
            input_type(name, f"A condition on a list of {field.type} that you may see.", fields, into=cls)
        return self._wheres[name]

    def _filter(self, annotation: Any) -> Any:
        core, _ = strip_optional(annotation)
        leaf = self.leaf(core)
        stem = SCALARS[core].name if core in SCALARS else _STEMS.get(leaf) or leaf.__name__
        if stem not in self._filters:
            takes = {"value": leaf, "text": str, "flag": bool, "list": listed(leaf)}
            fields = {
                each.name: (optional(takes[each.takes]), each.description) for each in operators(annotation)
            }
            self._filters[stem] = input_type(
                f"{stem}Filter", f"A condition on a {stem}; everything given must hold.", fields
            )
        return self._filters[stem]

    def order(self, node: Node) -> Any:
        """The input that lists of a node are ordered by; None where there is nothing to order by."""
        if node.name not in self._orders:
            fields = {
                camel(each.name): (optional(self.direction), each.description)
                for each in node.fields.values()
                if isinstance(each, Value) and filterable(each)
            }
            self._orders[node.name] = (
                input_type(
                    f"{node.name}Order", f"What to order a list of {node.name} by.", fields, one_of=True
                )
                if fields
                else None
            )
        return self._orders[node.name]


_STEMS: dict[Any, str] = {strawberry.ID: "ID", str: "String", int: "Int", bool: "Boolean", float: "Float"}


def _given(default: Any) -> Any:
    return strawberry.UNSET if default is None else default


def _default(field: "dataclasses.Field[Any]") -> Any:
    absent = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    return inspect.Parameter.empty if absent else None
