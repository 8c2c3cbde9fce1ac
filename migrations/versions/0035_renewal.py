"""Up to when what was shown counts for an award whose day was corrected: what is shown later renews it."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table award add column counted_at timestamp with time zone")


def downgrade() -> None:
    op.execute("alter table award drop column counted_at")
