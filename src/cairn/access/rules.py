"""Who may see which rows: one SQL predicate a table, registered beside the table.

    @rule(tables.Evidence)
    def evidence(row, viewer):
        return viewer.is_(row.employee_id) | manages(viewer, row.employee_id)

The engine ANDs the predicate wherever the table appears: in lists, joins, counts, filters and
aggregates. The schema refuses to build while a table has no rule.
"""

import inspect
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BinaryExpression,
    BooleanClauseList,
    ColumnElement,
    Exists,
    FromClause,
    Select,
    and_,
    false,
    literal_column,
    select,
    true,
)

from cairn.access.permissions import Permission
from cairn.db.tables import Table_, occurrence


@dataclass(frozen=True)
class At:
    """The date a read is asked of, as terms of a statement."""

    instant: ColumnElement[Any]
    """`timestamptz`."""
    day: ColumnElement[Any]
    """`date`: the same instant's civil date in UTC."""


@dataclass(frozen=True)
class Terms:
    """The viewer as terms of a statement: values are bound, only the permissions shape the text."""

    employee: ColumnElement[UUID]
    """The viewer's employee id; SQL null for a program."""
    name: ColumnElement[str]
    roles: ColumnElement[list[str]]
    permissions: frozenset[Permission]
    now: At
    at: At | None = None
    """The date of which it is asked what holds; none where records are asked for, of whatever time."""

    def asking(self, at: At | None) -> "Terms":
        """The viewer who asks what holds on a date: a statement that says so shows no row of another time."""
        return self if at is self.at else replace(self, at=at)

    def asks_of_today(self) -> ColumnElement[bool]:
        """Whether the date of which it is asked what holds is today."""
        if self.at is None or self.at is self.now:
            return true()
        today: ColumnElement[bool] = self.at.day == self.now.day
        return today

    def may(self, permission: Permission) -> bool:
        """Known when the statement is built: viewers with the same permissions share its text."""
        return permission in self.permissions

    def is_(self, employee: Any) -> ColumnElement[bool]:
        """Whether that column names the viewer."""
        matches: ColumnElement[bool] = employee == self.employee
        return matches

    def sees_any(
        self, table: type[Table_], condition: Callable[[Any], ColumnElement[bool]], *, at: At | None = None
    ) -> Exists:
        """Whether there is a row of `table` that meets the condition and that the viewer may see.

        `at` is the date of which the condition asks what holds, where it does.
        """
        return some(table, condition, lambda source: visible(source, table, self.asking(at)))

    def sees(self, table: type[Table_], *, at: At | None = None) -> tuple[FromClause, ColumnElement[bool]]:
        """An occurrence of `table` for a select written by hand, and the rule to put into its WHERE.

        `at` is the date of which the select asks what holds, where it does.
        """
        source = occurrence(table)
        return source, visible(source, table, self.asking(at))


class Columns:
    """A row of a table in a statement: `row.employee_id` is that column of this occurrence."""

    def __init__(self, source: FromClause, prefix: str = "") -> None:
        self._source = source
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        try:
            return self._source.c[self._prefix + name]
        except KeyError:
            raise AttributeError(f"{self._source} has no column {name}") from None


def some(
    table: type[Table_],
    condition: Callable[[Any], ColumnElement[bool]],
    rule_of: Callable[[FromClause], ColumnElement[bool]] | None = None,
    *,
    by_row: bool = False,
) -> Exists:
    """Whether there is a row of `table` that meets the condition, for use inside of rules.

    It may mention any row around it, however far out: only its own is never taken for one of those.
    `by_row` looks it up for each row that asks; else PostgreSQL may first read all that could be asked for.
    """
    source = occurrence(table)
    wanted = condition(source.c) if rule_of is None else under(rule_of(source), condition(source.c))
    found: Select[Any] = select(literal_column("1")).select_from(source).where(wanted)
    if by_row:
        found = found.offset(literal_column("0"))
    return found.correlate_except(source).exists()


def under(allowed: ColumnElement[bool], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition under a rule; the condition alone where the rule asks for no more than one of its terms.

    What holds today is for everyone to see and what held before is not: a list of today's then costs nobody
    a look at whom they manage.
    """
    required = [_compared(term) for term in _terms(condition, operator.and_)]
    met = any(_compared(term) in required for term in _terms(allowed, operator.or_))
    return condition if met else and_(condition, allowed)


def _terms(condition: ColumnElement[bool], joined_by: Any) -> Sequence[Any]:
    is_list = isinstance(condition, BooleanClauseList) and condition.operator is joined_by
    return condition.clauses if is_list else (condition,)


def _compared(term: Any) -> Any:
    """What a term compares, and how: the very same column and the very same parameter, not their likes."""
    if isinstance(term, BinaryExpression):
        return id(term.left), term.operator, id(term.right)
    return id(term)


Rule = Callable[[Any, Terms], ColumnElement[bool]]
_rules: dict[str, Rule] = {}


def rule(*tables: type[Table_]) -> Callable[[Rule], Rule]:
    """Registers the decorated function as the rule of `tables`; a second one of a table is a mistake."""

    def register(predicate: Rule) -> Rule:
        for table in tables:
            if _rules.setdefault(str(table.__tablename__), predicate) is not predicate:
                raise TypeError(f"{table.__name__} has two access rules; keep one")
        return predicate

    return register


def visible(source: FromClause, table: type[Table_], viewer: Terms) -> ColumnElement[bool]:
    """The rule of `table`, on the occurrence `source` of it."""
    name = str(table.__tablename__)
    if name not in _rules:
        _read_beside(table)
    try:
        found = _rules[name]
    except KeyError:
        raise LookupError(missing(name)) from None
    return found(Columns(source), viewer)


def explained(table: type[Table_]) -> str:
    """The rule of `table` in words: those of its docstring."""
    return " ".join(inspect.cleandoc(_rules[str(table.__tablename__)].__doc__ or "").split())


def _read_beside(table: type[Table_]) -> None:
    """Reads the rules of the table's room: a program that imports no more than its verbs has not."""
    room = table.__module__.rpartition(".")[0]
    if room and find_spec(f"{room}.access") is not None:
        import_module(f"{room}.access")


def missing(table: str) -> str:
    """What to do about a table without a rule."""
    return f"table {table} has no access rule: add one to access.py of its room, with @rule(tables.…)"


def ruled() -> frozenset[str]:
    """The names of the tables that have a rule."""
    return frozenset(_rules)


def everyone(_row: Any, _viewer: Terms) -> ColumnElement[bool]:
    """Whoever has signed in."""
    return true()


def nobody(_row: Any, _viewer: Terms) -> ColumnElement[bool]:
    """Never shown: a table that is machinery."""
    return false()


def holders(permission: Permission) -> Rule:
    """Whoever holds `permission`."""

    def held(_row: Any, viewer: Terms) -> ColumnElement[bool]:
        return true() if viewer.may(permission) else false()

    held.__doc__ = f"Whoever holds the permission {permission.value}."
    return held
