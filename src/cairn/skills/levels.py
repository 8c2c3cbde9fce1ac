"""What follows from evidence: at which level somebody has a skill, verified or not, and until when.

The policy: the highest verified level that holds; without one, the highest that the person or a peer
claims, marked as unverified. A company may say otherwise (`policy.py`): then evidence is marked, and the time
cut in which it counts, so that what is below is right for any policy. No level is stored. One person's
evidence lies side by side in one index (`evidence_holding_idx`), so deriving the levels of fifty people at
any date reads fifty stretches of it, and the levels of a year ago cost what those of today cost.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Uuid,
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
    LATEST_VERIFIED = "LATEST_VERIFIED"
    """The level that somebody vouched for last, as the policy of the skill has it."""
    HIGHEST_CLAIMED = "HIGHEST_CLAIMED"
    """Nobody vouches for any level; it is the highest that the person or a peer claims."""
    LATEST_CLAIMED = "LATEST_CLAIMED"
    """Nobody vouches for any level; it is the one that the person or a peer claimed last."""


def itself(row: Any) -> Select[Any]:
    """A level, to be explained."""
    return select(row.employee_id, row.skill_id, row.level, row.is_verified)


def rule(row: Any) -> ColumnElement[str]:
    """The rule that a level follows from: that of the skill's own policy, or else of the company's."""
    policy = occurrence(tables.LevelPolicy)
    precedence = (
        select(policy.c.precedence)
        .where(
            or_(policy.c.skill_id == row.skill_id, policy.c.skill_id.is_(None)),
            policy.c.precedence.is_not(None),
        )
        .order_by(policy.c.skill_id.nulls_last())
        .limit(literal_column("1"))
        .correlate_except(policy)
        .scalar_subquery()
    )
    is_latest = precedence == _is(tables.Precedence.LATEST)
    return case(
        (and_(row.is_verified, is_latest), _is(Rule.LATEST_VERIFIED)),
        (row.is_verified, _is(Rule.HIGHEST_VERIFIED)),
        (is_latest, _is(Rule.LATEST_CLAIMED)),
        else_=_is(Rule.HIGHEST_CLAIMED),
    )


def _is(value: StrEnum) -> ColumnElement[str]:
    return literal_column(f"'{value}'")


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
    return and_(evidence.level == row.level, verified(evidence) == row.is_verified)


Still = Callable[[FromClause], ColumnElement[bool]]
"""Which evidence counts, where some of it is thought away."""


def held(viewer: Terms, employee: Any, at: At, still: Still | None = None) -> Select[Any]:
    """The skills of one employee with their levels: `employee_id, skill_id, level, is_verified`.

    The rule is asked once for the employee, not for each piece of evidence; of teammates, what is verified is
    seen where the company allows it.
    """
    asking = viewer.asking(at)
    allowed = learning(asking, employee)
    mates = None if viewer.may(Permission.READ_LEARNING) else shared(asking, employee)

    def grouped(evidence: FromClause, skill: ColumnElement[Any]) -> Select[Any]:
        seen = allowed if mates is None else or_(allowed, and_(verified(evidence.c), mates))
        best = func.max(evidence.c.level).filter(verified(evidence.c))
        return (
            select(
                employee.label("employee_id"),
                skill.label("skill_id"),
                func.coalesce(best, func.max(evidence.c.level)).label("level"),
                best.is_not(None).label("is_verified"),
            )
            .where(seen, _holds(evidence, employee, at), *([still(evidence)] if still is not None else ()))
            .group_by(skill)
        )

    return counted(tables.Evidence, grouped)


def vouched(employee: Any, at: At) -> Select[Any]:
    """The skills of one employee with their verified levels, whoever asks: `skill_id, level`.

    For what is told of people whom the viewer may not see (`matrices/figures.py`), and for nothing else.
    """

    def grouped(evidence: FromClause, skill: ColumnElement[Any]) -> Select[Any]:
        return (
            select(skill.label("skill_id"), func.max(evidence.c.level).label("level"))
            .where(verified(evidence.c), _holds(evidence, employee, at))
            .group_by(skill)
        )

    return counted(tables.Evidence, grouped)


def _holds(evidence: FromClause, employee: Any, at: At) -> ColumnElement[bool]:
    return and_(
        evidence.c.employee_id == employee,
        evidence.c.withdrawn_at.is_(None),
        evidence.c.valid.contains(at.instant),
    )


def counted(
    table: type[Table_], grouped: Callable[[FromClause, ColumnElement[Any]], Select[Any]]
) -> Select[Any]:
    """Rows of a table, grouped by the skill that each counts as.

    What is of a skill that was merged or split is of what took its place. On the surface one outer join would
    do; but it looks for a successor for every row of everybody, and puts the rows out of the order in which
    the index has them: a matrix costs a seventh more. So it is written both ways, and PostgreSQL goes the
    plain one while no skill has a successor.
    """
    anything = occurrence(tables.SkillSuccession)
    some = select(literal_column("1")).select_from(anything).correlate_except(anything).exists()
    plain, rows, later = occurrence(table), occurrence(table), occurrence(tables.SkillSuccession)
    followed = rows.outerjoin(later, later.c.skill_id == rows.c.skill_id)
    skill = func.coalesce(later.c.successor_id, rows.c.skill_id)
    # The condition stands outside of the grouping, which is then not even begun on the way that is not gone.
    plainly = grouped(plain, plain.c.skill_id).select_from(plain).correlate_except(plain).subquery()
    following = grouped(rows, skill).select_from(followed).correlate_except(rows, later).subquery()
    both = union_all(
        select(*plainly.c).where(~some).correlate_except(plainly),
        select(*following.c).where(some).correlate_except(following),
    ).subquery()
    return select(*both.c).correlate_except(both)


def counts_as(evidence: Any, skill: Any) -> ColumnElement[bool]:
    """Whether evidence counts as that of a skill: it is, or it is of one that the skill succeeds."""
    earlier = occurrence(tables.SkillSuccession)
    succeeded = select(earlier.c.skill_id).where(earlier.c.successor_id == skill).correlate_except(earlier)
    counted: ColumnElement[Any] = func.array_append(
        func.array(succeeded.scalar_subquery()), skill, type_=ARRAY(Uuid)
    )
    counts: ColumnElement[bool] = evidence.skill_id == any_(counted)
    return counts


def until(row: Any, at: At, viewer: Terms) -> ColumnElement[Any]:
    """When a level that holds will have sunk, if nothing new comes; null where nothing known ends it."""
    return _edge(func.upper, row, at, viewer)


def until_without(row: Any, at: At, viewer: Terms, still: Still) -> ColumnElement[Any]:
    """The same, where only some of the evidence counts."""
    return _edge(func.upper, row, at, viewer, still)


def since(row: Any, at: At, viewer: Terms) -> ColumnElement[Any]:
    """Since when a level that holds has not been lower, nor less verified."""
    return _edge(func.lower, row, at, viewer)


def _edge(edge: Any, row: Any, at: At, viewer: Terms, still: Still | None = None) -> ColumnElement[Any]:
    """An end of the time around a date during which a level holds, as far as the viewer sees the evidence.

    It holds while verified evidence for it does; an unverified one also while somebody claims it and nothing
    verified speaks for less.
    """
    evidence, seen = viewer.sees(tables.Evidence)
    level, is_verified = row.level, row.is_verified
    sure, enough = verified(evidence.c), evidence.c.level >= level

    def times(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(
            func.range_agg(evidence.c.valid).filter(condition), literal_column("'{}'::tstzmultirange")
        )

    claimed = times(and_(enough, ~sure, ~is_verified)).op("-")(times(sure))
    known = (
        select(times(and_(enough, sure)).op("+")(claimed).label("times"))
        .select_from(evidence)
        .where(
            evidence.c.employee_id == row.employee_id,
            counts_as(evidence.c, row.skill_id),
            evidence.c.withdrawn_at.is_(None),
            seen,
            *([still(evidence)] if still is not None else ()),
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
