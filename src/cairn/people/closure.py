"""What is above what, at any depth and on any day: the closure of links that hold during ranges of days.

Who manages whom and which department is part of which are the same question. A closure is brought up to
date by one statement: it walks up from whatever was linked anew and from all that was, is or will be below
it (no other line can have moved), as far as what has not changed, of which the closure knows the rest. Then
it deletes the rows that are no longer true and inserts those that are new. What stays is not touched: a
change below somebody who has 100,000 people below costs as little as any.

Links of one child never overlap, so there is one way up on each day. Two may stand above each other on
different days, never on the same: that is a ring, and is found by walking.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, Uuid, bindparam, text

from cairn.db.engine import Transaction

DEEPEST = 100
"""Levels, as a bound on the walk up."""
MANY = 1_000
"""From here on a change is planned as one of a large part of the company."""


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
    def _refresh(self) -> TextClause:
        return text(f"""
with recursive affected as materialized (
  select unnest(cast(:changed as uuid[])) as id
  union
  select {self.below} from {self.table} where {self.above} = any(:changed)
),
link as materialized (
  select child, parent, unnest(range_agg(valid)) as valid
  from (
    select {self.child} as child, {self.parent} as parent, valid from {self.links}
    where {self.child} in (select id from affected) and {self.parent} is not null
  ) each
  group by child, parent
),
up as (
  select child, parent, 1 as depth, valid, array[child] as path from link
  union all
  select up.child, link.parent, up.depth + 1, up.valid * link.valid, up.path || link.child
  from up join link on link.child = up.parent and link.valid && up.valid
  where up.depth < {DEEPEST} and up.parent <> all(up.path)
),
ring as materialized (
  select path from up where parent = path[1] limit 1
),
fresh as materialized (
  select parent as above, child as below, depth, unnest(range_agg(valid)) as valid
  from (
    select parent, child, depth, valid from up
    union all
    select line.{self.above}, up.child, up.depth + line.depth, up.valid * line.valid
    from up join {self.table} line on line.{self.below} = up.parent and line.valid && up.valid
    where up.parent not in (select id from affected)
  ) each
  where not exists (select from ring)
  group by parent, child, depth
),
gone as (
  delete from {self.table} line
  using affected
  where line.{self.below} = affected.id and not exists (
    select from fresh where fresh.above = line.{self.above} and fresh.below = line.{self.below}
      and fresh.depth = line.depth and fresh.valid = line.valid
  )
),
come as (
  insert into {self.table} ({self.above}, {self.below}, depth, valid)
  select above, below, depth, valid from fresh
  where not exists (
    select from {self.table} line
    where line.{self.below} = fresh.below and line.{self.above} = fresh.above
      and line.depth = fresh.depth and line.valid = fresh.valid
  )
)
select path from ring
""").bindparams(bindparam("changed", type_=ARRAY(Uuid)))  # noqa: S608  # names of ours

    async def refresh(self, tx: Transaction, changed: Collection[UUID]) -> list[UUID]:
        """Brings it up to date after the links of `changed` were written; the ring, if they make one.

        One transaction at a time: two could put each of two above the other, neither seeing the other's link.
        """
        await tx.flush()
        await tx.execute(text(f"lock table {self.table} in share row exclusive mode"))
        found = await tx.execute(self._refresh, {"changed": list(changed)})
        return list(found.scalar_one_or_none() or ())
