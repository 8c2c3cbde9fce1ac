"""The team skill matrix in the graph."""

from datetime import datetime

from sqlalchemy import and_, func, literal_column, or_, true

from cairn.graph.node import Argument, Many, derived, extend, guarded, listing, many, node, one
from cairn.graph.schema import Query
from cairn.matrices import changes, grid, spread, supposed
from cairn.matrices import plan as plan  # asks a question of its own
from cairn.matrices import talent as talent  # likewise
from cairn.matrices.ahead import WITHIN, expiring, lapsing
from cairn.matrices.assume import Assumption, AssumptionKind, WhyNot, check
from cairn.matrices.changes import SINCE
from cairn.matrices.figures import covering, figure, figures, readiness, squares
from cairn.matrices.grid import how_far
from cairn.matrices.whatif import assumptions
from cairn.pathways.graph import Pathway
from cairn.people.graph import Employee
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId
from cairn.people.teams import TeamId
from cairn.skills import levels
from cairn.skills.assess import SkillId
from cairn.skills.graph import Evidence, JobRole, LevelExplanation, Skill

_BLOCKS = (
    "A figure on people whose levels you may not see is told of five of them or more: who report to the same "
    "manager, or are in one team, all of them in this matrix as it is today."
)
_HEADS = "How many people can cover a skill is told to who may see the levels of everybody in the matrix."


@node()
class MatrixAssumption:
    """Something that a matrix assumes."""

    kind: AssumptionKind
    """What is assumed."""
    employee: Employee | None = one(lambda row, other: other.id == row.employee_id)
    """Of whom; null for everybody."""
    job_role: JobRole | None = one(lambda row, other: other.id == row.job_role_id)
    """The job role."""
    pathway: Pathway | None = one(lambda row, other: other.id == row.pathway_id)
    """The pathway."""
    skill: Skill | None = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    level: int | None
    """The level."""
    applies: bool = derived(lambda row: row.why_not.is_(None))
    """Whether it makes a difference here that you may see."""
    why_not: WhyNot | None
    """Why it does not apply."""


@node()
class MatrixCell:
    """One person's level in one skill, beside what their job role requires."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill of the column."""
    level: int | None
    """The level the person has; null for none, and where you may not see it."""
    is_verified: bool
    """Whether somebody else than the person and peers vouches for it."""
    required: int | None
    """The level the person's job role requires; null where it requires none."""
    gap: int | None
    """How many levels are missing to what is required; null where nothing is, or the level is withheld."""
    until: datetime | None = derived(lambda row, grid: grid.until(row))
    """When the level will have sunk, if nothing new comes."""
    explain: LevelExplanation | None = one(rows=supposed.explained)
    """Why it is this level; null where there is none, and where it is made by what is assumed: `assumptions`
    says by which."""
    is_assumed: bool = derived(supposed.is_assumed)
    """Whether level or requirement are not what they really are, or not for the reason they really are: made
    by what is assumed (`whatIf`)."""
    assumptions: list[MatrixAssumption] = listing(supposed.of_cell, estimate=1)
    """The assumptions that make it so; none where it is as it really is."""
    evidence: Many[Evidence] = many(levels.behind)
    """The evidence that holds, for this level or for less."""


@node(key=("employee_id", "skill_id"))
class ExpiringLevel:
    """A level that will sink."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """Whose."""
    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    level: int
    """The level that the person has."""
    is_verified: bool
    """Whether somebody else than the person and peers vouches for it."""
    until: datetime
    """When it will have sunk, if nothing new comes."""
    falls_to: int | None
    """The level that is left then, by what is known today; null for none, and where you may not see it."""
    required: int | None
    """The level the person's job role requires; null where it requires none."""
    evidence: Many[Evidence] = many(levels.behind)
    """The evidence that holds, for this level or for less."""


