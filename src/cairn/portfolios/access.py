"""Who may see portfolios: their owners, and those who review them once they are submitted."""

from typing import Any

from sqlalchemy import ColumnElement, and_, literal_column, or_, true

from cairn.access.permissions import Permission
from cairn.access.rules import Terms, nobody, rule
from cairn.people.access import manages
from cairn.portfolios import tables

rule(tables.Upload)(nobody)


@rule(tables.PortfolioItem)
def portfolio_item(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own; of those one manages, what they submitted or shared; what was submitted also for reviewers
    and who may read learning records.
    """  # noqa: D205  # it is shown to people as one sentence
    draft: Any = literal_column("'DRAFT'")
    submitted = row.status != draft
    if viewer.may(Permission.REVIEW) or viewer.may(Permission.READ_LEARNING):
        return or_(
            submitted, viewer.is_(row.employee_id), and_(row.is_shared, manages(viewer, row.employee_id))
        )
    return or_(
        viewer.is_(row.employee_id),
        and_(or_(submitted, row.is_shared), manages(viewer, row.employee_id)),
    )


@rule(tables.PortfolioClaim, tables.PortfolioFile, tables.PortfolioReview)
def of_portfolio_item(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What belongs to a portfolio item is seen by who sees the item."""
    return viewer.sees_any(tables.PortfolioItem, lambda item: item.id == row.item_id)


@rule(tables.PortfolioShare)
def portfolio_share(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own, and all for who manages access."""
    if viewer.may(Permission.MANAGE_ACCESS):
        return true()
    return viewer.is_(row.employee_id)


@rule(tables.SharedItem, tables.SharedAward, tables.ShareVisit)
def of_portfolio_share(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What belongs to a share is seen by who sees the share."""
    return viewer.sees_any(tables.PortfolioShare, lambda share: share.id == row.share_id)
