"""Employees, their dated employments, departments, teams, and who manages whom."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlmodel import Field

from cairn.db.ranges import DAYS, INSTANTS, Days, Instants, now
from cairn.db.tables import INSTANT, Link, Row, choice


class Department(Row, table=True):
    """A part of the company; departments form a tree."""

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("parent_id <> id", name="own_parent"),
        Index(None, "parent_id"),
    )

    name: str
    """What it is called."""
    parent_id: UUID | None = Field(default=None, foreign_key="department.id")
    source: str | None = None
    """The feed it came from; absent when it was made by hand."""
    external_id: str | None = None
    """Its id in that feed."""


class Employee(Row, table=True):
    """A person at work."""

    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        UniqueConstraint("email", deferrable=True, initially="DEFERRED"),
        CheckConstraint("email = lower(email)", name="email_folded"),
        Index(None, "display_name", "id"),
    )

    given_name: str
    """The name friends use."""
    family_name: str
    """The name a family shares."""
    display_name: str
    """The full name, as the person writes it."""
    email: str | None = None
    """The address at work, in lower case."""
    number: str | None = Field(default=None, unique=True)
    """The employee number, as on the badge."""
    locale: str = "en"
    """A BCP 47 language tag."""
    time_zone: str = "UTC"
    """A name of the IANA time zone database."""
    source: str | None = None
    """The feed this record came from; absent when it was made by hand."""
    external_id: str | None = None
    """Its id in that feed."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When this record was made here."""


class Work(StrEnum):
    """Whether somebody employed is at work."""

    ACTIVE = "ACTIVE"
    """At work."""
    ON_LEAVE = "ON_LEAVE"
    """Employed, and away for a time."""


class Employment(Row, table=True):
    """What somebody is employed as during a range of days; two of one employee never overlap."""

    __table_args__ = (
        ExcludeConstraint(
            ("employee_id", "="), ("valid", "&&"), using="gist", name="employment_overlap_excl"
        ),
        CheckConstraint("not isempty(valid) and not lower_inf(valid)", name="valid"),
        CheckConstraint("manager_id <> employee_id", name="own_manager"),
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
            ],
        ),
        Index(None, "manager_id"),
        Index(None, "department_id"),
        Index(None, "job_role_id"),
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

    It follows from employments and is kept by `reporting.py`; nothing else writes it.
    """

    __table_args__ = (Index(None, "employee_id"),)

    manager_id: UUID = Field(foreign_key="employee.id", primary_key=True, ondelete="CASCADE")
    employee_id: UUID = Field(foreign_key="employee.id", primary_key=True, ondelete="CASCADE")
    depth: int = Field(primary_key=True)
    """1 for a direct report."""
    valid: Days = Field(sa_type=DAYS, primary_key=True)
