"""A version is a release of one framework, with what it made different.

Where a framework is there in several versions, the one whose skills came last keeps the name; the others are
called by their version too, for people may have evidence of their skills.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table framework_release (
        id uuid not null,
        framework_id uuid not null,
        version varchar not null,
        released_at timestamp with time zone not null,
        skills integer not null,
        added integer not null,
        renamed integer not null,
        redescribed integer not null,
        aliased integer not null,
        moved integer not null,
        related integer not null,
        retired integer not null,
        returned integer not null,
        constraint framework_release_pk primary key (id),
        constraint framework_release_framework_id_fk foreign key (framework_id)
            references framework (id) on delete cascade
    )
    """,
    "create index framework_release_framework_id_idx on framework_release (framework_id)",
    """
    insert into framework_release
    select gen_random_uuid(), framework.id, framework.version, now(), count(skill.id), count(skill.id),
        0, 0, 0, 0, 0, 0, 0
    from framework left join skill on skill.framework_id = framework.id group by framework.id
    """,
    """
    update framework older set name = older.name || ' ' || older.version
    where exists (
        select from framework newer where newer.name = older.name and newer.id > older.id)
    """,
    "alter table framework drop constraint framework_name_version_key",
    "alter table framework add constraint framework_name_key unique (name)",
    "alter table skill add column retired_at timestamp with time zone",
    """
    create table skill_change (
        id uuid not null,
        release_id uuid not null,
        skill_id uuid not null,
        kind varchar(40) not null,
        before text,
        after text,
        constraint skill_change_pk primary key (id),
        constraint skill_change_release_id_fk foreign key (release_id)
            references framework_release (id) on delete cascade,
        constraint skill_change_skill_id_fk foreign key (skill_id) references skill (id) on delete cascade,
        constraint skill_change_kind_check check (kind in ('ADDED', 'RENAMED', 'REDESCRIBED', 'ALIASED',
            'MOVED', 'RELATED', 'RETIRED', 'RETURNED'))
    )
    """,
    "create index skill_change_release_id_kind_id_idx on skill_change (release_id, kind, id)",
    "create index skill_change_skill_id_idx on skill_change (skill_id)",
    """
    create table skill_relation (
        id uuid not null,
        skill_id uuid not null,
        other_id uuid not null,
        kind varchar(40) not null,
        constraint skill_relation_pk primary key (id),
        constraint skill_relation_skill_id_other_id_kind_key unique (skill_id, other_id, kind),
        constraint skill_relation_skill_id_fk foreign key (skill_id) references skill (id) on delete cascade,
        constraint skill_relation_other_id_fk foreign key (other_id) references skill (id) on delete cascade,
        constraint skill_relation_itself_check check (skill_id <> other_id),
        constraint skill_relation_kind_check check (kind in ('BROADER'))
    )
    """,
    "create index skill_relation_other_id_idx on skill_relation (other_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop table skill_relation, skill_change, framework_release")
    op.execute("alter table skill drop column retired_at")
    op.execute("alter table framework drop constraint framework_name_key")
    op.execute("alter table framework add constraint framework_name_version_key unique (name, version)")
