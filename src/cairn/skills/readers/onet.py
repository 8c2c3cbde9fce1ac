"""O*NET: skills, knowledge and technology skills of the database of occupations, as its text files have them.

Read are `Content Model Reference.txt` and `Technology Skills.txt`, with the columns of the text release or of
the spreadsheets (a Title more), tab separated, or the same as CSV (`skills_taxonomy.csv` and
`technology_skills_corporate.csv`). See https://www.onetcenter.org/database.html; CC BY 4.0, by the
U.S. Department of Labor, Employment and Training Administration.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from cairn.graph.scalars import Url
from cairn.skills.frameworks import Publication
from cairn.skills.readers.files import Reading, Unreadable, one_of, rows
from cairn.skills.releases import SkillDraft

AREAS = ("2.A", "2.B", "2.C")
"""Basic skills, cross-functional skills, knowledge: what of the content model somebody can learn."""
TECHNOLOGY = "technology"
"""The code of what all technology skills are part of; it is ours, the commodities below are O*NET's."""
_VERSION = re.compile(r"db_(\d+)_(\d+)")


def version_of(folder: Path) -> str | None:
    """The version in the name of a folder as it is published, such as `db_29_3_text`."""
    found = _VERSION.search(folder.resolve().name)
    return f"{found[1]}.{found[2]}" if found else None


def read(folder: Path, version: str) -> Reading:
    """The skills of a folder. Raises `Unreadable` where it has none of O*NET's files."""
    model = one_of(folder, ("Content Model Reference.txt", "skills_taxonomy.csv"))
    if model is None:
        raise Unreadable(f"{folder} has no Content Model Reference.txt; unpack O*NET's text release there")
    about = Publication(
        name="O*NET",
        version=version,
        publisher="U.S. Department of Labor, Employment and Training Administration",
        url=Url("https://www.onetcenter.org/database.html"),
        licence=f"O*NET {version} Database by the U.S. Department of Labor, Employment and Training"
        " Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET® is a trademark of USDOL/ETA.",
    )
    return Reading(about, _skills(folder, model))


def _skills(folder: Path, model: Path) -> Iterator[SkillDraft]:
    yield from _elements(model) if model.suffix == ".txt" else _taxonomy(model)
    technology = one_of(folder, ("Technology Skills.txt", "technology_skills_corporate.csv"))
    if technology is not None:
        yield SkillDraft(TECHNOLOGY, "Technology Skills")
        yield from _technology(technology)


def _elements(path: Path) -> Iterator[SkillDraft]:
    for row in rows(path, "Element ID", "Element Name", "Description", delimiter="\t"):
        code = row["Element ID"]
        if code.startswith(AREAS):
            parent = code.rpartition(".")[0] if code not in AREAS else None
            yield SkillDraft(code, row["Element Name"], parent, row["Description"] or None)


def _taxonomy(path: Path) -> Iterator[SkillDraft]:
    for row in rows(path, "element_id", "parent_id", "name", "description"):
        yield SkillDraft(row["element_id"], row["name"], row["parent_id"] or None, row["description"] or None)


def _technology(path: Path) -> Iterator[SkillDraft]:
    """Each commodity and each product once, though every occupation lists its own."""
    seen: set[str] = set()
    text = path.suffix == ".txt"
    names = ("Example", "Commodity Code", "Commodity Title") if text else _AS_CSV
    for row in rows(path, *names, delimiter="\t" if text else ","):
        product, commodity, title = (row[name] for name in names)
        if commodity not in seen:
            seen.add(commodity)
            yield SkillDraft(commodity, title, TECHNOLOGY)
        code = f"{commodity}/{product}"
        if code not in seen:
            seen.add(code)
            yield SkillDraft(code, product, commodity)


_AS_CSV = ("example", "commodity_code", "commodity_title")
