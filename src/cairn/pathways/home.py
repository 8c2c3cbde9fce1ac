"""What somebody sees first beside what to do next: what is due, what will lapse, and what is worth doing."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, Select, and_, cast, func, literal_column, or_, select, true, union_all

from cairn.access.rules import At, Terms
from cairn.db.tables import occurrence
from cairn.graph.node import Argument, Many, extend, many, node, one
from cairn.pathways import tables
from cairn.pathways.graph import Assignment, Pathway, PathwayCompletion
from cairn.people.access import midnight
from cairn.people.graph import Employee
from cairn.skills import readiness as ready
from cairn.skills.graph import JobRole, Skill

NEAR = 3
"""Job roles that recommendations look at beyond one's own."""
_NOTHING: Any = literal_column("0")


def days_argument(default: int, description: str) -> dict[str, Argument]:
    """The argument `days`, from 0 to ten years."""
    return {"days": Argument(int, description, default)}


def in_days(at: At, days: Any) -> Any:
    """The day so many days after the one that is asked of; ten years at most."""
    bounded = func.greatest(_NOTHING, func.least(days, literal_column("3650")))
    return at.day + cast(bounded, Integer)


def is_open(assignment: Any, at: At) -> Any:
    """Whether an assignment is there to be worked at: made, begun by the calendar, and not ended."""
    return and_(
        assignment.assigned_at <= at.instant,
        or_(assignment.closed_at.is_(None), assignment.closed_at > at.instant),
        or_(assignment.starts_on.is_(None), assignment.starts_on <= at.day),
    )


class Reason(StrEnum):
    """Why a pathway is recommended."""

    GAP = "GAP"
    """It closes a gap to what one's own job role requires."""
    NEXT_ROLE = "NEXT_ROLE"
    """It closes a gap to what one of the job roles requires that one is closest to."""


def _wanted(row: Any, at: At, viewer: Terms, employment: Any) -> Any:
    """What somebody lacks: `reason, job_role_id, skill_id, required, level, weight`."""
    own = ready.gaps(row, at, viewer, employment, None).subquery()
    near = ready.next_roles(row, at, viewer, employment)
    roles = near.selected_columns
    closest = near.order_by(roles.score.desc(), roles.job_role_id).limit(literal_column(str(NEAR))).subquery()
    further = ready.gaps_of(closest.c, at, viewer).lateral()

    def lacked(reason: Reason, role: Any, gap: Any) -> Any:
        named: Any = literal_column(f"'{reason}'").label("reason")
        return select(named, role.label("job_role_id"), gap.skill_id, gap.required, gap.level, gap.weight)

    return union_all(
        lacked(Reason.GAP, employment.job_role_id, own.c).select_from(own).correlate_except(own),
        lacked(Reason.NEXT_ROLE, closest.c.job_role_id, further.c)
        .select_from(closest.join(further, true()))
        .correlate_except(closest, further),
    ).subquery()


def _granted(pathway: Any = None) -> Any:
    """What completing published pathways is evidence of: `pathway_id, skill_id, level`."""
    version, step, grant = (
        occurrence(each) for each in (tables.PathwayVersion, tables.Step, tables.StepGrant)
    )
    found = (
        select(version.c.pathway_id, grant.c.skill_id, func.max(grant.c.level).label("level"))
        .select_from(
            version.join(step, step.c.version_id == version.c.id).join(grant, grant.c.step_id == step.c.id)
        )
        .where(version.c.status == literal_column("'PUBLISHED'"))
        .group_by(version.c.pathway_id, grant.c.skill_id)
        .correlate_except(version, step, grant)
    )
    return found if pathway is None else found.where(version.c.pathway_id == pathway)


