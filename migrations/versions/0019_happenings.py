"""What has changed, for those who listen."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

CREATE = """
create table happening (
    transaction bigint not null,
    topic varchar not null,
    subject uuid not null,
    told_at timestamp with time zone not null,
    constraint happening_pk primary key (transaction, topic, subject)
)
"""


def upgrade() -> None:
    op.execute(CREATE)
    op.execute("create index happening_told_at_idx on happening (told_at)")


def downgrade() -> None:
    op.execute("drop table happening")
