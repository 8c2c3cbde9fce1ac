"""Pathways in the graph."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, case, func, literal_column, select

from cairn.graph.mutation import expose
from cairn.graph.node import Argument, Many, by_id, derived, everything, extend, listing, many, node, one
from cairn.graph.scalars import Duration, Json, Url
from cairn.graph.schema import Query
from cairn.pathways import compare, figures, tables
from cairn.pathways import holders as holders  # finds people by what they have done
from cairn.pathways.assign import (
    AssignmentClosed,
    AssignmentId,
    NotPublished,
    assign_pathway,
    cancel_assignment,
    waive_assignment,
)
from cairn.pathways.author import (
    CodeTaken,
    PathwayId,
    PathwayVersionId,
    create_pathway,
    draft_pathway_version,
)
from cairn.pathways.change import change_assignments, close_assignments
from cairn.pathways.compare import ChangeOfStep
from cairn.pathways.exchange import clone_pathway, export_pathway, import_pathway
from cairn.pathways.figures import in_round
from cairn.pathways.progress import (
    AlreadyDone,
    NothingDone,
    RequirementNotMet,
    accept_equivalent,
    complete_step,
    reset_step,
    start_step,
    waive_step,
)
from cairn.pathways.publish import AlreadyPublished, move_assignments, publish_pathway, retire_pathway
from cairn.pathways.report import record_completions
from cairn.pathways.rules import RuleId, RuleRetired, define_rule, retire_rule
from cairn.people.graph import Employee
from cairn.skills.graph import Skill

__all__ = ["Assignment", "Pathway", "PathwayId", "PathwayVersion", "Progress", "Step"]


class AssignmentStatus(StrEnum):
    """Where an assignment stands."""

    SCHEDULED = "SCHEDULED"
    """It waits for its first day."""
    ASSIGNED = "ASSIGNED"
    """Nothing was begun."""
    IN_PROGRESS = "IN_PROGRESS"
    """Something was begun."""
    OVERDUE = "OVERDUE"
    """The day by which it is to be completed has passed."""
    COMPLETED = "COMPLETED"
    """It was completed."""
    WAIVED = "WAIVED"
    """It need not be done."""
    CANCELLED = "CANCELLED"
    """It is not to be done any more."""
    LAPSED = "LAPSED"
    """It was completed, and that no longer holds."""


@node(tables.Pathway, order=("title",))
class Pathway:
    """A way to learn something, in versions."""

    code: str
    title: str
    summary: str | None
    provider: str | None
    published: "PathwayVersion | None" = one(
        lambda row, other: and_(other.pathway_id == row.id, other.status == literal_column("'PUBLISHED'"))
    )
    """The version that people are assigned to."""
    versions: Many["PathwayVersion"] = many(via="pathway_id")
    """All its versions that you may see."""


def _minutes(row: Any, viewer: Any) -> Any:
    step, visible = viewer.sees(tables.Step)
    return (
        select(func.coalesce(func.sum(step.c.minutes), literal_column("0")))
        .where(step.c.version_id == row.id, ~step.c.is_optional, visible)
        .correlate_except(step)
        .scalar_subquery()
    )


@node(tables.PathwayVersion)
class PathwayVersion:
    """What a pathway consists of; once published it never changes."""

    pathway: Pathway
    """The pathway."""
    number: int
    status: tables.VersionStatus
    completion: Json
    validity: Duration | None
    renewal_window: Duration | None
    renewed_by: Pathway | None
    """Another pathway whose completion renews one of this; null where there is none."""
    published_at: datetime | None
    minutes: int = derived(_minutes, selects=False)
    """How long all its steps take together, about, without the optional ones."""
    steps: Many["Step"] = many(via="version_id", order=("position",))
    """Its steps, in order."""
    changes: list["StepChange"] = listing(
        rows=compare.changes,
        arguments={
            "since": Argument(PathwayVersionId | None, "The other version; the one before by default.")
        },
        estimate=10,
    )
    """What is different from another version: steps of the same key are the same step."""


@node(tables.Step, order=("position",))
class Step:
    """A step of a version of a pathway."""

    version: PathwayVersion | None
    """The version it belongs to."""
    key: str
    position: int
    title: str
    kind: tables.StepKind
    provider: str | None
    url: Url | None
    activity: str | None
    minutes: int
    is_optional: bool
    proof: tables.Proof
    pass_mark: int | None
    requirement: Json
    after: Many["Step"] = many(lambda row, other: figures.mentions(row.requirement, other.id))
    """The steps of this pathway that its requirement mentions."""
    nested_pathway: Pathway | None
    """The pathway to complete, of a step of that kind."""
    grants: Many["StepGrant"] = many(lambda row, other: other.step_id == row.id)
    """The skills that completing it is evidence of."""


@node()
class StepChange:
    """How a version of a pathway is different from another one."""

    key: str | None
    """The key of the step; null for the version itself."""
    change: ChangeOfStep
    """Whether it was added, removed or changed."""
    fields: list[str]
    """What is different about it, by the names of its fields: `position`, where it has moved."""
    before: Step | None = one(lambda row, other: other.id == row.before_id)
    """The step in the other version."""
    after: Step | None = one(lambda row, other: other.id == row.after_id)
    """The step in this version."""


@node(tables.StepGrant, key=("step_id", "skill_id"))
class StepGrant:
    """A skill at a level that a completed step is evidence of."""

    skill: Skill
    """The skill."""
    level: int


def _status(row: Any, at: Any, viewer: Any) -> Any:
    lapsed = ~viewer.sees_any(
        tables.PathwayCompletion,
        lambda completion: and_(
            completion.employee_id == row.employee_id,
            completion.pathway_id == row.pathway_id,
            completion.held.contains(at.instant),
        ),
    )
    completed: Any = literal_column("'COMPLETED'")
    return case(
        (and_(row.closed_at <= at.instant, row.closure == completed, lapsed), literal_column("'LAPSED'")),
        (row.closed_at <= at.instant, row.closure),
        (row.starts_on > at.day, literal_column("'SCHEDULED'")),
        (row.due_on < at.day, literal_column("'OVERDUE'")),
        (figures.begun(row, at, viewer), literal_column("'IN_PROGRESS'")),
        else_=literal_column("'ASSIGNED'"),
    )


def _was_made(assignment: Any, at: Any) -> Any:
    return assignment.assigned_at <= at.instant


@node(tables.Assignment)
class Assignment:
    """Somebody's task to complete a pathway."""

    employee: Employee
    """Who is to complete it."""
    pathway: Pathway
    """The pathway."""
    version: PathwayVersion | None
    """The version the person follows."""
    status: AssignmentStatus = derived(_status)
    """Where it stands."""
    assigned_by: Employee | None
    """Who assigned it."""
    cause: tables.Cause
    reason: str | None
    priority: int
    assigned_at: datetime
    starts_on: date | None
    due_on: date | None
    closed_at: datetime | None
    closure: tables.Closure | None
    closure_reason: str | None
    moved_from: PathwayVersion | None
    """The version it was of before, where it was moved to a later one."""
    moved_at: datetime | None
    superseded_at: datetime | None
    rule_version: "RuleVersion | None"
    """The version of the rule that made it, where one did."""
    renews: Pathway | None
    """The pathway whose completion it renews, where it is a renewal."""
    round: int
    steps_done: int = derived(figures.steps_done, selects=False)
    """How many of the steps that are not optional are done."""
    steps_total: int = derived(figures.steps_total, selects=False)
    """How many steps there are that are not optional."""
    minutes_total: int = derived(figures.minutes_total, selects=False)
    """How long the steps that are not optional take together, about."""
    minutes_remaining: int = derived(figures.minutes_left, selects=False)
    """How long those take that are not done; none when it was completed."""
    percent: int = derived(figures.percent, selects=False)
    """How much of it is done, by minutes where steps have some; 100 only when nothing is left."""
    progress: Many["Progress"] = many(
        lambda row, other, viewer: and_(
            other.employee_id == row.employee_id,
            in_round(row, other),
            viewer.sees_any(
                tables.Step, lambda step: and_(step.id == other.step_id, step.version_id == row.version_id)
            ),
        )
    )
    """What was done for it."""


