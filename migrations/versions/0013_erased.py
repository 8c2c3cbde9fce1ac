"""People who were erased."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE employee ADD COLUMN erased_at timestamp with time zone")


def downgrade() -> None:
    op.execute("ALTER TABLE employee DROP COLUMN erased_at")
