"""Skill frameworks, skills, the evidence for them, and what job roles require."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR, ExcludeConstraint
from sqlmodel import Field

from cairn.db.ranges import INSTANTS, Instants, now
from cairn.db.tables import INSTANT, Link, Row, choice

_WORD: Any = Text(collation="C")
_AT_ONCE = {"fastupdate": "off"}
"""Skills are written seldom and found often: what waits to be sorted in, every search would read."""


class Framework(Row, table=True):
    """A published set of skills, or the company's own."""

    name: str = Field(unique=True)
    """For example `O*NET`."""
    version: str
    """The version it is at, for example `29.3`."""
    publisher: str | None = None
    """Who publishes it."""
    url: str | None = None
    """Where it is published."""
    licence: str | None = None
    """On which terms, with the attribution they ask for."""


class FrameworkRelease(Row, table=True):
    """That a framework came to a version: how much it had then, and how much was different from before."""

    __table_args__ = (Index(None, "framework_id"),)

    framework_id: UUID = Field(foreign_key="framework.id", ondelete="CASCADE")
    version: str
    """The version it came to."""
    released_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was written here."""
    skills: int
    """How many skills it had then, without those retired."""
    added: int
    """How many skills were new."""
    renamed: int
    """How many have another name since."""
    redescribed: int
    """How many have another description since."""
    aliased: int
    """How many have other aliases since."""
    moved: int
    """How many are part of another skill since."""
    related: int
    """How many have other broader skills besides since."""
    retired: int
    """How many it had no longer."""
    returned: int
    """How many it had again that were retired before."""


class Skill(Row, table=True):
    """Something a person can be good at."""

    __table_args__ = (
        UniqueConstraint("framework_id", "code"),
        CheckConstraint("parent_id <> id", name="own_parent"),
        Index(None, "parent_id"),
        Index(None, "name", "id"),
        Index("skill_beginning_idx", text('(lower(name) collate "C")'), "id"),
    )

    framework_id: UUID = Field(foreign_key="framework.id")
    code: str
    """Its code within the framework."""
    name: str
    """What it is called."""
    description: str | None = None
    """What it means, in a sentence or two."""
    aliases: list[str] = Field(default_factory=list, sa_type=ARRAY(String))
    """Other names people search it by."""
    parent_id: UUID | None = Field(default=None, foreign_key="skill.id")
    published_name: str | None = None
    """What its framework calls it, where the company calls it something else."""
    retired_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it is not used any more; what people can do stays on record."""
    retired_here: bool = False
    """Whether the company retired it, whatever its framework has."""


class Change(StrEnum):
    """What became different about a skill."""

    ADDED = "ADDED"
    """It is new."""
    RENAMED = "RENAMED"
    """It has another name."""
    REDESCRIBED = "REDESCRIBED"
    """It has another description."""
    ALIASED = "ALIASED"
    """It has other aliases."""
    MOVED = "MOVED"
    """It is part of another skill; before and after are their codes."""
    RELATED = "RELATED"
    """It has other broader skills besides; before and after are their codes, a line each."""
    RETIRED = "RETIRED"
    """Its framework has it no longer."""
    RETURNED = "RETURNED"
    """Its framework has it again."""


