"""Who may see credentials: definitions are for everyone, and awards too, unless their holder hides them."""

from typing import Any

from sqlalchemy import ColumnElement, case, literal, or_, true

from cairn.access.permissions import Permission
from cairn.access.personal import impersonal, keeps
from cairn.access.rules import Terms, everyone, nobody, rule
from cairn.credentials import tables
from cairn.people.access import answers_for

rule(tables.Credential, tables.CredentialVersion, tables.CredentialGrant, tables.Image)(everyone)
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
impersonal(tables.Image, tables.CredentialVersion, tables.IssuerProfile, tables.StatusEntry)


@rule(tables.Award)
def award(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What its holder hides is seen by the holder, their managers, and who may read learning records."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    return or_(~row.is_hidden, answers_for(viewer, row.employee_id, Permission.READ_LEARNING, row.held))


@rule(tables.AwardToApprove)
def award_to_approve(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What waits for an approval is seen by who has earned it, who manages them, and who may read learning
    records.
    """  # noqa: D205  # it is shown to people as one sentence
    return answers_for(viewer, row.employee_id, Permission.READ_LEARNING)


@rule(tables.SignedDocument)
def signed_document(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What was signed is seen by who sees the award."""
    return viewer.sees_any(tables.Award, lambda other: other.id == row.award_id)


rule(tables.TrustedIssuer)(everyone)
impersonal(tables.TrustedIssuer)


@rule(tables.Endorsement)
def endorsement(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """What is said for an award is seen by who sees the award."""
    return viewer.sees_any(tables.Award, lambda award: award.id == row.award_id)


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
