"""Frameworks, skills and job roles: written by learning admins and by imports, in versions of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now, since
from cairn.db.tables import Ref
from cairn.skills import tables
from cairn.skills.assess import HIGHEST, SkillId

FrameworkId = Annotated[UUID, Ref("Framework")]


@dataclass(frozen=True)
class SkillDraft:
    """A skill to be written."""

    code: str
    """Its code within the framework."""
    name: str
    """What it is called."""
    parent: str | None = None
    """The code of the broader skill it is part of."""
    description: str | None = None
    """What it means, in a sentence or two."""


@dataclass(frozen=True)
class RequiredSkill:
    """A skill that a job role requires."""

    skill: SkillId
    """The skill."""
    level: int
    """The level it takes, from 1 to 5."""
    weight: int = 3
    """How much it counts, from 1 to 5."""
    must_have: bool = False
    """Whether nobody is ready for the role without it."""


@dataclass(frozen=True)
class LevelDraft:
    """A step of the proficiency scale."""

    level: int
    """Its place on the scale."""
    name: str
    """What it is called."""
    descriptor: str
    """How to recognise somebody at this level."""


@dataclass
class CodeTaken(Refusal):
    """Something else has that code."""

    code: str = ""
    """The code."""


async def define_scale(tx: Transaction, viewer: Viewer, *, levels: list[LevelDraft]) -> None:
    """Names the steps of the company's proficiency scale.

    Args:
        levels: The steps, from the lowest.
    """
    viewer.require(Permission.WRITE_LEARNING)
    known = {row.level: row for row in (await tx.execute(select(tables.ProficiencyLevel))).scalars()}
    for draft in levels:
        row = known.get(draft.level) or tables.ProficiencyLevel(level=draft.level, name="", descriptor="")
        row.name, row.descriptor = draft.name, draft.descriptor
        tx.add(row)
    await audit.record(tx, viewer, "scale.define", None, after={"levels": [level.name for level in levels]})


async def define_framework(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    version: str,
    skills: list[SkillDraft],
    publisher: str | None = None,
    url: str | None = None,
    licence: str | None = None,
) -> tables.Framework:
    """Writes a framework of skills, or brings the skills of one that is there up to date.

    Args:
        name: What it is called.
        version: Its version.
        skills: Its skills; broader ones may come after those that are part of them.
        publisher: Who publishes it.
        url: Where it is published.
        licence: On which terms.
    """
    viewer.require(Permission.WRITE_LEARNING)
    _check_parents(skills)
    framework = (
        await tx.execute(
            select(tables.Framework).where(
                col(tables.Framework.name) == name, col(tables.Framework.version) == version
            )
        )
    ).scalar_one_or_none() or tables.Framework(name=name, version=version)
    framework.publisher, framework.url, framework.licence = publisher, url, licence
    tx.add(framework)
    await tx.flush()
    found = await tx.execute(select(tables.Skill).where(col(tables.Skill.framework_id) == framework.id))
    known = {row.code: row for row in found.scalars()}
    for draft in skills:
        row = known.get(draft.code) or tables.Skill(framework_id=framework.id, code=draft.code, name="")
        row.name, row.description = draft.name, draft.description
        known[draft.code] = row
        tx.add(row)
    await tx.flush()
    for draft in skills:
        known[draft.code].parent_id = known[draft.parent].id if draft.parent else None
    await tx.flush()
    await audit.record(tx, viewer, "framework.define", framework, after={"skills": len(skills)})
    return framework


def _check_parents(skills: Sequence[SkillDraft]) -> None:
    codes = {draft.code: draft.parent for draft in skills}
    problems = (
        [
            FieldProblem(["skills", str(n), "code"], f"{draft.code} comes twice")
            for n, draft in enumerate(skills)
            if n != next(i for i, other in enumerate(skills) if other.code == draft.code)
        ]
        if len(codes) < len(skills)
        else []
    )
    for n, draft in enumerate(skills):
        if draft.parent is not None and draft.parent not in codes:
            problems.append(
                FieldProblem(["skills", str(n), "parent"], f"{draft.parent} is no code of the framework")
            )
            continue
        seen, at = {draft.code}, draft.parent
        while at is not None and at not in seen:
            seen.add(at)
            at = codes.get(at)
        if at is not None:
            problems.append(FieldProblem(["skills", str(n), "parent"], f"{draft.code} is part of itself"))
    if problems:
        raise InvalidInput("The skills do not fit together.", problems)


async def define_job_role(
    tx: Transaction,
    viewer: Viewer,
    *,
    code: str,
    name: str,
    requires: list[RequiredSkill],
    description: str | None = None,
    occupation: str | None = None,
    from_instant: datetime | None = None,
) -> tables.JobRole:
    """Writes a job role and what it requires from an instant on; what it required before stays on record.

    Args:
        code: A short name that stays.
        name: What it is called.
        requires: The skills it takes.
        description: What somebody in it does.
        occupation: The O*NET-SOC code of the occupation it is modelled on.
        from_instant: From when; now by default.
    """
    viewer.require(Permission.WRITE_LEARNING)
    for n, need in enumerate(requires):
        if not 1 <= need.level <= HIGHEST:
            raise invalid(f"requires.{n}.level", f"must be from 1 to {HIGHEST}")
        if not 1 <= need.weight <= HIGHEST:
            raise invalid(f"requires.{n}.weight", f"must be from 1 to {HIGHEST}")
    role = (
        await tx.execute(select(tables.JobRole).where(col(tables.JobRole.code) == code))
    ).scalar_one_or_none() or tables.JobRole(code=code, name=name)
    role.name, role.description, role.occupation = name, description, occupation
    tx.add(role)
    await tx.flush()
    await _require(tx, role.id, requires, from_instant or now())
    await audit.record(tx, viewer, "job_role.define", role, after={"name": name, "skills": len(requires)})
    return role


async def _require(tx: Transaction, role: UUID, requires: Sequence[RequiredSkill], start: datetime) -> None:
    """Ends what changes at `start` and begins the new; what stays as it is goes on."""
    asked = {need.skill: need for need in requires}
    rows = await tx.execute(
        select(tables.RoleSkill).where(
            col(tables.RoleSkill.job_role_id) == role,
            col(tables.RoleSkill.valid).contains(start),
        )
    )
    for row in rows.scalars().all():
        need = asked.get(row.skill_id)
        if need is not None and (need.level, need.weight, need.must_have) == (
            row.level,
            row.weight,
            row.must_have,
        ):
            del asked[row.skill_id]
        else:
            ended = update(tables.RoleSkill).where(col(tables.RoleSkill.id) == row.id)
            await tx.execute(ended.values(valid=Range(row.valid.lower, start)))
    tx.add_all(
        tables.RoleSkill(
            job_role_id=role,
            skill_id=need.skill,
            level=need.level,
            weight=need.weight,
            must_have=need.must_have,
            valid=since(start),
        )
        for need in asked.values()
    )
    await tx.flush()
