"""Skills, the evidence for them, and job roles in the graph."""

from datetime import date, datetime

from sqlalchemy import func

from cairn.graph.mutation import expose
from cairn.graph.node import (
    Argument,
    Many,
    beside,
    by_id,
    condition,
    derived,
    everything,
    extend,
    guarded,
    many,
    node,
    one,
)
from cairn.graph.requirement import requirement_input
from cairn.graph.scalars import Duration, Url
from cairn.graph.schema import Query
from cairn.people.graph import Employee, Employment
from cairn.people.history import JobRoleId
from cairn.requirements.tree import Requirement
from cairn.skills import evaluation as evaluation  # asks questions of its own
from cairn.skills import levels, search, tables
from cairn.skills import readiness as ready
from cairn.skills.access import noted, verified
from cairn.skills.assess import AlreadyWithdrawn, SkillId, assess_skill, withdraw_evidence
from cairn.skills.curate import (
    merge_skill,
    relate_skills,
    rename_skill,
    restore_skill,
    retire_skill,
    split_skill,
    unrelate_skills,
)
from cairn.skills.define import define_job_role
from cairn.skills.frameworks import define_framework
from cairn.skills.meets import meets
from cairn.skills.policy import change_level_policy, change_policy
from cairn.skills.request import (
    AlreadyRequested,
    AssessmentRequestId,
    RequestClosed,
    decline_assessment,
    request_assessment,
    withdraw_assessment_request,
)


@node(tables.Framework, order=("name", "version"))
class Framework:
    """A published set of skills, or the company's own."""

    name: str
    version: str
    publisher: str | None
    url: Url | None
    licence: str | None
    skills: Many["Skill"]
    """The skills in it, with those it has no longer."""
    releases: Many["FrameworkRelease"] = many(via="framework_id", order=("-releasedAt",))
    """The versions it came to, the newest first."""


@node(tables.FrameworkRelease, order=("releasedAt",))
class FrameworkRelease:
    """That a framework came to a version: how much it had then, and how much was different from before."""

    framework: Framework
    """The framework."""
    version: str
    released_at: datetime
    skills: int
    added: int
    renamed: int
    redescribed: int
    aliased: int
    moved: int
    related: int
    retired: int
    returned: int
    changes: Many["SkillChange"] = many(via="release_id", order=("kind",))
    """What was different; nothing for a first release, which had nothing before it."""


@node(tables.SkillChange)
class SkillChange:
    """What a release of a framework made different about a skill."""

    release: FrameworkRelease
    """The release."""
    skill: "Skill"
    """The skill."""
    kind: tables.Change
    before: str | None
    after: str | None


@node(tables.SkillRelation)
class SkillRelation:
    """That a skill has to do with another one."""

    kind: tables.Relation
    other: "Skill"
    """The other skill."""


@node(tables.Skill, order=("name",))
class Skill:
    """Something a person can be good at."""

    code: str
    name: str
    description: str | None
    aliases: list[str]
    framework: Framework
    """The framework it belongs to."""
    parent: "Skill | None"
    """The broader skill it is part of."""
    children: Many["Skill"] = many(via="parent_id")
    """The narrower skills that are part of it."""
    relations: Many[SkillRelation] = many(via="skill_id")
    """What else it has to do with."""
    published_name: str | None
    retired_at: datetime | None
    changes: Many[SkillChange] = many(via="skill_id")
    """What releases of its framework made different about it."""


@node(key=("skill_id",), order=("-score",))
class SkillHit:
    """A skill that a text found."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    matched: str
    """Its name, or the alias that is more like the text."""
    score: float
    """How well it fits: from 5 for its very name, 4 for an alias, 3 for how its name begins, down to 0 for a
    description that has the words; what comes after the point is how alike they are."""


@node(tables.ProficiencyLevel, order=("level",))
class ProficiencyLevel:
    """A step of the company's proficiency scale."""

    level: int
    name: str
    descriptor: str


