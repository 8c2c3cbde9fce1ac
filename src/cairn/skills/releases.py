"""Releases of a framework: its skills as a file or a mutation has them, beside those that are there.

The skills stream into a temporary table, and everything after is a handful of statements over whole sets: a
million of them take no more memory here than ten do.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.db.engine import Transaction, raw
from cairn.db.ranges import now
from cairn.skills import tables
from cairn.skills.search import INDEX, WORDS
from cairn.skills.tables import Change

LARGE = 1_000
"""New skills from which PostgreSQL counts them anew, which makes other large frameworks wait."""
SECONDS = 1_800
"""What one statement over a million skills may take."""
MEGABYTES = 64
"""What a step of one statement may keep in the server's memory before it goes to disk."""
MANY = 20
"""Problems of a kind that are told: a file that is wrong in every row is wrong once."""
ROUND = 1_000
"""Skills that lead into circles, as far as they are looked at."""
AT_ONCE = 10_000
"""Skills between two signs of life."""

Progress = Callable[[str, int], None]
"""Told what is being done, and how many skills have come so far."""


@dataclass(frozen=True)
class SkillDraft:
    """A skill to be written."""

    code: str
    """Its code within the framework."""
    name: str
    """What it is called."""
    parent: str | None = None
    """The code of the broader skill it is part of."""
    description: str | None = None
    """What it means, in a sentence or two."""
    aliases: list[str] = field(default_factory=list)
    """Other names people search it by."""
    broader: list[str] = field(default_factory=list)
    """The codes of other skills that are broader too."""


def quiet(_what: str, _skills: int) -> None:
    """Tells nobody."""


async def release(
    tx: Transaction,
    framework: tables.Framework,
    version: str,
    drafts: Iterable[SkillDraft],
    *,
    is_whole: bool,
    say: Progress = quiet,
) -> tables.FrameworkRelease | None:
    """Brings a framework to a version; None where it is at that version, and nothing is different.

    `is_whole` says that the drafts are all it has: other skills are retired. What a first release adds is
    counted and not listed, for there was nothing before. Raises `InvalidInput` with each problem.
    """
    await tx.flush()
    staged = _Staged(await raw(tx), framework.id, is_whole=is_whole)
    await staged.copy(drafts, say)
    say("Comparing", staged.count)
    await staged.check()
    is_first = not await staged.value("select exists (select from skill where framework_id = $1)")
    counts = await staged.compare()
    if not counts and not is_first and framework.version == version:
        return None
    say("Writing", staged.count)
    await staged.write()
    kept = await staged.value("select count(*) from skill where framework_id = $1 and retired_at is null")
    counted: dict[str, Any] = {kind.value.lower(): counts.get(kind.value, 0) for kind in Change}
    made = tables.FrameworkRelease(
        framework_id=framework.id,
        version=version,
        skills=kept,
        **counted,
    )
    tx.add(made)
    await tx.flush()
    if not is_first:
        await staged.record(made.id)
    return made