@node(key=("assignment_id", "step_id"))
class NextStep:
    """A step that somebody is to do next."""

    assignment: Assignment = one(lambda row, other: other.id == row.assignment_id)
    """What it is for."""
    step: Step = one(lambda row, other: other.id == row.step_id)
    """The step."""
    is_ready: bool
    """Whether what comes before it is done, as far as that is steps; for the rest see its requirement."""
    is_begun: bool
    """Whether work on it has begun."""
    waits_for: Many[Step] = many(figures.waits_for, order=("position",))
    """The steps that its requirement names and that are not done; none where it is ready."""


def _end(row: Any, at: Any) -> Any:
    stretch = func.unnest(row.held).column_valued("stretch")
    return select(func.upper(stretch)).where(stretch.op("@>")(at.instant)).scalar_subquery()


@node(tables.PathwayCompletion, key=("employee_id", "pathway_id"))
class PathwayCompletion:
    """That somebody has completed a pathway, and when that holds."""

    employee: Employee
    """Who did."""
    pathway: Pathway | None
    """The pathway."""
    version: PathwayVersion | None
    """The version that was completed last."""
    holds: bool = derived(lambda row, at: row.held.contains(at.instant))
    """Whether it holds at the date asked of."""
    since: datetime | None = derived(lambda row: func.lower(row.held))
    """When the pathway was first completed."""
    until: datetime | None = derived(_end)
    """When it will no longer hold, if nothing is renewed; null where it goes on, or does not hold."""


