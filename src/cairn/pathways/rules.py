"""Rules: who is in an audience is assigned to a pathway; a desired state that `reconcile.py` brings about."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.scalars import Duration, check_calendar
from cairn.pathways import tables
from cairn.pathways.assign import AssignmentId, assignable, check_priority
from cairn.pathways.author import PathwayId
from cairn.pathways.reconcile import Change, reconcile
from cairn.people.history import EmployeeId
from cairn.requirements import wire
from cairn.requirements.check import check
from cairn.requirements.tree import Requirement, subjects
from cairn.skills.facts import names

RuleId = Annotated[UUID, Ref("AssignmentRule")]
SHOWN = 200
"""Changes that an answer lists, at most; all are counted."""


class RuleOutcome(StrEnum):
    """What a rule does about somebody."""

    ASSIGNED = "ASSIGNED"
    """The person is assigned."""
    CANCELLED = "CANCELLED"
    """The person's assignment is cancelled, for nothing was begun."""


@dataclass(frozen=True)
class RuleChange:
    """What a rule does about somebody, and why."""

    employee: EmployeeId
    """The person."""
    outcome: RuleOutcome
    """What it does."""
    assignment: AssignmentId
    """The assignment."""
    because: str
    """Why, in a sentence."""


@dataclass(frozen=True)
class RulePayload:
    """A rule, and what it does at once."""

    rule: RuleId
    """The rule."""
    assigned: int
    """How many people it assigns."""
    cancelled: int
    """How many assignments it cancels."""
    changes: list[RuleChange] = field(default_factory=list)
    """The first two hundred of them."""


@dataclass
class RuleRetired(Refusal):
    """The rule was retired before."""

    rule: RuleId | None = None
    """The rule."""


async def define_rule(
    tx: Transaction,
    viewer: Viewer,
    *,
    code: str,
    title: str,
    pathway: PathwayId,
    audience: Requirement,
    due_within: Duration | None = None,
    priority: int = 3,
    recurrence: Duration | None = None,
    reaches_back: bool = True,
) -> RulePayload:
    """Makes a rule, or a new version of one that is there: who is in the audience is assigned to a pathway.

    Joining the audience assigns, leaving it cancels what was not begun. An assignment that somebody has
    waived or cancelled is not made again, unless the person leaves the audience and joins it anew. With
    `dryRun` it shows what would come of it.

    Args:
        code: A short name that stays.
        title: What it is called, for those who are assigned.
        pathway: What they are assigned to.
        audience: Who is assigned, of the people who are employed.
        due_within: How long after it is assigned it is to be completed.
        priority: From 1, most important, to 5.
        recurrence: How long after it was completed it is to be done again.
        reaches_back: Whether those are assigned too who are in the audience already.
    """
    viewer.require(Permission.WRITE_LEARNING)
    for path, text in (("code", code), ("title", title)):
        if not text.strip():
            raise invalid(path, "must not be empty")
    check_priority(priority)
    check_calendar(due_within, "dueWithin", must_end=True)
    check_calendar(recurrence, "recurrence", must_end=True)
    await find(tx, viewer, tables.Pathway, pathway)
    await assignable(tx, pathway)
    await _check(tx, audience)
    rule = await _rule(tx, code) or tables.AssignmentRule(code=code, title=title, pathway_id=pathway)
    if rule.pathway_id != pathway:
        raise invalid("pathway", "stays that of the rule; retire it, and make another for another pathway")
    rule.title, rule.retired_at = title, None
    tx.add(rule)
    await tx.flush()
    last = select(func.max(tables.RuleVersion.number)).where(col(tables.RuleVersion.rule_id) == rule.id)
    version = tables.RuleVersion(
        rule_id=rule.id,
        number=((await tx.execute(last)).scalar_one() or 0) + 1,
        audience=wire.serialise(audience),
        due_within=due_within,
        priority=priority,
        recurrence=recurrence,
        reaches_back=reaches_back,
    )
    tx.add(version)
    await tx.flush()
    await audit.record(tx, viewer, "rule.define", rule, after={"code": code, "version": version.number})
    return _told(rule.id, await reconcile(tx, viewer, rule))


async def retire_rule(tx: Transaction, viewer: Viewer, *, rule: RuleId) -> RulePayload:
    """Ends a rule: nobody is assigned by it any more, and what was not begun is cancelled.

    Args:
        rule: The rule.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await find(tx, viewer, tables.AssignmentRule, rule, lock=True)
    if found.retired_at is not None:
        raise RuleRetired("It was retired before.", rule=rule)
    found.retired_at = now()
    tx.add(found)
    await tx.flush()
    await audit.record(tx, viewer, "rule.retire", found, after={"code": found.code})
    return _told(rule, await reconcile(tx, viewer, found))


async def _rule(tx: Transaction, code: str) -> tables.AssignmentRule | None:
    rule = tables.AssignmentRule
    found = await tx.execute(select(rule).where(col(rule.code) == code).with_for_update())
    return found.scalar_one_or_none()


async def _check(tx: Transaction, audience: Requirement) -> None:
    problems = check(audience, known=set(await names(tx, subjects(audience))))
    told = [FieldProblem(["audience", *each.path], each.message) for each in problems if not each.is_warning]
    if told:
        raise InvalidInput("The audience makes no sense.", told)


def _told(rule: UUID, changes: list[Change]) -> RulePayload:
    outcomes = [RuleOutcome.ASSIGNED if each.is_assigned else RuleOutcome.CANCELLED for each in changes]
    return RulePayload(
        rule,
        outcomes.count(RuleOutcome.ASSIGNED),
        outcomes.count(RuleOutcome.CANCELLED),
        [
            RuleChange(each.employee, outcome, each.assignment, each.because)
            for each, outcome in zip(changes[:SHOWN], outcomes, strict=False)
        ],
    )