class _Staged:
    """Drafts in a table of their own, for as long as the transaction lasts."""

    def __init__(self, connection: Any, framework: UUID, *, is_whole: bool) -> None:
        self.connection = connection
        self.framework = framework
        self.is_whole = is_whole
        self.count = 0
        self.added = 0
        self.problems: list[FieldProblem] = []

    async def run(self, statement: str, *arguments: Any) -> None:
        await self.connection.execute(statement, *arguments, timeout=SECONDS)

    async def rows(self, statement: str, *arguments: Any) -> Any:
        return await self.connection.fetch(statement, *arguments, timeout=SECONDS)

    async def value(self, statement: str) -> Any:
        return await self.connection.fetchval(statement, self.framework, timeout=SECONDS)

    async def copy(self, drafts: Iterable[SkillDraft], say: Progress) -> None:
        """Streams the drafts in; a framework takes one release at a time."""
        await self.run(f"set local statement_timeout = '{SECONDS}s'")
        await self.run(f"set local work_mem = '{MEGABYTES}MB'")
        await self.run("select from framework where id = $1 for update", self.framework)
        await self.run(
            "create temporary table if not exists staged_skill (position int, id uuid, code text, name text,"
            " description text, parent text, aliases text[], broader text[]) on commit drop"
        )
        await self.run(
            "create temporary table if not exists staged_change"
            " (skill_id uuid, kind text, before text, after text) on commit drop"
        )
        await self.run(
            "create temporary table if not exists staged_node (code text, parent text, position int)"
            " on commit drop"
        )
        await self.run("truncate staged_skill, staged_change, staged_node")
        columns = ("position", "id", "code", "name", "description", "parent", "aliases", "broader")
        await self.connection.copy_records_to_table(
            "staged_skill", records=self._records(drafts, say), columns=columns, timeout=SECONDS
        )
        await self.run("analyze staged_skill")

    def _records(self, drafts: Iterable[SkillDraft], say: Progress) -> Iterator[tuple[Any, ...]]:
        for n, draft in enumerate(drafts):
            self.count = n + 1
            if self.count % AT_ONCE == 0:
                say("Reading", self.count)
            for what, text in (("code", draft.code), ("name", draft.name)):
                if not text.strip() and len(self.problems) < MANY:
                    self.problems.append(_problem(n, what, "must not be empty"))
            aliases = [each for each in dict.fromkeys(draft.aliases) if each.strip() and each != draft.name]
            broader = sorted({each for each in draft.broader if each not in {draft.parent, draft.code}})
            description = draft.description or None
            yield n, uuid7(), draft.code, draft.name, description, draft.parent or None, aliases, broader

    async def check(self) -> None:
        """Raises `InvalidInput` where codes, parents and other broader skills make no tree."""
        for row in await self.rows(f"{_TWICE} limit {MANY}"):
            self.problems.append(_problem(row["position"], "code", f"{row['code']} comes twice"))
        tree = [
            (
                row["position"],
                _problem(row["position"], row["what"], f"{row['code']} is no code of the framework"),
            )
            for row in await self.rows(f"{_UNKNOWN} limit {MANY}", self.framework, self.is_whole)
        ]
        await self.run(_NODES, self.framework, self.is_whole)
        await self.run("analyze staged_node")
        round_ = await self.rows(f"{_ROUND} limit {ROUND}")
        parents = {row["code"]: row["parent"] for row in round_}
        for row in round_:
            ring = _ring(row["code"], parents)
            if ring and row["position"] is not None and len(tree) < 2 * MANY:
                message = f"goes round in a circle: {' → '.join(ring)}"
                tree.append((row["position"], _problem(row["position"], "parent", message)))
        self.problems += [problem for _, problem in sorted(tree, key=lambda each: each[0])]
        if self.problems:
            raise InvalidInput("The skills do not fit together.", self.problems)

    async def compare(self) -> Mapping[str, int]:
        """Finds what is different; how much of each kind."""
        for statement in (_ADDED, _CHANGED, _RELATED, *((_RETIRED,) if self.is_whole else ())):
            await self.run(statement, self.framework)
        found = await self.rows("select kind, count(*) from staged_change group by kind")
        counts = {row["kind"]: row["count"] for row in found}
        self.added = counts.get(Change.ADDED.value, 0)
        return counts

    async def write(self) -> None:
        """Writes what is different."""
        await self.run("analyze staged_change")
        await self.run(_UPDATE, self.framework)
        await self.run(_RETIRE, now())
        await self.run(_INSERT, self.framework)
        if self.added >= LARGE:
            # Else PostgreSQL takes the framework to have hardly any skills, and goes through all for each.
            await self.run("analyze skill")
        await self.run(_MOVE, self.framework)
        await self.run(_UNRELATE)
        await self.run(_RELATE, self.framework, *_seed())
        await self.run(INDEX.format(skills=_CALLED))
        await self.run(WORDS.format(skills=_CALLED))

    async def record(self, release_: UUID) -> None:
        """Keeps what is different."""
        await self.run(_RECORD, release_, *_seed())


def _seed() -> tuple[str]:
    """How the ids begin that one statement makes: version 7, as if made here now."""
    return (str(uuid7())[:15],)


_ID = "(substr(gen_random_uuid()::text, 16))"


def _problem(n: int, what: str, message: str) -> FieldProblem:
    return FieldProblem(["skills", str(n), what], message)


