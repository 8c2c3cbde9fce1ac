"""Circles of managers, found in the links as a run would leave them."""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

Link = tuple[UUID, UUID, date, date]
"""Somebody, their manager, and the days during which that holds, from and until."""

STEPS = 100_000
"""Steps that are looked at, at most."""


def rings(links: Iterable[Link]) -> list[list[UUID]]:
    """Circles that exist on some day: each reports to the next, and the last to the first.

    Each is named once; of circles that share somebody, perhaps only some.
    """
    up: dict[UUID, list[Link]] = {}
    for link in links:
        up.setdefault(link[0], []).append(link)
    up = _peeled(up)
    found: dict[frozenset[UUID], list[UUID]] = {}
    steps = 0
    for start in up:
        stack: list[tuple[list[UUID], date, date]] = [([start], date.min, date.max)]
        while stack and steps < STEPS:
            steps += 1
            path, since, until = stack.pop()
            for _, manager, first, end in up.get(path[-1], ()):
                lower, upper = max(since, first), min(until, end)
                if lower >= upper:
                    continue
                if manager == start:
                    found.setdefault(frozenset(path), path)
                elif manager not in path:
                    stack.append(([*path, manager], lower, upper))
    return list(found.values())


def _peeled(up: dict[UUID, list[Link]]) -> dict[UUID, list[Link]]:
    """The links without those that lead to the top: what is left goes round, or leads to what does."""
    left = {person: len(links) for person, links in up.items()}
    below: dict[UUID, list[UUID]] = {}
    for links in up.values():
        for person, manager, *_ in links:
            below.setdefault(manager, []).append(person)
    tops = deque(manager for manager in below if manager not in up)
    gone: set[UUID] = set()
    while tops:
        top = tops.popleft()
        gone.add(top)
        for person in below.get(top, ()):
            left[person] -= 1
            if left[person] == 0:
                tops.append(person)
    return {
        person: [link for link in links if link[1] not in gone]
        for person, links in up.items()
        if person not in gone
    }


def named(ring: Sequence[UUID], names: dict[UUID, str]) -> str:
    """A circle as it is told: `ann → cyd → bob → ann`."""
    shown = [names.get(each, str(each)) for each in (*ring, ring[0])]
    return " → ".join(shown if len(shown) <= 20 else [*shown[:19], "…", shown[-1]])
