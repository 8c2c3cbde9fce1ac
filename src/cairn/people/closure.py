"""What is above what, at any depth and on any day: the closure of links that hold during ranges of days.

Who manages whom and which department is part of which are the same question. A closure is brought up to
date from what is known of it: of whatever stands below something whose links were written, all stays as it
is up to the nearest such thing on its way up (`low`). What is above the changed ones is found by going from
each to the next changed one (`up`), with what lies between taken from the closure (`part`). Only rows that
lead past a changed one are compared, and only those that differ are written: a change below somebody who has
100,000 people below costs as little as any, and to move somebody with 10,000 costs those 10,000.

The table itself is never joined: a planner cannot know how many rows a common table will have, and would read
all of it. It is asked by arrays of ids, and by single ids.

Links of one child never overlap, so there is one way up on each day. Two may stand above each other on
different days, never on the same: that is a ring, and is found by walking.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, Uuid, bindparam, text

from cairn.db.engine import Transaction, raw

DEEPEST = 100
"""Levels, as a bound on the walk up."""
MANY = 1_000
"""From so many on that are new, their lines are added without a look at what is there."""
SECONDS = 600.0
"""What a statement about a whole company may take."""


@dataclass(frozen=True)
class Closure:
    """A closure, and the links it follows from: names of tables and columns."""

    links: str
    child: str
    parent: str
    table: str
    above: str
    below: str

    @cached_property
    def _below(self) -> TextClause:
        return text(
            f"select distinct {self.below} from {self.table} where {self.above} = any(:changed)"  # noqa: S608  # names of ours
        ).bindparams(bindparam("changed", type_=ARRAY(Uuid)))

    @cached_property
    def _refresh(self) -> TextClause:
        return text(f"""
with recursive changed as materialized (
  select distinct unnest(cast(:changed as uuid[])) as id
),
low as materialized (
  select id, top, depth, unnest(days) as valid
  from (
    select id, top, depth, multirange(valid) - coalesce(range_agg(valid) over (
      partition by id order by depth rows between unbounded preceding and 1 preceding
    ), '{{}}') as days
    from (
      select {self.below} as id, {self.above} as top, depth, valid from {self.table}
      where {self.above} = any(:changed)
      union all
      select id, id, 0, daterange(null, null) from changed
    ) each
  ) nearest
),
link as materialized (
  select child, parent, unnest(range_agg(valid)) as valid
  from (
    select {self.child} as child, {self.parent} as parent, valid from {self.links}
    where {self.child} = any(:changed) and {self.parent} is not null
  ) each
  group by child, parent
),
part as materialized (
  select child as id, parent as above, 1 as depth, valid from link
  union all
  select child, above, 1 + depth,
    unnest(multirange(valid) - coalesce(range_agg(passed) filter (where passed is not null), '{{}}'))
  from (
    select link.child, line.above, line.depth, link.valid * line.valid as valid, low.valid as passed
    from link cross join lateral (
      select {self.above} as above, depth, valid from {self.table}
      where {self.below} = link.parent and valid && link.valid
      offset 0
    ) line left join low on low.id = link.parent and low.depth < line.depth
    where link.parent not in (select id from changed)
  ) each
  group by child, above, depth, valid
),
next as materialized (
  select link.child as id, low.top, 1 + low.depth as depth, link.valid * low.valid as valid
  from link join low on low.id = link.parent and low.valid && link.valid
),
up as (
  select id, id as top, 0 as depth, daterange(null, null) as valid, array[id] as path, false as closed
  from changed
  union all
  select up.id, next.top, up.depth + next.depth, up.valid * next.valid, up.path || next.top,
    next.top = any(up.path)
  from up join next on next.id = up.top and next.valid && up.valid
  where not up.closed and up.depth < {DEEPEST}
),
ring as materialized (
  select id from up where closed and top = id order by id limit 1
),
fresh as materialized (
  select above, low.id as below, low.depth + chain.depth as depth, low.valid * chain.valid as valid
  from low join (
    select up.id, part.above, up.depth + part.depth as depth, up.valid * part.valid as valid
    from up join part on part.id = up.top and part.valid && up.valid
    where not up.closed
  ) chain on chain.id = low.top and chain.valid && low.valid
  where not exists (select from ring)
),
passing as materialized (
  select line.row, line.above, line.below, line.depth, line.valid, range_agg(low.valid) as passed
  from (
    select ctid as row, {self.above} as above, {self.below} as below, depth, valid from {self.table}
    where {self.below} = any(:affected)
  ) line join low on low.id = line.below and low.depth < line.depth and low.valid && line.valid
  where not exists (select from ring)
  group by line.row, line.above, line.below, line.depth, line.valid
),
wanted as materialized (
  select above, below, depth, unnest(range_agg(valid)) as valid
  from (
    select above, below, depth, valid from fresh
    union all
    select above, below, depth, unnest(multirange(valid) - passed) from passing
  ) each
  group by above, below, depth
),
gone as (
  delete from {self.table} where ctid = any(array(
    select row from passing where not exists (
      select from wanted where wanted.above = passing.above and wanted.below = passing.below
        and wanted.depth = passing.depth and wanted.valid = passing.valid
    )
  ))
),
come as (
  insert into {self.table} ({self.above}, {self.below}, depth, valid)
  select above, below, depth, valid from wanted
  where not exists (
    select from passing where passing.above = wanted.above and passing.below = wanted.below
      and passing.depth = wanted.depth and passing.valid = wanted.valid
  )
)
select id from ring
""").bindparams(  # noqa: S608  # names of ours
            bindparam("changed", type_=ARRAY(Uuid)), bindparam("affected", type_=ARRAY(Uuid))
        )

    @cached_property
    def _ring(self) -> TextClause:
        return text(f"""