def _ring(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """The way up from a code to itself; empty where it leads elsewhere."""
    ring, at = [code], parents[code]
    while at is not None and at not in ring:
        ring.append(at)
        at = parents.get(at)
    return [*ring, code] if at == code else []


_TWICE = """
select position, code from (
  select position, code, row_number() over (partition by code order by position) as nth
  from staged_skill
) counted where nth > 1 order by position"""

_NODES = """
insert into staged_node
select code, parent, position from staged_skill
union all
select known.code, above.code, null from skill known left join skill above on above.id = known.parent_id
where known.framework_id = $1 and not $2::boolean
  and not exists (select from staged_skill staged where staged.code = known.code)"""
"""The skills as they will be, by code; of a whole framework those of the drafts alone."""

_UNKNOWN = """
with named as (
  select position, 'parent' as what, parent as code from staged_skill where parent is not null
  union all
  select position, 'broader', unnest(broader) from staged_skill
)
select * from named
where not exists (select from staged_skill staged where staged.code = named.code)
  and not exists (
    select from skill known where known.framework_id = $1 and known.code = named.code and not $2::boolean)
order by position"""

_ROUND = """
with recursive reached as (
  select code from staged_node node
  where parent is null or not exists (select from staged_node above where above.code = node.parent)
  union
  select node.code from reached join staged_node node on node.parent = reached.code
)
select code, parent, position from staged_node node
where not exists (select from reached where reached.code = node.code)
order by position"""
"""What is reached from no top leads into a circle."""

_ADDED = """
insert into staged_change (skill_id, kind)
select staged.id, 'ADDED' from staged_skill staged
where not exists (select from skill known where known.framework_id = $1 and known.code = staged.code)"""

_CHANGED = """
insert into staged_change
select known.id, different.* from staged_skill staged
join skill known on known.framework_id = $1 and known.code = staged.code
left join skill above on above.id = known.parent_id
cross join lateral (values
  ('RENAMED', coalesce(known.published_name, known.name), staged.name),
  ('REDESCRIBED', known.description, staged.description),
  ('ALIASED', nullif(array_to_string(known.aliases, E'\\n'), ''),
   nullif(array_to_string(staged.aliases, E'\\n'), '')),
  ('MOVED', above.code, staged.parent),
  ('RETURNED', case when known.retired_at is not null and not known.retired_here then known.name end, null)
) different(kind, before, after)
where before is distinct from after"""

_RELATED = """
insert into staged_change
select known.id, 'RELATED', nullif(array_to_string(related.codes, E'\\n'), ''),
  nullif(array_to_string(staged.broader, E'\\n'), '')
from staged_skill staged
join skill known on known.framework_id = $1 and known.code = staged.code
left join lateral (
  select array_agg(other.code::text order by other.code collate "C") as codes
  from skill_relation relation join skill other on other.id = relation.other_id
  where relation.skill_id = known.id and relation.kind = 'BROADER' and other.framework_id = $1
    and (relation.is_published or other.code = any(staged.broader))
) related on true
where coalesce(related.codes, '{}') <> staged.broader"""
"""What the company relates by itself counts where the framework has it too, and is else left alone."""

_RETIRED = """
insert into staged_change
select known.id, 'RETIRED', known.name from skill known
where known.framework_id = $1 and known.retired_at is null
  and not exists (select from staged_skill staged where staged.code = known.code)"""

_UPDATE = """
update skill known
set name = case when known.published_name is null then staged.name else known.name end,
  published_name = case when known.published_name is not null then nullif(staged.name, known.name) end,
  description = staged.description, aliases = staged.aliases,
  retired_at = case when known.retired_here then known.retired_at end
from staged_skill staged
where known.framework_id = $1 and known.code = staged.code and known.id in (
  select skill_id from staged_change where kind in ('RENAMED', 'REDESCRIBED', 'ALIASED', 'RETURNED'))"""

_RETIRE = """
update skill set retired_at = $1
where id in (select skill_id from staged_change where kind = 'RETIRED')"""

_INSERT = """
insert into skill (id, framework_id, code, name, description, aliases, parent_id, retired_here)
select staged.id, $1, staged.code, staged.name, staged.description, staged.aliases,
  coalesce(known.id, above.id), false
from staged_change change
join staged_skill staged on staged.id = change.skill_id
left join skill known on known.framework_id = $1 and known.code = staged.parent
left join staged_skill above on above.code = staged.parent
where change.kind = 'ADDED'"""

_MOVE = """
update skill known set parent_id = above.id
from staged_skill staged
left join skill above on above.framework_id = $1 and above.code = staged.parent
where known.framework_id = $1 and known.code = staged.code
  and known.id in (select skill_id from staged_change where kind = 'MOVED')"""

_UNRELATE = """
delete from skill_relation
where kind = 'BROADER' and is_published
  and skill_id in (select skill_id from staged_change where kind = 'RELATED')"""

_RELATE = f"""
insert into skill_relation (id, skill_id, other_id, kind, is_published)
select ($2::text || {_ID})::uuid, known.id, other.id, 'BROADER', true
from staged_skill staged
join skill known on known.framework_id = $1 and known.code = staged.code
join skill other on other.framework_id = $1 and other.code = any(staged.broader)
where known.id in (select skill_id from staged_change where kind in ('RELATED', 'ADDED'))
on conflict (skill_id, other_id, kind) do nothing"""  # noqa: S608  # constants of ours

_CALLED = """
select skill_id from staged_change where kind in ('ADDED', 'RENAMED', 'REDESCRIBED', 'ALIASED')"""
"""The skills that are found by something else now."""

_RECORD = f"""
insert into skill_change (id, release_id, skill_id, kind, before, after)
select ($2::text || {_ID})::uuid, $1, skill_id, kind, before, after from staged_change"""  # noqa: S608  # constants of ours
