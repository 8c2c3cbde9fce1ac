"""Awards: with evidence, suspended and restored, renewed, and accepted by their holders."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ADD = """
alter table award
    add column evidence_note varchar,
    add column evidence_url varchar,
    add column renewed_at timestamp with time zone,
    add column suspended_at timestamp with time zone,
    add column suspended_reason varchar,
    add column accepted_at timestamp with time zone,
    add constraint award_suspended_check check ((suspended_at is null) = (suspended_reason is null))
"""
DROP = """
alter table award
    drop column evidence_note, drop column evidence_url, drop column renewed_at,
    drop column suspended_at, drop column suspended_reason, drop column accepted_at
"""


def upgrade() -> None:
    op.execute(ADD)


def downgrade() -> None:
    op.execute(DROP)
