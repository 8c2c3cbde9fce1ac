"""Who may see which rows: one SQL predicate a table, registered beside the table.

    @rule(tables.Evidence)
    def evidence(row, viewer):
        return viewer.is_(row.employee_id) | manages(viewer, row.employee_id)

The engine ANDs the predicate wherever the table appears: in lists, joins, counts, filters and
aggregates. The schema refuses to build while a table has no rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, false, true

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.tables import Row


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
    permissions: frozenset[Permission]
    now: At

    def may(self, permission: Permission) -> bool:
        """Known when the statement is built: viewers with the same permissions share its text."""
        return permission in self.permissions

    def is_(self, employee: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether that column names the viewer."""
        return employee == self.employee


class Columns:
    """A row of a table in a statement: `row.employee_id` is that column of this occurrence."""

    def __init__(self, source: FromClause) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        try:
            return self._source.c[name]
        except KeyError:
            raise AttributeError(f"{self._source} has no column {name}") from None


Rule = Callable[[Any, Terms], ColumnElement[bool]]
_rules: dict[str, Rule] = {}


def rule(table: type[Row]) -> Callable[[Rule], Rule]:
    """Registers the decorated function as the rule of `table`; a second one is a mistake."""

    def register(predicate: Rule) -> Rule:
        if table.__tablename__ in _rules:
            raise TypeError(f"{table.__name__} has two access rules; keep one")
        _rules[str(table.__tablename__)] = predicate
        return predicate

    return register


def visible(source: FromClause, table: str, viewer: Terms) -> ColumnElement[bool]:
    """The predicate of `table`, on the occurrence `source` of it."""
    if table not in _rules:
        raise LookupError(
            f"table {table} has no access rule: add one to access.py of its room, with @rule(tables.…)"
        )
    return _rules[table](Columns(source), viewer)


def ruled() -> frozenset[str]:
    """The tables that have a rule."""
    return frozenset(_rules)


def everyone(_row: Any, _viewer: Terms) -> ColumnElement[bool]:
    """Whoever has signed in."""
    return true()


def nobody(_row: Any, _viewer: Terms) -> ColumnElement[bool]:
    """Never shown: a table that is machinery."""
    return false()


def with_permission(permission: Permission) -> Rule:
    """Whoever holds `permission`."""
    return lambda _row, viewer: true() if viewer.may(permission) else false()


__all__ = [
    "At",
    "Columns",
    "Rule",
    "Terms",
    "Viewer",
    "everyone",
    "nobody",
    "rule",
    "ruled",
    "visible",
    "with_permission",
]