@node(tables.Evidence)
class Evidence:
    """The fact that somebody has a skill at a level; never edited, withdrawn with a reason."""

    employee: Employee
    """Whose skill it is."""
    skill: Skill
    """The skill."""
    level: int
    source: tables.Source
    asserted_by: Employee | None
    """Who says so."""
    since: datetime = derived(lambda row: func.lower(row.valid))
    """From when it holds."""
    until: datetime | None = derived(lambda row: func.upper(func.coalesce(row.stated, row.valid)))
    """From when it no longer holds, as it was said; null where it goes on."""
    counts_until: datetime | None = derived(lambda row: func.upper(row.valid))
    """From when it counts no more: before `until` where the policy of the skill has it fade, or where the
    latest word decides."""
    is_verified: bool = derived(verified)
    """Whether it counts as verified."""
    holds: bool = derived(lambda row, at: row.withdrawn_at.is_(None) & row.valid.contains(at.instant))
    """Whether it holds at the date asked of, and was not withdrawn."""
    recorded_at: datetime
    note: str | None = guarded(
        noted,
        "Notes are for the person, their managers, whoever wrote them and the learning admins.",
        build=lambda row: row.note,
    )
    withdrawn_at: datetime | None
    withdrawn_by: Employee | None
    """Who withdrew it, where it was."""
    withdrawn_reason: str | None


@node(tables.AssessmentRequest, order=("-requestedAt",))
class AssessmentRequest:
    """That somebody is asked at which level a person has a skill."""

    employee: Employee
    """Whose skill it is."""
    skill: Skill
    """The skill."""
    assessor: Employee | None
    """Who is asked."""
    requested_by: Employee | None
    """Who asked; null where a program did."""
    requested_at: datetime
    note: str | None
    due_on: date | None
    closed_at: datetime | None
    closure: tables.RequestClosure | None
    closure_reason: str | None
    evidence: Evidence | None
    """The answer, where it was given."""


@node(key=("skill_id",))
class Level:
    """At which level somebody has a skill: what follows from the evidence that holds."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    level: int
    """On the company's scale."""
    is_verified: bool
    """Whether somebody else than the person and peers vouches for it."""
    until: datetime | None = derived(levels.until, selects=False)
    """When it will have sunk, if nothing new comes; null where nothing known ends it."""
    evidence: Many[Evidence] = many(levels.behind)
    """The evidence that holds, for this level or for less."""
    explain: "LevelExplanation" = one(rows=levels.itself)
    """Why it is this level: the rule, the evidence that decides, since when and until when."""


@node()
class LevelExplanation:
    """Why somebody's level in a skill is what it is."""

    rule: levels.Rule = derived(levels.rule)
    """The rule it follows from."""
    since: datetime = derived(levels.since)
    """Since when it has not been lower, nor less verified."""
    until: datetime | None = derived(levels.until)
    """When it will have sunk, if nothing new comes; null where nothing known ends it."""
    policy: "LevelPolicy | None" = one(lambda row, other: other.skill_id == row.skill_id)
    """The policy of the skill, where it has one of its own; `levelPolicies` has that of all skills."""
    decided_by: Many[Evidence] = many(
        lambda row, other, at: levels.behind(row, other, at) & levels.decides(row, other)
    )
    """The evidence that makes it this level."""
    outranked: Many[Evidence] = many(
        lambda row, other, at: levels.behind(row, other, at) & ~levels.decides(row, other)
    )
    """Evidence that holds too and changes nothing: it is for less, or nobody vouches for it."""


@node(tables.JobRole, order=("name",))
class JobRole:
    """A kind of job, with the skills it takes."""

    code: str
    name: str
    description: str | None
    occupation: str | None
    requirements: Many["RoleSkill"] = many(
        lambda row, other, at: (other.job_role_id == row.id) & other.valid.contains(at.instant)
    )
    """The skills it requires."""


@node(tables.RoleSkill)
class RoleSkill:
    """The level of a skill that a job role requires during a time."""

    job_role: JobRole
    """The job role."""
    skill: Skill
    """The skill."""
    level: int
    weight: int
    must_have: bool
    since: datetime | None = derived(lambda row: func.lower(row.valid))
    """From when it is required."""
    until: datetime | None = derived(lambda row: func.upper(row.valid))
    """From when it is no longer required; null where it goes on."""


