"""What rules ask for, brought about: after each change that could matter, and daily for what time brings.

A rule is a desired state, so it can be reconciled any number of times: a second time changes nothing. Only
rules are looked at whose audience mentions what has changed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, DateTime, Uuid, any_, bindparam, insert, select, text, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.viewer import Viewer, system
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.happenings import tell
from cairn.jobs.schedule import every
from cairn.pathways import tables
from cairn.pathways.assign import due_after, published
from cairn.pathways.events import ASSIGNMENT, pathways_assigned
from cairn.pathways.tables import Cause, Closure
from cairn.people.employ import one_at_a_time
from cairn.requirements import wire
from cairn.requirements.duration import Duration
from cairn.requirements.evaluate import compiled
from cairn.requirements.explain import explain
from cairn.requirements.facts import NO_FACTS, Facts
from cairn.requirements.tree import Requirement, Subject, SubjectKind, subjects
from cairn.skills.facts import follows, load, mentioned, mentions, names

PAGE = 2_000
"""People who are looked at together."""
LONGEST = 400
"""Characters of a reason, at most."""


@dataclass(frozen=True)
class Change:
    """What a rule does about somebody, and why."""

    employee: UUID
    assignment: UUID
    is_assigned: bool
    """Whether the assignment is made; else it is cancelled."""
    because: str


@event
@dataclass(frozen=True)
class RuleDue:
    """A day has passed, which may have brought people into the audience of a rule, or out of it."""

    rule: UUID


async def reconcile(
    tx: Transaction, viewer: Viewer, rule: tables.AssignmentRule, employees: Collection[UUID] | None = None
) -> list[Change]:
    """Brings about what a rule asks for, for these people or for all who are employed; what it did."""
    target = await published(tx, rule.pathway_id)
    version = await _current(tx, rule.id)
    if target is None or version is None:
        return []
    asked = _Asked(rule, version, target, wire.parse(version.audience), now())
    found = await tx.execute(
        _CANDIDATES,
        {
            "only": None if employees is None else list(employees),
            "rule": rule.id,
            "today": asked.instant.date(),
        },
    )
    people = list(found.scalars())
    changes: list[Change] = []
    for start in range(0, len(people), PAGE):
        changes += await _page(tx, asked, people[start : start + PAGE])
    if changes:
        counts: dict[str, list[str]] = {"assigned": [], "cancelled": []}
        for each in changes:
            counts["assigned" if each.is_assigned else "cancelled"].append(str(each.assignment))
        await audit.record(tx, viewer, "rule.reconcile", rule, after={"version": version.number, **counts})
    return changes


@dataclass(frozen=True)
class _Asked:
    """What a rule asks for, and when."""

    rule: tables.AssignmentRule
    version: tables.RuleVersion
    target: tables.PathwayVersion
    audience: Requirement
    instant: datetime

    @property
    def days(self) -> dict[str, Any]:
        return {"now": self.instant, "today": self.instant.date()}


_CANDIDATES = text("""
 select employee_id from employment
  where valid @> cast(:today as date)
   and (cast(:only as uuid[]) is null or employee_id = any(cast(:only as uuid[])))
 union
 select employee_id from assignment join rule_version version on version.id = rule_version_id
  where version.rule_id = :rule and closed_at is null
   and (cast(:only as uuid[]) is null or employee_id = any(cast(:only as uuid[])))
 order by 1
""").bindparams(
    bindparam("only", type_=ARRAY(Uuid)),
    bindparam("rule", type_=Uuid),
    bindparam("today", type_=Date),
)

_STANDING = text("""
 select asked.id as employee_id,
  exists (select 1 from employment where employment.employee_id = asked.id
    and employment.valid @> cast(:today as date)) as employed,
  exists (select 1 from pathway_completion completion where completion.employee_id = asked.id
    and completion.pathway_id = :pathway and completion.held @> cast(:now as timestamptz)) as complete,
  open.id as open_id, coalesce(version.rule_id = :rule, false) as ours,
  exists (select 1 from progress join step on step.id = progress.step_id
    where progress.employee_id = asked.id and step.version_id = open.version_id
     and progress.withdrawn_at is null
     and (open.round = 1 or lower(progress.valid) >= open.assigned_at)) as begun,
  ended.closed_at as ended_at, ended.closure as ended_as,
  coalesce((select max(round) from assignment a where a.employee_id = asked.id
    and a.pathway_id = :pathway), 0) as round
  from unnest(cast(:employees as uuid[])) asked(id)
  left join assignment open on open.employee_id = asked.id and open.pathway_id = :pathway
   and open.closed_at is null
  left join rule_version version on version.id = open.rule_version_id
  left join lateral (
   select closed_at, closure from assignment a
    where a.employee_id = asked.id and a.pathway_id = :pathway and a.closed_at is not null
    order by a.closed_at desc limit 1) ended on true