class SkillChange(Row, table=True):
    """What a release of a framework made different about a skill."""

    __table_args__ = (Index(None, "release_id", "kind", "id"), Index(None, "skill_id"))

    release_id: UUID = Field(foreign_key="framework_release.id", ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE")
    kind: Change = Field(sa_type=choice(Change, "kind"))
    """What is different."""
    before: str | None = Field(default=None, sa_type=Text)
    """As it was."""
    after: str | None = Field(default=None, sa_type=Text)
    """As it is since."""


class SkillText(Link, table=True):
    """What a skill is found by: its words, weighted by where they stand."""

    __table_args__ = (Index(None, "search", postgresql_using="gin", postgresql_with=_AT_ONCE),)

    skill_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE", primary_key=True)
    search: str = Field(sa_type=TSVECTOR)


class SkillWord(Link, table=True):
    """A word that skills are called by; what is nearly one of them leads to it."""

    __table_args__ = (
        Index(
            "skill_word_near_idx",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
            postgresql_with=_AT_ONCE,
        ),
    )

    word: str = Field(sa_type=_WORD, primary_key=True)


class Relation(StrEnum):
    """How a skill relates to another one, besides being part of it."""

    BROADER = "BROADER"
    """The other one is broader."""
    RELATED = "RELATED"
    """They have to do with each other."""
    SAME_AS = "SAME_AS"
    """The other one is the same, in another framework."""
    MERGED_INTO = "MERGED_INTO"
    """It was merged into the other one, and its evidence counts there."""
    SPLIT_INTO = "SPLIT_INTO"
    """It was split, and its evidence counts for the other one too."""


class SkillRelation(Row, table=True):
    """That a skill has to do with another one."""

    __table_args__ = (
        UniqueConstraint("skill_id", "other_id", "kind"),
        CheckConstraint("skill_id <> other_id", name="itself"),
        Index(None, "other_id"),
    )

    skill_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE")
    other_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE")
    kind: Relation = Field(sa_type=choice(Relation, "kind"))
    """How they relate."""
    is_published: bool = False
    """Whether its framework has it so, and not the company."""


class SkillSuccession(Link, table=True):
    """That evidence of a skill counts as evidence of another one: what follows from merging and splitting."""

    __table_args__ = (Index(None, "successor_id"),)

    skill_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE", primary_key=True)
    successor_id: UUID = Field(foreign_key="skill.id", ondelete="CASCADE", primary_key=True)
    is_same: bool
    """Whether it was only merged, so that what asks for it asks for the other one."""


class ProficiencyLevel(Row, table=True):
    """A step of the company's proficiency scale."""

    level: int = Field(sa_type=SmallInteger, unique=True)
    """Its place on the scale; 0 is the lowest."""
    name: str
    """For example `Practitioner`."""
    descriptor: str
    """How to recognise somebody at this level."""


class Source(StrEnum):
    """Where evidence of a skill comes from."""

    SELF = "SELF"
    """The person says so."""
    PEER = "PEER"
    """A colleague says so."""
    MANAGER = "MANAGER"
    """A manager says so."""
    ASSESSMENT = "ASSESSMENT"
    """A test or an assessor says so."""
    CREDENTIAL = "CREDENTIAL"
    """An award grants it."""
    PORTFOLIO = "PORTFOLIO"
    """A reviewed portfolio item shows it."""
    IMPORT = "IMPORT"
    """Another system says so."""


CLAIMED = (Source.SELF, Source.PEER)
"""The sources whose word does not count without another's, unless a policy says otherwise."""


class Evidence(Row, table=True):
    """The fact that somebody has a skill at a level; never edited, withdrawn with a reason."""

    __table_args__ = (
        CheckConstraint("level between 0 and 5", name="level"),
        CheckConstraint("not isempty(valid) and not lower_inf(valid)", name="valid"),
        CheckConstraint("(withdrawn_at is null) = (withdrawn_reason is null)", name="withdrawn"),
        # All that a level needs lies in the index, one person's side by side: a matrix of fifty
        # people reads fifty stretches of it and no row of the table.
        Index(
            "evidence_holding_idx",
            "employee_id",
            "skill_id",
            postgresql_include=["level", "source", "decided", "valid"],
            postgresql_where=text("withdrawn_at is null"),
        ),
        # Likewise all that there is of one skill: who has it at a level is read from the index alone.
        Index(
            "evidence_of_skill_idx",
            "skill_id",
            "employee_id",
            postgresql_include=["level", "source", "decided", "valid", "withdrawn_at"],
        ),
        Index(None, "cause_id"),
        # What begins or ends within a time ahead, of the whole company, is found without its people.
        Index("evidence_beginning_idx", text("lower(valid)"), postgresql_where=text("withdrawn_at is null")),
        Index(
            "evidence_ending_idx",
            text("upper(valid)"),
            postgresql_where=text("withdrawn_at is null and upper(valid) is not null"),
        ),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id")
    level: int = Field(sa_type=SmallInteger)
    """On the company's scale."""
    source: Source = Field(sa_type=choice(Source, "source"))
    """Where it comes from."""
    valid: Instants = Field(sa_type=INSTANTS)
    """When it counts: as it was said, cut where the policy of the skill has it fade or be outdated."""
    stated: Instants | None = Field(default=None, sa_type=INSTANTS)
    """When it holds as it was said, where a policy cuts it."""
    decided: bool | None = None
    """Whether it counts as verified, where a policy of the skill says which sources do."""
    asserted_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    recorded_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was recorded here."""
    note: str | None = None
    """What the person who says so wrote."""
    cause_id: UUID | None = None
    """The award or the step that brought it about; its type is told by the source."""
    withdrawn_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was withdrawn, where it was."""
    withdrawn_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    withdrawn_reason: str | None = None
    """Why it was withdrawn, where it was."""

    @property
    def said(self) -> Instants:
        """When it holds as it was said."""
        return self.valid if self.stated is None else self.stated

    @property
    def is_verified(self) -> bool:
        """Whether it counts as verified; in SQL it is `access.verified`."""
        return self.source not in CLAIMED if self.decided is None else self.decided


class RequestClosure(StrEnum):
    """How a request for an assessment ended."""

    ANSWERED = "ANSWERED"
    """Whoever was asked has assessed the skill."""
    DECLINED = "DECLINED"
    """Whoever was asked will not."""
    WITHDRAWN = "WITHDRAWN"
    """The answer is not wanted any more."""


class AssessmentRequest(Row, table=True):
    """That somebody is asked at which level a person has a skill."""

    __table_args__ = (
        Index(
            "assessment_request_open_key",
            "assessor_id",
            "employee_id",
            "skill_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        CheckConstraint("(closed_at is null) = (closure is null)", name="closed"),
        CheckConstraint("evidence_id is null or closure = 'ANSWERED'", name="answered"),
        Index(None, "employee_id"),
        Index(None, "requested_by_id"),
        Index(None, "evidence_id"),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id")
    assessor_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    requested_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    requested_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was asked."""
    note: str | None = None
    """What to look at."""
    due_on: date | None = None
    """The day by which the answer is wanted."""
    closed_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was answered, declined or withdrawn; null while it is open."""
    closure: RequestClosure | None = Field(default=None, sa_type=choice(RequestClosure, "closure"))
    """How it ended; null while it is open."""
    closure_reason: str | None = None
    """Why it was declined or withdrawn, where it was."""
    evidence_id: UUID | None = Field(default=None, foreign_key="evidence.id", ondelete="SET NULL")


class Policy(Row, table=True):
    """What the company has decided for itself; there is one, or none yet, and then all of it is off."""

    __table_args__ = (UniqueConstraint("is_only"), CheckConstraint("is_only", name="is_only"))

    is_only: bool = True
    """Always true: the second of them would have the same."""
    teammates_see_levels: bool = False
    """Whether teammates see each other's verified levels, as of today."""


class Precedence(StrEnum):
    """Which evidence decides where several hold."""

    HIGHEST = "HIGHEST"
    """That of the highest level."""
    LATEST = "LATEST"
    """The latest: what was said before counts until then, and not again."""


class LevelPolicy(Row, table=True):
    """How levels follow from evidence: of one skill, or of all that have no policy of their own."""

    __table_args__ = (UniqueConstraint("skill_id", postgresql_nulls_not_distinct=True),)

    skill_id: UUID | None = Field(default=None, foreign_key="skill.id", ondelete="CASCADE")
    verified_by: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    """The sources that count as verified; absent: as for all skills, and there all but `SELF` and `PEER`."""
    precedence: Precedence | None = Field(default=None, sa_type=choice(Precedence, "precedence"))
    """Which evidence decides; absent: as for all skills, and there the highest."""
    fades_after: str | None = None
    """How long evidence counts when nothing new comes, as an ISO 8601 duration; absent: as for all skills."""


class JobRole(Row, table=True):
    """A kind of job, with the skills it takes."""

    __table_args__ = (UniqueConstraint("code"), Index(None, "name", "id"))

    code: str
    """A short name that stays, for files and feeds."""
    name: str
    """What it is called."""
    description: str | None = None
    """What somebody in it does."""
    occupation: str | None = None
    """The O*NET-SOC code of the occupation it was modelled on."""


class RoleSkill(Row, table=True):
    """The level of a skill that a job role requires during a time."""

    __table_args__ = (
        ExcludeConstraint(
            ("job_role_id", "="),
            ("skill_id", "="),
            ("valid", "&&"),
            using="gist",
            name="role_skill_overlap_excl",
        ),
        CheckConstraint("level between 1 and 5", name="level"),
        CheckConstraint("weight between 1 and 5", name="weight"),
        Index(None, "skill_id"),
    )

    job_role_id: UUID = Field(foreign_key="job_role.id", ondelete="CASCADE")
    skill_id: UUID = Field(foreign_key="skill.id")
    level: int = Field(sa_type=SmallInteger)
    """The level that is required."""
    weight: int = Field(default=3, sa_type=SmallInteger)
    """How much it counts, from 1 to 5."""
    must_have: bool = False
    """Whether nobody is ready for the role without it."""
    valid: Instants = Field(sa_type=INSTANTS)
