"""What is different between two versions: steps that were added, removed or changed, and what completes it.

Steps of two versions are the same where they have the same key. Requirements name steps by id, and ids are of
one version: so two requirements are the same where they are without the ids, and mention steps of the same
keys in the same order. A step has moved where another one comes before it than did, of those in both.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONPATH, array

from cairn.access.rules import Terms
from cairn.pathways import tables


class ChangeOfStep(StrEnum):
    """How a step, or the version, is different from before."""

    ADDED = "ADDED"
    """It was not there."""
    REMOVED = "REMOVED"
    """It is not there any more."""
    CHANGED = "CHANGED"
    """Something about it is different."""


_PLAIN = (
    "title", "kind", "provider", "url", "activity", "minutes", "is_optional", "proof", "pass_mark",
    "nested_pathway_id",
)  # fmt: skip
_OF_VERSION = ("validity", "renewal_window", "renewed_by_id")
_A_STEP: Any = literal_column("""'"step": "[0-9a-f-]{36}"'""")


def changes(row: Any, viewer: Terms, since: Any) -> Select[Any]:
    """What is different from another version, or from the one before.

    `position, key, change, fields, before_id, after_id`; a key that is null is the version itself.
    """
    earlier, sees_earlier = viewer.sees(tables.PathwayVersion)
    last = (
        select(earlier.c.id)
        .where(earlier.c.pathway_id == row.pathway_id, earlier.c.number < row.number, sees_earlier)
        .order_by(earlier.c.number.desc())
        .limit(literal_column("1"))
        .correlate_except(earlier)
        .scalar_subquery()
    )
    other = last if since is None else func.coalesce(since, last)
    both = union_all(_version(row, viewer, other), _steps(row, viewer, other)).subquery()
    return select(*both.c)


def _version(row: Any, viewer: Terms, other: Any) -> Select[Any]:
    """One row where the version itself is different."""
    was, sees_was = viewer.sees(tables.PathwayVersion)
    fields = _different(
        [
            ("completion", ~_same(was.c.completion, row.completion)),
            *((name, was.c[name].is_distinct_from(getattr(row, name))) for name in _OF_VERSION),
        ]
    )
    nothing = cast(null(), Uuid)
    return (
        select(
            literal_column("-1").label("position"),
            cast(null(), Text).label("key"),
            literal_column("'CHANGED'").label("change"),
            fields.label("fields"),
            nothing.label("before_id"),
            nothing.label("after_id"),
        )
        .where(was.c.id == other, sees_was, func.cardinality(fields) > literal_column("0"))
        .correlate_except(was)
    )


def _steps(row: Any, viewer: Terms, other: Any) -> Select[Any]:
    """A row for each step that is different, in the order of the version, those that are gone at the end."""
    before, sees_before = viewer.sees(tables.Step)
    after, sees_after = viewer.sees(tables.Step)
    was = (
        select(*before.c).where(before.c.version_id == other, sees_before).correlate_except(before).subquery()
    )
    is_ = select(*after.c).where(after.c.version_id == row.id, sees_after).correlate_except(after).subquery()
    terms = [(name, was.c[name].is_distinct_from(is_.c[name])) for name in _PLAIN]
    terms.append(("requirement", ~_same(was.c.requirement, is_.c.requirement)))
    terms.append(("grants", _grants(was.c.id).is_distinct_from(_grants(is_.c.id))))
    before_it, after_it = _comes_after(was.c, is_.c), _comes_after(is_.c, was.c)
    terms.append(("position", before_it.is_distinct_from(after_it)))
    changed = _different(terms)
    is_new, is_gone = was.c.id.is_(None), is_.c.id.is_(None)
    change = case(
        (is_new, literal_column("'ADDED'")),
        (is_gone, literal_column("'REMOVED'")),
        else_=literal_column("'CHANGED'"),
    )
    fields = case((or_(is_new, is_gone), cast(array([], type_=Text), ARRAY(Text))), else_=changed)
    there: Any = literal_column("1000000")
    return (
        select(
            func.coalesce(is_.c.position, there + was.c.position).label("position"),
            func.coalesce(is_.c.key, was.c.key).label("key"),
            change.label("change"),
            fields.label("fields"),
            was.c.id.label("before_id"),
            is_.c.id.label("after_id"),
        )
        .select_from(was.join(is_, was.c.key == is_.c.key, full=True))
        .where(or_(is_new, is_gone, func.cardinality(changed) > literal_column("0")))
    )


def _comes_after(step: Any, same: Any) -> Any:
    """The key of the step before it in its version, of those that the version of the same step has too."""
    other, there = tables.Step.__table__.alias(), tables.Step.__table__.alias()
    both = (
        select(there.c.id)
        .where(there.c.version_id == same.version_id, there.c.key == other.c.key)
        .correlate_except(there)
        .exists()
    )
    return (
        select(other.c.key)
        .where(other.c.version_id == step.version_id, other.c.position < step.position, both)
        .order_by(other.c.position.desc())
        .limit(literal_column("1"))
        .correlate_except(other)
        .scalar_subquery()
    )


def _different(terms: list[tuple[str, Any]]) -> Any:
    """The names of what is different, as an array."""
    named: list[Any] = [case((differs, literal_column(f"'{_graph(name)}'"))) for name, differs in terms]
    return func.array_remove(array(named, type_=Text), null())


def _graph(name: str) -> str:
    """`is_optional` → `isOptional`, and a relation without its id."""
    first, *rest = name.removesuffix("_id").split("_")
    return first + "".join(each.capitalize() for each in rest)


def _same(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two requirements say the same of steps of the same keys."""
    return and_(_bare(one) == _bare(other), _keys(one).is_not_distinct_from(_keys(other)))


def _bare(requirement: Any) -> Any:
    return func.regexp_replace(
        cast(requirement, Text), _A_STEP, literal_column("""'"step"'"""), literal_column("'g'")
    )


def _keys(requirement: Any) -> Any:
    """The keys of the steps that a requirement mentions, in order."""
    path = cast(literal_column("'$.**.step'"), JSONPATH)
    mentioned = func.jsonb_path_query(requirement, path).table_valued(
        "id", with_ordinality="nth", name="mentioned"
    )
    named = mentioned.render_derived()
    step = tables.Step.__table__.alias()
    id_ = func.jsonb_build_array(named.c.id).op("->>")(literal_column("0"))
    ordered = (
        select(step.c.key).select_from(named).join(step, step.c.id == cast(id_, Uuid)).order_by(named.c.nth)
    )
    return func.array(ordered.correlate_except(named, step).scalar_subquery())


def _grants(step: Any) -> Any:
    grant = tables.StepGrant.__table__.alias()
    said = cast(grant.c.skill_id, Text).concat(literal_column("':'")).concat(cast(grant.c.level, Text))
    granted = select(said).where(grant.c.step_id == step).order_by(said)
    return func.array(granted.correlate_except(grant).scalar_subquery())
