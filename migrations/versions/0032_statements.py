"""Attachments of xAPI statements, whom each names, and which other statement it is about."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

CREATE = """
create table statement_attachment (
    id uuid not null,
    statement_id uuid not null,
    sha2 varchar not null,
    content_type varchar not null,
    content bytea not null,
    constraint statement_attachment_pk primary key (id),
    constraint statement_attachment_statement_id_sha2_key unique (statement_id, sha2),
    constraint statement_attachment_statement_id_fk foreign key (statement_id)
        references statement (id) on delete cascade
)
"""
FILL = """
update statement set
    actor = lower(coalesce(substr(body -> 'actor' ->> 'mbox', 8), body -> 'actor' ->> 'mbox_sha1sum',
        body -> 'actor' -> 'account' ->> 'name')),
    refers = case when body -> 'object' ->> 'objectType' = 'StatementRef'
        then cast(body -> 'object' ->> 'id' as uuid) end
"""


def upgrade() -> None:
    op.execute(CREATE)
    op.execute("alter table statement add column actor varchar, add column refers uuid")
    op.execute(FILL)
    op.execute("create index statement_refers_idx on statement (refers) where refers is not null")
    op.execute("create index statement_body_idx on statement using gin (body jsonb_path_ops)")
    op.execute(
        "create index statement_actor_id_idx on statement (actor, id) where outcome = 'NO_SUCH_PERSON'"
    )
    op.execute("create index statement_waiting_idx on statement (id) where outcome like 'NO_SUCH_%'")


def downgrade() -> None:
    op.execute("drop index statement_waiting_idx")
    op.execute("drop index statement_actor_id_idx")
    op.execute("drop index statement_body_idx")
    op.execute("alter table statement drop column refers, drop column actor")
    op.execute("drop table statement_attachment")