@node()
class MatrixColumn:
    """A skill of the matrix."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    required: int = derived(lambda row, figures: figure(row, figures, "required"))
    """How many of the people have a job role that requires the skill."""
    counted: int = derived(lambda row, figures: figure(row, figures, "people"))
    """How many of the people the average counts: not all where some may not be told of, and 0 where it is
    withheld."""
    coverage: float | None = guarded(
        lambda row, figures: figure(row, figures, "tells_coverage"),
        _BLOCKS,
        build=lambda row, figures: figure(row, figures, "coverage"),
    )
    """The share, from 0 to 1, of those whose job role requires the skill who have the level it requires; null
    where nobody's does, and where it is withheld."""
    average: float | None = guarded(
        lambda row, figures: figure(row, figures, "tells_average"),
        _BLOCKS,
        build=lambda row, figures: figure(row, figures, "average"),
    )
    """The average level of the people; who has none counts as 0."""
    can_cover: int | None = guarded(
        lambda row, figures: figure(row, figures, "tells_heads"),
        _HEADS,
        build=lambda row, figures: figure(row, figures, "covering"),
    )
    """How many of the people can cover the skill: have the level that their job role requires or, where it
    requires none, the lowest that another one's does, or any where none does."""
    is_single_point_of_failure: bool | None = guarded(
        lambda row, figures: figure(row, figures, "tells_heads"),
        _HEADS,
        build=lambda row, figures: figure(row, figures, "covering") == literal_column("1"),
    )
    """Whether just one person can cover it."""
    covered_by: list[Employee] = listing(covering, estimate=10)
    """Who can cover it, by name, of those whose levels you may see."""
    expiring: list[ExpiringLevel] = listing(
        lambda row, grid, within: expiring(grid, within, row.skill_id),
        estimate=5,
        arguments={"within": WITHIN},
    )
    """Which of the levels that you may see will sink, the first first."""
    is_suppressed: bool = derived(lambda row, figures: figure(row, figures, "is_rough"))
    """Whether you see less than there is, since you may not see everybody's levels: the average in halves and
    the coverage in fifths, of those who may be told of, or not at all; `withheld` says why."""


@node()
class MatrixRow:
    """A person of the matrix."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """The person."""
    is_assumed: bool = derived(supposed.comes)
    """Whether the person is in the matrix only because that is assumed."""
    job_role: JobRole | None = one(lambda row, other: other.id == row.job_role_id)
    """The job role the person works in, or is assumed to."""
    is_withheld: bool = derived(lambda row: or_(row.is_open, row.is_shared).is_not(true()))
    """Whether the levels are null because you may not see them."""
    shows_verified_only: bool = derived(
        lambda row: func.coalesce(and_(row.is_open.is_not(true()), row.is_shared), literal_column("false"))
    )
    """Whether you see only what is verified, as teammates do where the company allows it."""
    readiness: float | None = guarded(
        lambda row: row.is_open,
        "Levels, and what follows from them, are for the person and those who answer for the person.",
        build=readiness,
    )
    """The share, from 0 to 1 and by weight, of the skills the job role requires that the person has at the
    level it requires; null where it requires none."""
    cells: list[MatrixCell] = listing(grid.cells, estimate=40)
    """The person's levels, in the order of the columns."""


@node()
class CellChange:
    """A cell that is not what it was."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """The person."""
    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    level_before: int | None
    """The level that the person had; null for none."""
    was_verified: bool
    """Whether that one was verified."""
    required_before: int | None
    """The level that the person's job role required; null where it required none."""
    level: int | None
    """The level that the person has; null for none."""
    is_verified: bool
    """Whether this one is verified."""
    required: int | None
    """The level that the person's job role requires; null where it requires none."""
    causes: Many[Evidence] = many(changes.caused)
    """The evidence that made the difference: what began to hold, and what no longer does."""


@node()
class MatrixChanges:
    """How a matrix differs from itself on another date."""

    joined: list[Employee] = listing(changes.came, estimate=5)
    """Who is in it and was not, by name."""
    left: list[Employee] = listing(changes.gone, estimate=5)
    """Who was in it and is not, by name."""
    cells: list[CellChange] = listing(changes.cells, estimate=50)
    """The cells that differ, of who was and is in it, whose levels of both dates you may see; of skills that
    are columns on either."""


@node()
class TeamMatrix:
    """Who in a team can do what, beside what their job roles require."""

    at: datetime = derived(lambda _, at: at.instant)
    """The instant it is of."""
    columns: list[MatrixColumn] = listing(grid.columns, estimate=40)
    """The skills."""
    rows: list[MatrixRow] = listing(grid.rows, estimate=50)
    """The people, by name."""
    expiring: list[ExpiringLevel] = listing(
        lambda _, grid, within: expiring(grid, within), estimate=20, arguments={"within": WITHIN}
    )
    """Which of its levels that you may see will sink, the first first."""
    changes_since: MatrixChanges = one(
        rows=lambda _: grid.one_row(), arguments={"date": SINCE}, parts={"span": changes.span}
    )
    """How it differs from the same matrix on another date."""
    assumptions: list[MatrixAssumption] = listing(lambda _, grid: assumptions(grid.assumed), estimate=10)
    """What is assumed, in the order it was given, and whether it applies."""


