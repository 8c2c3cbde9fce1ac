"""Who may see sessions, accounts and tokens: those they belong to, and who manages access."""

from typing import Any

from sqlalchemy import ColumnElement, true

from cairn.access.permissions import Permission
from cairn.access.personal import impersonal
from cairn.access.rules import Terms, nobody, rule
from cairn.identity import tables

rule(tables.SignIn, tables.LogoutNotice, tables.RateCount, tables.AppCode, tables.AppToken)(nobody)
impersonal(tables.SignIn, tables.LogoutNotice, tables.RateCount, tables.App)


@rule(tables.Session, tables.Identity, tables.ConnectedApp)
def own(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own, or everybody's."""
    return true() if viewer.may(Permission.MANAGE_ACCESS) else viewer.is_(row.employee_id)


@rule(tables.ServiceToken)
def owned(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Those one answers for, or all."""
    return true() if viewer.may(Permission.MANAGE_ACCESS) else viewer.is_(row.owner_id)


@rule(tables.App)
def app(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Those one has connected, or had, and all for who manages access."""
    if viewer.may(Permission.MANAGE_ACCESS):
        return true()
    return viewer.sees_any(tables.ConnectedApp, lambda other: other.app_id == row.id)
