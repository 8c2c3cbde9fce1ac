"""Credential definitions in versions, the awards people hold, and what others signed."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint, text
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


class Image(Row, table=True):
    """A picture of a credential, or the company's logo, drawn anew from what somebody gave."""

    __table_args__ = (CheckConstraint("octet_length(png) <= 3000000", name="png"),)

    png: bytes = Field(sa_type=LargeBinary)
    """As pixels."""
    svg: str | None = None
    """As curves, where it was given so, with nothing in it that could act."""
    width: int
    """Pixels."""
    height: int
    added_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was given."""


class CertificateTemplate(Row, table=True):
    """What certificates look like, as typst source, in versions."""

    __table_args__ = (UniqueConstraint("code"),)

    code: str
    """A short name that stays."""
    removed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it is not used for what is awarded, where it was removed."""


class CertificateTemplateVersion(Row, table=True):
    """A template as it is or was; one of them is the current one, and draws every certificate."""

    __table_args__ = (
        UniqueConstraint("certificate_template_id", "number"),
        Index(
            "certificate_template_version_current_key",
            "certificate_template_id",
            unique=True,
            postgresql_where=text("superseded_at is null"),
        ),
    )

    certificate_template_id: UUID = Field(foreign_key="certificate_template.id", ondelete="CASCADE")
    number: int = Field(sa_type=SmallInteger)
    """Counts up from 1."""
    source: str
    """The typst source."""
    made_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was written."""
    superseded_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when another stands in its place."""


class CertificateImage(Row, table=True):
    """A picture that templates of certificates may show: a signature, a seal, a background."""

    __table_args__ = (UniqueConstraint("name"),)

    name: str
    """What templates call it."""
    image_id: UUID = Field(foreign_key="image.id", ondelete="CASCADE")


class Credential(Row, table=True):
    """A credential that people can earn, in versions."""

    __table_args__ = (UniqueConstraint("code"),)

    code: str
    """A short name that stays, for files and feeds."""
    kind: CredentialKind = Field(sa_type=choice(CredentialKind, "kind"))
    """What it is."""
    image_id: UUID | None = Field(default=None, foreign_key="image.id", ondelete="SET NULL")
    """What it looks like; absent: as its name is drawn."""
    certificate_template_id: UUID | None = Field(
        default=None, foreign_key="certificate_template.id", ondelete="SET NULL"
    )
    """What its certificates look like; absent: as those of the issuer."""


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
    PERSON = "PERSON"
    """The approver whom it names approves, or a learning admin."""
    ROLE = "ROLE"
    """Somebody approves who works in the job role that it names, or a learning admin."""


class OnLapse(StrEnum):
    """What becomes of an award when its requirement is no longer met."""

    KEEP = "KEEP"
    """It stays."""
    SUSPEND = "SUSPEND"
    """It does not hold until the requirement is met again."""
    EXPIRE = "EXPIRE"
    """It ends, and holds again only where it is renewed."""


class CredentialVersion(Row, table=True):
    """What a credential says and asks for; it never changes once published."""

    __table_args__ = (
        UniqueConstraint("credential_id", "number"),
        Index(None, "approver_id"),
        CheckConstraint("eqf_level between 1 and 8", name="eqf_level"),
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
    approver_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    approver_role_id: UUID | None = Field(default=None, foreign_key="job_role.id")
    validity: str | None = None
    """How long an award holds, as an ISO 8601 duration; absent: for ever."""
    on_lapse: OnLapse = Field(default=OnLapse.KEEP, sa_type=choice(OnLapse, "on_lapse"))
    """What becomes of an award when its requirement is no longer met."""
    workload_hours: int | None = None
    """How much work it stands for, in hours."""
    eqf_level: int | None = Field(default=None, sa_type=SmallInteger)
    """Its level in the European Qualifications Framework, from 1 to 8."""
    assessment: str | None = None
    """How it is assessed: an examination, a project that is looked at."""
    participation: str | None = None
    """How people take part: online, on site, both."""
    quality_assurance: str | None = None
    """Who sees to its quality, and how."""
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
    counted_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Up to when what was shown counts for it, where its day was corrected; what is shown later renews it."""
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
    logo_id: UUID | None = Field(default=None, foreign_key="image.id", ondelete="SET NULL")
    """Its logo."""
    certificate_template_id: UUID | None = Field(
        default=None, foreign_key="certificate_template.id", ondelete="SET NULL"
    )
    """What certificates look like, but where a credential has a template of its own; absent: as Cairn's."""


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
    award_id: UUID | None = None
    """No foreign key either; absent where the document is of no award."""
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when the bit is set; it is never cleared."""


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
    """What a colleague, or somebody outside, says for an award, a credential or the issuer, signed."""

    __table_args__ = (
        CheckConstraint("num_nonnulls(award_id, version_id) <= 1", name="subject"),
        Index(None, "award_id"),
        Index(None, "version_id"),
        Index(
            "endorsement_standing_key",
            "award_id",
            "endorser_id",
            unique=True,
            postgresql_where=text("withdrawn_at is null"),
        ),
        Index(
            "endorsement_general_key",
            "version_id",
            "endorser_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("award_id is null and endorser_id is not null and withdrawn_at is null"),
        ),
        Index(None, "endorser_id"),
        Index(None, "key_id"),
        Index("endorsement_unsigned_idx", "id", postgresql_where=text("document is null")),
    )

    award_id: UUID | None = Field(default=None, foreign_key="award.id", ondelete="CASCADE")
    version_id: UUID | None = Field(default=None, foreign_key="credential_version.id", ondelete="CASCADE")
    """What is awarded, where it is for that; with neither this nor an award it is for the issuer."""
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
    """Where its subject and itself say they are found: the public URL of the day of signing."""
    key_id: UUID | None = Field(default=None, foreign_key="signing_key.id")
    state: CheckState = Field(default=CheckState.VERIFIED, sa_type=choice(CheckState, "state"))
    """What came of checking it, where it was signed outside."""
    checks: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    """Each check, with its result and what it says."""
    checked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last checked, where it was signed outside."""
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
        Index(None, "employee_id", "document_id"),
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
    document_id: str | None = None
    """Its own id, by which another version of it is told."""
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


class PersonalProfile(Row, table=True):
    """What somebody says of themselves to apps that they let act for them."""

    __table_args__ = (UniqueConstraint("employee_id"),)

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    url: str | None = None
    """Their page."""
    description: str | None = None
    """Who they are, in their own words."""
    changed_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was last changed."""
