"""`where`: typed conditions on a type's values and relations, composed with `and`, `or` and `not`.

A condition is true or false, never unknown: what is null is simply not equal. A value that the viewer
may not see is null to conditions too, and a relation leads only to rows the viewer may see, so no filter
tells more than the answer would.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, get_origin
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, literal_column, not_, or_, true

from cairn.db.tables import Ref
from cairn.graph.frame import Frame, Given
from cairn.graph.node import Condition, Connection, Field, Node, One, Value
from cairn.graph.scalars import Json, bindable, ref_of, sql_type, strip_optional
from cairn.graph.selection import Leaf, Template


@dataclass(frozen=True)
class Operator:
    """One way to compare a value."""

    name: str
    description: str
    takes: str
    """`value`, `list`, `text` or `flag`."""
    build: Callable[[ColumnElement[Any], Any], ColumnElement[bool]]
    convert: Callable[[Any], Any] = lambda value: value


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _equal(value: Any, term: Any) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = value.is_(None) if term is None else value == term
    return condition


def _among(value: Any, term: Any) -> ColumnElement[bool]:
    return false() if term is None else value == term.any_()


_EQUALITY = (
    Operator("eq", "Equal to this; null for nothing at all.", "value", _equal),
    Operator(
        "ne", "Not equal to this; null for anything at all.", "value", lambda v, t: not_(holds(_equal(v, t)))
    ),
    Operator("in", "One of these.", "list", _among),
    Operator("notIn", "None of these.", "list", lambda v, t: not_(holds(_among(v, t)))),
)
_ORDER = (
    Operator("lt", "Less than this, or before it.", "value", lambda v, t: v < t),
    Operator("lte", "At most this, or not after it.", "value", lambda v, t: v <= t),
    Operator("gt", "More than this, or after it.", "value", lambda v, t: v > t),
    Operator("gte", "At least this, or not before it.", "value", lambda v, t: v >= t),
)
_TEXT = (
    Operator(
        "contains",
        "Contains this, in whatever case.",
        "text",
        lambda v, t: v.ilike(t),
        lambda s: f"%{_escape(s)}%",
    ),
    Operator(
        "startsWith",
        "Starts with this, in whatever case.",
        "text",
        lambda v, t: v.ilike(t),
        lambda s: f"{_escape(s)}%",
    ),
    Operator(
        "endsWith",
        "Ends with this, in whatever case.",
        "text",
        lambda v, t: v.ilike(t),
        lambda s: f"%{_escape(s)}",
    ),
)
_PRESENCE = (
    Operator(
        "isNull",
        "Whether there is no value, or none that you may see.",
        "flag",
        lambda v, t: true() if t is None else v.is_(None) == t,
    ),
)


def operators(annotation: Any) -> tuple[Operator, ...]:
    """The ways to compare values of this type; none where lists are not filtered by it."""
    core, _ = strip_optional(annotation)
    if get_origin(core) is list or core is Json:
        return ()
    if core is UUID or ref_of(core) is not None or (isinstance(core, type) and issubclass(core, Enum)):
        return _EQUALITY + _PRESENCE
    if core is bool:
        return (_EQUALITY[0], *_PRESENCE)
    if core in {int, float, date, datetime}:
        return _EQUALITY + _ORDER + _PRESENCE
    return _EQUALITY + _ORDER + _TEXT + _PRESENCE


def filterable(field: Field) -> bool:
    """Whether lists can be filtered by a field."""
    if isinstance(field, Value):
        return field.selects and not field.arguments and bool(operators(field.type))
    if isinstance(field, Condition):
        return True
    return (
        isinstance(field, One | Connection)
        and not field.arguments
        and (field.rows is None or field.on is not None)
    )


def holds(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """True or false, where the condition may be null."""
    return condition.is_(True)


class Filter:
    """Turns `where` into a condition on a frame."""

    def __init__(
        self, fields: Callable[[Node], Mapping[str, Field]], target: Callable[[Field], Node]
    ) -> None:
        self.fields = fields
        self.target = target

    def condition(self, frame: Frame, where: Template, *, walked: bool = False) -> ColumnElement[bool]:
        """The condition of a `where`; true where it is null or empty.

        `walked` says that the rows come in an order, of which only the first few are wanted.
        """
        terms = [self._member(frame, name, inner, walked) for name, inner in (where or {}).items()]
        return and_(true(), *terms)

    def _member(self, frame: Frame, name: str, inner: Template, walked: bool) -> ColumnElement[bool]:
        match name:
            case "and":
                return and_(true(), *(self.condition(frame, each, walked=walked) for each in inner or ()))
            case "or":
                return (
                    true()
                    if inner is None
                    else or_(false(), *(self.condition(frame, each, walked=walked) for each in inner))
                )
            case "not":
                return true() if inner is None else not_(holds(self.condition(frame, inner, walked=walked)))
        field = self.fields(frame.node)[name]
        if isinstance(field, Value):
            return self._compare(frame, field, inner, walked)
        if isinstance(field, Condition):
            return self._meets(frame, field, inner)
        assert isinstance(field, One | Connection)
        if isinstance(field, Connection):
            return self._some(frame, field, inner)
        found = self._exists(frame, field, inner)
        return not_(found) if inner is None else found

    def _meets(self, frame: Frame, field: Condition, inner: Template) -> ColumnElement[bool]:
        if inner is None:
            return true()
        assert field.build is not None
        found: ColumnElement[bool] = frame.call(field.build, {}, Given(frame.statement, inner))
        return found

    def _some(self, frame: Frame, field: Connection, inner: Template) -> ColumnElement[bool]:
        terms: list[ColumnElement[bool]] = [true()]
        for quantifier, where in (inner or {}).items():
            if where is None:
                continue
            match quantifier:
                case "some":
                    terms.append(self._exists(frame, field, where))
                case "none":
                    terms.append(not_(self._exists(frame, field, where)))
                case "every":
                    terms.append(not_(self._exists(frame, field, where, negated=True)))
        return and_(*terms)

    def _exists(
        self, frame: Frame, field: One | Connection, where: Template, *, negated: bool = False
    ) -> ColumnElement[bool]:
        other, tie = frame.related(field, self.target(field))
        condition = self.condition(other, where)
        if negated:
            condition = not_(holds(condition))
        return other.from_.query(literal_column("1")).where(tie, condition).exists()

    def _compare(
        self, frame: Frame, field: Value, comparisons: Template, walked: bool
    ) -> ColumnElement[bool]:
        if comparisons is None:
            return true()
        by_name = {operator.name: operator for operator in operators(field.type)}
        terms = [self._apply(frame, field, by_name[name], leaf, walked) for name, leaf in comparisons.items()]
        return and_(true(), *terms)

    def _apply(
        self, frame: Frame, field: Value, operator: Operator, leaf: Leaf | None, walked: bool
    ) -> ColumnElement[bool]:
        value = frame.looked_up(field) if walked else frame.comparable(field)
        if leaf is None:
            return operator.build(value, None) if operator.name in {"eq", "ne"} else true()
        core = Annotated[UUID, Ref(frame.node.name)] if field.key else strip_optional(field.type)[0]
        annotation = {"value": core, "list": list[core], "text": str, "flag": bool}[operator.takes]  # type: ignore[valid-type]
        leaf = leaf.then(bindable(annotation)).then(operator.convert)
        return operator.build(value, frame.statement.bind(leaf, sql_type(annotation)))
