"""Credentials and awards in the graph."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Interval, Text, and_, case, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import JSONPATH

from cairn.credentials import stack as stacks
from cairn.credentials import tables
from cairn.credentials.access import may_approve
from cairn.credentials.approve import decline_award
from cairn.credentials.award import (
    AlreadyAwarded,
    AlreadyRevoked,
    AwardId,
    NotEarned,
    approve_award,
    award_credential,
    revoke_award,
)
from cairn.credentials.award_many import award_credentials
from cairn.credentials.brought import (
    AlreadyTrusted,
    NotTrusted,
    accept_credential,
    bring_credential,
    distrust_issuer,
    remove_credential,
    trust_issuer,
)
from cairn.credentials.career import LearnerRecordId, NothingToSign, sign_record
from cairn.credentials.correct import correct_award
from cairn.credentials.define import CredentialId, define_credential
from cairn.credentials.endorse import (
    AlreadyEndorsed,
    EndorsementWithdrawn,
    IssuerNotDescribed,
    bring_endorsement,
    endorse_award,
    endorse_credential,
    endorse_issuer,
    withdraw_endorsement,
)
from cairn.credentials.holding import accept_award, hide_award, show_award
from cairn.credentials.issuer import describe_issuer
from cairn.credentials.standing import (
    AlreadySuspended,
    NotSuspended,
    renew_award,
    restore_award,
    suspend_award,
)
from cairn.graph.consider import considered
from cairn.graph.mutation import expose
from cairn.graph.node import (
    Many,
    beside,
    by_id,
    companion,
    derived,
    everything,
    extend,
    many,
    node,
    one,
)
from cairn.graph.scalars import Duration, Json, Url
from cairn.graph.schema import Query
from cairn.identity.graph import Viewer
from cairn.matrices.graph import MatrixAssumption
from cairn.matrices.talent import TalentPart
from cairn.pathways.notifications import Notification
from cairn.people.graph import Employee
from cairn.skills.graph import Evidence, JobRole, Skill


class AwardStatus(StrEnum):
    """Where an award stands."""

    VALID = "VALID"
    """It holds."""
    PENDING = "PENDING"
    """It will hold."""
    SUSPENDED = "SUSPENDED"
    """It does not hold while its requirement is not met, or until somebody restores it."""
    EXPIRED = "EXPIRED"
    """It held until its time was over."""
    REVOKED = "REVOKED"
    """It was taken back, for ever."""


@node(tables.Credential, order=("code",))
class Credential:
    """A credential that people can earn, in versions."""

    code: str
    kind: tables.CredentialKind
    has_image: bool = derived(lambda row: row.image_id.is_not(None))
    """Whether somebody gave it a picture (`PUT /definitions/{id}/image`); else one is drawn of its name."""
    published: "CredentialVersion | None" = one(
        lambda row, other: and_(other.credential_id == row.id, other.status == literal_column("'PUBLISHED'"))
    )
    """The version that is awarded."""
    versions: Many["CredentialVersion"] = many(via="credential_id")
    """All its versions."""
    awards: Many["Award"] = many(via="credential_id")
    """The awards of it that you may see."""


@node(tables.CredentialVersion)
class CredentialVersion:
    """What a credential says and asks for; it never changes once published."""

    credential: Credential
    """The credential."""
    number: int
    status: tables.DefinitionStatus
    name: str
    description: str
    criteria: str
    requirement: Json
    stacks: Many[Credential] = many(lambda row, other: _mentions(row.requirement, other.id))
    """The credentials that its requirement mentions: what it is stacked from."""
    grants: Many["CredentialGrant"] = many(lambda row, other: other.version_id == row.id)
    """The skills that an award is evidence of."""
    awarded_by: tables.AwardedBy
    approver: Employee | None
    """Who approves, of `PERSON`."""
    approver_role: JobRole | None
    """The job role of those who approve, of `ROLE`."""
    validity: Duration | None
    on_lapse: tables.OnLapse
    workload_hours: int | None
    eqf_level: int | None
    assessment: str | None
    participation: str | None
    quality_assurance: str | None
    published_at: datetime


def _mentions(requirement: Any, credential: Any) -> Any:
    path = cast(literal_column("'$.**.credential'"), JSONPATH)
    return func.jsonb_path_query_array(requirement, path).op("@>")(func.to_jsonb(credential))


@node(tables.CredentialGrant, key=("version_id", "skill_id"))
class CredentialGrant:
    """A skill at a level that an award is evidence of."""

    skill: Skill
    """The skill."""
    level: int


def _status(row: Any, at: Any, viewer: Any) -> Any:
    counted_from = case((row.renewed_at <= at.instant, row.renewed_at), else_=row.awarded_at)
    suspended = viewer.sees_any(
        tables.CredentialVersion,
        lambda version: and_(
            version.id == row.version_id,
            or_(
                version.on_lapse == literal_column("'SUSPEND'"),
                row.suspended_at <= at.instant,
                func.upper(row.held) > at.instant,
            ),
            or_(
                version.validity.is_(None),
                counted_from + cast(version.validity, Interval) > at.instant,
            ),
        ),
    )
    return case(
        (row.revoked_at <= at.instant, literal_column("'REVOKED'")),
        (row.held.contains(at.instant), literal_column("'VALID'")),
        (func.lower(row.held) > at.instant, literal_column("'PENDING'")),
        (suspended, literal_column("'SUSPENDED'")),
        else_=literal_column("'EXPIRED'"),
    )


def _until(row: Any, at: Any) -> Any:
    stretch = func.unnest(row.held).column_valued("stretch")
    now = select(func.upper(stretch)).where(stretch.op("@>")(at.instant)).scalar_subquery()
    return func.coalesce(now, func.upper(row.held))


@node(tables.Award)
class Award:
    """A credential that somebody was awarded."""

    signed = companion(
        tables.SignedDocument,
        lambda row, other: and_(other.award_id == row.id, other.superseded_at.is_(None)),
    )
    employee: Employee
    """Who was awarded it."""
    credential: Credential
    """The credential."""
    version: CredentialVersion
    """The version of it that was awarded."""
    status: AwardStatus = derived(_status)
    """Where it stands."""
    cause: tables.AwardCause
    approved_by: Employee | None
    """Who approved it."""
    awarded_at: datetime
    until: datetime | None = derived(_until)
    """From when it no longer holds; null where it goes on."""
    is_hidden: bool
    evidence_note: str | None
    evidence_url: Url | None
    accepted_at: datetime | None
    renewed_at: datetime | None
    suspended_at: datetime | None
    suspended_reason: str | None
    revoked_at: datetime | None
    revoked_reason: str | None
    evidence: Many[Evidence] = many(lambda row, other: other.cause_id == row.id)
    """The evidence of skills that it is."""
    url: Url | None = derived(
        lambda row, signed: signed.address + literal_column("'/credentials/'") + cast(row.id, Text)
    )
    """Where anybody can look at it and check it; null until it is signed, a moment after it was awarded."""
    document: Json | None = derived(lambda _row, signed: cast(signed.document, JSON), selects=False)
    """The signed Open Badges 3.0 document; null until it is signed."""
    jwt: str | None = derived(lambda _row, signed: signed.jwt, selects=False)
    """The same as a JWT."""
    signed_at: datetime | None = beside("signed")


@node(tables.AwardToApprove, order=("earnedAt", "id"))
class AwardToApprove:
    """Somebody has earned a credential that takes an approval; it goes once the credential is awarded."""

    employee: Employee
    """Who has earned it."""
    version: CredentialVersion
    """What they have earned."""
    status: tables.ApprovalStatus
    earned_at: datetime
    declined_at: datetime | None
    declined_by: Employee | None
    """Who declined it."""
    declined_reason: str | None


@extend(Viewer)
class ViewerApprovals:
    """What one is to say of others."""

    awards_to_approve: Many[AwardToApprove] = many(
        lambda _row, other, viewer: and_(
            other.status == literal_column("'WAITING'"), may_approve(other, viewer)
        )
    )
    """What waits for an approval that you may give, the oldest first."""


@extend(Notification)
class NotificationOfApproval:
    """Of which approval one is notified."""

    award_to_approve: AwardToApprove | None = one(lambda row, other: other.id == row.award_to_approve_id)
    """What waits for your approval; null where it is about something else, or waits no more."""


@node(tables.Endorsement)
class Endorsement:
    """What a colleague, or somebody outside, says for an award, a credential or the issuer, signed."""

    award: Award | None
    """The award; null where it is for something else."""
    version: CredentialVersion | None
    """The version of a credential that it is for; null where it is for an award or for the issuer."""
    endorser: Employee | None
    """The colleague; null where it was signed outside."""
    name: str
    comment: str | None
    made_at: datetime
    state: tables.CheckState
    checks: Json
    checked_at: datetime | None
    document: Json | None = derived(lambda row: _as_json(row.document), selects=False)
    """The signed EndorsementCredential; null until it is signed. One that came as a JWT is a text."""
    url: Url | None = derived(
        lambda row: case(
            (
                and_(row.endorser_id.is_not(None), row.document.is_not(None)),
                row.address + literal_column("'/endorsements/'") + cast(row.id, Text),
            )
        ),
        selects=False,
    )
    """Where the document is found, of what a colleague said."""
    withdrawn_at: datetime | None
    withdrawn_reason: str | None


def _as_json(document: Any) -> Any:
    """A document as JSON; a JWT as a text."""
    is_object = document.op("~")(literal_column("'^\\s*[{]'"))
    return case((is_object, cast(document, JSON)), (document.is_not(None), func.to_json(document)))


@node(tables.OutsideCredential, order=("-id",))
class OutsideCredential:
    """A credential that somebody else awarded, with what came of checking it."""

    employee: Employee
    """Who holds it."""
    name: str | None
    form: str | None
    issuer: str | None
    issuer_name: str | None
    valid_until: datetime | None
    state: tables.CheckState
    checks: Json
    document: str
    added_at: datetime
    checked_at: datetime | None
    trusted: "TrustedIssuer | None" = one(lambda row, other: other.issuer == row.issuer)
    """Its issuer, where the company trusts it."""
    evidence: Many[Evidence] = many(lambda row, other: other.cause_id == row.id)
    """The evidence of skills that it is, since somebody entitled accepted it."""


@node(tables.TrustedIssuer, order=("name",))
class TrustedIssuer:
    """An issuer outside whose credentials the company trusts."""

    issuer: str
    name: str
    note: str | None
    trusted_at: datetime


@node(tables.LearnerRecord, order=("-id",))
class LearnerRecord:
    """Signed credentials of somebody in one signed document."""

    employee: Employee
    """Whose they are."""
    award: Award | None
    """The stack that it is of; null where it is of a whole career."""
    members: int
    signed_at: datetime
    document: Json = derived(lambda row: cast(row.document, JSON), selects=False)
    """The signed Comprehensive Learner Record 2.0."""
    jwt: str


@extend(Award)
class AwardStack:
    """How what earned an award stands."""

    stack: stacks.Stack | None = considered(stacks.of_awards)
    """What the holder has of what earns it, what is missing, the shortest way, and since and until when it is
    at risk: by the version that was awarded. Null where you may not see what it asks about."""


@extend(Employee)
class EmployeeStack:
    """How somebody stands towards a credential."""

    stack: stacks.Stack | None = considered(stacks.of_people)
    """What the person has of what earns a credential, what is missing, the shortest way, and since and until
    when it is at risk: by the version of the person's award, else by the published one. Null where you may
    not see what it asks about, or nothing of the credential is published."""


@extend(Award)
class AwardEndorsements:
    """What is said for an award."""

    endorsements: Many[Endorsement] = many(via="award_id")
    """What colleagues, and bodies outside, say for it, also what was withdrawn."""


@extend(CredentialVersion)
class VersionEndorsements:
    """What is said for what is awarded."""

    endorsements: Many[Endorsement] = many(lambda row, other: other.version_id == row.id)
    """What colleagues, and bodies outside, say for it, whoever holds it; also what was withdrawn."""


@extend(Credential)
class CredentialEndorsements:
    """What is said for a credential."""

    endorsements: Many[Endorsement] = many(
        lambda row, other, viewer: viewer.sees_any(
            tables.CredentialVersion,
            lambda version: and_(version.id == other.version_id, version.credential_id == row.id),
        )
    )
    """What colleagues, and bodies outside, say for any version of it; also what was withdrawn."""


@node(tables.IssuerProfile)
class Issuer:
    """Who the company is to those who check what it awards."""

    name: str
    url: Url | None
    email: str | None
    country: str | None
    description: str | None
    endorsements: Many[Endorsement] = many(
        lambda _row, other: and_(other.award_id.is_(None), other.version_id.is_(None))
    )
    """What colleagues, and bodies outside, say for it, also what was withdrawn."""


@extend(Employee)
class EmployeeAwards:
    """What somebody has earned."""

    awards: Many[Award] = many(via="employee_id")
    """The credentials the person was awarded."""
    outside_credentials: Many[OutsideCredential] = many(via="employee_id")
    """What others awarded the person, as far as you may see it."""
    learner_records: Many[LearnerRecord] = many(via="employee_id")
    """The person's signed records, for those who may have them."""


