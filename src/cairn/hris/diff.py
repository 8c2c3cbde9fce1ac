"""What becomes of somebody when a feed says something of them: pure, for one person.

    outcome = compare(record, known, places, day=today, names_all=True)

What comes out is fed back in as nothing to do: the same record twice is the same as once. A feed that says
what somebody is employed as says it of *one* time of employment without a gap, a spell: the present one, or
the next, or, for somebody who has left, a new one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from msgspec import UNSET

from cairn.graph.node import camel
from cairn.hris.record import Post, Problem, Record, Standing
from cairn.hris.tables import SyncKind
from cairn.people.history import Pending, Position, Stint
from cairn.people.profile import fold
from cairn.people.tables import Work

FIELDS = ("given_name", "family_name", "display_name", "email", "user_name", "phone", "number", "locale")
"""What a record and an employee have by the same name; and the time zone."""


@dataclass(frozen=True)
class Places:
    """What the names in a feed stand for."""

    people: Mapping[str, UUID]
    departments: Mapping[str, UUID]
    job_roles: Mapping[str, UUID]


@dataclass(frozen=True)
class Known:
    """Somebody as they are."""

    id: UUID
    fields: Mapping[str, Any]
    """Columns of the employee."""
    kept: frozenset[str] = frozenset()
    """What the feed does not write, in lower case."""
    stints: tuple[Stint, ...] = ()


@dataclass
class Outcome:
    """What the feed makes of somebody."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Columns of the employee that get another value."""
    stints: list[Stint] | None = None
    """The history, where it becomes another one."""
    kind: SyncKind | None = None
    """What that is called; None: nothing changes."""
    problems: list[Problem] = field(default_factory=list)
    """What the feed says and this does not do."""
    warnings: list[Problem] = field(default_factory=list)
    """What the feed names and nobody knows; it waits."""


def compare(
    record: Record, known: Known, places: Places, *, day: date, names_all: bool, is_new: bool = False
) -> Outcome:
    """What becomes of somebody of whom a feed says `record`.

    `names_all`: whom the feed names is employed, unless it says otherwise; a delta brings nobody back by
    naming them.
    """
    outcome = Outcome()
    outcome.fields = _fields(record, known)
    found = list(known.stints)
    wanted = _Employed(record, known, places, day, outcome).stints(names_all=names_all)
    if wanted != found:
        outcome.stints = wanted
    outcome.kind = SyncKind.NEW if is_new else _kind(outcome, found, day)
    return outcome


def departed(known: Known, day: date) -> Outcome:
    """What becomes of somebody whom a snapshot does not name."""
    wanted = until(list(known.stints), day)
    if wanted == list(known.stints):
        return Outcome()
    return Outcome(stints=wanted, kind=SyncKind.MISSING)


def _kind(outcome: Outcome, before: Sequence[Stint], day: date) -> SyncKind | None:
    if outcome.stints is None:
        return SyncKind.CHANGED if outcome.fields else None
    was, is_ = last_day(before, day), last_day(outcome.stints, day)
    if was == "gone" and is_ != "gone":
        return SyncKind.REVIVED
    if is_ == "gone" and was != "gone":
        return SyncKind.TERMINATED
    if isinstance(is_, date) and (not isinstance(was, date) or is_ < was):
        return SyncKind.TERMINATED
    return SyncKind.MOVED


def last_day(stints: Sequence[Stint], day: date) -> date | str:
    """The end of somebody's employment: `open`, `gone` before that day, or the day after the last one."""
    if not stints or all(each.until is not None and each.until <= day for each in stints):
        return "gone"
    return stints[-1].until or "open"


def _fields(record: Record, known: Known) -> dict[str, Any]:
    """What of the employee the record says otherwise."""
    said: dict[str, Any] = {
        name: getattr(record, name) for name in (*FIELDS, "time_zone") if record.said(name)
    }
    for name, default in (("locale", "en"), ("time_zone", "UTC")):
        if name in said and said[name] is None:
            said[name] = default
    said = {name: value for name, value in said.items() if name not in known.kept}
    if not record.said("display_name") and ("given_name" in said or "family_name" in said):
        was = {name: known.fields.get(name) or "" for name in ("given_name", "family_name", "display_name")}
        if was["display_name"] in {"", full(was["given_name"], was["family_name"])}:
            said["display_name"] = full(
                said.get("given_name", was["given_name"]), said.get("family_name", was["family_name"])
            )
    found = {
        name: value
        for name, value in said.items()
        if name not in known.kept and known.fields.get(name) != value
    }
    if "user_name" in found:
        found["user_name_key"] = fold(found["user_name"]) if found["user_name"] is not None else None
    if record.external_id != known.fields.get("external_id"):
        found["external_id"] = record.external_id
    return found


def full(given_name: str, family_name: str) -> str:
    """The display name of somebody of whom nothing else is said."""
    return f"{given_name} {family_name}".strip()


def until(stints: Sequence[Stint], day: date) -> list[Stint]:
    """A history without anything from a day on."""
    return [
        replace(each, until=day) if each.until is None or each.until > day else each
        for each in stints
        if each.since < day
    ]


