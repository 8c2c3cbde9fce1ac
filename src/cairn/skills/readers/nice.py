"""NICE: the Workforce Framework for Cybersecurity, 2017 edition as amended until 2022.

Read are `skills.csv` (sId, skillDescription) and `role_ksa.csv` (ksa_id, competency_id, competency), which
says under which competency a skill stands. Knowledge and abilities have no text in these files, and are left
out. See https://niccs.cisa.gov/workforce-development/nice-framework; a work of the U.S. government.
"""

from collections.abc import Iterator
from pathlib import Path

from cairn.graph.scalars import Url
from cairn.skills.frameworks import Publication
from cairn.skills.readers.files import Reading, Unreadable, one_of, rows
from cairn.skills.releases import SkillDraft

VERSION = "2017"


def read(folder: Path, version: str = VERSION) -> Reading:
    """The skills of a folder. Raises `Unreadable` where it has none of NICE's files."""
    skills, links = one_of(folder, ("skills.csv",)), one_of(folder, ("role_ksa.csv",))
    if skills is None or links is None:
        raise Unreadable(f"{folder} has no skills.csv with a role_ksa.csv beside it")
    about = Publication(
        name="NICE Framework",
        version=version,
        publisher="National Institute of Standards and Technology (NIST)",
        url=Url("https://niccs.cisa.gov/workforce-development/nice-framework"),
        licence="Public domain: a work of the U.S. government.",
    )
    reading = Reading(about, iter(()))
    reading.skills = _skills(skills, links, reading.notes)
    return reading


def _skills(path: Path, links: Path, notes: list[str]) -> Iterator[SkillDraft]:
    under: dict[str, str] = {}
    competencies: dict[str, str] = {}
    for row in rows(links, "ksa_id", "competency_id", "competency"):
        under[row["ksa_id"]] = row["competency_id"]
        competencies[row["competency_id"]] = row["competency"]
    for code, name in sorted(competencies.items()):
        yield SkillDraft(code, name)
    told = set()
    for row in rows(path, "sId", "skillDescription"):
        told.add(row["sId"])
        yield SkillDraft(
            row["sId"], _name(row["skillDescription"]), under.get(row["sId"]), row["skillDescription"]
        )
    if without := under.keys() - told:
        notes.append(f"{len(without)} pieces of knowledge, abilities and skills without a text were left out")


def _name(statement: str) -> str:
    """`Skill in conducting vulnerability scans.` → `Conducting vulnerability scans`."""
    name = statement.strip().rstrip(".")
    for start in ("Skill in ", "Skill of ", "Skill to ", "Skill with ", "Skill "):
        if name.startswith(start):
            name = name.removeprefix(start)
            break
    return name[:1].upper() + name[1:]
