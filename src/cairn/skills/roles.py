"""Job roles of a publisher, brought in at once: what is different is defined, what is the same stays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

import cairn.people.tables  # noqa: F401  # audit entries point to employees
from cairn.access.permissions import Permission
from cairn.access.refusal import Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.skills import tables
from cairn.skills.define import RequiredSkill, define_job_role
from cairn.skills.importing import Rehearsed
from cairn.skills.readers.roles import RoleDraft, Roles
from cairn.skills.releases import Progress

MOST = 10_000
"""Roles of one import."""

_STANDING = text("""
select role.code, role.name, role.description, role.occupation,
  array_agg(array[need.skill_id::text, need.level::text, need.weight::text])
    filter (where need.id is not null) as needs
from job_role role left join role_skill need on need.job_role_id = role.id and upper_inf(need.valid)
group by role.id
""")


@dataclass
class Brought:
    """What an import of roles came to."""

    framework: str
    new: list[str] = field(default_factory=list)
    """The codes of roles that were not there."""
    changed: list[str] = field(default_factory=list)
    """The codes of those that were otherwise."""
    same: int = 0
    notes: list[str] = field(default_factory=list)
    """How levels came about, what was left out, and why."""


async def import_job_roles(
    tx: Transaction,
    viewer: Viewer,
    found: Roles,
    *,
    only: Collection[str] = (),
    dry_run: bool,
    say: Progress,
) -> Brought:
    """Defines the roles of a reading, those `only` if any are named; again is once.

    A role that was changed here since is as published again from now on, and what it required stays on
    record. A dry run does all of it and raises `Rehearsed`. Raises `Refusal`.
    """
    viewer.require(Permission.WRITE_LEARNING)
    skills = await _skills(tx, found.framework)
    standing = {row.code: row for row in (await tx.execute(_STANDING)).all()}
    brought = Brought(found.framework, notes=[f"Levels: {found.stated}"])
    left, unknown, empty = set(only), set[str](), 0
    for n, role in enumerate(islice(found.roles, MOST + 1), 1):
        if n > MOST:
            raise Refusal(f"These are more than {MOST:,} roles; name some of them with --only.")
        if only and role.code not in only:
            continue
        left.discard(role.code)
        unknown |= {need.skill for need in role.needs} - skills.keys()
        requires = [
            RequiredSkill(skills[need.skill], need.level, need.weight)
            for need in role.needs
            if need.skill in skills
        ]
        if not requires:
            empty += 1
        elif (known := standing.get(role.code)) is not None and _is_same(known, role, requires):
            brought.same += 1
        else:
            (brought.new if known is None else brought.changed).append(role.code)
            await define_job_role(
                tx,
                viewer,
                code=role.code,
                name=role.name,
                description=role.description,
                occupation=role.occupation,
                requires=requires,
            )
        say("Roles", n)
    if left:
        raise Refusal(f"There is no role {', '.join(sorted(left))} in these files.")
    brought.notes += found.notes
    if unknown:
        brought.notes.append(f"{len(unknown):,} skills that the framework does not have were left out")
    if empty:
        brought.notes.append(f"{empty:,} roles for which no skill was left were left out")
    if dry_run:
        raise Rehearsed(brought)
    return brought


async def _skills(tx: Transaction, framework: str) -> Mapping[str, UUID]:
    """The skills of a framework by code. Raises `Refusal`."""
    of = select(col(tables.Framework.id)).where(col(tables.Framework.name) == framework)
    id_ = (await tx.execute(of)).scalar_one_or_none()
    if id_ is None:
        raise Refusal(f"The skills of {framework} are not here yet; bring them in with cairn import first.")
    skill = tables.Skill
    rows = select(col(skill.code), col(skill.id)).where(
        col(skill.framework_id) == id_, col(skill.retired_at).is_(None)
    )
    return {row.code: row.id for row in (await tx.execute(rows)).all()}


def _is_same(known: Any, role: RoleDraft, requires: Collection[RequiredSkill]) -> bool:
    needs = {(str(need.skill), str(need.level), str(need.weight)) for need in requires}
    return (known.name, known.description, known.occupation) == (
        role.name,
        role.description,
        role.occupation,
    ) and {tuple(each) for each in known.needs or ()} == needs
