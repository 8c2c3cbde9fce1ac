"""Employees, their dated employments, departments, teams, and who manages whom.

What a feed or a directory writes here, and by which verbs:

- **Who somebody is**: `Employee`. `source` and `external_id` say whose record it is (`unique (source,
  external_id)`); one without a source was made by hand, and no feed touches it. `email` and `user_name_key`
  are folded by `profile.fold`, so that they are unique whatever their case or Unicode form; they and `number`
  are deferred constraints, so that people may swap them within a transaction. What stands in `kept_locally` a
  feed leaves alone. `attributes` holds what a directory says that means nothing here, to be given back to it.
- **What they are employed as, and when**: `Employment`, whole histories at a time (`history.read`, `write`),
  or by the verbs of `employ.py`. Who or what a feed names that is not there yet waits in `manager_ref`,
  `department_ref` and `job_role_ref`. Status follows from the ranges, and access with it: nobody is switched
  on or off. What a change of history displaces is kept as a `WithdrawnEmployment`.
- **Reporting lines** follow: after any change of employments `reporting.refresh`, of departments' places
  `departments.refresh`. Both take many at once, and name the ring they refuse.
- **Departments and teams**: `departments.py`, `teams.py`. A name may change, the row stays.
- **Subscribers** are told with `publish(tx, *employment_changed(ids))`: one event for many people.

`changed_at` is set by every verb that changes the row, or an employee's employments and memberships.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlmodel import Field

from cairn.db.ranges import DAYS, INSTANTS, Days, Instants, now
from cairn.db.tables import INSTANT, Link, Row, choice


class Department(Row, table=True):
    """A part of the company; departments form a tree."""

    __table_args__ = (UniqueConstraint("source", "external_id"),)

    name: str
    """What it is called."""
    source: str | None = None
    """The feed it came from; absent when it was made by hand."""
    external_id: str | None = None
    """Its id in that feed."""
    closed_on: date | None = None
    """The first day on which it is no more."""


class DepartmentPlace(Row, table=True):
    """Which department another is part of during a range of days; one without a place stands at the top."""

    __table_args__ = (
        ExcludeConstraint(
            ("department_id", "="), ("valid", "&&"), using="gist", name="department_place_overlap_excl"
        ),
        CheckConstraint("not isempty(valid)", name="valid"),
        CheckConstraint("parent_id <> department_id", name="own_parent"),
        Index(None, "parent_id"),
    )

    department_id: UUID = Field(foreign_key="department.id", ondelete="CASCADE")
    parent_id: UUID = Field(foreign_key="department.id")
    valid: Days = Field(sa_type=DAYS)


class DepartmentLine(Link, table=True):
    """The closure of the departments' places: what is part of what, how far below, and on which days.

    It follows from the places and is kept by `departments.py`; nothing else writes it.
    """

    __table_args__ = (Index(None, "department_id"),)

    above_id: UUID = Field(foreign_key="department.id", primary_key=True, ondelete="CASCADE")
    department_id: UUID = Field(foreign_key="department.id", primary_key=True, ondelete="CASCADE")
    depth: int = Field(primary_key=True)
    """1 for a department that is part of it directly."""
    valid: Days = Field(sa_type=DAYS, primary_key=True)


class Employee(Row, table=True):
    """A person at work."""

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        UniqueConstraint("email", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("user_name_key", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("number", deferrable=True, initially="DEFERRED"),
        # Of letters beyond ASCII, `profile.fold` takes care: what is lower case depends on the server.
        CheckConstraint("""email = lower(email COLLATE "C")""", name="email_folded"),
        CheckConstraint("(user_name is null) = (user_name_key is null)", name="user_name"),
        # The directory, which names nobody who was erased: a page of it is found without a look at the table.
        Index(None, "display_name", "id", postgresql_where=text("erased_at is null")),
        # Whom a directory looks for by any of their addresses.
        Index(
            "employee_emails_idx",
            text("lower((attributes -> 'emails')::text) gin_trgm_ops"),
            postgresql_using="gin",
        ),
        # Pages of SCIM, which begin with how many there are.
        Index("employee_known_idx", "id", postgresql_where=text("removed_at is null")),
    )

    given_name: str
    """The name friends use."""
    family_name: str
    """The name a family shares."""
    display_name: str
    """The full name, as the person writes it."""
    email: str | None = None
    """The address at work, folded."""
    user_name: str | None = None
    """What the person signs in as, as their directory writes it."""
    user_name_key: str | None = None
    """The same, folded."""
    phone: str | None = None
    """The telephone number at work."""
    number: str | None = None
    """The employee number, as on the badge."""
    locale: str = "en"
    """A BCP 47 language tag."""
    time_zone: str = "UTC"
    """A name of the IANA time zone database."""
    source: str | None = None
    """The feed this record came from; absent when it was made by hand."""
    external_id: str | None = None
    """Its id in that feed."""
    attributes: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    """What the feed says of the person that means nothing here, kept so that it can be given back."""
    kept_locally: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    """The fields that the feed does not write (`profile.Kept`), in order."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When this record was made here."""
    changed_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When this record, or an employment or membership of the person, was last written."""
    removed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When the feed said that it knows the person no more; the person and all they earned stay."""
    erased_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When the person was erased: nothing here tells who it was, and nothing comes back to it."""


class Work(StrEnum):
    """Whether somebody employed is at work."""

    ACTIVE = "ACTIVE"
    """At work."""
    ON_LEAVE = "ON_LEAVE"
    """Employed, and away for a time."""


class Engagement(StrEnum):
    """How somebody belongs to the company."""

    EMPLOYEE = "EMPLOYEE"
    """Employed for good."""
    CONTRACTOR = "CONTRACTOR"
    """Works here for another company, or for themselves."""
    INTERN = "INTERN"
    """Here to learn."""
    TEMPORARY = "TEMPORARY"
    """Employed for a time."""


class Employment(Row, table=True):
    """What somebody is employed as during a range of days; two of one employee never overlap."""

    __table_args__ = (
        ExcludeConstraint(
            ("employee_id", "="), ("valid", "&&"), using="gist", name="employment_overlap_excl"
        ),
        CheckConstraint("not isempty(valid) and not lower_inf(valid)", name="valid"),
        CheckConstraint("manager_id <> employee_id", name="own_manager"),
        CheckConstraint("manager_id is null or manager_ref is null", name="manager_ref"),
        CheckConstraint("department_id is null or department_ref is null", name="department_ref"),
        CheckConstraint("job_role_id is null or job_role_ref is null", name="job_role_ref"),
        # All that is asked of somebody's position lies in this index: it is found in a third of the time
        # that the constraint's own index takes, and its row is not read.
        Index(
            "employment_position_idx",
            "employee_id",
            postgresql_include=[
                "id",
                "valid",
                "manager_id",
                "department_id",
                "job_role_id",
                "title",
                "location",
                "work",
                "engagement",
            ],
        ),
        Index(None, "manager_id"),
        Index(None, "department_id"),
        Index(None, "job_role_id", postgresql_where=text("job_role_id is not null")),
        # What happened between two days: `orgChanges`, and those whose last day was yesterday.
        Index("employment_since_idx", text("lower(valid)")),
        Index(
            "employment_until_idx",
            text("upper(valid)"),
            postgresql_where=text("upper(valid) is not null"),
        ),
        Index(None, "manager_ref", postgresql_where=text("manager_ref is not null")),
        Index(None, "department_ref", postgresql_where=text("department_ref is not null")),
        Index(None, "job_role_ref", postgresql_where=text("job_role_ref is not null")),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    valid: Days = Field(sa_type=DAYS)
    manager_id: UUID | None = Field(default=None, foreign_key="employee.id")
    department_id: UUID | None = Field(default=None, foreign_key="department.id")
    job_role_id: UUID | None = Field(default=None, foreign_key="job_role.id")
    title: str | None = None
    """What stands on the business card."""
    location: str | None = None
    """Where the work is done."""
    work: Work = Field(default=Work.ACTIVE, sa_type=choice(Work, "work"))
    """Whether the person is at work or away."""
    engagement: Engagement = Field(default=Engagement.EMPLOYEE, sa_type=choice(Engagement, "engagement"))
    """How the person belongs to the company."""
    manager_ref: str | None = None
    """The manager's id in the feed, for as long as nobody has it."""
    department_ref: str | None = None
    """The department's id in the feed, for as long as there is none."""
    job_role_ref: str | None = None
    """The code of the job role, for as long as there is none."""
    recorded_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was written here."""
    ended_because: str | None = None
    """Why the person leaves, or has left, at its end; absent where nobody said so."""


class WithdrawnEmployment(Row, table=True):
    """An employment that was recorded and does not hold: a mistake, or what another fact has displaced.

    A table of its own, because nobody who asks what somebody is employed as wants to find one.
    """

    __table_args__ = (Index(None, "employee_id"),)

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    valid: Days = Field(sa_type=DAYS)
    manager_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    department_id: UUID | None = Field(default=None, foreign_key="department.id", ondelete="SET NULL")
    job_role_id: UUID | None = Field(default=None, foreign_key="job_role.id", ondelete="SET NULL")
    title: str | None = None
    """What stood on the business card."""
    location: str | None = None
    """Where the work was to be done."""
    work: Work = Field(sa_type=choice(Work, "work"))
    """Whether the person was at work or away."""
    engagement: Engagement = Field(sa_type=choice(Engagement, "engagement"))
    """How the person belonged to the company."""
    manager_ref: str | None = None
    department_ref: str | None = None
    job_role_ref: str | None = None
    recorded_at: datetime = Field(sa_type=INSTANT)
    """When it was written here."""
    withdrawn_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was withdrawn."""
    withdrawn_by: str
    """Who withdrew it: `employee:…`, `service:…`, `system:…`."""
    withdrawn_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    reason: str
    """Why."""


