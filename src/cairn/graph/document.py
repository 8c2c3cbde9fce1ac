"""A GraphQL document, read once: parsed, measured, validated, and taken apart into its operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Undefined,
    VariableNode,
    Visitor,
    is_leaf_type,
    parse,
    type_from_ast,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values
from graphql.validation import specified_rules
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from cairn.graph import limits
from cairn.graph.problem import Code, Problem
from cairn.graph.selection import shape

_RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
"""The specification's rules, and Strawberry's for what it adds."""


class Refused(Exception):  # noqa: N818  # the answer to a request, not an error of ours
    """A request that is not answered, with all that is wrong with it."""

    def __init__(self, errors: list[GraphQLError], code: Code) -> None:
        super().__init__(errors[0].message)
        self.errors = errors
        self.code = code


@dataclass
class Operation:
    """One operation of a document, ready to be asked with any variables."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    document: DocumentNode
    fragments: Mapping[str, FragmentDefinitionNode]
    text: str
    """That of its document, by which what is made of it is kept."""
    sizes: frozenset[str]
    """Variables that say how large a page is: their value decides the estimate."""
    ids: frozenset[str]
    """Variables that hold ids of any type: their type decides the statement."""

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.node.operation

    def coerce(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables as the schema's types take them. Raises `Refused` or a `Problem`."""
        if given:
            limits.check_variables(given, reads=self.type is OperationType.QUERY)
        if self._leaves is not None:
            try:
                return {name: read(given[name]) for name, read in self._leaves.items()}
            except Exception:  # noqa: BLE001, S110  # whatever is absent or wrong, the whole way tells it
                pass
        found = get_variable_values(
            self.schema, self.node.variable_definitions or (), dict(given), max_errors=limits.ERRORS
        )
        if isinstance(found, list):
            raise Refused(found, Code.BAD_INPUT)
        return found.coerced

    @cached_property
    def _leaves(self) -> Mapping[str, Callable[[Any], Any]] | None:
        """How to read the variables one by one; None where there are others than leaves."""
        found = {}
        for each in self.node.variable_definitions or ():
            type_ = type_from_ast(self.schema, each.type)
            if isinstance(type_, GraphQLNonNull):
                type_ = type_.of_type
            if not is_leaf_type(type_):
                return None
            found[each.variable.name.value] = partial(_leaf, type_.coerce_input_value)
        return found

    def shape(self, variables: Mapping[str, Any]) -> Any:
        """What of the variables decides the statement."""
        return tuple(
            (name, value if name in self.sizes else _types(value) if name in self.ids else shape(value))
            for name, value in variables.items()
        )


def _leaf(read: Callable[[Any], Any], value: Any) -> Any:
    """A value that is neither null nor wrong. Raises whatever comes."""
    found = Undefined if value is None else read(value)
    if found is Undefined:
        raise ValueError(value)
    return found


def _types(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(sorted(str(each).partition(":")[0] for each in value))
    return None if value is None else str(value).partition(":")[0]


class Document:
    """A valid document."""

    def __init__(self, schema: GraphQLSchema, text: str) -> None:
        """Raises `Refused`, or a `Problem` about its size."""
        if len(text) > limits.DOCUMENT:
            raise limits.refuse(f"the document has {len(text)} characters; {limits.DOCUMENT} is the most")
        try:
            self.node = parse(text, max_lexical_tokens=limits.TOKENS, allow_empty_selection_sets=False)
            limits.measure(self.node)
        except Problem:
            raise
        except GraphQLError as error:
            too_much = error.message.endswith("Parsing aborted.")
            raise Refused([error], Code.LIMIT if too_much else Code.PARSE_FAILED) from None
        except RecursionError:
            raise limits.refuse("the document is nested too deeply") from None
        errors = validate(schema, self.node, _RULES, max_errors=limits.ERRORS)
        if errors:
            raise Refused(errors, Code.VALIDATION_FAILED)
        noted = _Values()
        visit(self.node, noted)
        fragments = {
            each.name.value: each
            for each in self.node.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self.operations: dict[str | None, Operation] = {}
        for each in self.node.definitions:
            if isinstance(each, OperationDefinitionNode):
                limits.measure_introspection(each, fragments)
                self.operations[each.name.value if each.name else None] = Operation(
                    schema, each, self.node, fragments, text, frozenset(noted.sizes), frozenset(noted.ids)
                )

    def operation(self, name: str | None) -> Operation:
        """The operation of that name, or the only one. Raises a `Problem`."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise Problem(
                Code.BAD_REQUEST, "the document has several operations; say which with operationName"
            )
        try:
            return self.operations[name]
        except KeyError:
            raise Problem(Code.BAD_REQUEST, f"the document has no operation named {name[:80]!r}") from None


class _Values(Visitor):
    """Notes what variables are used for, and refuses values that nothing here can hold."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: set[str] = set()
        self.ids: set[str] = set()
        self._level = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Looks at the arguments that decide a statement by their value."""
        for argument in node.arguments or ():
            given = argument.value
            if argument.name.value in {"first", "last"} and isinstance(given, VariableNode):
                self.sizes.add(given.name.value)
            if node.name.value in {"node", "nodes"}:
                items = given.values if isinstance(given, ListValueNode) else (given,)
                self.ids.update(each.name.value for each in items if isinstance(each, VariableNode))

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        """Refuses U+0000."""
        if "\0" in node.value:
            raise Problem(Code.BAD_INPUT, "a text must not contain U+0000", node)

    def enter_object_value(self, *_: Any) -> None:
        """Refuses what is nested too deeply."""
        self._level += 1
        if self._level > limits.DEEPEST:
            raise limits.refuse(f"values are nested over {limits.DEEPEST} deep")

    def leave_object_value(self, *_: Any) -> None:
        """Counts back."""
        self._level -= 1

    enter_list_value, leave_list_value = enter_object_value, leave_object_value
