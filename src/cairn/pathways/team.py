"""What a manager sees first: how far the people below are with what they are to learn, and who needs help."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, Text, and_, case, cast, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import array

from cairn.access.rules import At, Terms, under
from cairn.graph.node import Argument, Many, derived, extend, many, node, one
from cairn.pathways import tables
from cairn.pathways.figures import begun
from cairn.pathways.home import days_argument, ends_within, in_days, is_open
from cairn.people import tables as people
from cairn.people.graph import Employee
from cairn.skills import readiness as ready
from cairn.skills.access import learning

LATELY = 90
"""Days back for which completions are counted."""
CLOSE = 14
"""Days before a due date at which something should have been begun."""
QUIET = 30
"""Days after which work that goes on and shows nothing counts as stalled."""


class HelpReason(StrEnum):
    """Why somebody may need help with what they are to learn."""

    OVERDUE = "OVERDUE"
    """Something is overdue."""
    NOT_BEGUN = "NOT_BEGUN"
    """Something is due within two weeks, and nothing of it was begun."""
    STALLED = "STALLED"
    """Something was begun and is open, and nothing was done for thirty days."""


def _members(manager: Any, depth: Any, days: Any, at: At, viewer: Terms) -> Select[Any]:
    """The people below a manager whose learning the viewer may see, with what it comes to."""
    line, allowed = viewer.sees(people.ReportingLine, at=at)
    below = and_(line.c.manager_id == manager, line.c.valid.contains(at.day))
    below = and_(below, or_(depth.is_(None), line.c.depth <= depth))
    employment, employed = viewer.sees(people.Employment, at=at)
    holds = and_(employment.c.employee_id == line.c.employee_id, employment.c.valid.contains(at.day))
    member = (
        select(line.c.employee_id, employment.c.job_role_id)
        .select_from(line.outerjoin(employment, under(employed, holds)))
        .where(under(allowed, below), learning(viewer.asking(at), line.c.employee_id))
        .correlate_except(line, employment)
        .subquery()
    )
    tasks = _tasks(member.c.employee_id, days, at, viewer).lateral()
    seen = _seen(member.c, days, at, viewer)
    last_active_at, lapsing, gaps = seen
    counted = (
        select(
            member.c.employee_id,
            *tasks.c,
            last_active_at.label("last_active_at"),
            lapsing.label("lapsing"),
            gaps.c.gaps,
            gaps.c.must_haves_missing,
        )
        .select_from(member.join(tasks, true()).join(gaps, true()))
        .correlate_except(member, tasks, gaps)
        .subquery()
    )
    quiet = at.instant - literal_column(f"interval '{QUIET} days'")
    reasons = (
        (HelpReason.OVERDUE, counted.c.overdue > literal_column("0")),
        (HelpReason.NOT_BEGUN, counted.c.not_begun > literal_column("0")),
        (
            HelpReason.STALLED,
            and_(
                counted.c.under_way > literal_column("0"),
                counted.c.last_active_at < quiet,
            ),
        ),
    )
    return select(
        *counted.c,
        *(condition.label(f"is_{reason.lower()}") for reason, condition in reasons),
        func.coalesce(or_(*(condition for _, condition in reasons)), literal_column("false")).label(
            "needs_help"
        ),
    ).correlate_except(counted)


def _tasks(employee: Any, days: Any, at: At, viewer: Terms) -> Any:
    """What somebody's assignments come to."""
    assignment, visible = viewer.sees(tables.Assignment)
    row = assignment.c
    open_, started = is_open(row, at), begun(row, at, viewer)
    ended = and_(row.closed_at <= at.instant, row.closure == literal_column("'COMPLETED'"))
    lately = row.closed_at > at.instant - literal_column(f"interval '{LATELY} days'")
    close = row.due_on <= at.day + literal_column(str(CLOSE))
    soon = and_(row.due_on >= at.day, row.due_on <= in_days(at, days))
    counts = {
        "open": open_,
        "overdue": and_(open_, row.due_on < at.day),
        "due_soon": and_(open_, soon),
        "completed": and_(ended, lately),
        "not_begun": and_(open_, close, ~started),
        "under_way": and_(open_, started),
    }
    return (
        select(*(func.count().filter(condition).label(name) for name, condition in counts.items()))
        .select_from(assignment)
        .where(row.employee_id == employee, row.assigned_at <= at.instant, visible)
        .correlate_except(assignment)
    )


