"""Who may see what people can do: frameworks and roles are for everyone; evidence is not."""

from typing import Any

from sqlalchemy import ColumnElement, all_, and_, func, literal_column, or_, true

from cairn.access.permissions import Permission
from cairn.access.rules import Terms, everyone, rule, some
from cairn.people.access import answers_for, instants, teammates
from cairn.skills import tables

rule(
    tables.Framework,
    tables.FrameworkRelease,
    tables.Skill,
    tables.SkillChange,
    tables.SkillRelation,
    tables.SkillSuccession,
    tables.SkillText,
    tables.SkillWord,
    tables.ProficiencyLevel,
    tables.JobRole,
    tables.RoleSkill,
    tables.Policy,
    tables.LevelPolicy,
)(everyone)


def learning(viewer: Terms, employee: Any, time: Any = None) -> ColumnElement[bool]:
    """One's own skills, those of the people below, and all for who may read learning records."""
    return answers_for(viewer, employee, Permission.READ_LEARNING, time)


def verified(evidence: Any) -> ColumnElement[bool]:
    """Whether evidence counts as verified: as a policy of its skill says, else by its source."""
    claimed: ColumnElement[Any] = literal_column(f"'{{{','.join(tables.CLAIMED)}}}'::varchar[]")
    return func.coalesce(evidence.decided, evidence.source != all_(claimed))


def shared(viewer: Terms, employee: Any) -> ColumnElement[bool]:
    """Whether the company lets the viewer see what is verified of that employee: teammates, as of today."""
    allowed = some(tables.Policy, lambda policy: policy.teammates_see_levels)
    return and_(viewer.asks_of_today(), allowed, teammates(viewer, employee))


def noted(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """Who may see what was written: as the employee's skills, and whoever wrote it; no teammate."""
    return or_(learning(viewer, row.employee_id, row.valid), viewer.is_(row.asserted_by_id))


@rule(tables.Evidence)
def evidence(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As its employee's skills; what one said oneself; and what teammates have that is verified and holds."""
    if viewer.may(Permission.READ_LEARNING):
        return true()
    holds = and_(verified(row), row.withdrawn_at.is_(None), row.valid.contains(viewer.now.instant))
    return or_(noted(row, viewer), and_(holds, shared(viewer, row.employee_id)))


@rule(tables.AssessmentRequest)
def assessment_request(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As its employee's skills; and who was asked, and who asked."""
    seen = learning(viewer, row.employee_id, instants(row.requested_at, row.closed_at))
    return or_(seen, viewer.is_(row.assessor_id), viewer.is_(row.requested_by_id))
