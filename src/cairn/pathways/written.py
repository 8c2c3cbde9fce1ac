"""A version of a pathway as it is written, to be kept elsewhere, copied and compared: by keys, not by ids."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, or_, select, tuple_
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.db.tables import Table_
from cairn.graph.requirement import step_with_key
from cairn.graph.scalars import Duration, Url
from cairn.pathways import tables
from cairn.pathways.author import GrantDraft, StepDraft, before, with_ids
from cairn.pathways.currency import CurrencyDraft
from cairn.requirements import wire
from cairn.requirements.tree import All, Requirement, StepDone


@dataclass
class Written:
    """A pathway with one version of it. Its own steps stand in requirements as `step_with_key`."""

    code: str
    title: str
    steps: list[StepDraft]
    completion: Requirement | None = None
    summary: str | None = None
    provider: str | None = None
    currency: CurrencyDraft | None = None

    def plain(self) -> "Written":
        """The same in the one form that all that say the same have."""
        keys = {step_with_key(each.key): each.key for each in self.steps}
        needed = All(tuple(StepDone(step_with_key(each.key)) for each in self.steps if not each.is_optional))
        return replace(
            self,
            steps=[_split(each, before(each), keys) for each in self.steps],
            completion=None if self.completion == needed else self.completion,
        )


def _split(draft: StepDraft, asked: Requirement, keys: Mapping[UUID, str]) -> StepDraft:
    """A step that asks for that: first the steps that come before it, then all else."""
    parts = list(_parts(asked))
    after = [keys[each.step] for each in parts if isinstance(each, StepDone) and each.step in keys]
    rest = [each for each in parts if not (isinstance(each, StepDone) and each.step in keys)]
    what = None if not rest else rest[0] if len(rest) == 1 else All(tuple(rest))
    grants = sorted(draft.grants, key=lambda each: each.skill)
    return replace(draft, after=sorted(after), requirement=what, grants=grants)


def _parts(node: Requirement) -> Iterator[Requirement]:
    """All that is asked for, whether beside each other or within each other."""
    if isinstance(node, All):
        for each in node.of:
            yield from _parts(each)
    else:
        yield node


async def written(tx: Transaction, version: tables.PathwayVersion) -> Written:
    """A version as it was written."""
    pathway = await tx.get_one(tables.Pathway, version.pathway_id)
    of_it = select(tables.Step).where(col(tables.Step.version_id) == version.id)
    steps = list((await tx.execute(of_it.order_by(col(tables.Step.position)))).scalars())
    grants: dict[UUID, list[GrantDraft]] = {}
    granted = select(tables.StepGrant).where(
        col(tables.StepGrant.step_id) == any_(bindparam("steps", [each.id for each in steps], ARRAY(Uuid)))
    )
    for each in (await tx.execute(granted)).scalars():
        grants.setdefault(each.step_id, []).append(GrantDraft(each.skill_id, each.level))
    keys = {each.id: step_with_key(each.key) for each in steps}
    currency = None
    if version.validity is not None and version.renewal_window is not None:
        currency = CurrencyDraft(
            Duration(version.validity), Duration(version.renewal_window), version.renewed_by_id
        )
    return Written(
        pathway.code,
        pathway.title,
        [
            StepDraft(
                key=each.key,
                title=each.title,
                kind=each.kind,
                minutes=each.minutes,
                provider=each.provider,
                url=Url(each.url) if each.url is not None else None,
                activity=each.activity,
                is_optional=each.is_optional,
                proof=each.proof,
                pass_mark=each.pass_mark,
                requirement=with_ids(wire.parse(each.requirement), keys),
                grants=grants.get(each.id, []),
                pathway=each.nested_pathway_id,
            )
            for each in steps
        ],
        with_ids(wire.parse(version.completion), keys),
        pathway.summary,
        pathway.provider,
        currency,
    ).plain()


# Tables are named here and not imported, because some stand in rooms above.
_NAMED = {
    "credential": ("credential", "code"),
    "pathway": ("pathway", "code"),
    "role": ("job_role", "code"),
    "department": ("department", "name"),
    "team": ("team", "name"),
}
Name = tuple[str, ...]
"""What something is called: of a skill its framework and code, of all else one word."""


@dataclass
class Names:
    """What others are called by, and what is called so; of those that are asked for."""

    ids: dict[tuple[str, Name], UUID] = field(default_factory=dict)
    of: dict[tuple[str, UUID], Name] = field(default_factory=dict)

    async def look(self, tx: Transaction, asked: Collection[tuple[str, Name | UUID]]) -> None:
        """Finds what is asked for, by name or by id. What several are called by is the name of none."""
        for kind in sorted({kind for kind, _ in asked}):
            named = [each for of, each in asked if of == kind and not isinstance(each, UUID)]
            ids = [each for of, each in asked if of == kind and isinstance(each, UUID)]
            found: dict[Name, set[UUID]] = {}
            for id_, *name in await tx.execute(_of_kind(kind, named, ids)):
                found.setdefault(tuple(name), set()).add(id_)
            for name, several in found.items():
                if len(several) == 1:
                    [id_] = several
                    self.ids[kind, name] = id_
                    self.of[kind, id_] = name


def _of_kind(kind: str, names: Collection[Name], ids: Collection[UUID]) -> Select[Any]:
    """The ids and names of all of a kind that have one of the names, or that of one of the ids."""
    known = Table_.metadata.tables
    if kind == "skill":
        skill, framework = known["skill"].c, known["framework"].c
        query = select(skill.id, framework.name, skill.code).where(framework.id == skill.framework_id)
        pairs = tuple_(framework.name, skill.code).in_(list(names))
        return query.where(or_(pairs, skill.id.in_(list(ids))))
    table, column = _NAMED[kind]
    key, name = known[table].c.id, known[table].c[column]
    same = select(name).where(key.in_(list(ids)))
    return select(key, name).where(or_(name.in_([each[0] for each in names]), name.in_(same)))


def references(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """What a requirement names besides its own steps, in its plain form: where, of which kind, and how."""
    if isinstance(node, list):
        for n, each in enumerate(node):
            yield from references(each, (*path, str(n)))
    elif isinstance(node, dict):
        for name, value in node.items():
            at = (*path, name)
            if name == "skill":
                yield at, "skill", value
            elif name in _NAMED and isinstance(value, str):
                yield at, name, value
            else:
                yield from references(value, at)
