"""What of a matrix is only assumed: which cells are not what they really are, and which assumptions do that.

A cell is marked where what it shows does not follow from the facts: its level is one that an assumption
grants, or what really decides it is assumed away, or the job role that is assumed requires another level than
the person's own.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, false, literal_column, not_, or_, select

from cairn.db.tables import occurrence
from cairn.matrices.assume import AssumptionKind
from cairn.matrices.grid import Grid
from cairn.matrices.whatif import Assumed, assumptions, is_, listed, lost
from cairn.skills import levels
from cairn.skills import tables as skills

_ONE: Any = literal_column("1")


def of_cell(row: Any, grid: Grid) -> Select[Any]:
    """The assumptions that make a cell what it is; none where all of it is so."""
    if grid.assumed is None:
        return assumptions(None)
    each = grid.assumed.applied.alias()
    return listed(each).where(_makes(row, grid, grid.assumed, each))


def explained(row: Any, grid: Grid) -> Select[Any]:
    """A cell, where evidence explains its level: there is one, and nothing that is assumed makes it so."""
    found = levels.itself(row).where(row.level.is_not(None))
    if grid.assumed is None:
        return found
    each = grid.assumed.applied.alias()
    made = select(_ONE).where(
        each.c.why_not.is_(None),
        or_(each.c.employee_id.is_(None), each.c.employee_id == row.employee_id),
        or_(_grants(row, grid.assumed, each), _takes(row, grid.assumed, each)),
    )
    return found.where(not_(made.correlate_except(each).exists()))


def is_assumed(row: Any, grid: Grid) -> ColumnElement[bool]:
    """Whether there are any."""
    if grid.assumed is None:
        return false()
    each = grid.assumed.applied.alias()
    found = select(_ONE).where(_makes(row, grid, grid.assumed, each)).correlate_except(each)
    return found.exists()


def comes(row: Any, grid: Grid) -> ColumnElement[bool]:
    """Whether somebody stands in the matrix only by assumption."""
    if grid.assumed is None:
        return false()
    real = grid.assumed.real.alias()
    found = select(_ONE).where(real.c.employee_id == row.employee_id).correlate_except(real)
    return not_(found.exists())


def _makes(row: Any, grid: Grid, assumed: Assumed, each: FromClause) -> ColumnElement[bool]:
    return and_(
        each.c.why_not.is_(None),
        or_(each.c.employee_id.is_(None), each.c.employee_id == row.employee_id),
        or_(
            _grants(row, assumed, each),
            _takes(row, assumed, each),
            _asks(row, grid, assumed, each),
        ),
    )


def _grants(row: Any, assumed: Assumed, each: FromClause) -> ColumnElement[bool]:
    """Whether it grants the level, and nothing that is left would make it so."""
    granted = assumed.grants.alias()
    decides = select(_ONE).where(
        granted.c.position == each.c.position,
        granted.c.employee_id == row.employee_id,
        granted.c.skill_id == row.skill_id,
        granted.c.level == row.level,
        granted.c.is_verified == row.is_verified,
    )
    return and_(
        is_(each.c, AssumptionKind.COMPLETES, AssumptionKind.REACHES),
        decides.correlate_except(granted).exists(),
        not_(_stands(row, row.level, row.is_verified, assumed)),
    )


def _takes(row: Any, assumed: Assumed, each: FromClause) -> ColumnElement[bool]:
    """Whether it takes what really decides the level, so that what is left makes another one."""
    has = levels.held(assumed.viewer, row.employee_id, assumed.at, _of(row)).subquery()
    evidence = occurrence(skills.Evidence)
    decided = (
        select(_ONE)
        .select_from(has.join(evidence, levels.decides(has.c, evidence.c)))
        .where(
            has.c.skill_id == row.skill_id,
            levels.behind(row, evidence.c, assumed.at),
            lost(each, evidence, assumed.at, assumed.viewer, applied=False),
            not_(_stands(row, has.c.level, has.c.is_verified, assumed)),
        )
    )
    return and_(
        is_(each.c, AssumptionKind.LOSES, AssumptionKind.EXPIRES),
        decided.correlate_except(has, evidence).exists(),
    )


def _stands(row: Any, level: Any, is_verified: Any, assumed: Assumed) -> ColumnElement[bool]:
    """Whether what is left of the evidence makes a level by itself."""
    is_of = _of(row)
    left = levels.held(
        assumed.viewer,
        row.employee_id,
        assumed.at,
        lambda evidence: and_(is_of(evidence), assumed.still(evidence)),
    ).subquery()
    found = select(_ONE).where(
        left.c.skill_id == row.skill_id, left.c.level == level, left.c.is_verified == is_verified
    )
    return found.correlate_except(left).exists()


def _of(row: Any) -> levels.Still:
    """Of the evidence of a person only what is of the skill of a cell: none of the rest is read."""
    return lambda evidence: levels.counts_as(evidence.c, row.skill_id)


def _asks(row: Any, grid: Grid, assumed: Assumed, each: FromClause) -> ColumnElement[bool]:
    """Whether the job role that it gives asks for another level than the person's own."""
    member, own = assumed.members.alias(), grid.really_required.alias()
    really = (
        select(own.c.level)
        .where(own.c.job_role_id == member.c.own_role_id, own.c.skill_id == row.skill_id)
        .correlate_except(own)
        .scalar_subquery()
    )
    differs = select(_ONE).where(
        member.c.employee_id == row.employee_id,
        member.c.job_role_id == each.c.job_role_id,
        really.is_distinct_from(row.required),
    )
    turns = is_(each.c, AssumptionKind.JOINS, AssumptionKind.MOVES)
    return and_(turns, differs.correlate_except(member).exists())
