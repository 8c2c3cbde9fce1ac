"""What skills are found by, what the company calls them, and what they were merged or split into."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    (
        "alter table skill add column published_name varchar,"
        " add column retired_here boolean not null default false"
    ),
    "alter table skill alter column retired_here drop default",
    """
    alter table skill_relation drop constraint skill_relation_kind_check,
        add constraint skill_relation_kind_check
        check (kind in ('BROADER', 'RELATED', 'SAME_AS', 'MERGED_INTO', 'SPLIT_INTO'))
    """,
    """
    create table skill_succession (
        skill_id uuid not null,
        successor_id uuid not null,
        is_same boolean not null,
        constraint skill_succession_pk primary key (skill_id, successor_id),
        constraint skill_succession_skill_id_fk foreign key (skill_id) references skill (id) on delete cascade,
        constraint skill_succession_successor_id_fk foreign key (successor_id)
            references skill (id) on delete cascade
    )
    """,
    "create index skill_succession_successor_id_idx on skill_succession (successor_id)",
    'create index skill_beginning_idx on skill ((lower(name) collate "C"), id)',
    """
    create table skill_text (
        skill_id uuid not null,
        search tsvector not null,
        constraint skill_text_pk primary key (skill_id),
        constraint skill_text_skill_id_fk foreign key (skill_id) references skill (id) on delete cascade
    )
    """,
    """
    insert into skill_text
    select id, setweight(to_tsvector('simple', name), 'A')
        || setweight(to_tsvector('simple', left(array_to_string(aliases, ' '), 50000)), 'B')
        || setweight(to_tsvector('simple', left(coalesce(description, ''), 20000)), 'D')
    from skill
    """,
    "create index skill_text_search_idx on skill_text using gin (search) with (fastupdate = off)",
    'create table skill_word (word text collate "C" not null, constraint skill_word_pk primary key (word))',
    """
    insert into skill_word
    select distinct word from skill_text
    cross join lateral unnest(tsvector_to_array(ts_filter(search, '{a,b}'))) word
    """,
    ("create index skill_word_near_idx on skill_word using gin (word gin_trgm_ops) with (fastupdate = off)"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table skill_text, skill_word, skill_succession")
    op.execute("delete from skill_relation where kind <> 'BROADER'")
    op.execute("alter table skill drop column published_name, drop column retired_here")
    op.execute("drop index skill_beginning_idx")
