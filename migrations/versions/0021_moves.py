"""Assignments that are moved to a later version, and the progress that goes with them."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE assignment ADD COLUMN moved_from_id uuid",
    "ALTER TABLE assignment ADD COLUMN moved_at timestamp with time zone",
    "ALTER TABLE assignment ADD COLUMN superseded_at timestamp with time zone",
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_moved_from_id_fk
      FOREIGN KEY (moved_from_id) REFERENCES pathway_version (id)
    """,
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_moved_check
      CHECK ((moved_at is null) = (moved_from_id is null))
    """,
    """
    CREATE INDEX assignment_moved_from_id_idx ON assignment (moved_from_id) WHERE moved_from_id is not null
    """,
    "ALTER TABLE progress ADD COLUMN carried_from_id uuid",
    """
    ALTER TABLE progress ADD CONSTRAINT progress_carried_from_id_fk
      FOREIGN KEY (carried_from_id) REFERENCES progress (id) ON DELETE CASCADE
    """,
    """
    CREATE INDEX progress_carried_from_id_idx ON progress (carried_from_id)
      WHERE carried_from_id is not null
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "ALTER TABLE progress DROP COLUMN carried_from_id",
        "ALTER TABLE assignment DROP COLUMN moved_from_id",
        "ALTER TABLE assignment DROP COLUMN moved_at",
        "ALTER TABLE assignment DROP COLUMN superseded_at",
    ):
        op.execute(statement)