def _recommended(row: Any, at: At, viewer: Terms, employment: Any) -> Select[Any]:
    """Published pathways that grant what somebody lacks, each for its best reason."""
    wanted, granted = _wanted(row, at, viewer, employment), _granted().subquery()
    has: Any = func.coalesce(wanted.c.level, _NOTHING)
    gain = func.least(granted.c.level, wanted.c.required) - has
    score = func.sum(gain * wanted.c.weight)
    useful = (
        select(
            granted.c.pathway_id,
            wanted.c.reason,
            wanted.c.job_role_id,
            score.label("score"),
            func.row_number()
            .over(
                partition_by=granted.c.pathway_id,
                order_by=(wanted.c.reason, score.desc(), wanted.c.job_role_id),
            )
            .label("rank"),
        )
        .select_from(wanted.join(granted, granted.c.skill_id == wanted.c.skill_id))
        .where(gain > _NOTHING)
        .group_by(granted.c.pathway_id, wanted.c.reason, wanted.c.job_role_id)
        .subquery()
    )
    assigned = viewer.sees_any(
        tables.Assignment,
        lambda other: and_(
            other.employee_id == row.id,
            other.pathway_id == useful.c.pathway_id,
            other.assigned_at <= at.instant,
            or_(other.closed_at.is_(None), other.closed_at > at.instant),
        ),
    )
    completed = viewer.sees_any(
        tables.PathwayCompletion,
        lambda other: and_(
            other.employee_id == row.id,
            other.pathway_id == useful.c.pathway_id,
            other.held.contains(at.instant),
        ),
    )
    return (
        select(
            row.id.label("employee_id"),
            useful.c.pathway_id,
            useful.c.reason,
            useful.c.job_role_id,
            useful.c.score,
        )
        .select_from(useful)
        .where(useful.c.rank == literal_column("1"), ~assigned, ~completed)
        .correlate_except(useful)
    )


def _closes(row: Any, at: At, viewer: Terms) -> Select[Any]:
    """The gaps that a recommended pathway makes smaller."""
    lacked, granted = ready.gaps_of(row, at, viewer).subquery(), _granted(row.pathway_id).subquery()
    return (
        select(
            lacked.c.skill_id,
            lacked.c.required,
            lacked.c.level,
            lacked.c.must_have,
            lacked.c.weight,
            granted.c.level.label("grants"),
        )
        .select_from(lacked.join(granted, granted.c.skill_id == lacked.c.skill_id))
        .where(granted.c.level > func.coalesce(lacked.c.level, _NOTHING))
        .correlate_except(lacked, granted)
    )


@node(key=("skill_id",), order=("-mustHave", "-weight"))
class ClosedGap:
    """A gap that a pathway makes smaller."""

    skill: Skill = one(lambda row, other: other.id == row.skill_id)
    """The skill."""
    level: int | None
    """The level the person has; null for none."""
    grants: int
    """The level that completing the pathway is evidence of."""
    required: int
    """The level the job role requires."""
    must_have: bool
    """Whether nobody is ready for the role without it."""
    weight: int
    """How much it counts for the role, from 1 to 5."""


@node(key=("pathway_id",), order=("reason", "-score"))
class Recommendation:
    """A pathway that is worth somebody's while, and why."""

    pathway: Pathway = one(lambda row, other: other.id == row.pathway_id)
    """The pathway; neither assigned to the person nor completed."""
    reason: Reason
    """Why."""
    job_role: JobRole | None = one(lambda row, other: other.id == row.job_role_id)
    """The job role that requires what the pathway teaches."""
    score: int
    """How many levels it closes of what the role requires, each as often as the skill counts."""
    closes: Many[ClosedGap] = many(rows=_closes)
    """The gaps that it makes smaller, must-haves first."""


def _due_soon(row: Any, other: Any, at: At, days: Any) -> Any:
    return and_(other.employee_id == row.id, is_open(other, at), other.due_on <= in_days(at, days))


def ends_within(held: Any, at: At, days: Any) -> Any:
    """Whether the stretch of a multirange that holds on a date ends within so many days."""
    stretch = func.unnest(held).column_valued("stretch")
    end: Any = select(func.upper(stretch)).where(stretch.op("@>")(at.instant)).scalar_subquery()
    return end < midnight(in_days(at, days) + literal_column("1"))


@extend(Employee)
class EmployeeHome:
    """What somebody sees first."""

    due_soon: Many[Assignment] = many(
        _due_soon,
        arguments=days_argument(30, "How many days ahead; 30 by default."),
        order=("dueOn", "priority"),
    )
    """What is due within some days, and what is overdue."""
    lapsing: Many[PathwayCompletion] = many(
        lambda row, other, at, days: and_(other.employee_id == row.id, ends_within(other.held, at, days)),
        arguments=days_argument(90, "How many days ahead; 90 by default."),
        order=("until",),
    )
    """The completions of pathways that hold, and will end within some days."""
    recommended_pathways: Many[Recommendation] = many(rows=_recommended)
    """Pathways that close gaps to the person's job role, and then to those the person is closest to."""
