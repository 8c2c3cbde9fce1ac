"""ESCO: skills, competences and knowledge of the European Commission's classification.

Read are `skills_en.csv` (conceptUri, preferredLabel, skillType, altLabels, description, broaderUris,
in_1_2_0) and `skill_groups.csv` (uri, code, label, description). A skill's code is the end of its URI, a
group's the code it is published under. See https://esco.ec.europa.eu; reuse is free with attribution.
"""

from collections.abc import Iterator
from pathlib import Path

from cairn.graph.scalars import Url
from cairn.skills.frameworks import Publication
from cairn.skills.readers.files import Reading, Unreadable, one_of, rows, several
from cairn.skills.releases import SkillDraft

VERSION = "1.2.0"
_MEMBER = "in_1_2_0"
"""The column that says whether a concept is part of that version."""


def read(folder: Path, version: str = VERSION) -> Reading:
    """The skills of a folder. Raises `Unreadable` where it has none of ESCO's files."""
    path = one_of(folder, ("skills_en.csv",))
    if path is None:
        raise Unreadable(f"{folder} has no skills_en.csv; download ESCO in English as CSV there")
    about = Publication(
        name="ESCO",
        version=version,
        publisher="European Commission, Directorate-General for Employment, Social Affairs and Inclusion",
        url=Url("https://esco.ec.europa.eu/en/use-esco/download"),
        licence="This service uses the ESCO classification of the European Commission (© European Union).",
    )
    reading = Reading(about, iter(()))
    reading.skills = _skills(path, one_of(folder, ("skill_groups.csv",)), reading.notes)
    return reading


def _skills(path: Path, groups: Path | None, notes: list[str]) -> Iterator[SkillDraft]:
    codes: dict[str, str] = {}
    for row in rows(groups, "uri", "code", "label", "description") if groups else ():
        codes[row["uri"]] = row["code"]
        yield SkillDraft(row["code"], row["label"], _above(row["code"]), row["description"] or None)
    skills = ("conceptUri", "preferredLabel", "description", "broaderUris")
    known = [row["conceptUri"] for row in rows(path, *skills) if row.get(_MEMBER) != "N"]
    codes |= {uri: uri.rpartition("/")[2] for uri in known}
    nowhere = others = 0
    for row in rows(path, *skills):
        if row["conceptUri"] not in codes or row.get(_MEMBER) == "N":
            others += 1
            continue
        named = several(row["broaderUris"])
        broader = [codes[uri] for uri in named if uri in codes]
        nowhere += len(named) - len(broader)
        yield SkillDraft(
            code=codes[row["conceptUri"]],
            name=row["preferredLabel"],
            parent=broader[0] if broader else None,
            description=row["description"] or None,
            aliases=several(row.get("altLabels", "")),
            broader=broader[1:],
        )
    if others:
        notes.append(f"{others} concepts that are not in version {VERSION} were left out")
    if nowhere:
        notes.append(f"{nowhere} links lead to broader concepts that are not in the files, and were left out")


def _above(code: str) -> str | None:
    """The group above a group: `S1.1.2` is part of `S1.1`, `0613` of `061`, which stands for K061."""
    if code.isdigit():
        return code[:-1] if len(code) > 2 else "K"
    head, dot, _ = code.rpartition(".")
    return head if dot else code[0] if len(code) > 1 else None