@node(key=("skill_id",), order=("-mustHave", "-weight", "-gap"))
class Gap:
    """A skill that a job role requires at a higher level than somebody has."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    required: int
    """The level the role requires."""
    level: int | None
    """The level the person has; null for none."""
    is_verified: bool
    """Whether somebody else than the person and peers vouches for it."""
    gap: int
    """How many levels are missing."""
    weight: int
    """How much it counts for the role, from 1 to 5."""
    must_have: bool
    """Whether nobody is ready for the role without it."""


@node(key=("job_role_id",), order=("-score",))
class Readiness:
    """How ready somebody is for a job role."""

    job_role: JobRole = one(lambda row, other: other.id == row.job_role_id)
    """The job role."""
    score: float
    """The weighted share of the required skills that the person has at the required level, from 0 to 1."""
    required: int
    """How many skills the role requires."""
    met: int
    """How many of them the person has at the required level."""
    must_haves_missing: int
    """How many of those that nobody is ready without the person lacks."""
    gaps: Many[Gap] = many(rows=ready.gaps_of)
    """What is lacking, must-haves first."""


_ROLE = Argument(JobRoleId | None, "The job role; the one the person works in by default.")


@extend(Employee)
class EmployeeSkills:
    """What somebody can do."""

    job_role: JobRole | None = beside("employment")
    """The job role the person works in."""
    evidence: Many[Evidence] = many(via="employee_id")
    """All evidence of the person's skills, also what no longer holds or was withdrawn."""
    levels: Many[Level] = many(rows=lambda row, at, viewer: levels.held(viewer, row.id, at))
    """The person's skills and their levels."""
    assessment_requests: Many[AssessmentRequest] = many(via="employee_id")
    """Who was asked to assess the person's skills."""
    assessments_to_give: Many[AssessmentRequest] = many(
        lambda row, other: (other.assessor_id == row.id) & other.closed_at.is_(None)
    )
    """What the person is asked to assess and has not yet."""
    readiness: Readiness | None = one(rows=ready.readiness, arguments={"role": _ROLE})
    """How ready the person is for a job role; null where you may not see it, or it requires nothing."""
    gaps: Many[Gap] = many(rows=ready.gaps, arguments={"role": _ROLE})
    """What the person lacks for a job role, must-haves first."""
    next_roles: Many[Readiness] = many(rows=ready.next_roles)
    """The other job roles, those the person is closest to first."""
    meets: Requirement = condition(meets, requirement_input)
    """Who meets this requirement, as far as you see the facts: what you may not see counts as not there."""


@extend(Employment)
class EmploymentRole:
    """What somebody was employed as."""

    job_role: JobRole | None
    """The job role the person worked in."""


@node(tables.Policy)
class Policy:
    """What the company has decided for itself."""

    teammates_see_levels: bool


@node(tables.LevelPolicy)
class LevelPolicy:
    """How levels follow from evidence."""

    skill: Skill | None
    """The skill it is of; null for all that say nothing else."""
    verified_by: list[str] | None
    precedence: tables.Precedence | None
    fades_after: Duration | None


@extend(Query)
class SkillQueries:
    """Where skills are found."""

    skill: Skill | None = by_id(SkillId)
    """A skill by id."""
    skills: Many[Skill] = everything()
    """All skills of all frameworks."""
    skill_search: Many[SkillHit] = many(
        rows=lambda row, text: search.hits(row, text),  # noqa: PLW0108  # names the argument
        arguments={"text": Argument(str, "What somebody types; mistakes are forgiven.")},
    )
    """The skills that fit a text, the best first: a hundred at most, and none that is retired."""
    assessment_request: AssessmentRequest | None = by_id(AssessmentRequestId)
    """A request for an assessment by id."""
    assessment_requests: Many[AssessmentRequest] = everything()
    """All requests for assessments that you may see."""
    frameworks: Many[Framework] = everything()
    """The frameworks that skills come from."""
    policy: Policy | None = one(lambda _row, other: other.is_only)
    """What the company has decided for itself; null until it has, and then nothing of it is on."""
    level_policies: Many[LevelPolicy] = everything()
    """How levels follow from evidence: of all skills, and of those that have a policy of their own."""
    job_role: JobRole | None = by_id(JobRoleId)
    """A job role by id."""
    job_roles: Many[JobRole] = everything()
    """All job roles."""
    proficiency_scale: Many[ProficiencyLevel] = everything()
    """The steps of the company's proficiency scale."""


expose(assess_skill)
expose(withdraw_evidence, AlreadyWithdrawn)
expose(request_assessment, AlreadyRequested)
expose(decline_assessment, RequestClosed)
expose(withdraw_assessment_request, RequestClosed)
expose(define_framework)
expose(rename_skill)
expose(merge_skill)
expose(split_skill)
expose(retire_skill)
expose(restore_skill)
expose(relate_skills)
expose(unrelate_skills)
expose(define_job_role)
expose(change_policy)
expose(change_level_policy)
