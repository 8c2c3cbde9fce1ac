"""Values that are written into a query, taken out of it.

Whoever writes an id into the text asks something new each time, and to validate and plan what is new costs
forty times what it costs to answer what was seen before. So documents are told apart by their form: their
text without its texts and numbers, which become variables (`$lifted_0` …) of the types that stand where they
stood. What is unusual is read as it is: several operations, mutations, subscriptions, defaults of variables,
values of directives, and whatever is not valid, so that it is refused in the words of what was sent.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    get_named_type,
    get_nullable_type,
    parse_const_value,
)

_VALUE = re.compile(
    r'(#[^\r\n]*|"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\x00-\x08\x0a-\x1f]|\\.)*"'
    r"|(?<![\w$.])-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))",
    re.ASCII | re.DOTALL,
)
"""A comment, a text or a number, as section 2.1 of the specification writes them."""
_NAME = "lifted_"
"""What the variables begin with."""
DIGITS = 20
"""Of a number that is taken out; a longer one is no value of any type."""


class _StaysError(Exception):
    """A value has to stay where it is written."""


def taken_apart(text: str) -> tuple[str, list[str]]:
    """The form of a document, and what is written into it: comments, texts and numbers, in their order."""
    parts = _VALUE.split(text)
    written = parts[1::2]
    parts[1::2] = [_kind(each) for each in written]
    return "\0".join(parts), written


def _kind(written: str) -> str:
    first = written[0]
    if first in '#"':
        return first
    return "1" if written.lstrip("-").isdigit() else "."


@dataclass(frozen=True)
class Lifted:
    """What becomes of a form: the text of a document with variables, and what they stand for."""

    text: str
    names: Sequence[str | None]
    """The variable for each thing that is written; None for a comment."""

    def values(self, written: Sequence[str]) -> Mapping[str, Any] | None:
        """The variables of what is written; None where some of it says nothing that they could take."""
        try:
            return {
                name: _value(each) for name, each in zip(self.names, written, strict=True) if name is not None
            }
        except (ValueError, GraphQLError):
            return None


def _value(written: str) -> str | int | float:
    """What a text or a number says. Raises ValueError or GraphQLError."""
    if written[0] != '"':
        if len(written) > DIGITS:
            raise ValueError(written)
        return int(written) if _kind(written) == "1" else float(written)
    if "\\" not in written and not written.startswith('"""'):
        return written[1:-1]
    found = parse_const_value(written)
    assert isinstance(found, StringValueNode)
    if "\0" in found.value:
        raise ValueError(written)
    return found.value


STAYS = Lifted("", ())
"""What becomes of a form that has to be read as it is: nothing that is written fits it."""


def lift(schema: GraphQLSchema, node: DocumentNode, text: str, stays: Container[str]) -> Lifted:
    """What becomes of the form of a valid document; `STAYS` where something that is written has to stay.

    It does wherever one of the root fields in `stays` is asked for: those tell where in the text they failed.
    """
    operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY or _NAME in text:
        return STAYS
    try:
        types = dict(_values(schema, node, stays))
    except _StaysError:
        return STAYS
    names: list[str | None] = []
    defined: list[str] = []
    edits: list[tuple[int, int, str]] = []
    for match in _VALUE.finditer(text):
        type_ = types.get(match.start())
        if type_ is None and match[0][0] != "#":
            return STAYS
        names.append(None if type_ is None else f"{_NAME}{len(defined)}")
        if type_ is not None:
            defined.append(f"${names[-1]}: {type_}")
            edits.append((match.start(), match.end(), f"${names[-1]}"))
    if defined:
        edits.append(_defining(operations[0], ", ".join(defined)))
    return Lifted(_edited(text, sorted(edits)), names)


def _defining(operation: OperationDefinitionNode, variables: str) -> tuple[int, int, str]:
    """Where an operation's variables are defined, and how more of them are."""
    assert operation.loc is not None
    assert operation.selection_set.loc is not None
    if operation.variable_definitions:
        last = operation.variable_definitions[-1].loc
        assert last is not None
        return last.end, last.end, f", {variables}"
    if operation.selection_set.loc.start == operation.loc.start:
        return operation.loc.start, operation.loc.start, f"query ({variables}) "
    name = operation.name and operation.name.loc
    after = name.end if name else operation.loc.start + len("query")
    return after, after, f"({variables})"


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    end = 0
    for start, until, instead in edits:
        parts += [text[end:start], instead]
        end = until
    return "".join([*parts, text[end:]])


def _values(schema: GraphQLSchema, node: DocumentNode, stays: Container[str]) -> Iterator[tuple[int, str]]:
    """Each text and number in an argument, by where it starts, with the type of a variable in its place."""
    for each in node.definitions:
        if isinstance(each, FragmentDefinitionNode):
            on = schema.get_type(each.type_condition.name.value)
            yield from _below(schema, each.selection_set, on, stays)
        elif isinstance(each, OperationDefinitionNode):
            yield from _below(schema, each.selection_set, schema.query_type, stays)


def _below(
    schema: GraphQLSchema, selected: SelectionSetNode, parent: GraphQLNamedType | None, stays: Container[str]
) -> Iterator[tuple[int, str]]:
    is_root = parent is schema.query_type
    for each in selected.selections:
        if isinstance(each, InlineFragmentNode):
            on = each.type_condition
            inner = parent if on is None else schema.get_type(on.name.value)
            yield from _below(schema, each.selection_set, inner, stays)
        elif isinstance(each, FieldNode) and each.name.value != "__typename":
            if is_root and (each.name.value in stays or each.name.value.startswith("__")):
                raise _StaysError
            field = getattr(parent, "fields", {})[each.name.value]
            for argument in each.arguments or ():
                yield from _of(argument.value, field.args[argument.name.value].type)
            if each.selection_set is not None:
                yield from _below(schema, each.selection_set, get_named_type(field.type), stays)


def _of(value: ValueNode, takes: GraphQLInputType) -> Iterator[tuple[int, str]]:
    """The same within one value. Raises `_StaysError`."""
    type_: Any = get_nullable_type(takes)
    match value:
        case ListValueNode() if isinstance(type_, GraphQLList):
            for each in value.values:
                yield from _of(each, type_.of_type)
        case ObjectValueNode() if isinstance(type_, GraphQLInputObjectType):
            for member in value.fields:
                yield from _of(member.value, type_.fields[member.name.value].type)
        case ListValueNode() | ObjectValueNode():
            raise _StaysError
        case StringValueNode() | IntValueNode() | FloatValueNode():
            assert value.loc is not None
            yield value.loc.start, f"{type_}!"
