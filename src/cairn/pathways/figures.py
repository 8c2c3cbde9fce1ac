"""What is done of assignments, what is left, and what comes next: as SQL, at any date.

Of a round only counts what was done since it was opened (`currency.py`).
"""

from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    Integer,
    Select,
    Text,
    all_,
    and_,
    any_,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from cairn.pathways import tables
from cairn.requirements.tree import MAX_DEPTH


def in_round(assignment: Any, progress: Any) -> Any:
    """Whether something that was done counts in the round of an assignment."""
    one: Any = literal_column("1")
    return or_(assignment.round == one, func.lower(progress.valid) >= assignment.assigned_at)


def begun(row: Any, at: Any, viewer: Any) -> Any:
    """Whether anything of an assignment was begun."""
    return viewer.sees_any(
        tables.Progress,
        lambda progress: and_(
            progress.employee_id == row.employee_id,
            progress.withdrawn_at.is_(None),
            func.lower(progress.valid) <= at.instant,
            in_round(row, progress),
            viewer.sees_any(
                tables.Step, lambda step: and_(step.id == progress.step_id, step.version_id == row.version_id)
            ),
        ),
    )


def of_steps(row: Any, viewer: Any, figure: Any, done: Any = None) -> Any:
    """A figure of the steps of an assignment that are not optional; with `done`, of those that are."""
    step, visible = viewer.sees(tables.Step)
    terms = [step.c.version_id == row.version_id, ~step.c.is_optional, visible]
    if done is not None:
        terms.append(done(step.c))
    return select(figure(step.c)).select_from(step).where(*terms).correlate_except(step).scalar_subquery()


def is_done(row: Any, at: Any, viewer: Any) -> Any:
    """Whether a step is done in the round of an assignment, or the pathway in it."""

    def done(step: Any) -> Any:
        itself = viewer.sees_any(
            tables.Progress,
            lambda progress: and_(
                progress.employee_id == row.employee_id,
                progress.step_id == step.id,
                progress.kind != literal_column("'STARTED'"),
                progress.withdrawn_at.is_(None),
                progress.valid.contains(at.instant),
                in_round(row, progress),
            ),
        )
        nested = viewer.sees_any(
            tables.PathwayCompletion,
            lambda completion: and_(
                completion.employee_id == row.employee_id,
                completion.pathway_id == step.nested_pathway_id,
                completion.held.contains(at.instant),
            ),
        )
        return or_(itself, nested)

    return done


def _count(_step: Any) -> Any:
    return func.count()


def _sum(step: Any) -> Any:
    return func.coalesce(func.sum(step.minutes), literal_column("0"))


def _is_completed(row: Any, at: Any) -> Any:
    return and_(row.closed_at <= at.instant, row.closure == literal_column("'COMPLETED'"))


def minutes_left(row: Any, at: Any, viewer: Any) -> Any:
    """How long the steps take that are not done; nothing when it was completed."""
    done = is_done(row, at, viewer)
    left: Any = of_steps(row, viewer, _sum, lambda step: ~done(step))
    return case((_is_completed(row, at), literal_column("0")), else_=left)


def percent(row: Any, at: Any, viewer: Any) -> Any:
    """By minutes where the steps have some, else by number; a hundred only when nothing is left."""
    done = is_done(row, at, viewer)

    zero: Any = literal_column("0")
    hundred: Any = literal_column("100")

    def share(step: Any) -> Any:
        is_done = case((done(step), literal_column("1")), else_=zero)
        by_minutes = hundred * func.sum(step.minutes * is_done) / func.nullif(func.sum(step.minutes), zero)
        by_number = hundred * func.sum(is_done) / func.nullif(func.count(), zero)
        left: Any = func.sum(literal_column("1") - is_done)
        found = func.floor(func.least(func.coalesce(by_minutes, by_number), literal_column("99")))
        return case((left == zero, hundred), else_=cast(func.coalesce(found, zero), Integer))

    return case((_is_completed(row, at), hundred), else_=of_steps(row, viewer, share))


def steps_done(row: Any, at: Any, viewer: Any) -> Any:
    """How many of the steps that are not optional are done."""
    return of_steps(row, viewer, _count, is_done(row, at, viewer))


def steps_total(row: Any, viewer: Any) -> Any:
    """How many steps there are that are not optional."""
    return of_steps(row, viewer, _count)


def minutes_total(row: Any, viewer: Any) -> Any:
    """How long the steps that are not optional take together."""
    return of_steps(row, viewer, _sum)


