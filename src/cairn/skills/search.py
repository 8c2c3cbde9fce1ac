"""Finding skills by what somebody types: names, aliases and descriptions, with typing mistakes forgiven.

Trigrams over all names answer a name of three common words in 50 to 100 ms, for most names share some of
them. So a mistake is mended first, word by word, in a table of the words there are, and what is then asked of
the names is an index's business. `tests/bench/search.py` measures it.
"""

from typing import Any

from sqlalchemy import Double, Select, Text, Uuid, select, text
from sqlalchemy import column as sql_column

from cairn.db.engine import Transaction

INDEX = """
insert into skill_text (skill_id, search)
select id, setweight(to_tsvector('simple', name), 'A')
  || setweight(to_tsvector('simple', left(array_to_string(aliases || published_name, ' '), 50000)), 'B')
  || setweight(to_tsvector('simple', left(coalesce(description, ''), 20000)), 'D')
from skill where id in ({skills})
on conflict (skill_id) do update set search = excluded.search"""
"""Writes what skills are found by; `skills` is a select of their ids, or a parameter unnested."""

WORDS = """
insert into skill_word (word)
select distinct word from skill_text
cross join lateral unnest(tsvector_to_array(ts_filter(search, '{{a,b}}'))) word
where skill_id in ({skills})
on conflict (word) do nothing"""
"""Writes the words that skills are called by, so that what is nearly one of them leads to it."""

MOST_WORDS = 8
"""Words of a text that are looked at."""
CANDIDATES = 300
"""Skills that are ranked: where a thousand have a word, those whose names begin with it come in any case."""
ENOUGH = 50
"""Skills with a name that fits, for which descriptions are not asked any more."""
HITS = 100
"""Skills that are found at most: half of them by rank, half by how their names begin."""

_HITS = f"""
with word as materialized (
  select word from unnest(tsvector_to_array(to_tsvector('simple', :asked))) word limit {MOST_WORDS}
), term as materialized (
  -- The word, or what begins with it; where there is none, the words that are nearest to it.
  select array(
    select quote_literal(word.word) || case when length(word.word) > 2 then ':*' else ':' end
    union all (
      select quote_literal(near.word) || ':' from skill_word near
      where near.word % word.word and not exists (
        select from skill_word same
        where same.word >= word.word and same.word < word.word || chr(1114111))
      order by similarity(near.word, word.word) desc, near.word limit 5)
  ) as ways from word
), query as materialized (
  select
    string_agg('(' || array_to_string(ways, 'AB|') || 'AB)', '&')::tsquery as names,
    string_agg('(' || array_to_string(ways, 'ABD|') || 'ABD)', '&')::tsquery as texts,
    string_agg(array_to_string(ways, 'ABD|') || 'ABD', '|')::tsquery as any_of_it
  from term
), named as materialized (
  select skill_id, search from skill_text, query where search @@ names limit {CANDIDATES}
), described as materialized (
  select skill_id, search from skill_text, query
  where search @@ texts and (select count(*) from named) < {ENOUGH} limit {CANDIDATES}
), found as (
  select * from named
  union
  select * from described
  union
  (select skill_id, search from skill_text, query
   where search @@ any_of_it and not exists (select from described) and not exists (select from named)
   limit {CANDIDATES})
), ranked as (
  select id, name, array_remove(aliases || published_name, null) as aliases, search @@ names as is_named,
    ts_rank('{{0.05,0.1,0.6,1}}', search, any_of_it, 1) as rank
  from found join skill on id = skill_id and retired_at is null cross join query
), hit as (
  (select id, name, aliases, is_named from ranked order by rank desc limit {HITS} / 2)
  union
  (select id, name, array_remove(aliases || published_name, null), true from skill
   where lower(name) collate "C" >= lower(:asked) and lower(name) collate "C" < lower(:asked) || chr(1114111)
     and :asked <> '' and retired_at is null
   order by lower(name) collate "C" limit {HITS} / 2)
)
select hit.id as skill_id,
  case when alias.likeness > similarity(hit.name, :asked) then alias.name else hit.name end as matched,
  case
    when lower(hit.name) = lower(:asked) then 5
    when lower(alias.name) = lower(:asked) then 4
    when starts_with(lower(hit.name), lower(:asked)) then 3
    when starts_with(lower(alias.name), lower(:asked)) then 2
    when hit.is_named then 1
    else 0
  end + greatest(similarity(hit.name, :asked), alias.likeness) as score
from hit left join lateral (
  select each as name, similarity(each, :asked) * 0.95 as likeness
  from unnest(hit.aliases) each order by likeness desc limit 1
) alias on true
order by score desc"""  # noqa: S608  # constants of ours


def hits(_row: Any, asked: Any) -> Select[Any]:
    """The skills that a text finds: `skill_id, matched, score`, the best of them."""
    found = (
        _asking(asked)
        .columns(sql_column("skill_id", Uuid()), sql_column("matched", Text()), sql_column("score", Double()))
        .subquery("hits")
    )
    return select(found.c.skill_id, found.c.matched, found.c.score)


def _asking(term: Any) -> Any:
    asked = rf"btrim(regexp_replace(cast(:{term.key} as text), '\s+', ' ', 'g'))"
    return text(_HITS.replace(":asked", asked)).bindparams(term)


async def index(tx: Transaction, skills: Any) -> None:
    """Has these skills found by what they are called now."""
    await tx.flush()
    for statement in (INDEX, WORDS):
        await tx.execute(
            text(statement.format(skills="select unnest(cast(:skills as uuid[]))")), {"skills": skills}
        )
