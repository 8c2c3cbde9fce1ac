"""The computer science curriculum of OSSU: its courses are steps, with what comes before them.

Read is `courses.csv` (section, subsection, title, url, duration, effort, prerequisites). Prerequisites are in
prose: what names one course, or a subsection, is taken; what does not, or names what comes later, is told and
left to who reads it. See https://github.com/ossu/computer-science; MIT.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cairn.graph.requirement import step_with_key
from cairn.graph.scalars import Url
from cairn.pathways.author import StepDraft
from cairn.pathways.tables import StepKind
from cairn.pathways.written import Written
from cairn.requirements.tree import All, AnyOf, StepDone
from cairn.skills.readers.files import Unreadable, one_of, rows

CODE, TITLE = "ossu-cs", "OSSU Computer Science"
REPOSITORY = "https://github.com/ossu/computer-science/blob/HEAD/"
"""Where links that lead to a page of the curriculum itself lead."""
NEEDED, FINAL = ("Intro CS", "Core CS"), "Final project"
"""The sections of which all courses are required, and the one of which one is."""
NOTHING = {"", "-", "none"}
_WORD = re.compile(r"[a-z0-9+]+")
_SPAN = re.compile(r"(\d+)(?:\s*[-\u2013]\s*(\d+))?\s*(weeks?|months?|hours?)")
_SPLIT = re.compile(r",|\band\b")
WEEKS_OF_MONTH = 4.35


@dataclass
class Curriculum:
    """The curriculum as a file has it."""

    written: Written
    notes: list[str] = field(default_factory=list)
    """What was left out, and why."""


def read(folder: Path) -> Curriculum:
    """The curriculum of a folder. Raises `Unreadable`, also where a course names itself as a prerequisite."""
    path = one_of(folder, ("courses.csv",))
    if path is None:
        raise Unreadable(f"{folder} has no courses.csv")
    given = list(rows(path, "section", "subsection", "title", "url", "duration", "effort", "prerequisites"))
    keys = _keys([row["title"] for row in given])
    order = {section: n for n, section in enumerate(dict.fromkeys(row["section"] for row in given))}
    notes: list[str] = []
    steps: list[StepDraft] = []
    for row in given:
        after: list[str] = []
        for part in _parts(row["prerequisites"], given):
            named = _named(part, given)
            if any(each is row for each in named):
                raise Unreadable(
                    f"{path}: {row['title']} names itself as what comes before it ({part.strip()})"
                )
            if not named or any(order[each["section"]] > order[row["section"]] for each in named):
                notes.append(f"{row['title']}: “{part.strip()}” is advice")
                continue
            after += [keys[each["title"]] for each in named]
        url = row["url"]
        steps.append(
            StepDraft(
                key=keys[row["title"]],
                title=row["title"],
                kind=StepKind.PROJECT if row["section"] == FINAL else StepKind.COURSE,
                minutes=_minutes(row["duration"], row["effort"]),
                provider="OSSU",
                url=Url(url if "://" in url else f"{REPOSITORY}{url}"),
                is_optional=row["section"] not in NEEDED,
                after=list(dict.fromkeys(after)),
            )
        )
    done = {row["title"]: StepDone(step_with_key(keys[row["title"]])) for row in given}
    needed = tuple(done[row["title"]] for row in given if row["section"] in NEEDED)
    finals = tuple(done[row["title"]] for row in given if row["section"] == FINAL)
    completion = All((*needed, AnyOf(1, finals))) if finals else All(needed)
    return Curriculum(Written(CODE, TITLE, steps, completion, provider="OSSU"), notes)


def _keys(titles: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for title in titles:
        key = "-".join(_WORD.findall(title.lower()))[:80]
        while key in found.values():
            key += "-2"
        found[title] = key
    return found


def _parts(prose: str, given: Sequence[Mapping[str, str]]) -> list[str]:
    """What a text names, one by one; a corequisite does not come before."""
    if prose.strip().lower() in NOTHING or prose.lower().startswith("corequisite"):
        return []
    if any(row["title"] == prose.strip() for row in given):
        return [prose]
    return [part for part in _SPLIT.split(prose) if part.strip()]


def _named(part: str, given: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The course that a text names, or those of the subsection; none for what is neither, or several."""
    asked = _WORD.findall(part.lower())
    if asked[-2:] == ["part", "i"]:
        asked = asked[:-2]
    if not asked:
        return []
    for same in (
        [row for row in given if _WORD.findall(row["title"].lower()) == asked],
        [row for row in given if _WORD.findall(row["subsection"].lower()) == asked],
        [row for row in given if asked in _titles(row["title"])],
    ):
        if same:
            return same
    if len(asked) == 1:
        return []  # “logic”, “algebra”: a subject, and no course
    within = [row for row in given if any(_shortens(asked, title) for title in _titles(row["title"]))]
    return within if len(within) == 1 else []


def _titles(title: str) -> list[list[str]]:
    """The words of a title, and of its parts before and after a colon, by which people call it too."""
    return [_WORD.findall(each.lower()) for each in (title, *title.split(":"))]


def _shortens(asked: Sequence[str], words: Sequence[str]) -> bool:
    """Whether a text is a title with some words left out, but not the first."""
    return words[:1] == list(asked[:1]) and _in_order(asked, words)


def _in_order(asked: Sequence[str], words: Sequence[str]) -> bool:
    rest = iter(words)
    return all(word in rest for word in asked)


def _minutes(duration: str, effort: str) -> int:
    """The middle of what a course is said to take; 0 where that is not said."""
    length, pace = _SPAN.search(duration), _SPAN.search(effort)
    if length is None or pace is None:
        return 0
    weeks = _middle(length) * (WEEKS_OF_MONTH if length[3].startswith("month") else 1)
    return round(weeks * _middle(pace) * 60)


def _middle(span: "re.Match[str]") -> float:
    return (int(span[1]) + int(span[2] or span[1])) / 2
