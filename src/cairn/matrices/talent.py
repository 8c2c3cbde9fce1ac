"""Talent search in the graph: people by what they can do, the best first, with what each lacks."""

from datetime import date

from sqlalchemy import select

from cairn.graph.node import Argument, Many, extend, listing, many, node, one
from cairn.graph.requirement import requirement_input
from cairn.graph.schema import Query
from cairn.matrices.matching import availability, matched, parts
from cairn.pathways.graph import Pathway, Step
from cairn.people.graph import Department, Employee, Team
from cairn.requirements.tree import Requirement
from cairn.skills import levels
from cairn.skills.evaluation import RequirementKind
from cairn.skills.graph import Evidence, JobRole, Skill
from cairn.skills.meets import asked


@node()
class TalentPart:
    """Something that a requirement asks for, beside what somebody has."""

    kind: RequirementKind
    """What is asked for."""
    path: list[str]
    """Where it stands in the requirement, for example `["all", "2"]`."""
    met: bool
    """Whether the person has it, as far as you see."""
    progress: float
    """From 0 to 1: of a skill the share of the level that is held, of time that which has passed."""
    required: int | None
    """Of a skill: the level that is asked for."""
    level: int | None
    """Of a skill: the level the person has; null for none, and where you may not see it."""
    is_verified: bool | None
    """Of a skill: whether somebody else than the person and peers vouches for the level."""
    location: str | None
    """The location that is asked for."""
    skill: Skill | None = one(lambda row, other: other.id == row.skill_id)
    """The skill that is asked for."""
    pathway: Pathway | None = one(lambda row, other: other.id == row.pathway_id)
    """The pathway that is asked for."""
    step: Step | None = one(lambda row, other: other.id == row.step_id)
    """The step that is asked for."""
    job_role: JobRole | None = one(lambda row, other: other.id == row.role_id)
    """The job role that is asked for."""
    department: Department | None = one(lambda row, other: other.id == row.department_id)
    """The department that is asked for."""
    team: Team | None = one(lambda row, other: other.id == row.team_id)
    """The team that is asked for."""
    evidence: Many[Evidence] = many(levels.behind)
    """Of a skill: the evidence that holds."""


@node()
class Availability:
    """What somebody has to do, and when they are away."""

    open_assignments: int | None
    """How many pathways the person is assigned to and has not ended; null where you may not see it."""
    minutes_left: int | None
    """How long what is left of them takes together, about; null where you may not see it."""
    away_from: date | None
    """The first day of the leave that is on, or of the next; null for none, and where you may not see it."""
    away_until: date | None
    """The first day back at work; null where it is not known, and where you may not see it."""


@node(key=("employee_id",), order=("-progress",))
class TalentMatch:
    """Somebody who meets a requirement, or some of it, as far as you see."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """The person."""
    met: bool
    """Whether the person meets all of it."""
    progress: float
    """How near the person is, from 0 to 1; 1 exactly for who meets it."""
    parts: list[TalentPart] = listing(lambda row, asked: parts(row, asked), estimate=10)  # noqa: PLW0108  # names it
    """All that the requirement asks for, in its order."""
    has: list[TalentPart] = listing(lambda row, asked: parts(row, asked, lacking=False), estimate=10)
    """What of it the person has."""
    lacks: list[TalentPart] = listing(lambda row, asked: parts(row, asked, lacking=True), estimate=10)
    """What stands in the way; nothing for who meets it."""
    availability: Availability = one(rows=availability)
    """What the person has to do, and when they are away."""


@extend(Query)
class TalentQueries:
    """Where people are found by what they can do."""

    talent: Many[TalentMatch] = many(
        rows=lambda _row, matched: select(*matched.c),
        arguments={
            "requirement": Argument(
                Requirement, "What they should have, hold or have done.", input=requirement_input
            )
        },
        parts={
            "asked": lambda _row, requirement: asked(requirement, "requirement"),
            "matched": lambda _row, asked, at, viewer: matched(asked, at, viewer),
        },
        filtered=True,
    )
    """People who meet a requirement, and near misses, the nearest first. What you may not see of somebody
    counts as not there. Filter by department, location or job role with `where: {employee: …}`, and leave out
    near misses with `where: {met: {eq: true}}`."""
