"""What other systems report that people have done: late, out of order, and more than once.

A report names a person and a step as the system knows them. A step is one of the version that the person
follows, else of the published one; what several pathways have is recorded for each of them. In whatever order
reports come, the same follows from them: a completion is recorded unless one that was earlier, in the same
round, holds already.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, insert, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now, since
from cairn.jobs.events import publish
from cairn.pathways import tables
from cairn.pathways.completion import settle, steps_done
from cairn.pathways.currency import openings
from cairn.pathways.events import StepCompleted, tell_of_assignments
from cairn.pathways.progress import SOURCE, ProgressId, StepId
from cairn.pathways.tables import ProgressKind, Proof
from cairn.people.employ import one_at_a_time
from cairn.people.history import EmployeeId
from cairn.people.profile import fold
from cairn.requirements.facts import Fact
from cairn.skills.assess import EvidenceDraft, add_many

_EVER = datetime.min.replace(tzinfo=UTC)
MOST = 1_000
"""Reports of one request."""


class Reported(StrEnum):
    """What is reported of a step."""

    STARTED = "STARTED"
    """Work on it began."""
    COMPLETED = "COMPLETED"
    """It was completed; where there is a mark to pass, with the score."""
    PASSED = "PASSED"
    """It was passed, which the other system has judged where there is no score."""
    FAILED = "FAILED"
    """It was tried and not passed, which is recorded as work on it."""


@dataclass(frozen=True)
class CompletionReport:
    """What another system reports of somebody and a step, each named in one of several ways."""

    employee: EmployeeId | None = None
    """Who did it."""
    email: str | None = None
    """Who did it, by their address at work."""
    number: str | None = None
    """Who did it, by their employee number."""
    step: StepId | None = None
    """What was done."""
    pathway: str | None = None
    """What was done, by the code of a pathway and the key of a step."""
    step_key: str | None = None
    """The key of the step."""
    activity: str | None = None
    """What was done, by the activity or the link of a step."""
    what: Reported = Reported.COMPLETED
    """What happened."""
    completed_at: datetime | None = None
    """When it happened; now by default."""
    score: int | None = None
    """The score of an assessment, in percent."""
    note: str | None = None
    """What it is based on."""


class ReportOutcome(StrEnum):
    """What came of one report."""

    RECORDED = "RECORDED"
    """A completion is recorded."""
    BEGUN = "BEGUN"
    """It is recorded that work on it began, for it was not passed."""
    ALREADY_RECORDED = "ALREADY_RECORDED"
    """It was recorded before, or done by then; nothing was written."""
    NO_SUCH_PERSON = "NO_SUCH_PERSON"
    """Nobody is known by that."""
    NO_SUCH_STEP = "NO_SUCH_STEP"
    """No published pathway has such a step."""
    NOT_ALLOWED = "NOT_ALLOWED"
    """The step is completed in another way than by a report of another system."""
    INVALID = "INVALID"
    """It makes no sense; the message says why."""


@dataclass(frozen=True)
class ReportResult:
    """What came of one report."""

    employee: EmployeeId | None
    """Who did it."""
    outcome: ReportOutcome
    """What came of it."""
    message: str | None = None
    """What is wrong with it, where something is."""
    records: list[ProgressId] = field(default_factory=list)
    """What was written: one record for each pathway that has the step."""


@dataclass(frozen=True)
class RecordCompletionsPayload:
    """What came of reports, one by one."""

    recorded: int
    """How many completions were recorded."""
    begun: int
    """Of how many it was recorded that work began."""
    repeated: int
    """How many were recorded before."""
    refused: int
    """Of how many nothing was recorded."""
    results: list[ReportResult] = field(default_factory=list)
    """One for each report, in their order."""


async def record_completions(
    tx: Transaction, viewer: Viewer, *, reports: list[CompletionReport]
) -> RecordCompletionsPayload:
    """Records what people did as another system reports it, up to 1,000 reports at once, each with a result.

    What is wrong with one does not keep the others from being recorded. Reports may come late, out of order
    and again. What comes before a step is not asked for, since it has happened. It takes the permission to
    record progress, or to write learning; only with the latter also steps whose completion managers confirm.

    Args:
        reports: What is reported.
    """
    may_report(viewer)
    if len(reports) > MOST:
        raise invalid("reports", f"at most {MOST} at once; send the rest in another request")
    return tally(await take(tx, viewer, reports))


def tally(results: Sequence[ReportResult]) -> RecordCompletionsPayload:
    """The results, counted."""
    counts = Counter(each.outcome for each in results)
    recorded, begun = counts[ReportOutcome.RECORDED], counts[ReportOutcome.BEGUN]
    repeated = counts[ReportOutcome.ALREADY_RECORDED]
    refused = len(results) - recorded - begun - repeated
    return RecordCompletionsPayload(recorded, begun, repeated, refused, list(results))


def may_report(viewer: Viewer) -> None:
    """Raises `NotAllowed`."""
    if not viewer.may(Permission.WRITE_LEARNING):
        viewer.require(Permission.RECORD_PROGRESS)


async def take(
    tx: Transaction,
    viewer: Viewer,
    reports: Sequence[CompletionReport],
    people: Sequence[UUID | None] | None = None,
    statements: Sequence[UUID] | None = None,
) -> list[ReportResult]:
    """Records what is reported.

    Args:
        tx: The transaction.
        viewer: Who reports.
        reports: What is reported.
        people: Those that it is about, where they are known already.
        statements: The statements that it comes from, where it comes from some.
    """
    instant = now()
    whose = list(people) if people is not None else await _people(tx, reports)
    nonsense = [_nonsense(each, instant) for each in reports]
    steps = await _steps(
        tx, reports, [None if wrong else who for who, wrong in zip(whose, nonsense, strict=True)]
    )
    taking = _Taking(viewer, instant)
    there = {who for who in whose if who is not None}
    await one_at_a_time(tx, there)
    await taking.look(tx, there, [step for found in steps for step in found])
    results: dict[int, ReportResult] = {}
    # In the order in which it happened: what comes of them does not depend on how they are listed.
    for n in sorted(range(len(reports)), key=lambda n: (reports[n].completed_at or instant, n)):
        who, wrong = whose[n], nonsense[n]
        if wrong:
            results[n] = ReportResult(who, ReportOutcome.INVALID, wrong)
        elif who is None:
            results[n] = ReportResult(None, ReportOutcome.NO_SUCH_PERSON, "Nobody here is known by that.")
        elif not steps[n]:
            message = "No published pathway has such a step."
            results[n] = ReportResult(who, ReportOutcome.NO_SUCH_STEP, message)
        else:
            taking.statement = statements[n] if statements is not None else None
            results[n] = _together(who, [taking.decide(who, each, reports[n]) for each in steps[n]])
    await taking.write(tx)
    if taking.rows:
        listed = {"records": [str(row["id"]) for row in taking.rows]}
        await audit.record(tx, viewer, "progress.report", None, after=listed)
    return [results[n] for n in range(len(reports))]


def _nonsense(report: CompletionReport, instant: datetime) -> str | None:
    """What is wrong with a report by itself."""
    who = [each for each in (report.employee, report.email, report.number) if each is not None]
    by_key = report.pathway is not None and report.step_key is not None
    what = [each for each in (report.step, by_key or None, report.activity) if each is not None]
    if len(who) > 1:
        return "Name the person in one way: employee, email or number."
    if len(what) != 1 or (report.pathway is None) != (report.step_key is None):
        return "Name the step in one way: step, pathway with stepKey, or activity."
    if report.score is not None and not 0 <= report.score <= 100:
        return "The score must be from 0 to 100."
    if report.completed_at is not None and report.completed_at > instant:
        return "It must not lie in the future."
    return None


def _together(who: UUID, decided: Sequence["_Decided"]) -> ReportResult:
    """One result for a step of several pathways: what was achieved in any of them."""
    order = list(ReportOutcome)
    best = min(decided, key=lambda each: order.index(each.outcome))
    records = [each.record for each in decided if each.record is not None]
    return ReportResult(who, best.outcome, best.message, records)


_PEOPLE = text("""
 select asked.n, employee.id
  from unnest(cast(:ids as uuid[]), cast(:emails as text[]), cast(:numbers as text[]))
   with ordinality asked(id, email, number, n)
  join employee on erased_at is null
   and (employee.id = asked.id or employee.email = asked.email or employee.number = asked.number)
