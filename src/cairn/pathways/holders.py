"""Those who have done a step or a pathway at a date, as lists: what requirements find people by."""

from typing import Any

from sqlalchemy import Select, literal_column, select, union_all

from cairn.access.rules import At, Terms
from cairn.db.tables import occurrence
from cairn.pathways import tables
from cairn.requirements.tree import SubjectKind
from cairn.skills.meets import holders_of


@holders_of(SubjectKind.STEP)
def who_did(viewer: Terms, at: At, step: Any) -> Select[Any]:
    """Those of whom a completion of a step holds; a nested pathway's completion is its step's."""
    progress, seen = viewer.sees(tables.Progress, at=at)
    completion, known = viewer.sees(tables.PathwayCompletion, at=at)
    nesting = occurrence(tables.Step)
    done = select(progress.c.employee_id).where(
        progress.c.step_id == step,
        progress.c.kind != literal_column("'STARTED'"),
        progress.c.withdrawn_at.is_(None),
        progress.c.valid.contains(at.instant),
        seen,
    )
    nested = (
        select(completion.c.employee_id)
        .select_from(completion.join(nesting, nesting.c.nested_pathway_id == completion.c.pathway_id))
        .where(nesting.c.id == step, completion.c.held.contains(at.instant), known)
    )
    both = union_all(done.correlate_except(progress), nested.correlate_except(completion, nesting)).subquery()
    return select(both.c.employee_id)


@holders_of(SubjectKind.PATHWAY)
def who_completed(viewer: Terms, at: At, pathway: Any) -> Select[Any]:
    """Those of whom a completion of a pathway holds."""
    completion, seen = viewer.sees(tables.PathwayCompletion, at=at)
    found = select(completion.c.employee_id).where(
        completion.c.pathway_id == pathway, completion.c.held.contains(at.instant), seen
    )
    return found.correlate_except(completion)
