"""Defining credentials: what one says, what earns it, and what it is evidence of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.events import CredentialDue
from cairn.credentials.tables import AwardedBy, CredentialKind, DefinitionStatus, OnLapse
from cairn.db.engine import Transaction
from cairn.db.tables import Ref
from cairn.graph.scalars import Duration, check_calendar
from cairn.jobs.events import publish
from cairn.pathways.author import GrantDraft
from cairn.people.history import EmployeeId, JobRoleId
from cairn.people.references import dangling
from cairn.requirements import wire
from cairn.requirements.check import check
from cairn.requirements.tree import Requirement, Subject, SubjectKind, subjects
from cairn.skills.claims import unfit
from cairn.skills.facts import asked, asking, names

CredentialId = Annotated[UUID, Ref("Credential")]
CredentialVersionId = Annotated[UUID, Ref("CredentialVersion")]

MOST_HOURS = 20_000
"""A credential stands for ten years of work at most."""


@dataclass(frozen=True)
class CredentialText:
    """What a credential says."""

    name: str
    """What it is called."""
    description: str
    """What somebody who holds it can do."""
    criteria: str
    """How it is earned, for whoever looks at an award."""
    workload_hours: int | None = None
    """How much work it stands for, in hours."""
    eqf_level: int | None = None
    """Its level in the European Qualifications Framework, from 1 to 8."""
    assessment: str | None = None
    """How it is assessed: an examination, a project that is looked at."""
    participation: str | None = None
    """How people take part: online, on site, both."""
    quality_assurance: str | None = None
    """Who sees to its quality, and how."""


async def define_credential(
    tx: Transaction,
    viewer: Viewer,
    *,
    code: str,
    kind: CredentialKind,
    text: CredentialText,
    requirement: Requirement,
    awarded_by: AwardedBy = AwardedBy.AUTOMATIC,
    approver: EmployeeId | None = None,
    approver_role: JobRoleId | None = None,
    validity: Duration | None = None,
    on_lapse: OnLapse = OnLapse.KEEP,
    grants: list[GrantDraft] | None = None,
) -> tables.Credential:
    """Defines a credential, or publishes a new version of one that is there; awards of earlier versions stay.

    A requirement that names other credentials makes it a stack of them.

    Args:
        code: A short name that stays.
        kind: What it is.
        text: What it says.
        requirement: What earns it.
        awarded_by: What it takes to be awarded it once the requirement is met.
        approver: Who approves, of `PERSON`; nobody approves what they have earned themselves.
        approver_role: The job role of those who approve, of `ROLE`.
        validity: How long an award holds; for ever by default.
        on_lapse: What becomes of an award when its requirement is no longer met.
        grants: The skills that an award is evidence of.
    """
    viewer.require(Permission.WRITE_LEARNING)
    if not code.strip():
        raise invalid("code", "must not be empty")
    check_calendar(validity, "validity")
    credential = (
        await tx.execute(select(tables.Credential).where(col(tables.Credential.code) == code))
    ).scalar_one_or_none() or tables.Credential(code=code, kind=kind)
    credential.kind = kind
    named = {AwardedBy.PERSON: ("approver", approver), AwardedBy.ROLE: ("approverRole", approver_role)}
    problems = [
        *_unsaid(text),
        *(
            FieldProblem([field], f"goes with awardedBy {by}, and only there")
            for by, (field, given) in named.items()
            if (by is awarded_by) is (given is None)
        ),
        *await dangling(
            tx, [("approver", "employee", approver), ("approverRole", "job_role", approver_role)]
        ),
        *unfit(grants or (), ["grants"]),
        *await dangling(
            tx, ((f"grants.{n}.skill", "skill", each.skill) for n, each in enumerate(grants or ()))
        ),
        *await _check(tx, credential.id, requirement),
    ]
    if problems:
        raise InvalidInput("The credential does not fit together.", problems)
    tx.add(credential)
    await tx.flush()
    version = tables.CredentialVersion(
        credential_id=credential.id,
        number=await _retire(tx, credential.id) + 1,
        name=text.name,
        description=text.description,
        criteria=text.criteria,
        workload_hours=text.workload_hours,
        eqf_level=text.eqf_level,
        assessment=text.assessment,
        participation=text.participation,
        quality_assurance=text.quality_assurance,
        requirement=wire.serialise(requirement),
        awarded_by=awarded_by,
        approver_id=approver,
        approver_role_id=approver_role,
        validity=validity,
        on_lapse=on_lapse,
    )
    tx.add(version)
    await tx.flush()
    tx.add_all(
        tables.CredentialGrant(version_id=version.id, skill_id=grant.skill, level=grant.level)
        for grant in grants or ()
    )
    await tx.flush()
    await audit.record(
        tx, viewer, "credential.define", credential, after={"code": code, "version": version.number}
    )
    await publish(tx, CredentialDue(credential.id))
    return credential


def _unsaid(text: CredentialText) -> list[FieldProblem]:
    """What a credential does not say that whoever looks at an award wants to know."""
    said = {"name": text.name, "description": text.description, "criteria": text.criteria}
    wrong = {field: "must not be empty" for field, value in said.items() if not value.strip()}
    if any(ord(each) < ord(" ") for each in text.name):
        wrong["name"] = "must be one line"
    if text.workload_hours is not None and not 1 <= text.workload_hours <= MOST_HOURS:
        wrong["workloadHours"] = f"must be from 1 to {MOST_HOURS}; leave it out where it is not known"
    if text.eqf_level is not None and not 1 <= text.eqf_level <= 8:  # the framework's levels
        wrong["eqfLevel"] = "must be from 1 to 8"
    more = {
        "assessment": text.assessment,
        "participation": text.participation,
        "qualityAssurance": text.quality_assurance,
    }
    for field, said_more in more.items():
        if said_more is not None and not said_more.strip():
            wrong[field] = "must not be empty; leave it out where it is not known"
    return [FieldProblem(["text", field], says) for field, says in wrong.items()]


async def _retire(tx: Transaction, credential: UUID) -> int:
    """Retires the published version; the number of the last one."""
    of_it = col(tables.CredentialVersion.credential_id) == credential
    await tx.execute(update(tables.CredentialVersion).where(of_it).values(status=DefinitionStatus.RETIRED))
    last = select(func.max(tables.CredentialVersion.number)).where(of_it)
    return (await tx.execute(last)).scalar_one() or 0


async def _check(tx: Transaction, credential: UUID, requirement: Requirement) -> list[FieldProblem]:
    own = Subject(SubjectKind.CREDENTIAL, credential)
    others = await asked(tx)
    known = await names(tx, {*subjects(requirement), *others})
    problems = check(
        requirement,
        known={*known, own},
        requires=others.get,
        owner=own,
        name_of=lambda subject: known.get(subject, "this credential" if subject == own else str(subject.id)),
    )
    # A ring that lies elsewhere is not of whoever writes this.
    return [
        FieldProblem(["requirement", *each.path], each.message)
        for each in problems
        if not each.is_warning and (not each.ring or each.ring[0] == own)
    ]


@asking
async def asked_by_credentials(tx: Transaction) -> Mapping[Subject, Requirement]:
    """What earns the published credentials."""
    rows = await tx.execute(
        select(col(tables.CredentialVersion.credential_id), col(tables.CredentialVersion.requirement)).where(
            col(tables.CredentialVersion.status) == DefinitionStatus.PUBLISHED
        )
    )
    return {Subject(SubjectKind.CREDENTIAL, id_): wire.parse(written) for id_, written in rows.all()}
