"""Whether a requirement is met, since when, until when; what blocks it, and what would meet it soonest."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cairn.requirements.facts import Facts
from cairn.requirements.plan import Plan, cheapest
from cairn.requirements.standing import LeafStanding, Standing, stand
from cairn.requirements.times import Times
from cairn.requirements.tree import Requirement


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a requirement stands for one employee at an instant."""

    times: Times
    """All the times at which it is met."""
    met: bool
    since: datetime | None
    """Since when it is met; None if it is not, or was met for ever."""
    until: datetime | None
    """Until when it is met; None if it is not, or stays met for ever."""
    progress: float
    """From 0 to 1; 1 exactly if it is met. How it is counted stands in `standing`."""
    blocks: tuple[LeafStanding, ...]
    """The unmet leaves that stand in its way, in order; none if it is met."""
    plan: Plan | None
    """What would meet it soonest; None if it is met, or nothing ever could."""


def outcome(requirement: Requirement, facts: Facts, at: datetime) -> Outcome:
    """How the requirement stands for an employee with these facts at an instant."""
    return of_standing(stand(requirement, facts, at), at)


def of_standing(standing: Standing, at: datetime) -> Outcome:
    """The outcome of a standing that was worked out for this instant."""
    now = standing.times.interval_at(at)
    return Outcome(
        times=standing.times,
        met=standing.met,
        since=now and now.since,
        until=now and now.until,
        progress=standing.progress,
        blocks=tuple(_blocking(standing)),
        plan=None if standing.met else cheapest(standing, at),
    )


def _blocking(standing: Standing) -> Iterator[LeafStanding]:
    if standing.met:
        return
    if isinstance(standing, LeafStanding):
        yield standing
    else:
        for branch in standing.of:
            yield from _blocking(branch)
