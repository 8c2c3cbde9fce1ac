"""Pathways in versions, their steps, who is assigned to them, and what has been done."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import INSTANTS, TIMES, Instants, Times, now
from cairn.db.tables import INSTANT, Link, Row, choice


class Pathway(Row, table=True):
    """A way to learn something, in versions."""

    __table_args__ = (UniqueConstraint("code"), Index(None, "title", "id"))

    code: str
    """A short name that stays, for files and feeds."""
    title: str
    """What it is called."""
    summary: str | None = None
    """What it leads to, in a sentence or two."""
    provider: str | None = None
    """Who offers it."""


class VersionStatus(StrEnum):
    """Where a version stands."""

    DRAFT = "DRAFT"
    """Being written; nobody can be assigned to it."""
    PUBLISHED = "PUBLISHED"
    """The one that people are assigned to; it never changes."""
    RETIRED = "RETIRED"
    """Replaced by a later one, or withdrawn; those who follow it may finish it."""


class PathwayVersion(Row, table=True):
    """What a pathway consists of; once published it never changes."""

    __table_args__ = (
        UniqueConstraint("pathway_id", "number"),
        CheckConstraint("(validity is null) = (renewal_window is null)", name="validity"),
        Index(
            "pathway_version_published_key",
            "pathway_id",
            unique=True,
            postgresql_where=text("status = 'PUBLISHED'"),
        ),
    )

    pathway_id: UUID = Field(foreign_key="pathway.id", ondelete="CASCADE")
    number: int = Field(sa_type=SmallInteger)
    """Counts up from 1."""
    status: VersionStatus = Field(default=VersionStatus.DRAFT, sa_type=choice(VersionStatus, "status"))
    """Where it stands."""
    completion: dict[str, Any] = Field(sa_type=JSONB)
    """The requirement that completes it, as `requirements/wire.py` writes it."""
    validity: str | None = None
    """How long a completion holds, as an ISO 8601 duration; absent: while the requirement is met."""
    renewal_window: str | None = None
    """How long before a completion ends a new round opens, as an ISO 8601 duration."""
    renewed_by_id: UUID | None = Field(default=None, foreign_key="pathway.id")
    published_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was published."""


class StepKind(StrEnum):
    """What a step consists of."""

    COURSE = "COURSE"
    """A course to take."""
    WORKSHOP = "WORKSHOP"
    """A workshop to attend."""
    CONFERENCE = "CONFERENCE"
    """A conference to visit."""
    PROJECT = "PROJECT"
    """A project to do."""
    ASSESSMENT = "ASSESSMENT"
    """An assessment to pass."""
    READING = "READING"
    """Something to read."""
    MENTORING = "MENTORING"
    """Time with a mentor."""
    PORTFOLIO = "PORTFOLIO"
    """Work to show."""
    CREDENTIAL = "CREDENTIAL"
    """A credential to earn."""
    PATHWAY = "PATHWAY"
    """Another pathway to complete."""


class Proof(StrEnum):
    """Who says that a step is completed."""

    SELF = "SELF"
    """The person."""
    MANAGER = "MANAGER"
    """Somebody above the person."""
    ASSESSMENT = "ASSESSMENT"
    """An assessment, with a score."""
    IMPORTED = "IMPORTED"
    """Another system."""


class Step(Row, table=True):
    """A step of a version of a pathway."""

    __table_args__ = (
        UniqueConstraint("version_id", "key"),
        CheckConstraint("minutes >= 0", name="minutes"),
        CheckConstraint("pass_mark between 0 and 100", name="pass_mark"),
        Index(None, "nested_pathway_id"),
        Index(None, "url", postgresql_where=text("url is not null")),
        Index(None, "activity", postgresql_where=text("activity is not null")),
    )

    version_id: UUID = Field(foreign_key="pathway_version.id", ondelete="CASCADE")
    key: str
    """A short name within the pathway, for files and for other steps."""
    position: int = Field(sa_type=SmallInteger)
    """Its place in the list."""
    title: str
    """What it is called."""
    kind: StepKind = Field(sa_type=choice(StepKind, "kind"))
    """What it consists of."""
    provider: str | None = None
    """Who offers it."""
    url: str | None = None
    """Where it is found."""
    activity: str | None = None
    """The IRI by which another system calls it when it reports what people did; absent: the link."""
    minutes: int = 0
    """How long it takes, about."""
    is_optional: bool = False
    """Whether the pathway can be completed without it."""
    proof: Proof = Field(default=Proof.SELF, sa_type=choice(Proof, "proof"))
    """Who says that it is completed."""
    pass_mark: int | None = Field(default=None, sa_type=SmallInteger)
    """The score an assessment takes to pass, in percent."""
    requirement: dict[str, Any] = Field(sa_type=JSONB)
    """What it takes to start it, as `requirements/wire.py` writes it."""
    nested_pathway_id: UUID | None = Field(default=None, foreign_key="pathway.id")


