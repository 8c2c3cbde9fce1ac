"""Job roles as publishers describe occupations: O*NET, NICE and ESCO, on the company's scale by a stated map.

O*NET rates each skill of an occupation by level (0 to 7) and importance (1 to 5): `Skills.txt`, and
`Knowledge.txt` where it is there, beside `Occupation Data.txt`; or `role_requirements_corporate.csv` beside
`roles_corporate.csv`. What O*NET marks as not relevant, or better not used, is left out. NICE and ESCO say
which skills a role takes and not at which level: that is the company's to say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cairn.skills.assess import HIGHEST
from cairn.skills.readers.files import Unreadable, one_of, rows

PROPORTIONAL = (0.7, 2.1, 3.5, 4.9, 6.3)
"""From which of O*NET's levels on (0 to 7) it is each of the company's (1 to 5): by proportion, rounded."""
IMPORTANT = 3.0
"""The importance, of 1 to 5, from which on O*NET itself calls a skill important."""


@dataclass(frozen=True)
class Need:
    """A skill that a role takes, by its code in the framework."""

    skill: str
    level: int
    weight: int


@dataclass(frozen=True)
class RoleDraft:
    """A job role as a publisher has it."""

    code: str
    name: str
    description: str | None
    occupation: str | None
    """The O*NET-SOC code."""
    needs: tuple[Need, ...]


@dataclass
class Roles:
    """The roles of a folder."""

    framework: str
    """The framework that has their skills."""
    roles: Iterator[RoleDraft]
    """The roles, read as they are asked for."""
    stated: str
    """How levels and weights came about, in a sentence."""
    notes: list[str] = field(default_factory=list)
    """What was left out and why; complete once all roles are read."""


def onet(folder: Path, *, levels: Sequence[float] = PROPORTIONAL, important: float = IMPORTANT) -> Roles:
    """The occupations that O*NET has rated. Raises `Unreadable`.

    `levels` are the levels of O*NET from which on it is 1, 2, 3, 4 and 5 here. What is below the first, or
    less important than `important`, is not required; the weight is the importance, rounded.
    """
    if len(levels) != HIGHEST or list(levels) != sorted(set(levels)) or not 0 < levels[0] <= levels[-1] <= 7:
        raise Unreadable(f"a map of levels is {HIGHEST} ascending numbers of at most 7, such as 1,2,3.5,5,6")
    about = one_of(folder, ("Occupation Data.txt", "roles_corporate.csv"))
    ratings = [
        each
        for name in ("Skills.txt", "Knowledge.txt", "role_requirements_corporate.csv")
        if (each := one_of(folder, (name,))) is not None
    ]
    if about is None or not ratings:
        raise Unreadable(f"{folder} has no Occupation Data.txt with a Skills.txt beside it")
    stated = ", ".join(f"{start:g} is {n}" for n, start in enumerate(levels, 1))
    found = Roles(
        "O*NET",
        iter(()),
        f"of O*NET's levels, from {stated}; required is what is at least {important:g} important,"
        " and weighs that",
    )
    found.roles = _rated(about, ratings, levels, important, found.notes)
    return found


def _rated(
    about: Path, ratings: list[Path], levels: Sequence[float], important: float, notes: list[str]
) -> Iterator[RoleDraft]:
    needs: dict[str, dict[str, tuple[float, float]]] = {}
    for path in ratings:
        for soc, element, level, importance in _texts(path) if path.suffix == ".txt" else _table(path):
            known = needs.setdefault(soc, {}).get(element, (0.0, 0.0))
            needs[soc][element] = (max(known[0], level), max(known[1], importance))
    text, unrated = about.suffix == ".txt", 0
    names = ("O*NET-SOC Code", "Title", "Description") if text else ("soc", "title", "description")
    for row in rows(about, *names, delimiter="\t" if text else ","):
        soc, title, description = (row[name] for name in names)
        if soc not in needs:
            unrated += 1
            continue
        required = (
            Need(element, sum(level >= start for start in levels), min(HIGHEST, round(importance)))
            for element, (level, importance) in sorted(needs[soc].items())
            if importance >= important
        )
        yield RoleDraft(soc, title, description or None, soc, tuple(need for need in required if need.level))
    if unrated:
        notes.append(f"{unrated:,} occupations that O*NET has not rated were left out")


def _texts(path: Path) -> Iterator[tuple[str, str, float, float]]:
    names = ("O*NET-SOC Code", "Element ID", "Scale ID", "Data Value", "Recommend Suppress", "Not Relevant")
    for row in rows(path, *names, delimiter="\t"):
        soc, element, scale, value, suppress, irrelevant = (row[name] for name in names)
        if "Y" in {suppress, irrelevant} or scale not in {"LV", "IM"}:
            continue
        number = _number(path, value)
        yield soc, element, number if scale == "LV" else 0.0, number if scale == "IM" else 0.0


def _table(path: Path) -> Iterator[tuple[str, str, float, float]]:
    names = ("soc", "element_id", "level_0_7", "importance_1_5", "recommend_suppress", "not_relevant")
    for row in rows(path, *names):
        soc, element, level, importance, suppress, irrelevant = (row[name] for name in names)
        if "Y" not in {suppress, irrelevant} and level and importance:
            yield soc, element, _number(path, level), _number(path, importance)


def _number(path: Path, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unreadable(f"{path}: {text} is no number") from None


def nice(folder: Path, *, level: int) -> Roles:
    """The work roles of NICE, each with its skills at one level. Raises `Unreadable`."""
    about, links = one_of(folder, ("workRoles.csv",)), one_of(folder, ("role_ksa.csv",))
    if about is None or links is None:
        raise Unreadable(f"{folder} has no workRoles.csv with a role_ksa.csv beside it")
    needs: dict[str, list[Need]] = {}
    for row in rows(links, "work_role_id", "ksa_id", "ksa_type"):
        if row["ksa_type"] == "Skill":
            needs.setdefault(row["work_role_id"], []).append(Need(row["ksa_id"], level, 3))
    roles = (
        RoleDraft(
            row["workRoleID"],
            row["workRole"],
            row["description"] or None,
            None,
            tuple(needs.get(row["workRoleID"], ())),
        )
        for row in rows(about, "workRoleID", "workRole", "description")
    )
    return Roles("NICE Framework", roles, f"NICE has no levels: each skill at {level}, as you said")


def esco(folder: Path, *, level: int) -> Roles:
    """The occupations of ESCO, with their skills at one level: essential ones weigh 4, optional ones 2.

    Raises `Unreadable`.
    """
    about, links = one_of(folder, ("occupations.csv",)), one_of(folder, ("occupation_skill.csv",))
    if about is None or links is None:
        raise Unreadable(f"{folder} has no occupations.csv with an occupation_skill.csv beside it")
    weights: dict[str, dict[str, int]] = {}
    for row in rows(links, "occupation_uri", "skill_uri", "relation"):
        needs, skill = weights.setdefault(row["occupation_uri"], {}), row["skill_uri"].rpartition("/")[2]
        needs[skill] = max(needs.get(skill, 2), 4 if row["relation"] == "essential" else 2)
    roles = (
        RoleDraft(
            row["code"],
            row["label"],
            row["description"] or None,
            None,
            tuple(Need(skill, level, weight) for skill, weight in weights.get(row["uri"], {}).items()),
        )
        for row in rows(about, "uri", "code", "label", "description")
    )
    return Roles(
        "ESCO",
        roles,
        f"ESCO has no levels: each skill at {level}, as you said; essential weighs 4, optional 2",
    )
