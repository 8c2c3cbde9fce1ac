"""What follows from evidence: at which level somebody has a skill, verified or not, and until when.

The policy: the highest verified level that holds; without one, the highest that the person or a peer
claims, marked as unverified. Nothing of it is stored. One person's evidence lies side by side in one index
(`evidence_holding_idx`), so deriving the levels of fifty people at any date reads fifty stretches of it,
and the levels of a year ago cost what those of today cost.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
    all_,
    and_,
    any_,
    case,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from cairn.access.permissions import Permission
from cairn.access.rules import At, Terms
from cairn.db.tables import Table_, occurrence
from cairn.skills import tables
from cairn.skills.access import learning, shared, verified


class Rule(StrEnum):
    """How a level follows from evidence."""

    HIGHEST_VERIFIED = "HIGHEST_VERIFIED"
    """The highest level that somebody vouches for; what is only claimed does not count beside it."""
    HIGHEST_CLAIMED = "HIGHEST_CLAIMED"
    """Nobody vouches for any level; it is the highest that the person or a peer claims."""


def itself(row: Any) -> Select[Any]:
    """A level, to be explained."""
    return select(row.employee_id, row.skill_id, row.level, row.is_verified)


def rule(row: Any) -> ColumnElement[str]:
    """The rule that a level follows from."""
    by_verified: ColumnElement[str] = literal_column(f"'{Rule.HIGHEST_VERIFIED}'")
    by_claimed: ColumnElement[str] = literal_column(f"'{Rule.HIGHEST_CLAIMED}'")
    return case((row.is_verified, by_verified), else_=by_claimed)


def behind(row: Any, evidence: Any, at: At) -> ColumnElement[bool]:
    """Whether evidence holds, and is of the person and the skill of a level."""
    return and_(
        evidence.employee_id == row.employee_id,
        counts_as(evidence, row.skill_id),
        evidence.withdrawn_at.is_(None),
        evidence.valid.contains(at.instant),
    )


def decides(row: Any, evidence: Any) -> ColumnElement[bool]:
    """Whether evidence that holds is what makes a level what it is."""
    return and_(evidence.level == row.level, verified(evidence.source) == row.is_verified)


def held(viewer: Terms, employee: Any, at: At) -> Select[Any]:
    """The skills of one employee with their levels: `employee_id, skill_id, level, is_verified`.

    The rule is asked once for the employee, not for each piece of evidence; of teammates, what is verified is
    seen where the company allows it.
    """
    evidence = _holding(employee, at)
    asking = viewer.asking(at)
    seen = learning(asking, employee)
    if not viewer.may(Permission.READ_LEARNING):
        seen = or_(seen, and_(verified(evidence.c.source), shared(asking, employee)))
    best = func.max(evidence.c.level).filter(verified(evidence.c.source))
    return (
        select(
            employee.label("employee_id"),
            evidence.c.skill_id,
            func.coalesce(best, func.max(evidence.c.level)).label("level"),
            best.is_not(None).label("is_verified"),
        )
        .where(seen)
        .group_by(evidence.c.skill_id)
        .correlate_except(evidence)
    )


def vouched(employee: Any, at: At) -> Select[Any]:
    """The skills of one employee with their verified levels, whoever asks: `skill_id, level`.

    For what is told of people whom the viewer may not see (`matrices/figures.py`), and for nothing else.
    """
    evidence = _holding(employee, at)
    return (
        select(evidence.c.skill_id, func.max(evidence.c.level).label("level"))
        .where(verified(evidence.c.source))
        .group_by(evidence.c.skill_id)
        .correlate_except(evidence)
    )


def _holding(employee: Any, at: At) -> FromClause:
    """The evidence that one employee has on a date: `skill_id, level, source`."""

    def holds(evidence: Any) -> ColumnElement[bool]:
        return and_(
            evidence.employee_id == employee,
            evidence.withdrawn_at.is_(None),
            evidence.valid.contains(at.instant),
        )

    return counted(tables.Evidence, ("level", "source"), holds)


def counted(
    table: type[Table_], columns: Sequence[str], condition: Callable[[Any], ColumnElement[bool]]
) -> FromClause:
    """Rows of a table with the skill that each counts as: `skill_id`, and these columns.

    What is of a skill that was merged or split is of what took its place. On the surface one outer join would
    do; but it looks for a successor for every row of everybody, although few skills ever have one, and costs
    a matrix a tenth.
    """
    rows, gone = occurrence(table), occurrence(tables.SkillSuccession)
    moved, later = occurrence(table), occurrence(tables.SkillSuccession)
    all_gone: ColumnElement[Any] = func.array(
        select(gone.c.skill_id).correlate_except(gone).scalar_subquery(), type_=ARRAY(Uuid)
    )
    own = select(rows.c.skill_id, *(rows.c[name] for name in columns)).where(
        condition(rows.c), rows.c.skill_id != all_(all_gone)
    )
    of_gone = later.join(moved, moved.c.skill_id == later.c.skill_id)
    others = (
        select(later.c.successor_id, *(moved.c[name] for name in columns))
        .select_from(of_gone)
        .where(condition(moved.c))
    )
    return union_all(own.correlate_except(rows), others.correlate_except(moved, later)).subquery()


def counts_as(evidence: Any, skill: Any) -> ColumnElement[bool]:
    """Whether evidence counts as that of a skill: it is, or it is of one that the skill succeeds."""
    earlier = occurrence(tables.SkillSuccession)
    succeeded = select(earlier.c.skill_id).where(earlier.c.successor_id == skill).correlate_except(earlier)
    counted: ColumnElement[Any] = func.array_append(
        func.array(succeeded.scalar_subquery()), skill, type_=ARRAY(Uuid)
    )
    counts: ColumnElement[bool] = evidence.skill_id == any_(counted)
    return counts


def until(employee: Any, skill: Any, level: Any, is_verified: Any, at: At) -> ColumnElement[Any]:
    """When a level that holds will have sunk, if nothing new comes; null where nothing known ends it."""
    return _edge(func.upper, employee, skill, level, is_verified, at)


def since(employee: Any, skill: Any, level: Any, is_verified: Any, at: At) -> ColumnElement[Any]:
    """Since when a level that holds has not been lower, nor less verified."""
    return _edge(func.lower, employee, skill, level, is_verified, at)


def _edge(edge: Any, employee: Any, skill: Any, level: Any, is_verified: Any, at: At) -> ColumnElement[Any]:
    """An end of the time around a date during which a level holds.

    It holds while verified evidence for it does; an unverified one also while somebody claims it and nothing
    verified speaks for less.
    """
    evidence = occurrence(tables.Evidence)
    sure, enough = verified(evidence.c.source), evidence.c.level >= level

    def times(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(
            func.range_agg(evidence.c.valid).filter(condition), literal_column("'{}'::tstzmultirange")
        )

    claimed = times(and_(enough, ~sure, ~is_verified)).op("-")(times(sure))
    known = (
        select(times(and_(enough, sure)).op("+")(claimed).label("times"))
        .select_from(evidence)
        .where(
            evidence.c.employee_id == employee,
            counts_as(evidence.c, skill),
            evidence.c.withdrawn_at.is_(None),
        )
        .correlate_except(evidence)
        .subquery()
    )
    stretches = select(func.unnest(known.c.times).label("stretch")).select_from(known).subquery()
    return (
        select(edge(stretches.c.stretch))
        .select_from(stretches)
        .where(stretches.c.stretch.op("@>")(at.instant))
        .correlate_except(stretches)
        .scalar_subquery()
    )
