"""Comparing those whom the plan has to compare, some thousands at a time: what each of them becomes."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from cairn.db.ranges import Days, without
from cairn.hris.diff import FIELDS, Known, Outcome, Places, compare, departed
from cairn.hris.gate import Totals
from cairn.hris.intake import SECONDS, Noted
from cairn.hris.progress import Telling
from cairn.hris.record import Problem, Record
from cairn.hris.tables import SyncGravity, SyncKind, SyncRun, SyncStage
from cairn.people import history
from cairn.people.histories import Rewriting
from cairn.people.history import Pending, Position, Stint
from cairn.people.tables import Engagement, Work

PAGE = 5_000
COLUMNS = (*FIELDS, "time_zone", "user_name_key", "external_id")
"""What of an employee a feed writes."""

_NAMED = f"""
select p.row_number, p.external_id as whom, p.person_id, p.employee_id, p.digest, p.is_loose,
  p.record::text as record, e.kept_locally, e.changed_at, {", ".join(f"e.{name}" for name in COLUMNS)}
from sync_record p left join employee e on e.id = p.employee_id
where p.row_number > $1 and not p.is_plain
order by p.row_number limit {PAGE}
"""  # noqa: S608  # names of ours
_MISSING = f"""
select e.id as employee_id, e.external_id as whom, e.kept_locally,
  {", ".join(f"e.{name}" for name in COLUMNS)}
from employee e where e.id = any($1)
"""  # noqa: S608  # names of ours
_STINTS = """
select id, employee_id, valid, title, manager_id, department_id, job_role_id, location, work, engagement,
  manager_ref, department_ref, job_role_ref
