"""Files of rows with a header: read row by row, and refused in one sentence."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cairn.skills.frameworks import Publication
from cairn.skills.releases import SkillDraft

LONGEST_FIELD = 1_000_000
"""Characters of one field; a quote that is never closed must not fill the memory."""


class Unreadable(Exception):  # noqa: N818  # it is an answer, not an error
    """A file is not what it should be; the text is a sentence that says where and how."""


@dataclass
class Reading:
    """A framework as files have it."""

    about: Publication
    """What it is."""
    skills: Iterator[SkillDraft]
    """Its skills, read as they are asked for."""
    notes: list[str] = field(default_factory=list)
    """What was left out and why; complete once all skills are read."""
    lines: Callable[[Collection[int]], Mapping[int, int]] = lambda _: {}
    """On which lines of a file the skills with these places in it are, where each has a line of its own."""


class Line(dict[str, str]):
    """A row by the names in the header, and the number of the line on which it ends."""

    def __init__(self, number: int, fields: Iterable[tuple[str, str]]) -> None:
        super().__init__(fields)
        self.number = number


def rows(path: Path, *needed: str, delimiter: str = ",") -> Iterator[Line]:
    """The rows of a file by the names in its header, which has to have those `needed`.

    Raises `Unreadable`. What a row has too few of is empty; CRLF and a byte order mark are no matter.
    """
    csv.field_size_limit(LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            # Tab separated files of publishers have quotes that stand for themselves.
            quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
            reader = csv.reader(file, delimiter=delimiter, quoting=quoting, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if missing := [name for name in needed if name not in header]:
                raise Unreadable(f"{path} has no column {' and no column '.join(missing)} in its first line")
            for row in reader:
                if len(row) > len(header):
                    raise Unreadable(
                        f"{path}, line {reader.line_num}: {len(row)} fields, and the header has {len(header)}"
                    )
                if any("\0" in each for each in row):
                    raise Unreadable(
                        f"{path}, line {reader.line_num}: has a character U+0000, which no text has"
                    )
                if row:
                    yield Line(
                        reader.line_num, zip(header, row + [""] * (len(header) - len(row)), strict=True)
                    )
    except csv.Error as error:
        raise Unreadable(f"{path}, line {reader.line_num}: {error}") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8: {error.reason}") from None
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def one_of(folder: Path, names: Sequence[str]) -> Path | None:
    """The first of these files that is in a folder."""
    return next((folder / name for name in names if (folder / name).is_file()), None)


def several(text: str, separator: str = "|") -> list[str]:
    """The parts of a field that has several."""
    return [part for each in text.split(separator) if (part := each.strip())]
