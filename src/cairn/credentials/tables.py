"""Credential definitions in versions, the awards people hold, and their portfolios."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import TIMES, Times, now
from cairn.db.tables import INSTANT, Link, Row, choice


class CredentialKind(StrEnum):
    """What a credential is."""

    BADGE = "BADGE"
    """A badge for one achievement."""
    CERTIFICATE = "CERTIFICATE"
    """A certificate, often for several badges together."""
    MICRO_CREDENTIAL = "MICRO_CREDENTIAL"
    """A small, assessed unit of learning with a stated workload."""
    LICENSE = "LICENSE"
    """A permission to do something, as long as it holds."""


class Credential(Row, table=True):
    """A credential that people can earn, in versions."""

    __table_args__ = (UniqueConstraint("code"),)

    code: str
    """A short name that stays, for files and feeds."""
    kind: CredentialKind = Field(sa_type=choice(CredentialKind, "kind"))
    """What it is."""


class DefinitionStatus(StrEnum):
    """Where a version of a credential's definition stands."""

    PUBLISHED = "PUBLISHED"
    """The one that is awarded; it never changes."""
    RETIRED = "RETIRED"
    """Replaced by a later one; awards of it stay."""


class AwardedBy(StrEnum):
    """What it takes to be awarded a credential whose requirement is met."""

    AUTOMATIC = "AUTOMATIC"
    """Nothing more: it awards itself."""
    APPROVAL = "APPROVAL"
    """A learning admin approves."""
    MANAGER = "MANAGER"
    """Somebody approves who manages the person, at any depth, or a learning admin."""


class OnLapse(StrEnum):
    """What becomes of an award when its requirement is no longer met."""

    KEEP = "KEEP"
    """It stays."""
    SUSPEND = "SUSPEND"
    """It does not hold until the requirement is met again."""
    EXPIRE = "EXPIRE"
    """It ends for good."""


class CredentialVersion(Row, table=True):
    """What a credential says and asks for; it never changes once published."""

    __table_args__ = (
        UniqueConstraint("credential_id", "number"),
        Index(
            "credential_version_published_key",
            "credential_id",
            unique=True,
            postgresql_where=text("status = 'PUBLISHED'"),
        ),
    )

    credential_id: UUID = Field(foreign_key="credential.id", ondelete="CASCADE")
    number: int = Field(sa_type=SmallInteger)
    """Counts up from 1."""
    status: DefinitionStatus = Field(
        default=DefinitionStatus.PUBLISHED, sa_type=choice(DefinitionStatus, "status")
    )
    """Where it stands."""
    name: str
    """What it is called."""
    description: str
    """What somebody who holds it can do."""
    criteria: str
    """How it is earned, for whoever looks at an award."""
    requirement: dict[str, Any] = Field(sa_type=JSONB)
    """What earns it, as `requirements/wire.py` writes it."""
    awarded_by: AwardedBy = Field(sa_type=choice(AwardedBy, "awarded_by"))
    """What it takes to be awarded it."""
    validity: str | None = None
    """How long an award holds, as an ISO 8601 duration; absent: for ever."""
    on_lapse: OnLapse = Field(default=OnLapse.KEEP, sa_type=choice(OnLapse, "on_lapse"))
    """What becomes of an award when its requirement is no longer met."""
    workload_hours: int | None = None
    """How much work it stands for, in hours."""
    published_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was published."""


class CredentialGrant(Link, table=True):
    """A skill at a level that an award is evidence of."""

    version_id: UUID = Field(foreign_key="credential_version.id", primary_key=True, ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id", primary_key=True)
    level: int = Field(sa_type=SmallInteger)
    """On the company's scale."""


class AwardCause(StrEnum):
    """What brought an award about."""

    REQUIREMENT = "REQUIREMENT"
    """The requirement was met."""
    APPROVAL = "APPROVAL"
    """Somebody entitled to approved it."""


