"""The set of times during which something holds: half-open intervals of instants, ends may be open.

Kept as the instants at which membership changes and whether it began inside. The complement is then
one flag turned over, and every other operation is a single pass over sorted changes.

Instants are aware datetimes, in UTC as everywhere; a change takes effect at its very instant.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from cairn.db.ranges import MultiRange, Range
from cairn.requirements.duration import Duration

_TICK = timedelta(microseconds=1)


class Interval(NamedTuple):
    """From `since` on, up to but not including `until`; None means without end on that side."""

    since: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Times:
    """An immutable set of instants; equal sets are equal values.

    `a | b`, `a & b`, `a - b`, `~a`, `instant in a`, `bool(a)` for "ever", and iteration over the
    intervals in order, which neither overlap nor touch.
    """

    from_ever: bool
    """Whether it holds before the first change."""
    changes: tuple[datetime, ...]
    """Ascending; membership turns over at each."""

    @classmethod
    def between(cls, since: datetime | None, until: datetime | None) -> "Times":
        """One interval; `NEVER` if it is empty or reversed."""
        if since is None:
            return ALWAYS if until is None else cls(True, (until,))
        if until is None:
            return cls(False, (since,))
        return cls(False, (since, until)) if since < until else NEVER

    @classmethod
    def since(cls, instant: datetime) -> "Times":
        """From an instant on."""
        return cls.between(instant, None)

    @classmethod
    def of(cls, intervals: Iterable[tuple[datetime | None, datetime | None]]) -> "Times":
        """The union of intervals in any order, overlapping or not; empty ones count for nothing."""
        depth = 0
        events: list[tuple[datetime, int]] = []
        for since, until in intervals:
            if since is None:
                depth += 1
            elif until is None or since < until:
                events.append((since, 1))
            else:
                continue
            if until is not None:
                events.append((until, -1))
        return _sweep(1, depth, events)

    @classmethod
    def of_multirange(cls, ranges: Iterable[Range[datetime]]) -> "Times":
        """From SQLAlchemy's `MultiRange`. Bounds that are not half-open move by a microsecond.

        That is exact: PostgreSQL keeps whole microseconds.
        """
        return cls.of(
            (
                r.lower if r.lower is None or r.bounds[0] == "[" else r.lower + _TICK,
                r.upper if r.upper is None or r.bounds[1] == ")" else r.upper + _TICK,
            )
            for r in ranges
            if not r.isempty
        )

    def to_multirange(self) -> MultiRange[datetime]:
        """As SQLAlchemy's `MultiRange`, the way PostgreSQL itself would write it."""
        return MultiRange(
            Range(since, until, bounds="()" if since is None else "[)") for since, until in self
        )

    def __iter__(self) -> Iterator[Interval]:
        edges: tuple[datetime | None, ...] = (None, *self.changes) if self.from_ever else self.changes
        for i in range(0, len(edges), 2):
            yield Interval(edges[i], edges[i + 1] if i + 1 < len(edges) else None)

    def __contains__(self, instant: datetime) -> bool:
        return self.from_ever ^ (bisect_right(self.changes, instant) % 2 == 1)

    def __bool__(self) -> bool:
        return self.from_ever or bool(self.changes)

    def __invert__(self) -> "Times":
        return Times(not self.from_ever, self.changes) if self.changes else (NEVER if self else ALWAYS)

    def __or__(self, other: "Times") -> "Times":
        return at_least(1, (self, other))

    def __and__(self, other: "Times") -> "Times":
        return at_least(2, (self, other))

    def __sub__(self, other: "Times") -> "Times":
        return self & ~other

    def interval_at(self, instant: datetime) -> Interval | None:
        """The interval that contains an instant, None if none does."""
        if instant not in self:
            return None
        return Interval(self.previous_change(instant), self.next_change(instant))

    def next_change(self, after: datetime) -> datetime | None:
        """The first instant later than `after` at which membership turns over."""
        i = bisect_right(self.changes, after)
        return self.changes[i] if i < len(self.changes) else None

    def previous_change(self, until: datetime) -> datetime | None:
        """The last instant, `until` itself included, at which membership turned over."""
        i = bisect_right(self.changes, until)
        return self.changes[i - 1] if i else None

    def starts_after(self, instant: datetime) -> tuple[datetime, ...]:
        """The later instants at which it begins to hold, ascending."""
        first = bisect_right(self.changes, instant)
        return self.changes[first + (self.from_ever ^ (first % 2 == 1)) :: 2]

    def held_for(self, duration: Duration) -> "Times":
        """When it has held without a break for at least that long: each interval starts later."""
        ripe = []
        for since, until in self:
            start = since and duration.after(since)
            if since is None or start is not None:
                ripe.append(Interval(start, until))
        return Times.of(ripe)


NEVER = Times(from_ever=False, changes=())
ALWAYS = Times(from_ever=True, changes=())


def at_least(n: int, sets: Sequence[Times]) -> Times:
    """When at least `n` of the sets hold: the union for 1, the intersection for all of them."""
    if n <= 0:
        return ALWAYS
    if n > len(sets):
        return NEVER
    if len(sets) == 1:
        return sets[0]
    depth = 0
    events: list[tuple[datetime, int]] = []
    for times in sets:
        depth += times.from_ever
        step = -1 if times.from_ever else 1
        for instant in times.changes:
            events.append((instant, step))
            step = -step
    return _sweep(n, depth, events)


def weighing(minimum: int, sets: Iterable[tuple[int, Times]]) -> Times:
    """When the weights of the sets that hold sum to at least `minimum`."""
    weight_held = 0
    events: list[tuple[datetime, int]] = []
    for weight, times in sets:
        weight_held += weight * times.from_ever
        step = -weight if times.from_ever else weight
        for instant in times.changes:
            events.append((instant, step))
            step = -step
    return _sweep(minimum, weight_held, events)


def _sweep(minimum: int, total: int, events: list[tuple[datetime, int]]) -> Times:
    """When a running total, changed by each event, is at least the minimum."""
    events.sort()
    from_ever = inside = total >= minimum
    changes: list[datetime] = []
    for instant, step in events:
        total += step
        if (total >= minimum) is not inside:
            inside = not inside
            if changes and changes[-1] == instant:
                changes.pop()  # it turned over twice in one instant: it did not turn over
            else:
                changes.append(instant)
    if changes:
        return Times(from_ever, tuple(changes))
    return ALWAYS if from_ever else NEVER
