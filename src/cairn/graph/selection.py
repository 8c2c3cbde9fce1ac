"""From a validated document to a tree: fragments inlined, `@skip` and `@include` folded in.

Argument values become *templates*: dicts, lists and None stand for themselves, because they decide
which statement is built; every scalar is a `Leaf`, which has the value of this request and knows how to
read that of the next one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, reduce
from operator import getitem
from typing import Any, NoReturn

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
    print_ast,
)
from graphql.utilities import coerce_input_literal

from cairn.graph.problem import Code, Problem

Variables = Mapping[str, Any]
Template = Any
"""A dict, a list, None, or a `Leaf`."""


@dataclass(frozen=True)
class Leaf:
    """A scalar, an enum value, or a whole list of them."""

    value: Any
    """In the request the statement is built for."""
    read: Callable[[Variables], Any]
    """In any request of the same shape."""

    def then(self, convert: Callable[[Any], Any]) -> "Leaf":
        """The same leaf, converted at each request; `convert` may refuse the value."""
        read = self.read
        return Leaf(convert(self.value), lambda variables: convert(read(variables)))


def constant(value: Any) -> Leaf:
    """A leaf that is the same in every request."""
    return Leaf(value, lambda _: value)


@dataclass
class Selected:
    """A field of the answer."""

    key: str
    """Its name in the answer: the alias, if it has one."""
    name: str
    """Its name in the schema."""
    arguments: Mapping[str, Template] = field(default_factory=dict)
    of: "Callable[[str], tuple[Selected, ...]]" = lambda _: ()
    """What is selected below it, where it is of the type of that name."""


class Selector:
    """Reads selections of one operation, with the variables of one request."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: Variables
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables

    def operation(self, node: OperationDefinitionNode) -> tuple[Selected, ...]:
        """The root fields of an operation."""
        root = self.schema.get_root_type(node.operation)
        assert root is not None
        return self.select(root, (node.selection_set,))

    def keys(self, node: OperationDefinitionNode) -> set[str]:
        """The response keys of an operation's root fields."""
        root = self.schema.get_root_type(node.operation)
        assert root is not None
        return {(each.alias or each.name).value for each in self._fields(root, node.selection_set, set())}

    def select(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> tuple[Selected, ...]:
        """The fields selected of `parent`, merged by their response key, in order."""
        grouped: dict[str, list[FieldNode]] = {}
        for selections in sets:
            for node in self._fields(parent, selections, set()):
                grouped.setdefault((node.alias or node.name).value, []).append(node)
        return tuple(self._field(parent, key, nodes) for key, nodes in grouped.items())

    def _field(self, parent: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Selected:
        name = nodes[0].name.value
        if name.startswith("__"):
            return Selected(key, name)
        return Selected(key, name, self._arguments(parent.fields[name], nodes[0]), self.below(nodes))

    def below(self, nodes: Sequence[FieldNode]) -> Callable[[str], tuple[Selected, ...]]:
        """What the nodes of one field select, by the type it turns out to be."""
        sets = [node.selection_set for node in nodes if node.selection_set is not None]

        @cache
        def of(type_name: str) -> tuple[Selected, ...]:
            parent = self.schema.get_type(type_name)
            assert isinstance(parent, GraphQLObjectType)
            return self.select(parent, sets)

        return of

    def _fields(
        self, parent: GraphQLObjectType, selections: SelectionSetNode, seen: set[str]
    ) -> Iterator[FieldNode]:
        for node in selections.selections:
            if not self._included(node):
                continue
            match node:
                case FieldNode():
                    yield node
                case InlineFragmentNode(type_condition=condition, selection_set=inner):
                    if condition is None or self._applies(condition.name.value, parent):
                        yield from self._fields(parent, inner, seen)
                case FragmentSpreadNode(name=name) if name.value not in seen:
                    seen.add(name.value)
                    fragment = self.fragments[name.value]
                    if self._applies(fragment.type_condition.name.value, parent):
                        yield from self._fields(parent, fragment.selection_set, seen)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        named = self.schema.get_type(condition)
        return isinstance(named, GraphQLInterfaceType | GraphQLUnionType) and self.schema.is_sub_type(
            named, parent
        )

    def _included(self, node: Any) -> bool:
        for directive in node.directives or ():
            if directive.name.value in {"skip", "include"}:
                value = directive.arguments[0].value
                holds = (
                    value.value if isinstance(value, BooleanValueNode) else self.variables[value.name.value]
                )
                if holds is None:
                    _must_not_be_null(value)
                if holds == (directive.name.value == "skip"):
                    return False
        return True

    def _arguments(self, definition: GraphQLField, node: FieldNode) -> Mapping[str, Template]:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        templates: dict[str, Template] = {}
        for name, argument in definition.args.items():
            value = given.get(name)
            if value is None or (isinstance(value, VariableNode) and value.name.value not in self.variables):
                if argument.default_value is not Undefined:
                    templates[name] = template(argument.default_value, argument.type)
            else:
                templates[name] = self.value(value, argument.type)
        return templates

    def value(self, node: ValueNode, type_: GraphQLInputType) -> Template:
        """The template of an argument's value. Raises a `Problem` where it is null and must not be."""
        if isinstance(type_, GraphQLNonNull):
            found = self.value(node, type_.of_type)
            return found if found is not None else _must_not_be_null(node)
        match node:
            case VariableNode(name=name):
                return template(self.variables.get(name.value), type_, (name.value,))
            case NullValueNode():
                return None
        if isinstance(type_, GraphQLList):
            items = list(node.values) if isinstance(node, ListValueNode) else [node]
            if not is_leaf_type(get_named_type(type_)):
                return [self.value(item, type_.of_type) for item in items]
            leaves = [self.value(item, type_.of_type) for item in items]
            return Leaf(
                [leaf and leaf.value for leaf in leaves],
                lambda variables: [leaf and leaf.read(variables) for leaf in leaves],
            )
        if isinstance(type_, GraphQLInputObjectType):
            assert isinstance(node, ObjectValueNode)
            given = {member.name.value: member.value for member in node.fields}
            members: dict[str, Template] = {}
            for name, member in type_.fields.items():
                inner = given.get(name)
                absent = isinstance(inner, VariableNode) and inner.name.value not in self.variables
                if inner is not None and not absent:
                    members[name] = self.value(inner, member.type)
                elif member.default_value is not Undefined:
                    members[name] = template(member.default_value, member.type)
            return members
        return constant(coerce_input_literal(node, type_))


def _must_not_be_null(node: ValueNode) -> NoReturn:
    """A variable that has a default may stand where null may not, and be given as null all the same."""
    raise Problem(Code.BAD_INPUT, f"{print_ast(node)} must not be null here", node)


def template(value: Any, type_: GraphQLInputType, path: tuple[Any, ...] | None = None) -> Template:
    """The template of a coerced value; `path` is where the variables have it, None for a default."""
    if isinstance(type_, GraphQLNonNull):
        return template(value, type_.of_type, path)
    if value is None:
        return None
    if is_leaf_type(get_named_type(type_)):
        return (
            constant(value)
            if path is None
            else Leaf(value, lambda variables: reduce(getitem, path, variables))
        )

    def below(step: Any) -> tuple[Any, ...] | None:
        return None if path is None else (*path, step)

    if isinstance(type_, GraphQLList):
        return [template(item, type_.of_type, below(index)) for index, item in enumerate(value)]
    assert isinstance(type_, GraphQLInputObjectType)
    return {name: template(value[name], type_.fields[name].type, below(name)) for name in value}


def shape(value: Any) -> Any:
    """What a variable's value decides about the statement: its form, and the values that shape the text.

    Two requests whose variables have equal shapes share a statement.
    """
    match value:
        case None | bool():
            return value
        case dict():
            return tuple((key, shape(inner)) for key, inner in value.items())
        case [dict() | list(), *_]:
            return tuple(shape(inner) for inner in value)
    return value if isinstance(value, Enum) else ...