class StepGrant(Link, table=True):
    """A skill at a level that a completed step is evidence of."""

    step_id: UUID = Field(foreign_key="step.id", primary_key=True, ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id", primary_key=True)
    level: int = Field(sa_type=SmallInteger)
    """On the company's scale."""


class Cause(StrEnum):
    """Why somebody is assigned to a pathway."""

    SELF = "SELF"
    """The person chose it."""
    MANAGER = "MANAGER"
    """Somebody else chose it for them."""
    RULE = "RULE"
    """A rule says so."""
    RENEWAL = "RENEWAL"
    """An earlier completion is about to end, or has ended."""


class AssignmentRule(Row, table=True):
    """Who is in an audience is assigned to a pathway."""

    __table_args__ = (UniqueConstraint("code"), Index(None, "pathway_id"))

    code: str
    """A short name that stays, for files and feeds."""
    title: str
    """What it is called, for those who are assigned."""
    pathway_id: UUID = Field(foreign_key="pathway.id")
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was retired, where it was."""


class RuleVersion(Row, table=True):
    """What a rule asks for; the last one counts."""

    __table_args__ = (UniqueConstraint("rule_id", "number"),)

    rule_id: UUID = Field(foreign_key="assignment_rule.id", ondelete="CASCADE")
    number: int = Field(sa_type=SmallInteger)
    """Counts up from 1."""
    audience: dict[str, Any] = Field(sa_type=JSONB)
    """Who is assigned, as `requirements/wire.py` writes it."""
    due_within: str | None = None
    """How long after it is assigned it is to be completed, as an ISO 8601 duration."""
    priority: int = Field(default=3, sa_type=SmallInteger)
    """From 1, most important, to 5."""
    recurrence: str | None = None
    """How long after it was completed it is to be done again, as an ISO 8601 duration."""
    reaches_back: bool = True
    """Whether those are assigned too who were in the audience already."""
    made_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was made."""


class Closure(StrEnum):
    """How an assignment ended."""

    COMPLETED = "COMPLETED"
    """The pathway was completed."""
    WAIVED = "WAIVED"
    """It need not be done."""
    CANCELLED = "CANCELLED"
    """It is not to be done any more."""


class Assignment(Row, table=True):
    """Somebody's task to complete a pathway."""

    __table_args__ = (
        Index(
            "assignment_open_key",
            "employee_id",
            "pathway_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        CheckConstraint("(closed_at is null) = (closure is null)", name="closure"),
        CheckConstraint("(cause = 'RENEWAL') = (renews_id is not null)", name="renews"),
        CheckConstraint("(cause = 'RULE') = (rule_version_id is not null)", name="rule"),
        Index(None, "rule_version_id"),
        Index(None, "employee_id", "pathway_id"),
        Index(None, "pathway_id"),
        CheckConstraint("(moved_at is null) = (moved_from_id is null)", name="moved"),
        Index(None, "version_id"),
        Index(None, "moved_from_id", postgresql_where=text("moved_from_id is not null")),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    pathway_id: UUID = Field(foreign_key="pathway.id")
    version_id: UUID = Field(foreign_key="pathway_version.id")
    assigned_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    cause: Cause = Field(sa_type=choice(Cause, "cause"))
    """Why."""
    renews_id: UUID | None = Field(default=None, foreign_key="pathway.id")
    rule_version_id: UUID | None = Field(default=None, foreign_key="rule_version.id")
    round: int = Field(default=1, sa_type=SmallInteger)
    """Counts up from 1; of a round only counts what is done since it was opened."""
    reason: str | None = None
    """What whoever assigned it wrote."""
    priority: int = Field(default=3, sa_type=SmallInteger)
    """From 1, most important, to 5."""
    assigned_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was assigned."""
    starts_on: date | None = None
    """The day it starts, where it waits for one."""
    due_on: date | None = None
    """The day by which it is to be completed."""
    closed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it ended."""
    closure: Closure | None = Field(default=None, sa_type=choice(Closure, "closed_as"))
    """How it ended."""
    closure_reason: str | None = None
    """Why it ended so."""
    moved_from_id: UUID | None = Field(default=None, foreign_key="pathway_version.id")
    moved_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was moved to the version it is of, where it was."""
    superseded_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when earlier versions complete the pathway no more for this person, where that was decided."""


class ProgressKind(StrEnum):
    """What happened with a step."""

    STARTED = "STARTED"
    """Work on it began."""
    COMPLETED = "COMPLETED"
    """It was completed."""
    WAIVED = "WAIVED"
    """It need not be done."""
    EQUIVALENT = "EQUIVALENT"
    """Something else was accepted for it."""


class Statement(Row, table=True):
    """An xAPI statement, as another system has sent it."""

    __table_args__ = (
        UniqueConstraint("statement"),
        Index(None, "employee_id"),
        Index(None, "activity", "id"),
        Index(None, "verb", "id"),
        Index(None, "voids", postgresql_where=text("voids is not null")),
        Index(None, "refers", postgresql_where=text("refers is not null")),
        Index(None, "body", postgresql_using="gin", postgresql_ops={"body": "jsonb_path_ops"}),
        Index(None, "actor", "id", postgresql_where=text("outcome = 'NO_SUCH_PERSON'")),
        Index("statement_waiting_idx", "id", postgresql_where=text("outcome like 'NO_SUCH_%'")),
    )

    statement: UUID
    """Its id, as whoever made it has it."""
    employee_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="CASCADE")
    actor: str | None = None
    """What it calls whom it is about, folded; absent where that is nothing that names anybody here."""
    verb: str
    """What was done, as an IRI."""
    activity: str | None = None
    """What it was done with, as an IRI."""
    happened_at: datetime = Field(sa_type=INSTANT)
    """When it happened."""
    stored_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was stored here."""
    reporter: str
    """The program that has sent it."""
    outcome: str | None = None
    """What came of it; absent for one that reports nothing of a step."""
    refers: UUID | None = None
    """The statement that it is about, where it is about one."""
    voids: UUID | None = None
    """The statement that it takes back, where it does."""
    voided_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was taken back, where it was."""
    body: dict[str, Any] = Field(sa_type=JSONB)
    """All of it."""


class StatementAttachment(Row, table=True):
    """A file that came with an xAPI statement."""

    __table_args__ = (UniqueConstraint("statement_id", "sha2"),)

    statement_id: UUID = Field(foreign_key="statement.id", ondelete="CASCADE")
    sha2: str
    """The SHA-2 by which the statement names it, in hexadecimal."""
    content_type: str
    """What it is, as the statement says."""
    content: bytes = Field(sa_type=LargeBinary)
    """All of it."""


class Progress(Row, table=True):
    """The fact that somebody started or completed a step; never edited, withdrawn with a reason."""

    __table_args__ = (
        CheckConstraint("score between 0 and 100", name="score"),
        CheckConstraint("not isempty(valid)", name="valid"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_reason is null)", name="withdrawn"),
        Index(None, "employee_id", "step_id"),
        Index(None, "step_id"),
        Index(None, "carried_from_id", postgresql_where=text("carried_from_id is not null")),
        Index(None, "statement_id", postgresql_where=text("statement_id is not null")),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    step_id: UUID = Field(foreign_key="step.id")
    kind: ProgressKind = Field(sa_type=choice(ProgressKind, "kind"))
    """What happened."""
    valid: Instants = Field(sa_type=INSTANTS)
    score: int | None = Field(default=None, sa_type=SmallInteger)
    """In percent, where there was an assessment."""
    note: str | None = None
    """What whoever recorded it wrote."""
    recorded_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    recorded_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was recorded here."""
    carried_from_id: UUID | None = None
    """No foreign key: checking it is nearly half of what carrying over takes, and both rows go together."""
    statement_id: UUID | None = Field(default=None, foreign_key="statement.id", ondelete="SET NULL")
    withdrawn_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was withdrawn, where it was."""
    withdrawn_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    withdrawn_reason: str | None = None
    """Why it was withdrawn, where it was."""


class PathwayCompletion(Link, table=True):
    """The times during which somebody's completion of a pathway holds.

    It follows from the completion requirement and the facts, and is kept by `completion.py`.
    """

    employee_id: UUID = Field(foreign_key="employee.id", primary_key=True, ondelete="CASCADE")
    pathway_id: UUID = Field(foreign_key="pathway.id", primary_key=True)
    version_id: UUID = Field(foreign_key="pathway_version.id")
    held: Times = Field(sa_type=TIMES)


class ReminderKind(StrEnum):
    """What somebody is reminded of."""

    ASSIGNED = "ASSIGNED"
    """They were assigned to a pathway."""
    DUE_SOON = "DUE_SOON"
    """It will be due."""
    DUE = "DUE"
    """It is due today."""
    OVERDUE = "OVERDUE"
    """It is overdue."""
    REPORT_OVERDUE = "REPORT_OVERDUE"
    """Somebody who reports to them is overdue."""
    APPROVAL = "APPROVAL"
    """Somebody has earned a credential that waits for their approval."""


class ReminderPolicy(Row, table=True):
    """When the company reminds people, and when it leaves them alone."""

    __table_args__ = (
        UniqueConstraint("is_only"),
        CheckConstraint("is_only", name="is_only"),
        CheckConstraint("repeat_days >= 1", name="repeat_days"),
        CheckConstraint("manager_after_days >= 1", name="manager_after_days"),
    )

    is_only: bool = True
    is_on: bool = True
    """Whether anybody is reminded of anything."""
    days_before: list[int] = Field(default_factory=lambda: [14, 3], sa_type=ARRAY(SmallInteger))
    """How many days before something is due it is said."""
    repeat_days: int = Field(default=7, sa_type=SmallInteger)
    """After how many days it is said again that something is overdue."""
    manager_after_days: int | None = Field(default=3, sa_type=SmallInteger)
    """How many days after something was due the manager is told; null for never."""
    quiet_from: time = time(18)
    """When no mails are sent any more, in the person's time zone."""
    quiet_until: time = time(8)
    """From when on they are sent again; the same as `quietFrom` for no quiet hours."""
    on_weekends: bool = False
    """Whether mails are sent on Saturdays and Sundays."""
    required: list[ReminderKind] = Field(default_factory=list, sa_type=ARRAY(Text))
    """What mails cannot be unsubscribed from."""


class MailStatus(StrEnum):
    """Where a mail stands."""

    WAITING = "WAITING"
    """It is to be sent."""
    SENT = "SENT"
    """The mail server has taken it."""
    SKIPPED = "SKIPPED"
    """There was nothing left to say, or nobody to say it to."""
    REFUSED = "REFUSED"
    """The mail server does not take it."""


class Mail(Row, table=True):
    """The one mail that somebody is sent on a day, at most."""

    __table_args__ = (
        UniqueConstraint("employee_id", "day"),
        UniqueConstraint("token"),
        CheckConstraint("(status = 'WAITING') = (settled_at is null)", name="settled"),
        Index("mail_waiting_idx", "created_at", postgresql_where=text("status = 'WAITING'")),
        Index(None, "created_at"),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    day: date
    """The day, where the person is."""
    status: MailStatus = Field(default=MailStatus.WAITING, sa_type=choice(MailStatus, "status"))
    """Where it stands."""
    token: str
    """What its link for unsubscribing has; it allows nothing else."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was made."""
    settled_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was sent, or was known not to be."""


class Notification(Row, table=True):
    """That somebody is reminded of something: in the graph, and in the mail of a day."""

    __table_args__ = (
        UniqueConstraint("employee_id", "assignment_id", "kind", "occasion"),
        UniqueConstraint("award_to_approve_id", "employee_id"),
        CheckConstraint("num_nonnulls(assignment_id, award_to_approve_id) = 1", name="about"),
        Index(None, "assignment_id"),
        Index(None, "mail_id"),
        Index(None, "created_at"),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    assignment_id: UUID | None = Field(default=None, foreign_key="assignment.id", ondelete="CASCADE")
    award_to_approve_id: UUID | None = Field(
        default=None, foreign_key="award_to_approve.id", ondelete="CASCADE"
    )
    kind: ReminderKind = Field(sa_type=choice(ReminderKind, "kind"))
    """What it is about."""
    occasion: date
    """The day for which it is: of an occasion somebody is reminded once."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was made."""
    read_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was marked as read."""
    mail_id: UUID | None = Field(default=None, foreign_key="mail.id", ondelete="SET NULL")


class MailPreference(Link, table=True):
    """That somebody wants no mails but those that are required."""

    employee_id: UUID = Field(foreign_key="employee.id", primary_key=True, ondelete="CASCADE")
    unsubscribed_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When they unsubscribed."""
