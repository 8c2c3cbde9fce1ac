"""Filters as SQL: the whole grammar of RFC 7644, section 3.4.2.2; what clients write is bound, never written.

Every term is true or false and never null, so that `not` means what it says. What a comparison means is what
`ScimFilter.match` says it means, which the storage's contract compares.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from scim2_models import AttributeBinding, InvalidFilterException, ScimFilter
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Text,
    and_,
    cast,
    collate,
    column,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from cairn.db.tables import INSTANT
from cairn.hris.scim.columns import Columns, Many, One, find

MOST_TERMS = 50
"""Comparisons in one filter."""

Op = CompareOperator


def condition(columns: Columns, bound: ScimFilter[Any]) -> ColumnElement[bool]:
    """The condition that a filter, bound to one resource type, puts on its rows.

    Raises `InvalidFilterException` for one that is too long, or names what is not kept here.
    """
    return _Writer(columns, bound).visit(bound.ast)


class _Writer(FilterVisitor[ColumnElement[bool]]):
    def __init__(self, columns: Columns, bound: ScimFilter[Any]) -> None:
        self.columns = columns
        self.bound = bound
        self.terms = 0

    def _count(self) -> None:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise InvalidFilterException(detail=f"A filter has at most {MOST_TERMS} comparisons")

    def visit_not(self, node: Not) -> ColumnElement[bool]:
        return not_(self.visit(node.expr))

    def visit_logical_expr(self, node: LogicalExpr) -> ColumnElement[bool]:
        joined = and_ if node.op == LogicalOperator.and_ else or_
        return joined(*(self.visit(term) for term in node.terms))

    def visit_present(self, node: Present) -> ColumnElement[bool]:
        self._count()
        binding = self.bound.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        match find(self.columns, binding):
            case One() as one:
                return present(one)
            case Many(value):
                sub = _sub(binding)
                if sub is None:
                    return _any(value, lambda _: true())
                return _any(value, lambda element: present(One(element[sub].astext)))
            case parts:
                return or_(*(present(one) for one in parts))

    def visit_comparison(self, node: Comparison) -> ColumnElement[bool]:
        self._count()
        binding = self.bound.resolve_comparison(node.attr_path, strict=False)
        if binding is None:
            return false()
        expected = _expected(binding, node.value)
        found = find(self.columns, binding)
        if isinstance(found, One):
            if node.op == Op.eq and found.equals is not None and isinstance(node.value, str):
                return found.equals(node.value)
            return compared(found, node.op, expected, binding)
        if isinstance(found, Many):
            return self._compared_any(found, binding, node.op, expected)
        raise InvalidFilterException(detail=f"{node.attr_path} is complex; compare one of its sub-attributes")

    @staticmethod
    def _compared_any(found: Many, binding: AttributeBinding, op: Op, expected: Any) -> ColumnElement[bool]:
        sub = _sub(binding) or "value"

        def each(op: Op) -> Callable[[Any], ColumnElement[bool]]:
            return lambda element: compared(_element(element, sub, binding), op, expected, binding)

        if op == Op.ne:
            some_equal = _any(found.value, each(Op.eq))
            if expected is None:
                return and_(not_(some_equal), _any(found.value, lambda _: true()))
            return not_(some_equal)
        if op == Op.eq and sub == "value" and found.contains is not None and isinstance(expected, str):
            return and_(found.contains(expected.lower()), _any(found.value, each(op)))
        if op == Op.eq and expected is None:
            return or_(_any(found.value, each(op)), not_(_any(found.value, lambda _: true())))
        return _any(found.value, each(op))

    def visit_value_path(self, node: ValuePath) -> ColumnElement[bool]:
        binding = self.bound.resolve(node.attr_path, strict=False)
        if binding is None:
            return false()
        found = find(self.columns, binding)
        if not isinstance(found, Many):
            raise InvalidFilterException(detail=f"{node.attr_path} has one value; it takes no brackets")
        condition = _any(found.value, lambda element: self._within(node, node.val_filter, element))
        value = _value_of(node.val_filter)
        return (
            condition if found.contains is None or value is None else and_(found.contains(value), condition)
        )

    def _within(self, node: ValuePath, inner: FilterNode, element: Any) -> ColumnElement[bool]:
        """A filter in brackets, on one element."""
        match inner:
            case Not(expr):
                return not_(self._within(node, expr, element))
            case LogicalExpr(op, terms):
                joined = and_ if op == LogicalOperator.and_ else or_
                return joined(*(self._within(node, term, element) for term in terms))
            case Comparison(path, op, value):
                self._count()
                binding = self._of_element(node, path)
                if binding is None:
                    return false()
                return compared(
                    _element(element, _sub(binding) or "value", binding),
                    op,
                    _expected(binding, value),
                    binding,
                )
            case Present(path):
                self._count()
                binding = self._of_element(node, path)
                sub = None if binding is None else _sub(binding)
                return false() if sub is None else present(One(element[sub].astext))
        raise InvalidFilterException(detail="Brackets within brackets are not part of the grammar")

    def _of_element(self, node: ValuePath, path: AttrPath) -> AttributeBinding | None:
        head = node.attr_path
        return self.bound.resolve(AttrPath(head.attr, path.attr, head.uri), strict=False)


def _value_of(inner: FilterNode) -> str | None:
    """The value, in lower case, that every element has which a filter in brackets finds."""
    match inner:
        case Comparison(path, op, str(value)) if op == Op.eq and path.attr.casefold() == "value":
            return value.lower()
        case LogicalExpr(op, terms) if op == LogicalOperator.and_:
            return next((found for term in terms if (found := _value_of(term)) is not None), None)
    return None


def _any(array: Any, condition_of: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    elements = func.jsonb_array_elements(array).table_valued(column("value", JSONB), name="element")
    elements = elements.render_derived()
    found: Select[Any] = select(literal_column("1")).select_from(elements)
    return found.where(condition_of(elements.c.value)).correlate_except(elements).exists()


def _sub(binding: AttributeBinding) -> str | None:
    path = binding.urn.rpartition(":")[2]
    return path.partition(".")[2] or None


def _element(element: Any, sub: str, binding: AttributeBinding) -> One:
    value = element[sub].astext
    return One(cast(value, Boolean) if binding.target_type is bool else value)


def _expected(binding: AttributeBinding, value: Any) -> Any:
    if isinstance(value, str) and "\x00" in value:
        raise InvalidFilterException(detail="U+0000 is in no value")
    if isinstance(value, str) and binding.target_type is datetime:
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, str) and binding.target_type is bool:
        return {"true": True, "false": False}.get(value.casefold(), value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return binding.comparable(value)


def present(one: One) -> ColumnElement[bool]:
    """`pr`: neither absent nor empty."""
    if one.text:
        return func.coalesce(one.value != literal("", Text), false())
    return one.value.is_not(None)  # type: ignore[no-any-return]


def compared(  # noqa: PLR0912  # one case for each operator
    one: One, op: CompareOperator, expected: Any, binding: AttributeBinding
) -> ColumnElement[bool]:
    """A comparison of one value."""
    value = one.value
    if expected is None:
        null: dict[Op, ColumnElement[bool]] = {Op.eq: value.is_(None), Op.ne: value.is_not(None)}
        return null.get(op, false())
    kind = binding.target_type
    if kind is bool:
        if op not in {Op.eq, Op.ne} or not isinstance(expected, bool):
            return false()
        wanted: Any = literal(expected, Boolean)
    elif kind is datetime:
        if not isinstance(expected, datetime):
            return false()
        wanted = literal(expected, INSTANT)
    else:
        value = value if one.folded or binding.case_exact else func.lower(value)
        wanted = literal(str(expected), Text)
        match op:
            case Op.co:
                return func.coalesce(func.strpos(value, wanted) > 0, false())
            case Op.sw:
                return func.coalesce(func.starts_with(value, wanted), false())
            case Op.ew:
                return func.coalesce(func.right(value, func.length(wanted)) == wanted, false())
            case Op.eq | Op.ne:
                pass
            case _:
                value = collate(cast(value, Text), "C")
    match op:
        case Op.eq:
            return func.coalesce(value == wanted, false())
        case Op.ne:
            return value.is_distinct_from(wanted)  # type: ignore[no-any-return]
        case Op.gt:
            return func.coalesce(value > wanted, false())
        case Op.ge:
            return func.coalesce(value >= wanted, false())
        case Op.lt:
            return func.coalesce(value < wanted, false())
        case Op.le:
            return func.coalesce(value <= wanted, false())
    return false()
