"""How long a completion holds, and the rounds in which it is renewed.

A completion of a version with a validity holds for that long. In a window before it ends a new round opens:
an assignment to the same pathway, or to another that renews it. Of a round only counts what is done of the
steps since it was opened; what else a pathway asks for, a skill or a nested pathway, counts while it holds.
What was done in earlier rounds stays on record, and so do the times during which it held.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, insert, text

from cairn.access import audit
from cairn.access.refusal import FieldProblem
from cairn.access.viewer import system
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph import scalars
from cairn.jobs.events import publish
from cairn.jobs.schedule import every
from cairn.pathways import tables
from cairn.pathways.events import pathways_assigned
from cairn.pathways.tables import Cause
from cairn.requirements.duration import Duration
from cairn.requirements.facts import Fact, Facts
from cairn.requirements.times import Times, at_least
from cairn.requirements.tree import SubjectKind

WINDOW = scalars.Duration("P30D")
"""How long before a completion ends a new round opens, where nothing else is said."""


@dataclass(frozen=True)
class CurrencyDraft:
    """How long a completion of a pathway holds, and how it is renewed."""

    validity: scalars.Duration
    """How long a completion holds."""
    window: scalars.Duration = WINDOW
    """How long before it ends a new round opens."""
    renewed_by: Annotated[UUID, Ref("Pathway")] | None = None
    """Another pathway, a refresher, whose completion renews it; by default the pathway itself."""


def nonsense(draft: CurrencyDraft | None) -> list[FieldProblem]:
    """What is wrong with it."""
    if draft is None:
        return []
    lengths = {"validity": draft.validity, "window": draft.window}
    wrong = [
        FieldProblem(["currency", name], problem)
        for name, length in lengths.items()
        if (problem := scalars.no_calendar(length)) is not None
    ]
    if wrong:
        return wrong
    start = now()
    ends, opens = (Duration.parse(length).after(start) for length in lengths.values())
    if opens is not None and (ends is None or opens < ends):
        return []
    return [FieldProblem(["currency", "window"], "must be shorter than the validity")]


def held(rounds: Sequence[Times], validity: str | None, renewed: Sequence[datetime]) -> Times:
    """When a completion holds.

    Args:
        rounds: When the requirement is met, counting what was done since each round was opened.
        validity: How long a completion holds, as an ISO 8601 duration; absent: while the requirement is met.
        renewed: When another pathway that renews it was completed.
    """
    if validity is None:
        return rounds[0]
    length = Duration.parse(validity)
    starts = [
        (met, first) for met in rounds for first, _ in [next(iter(met), (None, None))] if first is not None
    ]
    starts += [(rounds[0], instant) for instant in renewed]
    return at_least(1, [met & Times.between(start, length.after(start)) for met, start in starts])


def of_round(facts: Facts, opened: datetime | None) -> Facts:
    """The facts that count in a round that was opened then.

    A completion of a nested pathway has no source: nobody recorded it, and it counts while it holds.
    """
    if opened is None:
        return facts
    return {
        subject: [
            fact
            for fact in found
            if subject.kind is not SubjectKind.STEP
            or not fact.sources
            or (fact.since is not None and fact.since >= opened)
        ]
        for subject, found in facts.items()
    }


_OPENED = text(
    "select employee_id, min(assigned_at) from assignment where employee_id = any(:employees)"
    " and pathway_id = :pathway and round > 1 group by employee_id, round order by employee_id, round"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("pathway", type_=Uuid))


async def openings(
    tx: Transaction, employees: Collection[UUID], pathway: UUID
) -> dict[UUID, list[datetime | None]]:
    """When each round of these people's was opened; the first has no beginning."""
    found: dict[UUID, list[datetime | None]] = {employee: [None] for employee in employees}
    for employee, opened in await tx.execute(_OPENED, {"employees": list(employees), "pathway": pathway}):
        found[employee].append(opened)
    return found


_RENEWED = text(
    "select employee_id, closed_at from assignment where employee_id = any(:employees)"
    " and renews_id = :pathway and pathway_id <> :pathway and closure = 'COMPLETED' order by closed_at"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("pathway", type_=Uuid))


