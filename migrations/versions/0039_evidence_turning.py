"""Evidence that begins or ends within a time is found by when it does."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index evidence_beginning_idx on evidence (lower(valid)) where withdrawn_at is null")
    op.execute(
        "create index evidence_ending_idx on evidence (upper(valid))"
        " where withdrawn_at is null and upper(valid) is not null"
    )


def downgrade() -> None:
    op.execute("drop index evidence_ending_idx")
    op.execute("drop index evidence_beginning_idx")