class Award(Row, table=True):
    """A credential that somebody was awarded."""

    __table_args__ = (
        Index(
            "award_standing_key",
            "employee_id",
            "credential_id",
            unique=True,
            postgresql_where=text("revoked_at is null"),
        ),
        CheckConstraint("(revoked_at is null) = (revoked_reason is null)", name="revoked"),
        CheckConstraint("(suspended_at is null) = (suspended_reason is null)", name="suspended"),
        Index(None, "credential_id"),
        Index(None, "version_id"),
    )

    employee_id: UUID = Field(foreign_key="employee.id")
    credential_id: UUID = Field(foreign_key="credential.id")
    version_id: UUID = Field(foreign_key="credential_version.id")
    cause: AwardCause = Field(sa_type=choice(AwardCause, "cause"))
    """What brought it about."""
    approved_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    awarded_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was awarded, or is to be."""
    evidence_note: str | None = None
    """What the person did to earn it, as whoever awarded it says to whoever looks at it."""
    evidence_url: str | None = None
    """Where that can be looked at."""
    renewed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last renewed: its validity counts from then."""
    suspended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when somebody has it suspended, where it is."""
    suspended_reason: str | None = None
    """Why it is suspended, where it is."""
    accepted_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When its holder accepted it, where they did."""
    held: Times = Field(sa_type=TIMES)
    is_hidden: bool = False
    """Whether the holder hides it from colleagues."""
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was revoked, where it was."""
    revoked_reason: str | None = None
    """Why it was revoked, where it was."""


class ApprovalStatus(StrEnum):
    """Where somebody stands who has earned a credential that takes an approval."""

    WAITING = "WAITING"
    """Nobody has said yet."""
    DECLINED = "DECLINED"
    """Somebody entitled to said no, to this version."""


class AwardToApprove(Row, table=True):
    """Somebody has earned a credential that takes an approval; it goes once the credential is awarded."""

    __table_args__ = (UniqueConstraint("employee_id", "version_id"), Index(None, "version_id"))

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    version_id: UUID = Field(foreign_key="credential_version.id", ondelete="CASCADE")
    status: ApprovalStatus = Field(default=ApprovalStatus.WAITING, sa_type=choice(ApprovalStatus, "status"))
    """Where it stands."""
    earned_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """Since when it waits."""
    declined_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was declined, where it was."""
    declined_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    declined_reason: str | None = None
    """Why it was declined, where it was."""


class IssuerProfile(Row, table=True):
    """Who the company is to those who check what it awards; there is one, or none yet."""

    __table_args__ = (UniqueConstraint("is_only"), CheckConstraint("is_only", name="is_only"))

    is_only: bool = True
    """Always true: the second of them would have the same."""
    name: str
    """What the company is called."""
    url: str | None = None
    """Its web site."""
    email: str | None = None
    """Where it answers questions about what it awarded."""
    country: str | None = None
    """Where it is, as two letters (ISO 3166-1)."""
    description: str | None = None
    """What it is, in a sentence."""


class SigningKey(Row, table=True):
    """The public half of a key that signs, or signed, credentials."""

    __table_args__ = (UniqueConstraint("public"),)

    public: str
    """The key as Multikey writes it."""
    is_generated: bool = False
    """Whether it was made because there was none, fit for a laptop."""
    active_from: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was first used."""
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it signs no more; what it signed stays good."""
    compromised_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when others may have it; nothing that it signed is good any more."""


class SignedDocument(Row, table=True):
    """An award as it was signed, for whoever checks it; one of an award is the current one."""

    __table_args__ = (
        Index(
            "signed_document_current_key",
            "award_id",
            unique=True,
            postgresql_where=text("superseded_at is null"),
        ),
        Index(None, "award_id"),
        Index(None, "key_id"),
    )

    award_id: UUID = Field(foreign_key="award.id", ondelete="CASCADE")
    key_id: UUID = Field(foreign_key="signing_key.id")
    address: str
    """Where it says it is found: the public URL of the day it was signed."""
    document: str
    """The signed Open Badges 3.0 document, byte for byte."""
    jwt: str
    """The same as a JWT."""
    signed_at: datetime = Field(sa_type=INSTANT)
    """When it was signed."""
    valid_from: datetime = Field(sa_type=INSTANT)
    """From when it says the award holds."""
    valid_until: datetime | None = Field(default=None, sa_type=INSTANT)
    """Until when it says so; absent: for ever."""
    superseded_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when another stands in its place."""


class StatusList(Row, table=True):
    """A list of bits, one a signed document, that whoever checks a document looks at."""

    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)