def next_steps(row: Any, at: Any, viewer: Any) -> Select[Any]:
    """What an employee is to do: `position, assignment_id, step_id, is_ready, is_begun`, and more."""
    found, sees = viewer.sees(tables.Assignment, at=at)
    step, sees_step = viewer.sees(tables.Step)
    assignment = found.c
    of_version, sees_them = viewer.sees(tables.Step)
    finished = is_done(assignment, at, viewer)(of_version.c)
    ids = select(func.array_agg(cast(of_version.c.id, Text)).label("ids"))
    theirs = of_version.c.version_id == assignment.version_id
    done = ids.where(theirs, sees_them, finished).correlate_except(of_version).lateral()
    ready = is_met(step.c.requirement, done.c.ids, at)
    begun = viewer.sees_any(
        tables.Progress,
        lambda progress: and_(
            progress.employee_id == assignment.employee_id,
            progress.step_id == step.c.id,
            progress.withdrawn_at.is_(None),
            func.lower(progress.valid) <= at.instant,
            in_round(assignment, progress),
        ),
    )
    coming = (
        select(
            assignment.id.label("assignment_id"),
            step.c.id.label("step_id"),
            ready.label("is_ready"),
            begun.label("is_begun"),
            assignment.employee_id,
            assignment.round,
            assignment.assigned_at,
            assignment.due_on,
            assignment.priority,
            step.c.version_id,
            step.c.requirement,
            step.c.position.label("place"),
        )
        .select_from(found.join(done, true()), step)
        .where(
            assignment.employee_id == row.id,
            assignment.assigned_at <= at.instant,
            or_(assignment.closed_at.is_(None), assignment.closed_at > at.instant),
            or_(assignment.starts_on.is_(None), assignment.starts_on <= at.day),
            step.c.version_id == assignment.version_id,
            ~step.c.is_optional,
            func.coalesce(cast(step.c.id, Text) != all_(done.c.ids), true()),
            sees,
            sees_step,
        )
        .correlate_except(found, done, step)
        .offset(literal_column("0"))  # what is ready is worked out once, and not again for the order
        .subquery("coming")
    )
    order = (
        coming.c.is_ready.desc(),
        coming.c.due_on.asc().nulls_last(),
        coming.c.priority,
        coming.c.is_begun.desc(),
        coming.c.assigned_at,
        coming.c.place,
        coming.c.step_id,
    )
    return select(func.row_number().over(order_by=order).label("position"), *coming.c).correlate_except(
        coming
    )


def waits_for(row: Any, other: Any, at: Any, viewer: Any) -> Any:
    """Whether the step of a row of `next_steps` is not ready, takes another step, and that is not done."""
    mentioned = and_(other.version_id == row.version_id, mentions(row.requirement, other.id))
    return and_(~row.is_ready, mentioned, ~is_done(row, at, viewer)(other))


def mentions(requirement: Any, step: Any) -> Any:
    """Whether a requirement, as it is kept, names a step anywhere."""
    path = cast(literal_column("'$.**.step'"), JSONPATH)
    return func.jsonb_path_query_array(requirement, path).op("@>")(func.to_jsonb(step))


def is_met(requirement: Any, done: Any, at: Any, depth: int = MAX_DEPTH) -> Any:
    """Whether a requirement is met as far as steps and dates go; what else it takes counts as met.

    Args:
        requirement: The JSON of it (`requirements/wire.py`).
        done: The ids of the steps that are done, as an array of texts.
        at: The date that is asked of.
        depth: How deep it may be; SQL has no recursion upwards, and so it is written out.
    """
    if depth == 0:
        return literal_column("false")

    def within(*keys: str) -> Any:
        found = requirement
        for key in keys:
            found = found.op("->")(literal_column(f"'{key}'"))
        return found

    def number(value: Any) -> Any:
        return cast(value, Integer)

    branches = func.coalesce(within("all"), within("any", "of"), within("points", "of"))
    value: Any = column("value", JSONB)
    elements = func.jsonb_array_elements(branches).table_valued(value).render_derived(name="element")
    when = elements.c.value.op("->")(literal_column("'when'"))
    weight = number(elements.c.value.op("->")(literal_column("'weight'")))
    branch = (
        select(
            func.coalesce(when, elements.c.value).label("node"),
            func.coalesce(weight, literal_column("1")).label("weight"),
        )
        .select_from(elements)
        .correlate_except(elements)
        .subquery(f"branch_{depth}")
    )
    needed = func.coalesce(
        number(within("any", "n")), number(within("points", "min")), func.jsonb_array_length(within("all"))
    )
    reached = func.sum(branch.c.weight).filter(is_met(branch.c.node, done, at, depth - 1))
    enough: Any = select(func.coalesce(reached, literal_column("0")) >= needed).select_from(branch)
    step = requirement.op("->>")(literal_column("'step'"))
    instant = requirement.op("->>")(literal_column("'notBefore'"))
    return case(
        (branches.is_not(None), enough.correlate_except(branch).scalar_subquery()),
        (step.is_not(None), func.coalesce(step == any_(done), literal_column("false"))),
        (instant.is_not(None), cast(instant, TIMESTAMP(timezone=True)) <= at.instant),
        else_=literal_column("true"),
    )
