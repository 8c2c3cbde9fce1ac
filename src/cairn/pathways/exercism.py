"""A track of Exercism: concepts are skills, exercises are steps, after those that teach what they need.

Read are `concepts.csv` (slug, name) and `exercises.csv` (kind, slug, name, teaches, prerequisites, status),
in which several concepts have | between them. Exercises that teach are required, those that only practise are
not. See https://exercism.org; MIT.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.graph.scalars import Url
from cairn.pathways.author import GrantDraft, StepDraft
from cairn.pathways.exchange import ImportPathwayPayload, bring_in
from cairn.pathways.tables import StepKind
from cairn.pathways.written import Written
from cairn.skills.frameworks import Publication, import_framework
from cairn.skills.readers.files import Unreadable, one_of, rows, several
from cairn.skills.releases import SkillDraft, quiet
from cairn.skills.tables import Framework, Skill

READY = {"active", "beta"}
"""Exercises that are given out; others are drafts, or are not used any more."""
LEVEL = 2
"""What an exercise that teaches a concept is evidence of: that it was done once, with help."""


@dataclass
class Track:
    """A track as files have it."""

    about: Publication
    concepts: list[SkillDraft]
    written: Written
    taught: dict[str, list[str]] = field(default_factory=dict)
    """Step → the concepts that it teaches."""
    notes: list[str] = field(default_factory=list)
    """What was left out, and why."""


def read(folder: Path, language: str = "python") -> Track:
    """The track of a folder. Raises `Unreadable`, also where an exercise needs what only itself teaches."""
    concepts, exercises = one_of(folder, ("concepts.csv",)), one_of(folder, ("exercises.csv",))
    if concepts is None or exercises is None:
        raise Unreadable(f"{folder} has no concepts.csv with an exercises.csv beside it")
    named = {row["slug"]: row["name"] for row in rows(concepts, "slug", "name")}
    given = list(rows(exercises, "kind", "slug", "name", "teaches", "prerequisites", "status"))
    ready = [row for row in given if row["status"] in READY]
    title = f"Exercism {language.capitalize()}"
    about = Publication(title, "1", "Exercism", Url("https://exercism.org"), "MIT, Exercism")
    skills = [SkillDraft(slug, name) for slug, name in named.items()]
    track = Track(about, skills, Written(f"exercism-{language}", f"{title} track", [], provider="Exercism"))
    if len(ready) < len(given):
        track.notes.append(f"{len(given) - len(ready)} exercises that are drafts or deprecated were left out")
    teachers: dict[str, str] = {}
    for row in ready:
        for concept in several(row["teaches"]):
            teachers.setdefault(concept, row["slug"])
    untaught: set[str] = set()
    for row in ready:
        needs = several(row["prerequisites"])
        if itself := [each for each in needs if teachers.get(each) == row["slug"]]:
            raise Unreadable(
                f"{exercises}: {row['name']} ({row['slug']}) needs {itself[0]}, which only it teaches:"
                " it would come before itself"
            )
        untaught |= {each for each in needs if each not in teachers}
        track.taught[row["slug"]] = [each for each in several(row["teaches"]) if each in named]
        track.written.steps.append(
            StepDraft(
                key=row["slug"],
                title=row["name"],
                kind=StepKind.COURSE if row["kind"] == "concept" else StepKind.PROJECT,
                provider="Exercism",
                url=Url(f"https://exercism.org/tracks/{language}/exercises/{row['slug']}"),
                is_optional=row["kind"] != "concept",
                after=list(dict.fromkeys(teachers[each] for each in needs if each in teachers)),
            )
        )
    if untaught:
        track.notes.append(f"no exercise teaches {', '.join(sorted(untaught))}, so nothing waits for it")
    return track


async def bring_in_track(
    tx: Transaction, viewer: Viewer, track: Track, *, publish: bool
) -> ImportPathwayPayload:
    """Writes a track: its concepts as a framework of skills, and its exercises as a pathway."""
    await import_framework(tx, viewer, about=track.about, skills=track.concepts, say=quiet)
    codes = (
        select(col(Skill.code), col(Skill.id))
        .join(Framework, col(Framework.id) == col(Skill.framework_id))
        .where(col(Framework.name) == track.about.name)
    )
    ids = {row.code: row.id for row in await tx.execute(codes)}
    steps = [
        replace(each, grants=[GrantDraft(ids[concept], LEVEL) for concept in track.taught[each.key]])
        for each in track.written.steps
    ]
    return await bring_in(tx, viewer, replace(track.written, steps=steps), publish=publish)