class StatusEntry(Link, table=True):
    """The bit of a signed document. It outlives the document, and says nothing of whose it was."""

    __table_args__ = (
        UniqueConstraint("document_id"),
        Index(None, "award_id"),
        Index("status_entry_revoked_idx", "list_id", postgresql_where=text("revoked_at is not null")),
    )

    list_id: UUID = Field(foreign_key="status_list.id", primary_key=True)
    position: int = Field(primary_key=True)
    """Its place in the list, drawn by lot."""
    document_id: UUID
    """No foreign key: where a person is erased, the document goes and this stays."""
    award_id: UUID
    """No foreign key either."""
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when the bit is set; it is never cleared."""


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


class CheckState(StrEnum):
    """What came of checking something that others signed."""

    CHECKING = "CHECKING"
    """A worker is at it."""
    VERIFIED = "VERIFIED"
    """Every check passed."""
    REFUSED = "REFUSED"
    """One did not."""
    UNKNOWN = "UNKNOWN"
    """One could not be made: what it needs was not to be had."""


class Endorsement(Row, table=True):
    """What a colleague, or somebody outside, says for an award; a signed document of its own."""

    __table_args__ = (
        Index(None, "award_id"),
        Index(
            "endorsement_standing_key",
            "award_id",
            "endorser_id",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
        Index(None, "endorser_id"),
        Index(None, "key_id"),
        Index("endorsement_unsigned_idx", "id", postgresql_where=text("document is null")),
    )

    award_id: UUID = Field(foreign_key="award.id", ondelete="CASCADE")
    endorser_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="CASCADE")
    name: str
    """Who says it: a colleague with the title of that day, or whoever signed it outside."""
    comment: str | None = None
    """What they say."""
    made_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was said, or brought here."""
    document: str | None = None
    """The signed EndorsementCredential (Open Badges 3.0); absent until it is signed."""
    address: str | None = None
    """Where the award and its endorsement say they are found: the public URL of the day of signing."""
    key_id: UUID | None = Field(default=None, foreign_key="signing_key.id")
    state: CheckState = Field(default=CheckState.VERIFIED, sa_type=choice(CheckState, "state"))
    """What came of checking it, where it was signed outside."""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    """Each check, with its result and what it says."""
    withdrawn_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it stands no more, where it was withdrawn."""
    withdrawn_reason: str | None = None
    """Why it was withdrawn, where it was."""


class TrustedIssuer(Row, table=True):
    """An issuer outside whose credentials the company trusts."""

    __table_args__ = (UniqueConstraint("issuer"),)

    issuer: str
    """How credentials name it: a DID, or an address."""
    name: str
    """What it is called."""
    note: str | None = None
    """Why it is trusted."""
    trusted_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """Since when it is."""


class OutsideCredential(Row, table=True):
    """A credential that somebody else awarded, as its holder brought it, with what came of checking it."""

    __table_args__ = (
        Index(None, "employee_id"),
        UniqueConstraint("employee_id", "digest"),
        Index("outside_credential_checked_idx", "checked_at", postgresql_where=text("state = 'VERIFIED'")),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    digest: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the document."""
    document: str
    """The credential as it was brought: JSON, or a JWT."""
    form: str | None = None
    """What it is: `Open Badges 3.0, Data Integrity` and so on."""
    name: str | None = None
    """What it calls itself."""
    issuer: str | None = None
    """Who issued it, as it names them: a DID, or an address."""
    issuer_name: str | None = None
    """What its issuer calls itself."""
    valid_until: datetime | None = Field(default=None, sa_type=INSTANT)
    """Until when it says it holds."""
    state: CheckState = Field(default=CheckState.CHECKING, sa_type=choice(CheckState, "state"))
    """What came of checking it."""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    """Each check, with its result and what it says."""
    added_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was brought."""
    checked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last checked."""


class LearnerRecord(Row, table=True):
    """Signed credentials of somebody in one signed document: those of a stack, or of a whole career."""

    __table_args__ = (Index(None, "employee_id"), Index(None, "award_id"), Index(None, "key_id"))

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    award_id: UUID | None = Field(default=None, foreign_key="award.id", ondelete="CASCADE")
    key_id: UUID = Field(foreign_key="signing_key.id")
    document: str
    """The signed Comprehensive Learner Record 2.0, byte for byte."""
    jwt: str
    """The same as a JWT."""
    members: int
    """How many credentials are in it."""
    signed_at: datetime = Field(sa_type=INSTANT)
    """When it was signed."""
