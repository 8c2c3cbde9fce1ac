"""A framework as one CSV file of the company's own making: `code`, `name`, and what else there is.

Columns besides: `parent` (a code), `description`, `aliases` and `broader` (several, with | between).
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from cairn.skills.frameworks import Publication
from cairn.skills.readers.files import Reading, rows, several
from cairn.skills.releases import SkillDraft


def read(path: Path, about: Publication) -> Reading:
    """The skills of a file, in the order of its rows. Raises `Unreadable`, as it is read."""
    return Reading(about, _skills(path), lines=lambda places: _lines(path, places))


def _lines(path: Path, places: Collection[int]) -> Mapping[int, int]:
    each = enumerate(rows(path, "code", "name"))
    return {n: row.number for n, row in each if n in places}


def _skills(path: Path) -> Iterator[SkillDraft]:
    for row in rows(path, "code", "name"):
        yield SkillDraft(
            code=row["code"].strip(),
            name=row["name"].strip(),
            parent=row.get("parent", "").strip() or None,
            description=row.get("description", "").strip() or None,
            aliases=several(row.get("aliases", "")),
            broader=several(row.get("broader", "")),
        )
