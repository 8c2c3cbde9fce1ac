"""What progress was carried from, without a foreign key: checking it took nearly half of the time."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE progress DROP CONSTRAINT progress_carried_from_id_fk")


def downgrade() -> None:
    op.execute(
        "ALTER TABLE progress ADD CONSTRAINT progress_carried_from_id_fk"
        " FOREIGN KEY (carried_from_id) REFERENCES progress (id) ON DELETE CASCADE"
    )