class Team(Row, table=True):
    """A named group of people with a lead."""

    __table_args__ = (UniqueConstraint("source", "external_id"), Index(None, "lead_id"))

    name: str
    """What it is called."""
    lead_id: UUID | None = Field(default=None, foreign_key="employee.id")
    source: str | None = None
    """The feed it came from; absent when it was made by hand."""
    external_id: str | None = None
    """Its id in that feed."""
    changed_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it, or who is in it, was last written."""
    closed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was dissolved."""


class TeamMembership(Row, table=True):
    """Somebody's time in a team."""

    __table_args__ = (
        ExcludeConstraint(
            ("team_id", "="),
            ("employee_id", "="),
            ("valid", "&&"),
            using="gist",
            name="team_membership_overlap_excl",
        ),
        CheckConstraint("not isempty(valid)", name="valid"),
        Index(None, "employee_id"),
    )

    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    valid: Instants = Field(sa_type=INSTANTS)


class ReportingLine(Link, table=True):
    """The closure of who manages whom: a manager, somebody below, how far below, and on which days.

    It follows from employments and is kept by `reporting.py`; nothing else writes it. So it has no foreign
    keys: employments have them, and of the 550,000 lines that 100,000 people bring, looking up both ends took
    more than half of the time.
    """

    __table_args__ = (Index(None, "employee_id"),)

    manager_id: UUID = Field(primary_key=True)
    employee_id: UUID = Field(primary_key=True)
    depth: int = Field(primary_key=True)
    """1 for a direct report."""
    valid: Days = Field(sa_type=DAYS, primary_key=True)
