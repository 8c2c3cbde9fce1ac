"""Who may see credentials: definitions are for everyone, and awards too, unless their holder hides them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, literal, literal_column, or_, true

from cairn.access.permissions import Permission
from cairn.access.personal import impersonal, keeps
from cairn.access.rules import Terms, everyone, nobody, rule, some
from cairn.credentials import tables
from cairn.people.access import answers_for, manages
from cairn.people.tables import Employment

rule(tables.Credential, tables.CredentialVersion, tables.CredentialGrant, tables.Image)(everyone)


@rule(tables.CertificateTemplate, tables.CertificateTemplateVersion, tables.CertificateImage)
def certificate_template(_row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Templates of certificates are for who writes or may read learning records: others see certificates."""
    may = viewer.may(Permission.WRITE_LEARNING) or viewer.may(Permission.READ_LEARNING)
    return true() if may else false()


rule(tables.IssuerProfile, tables.SigningKey, tables.StatusList)(everyone)
rule(tables.StatusEntry, tables.PersonalProfile)(nobody)
keeps(
    tables.Award,
    "employee_id",
    blank={
        "revoked_reason": lambda row: case((row.revoked_at.is_not(None), literal("erased"))),
        "suspended_reason": lambda row: case((row.suspended_at.is_not(None), literal("erased"))),
        "evidence_note": None,
        "evidence_url": None,
    },
)
impersonal(tables.CertificateTemplateVersion, tables.CertificateImage)
impersonal(tables.Image, tables.CredentialVersion, tables.IssuerProfile, tables.StatusEntry)


@rule(tables.Award)
def award(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What its holder hides is seen by the holder, their managers, and who may read learning records."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return or_(~row.is_hidden, answers_for(viewer, row.employee_id, Permission.READ_LEARNING, row.held))


@rule(tables.AwardToApprove)
def award_to_approve(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What waits for an approval is seen by who has earned it, who manages them, who may approve it, and who
    may read learning records.
    """  # noqa: D205  # it is shown to people as one sentence
    return or_(
        answers_for(viewer, row.employee_id, Permission.READ_LEARNING),
        _is_named(row, viewer),
    )


def may_approve(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Whether the viewer may say of what waits: never of their own."""
    if viewer.may(Permission.WRITE_LEARNING):
        return ~viewer.is_(row.employee_id)
    of_managers = viewer.sees_any(
        tables.CredentialVersion,
        lambda version: and_(version.id == row.version_id, version.awarded_by == literal_column("'MANAGER'")),
    )
    return and_(
        ~viewer.is_(row.employee_id),
        or_(_is_named(row, viewer), and_(of_managers, manages(viewer, row.employee_id))),
    )


def _is_named(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Whether the definition names the viewer as who approves, or the job role that they work in today."""

    def names(version: Any) -> ColumnElement[bool]:
        works = some(
            Employment,
            lambda work: and_(
                viewer.is_(work.employee_id),
                work.job_role_id == version.approver_role_id,
                work.valid.contains(viewer.now.day),
            ),
        )
        return and_(
            version.id == row.version_id,
            or_(
                and_(version.awarded_by == literal_column("'PERSON'"), viewer.is_(version.approver_id)),
                and_(version.awarded_by == literal_column("'ROLE'"), works),
            ),
        )

    return viewer.sees_any(tables.CredentialVersion, names)


@rule(tables.SignedDocument)
def signed_document(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What was signed is seen by who sees the award."""
    return viewer.sees_any(tables.Award, lambda other: other.id == row.award_id)


rule(tables.TrustedIssuer)(everyone)
impersonal(tables.TrustedIssuer)


@rule(tables.Endorsement)
def endorsement(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What is said for an award is seen by who sees the award; for anything else, by everyone."""
    return or_(
        row.award_id.is_(None),
        viewer.sees_any(tables.Award, lambda award: award.id == row.award_id),
    )


@rule(tables.OutsideCredential)
def outside_credential(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own, of those one manages, and all for reviewers and who may read learning records."""
    if viewer.may(Permission.REVIEW):
        return true()
    return answers_for(viewer, row.employee_id, Permission.READ_LEARNING)


@rule(tables.LearnerRecord)
def learner_record(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """One's own, and all for who manages access: they may give a leaver theirs."""
    if viewer.may(Permission.MANAGE_ACCESS):
        return true()
    return viewer.is_(row.employee_id)