""").bindparams(
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("rule", type_=Uuid),
    bindparam("pathway", type_=Uuid),
    bindparam("today", type_=Date),
    bindparam("now", type_=DateTime(timezone=True)),
)


async def _page(tx: Transaction, asked: _Asked, people: Sequence[UUID]) -> list[Change]:
    await one_at_a_time(tx, people)
    given = {"employees": list(people), "rule": asked.rule.id, "pathway": asked.rule.pathway_id, **asked.days}
    standing = (await tx.execute(_STANDING, given)).all()
    about = subjects(asked.audience)
    facts = await load(tx, people, about)
    known = await names(tx, about)
    changes: list[Change] = []
    made: list[dict[str, Any]] = []
    for row in standing:
        theirs = facts.get(row.employee_id, NO_FACTS)
        stretch = compiled(asked.audience)(theirs).interval_at(asked.instant)
        inside = stretch is not None and row.employed and asked.rule.retired_at is None
        if row.open_id is not None:
            if row.ours and not inside and not row.begun:
                changes.append(Change(row.employee_id, row.open_id, False, _left(asked.rule)))
        elif stretch is not None and inside and _wanted(asked, row, stretch.since):
            id_ = tables.Assignment.new_id()
            because = _because(asked, theirs, known)
            changes.append(Change(row.employee_id, id_, True, because))
            made.append(_assignment(asked, id_, row, because))
    await _write(tx, asked, made, [each for each in changes if not each.is_assigned])
    return changes


def _wanted(asked: _Asked, row: Any, joined: datetime | None) -> bool:
    """Whether somebody in the audience, who has nothing open, is to be assigned."""
    version = asked.version
    if not version.reaches_back and (joined is None or joined < version.made_at):
        return False
    again = version.recurrence and row.ended_as == Closure.COMPLETED
    if again and row.ended_at is not None:
        due = Duration.parse(version.recurrence or "").after(row.ended_at)
        return due is not None and due <= asked.instant
    if row.complete:
        return False
    # Whoever had done with it stays done with it, while in the audience.
    return row.ended_at is None or (joined is not None and joined > row.ended_at)


def _assignment(asked: _Asked, id_: UUID, row: Any, because: str) -> dict[str, Any]:
    today, within = asked.instant.date(), asked.version.due_within
    return {
        "id": id_,
        "employee_id": row.employee_id,
        "pathway_id": asked.rule.pathway_id,
        "version_id": asked.target.id,
        "cause": Cause.RULE,
        "rule_version_id": asked.version.id,
        "round": row.round + 1 if row.ended_as == Closure.COMPLETED else max(row.round, 1),
        "reason": because,
        "priority": asked.version.priority,
        "assigned_at": asked.instant,
        "due_on": None if within is None else due_after(today, within),
    }


def _because(asked: _Asked, facts: Facts, known: dict[Subject, str]) -> str:
    rows = explain(asked.audience, facts, asked.instant, lambda subject: known.get(subject, "something"))
    met = [row.text for row in rows.flatten() if row.met and not row.of]
    said = f"{asked.rule.title}: {' '.join(met) or 'everybody.'}"
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"


def _left(rule: tables.AssignmentRule) -> str:
    if rule.retired_at is not None:
        return f"{rule.title}: the rule was retired."
    return f"{rule.title}: no longer among those it is for."


async def _write(
    tx: Transaction, asked: _Asked, made: list[dict[str, Any]], cancelled: Sequence[Change]
) -> None:
    if made:
        await tx.execute(insert(tables.Assignment), made)
        await publish(tx, *pathways_assigned([row["id"] for row in made]))
    if cancelled:
        these = any_(bindparam("ids", [each.assignment for each in cancelled], ARRAY(Uuid)))
        ended = update(tables.Assignment).where(col(tables.Assignment.id) == these)
        values = {
            "closed_at": asked.instant,
            "closure": Closure.CANCELLED,
            "closure_reason": _left(asked.rule),
        }
        await tx.execute(ended.values(**values))
        await tell(tx, ASSIGNMENT, [each.assignment for each in cancelled])


async def _current(tx: Transaction, rule: UUID) -> tables.RuleVersion | None:
    version = tables.RuleVersion
    last = select(version).where(col(version.rule_id) == rule).order_by(col(version.number).desc()).limit(1)
    return (await tx.execute(last)).scalar_one_or_none()


_MENTIONING = text(
    "select rule.id from assignment_rule rule join lateral ("  # noqa: S608  # a condition of ours
    "  select audience from rule_version where rule_id = rule.id order by number desc limit 1) last on true"
    f" where rule.retired_at is null and {mentions('audience')} order by rule.id"
)


@follows()
async def reconcile_mentioning(
    tx: Transaction, employees: Collection[UUID], kind: SubjectKind, ids: Collection[UUID] | None
) -> None:
    """Reconciles, for these people, the rules that mention one of those subjects; any, for no `ids`."""
    for id_ in (await tx.execute(_MENTIONING, mentioned(kind, ids))).scalars().all():
        rule = await tx.get_one(tables.AssignmentRule, id_)
        await reconcile(tx, system("worker"), rule, employees)


@every("23 0 * * *")
async def reconcile_daily(tx: Transaction, _at: datetime) -> None:
    """Moves that were planned, time served, and what has lapsed."""
    rules = select(col(tables.AssignmentRule.id)).where(col(tables.AssignmentRule.retired_at).is_(None))
    await publish(tx, *(RuleDue(id_) for id_ in (await tx.execute(rules)).scalars()))


@subscribe(RuleDue)
async def reconcile_due(tx: Transaction, event: RuleDue) -> None:
    """One rule at a time."""
    rule = await tx.get(tables.AssignmentRule, event.rule)
    if rule is not None and rule.retired_at is None:
        await reconcile(tx, system("worker"), rule)
