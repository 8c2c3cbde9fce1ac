"""What a company makes of the skills it was given: named otherwise, merged, split, retired, and related.

Evidence is never touched. A skill that was merged into another one, or split into several, is succeeded by
them, and its evidence counts as theirs at any date (`levels.py`); take that back, and it counts as it did.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.jobs.events import publish
from cairn.skills import search, tables
from cairn.skills.assess import SkillId
from cairn.skills.events import EvidenceImported
from cairn.skills.tables import Relation
from cairn.skills.turns import take_turn

MOST_PARTS = 20
"""Skills that one is split into at most."""


async def rename_skill(tx: Transaction, viewer: Viewer, *, skill: SkillId, name: str) -> tables.Skill:
    """Calls a skill by another name here, whatever its framework calls it, now and in releases to come.

    Its published name stays on record, and the skill is found by it; calling it by that name undoes this.

    Args:
        skill: The skill.
        name: What it is called here.
    """
    found = await _current(tx, viewer, skill, "skill")
    if not name.strip():
        raise invalid("name", "must not be empty")
    before, published = found.name, found.published_name or found.name
    found.name, found.published_name = name, None if name == published else published
    tx.add(found)
    await search.index(tx, [found.id])
    await audit.record(tx, viewer, "skill.rename", found, before={"name": before}, after={"name": name})
    return found


async def retire_skill(tx: Transaction, viewer: Viewer, *, skill: SkillId) -> tables.Skill:
    """Retires a skill: it is not found any more; what people can do, and what roles require, stays.

    `restoreSkill` undoes this.

    Args:
        skill: The skill.
    """
    found = await _current(tx, viewer, skill, "skill")
    await _retire(tx, found)
    await audit.record(tx, viewer, "skill.retire", found)
    return found


async def merge_skill(tx: Transaction, viewer: Viewer, *, skill: SkillId, into: SkillId) -> tables.Skill:
    """Merges a skill into another one: its evidence, and what roles require of it, counts as that one's.

    So it is at every date, also before now. `restoreSkill` undoes this.

    Args:
        skill: The skill that is not wanted any more.
        into: The skill that takes its place.
    """
    found = await _current(tx, viewer, skill, "skill")
    await _succeed(tx, viewer, found, [await _current(tx, viewer, into, "into")], Relation.MERGED_INTO)
    await audit.record(tx, viewer, "skill.merge", found, after={"into": str(into)})
    return found


async def split_skill(
    tx: Transaction, viewer: Viewer, *, skill: SkillId, into: list[SkillId]
) -> tables.Skill:
    """Splits a skill into several: its evidence, and what roles require of it, counts for each of them.

    So it is at every date, also before now. `restoreSkill` undoes this.

    Args:
        skill: The skill that is too coarse.
        into: The skills that take its place, two at least.
    """
    found = await _current(tx, viewer, skill, "skill")
    if not 2 <= len(set(into)) <= MOST_PARTS or len(set(into)) < len(into):
        raise invalid("into", f"must be from 2 to {MOST_PARTS} different skills")
    parts = [await _current(tx, viewer, each, f"into.{n}") for n, each in enumerate(into)]
    await _succeed(tx, viewer, found, parts, Relation.SPLIT_INTO)
    await audit.record(tx, viewer, "skill.split", found, after={"into": [str(each) for each in into]})
    return found


async def restore_skill(tx: Transaction, viewer: Viewer, *, skill: SkillId) -> tables.Skill:
    """Takes back that a skill was retired, merged or split; its evidence counts for itself again.

    Args:
        skill: The skill.
    """
    found = await _known(tx, viewer, skill)
    if found.retired_at is None:
        raise invalid("skill", "is not retired, merged or split")
    ended = delete(tables.SkillRelation).where(
        col(tables.SkillRelation.skill_id) == skill,
        col(tables.SkillRelation.kind).in_([Relation.MERGED_INTO, Relation.SPLIT_INTO]),
    )
    others = (await tx.execute(ended.returning(col(tables.SkillRelation.other_id)))).scalars().all()
    before = {"retired_at": found.retired_at, "into": [str(each) for each in others]}
    found.retired_at, found.retired_here = None, False
    tx.add(found)
    await _follow(tx, [found.id, *others])
    await audit.record(tx, viewer, "skill.restore", found, before=before)
    return found


async def relate_skills(
    tx: Transaction, viewer: Viewer, *, skill: SkillId, other: SkillId, kind: Relation
) -> tables.Skill:
    """Says that a skill has to do with another one, of any framework.

    Args:
        skill: The skill.
        other: The other one.
        kind: How they relate: BROADER, RELATED or SAME_AS.
    """
    found, target = await _known(tx, viewer, skill), await _known(tx, viewer, other, "other")
    _check_kind(kind)
    if found.id == target.id:
        raise invalid("other", "must be another skill")
    if await _relation(tx, skill, other, kind) is None:
        tx.add(tables.SkillRelation(skill_id=skill, other_id=other, kind=kind))
        await tx.flush()
    await audit.record(tx, viewer, "skill.relate", found, after={"other": str(other), "kind": kind})
    return found


async def unrelate_skills(
    tx: Transaction, viewer: Viewer, *, skill: SkillId, other: SkillId, kind: Relation
) -> tables.Skill:
    """Takes back that a skill has to do with another one; what its framework has so, a release brings again.

    Args:
        skill: The skill.
        other: The other one.
        kind: How they related.
    """
    found = await _known(tx, viewer, skill)
    _check_kind(kind)
    relation = await _relation(tx, skill, other, kind)
    if relation is None:
        raise invalid("other", "does not relate to it like that")
    await tx.delete(relation)
    await tx.flush()
    await audit.record(tx, viewer, "skill.unrelate", found, before={"other": str(other), "kind": kind})
    return found


async def _known(tx: Transaction, viewer: Viewer, skill: UUID, path: str = "skill") -> tables.Skill:
    viewer.require(Permission.WRITE_LEARNING)
    await take_turn(tx, "skills")
    found = await tx.get(tables.Skill, skill)
    if found is None:
        raise NotFound(f"{path}: there is no such skill.", id=skill)
    return found


async def _current(tx: Transaction, viewer: Viewer, skill: UUID, path: str) -> tables.Skill:
    found = await _known(tx, viewer, skill, path)
    if found.retired_at is not None:
        raise invalid(path, "is retired, merged or split; restore it first")
    return found


def _check_kind(kind: Relation) -> None:
    if kind in {Relation.MERGED_INTO, Relation.SPLIT_INTO}:
        raise invalid(
            "kind", "skills are merged by mergeSkill, split by splitSkill, and restored by restoreSkill"
        )


async def _relation(tx: Transaction, skill: UUID, other: UUID, kind: Relation) -> tables.SkillRelation | None:
    query = select(tables.SkillRelation).where(
        col(tables.SkillRelation.skill_id) == skill,
        col(tables.SkillRelation.other_id) == other,
        col(tables.SkillRelation.kind) == kind,
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def _retire(tx: Transaction, skill: tables.Skill) -> None:
    skill.retired_at, skill.retired_here = now(), True
    tx.add(skill)
    await tx.flush()


async def _succeed(
    tx: Transaction, viewer: Viewer, skill: tables.Skill, by: list[tables.Skill], kind: Relation
) -> None:
    viewer.require(Permission.WRITE_LEARNING)
    if any(each.id == skill.id for each in by):
        raise invalid("into", "must be another skill")
    await _retire(tx, skill)
    tx.add_all(tables.SkillRelation(skill_id=skill.id, other_id=each.id, kind=kind) for each in by)
    await _follow(tx, [skill.id, *(each.id for each in by)])


_FOLLOWED = """
insert into skill_succession (skill_id, successor_id, is_same)
with recursive edge as (
  select skill_id, other_id, kind = 'MERGED_INTO' as is_same from skill_relation
  where kind in ('MERGED_INTO', 'SPLIT_INTO')
), way as (
  select * from edge
  union
  select way.skill_id, edge.other_id, way.is_same and edge.is_same
  from way join edge on edge.skill_id = way.other_id
)
select skill_id, other_id, bool_or(is_same) from way
where not exists (select from edge where edge.skill_id = way.other_id)
group by skill_id, other_id"""
"""Whom each skill that was merged or split is succeeded by in the end. Only a skill that goes on can succeed
another, so no way leads back."""

_PEOPLE = "select distinct employee_id from evidence where skill_id = any(:skills) and withdrawn_at is null"


async def _follow(tx: Transaction, skills: list[UUID]) -> None:
    """Has evidence counted as it counts now, and whoever it concerns told."""
    await tx.flush()
    await tx.execute(delete(tables.SkillSuccession))
    await tx.execute(text(_FOLLOWED))
    people: Any = (await tx.execute(text(_PEOPLE), {"skills": skills})).scalars().all()
    if people:
        await publish(tx, EvidenceImported(sorted(people), skills))