""").bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("emails", type_=ARRAY(Text)),
    bindparam("numbers", type_=ARRAY(Text)),
)


async def _people(tx: Transaction, reports: Sequence[CompletionReport]) -> list[UUID | None]:
    given = {
        "ids": [each.employee for each in reports],
        "emails": [each.email and fold(each.email) for each in reports],
        "numbers": [each.number for each in reports],
    }
    found: dict[int, UUID] = {row.n: row.id for row in await tx.execute(_PEOPLE, given)}
    return [found.get(n) for n in range(1, len(reports) + 1)]


@dataclass(frozen=True)
class _Step:
    """A step that a report is about, of one pathway."""

    id: UUID
    pathway: UUID
    title: str
    is_nested: bool
    pass_mark: int | None
    proof: Proof


_STEPS = text("""
 with asked as (
  select * from unnest(cast(:people as uuid[]), cast(:steps as uuid[]), cast(:codes as text[]),
   cast(:keys as text[]), cast(:activities as text[])) with ordinality
   asked(employee_id, step_id, code, key, activity, n)),
 meant as (
  select n, employee_id, step.id from asked join step on step.id = asked.step_id
  union
  select n, employee_id, step.id from asked join pathway on pathway.code = asked.code
   join pathway_version version on version.pathway_id = pathway.id
   join step on step.version_id = version.id and step.key = asked.key
  union
  select n, employee_id, step.id from asked join step on step.activity = asked.activity
  union
  select n, employee_id, step.id from asked join step on step.url = asked.activity and step.activity is null),
 ranked as (
  select n, step.id, version.pathway_id, version.number, step.title,
   step.nested_pathway_id is not null as is_nested, step.pass_mark, step.proof,
   case
    when exists (select 1 from assignment a where a.employee_id = meant.employee_id
     and a.version_id = version.id and a.closed_at is null) then 0
    when version.id = (select a.version_id from assignment a where a.employee_id = meant.employee_id
     and a.pathway_id = version.pathway_id order by assigned_at desc limit 1) then 1
    when exists (select 1 from progress join step other on other.id = progress.step_id
     where progress.employee_id = meant.employee_id and other.version_id = version.id) then 2
    when version.status = 'PUBLISHED' then 3
    when step.id = any(:steps) then 4
   end as nearness
   from meant join step on step.id = meant.id join pathway_version version on version.id = step.version_id
   where version.status <> 'DRAFT')
 select distinct on (n, pathway_id) n, id, pathway_id, title, is_nested, pass_mark, proof from ranked
  where nearness is not null order by n, pathway_id, nearness, number desc, id