@node(tables.Progress)
class Progress:
    """The fact that somebody started or completed a step; never edited, withdrawn with a reason."""

    employee: Employee
    """Who did."""
    step: Step | None
    """The step."""
    kind: tables.ProgressKind
    since: datetime | None = derived(lambda row: func.lower(row.valid))
    """From when it holds."""
    until: datetime | None = derived(lambda row: func.upper(row.valid))
    """From when it no longer holds; null where it goes on."""
    score: int | None
    note: str | None
    recorded_by: Employee | None
    """Who recorded it."""
    recorded_at: datetime
    carried_from: "Progress | None" = one(lambda row, other: other.id == row.carried_from_id)
    """The record of the same step of an earlier version, from which it was carried over."""
    withdrawn_at: datetime | None
    withdrawn_by: Employee | None
    """Who withdrew it."""
    withdrawn_reason: str | None


@node(tables.AssignmentRule, order=("title",))
class AssignmentRule:
    """Who is in an audience is assigned to a pathway."""

    code: str
    title: str
    pathway: Pathway | None
    """What they are assigned to."""
    retired_at: datetime | None
    versions: Many["RuleVersion"] = many(via="rule_id", order=("number",))
    """What it asks for, and has asked for; the last one counts."""


@node(tables.RuleVersion)
class RuleVersion:
    """What a rule asks for."""

    rule: AssignmentRule
    """The rule."""
    number: int
    audience: Json
    due_within: Duration | None
    priority: int
    recurrence: Duration | None
    reaches_back: bool
    made_at: datetime
    assignments: Many[Assignment] = many(
        lambda row, other, at: and_(other.rule_version_id == row.id, _was_made(other, at))
    )
    """The assignments that it has made by the date asked of."""


@extend(Employee)
class EmployeePathways:
    """What somebody is learning."""

    assignments: Many[Assignment] = many(
        lambda row, other, at: and_(other.employee_id == row.id, _was_made(other, at))
    )
    """The pathways the person was assigned to by the date asked of, also those that have ended."""
    next_steps: Many[NextStep] = many(rows=figures.next_steps, positioned=True)
    """What the person is to do of all that is open: what is ready first, by when it is due, by priority,
    what was begun before what was not, and in the order of the pathway."""
    progress: Many[Progress] = many(via="employee_id")
    """The steps the person has started or completed."""
    pathway_completions: Many[PathwayCompletion] = many(via="employee_id")
    """The pathways the person has completed, also those whose completion no longer holds."""


@extend(Query)
class PathwayQueries:
    """Where pathways are found."""

    pathway: Pathway | None = by_id(PathwayId)
    """A pathway by id."""
    pathways: Many[Pathway] = everything()
    """All pathways."""
    assignment: Assignment | None = by_id(AssignmentId)
    """An assignment by id."""
    assignments: Many[Assignment] = many(lambda _row, other, at: _was_made(other, at))
    """All assignments that you may see, of those made by the date asked of."""
    assignment_rule: AssignmentRule | None = by_id(RuleId)
    """A rule by id."""
    assignment_rules: Many[AssignmentRule] = everything()
    """All rules."""
    pathway_completions: Many[PathwayCompletion] = everything()
    """All completions of pathways that you may see; filter by `until` for those that will lapse."""


expose(create_pathway, CodeTaken)
expose(draft_pathway_version)
expose(publish_pathway, AlreadyPublished)
expose(move_assignments, NotPublished)
expose(retire_pathway, NotPublished)
expose(clone_pathway, CodeTaken)
expose(import_pathway)
expose(export_pathway)
expose(assign_pathway, NotPublished)
expose(cancel_assignment, AssignmentClosed)
expose(waive_assignment, AssignmentClosed)
expose(change_assignments)
expose(close_assignments)
expose(define_rule, NotPublished)
expose(retire_rule, RuleRetired)
expose(start_step, RequirementNotMet, AlreadyDone)
expose(complete_step, RequirementNotMet, AlreadyDone)
expose(waive_step, AlreadyDone)
expose(accept_equivalent, AlreadyDone)
expose(reset_step, NothingDone)
expose(record_completions)