@node()
class LevelCount:
    """How many people have a skill at a level."""

    level: int
    """The level."""
    people: int
    """How many have it."""
    verified: int
    """For how many of them it is verified."""


@node()
class SkillDistribution:
    """How a skill is spread: of people whose levels you may see, and nobody else.

    What may be told of others, roughly and of no fewer than five, are the figures of a `teamMatrix` of a
    department or a job role.
    """

    people: int
    """How many people are counted."""
    withheld: int
    """How many there are besides, whose levels you may not see."""
    without: int
    """How many of those counted have no level at all."""
    average: float | None
    """The average level of those counted, of whom who has none counts as 0; null where nobody is."""
    levels: list[LevelCount] = listing(spread.at_levels, estimate=6)
    """How many have it at each level, from the lowest."""


@node()
class SkillPoint:
    """How a skill stood at a date: of people whose levels of that date you may see."""

    at: datetime
    """The date."""
    people: int
    """How many people worked there and are counted."""
    having: int
    """How many of them had the skill at any level."""
    verified: int
    """For how many of them that was verified."""
    average: float | None
    """The average level, of which who has none counts as 0; null where nobody is counted."""


@extend(Skill)
class SkillAcross:
    """A skill across the company."""

    distribution: SkillDistribution = one(
        rows=spread.distribution, arguments={"department": spread.DEPARTMENT, "job_role": spread.ROLE}
    )
    """How many people have it at which level."""
    growth: list[SkillPoint] = listing(spread.growth, estimate=24, arguments=spread.GROWTH)
    """How that has changed, date by date."""


@node()
class SkillSupply:
    """A skill that a job role requires, beside who has it: of people whose levels you may see."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    required: int
    """The level that the role requires."""
    weight: int
    """How much it counts for the role, from 1 to 5."""
    must_have: bool
    """Whether nobody is ready for the role without it."""
    demand: int
    """How many people work in the role."""
    met: int
    """How many of them have the level."""
    elsewhere: int
    """How many others have the level."""
    withheld: int
    """How many people in the role are not counted, since you may not see their levels."""


@extend(JobRole)
class JobRoleSupply:
    """Whether there is enough of what a job role requires."""

    supply: list[SkillSupply] = listing(
        spread.supply, estimate=20, arguments={"department": spread.DEPARTMENT}
    )
    """Demand and supply of each skill that it requires, must-haves first."""


@extend(Query)
class MatrixQueries:
    """Where matrices are found."""

    team_matrix: TeamMatrix = one(
        rows=lambda _, grid: grid.whole(),
        arguments={
            "team": Argument(TeamId | None, "The team."),
            "manager": Argument(EmployeeId | None, "A manager, for the people who report to them."),
            "depth": Argument(
                int | None,
                "How far below the manager: 1, the default, for direct reports only; null for everybody.",
                1,
                check=how_far,
            ),
            "department": Argument(
                DepartmentId | None, "A department, for the people who work in it or in what is part of it."
            ),
            "job_role": Argument(JobRoleId | None, "A job role, for the people who work in it."),
            "skills": Argument(
                list[SkillId] | None,
                "The skills to show, in order; those the members' job roles require by default.",
            ),
            "what_if": Argument(
                list[Assumption] | None,
                "What is assumed, all of it together; nothing is written. Of several that say whether "
                "somebody is in it, or in which job role, the last one counts. Figures on people whose "
                "levels you may not see stay as they are.",
                check=check,
            ),
        },
        parts={"grid": grid.grid, "squares": squares, "figures": figures},
    )
    """The skill matrix of a team, of the people below a manager, in a department or in a job role, or of all
    whom several of these name, at any date."""
    lapsing: Many[ExpiringLevel] = many(
        rows=lapsing,
        arguments={
            "within": WITHIN,
            "department": spread.DEPARTMENT,
            "skill": Argument(SkillId | None, "Only in this skill."),
        },
        positioned=True,
    )
    """The levels of people at work that you may see and that will sink, the first first."""
