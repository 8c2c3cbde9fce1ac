"""Portfolios in the graph, and what is behind evidence."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, and_, cast, literal_column

from cairn.credentials.graph import Award, OutsideCredential
from cairn.graph.mutation import expose
from cairn.graph.node import Many, by_id, derived, either, everything, extend, many, node
from cairn.graph.scalars import Url
from cairn.graph.schema import Query
from cairn.pathways.graph import Progress
from cairn.people.graph import Employee
from cairn.portfolios import tables
from cairn.portfolios.items import (
    ItemClosed,
    NotSubmitted,
    PortfolioItemId,
    add_portfolio_item,
    change_portfolio_item,
    remove_portfolio_item,
    review_portfolio_item,
    submit_portfolio_item,
)
from cairn.portfolios.shares import revoke_share, share_portfolio
from cairn.portfolios.uploads import remove_portfolio_file, request_upload
from cairn.skills.graph import Evidence, Skill


@node(tables.PortfolioItem, order=("-id",))
class PortfolioItem:
    """Something that somebody made or did, and what they say of it."""

    employee: Employee
    """Whose it is."""
    title: str
    url: Url | None
    happened_on: date | None
    reflection: str | None
    is_shared: bool
    status: tables.ItemStatus
    created_at: datetime
    submitted_at: datetime | None
    claims: Many["PortfolioClaim"] = many(lambda row, other: other.item_id == row.id)
    """The skills that its owner says it shows."""
    files: Many["PortfolioFile"] = many(via="item_id")
    """Its files."""
    reviews: Many["PortfolioReview"] = many(via="item_id")
    """What reviewers said of it."""
    evidence: Many[Evidence] = many(lambda row, other: other.cause_id == row.id)
    """The evidence of skills that it is, since a reviewer accepted it."""


@node(tables.PortfolioClaim, key=("item_id", "skill_id"))
class PortfolioClaim:
    """A skill that the owner of an item says it shows, and at which level."""

    skill: Skill
    """The skill."""
    level: int


@node(tables.PortfolioFile)
class PortfolioFile:
    """A file of a portfolio item."""

    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    added_at: datetime
    path: str = derived(lambda row: literal_column("'/files/'") + cast(row.id, Text), selects=False)
    """Where it can be fetched, with the same session or token: a path of this server."""


@node(tables.PortfolioReview)
class PortfolioReview:
    """What a reviewer said of an item."""

    reviewer: Employee | None
    """Who reviewed it."""
    verdict: tables.Verdict
    comment: str | None
    reviewed_at: datetime


def _shown(table: Any, key: str, of: Any) -> Any:
    """The rows that a share shows, by the table that ties them to it."""

    def on(row: Any, other: Any, viewer: Any) -> Any:
        return viewer.sees_any(
            table, lambda tie: and_(tie.share_id == row.id, getattr(tie, key) == of(other))
        )

    return on


@node(tables.PortfolioShare, order=("-id",))
class PortfolioShare:
    """A page with chosen things of a portfolio, for whoever has its link, until a date."""

    employee: Employee
    """Whose it is."""
    title: str
    introduction: str | None
    fields: list[tables.ShareField] = derived(lambda row: row.fields, selects=False)
    """What it shows besides the name, the chosen items and the chosen awards."""
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    is_open: bool = derived(
        lambda row, viewer: and_(row.revoked_at.is_(None), row.expires_at > viewer.now.instant)
    )
    """Whether its link leads to it now."""
    items: Many[PortfolioItem] = many(_shown(tables.SharedItem, "item_id", lambda other: other.id))
    """The items that it shows and that you may see."""
    awards: Many[Award] = many(_shown(tables.SharedAward, "award_id", lambda other: other.id))
    """The awards that it shows and that you may see."""
    visits: Many["ShareVisit"] = many(via="share_id", order=("-lastAt",))
    """When it was opened."""


@node(tables.ShareVisit)
class ShareVisit:
    """That a share was opened, with one kind of browser within one hour."""

    hour: datetime
    browser: str
    pages: int
    files: int
    last_at: datetime


@extend(Employee)
class EmployeePortfolio:
    """What somebody made or did."""

    portfolio: Many[PortfolioItem] = many(via="employee_id")
    """What the person made or did, as far as you may see it."""
    portfolio_shares: Many[PortfolioShare] = many(via="employee_id")
    """The pages that the person has shared, for those who may know."""


@extend(Evidence)
class EvidenceCause:
    """What is behind evidence."""

    cause: Award | Progress | PortfolioItem | OutsideCredential | None = either(
        "EvidenceCause",
        "What brought evidence about.",
        Award=lambda row, award: award.id == row.cause_id,
        Progress=lambda row, progress: progress.id == row.cause_id,
        PortfolioItem=lambda row, item: item.id == row.cause_id,
        OutsideCredential=lambda row, other: other.id == row.cause_id,
    )
    """The award, the step, the portfolio item or the outside credential that brought it about."""


@extend(Query)
class PortfolioQueries:
    """Where portfolios are found."""

    portfolio: Many[PortfolioItem] = everything()
    """All portfolio items that you may see; filter by `status` for those that wait for a review."""
    portfolio_item: PortfolioItem | None = by_id(PortfolioItemId)
    """A portfolio item by id."""
    portfolio_shares: Many[PortfolioShare] = everything()
    """All shares of portfolios that you may see."""


expose(add_portfolio_item)
expose(change_portfolio_item, ItemClosed)
expose(remove_portfolio_item, ItemClosed)
expose(request_upload, ItemClosed)
expose(remove_portfolio_file, ItemClosed)
expose(submit_portfolio_item, ItemClosed)
expose(review_portfolio_item, NotSubmitted)
expose(share_portfolio)
expose(revoke_share)