@extend(MatrixAssumption)
class AssumedCredential:
    """Of which credential a matrix assumes something."""

    credential: Credential | None = one(lambda row, other: other.id == row.credential_id)
    """The credential."""


@extend(TalentPart)
class TalentCredential:
    """Of a credential that a talent search asks for."""

    credential: Credential | None = one(lambda row, other: other.id == row.credential_id)
    """The credential that is asked for."""
    awards: Many[Award] = many(
        lambda row, other, at: and_(
            other.employee_id == row.employee_id,
            other.credential_id == row.credential_id,
            other.held.contains(at.instant),
        )
    )
    """Of a credential: the awards that hold."""


@extend(Query)
class CredentialQueries:
    """Where credentials are found."""

    credential: Credential | None = by_id(CredentialId)
    """A credential by id."""
    credentials: Many[Credential] = everything()
    """All credentials."""
    award: Award | None = by_id(AwardId)
    """An award by id."""
    awards: Many[Award] = everything()
    """All awards that you may see."""
    awards_to_approve: Many[AwardToApprove] = everything()
    """What waits for an approval, or was declined, and you may see: the oldest first. Filter by `status`."""
    outside_credentials: Many[OutsideCredential] = everything()
    """All credentials of others that you may see."""
    trusted_issuers: Many[TrustedIssuer] = everything()
    """The issuers outside whose credentials the company trusts."""
    learner_record: LearnerRecord | None = by_id(LearnerRecordId)
    """A signed record by id."""
    issuer: Issuer | None = one(lambda _row, other: other.is_only)
    """Who the company is to those who check what it awards; null until somebody has said so."""


expose(define_credential)
expose(award_credential, NotEarned, AlreadyAwarded)
expose(award_credentials)
expose(approve_award, NotEarned, AlreadyAwarded)
expose(decline_award)
expose(revoke_award, AlreadyRevoked)
expose(correct_award, AlreadyRevoked)
expose(suspend_award, AlreadyRevoked, AlreadySuspended)
expose(restore_award, AlreadyRevoked, NotSuspended)
expose(renew_award, AlreadyRevoked, AlreadySuspended, NotEarned)
expose(accept_award)
expose(hide_award)
expose(show_award)
expose(describe_issuer)
expose(endorse_award, AlreadyEndorsed)
expose(endorse_credential, AlreadyEndorsed)
expose(endorse_issuer, AlreadyEndorsed, IssuerNotDescribed)
expose(bring_endorsement, IssuerNotDescribed)
expose(withdraw_endorsement, EndorsementWithdrawn)
expose(trust_issuer, AlreadyTrusted)
expose(distrust_issuer)
expose(bring_credential)
expose(accept_credential, NotTrusted)
expose(remove_credential)
expose(sign_record, NothingToSign)
