"""Who may see what people can do: frameworks and roles are for everyone; evidence is not."""

from typing import Any

from sqlalchemy import ColumnElement, or_

from cairn.access.permissions import Permission
from cairn.access.rules import Terms, everyone, rule
from cairn.people.access import answers_for
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
)(everyone)


def learning(viewer: Terms, employee: Any, time: Any = None) -> ColumnElement[bool]:
    """One's own skills, those of the people below, and all for who may read learning records."""
    return answers_for(viewer, employee, Permission.READ_LEARNING, time)


@rule(tables.Evidence)
def evidence(row: Any, viewer: Terms) -> ColumnElement[bool]:
    """As its employee's skills; and what one said oneself, one sees."""
    return or_(learning(viewer, row.employee_id, row.valid), viewer.is_(row.asserted_by_id))