def _seen(member: Any, days: Any, at: At, viewer: Terms) -> tuple[Any, Any, Any]:
    """When somebody last did something, how many completions will end, and what their job role lacks."""
    progress, shown = viewer.sees(tables.Progress)
    since = func.lower(progress.c.valid)
    last = (
        select(func.max(since))
        .select_from(progress)
        .where(
            progress.c.employee_id == member.employee_id,
            progress.c.withdrawn_at.is_(None),
            since <= at.instant,
            shown,
        )
        .correlate_except(progress)
        .scalar_subquery()
    )
    completion, visible = viewer.sees(tables.PathwayCompletion)
    lapsing = (
        select(func.count())
        .select_from(completion)
        .where(
            completion.c.employee_id == member.employee_id,
            ends_within(completion.c.held, at, days),
            visible,
        )
        .correlate_except(completion)
        .scalar_subquery()
    )
    lacked = ready.gaps_of(member, at, viewer).subquery()
    gaps = (
        select(
            func.count().label("gaps"),
            func.count().filter(lacked.c.must_have).label("must_haves_missing"),
        )
        .select_from(lacked)
        .correlate_except(lacked)
        .lateral()
    )
    return last, lapsing, gaps


def _reasons(row: Any) -> Any:
    named = (case((getattr(row, f"is_{each.lower()}"), literal_column(f"'{each}'"))) for each in HelpReason)
    return cast(func.array_remove(array(list(named)), literal_column("null")), ARRAY(Text))


@node(key=("employee_id",), order=("-needsHelp", "-overdue"))
class MemberProgress:
    """How far somebody is with what they are to learn."""

    employee: Employee = one(lambda row, other: other.id == row.employee_id)
    """The person."""
    open: int
    """How many assignments there are to work at."""
    overdue: int
    """How many of them are overdue."""
    due_soon: int
    """How many of them are due within the days that were asked of."""
    completed: int
    """How many were completed within the last ninety days."""
    lapsing: int
    """How many completions of pathways will end within the days that were asked of."""
    gaps: int
    """How many skills the person's job role requires at a higher level than the person has."""
    must_haves_missing: int
    """How many of those nobody is ready for the role without."""
    last_active_at: datetime | None
    """When a step was last begun or completed; null for never."""
    needs_help: bool
    """Whether there is a reason to offer help."""
    reasons: list[HelpReason] = derived(_reasons, selects=False)
    """Why."""


def _totals(row: Any, at: At, viewer: Terms, depth: Any, days: Any) -> Select[Any]:
    found = _members(row.id, _depth(depth), days, at, viewer).subquery()
    sums = ("open", "overdue", "due_soon", "completed", "lapsing", "gaps")
    return (
        select(
            row.id.label("manager_id"),
            _depth(depth).label("depth"),
            days.label("days"),
            func.count().label("people"),
            func.count().filter(found.c.needs_help).label("needing_help"),
            *(func.coalesce(func.sum(found.c[name]), literal_column("0")).label(name) for name in sums),
        )
        .select_from(found)
        .correlate_except(found)
    )


def _depth(depth: Any) -> Any:
    return cast(literal_column("null"), Integer()) if depth is None else depth


@node()
class TeamProgress:
    """How far the people below a manager are, of those whose learning you may see."""

    people: int
    """How many people they are."""
    open: int
    """How many assignments there are to work at."""
    overdue: int
    """How many of them are overdue."""
    due_soon: int
    """How many of them are due within the days that were asked of."""
    completed: int
    """How many were completed within the last ninety days."""
    lapsing: int
    """How many completions of pathways will end within the days that were asked of."""
    gaps: int
    """How many skills lack to what the people's job roles require, all told."""
    needing_help: int
    """How many people there is a reason to offer help to."""
    members: Many[MemberProgress] = many(
        rows=lambda row, at, viewer: _members(row.manager_id, row.depth, row.days, at, viewer)
    )
    """Each of them, those who may need help first."""


@extend(Employee)
class EmployeeTeam:
    """What a manager sees first."""

    team_progress: TeamProgress = one(
        rows=_totals,
        arguments={
            "depth": Argument(
                int | None, "How far below: 1, the default, for direct reports only; null for everybody.", 1
            ),
            **days_argument(30, "How many days ahead something is due, or lapses, soon; 30 by default."),
        },
    )
    """How far the people below are with what they are to learn, and who needs help."""
