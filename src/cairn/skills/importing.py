"""Imports of whole frameworks in one transaction, and what one came to, for whoever asked for it."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

import cairn.people.tables  # noqa: F401  # audit entries point to employees
from cairn.access.refusal import FieldProblem, InvalidInput, Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.skills.frameworks import import_framework
from cairn.skills.readers.files import Reading
from cairn.skills.releases import Progress
from cairn.skills.tables import Change

SHOWN = 20
"""Changes of a kind that are shown."""

_SHOWN = text(
    "select kind, code, name, before, after from ("
    " select kind, code, name, before, after, row_number() over (partition by kind order by code) as nth"
    " from skill_change join skill on skill.id = skill_id where release_id = :release"
    ") numbered where nth <= :shown order by kind, code"
)


@dataclass
class Outcome:
    """What an import came to."""

    framework: str
    version: str
    skills: int | None = None
    """How many skills it has now; None where nothing was different."""
    counts: dict[str, int] = field(default_factory=dict)
    """How many changes of each kind."""
    changes: list[dict[str, Any]] = field(default_factory=list)
    """The first few of each kind; none of a first release, which had nothing before it."""
    notes: list[str] = field(default_factory=list)
    """What was left out and why."""


class Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    """Ends a dry run, with what it would have come to."""

    def __init__(self, outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome


async def bring_in(
    tx: Transaction, viewer: Viewer, reading: Reading, *, dry_run: bool, say: Progress
) -> Outcome:
    """Imports a framework as it was read. Raises a `Refusal` whose message names each problem.

    A dry run does all of it and raises `Rehearsed`, so that its transaction is rolled back.
    """
    try:
        made = await import_framework(tx, viewer, about=reading.about, skills=reading.skills, say=say)
    except InvalidInput as refusal:
        raise Refusal(_told(refusal, reading)) from None
    if made is not None and not made.skills:
        raise Refusal("There are no skills in it; see whether it is whole. Nothing was written.")
    outcome = Outcome(reading.about.name, reading.about.version, notes=reading.notes)
    if made is not None:
        outcome.skills = made.skills
        outcome.counts = {
            kind.value.lower(): count for kind in Change if (count := getattr(made, kind.value.lower()))
        }
        rows = await tx.execute(_SHOWN, {"release": made.id, "shown": SHOWN})
        outcome.changes = [dict(row) for row in rows.mappings()]
    if dry_run:
        raise Rehearsed(outcome)
    return outcome


def _told(refusal: InvalidInput, reading: Reading) -> str:
    """What is wrong in a sentence, by the lines of the file where there is one."""
    places = {int(each.path[1]) for each in refusal.problems if _is_of_a_skill(each)}
    lines = reading.lines(places) if places else {}
    told = []
    for each in refusal.problems:
        line = lines.get(int(each.path[1])) if _is_of_a_skill(each) else None
        where = ".".join(each.path) if line is None else f"line {line}, {each.path[2]}"
        told.append(f"{where}: {each.message}")
    problems, about = "; ".join(told), refusal.message.removesuffix(".")
    return f"{problems}." if problems == about else f"{about}: {problems}."


def _is_of_a_skill(problem: FieldProblem) -> bool:
    return problem.path[0] == "skills" and len(problem.path) == 3