from employment where employee_id = any($1) order by employee_id, lower(valid)
"""
_PEOPLE = """
select asked.ref, coalesce(p.person_id, e.id) as id
from unnest($1::text[]) as asked(ref)
left join sync_plan p on p.external_id = asked.ref and not (p.state = 'NEW' and p.is_refused)
left join employee e on e.source = $2 and e.external_id = asked.ref
where coalesce(p.person_id, e.id) is not null
"""

_decode = msgspec.json.Decoder(Record).decode
_POSITION = ("title", "manager", "department", "job_role", "location")


@dataclass
class Changes:
    """What a run is going to write of people who are compared one by one."""

    rewriting: Rewriting = field(default_factory=Rewriting)
    employees: list[tuple[Any, ...]] = field(default_factory=list)
    """The id of each whose row changes, and their `COLUMNS`."""
    touched: list[UUID] = field(default_factory=list)
    """Whose employments change."""
    relinked: list[UUID] = field(default_factory=list)
    """Who of them gets another manager, or the same on other days."""
    told: list[tuple[UUID, SyncKind, str | None, str | None]] = field(default_factory=list)
    """Each change: of whom, what kind, and before and after as JSON."""
    applied: list[tuple[UUID, bytes]] = field(default_factory=list)
    """Whose line is applied in full, and its digest."""
    partly: list[UUID] = field(default_factory=list)
    """Whose line is not, so that the next run looks at them again."""
    noted: list[Noted] = field(default_factory=list)
    leavers: dict[UUID, date] = field(default_factory=dict)
    """Whose last day is new, and the day after it."""
    lost: dict[UUID, list[Days]] = field(default_factory=dict)
    """The days on which people are not employed any more."""
    same: int = 0


async def compare_all(
    connection: Any,
    run: SyncRun,
    *,
    places: Places,
    day: date,
    missing: Sequence[UUID],
    loose: Mapping[UUID, str],
    yields: Collection[tuple[str, UUID]],
    protected: Collection[UUID],
    totals: Totals,
    telling: Telling,
) -> Changes:
    """What the run makes of whoever has to be looked at one by one.

    These are the known who are not surely the same, new people with a past, and the missing. `protected`
    stay, whatever the feed says.
    """
    comparing = _Comparing(run, day, loose, yields, protected, totals)
    await telling(SyncStage.COMPARING, 0.0)
    async for page in _pages(connection):
        page_places = await _placed(connection, run, page, places)
        for row, record, rows in page:
            comparing.named(row, record, rows, page_places)
        await telling(SyncStage.COMPARING, page[-1][0]["row_number"] / run.last_line)
    for start in range(0, len(missing), PAGE):
        ids = missing[start : start + PAGE]
        people = await connection.fetch(_MISSING, ids, timeout=SECONDS)
        stints = await _stints(connection, ids)
        for row in people:
            comparing.unnamed(row, stints.get(row["employee_id"], {}))
    return comparing.changes


Page = list[tuple[Any, Record, dict[Stint, UUID]]]


async def _pages(connection: Any) -> AsyncIterator[Page]:
    last = 0
    while rows := await connection.fetch(_NAMED, last, timeout=SECONDS):
        stints = await _stints(connection, [row["employee_id"] for row in rows if row["employee_id"]])
        yield [(row, _decode(row["record"]), stints.get(row["employee_id"], {})) for row in rows]
        last = rows[-1]["row_number"]


async def _stints(connection: Any, employees: Sequence[UUID]) -> dict[UUID, dict[Stint, UUID]]:
    """The histories of people, in order, with the id of each row."""
    found: dict[UUID, dict[Stint, UUID]] = {}
    for row in await connection.fetch(_STINTS, employees, timeout=SECONDS):
        stint = Stint(
            row["valid"].lower,
            row["valid"].upper,
            Position(
                row["title"],
                row["manager_id"],
                row["department_id"],
                row["job_role_id"],
                row["location"],
                Work(row["work"]),
                Engagement(row["engagement"]),
            ),
            Pending(row["manager_ref"], row["department_ref"], row["job_role_ref"]),
        )
        found.setdefault(row["employee_id"], {})[stint] = row["id"]
    return found


async def _placed(connection: Any, run: SyncRun, page: Page, places: Places) -> Places:
    """The places, with the managers that a page of records names."""
    names = {name for _, record, _ in page for name in _managers(record)}
    found = await connection.fetch(_PEOPLE, list(names), run.source, timeout=SECONDS)
    return replace(places, people={**places.people, **{row["ref"]: row["id"] for row in found}})


def _managers(record: Record) -> Iterable[str]:
    if record.manager:
        yield record.manager
    for post in record.posts or ():
        if post.manager is not None:
            yield post.manager


@dataclass
class _Comparing:
    run: SyncRun
    day: date
    loose: Mapping[UUID, str]
    yields: Collection[tuple[str, UUID]]
    protected: Collection[UUID]
    totals: Totals
    changes: Changes = field(default_factory=Changes)

    def named(self, row: Any, record: Record, rows: dict[Stint, UUID], places: Places) -> None:
        """Somebody whom a line is about."""
        is_new = row["employee_id"] is None
        person: UUID = row["person_id"]
        known = _known(row, person, rows)
        changes, number = self.changes, row["row_number"]
        is_loose = person in self.loose
        if is_loose:
            record = _without_manager(record)
            changes.noted.append(
                (SyncGravity.WARNING, number, row["whom"], Problem("manager", self.loose[person]))
            )
        outcome = compare(
            record, known, places, day=self.day, names_all=self.run.mode == "SNAPSHOT", is_new=is_new
        )
        for gravity, problems in (
            (SyncGravity.WARNING, outcome.warnings),
            (SyncGravity.WARNING, outcome.problems),
        ):
            changes.noted += [(gravity, number, row["whom"], each) for each in problems]
        for name in ("email", "user_name_key", "number"):
            if (name, person) in self.yields:
                outcome.fields.pop(name, None)
                if name == "user_name_key":
                    outcome.fields.pop("user_name", None)
        if outcome.stints is None and not outcome.fields and not is_new:
            outcome.kind = None
        if outcome.stints is not None and person in self.protected:
            self._stays(number, row["whom"])
            changes.partly.append(person)
            changes.same += 1
            return
        (changes.partly if is_loose or outcome.problems else changes.applied).append(
            person if is_loose or outcome.problems else (person, row["digest"])  # type: ignore[arg-type]
        )
        self._count_emptied(known, outcome)
        self._write(known, rows, outcome)

    def unnamed(self, row: Any, rows: dict[Stint, UUID]) -> None:
        """Somebody whom a snapshot does not name."""
        known = _known(row, row["employee_id"], rows)
        if known.id in self.protected:
            self._stays(None, row["whom"])
        else:
            self._write(known, rows, departed(known, self.day))

    def _stays(self, number: int | None, whom: str) -> None:
        message = "is the last administrator and stays as before; have another people admin sign in first"
        problem = Problem("status", message)
        self.changes.noted.append((SyncGravity.REFUSAL, number, whom, problem))

    def _write(self, known: Known, rows: dict[Stint, UUID], outcome: Outcome) -> None:
        changes = self.changes
        if outcome.kind is None:
            changes.same += 1
            return
        before = list(known.stints)
        if outcome.stints is not None:
            changes.touched.append(known.id)
            if history.managers(before) != history.managers(outcome.stints):
                changes.relinked.append(known.id)
            changes.rewriting.add(known.id, rows, outcome.stints)
            if lost := without([each.days for each in before], [each.days for each in outcome.stints]):
                changes.lost[known.id] = lost
            self._leaves(known.id, outcome)
        if outcome.kind is SyncKind.NEW:
            return  # its row, and what is told of it, is written with all that are new
        is_back = outcome.kind is SyncKind.REVIVED
        fields = {**known.fields, **outcome.fields}
        changes.employees.append((known.id, is_back, *(fields[name] for name in COLUMNS)))
        was: dict[str, Any] = {name: known.fields[name] for name in outcome.fields}
        is_: dict[str, Any] = dict(outcome.fields)
        if outcome.stints is not None:
            was |= history.told(before)
            is_ |= history.told(outcome.stints)
        changes.told.append((known.id, outcome.kind, _json(was), _json(is_)))

    def _leaves(self, person: UUID, outcome: Outcome) -> None:
        if outcome.kind not in {SyncKind.TERMINATED, SyncKind.MISSING} or outcome.stints is None:
            return
        self.totals.leaving += 1
        end = outcome.stints[-1].until if outcome.stints else self.day
        gone = max(end, self.day) if end is not None else self.day
        self.changes.leavers[person] = gone

    def _count_emptied(self, known: Known, outcome: Outcome) -> None:
        emptied = self.totals.emptied
        for name, value in outcome.fields.items():
            if value is None and known.fields.get(name) is not None and name != "user_name_key":
                emptied[name] += 1
        if outcome.stints is None:
            return
        was = next((each for each in known.stints if each.covers(self.day)), None)
        is_ = next((each for each in outcome.stints if each.covers(self.day)), None)
        if was is None or is_ is None:
            return
        for name in _POSITION:
            if _held(was, name) and not _held(is_, name):
                emptied[name] += 1


def _held(stint: Stint, name: str) -> bool:
    return bool(getattr(stint.position, name) or getattr(stint.pending, name, None))


def _known(row: Any, person: UUID, rows: dict[Stint, UUID]) -> Known:
    fields = {name: row[name] for name in COLUMNS}
    return Known(person, fields, frozenset(each.lower() for each in row["kept_locally"] or ()), tuple(rows))


def _without_manager(record: Record) -> Record:
    changes: dict[str, Any] = {"manager": msgspec.UNSET}
    if record.posts:
        changes["posts"] = tuple(msgspec.structs.replace(post, manager=None) for post in record.posts)
    return msgspec.structs.replace(record, **changes)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
