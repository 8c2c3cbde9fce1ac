"""Portfolios: what people made or did, with what they think of it and which skills they say it shows.

An item is its owner's: until it is submitted they change it as they like, and nobody else sees it but for
managers where the owner says so. A review makes it evidence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, NotAllowed, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.db.tables import Ref
from cairn.graph.scalars import Url
from cairn.jobs.events import publish
from cairn.people.reporting import is_above
from cairn.portfolios import tables
from cairn.portfolios.events import FilesUnneeded
from cairn.portfolios.tables import ItemStatus, Verdict
from cairn.skills.assess import add
from cairn.skills.claims import SkillClaim, unfit_claims
from cairn.skills.tables import Source

PortfolioItemId = Annotated[UUID, Ref("PortfolioItem")]

MOST_ITEMS = 500
"""Of one person."""
LONGEST_REFLECTION = 20_000


@dataclass
class ItemClosed(Refusal):
    """The item waits for a review, or was accepted: it is not changed any more."""

    status: ItemStatus | None = None
    """Where it stands."""


@dataclass
class NotSubmitted(Refusal):
    """The item does not wait for a review."""

    status: ItemStatus | None = None
    """Where it stands."""


@dataclass
class RemovedPortfolioItem:
    """An item that is in the portfolio no more."""

    title: str
    """What it was called."""
    files: int
    """How many files went with it."""


async def add_portfolio_item(
    tx: Transaction,
    viewer: Viewer,
    *,
    title: str,
    url: Url | None = None,
    happened_on: date | None = None,
    reflection: str | None = None,
    claims: list[SkillClaim] | None = None,
    is_shared: bool = False,
) -> tables.PortfolioItem:
    """Puts something into your portfolio. Nobody else sees it until you submit or share it.

    Files are added with `requestUpload`.

    Args:
        title: What it is called.
        url: Where it is found, if it is a link.
        happened_on: When it was made or done.
        reflection: What you think of it: what was hard, what you learnt.
        claims: The skills that it shows, and at which level.
        is_shared: Whether your managers may see it before it is submitted.
    """
    if viewer.employee is None:
        raise NotAllowed("Portfolios are of people.")
    own = select(func.count()).where(col(tables.PortfolioItem.employee_id) == viewer.employee)
    if (await tx.execute(own)).scalar_one() >= MOST_ITEMS:
        raise invalid("title", f"would be one more than the {MOST_ITEMS} items that a portfolio has at most")
    item = tables.PortfolioItem(employee_id=viewer.employee, title="")
    await _write(tx, item, title, url, happened_on, reflection, claims or [], is_shared=is_shared)
    await audit.record(tx, viewer, "portfolio.add", item, after={"title": item.title})
    return item


async def change_portfolio_item(
    tx: Transaction,
    viewer: Viewer,
    *,
    item: PortfolioItemId,
    title: str,
    url: Url | None = None,
    happened_on: date | None = None,
    reflection: str | None = None,
    claims: list[SkillClaim] | None = None,
    is_shared: bool = False,
) -> tables.PortfolioItem:
    """Says anew what an item of your portfolio is: all of it, so what is left out is no more.

    One that waits for a review, or was accepted, stays as it is.

    Args:
        item: The item.
        title: What it is called.
        url: Where it is found, if it is a link.
        happened_on: When it was made or done.
        reflection: What you think of it.
        claims: The skills that it shows, and at which level.
        is_shared: Whether your managers may see it before it is submitted.
    """
    found = await own_item(tx, viewer, item)
    await _write(tx, found, title, url, happened_on, reflection, claims or [], is_shared=is_shared)
    await audit.record(tx, viewer, "portfolio.change", found, after={"title": found.title})
    return found


async def own_item(tx: Transaction, viewer: Viewer, item: UUID) -> tables.PortfolioItem:
    """An item that its owner may change. Raises `NotFound`, `NotAllowed`, `ItemClosed`."""
    found = await find(tx, viewer, tables.PortfolioItem, item, lock=True)
    _must_own(viewer, found)
    if found.status in {ItemStatus.SUBMITTED, ItemStatus.ACCEPTED}:
        raise ItemClosed("It was submitted, and stays as it is.", status=found.status)
    return found


def _must_own(viewer: Viewer, item: tables.PortfolioItem) -> None:
    if viewer.employee != item.employee_id:
        raise NotAllowed("A portfolio is its owner's to change.")


async def _write(
    tx: Transaction,
    item: tables.PortfolioItem,
    title: str,
    url: str | None,
    happened_on: date | None,
    reflection: str | None,
    claims: Sequence[SkillClaim],
    *,
    is_shared: bool,
) -> None:
    problems = await unfit_claims(tx, claims)
    if not 0 < len(title.strip()) <= 200:
        problems.append(FieldProblem(["title"], "must have 1 to 200 characters"))
    if happened_on is not None and happened_on > now().date():
        problems.append(FieldProblem(["happenedOn"], "must not lie in the future"))
    if reflection is not None and len(reflection) > LONGEST_REFLECTION:
        problems.append(FieldProblem(["reflection"], f"at most {LONGEST_REFLECTION} characters"))
    if problems:
        raise InvalidInput("The item does not make sense as it is.", problems)
    item.title, item.url, item.happened_on, item.reflection = title.strip(), url, happened_on, reflection
    item.is_shared = is_shared
    tx.add(item)
    await tx.flush()
    await tx.execute(delete(tables.PortfolioClaim).where(col(tables.PortfolioClaim.item_id) == item.id))
    tx.add_all(
        tables.PortfolioClaim(item_id=item.id, skill_id=each.skill, level=each.level) for each in claims
    )
    await tx.flush()


async def remove_portfolio_item(
    tx: Transaction, viewer: Viewer, *, item: PortfolioItemId
) -> RemovedPortfolioItem:
    """Takes an item out of your portfolio, with its files and what was said of it, for good.

    One that waits for a review, or was accepted, stays: evidence rests on it.

    Args:
        item: The item.
    """
    found = await own_item(tx, viewer, item)
    keys = select(col(tables.PortfolioFile.key)).where(col(tables.PortfolioFile.item_id) == found.id)
    files = (await tx.execute(keys)).scalars().all()
    await audit.record(tx, viewer, "portfolio.remove", found)
    await tx.flush()
    await tx.execute(delete(tables.PortfolioItem).where(col(tables.PortfolioItem.id) == found.id))
    await publish(tx, *([FilesUnneeded(list(files))] if files else []))
    return RemovedPortfolioItem(found.title, len(files))


async def submit_portfolio_item(
    tx: Transaction, viewer: Viewer, *, item: PortfolioItemId
) -> tables.PortfolioItem:
    """Submits an item of your portfolio for a review: managers and reviewers see it from now on.

    Args:
        item: The item; it names at least one skill.
    """
    found = await own_item(tx, viewer, item)
    claims = select(func.count()).where(col(tables.PortfolioClaim.item_id) == found.id)
    if not (await tx.execute(claims)).scalar_one():
        raise invalid("item", "names no skill that a reviewer could confirm: change it first")
    found.status, found.submitted_at = ItemStatus.SUBMITTED, now()
    tx.add(found)
    await audit.record(tx, viewer, "portfolio.submit", found, after={"title": found.title})
    return found


async def review_portfolio_item(
    tx: Transaction,
    viewer: Viewer,
    *,
    item: PortfolioItemId,
    verdict: Verdict,
    comment: str | None = None,
    claims: list[SkillClaim] | None = None,
) -> tables.PortfolioItem:
    """Reviews an item that was submitted: reviewers may, and whoever is above its owner, never the owner.

    What is accepted becomes evidence of the skills that you confirm, from now on.

    Args:
        item: The item.
        verdict: Whether it is accepted, or returned for more.
        comment: What the owner is told; where it is returned, what is missing.
        claims: The skills that you see in it, and at which level; those that its owner claims by default.
    """
    found = await find(tx, viewer, tables.PortfolioItem, item, lock=True)
    if viewer.employee == found.employee_id:
        raise NotAllowed("Nobody reviews their own.")
    if not viewer.may(Permission.REVIEW) and not await is_above(tx, viewer, found.employee_id):
        raise NotAllowed("Items are reviewed by reviewers, and by whoever is above their owner.")
    if found.status is not ItemStatus.SUBMITTED:
        raise NotSubmitted("It does not wait for a review.", status=found.status)
    if verdict is Verdict.RETURNED and not (comment or "").strip():
        raise invalid("comment", "must say what is missing")
    if comment is not None and len(comment) > LONGEST_REFLECTION:
        raise invalid("comment", f"at most {LONGEST_REFLECTION} characters")
    review = tables.PortfolioReview(
        item_id=found.id, reviewer_id=viewer.employee, verdict=verdict, comment=comment
    )
    tx.add(review)
    found.status = ItemStatus(verdict.value)
    tx.add(found)
    if verdict is Verdict.ACCEPTED:
        confirmed = claims if claims is not None else await _claimed(tx, found.id)
        if problems := await unfit_claims(tx, confirmed):
            raise InvalidInput("What you confirm does not make sense.", problems)
        for each in confirmed:
            await add(
                tx,
                employee=found.employee_id,
                skill=each.skill,
                level=each.level,
                source=Source.PORTFOLIO,
                valid=since(review.reviewed_at),
                asserted_by=viewer.employee,
                note=f"Portfolio: {found.title}",
                cause=found.id,
            )
    await tx.flush()
    await audit.record(tx, viewer, "portfolio.review", found, after={"verdict": verdict})
    return found


async def _claimed(tx: Transaction, item: UUID) -> list[SkillClaim]:
    rows = select(tables.PortfolioClaim).where(col(tables.PortfolioClaim.item_id) == item)
    return [SkillClaim(row.skill_id, row.level) for row in (await tx.execute(rows)).scalars()]