with recursive up as (
  select {self.child} as child, {self.parent} as parent, valid, array[{self.child}] as path
  from {self.links} where {self.child} = :id
  union all
  select link.child, link.parent, up.valid * link.valid, up.path || link.child
  from up cross join lateral (
    select {self.child} as child, {self.parent} as parent, valid from {self.links}
    where {self.child} = up.parent and valid && up.valid
    offset 0
  ) link
  where up.parent <> all(up.path)
)
select path from up where parent = :id order by path limit 1
""").bindparams(bindparam("id", type_=Uuid))  # noqa: S608  # names of ours

    async def grow(self, tx: Transaction, new: Sequence[UUID]) -> list[UUID]:
        """Adds the lines of many who are new, below whom there is nobody but each other; the ring, if any.

        As `refresh` would, in a fraction of the time: nothing of theirs is there yet that could differ.
        """
        connection = await self._locked(tx)
        # Nobody knows beforehand how much a recursion finds; whatever it is, to hash the links once is right.
        await connection.execute("set local enable_nestloop = off; set local enable_mergejoin = off")
        ring = await connection.fetchval(self._grow, new, timeout=SECONDS)
        await connection.execute("set local enable_nestloop = on; set local enable_mergejoin = on")
        if ring is None:
            return []
        return list((await tx.execute(self._ring, {"id": ring})).scalar_one())

    @cached_property
    def _grow(self) -> str:
        return f"""
with recursive link as materialized (
  select {self.child} as child, {self.parent} as parent, valid,
    count(*) over (partition by {self.child}) = 1 as is_only
  from unnest($1::uuid[]) as new(id) join {self.links} on {self.child} = new.id
  where {self.parent} is not null
),
line as (
  select parent as above, child as below, 1 as depth, valid, is_only from link
  union all
  select above, child, 1 + known.depth, known.valid * link.valid, false
  from link join (
    select id, line.{self.above} as above, line.depth, line.valid
    from (
      select distinct parent as id from link
      where not exists (select from link other where other.child = link.parent)
    ) old
    cross join lateral (
      select {self.above}, depth, valid from {self.table} where {self.below} = old.id offset 0
    ) line
  ) known on known.id = link.parent and known.valid && link.valid
  union all
  select line.above, link.child, 1 + line.depth, line.valid * link.valid, line.is_only and link.is_only
  from line join link on link.parent = line.below and link.valid && line.valid
  where line.above <> line.below and line.depth < {DEEPEST}
),
ring as materialized (
  select above as id from line where above = below order by above limit 1
),
come as (
  insert into {self.table} ({self.above}, {self.below}, depth, valid)
  select above, below, depth, valid from (
    select above, below, depth, valid from line where is_only
    union all
    select above, below, depth, unnest(range_agg(valid)) from line where not is_only
    group by above, below, depth
  ) each
  where not exists (select from ring)
  order by above, below
)
select id from ring
"""  # noqa: S608  # names of ours

    async def _locked(self, tx: Transaction) -> Any:
        """The connection, once nobody else writes the closure.

        One transaction at a time: two could put each of two above the other, neither seeing the other's link.
        """
        await tx.flush()
        connection = await raw(tx)
        await connection.execute(f"lock table {self.table} in share row exclusive mode", timeout=SECONDS)
        return connection

    async def refresh(self, tx: Transaction, changed: Collection[UUID]) -> list[UUID]:
        """Brings it up to date after the links of `changed` were written; the ring, if they make one."""
        await self._locked(tx)
        ids = list(changed)
        below = (await tx.execute(self._below, {"changed": ids})).scalars()
        given = {"changed": ids, "affected": [*below, *ids]}
        ring = (await tx.execute(self._refresh, given)).scalar_one_or_none()
        if ring is None:
            return []
        return list((await tx.execute(self._ring, {"id": ring})).scalar_one())
