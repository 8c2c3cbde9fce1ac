"""What people made or did, what reviewers said of it, and the pages by which they share it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Link, Row, choice


class ItemStatus(StrEnum):
    """Where a portfolio item stands."""

    DRAFT = "DRAFT"
    """Its owner is at it; nobody else sees it, but for managers where the owner says so."""
    SUBMITTED = "SUBMITTED"
    """It waits for a review."""
    RETURNED = "RETURNED"
    """A reviewer asks for more."""
    ACCEPTED = "ACCEPTED"
    """A reviewer has accepted it: it is evidence of the skills that the reviewer saw in it."""


class PortfolioItem(Row, table=True):
    """Something that somebody made or did, and what they say of it."""

    __table_args__ = (
        Index(None, "employee_id", "id"),
        Index("portfolio_item_waiting_idx", "submitted_at", postgresql_where=text("status = 'SUBMITTED'")),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    title: str
    """What it is called."""
    url: str | None = None
    """Where it is found, if it is a link."""
    happened_on: date | None = None
    """When it was made or done."""
    reflection: str | None = None
    """What its owner thinks of it: what was hard, what was learnt."""
    is_shared: bool = False
    """Whether managers may see it before it is submitted."""
    status: ItemStatus = Field(default=ItemStatus.DRAFT, sa_type=choice(ItemStatus, "status"))
    """Where it stands."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was put into the portfolio."""
    submitted_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last submitted for a review."""


class PortfolioClaim(Link, table=True):
    """A skill that the owner of an item says it shows, and at which level."""

    __table_args__ = (Index(None, "skill_id"),)

    item_id: UUID = Field(foreign_key="portfolio_item.id", primary_key=True, ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id", primary_key=True)
    level: int = Field(sa_type=SmallInteger)
    """On the company's scale."""


class PortfolioFile(Row, table=True):
    """A file of a portfolio item. Its bytes are kept elsewhere, under its key."""

    __table_args__ = (UniqueConstraint("key"), Index(None, "item_id"))

    item_id: UUID = Field(foreign_key="portfolio_item.id", ondelete="CASCADE")
    name: str
    """What it is called."""
    media_type: str
    """What it is, told from its content and not from its name."""
    size: int
    """How many bytes it has."""
    digest: bytes = Field(sa_type=LargeBinary)
    """Its SHA-256."""
    key: str
    """Where its bytes are kept; it says nothing of whose they are."""
    width: int | None = None
    """Of an image: how many pixels it is wide."""
    height: int | None = None
    """Of an image: how many pixels it is high."""
    added_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was added."""


class Upload(Row, table=True):
    """That one file may be sent for a portfolio item, once, by whoever holds the secret."""

    __table_args__ = (UniqueConstraint("key"), Index(None, "item_id"))

    item_id: UUID = Field(foreign_key="portfolio_item.id", ondelete="CASCADE")
    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the secret."""
    name: str
    """What the file is called."""
    asked_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was asked for."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """Until when it can be sent."""


class Verdict(StrEnum):
    """What a reviewer came to."""

    ACCEPTED = "ACCEPTED"
    """It shows the skills that the reviewer confirms."""
    RETURNED = "RETURNED"
    """It does not yet; the comment says what is missing."""


class PortfolioReview(Row, table=True):
    """What a reviewer said of an item."""

    __table_args__ = (Index(None, "item_id"),)

    item_id: UUID = Field(foreign_key="portfolio_item.id", ondelete="CASCADE")
    reviewer_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    verdict: Verdict = Field(sa_type=choice(Verdict, "verdict"))
    """What the reviewer came to."""
    comment: str | None = None
    """What the reviewer tells the owner."""
    reviewed_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was reviewed."""


class ShareField(StrEnum):
    """What a share shows besides the name, the chosen items and the chosen awards."""

    EMAIL = "EMAIL"
    """The work e-mail address."""
    TITLE = "TITLE"
    """The job title of today."""
    REFLECTIONS = "REFLECTIONS"
    """What the owner thinks of each item."""
    SKILLS = "SKILLS"
    """The skills claimed of each item, and which of them a reviewer confirmed."""
    FILES = "FILES"
    """The files of each item."""
    PASSPORT = "PASSPORT"
    """The latest signed record of all credentials, to take away and check."""


class PortfolioShare(Row, table=True):
    """A page with chosen things of a portfolio, for whoever has its link, until a date."""

    __table_args__ = (UniqueConstraint("key"), Index(None, "employee_id"))

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the secret in the link."""
    title: str
    """What stands above it."""
    introduction: str | None = None
    """What its owner says to who opens it."""
    fields: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    """What it shows besides, as `ShareField` names it."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was made."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """Until when it can be opened."""
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it cannot be opened any more, where it was revoked."""


class SharedItem(Link, table=True):
    """An item that a share shows."""

    __table_args__ = (Index(None, "item_id"),)

    share_id: UUID = Field(foreign_key="portfolio_share.id", primary_key=True, ondelete="CASCADE")
    item_id: UUID = Field(foreign_key="portfolio_item.id", primary_key=True, ondelete="CASCADE")
    position: int = Field(sa_type=SmallInteger)
    """Its place on the page."""


class SharedAward(Link, table=True):
    """An award that a share shows."""

    __table_args__ = (Index(None, "award_id"),)

    share_id: UUID = Field(foreign_key="portfolio_share.id", primary_key=True, ondelete="CASCADE")
    award_id: UUID = Field(foreign_key="award.id", primary_key=True, ondelete="CASCADE")
    position: int = Field(sa_type=SmallInteger)
    """Its place on the page."""


class ShareVisit(Row, table=True):
    """That a share was opened, with one kind of browser within one hour: how often, and what was fetched."""

    __table_args__ = (UniqueConstraint("share_id", "hour", "browser"),)

    share_id: UUID = Field(foreign_key="portfolio_share.id", ondelete="CASCADE")
    hour: datetime = Field(sa_type=INSTANT)
    """The hour, by its beginning."""
    browser: str
    """With what: `Firefox on Linux`."""
    pages: int = 0
    """How often the page was opened."""
    files: int = 0
    """How many files were fetched."""
    last_at: datetime = Field(sa_type=INSTANT)
    """When it was opened last."""