""").bindparams(
    *(bindparam(name, type_=ARRAY(Uuid)) for name in ("people", "steps")),
    *(bindparam(name, type_=ARRAY(Text)) for name in ("codes", "keys", "activities")),
)


async def _steps(
    tx: Transaction, reports: Sequence[CompletionReport], people: Sequence[UUID | None]
) -> list[list[_Step]]:
    """The steps that each report is about: one for each pathway that has it."""
    about = [
        each if who is not None else CompletionReport() for each, who in zip(reports, people, strict=True)
    ]
    given = {
        "people": list(people),
        "steps": [each.step for each in about],
        "codes": [each.pathway for each in about],
        "keys": [each.step_key for each in about],
        "activities": [each.activity for each in about],
    }
    found: list[list[_Step]] = [[] for _ in reports]
    for n, id_, pathway, title, nested, mark, proof in await tx.execute(_STEPS, given):
        found[n - 1].append(_Step(id_, pathway, title, nested, mark, Proof(proof)))
    return found


@dataclass(frozen=True)
class _Decided:
    """What comes of a report about a step of one pathway."""

    outcome: ReportOutcome
    message: str | None = None
    record: UUID | None = None


@dataclass
class _Taking:
    """Reports being taken: what is known of the people they are about, and what is to be written."""

    viewer: Viewer
    instant: datetime
    done: dict[tuple[UUID, UUID], list[Fact]] = field(default_factory=dict)
    begun: dict[tuple[UUID, UUID], set[tuple[datetime | None, int | None]]] = field(default_factory=dict)
    opened: dict[tuple[UUID, UUID], list[datetime | None]] = field(default_factory=dict)
    statement: UUID | None = None
    """The statement that the report being decided comes from."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    noted: dict[UUID, set[UUID]] = field(default_factory=dict)
    """Pathway → those of whom something is to be written."""
    completed: list[tuple[UUID, _Step, UUID, datetime]] = field(default_factory=list)

    async def look(self, tx: Transaction, people: Collection[UUID], steps: Collection[_Step]) -> None:
        """Loads what is known of them."""
        ids = list({each.id for each in steps})
        for employee, _, step, fact in await steps_done(tx, list(people), ids):
            self.done.setdefault((employee, UUID(str(step))), []).append(fact)
        row = tables.Progress
        started = select(col(row.employee_id), col(row.step_id), col(row.valid), col(row.score)).where(
            col(row.employee_id) == any_(bindparam("people", list(people), ARRAY(Uuid))),
            col(row.step_id) == any_(bindparam("steps", ids, ARRAY(Uuid))),
            col(row.kind) == ProgressKind.STARTED,
            col(row.withdrawn_at).is_(None),
        )
        for employee, step, valid, score in await tx.execute(started):
            self.begun.setdefault((employee, step), set()).add((valid.lower, score))
        for pathway in {each.pathway for each in steps}:
            for employee, opened in (await openings(tx, people, pathway)).items():
                self.opened[employee, pathway] = opened

    def decide(self, who: UUID, step: _Step, report: CompletionReport) -> _Decided:
        """What comes of a report, which is noted for those that come after it."""
        if step.is_nested:
            return _Decided(ReportOutcome.NOT_ALLOWED, "It is completed by completing the pathway in it.")
        if step.proof is Proof.MANAGER and not self.viewer.may(Permission.WRITE_LEARNING):
            return _Decided(ReportOutcome.NOT_ALLOWED, "It is confirmed by somebody above the person.")
        when = report.completed_at or self.instant
        lacking = _lacking(step, report)
        if lacking is None:
            if self._is_done(who, step, when):
                return _Decided(ReportOutcome.ALREADY_RECORDED)
            record = self._note(who, step, ProgressKind.COMPLETED, when, report)
            self.done.setdefault((who, step.id), []).append(Fact(when, None, (record,)))
            self.completed.append((who, step, record, when))
            return _Decided(ReportOutcome.RECORDED, None, record)
        begun = self.begun.setdefault((who, step.id), set())
        opened = self._opened(who, step, when)
        plain = report.what is Reported.STARTED and report.score is None
        again = (when, report.score) in begun or self._is_done(who, step, when)
        if again or (plain and any(opened <= (earlier or _EVER) <= when for earlier, _ in begun)):
            return _Decided(ReportOutcome.ALREADY_RECORDED)
        record = self._note(who, step, ProgressKind.STARTED, when, report)
        begun.add((when, report.score))
        return _Decided(ReportOutcome.BEGUN, lacking or None, record)

    def _opened(self, who: UUID, step: _Step, when: datetime) -> datetime:
        """When the round of that time was opened."""
        rounds = [each for each in self.opened[who, step.pathway] if each is not None and each <= when]
        return rounds[-1] if rounds else _EVER

    def _is_done(self, who: UUID, step: _Step, when: datetime) -> bool:
        """Whether it was done by then, counting what was done in the round of that time."""
        opened = self._opened(who, step, when)
        done = self.done.get((who, step.id), ())
        return any(fact.holds_at(when) and (fact.since or _EVER) >= opened for fact in done)

    def _note(
        self, who: UUID, step: _Step, kind: ProgressKind, when: datetime, report: CompletionReport
    ) -> UUID:
        id_ = tables.Progress.new_id()
        self.noted.setdefault(step.pathway, set()).add(who)
        self.rows.append(
            {
                "id": id_,
                "employee_id": who,
                "step_id": step.id,
                "kind": kind,
                "valid": since(when),
                "score": report.score,
                "note": report.note,
                "recorded_by_id": self.viewer.employee,
                "recorded_at": self.instant,
                "statement_id": self.statement,
            }
        )
        return id_

    async def write(self, tx: Transaction) -> None:
        """Writes what was noted, and has follow what follows from it."""
        if not self.rows:
            return
        await tx.execute(insert(tables.Progress), self.rows)
        await add_many(tx, await self._evidence(tx))
        for pathway, people in self.noted.items():
            await tell_of_assignments(tx, people, pathway=pathway)
        whose: dict[UUID, set[UUID]] = {}
        for who, step, _, _ in self.completed:
            whose.setdefault(step.pathway, set()).add(who)
        for pathway in sorted(whose):
            await settle(tx, whose[pathway], pathway)
        await publish(tx, *(StepCompleted(who, step.id) for who, step, _, _ in self.completed))

    async def _evidence(self, tx: Transaction) -> list[EvidenceDraft]:
        """What the completions are evidence of."""
        grant = tables.StepGrant
        ids = list({step.id for _, step, *_ in self.completed})
        grants: dict[UUID, list[tables.StepGrant]] = {}
        of_these = select(grant).where(col(grant.step_id) == any_(bindparam("ids", ids, ARRAY(Uuid))))
        for each in (await tx.execute(of_these)).scalars():
            grants.setdefault(each.step_id, []).append(each)
        return [
            EvidenceDraft(
                who,
                each.skill_id,
                each.level,
                SOURCE[step.proof],
                when,
                asserted_by=self.viewer.employee,
                note=f"Completed: {step.title}",
                cause=record,
            )
            for who, step, record, when in self.completed
            for each in grants.get(step.id, ())
        ]


def _lacking(step: _Step, report: CompletionReport) -> str | None:
    """What keeps a report from being of a completion; None for nothing, empty for what says so itself."""
    mark = step.pass_mark
    if report.what is Reported.STARTED:
        return ""
    if report.what is Reported.FAILED:
        return "It was not passed."
    if mark is None or (report.score is None and report.what is Reported.PASSED):
        return None
    if report.score is None:
        return f"No score came with it, and it takes {mark} to pass."
    return None if report.score >= mark else f"It takes {mark} to pass."
