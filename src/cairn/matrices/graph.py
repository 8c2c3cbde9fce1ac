"""The team skill matrix in the graph."""

from datetime import datetime

from sqlalchemy import true

from cairn.graph.node import Argument, derived, extend, listing, node, one
from cairn.graph.schema import Query
from cairn.matrices import grid
from cairn.people.graph import Employee
from cairn.people.history import EmployeeId
from cairn.people.teams import TeamId
from cairn.skills import levels
from cairn.skills.assess import SkillId
from cairn.skills.graph import JobRole, Skill


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
    until: datetime | None = derived(
        lambda row, at: levels.until(row.employee_id, row.skill_id, row.level, row.is_verified, at)
    )
    """When the level will have sunk, if nothing new comes."""


@node()
class MatrixColumn:
    """A skill of the matrix."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""


@node()
class MatrixRow:
    """A person of the matrix."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """The person."""
    job_role: JobRole | None = one(lambda row, other: other.id == row.job_role_id)
    """The job role the person works in."""
    is_withheld: bool = derived(lambda row: row.is_open.is_not(true()))
    """Whether the levels are null because you may not see them."""
    cells: list[MatrixCell] = listing(grid.cells, estimate=40)
    """The person's levels, in the order of the columns."""


@node()
class TeamMatrix:
    """Who in a team can do what, beside what their job roles require."""

    at: datetime = derived(lambda _, at: at.instant)
    """The instant it is of."""
    columns: list[MatrixColumn] = listing(grid.columns, estimate=40)
    """The skills."""
    rows: list[MatrixRow] = listing(grid.rows, estimate=50)
    """The people, by name."""


@extend(Query)
class MatrixQueries:
    """Where matrices are found."""

    team_matrix: TeamMatrix = one(
        rows=lambda _: grid.one_row(),
        arguments={
            "team": Argument(TeamId | None, "The team."),
            "manager": Argument(EmployeeId | None, "A manager, for the people who report to them."),
            "depth": Argument(
                int | None,
                "How far below the manager: 1, the default, for direct reports only; null for everybody.",
                1,
            ),
            "skills": Argument(
                list[SkillId] | None,
                "The skills to show, in order; those the members' job roles require by default.",
            ),
        },
        parts={"grid": grid.grid},
    )
    """The skill matrix of a team, or of the people below a manager, at any date."""
