"""What-if: what is assumed of a matrix as a part of its statement. Nothing is ever written.

Assumptions come as one parameter, so the statement is the same whatever they say. What is assumed of
somebody's levels applies only where the viewer may see them: else the answer would tell what they are, by the
difference that an assumption makes. That one does not apply, and why, is part of the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    SmallInteger,
    Text,
    Uuid,
    and_,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects import postgresql

from cairn.access.rules import At, Terms, some, under
from cairn.db.tables import occurrence
from cairn.graph.scalars import constant
from cairn.matrices.assume import AssumptionKind, WhyNot
from cairn.pathways import tables as pathways
from cairn.people import tables as people
from cairn.skills import levels
from cairn.skills import tables as skills
from cairn.skills.access import learning

Granted = Callable[[Any, Any, Terms], ColumnElement[bool]]
_by_credential: list[Granted] = []
_ONE: Any = literal_column("1")


def granted_by_credential(build: Granted) -> Granted:
    """Registers whether evidence was granted by an award of a credential that the viewer sees.

    What awards are is known in the room of credentials, which stands above this one.
    """
    _by_credential.append(build)
    return build


@dataclass(frozen=True)
class Assumed:
    """The assumptions of one matrix."""

    members: CTE
    """Who stands in it then: `employee_id, job_role_id`, and `own_role_id`, in which they really work."""
    applied: CTE
    """The assumptions, with `why_not`, null where one applies."""
    grants: CTE
    """The skills that somebody is assumed to have: `position, employee_id, skill_id, level, is_verified`."""
    real: CTE
    """Who really stands in it."""
    at: At
    viewer: Terms

    def still(self, evidence: FromClause) -> ColumnElement[bool]:
        """Whether evidence is left where some is assumed to expire."""
        return not_(lost(self.applied.alias(), evidence, self.at, self.viewer))

    def held(self, employee: Any, at: At) -> Select[Any]:
        """The levels of one employee as `levels.held` has them, with what is assumed."""
        grants = self.grants.alias()
        granted = (
            select(grants.c.employee_id, grants.c.skill_id, grants.c.level, grants.c.is_verified)
            .where(grants.c.employee_id == employee)
            .correlate_except(grants)
        )
        both = union_all(levels.held(self.viewer, employee, at, self.still), granted).subquery()
        best = func.max(both.c.level).filter(both.c.is_verified)
        return (
            select(
                both.c.employee_id,
                both.c.skill_id,
                func.coalesce(best, func.max(both.c.level)).label("level"),
                best.is_not(None).label("is_verified"),
            )
            .group_by(both.c.employee_id, both.c.skill_id)
            .correlate_except(both)
        )

    def until(self, row: Any, at: At) -> ColumnElement[Any]:
        """When a level will have sunk; null where it is assumed, for then nothing known ends it."""
        grants = self.grants.alias()
        is_granted = (
            select(_ONE)
            .where(
                grants.c.employee_id == row.employee_id,
                grants.c.skill_id == row.skill_id,
                grants.c.level >= row.level,
                or_(grants.c.is_verified, not_(row.is_verified)),
            )
            .correlate_except(grants)
            .exists()
        )
        return case((not_(is_granted), levels.until_without(row, at, self.viewer, self.still)))


def assumed(parameter: Any, real: CTE, at: At, viewer: Terms) -> Assumed:
    """What a parameter of assumptions comes to, in a matrix of these members."""
    given = _given(parameter)
    members = _members(given, real, at, viewer)
    grants = _grants(given, viewer)
    applied = _applied(given, real, members, grants, at, viewer)
    good, each = applied.alias(), grants.alias()
    granted = select(*each.c).join(good, good.c.position == each.c.position)
    return Assumed(
        members,
        applied,
        granted.where(good.c.why_not.is_(None)).cte(),
        real,
        at,
        viewer,
    )


def _given(parameter: Any) -> CTE:
    """`position, kind, employee_id, job_role_id, pathway_id, skill_id, level, credential_id`."""
    records = [kind.lower() for kind in AssumptionKind if kind is not AssumptionKind.LEAVES]
    row = (
        func.json_to_recordset(cast(parameter, postgresql.JSON))
        .table_valued(
            sql_column("position", Integer()),
            sql_column("leaves", Text()),
            *(sql_column(name, JSON()) for name in records),
            name="given",
        )
        .render_derived(with_types=True)
    )
    about: Any = func.coalesce(*(row.c[name] for name in records))

    def of(name: str) -> Any:
        return about.op("->>")(constant(name))

    kinds = [(row.c[kind.lower()].is_not(None), constant(kind.value)) for kind in AssumptionKind]
    return (
        select(
            row.c.position,
            case(*kinds).label("kind"),
            cast(func.coalesce(row.c.leaves, of("employee")), Uuid()).label("employee_id"),
            cast(of("job_role"), Uuid()).label("job_role_id"),
            cast(of("pathway"), Uuid()).label("pathway_id"),
            cast(of("skill"), Uuid()).label("skill_id"),
            cast(of("level"), SmallInteger()).label("level"),
            cast(of("credential"), Uuid()).label("credential_id"),
        )
        .cte()
        .prefix_with("MATERIALIZED")
    )


def is_(row: Any, *kinds: AssumptionKind) -> ColumnElement[bool]:
    """Whether an assumption is of one of these kinds."""
    return or_(*(row.kind == constant(kind.value) for kind in kinds))


def _members(given: CTE, real: CTE, at: At, viewer: Terms) -> CTE:
    """Of several assumptions that somebody leaves or joins the last one counts, and of job roles too."""
    turn, role, before = given.alias(), given.alias(), real.alias()
    turns = (
        select(turn.c.employee_id, turn.c.kind)
        .where(is_(turn.c, *_TURNS))
        .order_by(turn.c.employee_id, turn.c.position.desc())
        .ext(postgresql.distinct_on(turn.c.employee_id))
        .subquery()
    )
    roles = (
        select(role.c.employee_id, role.c.job_role_id)
        .where(
            some(skills.JobRole, lambda known: known.id == role.c.job_role_id),
            or_(is_(role.c, AssumptionKind.MOVES), not_(_overruled(role, given))),
        )
        .order_by(role.c.employee_id, role.c.position.desc())
        .ext(postgresql.distinct_on(role.c.employee_id))
        .subquery()
    )
    employment, allowed = viewer.sees(people.Employment, at=at)
    employed = and_(employment.c.employee_id == turns.c.employee_id, employment.c.valid.contains(at.day))
    here = or_(before.c.employee_id.is_not(None), _known(turns.c.employee_id))
    return (
        select(
            func.coalesce(before.c.employee_id, turns.c.employee_id).label("employee_id"),
            func.coalesce(roles.c.job_role_id, before.c.job_role_id, employment.c.job_role_id).label(
                "job_role_id"
            ),
            func.coalesce(before.c.job_role_id, employment.c.job_role_id).label("own_role_id"),
        )
        .select_from(
            before.join(turns, turns.c.employee_id == before.c.employee_id, full=True)
            .outerjoin(employment, and_(before.c.employee_id.is_(None), under(allowed, employed)))
            .outerjoin(roles, roles.c.employee_id == func.coalesce(before.c.employee_id, turns.c.employee_id))
        )
        .where(func.coalesce(turns.c.kind, constant("")) != constant(AssumptionKind.LEAVES.value), here)
        .cte()
        .prefix_with("MATERIALIZED")
    )


_TURNS = (AssumptionKind.LEAVES, AssumptionKind.JOINS)


def _overruled(each: FromClause, given: CTE) -> ColumnElement[bool]:
    """Whether a later one says otherwise of whether somebody is in the matrix."""
    later = given.alias()
    found = select(_ONE).where(
        later.c.employee_id == each.c.employee_id, later.c.position > each.c.position, is_(later.c, *_TURNS)
    )
    return found.correlate_except(later).exists()


def _known(employee: Any) -> ColumnElement[bool]:
    return some(people.Employee, lambda who: and_(who.id == employee, who.erased_at.is_(None)))


def _grants(given: CTE, viewer: Terms) -> CTE:
    """What assumptions would grant: `position, employee_id, skill_id, level, is_verified`."""
    begin, task = given.alias(), occurrence(pathways.Assignment)
    followed = (
        select(task.c.version_id)
        .where(
            task.c.employee_id == begin.c.employee_id,
            task.c.pathway_id == begin.c.pathway_id,
            task.c.closed_at.is_(None),
        )
        .correlate(begin)
        .scalar_subquery()
    )
    walked = (
        select(
            begin.c.position,
            begin.c.employee_id,
            func.coalesce(followed, _published(begin.c.pathway_id)).label("version_id"),
        )
        .where(is_(begin.c, AssumptionKind.COMPLETES))
        .cte(recursive=True)
    )
    nested = occurrence(pathways.Step)
    walked = walked.union(
        select(walked.c.position, walked.c.employee_id, _published(nested.c.nested_pathway_id)).join(
            nested,
            and_(
                nested.c.version_id == walked.c.version_id,
                nested.c.nested_pathway_id.is_not(None),
                not_(nested.c.is_optional),
            ),
        )
    )
    (step, seen), grant = viewer.sees(pathways.Step), occurrence(pathways.StepGrant)
    reached = given.alias()
    raw = union_all(
        select(
            walked.c.position,
            walked.c.employee_id,
            grant.c.skill_id,
            grant.c.level,
            (step.c.proof != constant(pathways.Proof.SELF.value)).label("is_verified"),
        )
        .select_from(
            walked.join(step, step.c.version_id == walked.c.version_id).join(
                grant, grant.c.step_id == step.c.id
            )
        )
        .where(not_(step.c.is_optional), seen),
        select(
            reached.c.position,
            reached.c.employee_id,
            reached.c.skill_id,
            reached.c.level,
            true().label("is_verified"),
        ).where(is_(reached.c, AssumptionKind.REACHES), _exists(skills.Skill, reached.c.skill_id)),
    ).subquery()
    later = occurrence(skills.SkillSuccession)
    return (
        select(
            raw.c.position,
            raw.c.employee_id,
            func.coalesce(later.c.successor_id, raw.c.skill_id).label("skill_id"),
            raw.c.level,
            raw.c.is_verified,
        )
        .select_from(raw.outerjoin(later, later.c.skill_id == raw.c.skill_id))
        .cte()
        .prefix_with("MATERIALIZED")
    )


def _published(pathway: Any) -> ColumnElement[Any]:
    version = occurrence(pathways.PathwayVersion)
    is_published = version.c.status == constant(pathways.VersionStatus.PUBLISHED.value)
    found = select(version.c.id).where(version.c.pathway_id == pathway, is_published)
    return found.correlate_except(version).scalar_subquery()


def _exists(table: Any, key: Any) -> ColumnElement[bool]:
    return some(table, lambda row: row.id == key)


def lost(
    by: FromClause, evidence: FromClause, at: At, viewer: Terms, *, applied: bool = True
) -> ColumnElement[bool]:
    """Whether evidence expires by one of the assumptions; all of it where the viewer sees the levels."""
    anybodys = or_(by.c.employee_id.is_(None), by.c.employee_id == evidence.c.employee_id)
    by_credential = (build(evidence.c, by.c.credential_id, viewer) for build in _by_credential)
    gone = or_(
        and_(is_(by.c, AssumptionKind.LOSES), levels.counts_as(evidence.c, by.c.skill_id)),
        and_(is_(by.c, AssumptionKind.EXPIRES), or_(false(), *by_credential)),
    )
    conditions = [anybodys, gone, learning(viewer.asking(at), evidence.c.employee_id)]
    if not applied:
        return and_(*conditions)
    found = select(_ONE).where(by.c.why_not.is_(None), *conditions)
    return found.correlate_except(by).exists()


def _applied(given: CTE, real: CTE, members: CTE, grants: CTE, at: At, viewer: Terms) -> CTE:
    """The assumptions with `why_not`."""
    each, granted = given.alias(), grants.alias()
    was, is_in, evidence = real.alias(), members.alias(), occurrence(skills.Evidence)

    def among(source: FromClause) -> ColumnElement[bool]:
        found = select(_ONE).where(source.c.employee_id == each.c.employee_id)
        return found.correlate_except(source).exists()

    overruled = _overruled(each, given)
    member = members.alias()
    takes = (
        select(_ONE)
        .select_from(evidence.join(member, member.c.employee_id == evidence.c.employee_id))
        .where(
            evidence.c.withdrawn_at.is_(None),
            evidence.c.valid.contains(at.instant),
            lost(each, evidence, at, viewer, applied=False),
        )
        .correlate_except(evidence, member)
        .exists()
    )
    grants_any = select(_ONE).where(granted.c.position == each.c.position).correlate_except(granted).exists()
    of_one = each.c.employee_id.is_not(None)
    unknown = or_(
        and_(of_one, not_(_known(each.c.employee_id))),
        and_(each.c.job_role_id.is_not(None), not_(_exists(skills.JobRole, each.c.job_role_id))),
        and_(each.c.skill_id.is_not(None), not_(_exists(skills.Skill, each.c.skill_id))),
        and_(
            each.c.pathway_id.is_not(None),
            not_(viewer.sees_any(pathways.Pathway, lambda known: known.id == each.c.pathway_id)),
        ),
    )
    leaves, joins = is_(each.c, AssumptionKind.LEAVES), is_(each.c, AssumptionKind.JOINS)
    on_levels = not_(is_(each.c, *_TURNS, AssumptionKind.MOVES))
    withheld = and_(of_one, not_(learning(viewer.asking(at), each.c.employee_id)))
    takes_nothing = and_(is_(each.c, AssumptionKind.LOSES, AssumptionKind.EXPIRES), not_(takes))
    why_not = case(
        (unknown, constant(WhyNot.UNKNOWN)),
        (and_(or_(leaves, joins), overruled), constant(WhyNot.OVERRULED)),
        (and_(leaves, not_(among(was))), constant(WhyNot.NOT_IN_MATRIX)),
        (and_(joins, among(was), each.c.job_role_id.is_(None)), constant(WhyNot.IN_MATRIX_ALREADY)),
        (and_(of_one, not_(leaves), not_(among(is_in))), constant(WhyNot.NOT_IN_MATRIX)),
        (and_(on_levels, withheld), constant(WhyNot.LEVELS_WITHHELD)),
        (and_(is_(each.c, AssumptionKind.COMPLETES), not_(grants_any)), constant(WhyNot.GRANTS_NOTHING)),
        (takes_nothing, constant(WhyNot.TAKES_NOTHING)),
    )
    return select(*each.c, why_not.label("why_not")).cte().prefix_with("MATERIALIZED")


def assumptions(assumed: Assumed | None) -> Select[Any]:
    """What was assumed: `position, kind, employee_id …, why_not`."""
    if assumed is None:
        nothing: list[Any] = [
            literal_column(f"null::{type_}").label(name) for name, type_ in _COLUMNS.items()
        ]
        return select(*nothing).where(false())
    return listed(assumed.applied.alias())


def listed(each: FromClause) -> Select[Any]:
    """Assumptions, as the graph reads them."""
    return select(each.c.position, *(each.c[name] for name in _COLUMNS if name != "position"))


_COLUMNS = {
    "position": "int",
    "kind": "text",
    "employee_id": "uuid",
    "job_role_id": "uuid",
    "pathway_id": "uuid",
    "skill_id": "uuid",
    "level": "int",
    "credential_id": "uuid",
    "why_not": "text",
}
