"""What is done of assignments, what is left, and what comes next: as SQL, at any date.

Of a round only counts what was done since it was opened (`currency.py`).
"""

from typing import Any

from sqlalchemy import Select, and_, case, func, literal_column, or_, select

from cairn.pathways import tables


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
        found = func.least(func.coalesce(by_minutes, by_number), literal_column("99"))
        return case((left == zero, hundred), else_=func.coalesce(found, zero))

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
    done = is_done(assignment, at, viewer)
    ready = ~viewer.sees_any(tables.Step, lambda other: and_(_comes_before(step.c, other), ~done(other)))
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
    order = (
        ready.desc(),
        assignment.due_on.asc().nulls_last(),
        assignment.priority,
        begun.desc(),
        assignment.assigned_at,
        step.c.position,
        step.c.id,
    )
    return (
        select(
            func.row_number().over(order_by=order).label("position"),
            assignment.id.label("assignment_id"),
            step.c.id.label("step_id"),
            ready.label("is_ready"),
            begun.label("is_begun"),
            assignment.employee_id,
            assignment.round,
            assignment.assigned_at,
            step.c.version_id,
            step.c.requirement,
        )
        .where(
            assignment.employee_id == row.id,
            assignment.assigned_at <= at.instant,
            or_(assignment.closed_at.is_(None), assignment.closed_at > at.instant),
            or_(assignment.starts_on.is_(None), assignment.starts_on <= at.day),
            step.c.version_id == assignment.version_id,
            ~step.c.is_optional,
            ~done(step.c),
            sees,
            sees_step,
        )
        .correlate_except(found, step)
    )


def waits_for(row: Any, other: Any, at: Any, viewer: Any) -> Any:
    """Whether another step comes before that of a row of `next_steps`, and is not done."""
    return and_(_comes_before(row, other), ~is_done(row, at, viewer)(other))


def _comes_before(step: Any, other: Any) -> Any:
    """Whether a step takes another one of its version, whatever else it takes."""
    leaf = func.jsonb_build_array(func.jsonb_build_object(literal_column("'step'"), other.id))
    whole = func.jsonb_build_object(literal_column("'all'"), leaf)
    return and_(other.version_id == step.version_id, step.requirement.op("@>")(whole))