async def renewals(tx: Transaction, employees: Collection[UUID], pathway: UUID) -> dict[UUID, list[datetime]]:
    """When people completed another pathway to renew this one."""
    found: dict[UUID, list[datetime]] = {}
    for employee, closed in await tx.execute(_RENEWED, {"employees": list(employees), "pathway": pathway}):
        found.setdefault(employee, []).append(closed)
    return found


_AGAIN = text(
    "select completion.employee_id, completion.pathway_id, assignment.closed_at, upper(part) as until"
    " from pathway_completion completion cross join lateral unnest(completion.held) part"
    " join assignment on assignment.employee_id = completion.employee_id"
    "  and coalesce(assignment.renews_id, assignment.pathway_id) = completion.pathway_id"
    "  and (assignment.round > 1 or assignment.renews_id is not null)"
    "  and assignment.closure = 'COMPLETED' and part @> assignment.closed_at"
    " where completion.employee_id = any(:employees) and completion.pathway_id = any(:pathways)"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)), bindparam("pathways", type_=ARRAY(Uuid)))


async def completed_again(
    tx: Transaction, employees: Collection[UUID], pathways: Collection[UUID]
) -> Sequence[tuple[UUID, SubjectKind, UUID, Fact]]:
    """When people completed a later round while the completion before still held: each as a fact.

    The completion itself is one fact for as long as it holds without a gap.
    """
    if not pathways:
        return []
    given = {"employees": list(employees), "pathways": list(pathways)}
    rows = (await tx.execute(_AGAIN, given)).all()
    return [
        (row.employee_id, SubjectKind.PATHWAY, row.pathway_id, Fact(row.closed_at, row.until)) for row in rows
    ]


LAPSING = (
    "version.validity is not null and not upper_inf(completion.held)"
    " and upper(completion.held) - cast(version.renewal_window as interval) <= cast(:now as timestamptz)"
)
"""The condition that a `completion` of a `version` has ended, or is in the window before it ends."""

_DUE = text(
    "select completion.employee_id, completion.pathway_id as renews_id, target.pathway_id,"  # noqa: S608  # a constant of ours
    " target.id as version_id, cast(upper(completion.held) at time zone 'UTC' as date) as due_on,"
    " (select coalesce(max(round), 1) + 1 from assignment a where a.employee_id = completion.employee_id"
    "   and a.pathway_id = target.pathway_id) as round"
    " from pathway_completion completion join pathway_version version on version.id = completion.version_id"
    " join pathway_version target on target.status = 'PUBLISHED'"
    "  and target.pathway_id = coalesce(version.renewed_by_id, completion.pathway_id)"
    f" where not isempty(completion.held) and {LAPSING}"
    " and exists (select 1 from employment e where e.employee_id = completion.employee_id"
    "   and e.valid @> cast(cast(:now as timestamptz) at time zone 'UTC' as date))"
    " and not exists (select 1 from assignment a where a.employee_id = completion.employee_id"
    "   and a.pathway_id = target.pathway_id and a.closed_at is null)"
    " and not exists (select 1 from assignment a where a.employee_id = completion.employee_id"
    "   and completion.pathway_id = coalesce(a.renews_id, a.pathway_id) and a.assigned_at >="
    "   upper(completion.held) - cast(version.renewal_window as interval))"
    " order by completion.employee_id, completion.pathway_id"
).bindparams(bindparam("now", type_=DateTime(timezone=True)))


@every("13 0 * * *")
async def open_rounds(tx: Transaction, _at: datetime) -> None:
    """Assigns whoever's completion is about to end, or has ended, to what renews it; once for each end.

    A round that was cancelled or waived is not opened again.
    """
    instant = now()
    rows = [
        {
            **row,
            "id": tables.Assignment.new_id(),
            "cause": Cause.RENEWAL,
            "priority": 3,
            "assigned_at": instant,
        }
        for row in (await tx.execute(_DUE, {"now": instant})).mappings()
    ]
    if not rows:
        return
    await tx.execute(insert(tables.Assignment), rows)
    await publish(tx, *pathways_assigned([row["id"] for row in rows]))
    await audit.record(
        tx, system("worker"), "pathway.renew", None, after={"assignments": [str(row["id"]) for row in rows]}
    )
