"""Whom a directory looks for by any of their addresses."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index employee_emails_idx on employee"
        " using gin (lower((attributes -> 'emails')::text) gin_trgm_ops)"
    )


def downgrade() -> None:
    op.execute("drop index employee_emails_idx")
