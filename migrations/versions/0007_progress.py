"""Who withdrew a record of progress."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE progress ADD COLUMN withdrawn_by_id uuid",
    """
    ALTER TABLE progress ADD CONSTRAINT progress_withdrawn_by_id_fk
      FOREIGN KEY (withdrawn_by_id) REFERENCES employee (id) ON DELETE SET NULL
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE progress DROP COLUMN withdrawn_by_id")