def _from(stints: Sequence[Stint], day: date) -> list[Stint]:
    """A history without anything before a day."""
    return [
        replace(each, since=max(each.since, day)) for each in stints if each.until is None or each.until > day
    ]


def _spells(stints: Sequence[Stint], hired: Any) -> list[list[Stint]]:
    """The times of employment without a gap; where somebody is hired again on the very day is one too."""
    found: list[list[Stint]] = []
    for each in stints:
        if found and found[-1][-1].until == each.since != hired:
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _joined(stints: Sequence[Stint]) -> list[Stint]:
    """A history with stints that touch and say the same as one."""
    found: list[Stint] = []
    for each in stints:
        if (
            found
            and replace(found[-1], since=each.since, until=each.until) == each
            and (found[-1].until == each.since)
        ):
            found[-1] = replace(found[-1], until=each.until)
        else:
            found.append(each)
    return found


@dataclass
class _Employed:
    """What a record says about somebody's employment."""

    record: Record
    known: Known
    places: Places
    day: date
    outcome: Outcome

    def stints(self, *, names_all: bool) -> list[Stint]:
        """The history that the record makes of the one there is."""
        record, history = self.record, list(self.known.stints)
        if record.posts is not UNSET:
            return self._posts(record.posts)
        spells = _spells(history, record.hired_on)
        n = self._about(spells)
        if n is None:
            return self._back(spells, names_all=names_all)
        before, after = spells[:n], spells[n + 1 :]
        spell = spells[n] if n < len(spells) else self._planned(spells[-1])
        spell = self._begun(before, spell)
        leaves = self._left(spell)
        if leaves is not None:
            end = spell[-1].until
            spell = self._held(spell if end is None else _ended(spell, max(leaves, end)))
            left = _ended(spell, leaves)
            return [*_flat(before), *left] if left else self._corrected(before, self._leaves)
        if self.record.last_day is None and not after:
            spell = [*spell[:-1], replace(spell[-1], until=None)]
        return [*_flat(before), *self._held(spell), *_flat(after)]

    def _about(self, spells: Sequence[Sequence[Stint]]) -> int | None:
        """Which spell the record is about; None where all are over."""
        n = next((n for n, each in enumerate(spells) if not _is_over(each, self.day)), None)
        hired = self.record.hired_on
        if n is not None and isinstance(hired, date) and _is_over(spells[n], hired):
            return next((n for n, each in enumerate(spells) if not _is_over(each, hired)), len(spells))
        return n

    def _planned(self, last: Sequence[Stint]) -> list[Stint]:
        """A spell that the record plans after the last one."""
        assert isinstance(self.record.hired_on, date)
        return [Stint(self.record.hired_on, None, last[-1].position, last[-1].pending)]

    @property
    def _leaves(self) -> date | None:
        """The first day on which they are employed no more, where the record says so."""
        if isinstance(self.record.last_day, date):
            return self.record.last_day + timedelta(days=1)
        if self.record.status is Standing.TERMINATED:
            return self.day
        return None

    def _back(self, before: list[list[Stint]], *, names_all: bool) -> list[Stint]:
        """Of somebody who is not employed, and is not going to be: perhaps they are now."""
        record, leaves, history = self.record, self._leaves, _flat(before)
        hired = record.hired_on if isinstance(record.hired_on, date) else None
        last = history[-1] if history else None
        end = last.until if last is not None else None
        is_later = hired is not None and (end is None or hired >= end)
        comes = record.status in {Standing.ACTIVE, Standing.ON_LEAVE, Standing.PREHIRE} or is_later
        if not (comes or (record.status is UNSET and (names_all or last is None))):
            return self._corrected(before, leaves)
        if leaves is not None and not is_later and (last is not None or leaves <= self.day):
            return self._corrected(before, leaves)
        if last is not None and hired is not None and hired == before[-1][0].since:
            return self._reopened(before, leaves)
        since = hired if hired is not None and is_later else self.day
        if leaves is not None and leaves <= since:
            return history
        position, pending = self._position(last)
        back = Stint(since, leaves, position, pending)
        return [*history, back] if is_later else [*history[:-1], *_joined([*history[-1:], back])]

    def _corrected(self, before: list[list[Stint]], leaves: date | None) -> list[Stint]:
        """Of somebody who has left: on another day, or not yet, if the record says so."""
        history = _flat(before)
        if leaves is None or not isinstance(self.record.last_day, date):
            return history
        if not before or leaves <= before[-1][0].since:
            return history
        if leaves > self.day:
            return self._reopened(before, leaves)
        return [*_flat(before[:-1]), *_ended(before[-1], leaves)]

    def _reopened(self, before: list[list[Stint]], leaves: date | None) -> list[Stint]:
        """Of somebody who had left, it was thought."""
        spell = [*before[-1][:-1], replace(before[-1][-1], until=None)]
        spell = self._held(self._begun(before[:-1], spell))
        return [*_flat(before[:-1]), *(spell if leaves is None else _ended(spell, leaves))]

    def _begun(self, before: list[list[Stint]], spell: list[Stint]) -> list[Stint]:
        """The spell with the first day that the record says."""
        hired, first = self.record.hired_on, spell[0].since
        if not isinstance(hired, date) or hired == first:
            return spell
        if before and (floor := before[-1][-1].until) is not None and hired < floor:
            return spell  # the day they were first hired, long before they came back
        if hired < first:
            return [replace(spell[0], since=hired), *spell[1:]]
        return _from(spell, hired)

    def _held(self, spell: list[Stint]) -> list[Stint]:
        """The spell with the position that the record says, from the day it says."""
        said = self.record.effective_on
        at = said if isinstance(said, date) else self.day
        at = max(at, spell[0].since)
        here = next((each for each in spell if each.until is None or at < each.until), spell[-1])
        now = next((each for each in spell if each.until is None or self.day < each.until), spell[-1])
        base = here if at > self.day else now
        position, pending = self._position(base)
        if (position, pending) == (base.position, base.pending) and (said is UNSET or base.since <= at):
            return spell
        end = base.until
        if end is not None and at >= end:
            self.outcome.problems.append(
                Problem("effectiveOn", "comes after the end of the employment; say hiredOn")
            )
            return spell
        found = [*until(spell, at), Stint(at, end, position, pending)]
        if said is UNSET:
            found = [*found[:-2], *_joined(found[-2:])]
        return [*found, *(_from(spell, end) if end is not None else [])]

    def _left(self, spell: Sequence[Stint]) -> date | None:
        """The first day on which they are employed no more, if it is this spell that the record ends."""
        leaves = self._leaves
        if leaves is not None and leaves <= spell[0].since:  # the last day of an earlier one, perhaps
            return self.day if self.record.status is Standing.TERMINATED else None
        return leaves

    def _posts(self, posts: Sequence[Post]) -> list[Stint]:
        """The history that posts tell."""
        found: list[Stint] = []
        nexts = [*(post.since for post in posts[1:]), None]
        for n, (post, following) in enumerate(zip(posts, nexts, strict=True)):
            end = following if post.last_day is None else post.last_day + timedelta(days=1)
            said = {
                name: getattr(post, name)
                for name in ("title", "location", "manager", "department", "job_role", "engagement")
            }
            held = next((each for each in self.known.stints if each.covers(post.since)), None)
            if held is not None and (own := said.keys() & self.known.kept):
                said = {name: value for name, value in said.items() if name not in own}
                base, waits = replace(held.position, work=post.work), held.pending
            else:
                base, waits = Position(work=post.work), Pending()
            position, pending = self._placed(base, waits, said, f"posts.{n}.")
            found.append(Stint(post.since, end, position, pending))
        return found

    def _position(self, base: Stint | None) -> tuple[Position, Pending]:
        """The position that the record says, with what it does not say from `base`."""
        record = self.record
        said = {
            name: getattr(record, name)
            for name in ("title", "location", "manager", "department", "job_role", "engagement")
            if record.said(name) and name not in self.known.kept
        }
        position = base.position if base is not None else Position()
        if record.status is Standing.ON_LEAVE:
            position = replace(position, work=Work.ON_LEAVE)
        elif record.status in {Standing.ACTIVE, Standing.PREHIRE}:
            position = replace(position, work=Work.ACTIVE)
        return self._placed(position, base.pending if base is not None else Pending(), said, "")

    def _placed(
        self, position: Position, pending: Pending, said: Mapping[str, Any], path: str
    ) -> tuple[Position, Pending]:
        """A position with what is said, where names stand for people, departments and job roles."""
        plain = {name: said[name] for name in ("title", "location", "engagement") if name in said}
        links: dict[str, Any] = {}
        waits: dict[str, str | None] = {}
        for name, known, what in (
            ("manager", self.places.people, "nobody"),
            ("department", self.places.departments, "no department"),
            ("job_role", self.places.job_roles, "no job role"),
        ):
            if name not in said:
                continue
            value = said[name]
            found = known.get(value) if value is not None else None
            if name == "manager" and found == self.known.id:
                message = f"{value} would report to themselves, so the manager stays as before"
                self.outcome.problems.append(Problem(f"{path}manager", message))
                continue
            links[name], waits[name] = found, None if found is not None else value
            if value is not None and found is None:
                message = f"there is {what} with the id {value} yet; it is linked when it comes"
                self.outcome.warnings.append(Problem(f"{path}{camel(name)}", message))
        return replace(position, **plain, **links), replace(pending, **waits)


def _is_over(spell: Sequence[Stint], day: date) -> bool:
    """Whether a spell ended before that day."""
    end = spell[-1].until
    return end is not None and end <= day


def _flat(spells: Sequence[Sequence[Stint]]) -> list[Stint]:
    return [each for spell in spells for each in spell]


def _ended(spell: list[Stint], leaves: date) -> list[Stint]:
    """A spell that ends on a day, be that earlier than it did or later."""
    found = until(spell, leaves)
    if found and found[-1].until is not None and found[-1].until < leaves:
        found[-1] = replace(found[-1], until=leaves)
    return found
