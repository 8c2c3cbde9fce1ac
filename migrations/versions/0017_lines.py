"""Lines of the closure of employments' managers look nothing up: they follow from what does."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

COLUMNS = ("manager_id", "employee_id")


def upgrade() -> None:
    for column in COLUMNS:
        op.execute(f"ALTER TABLE reporting_line DROP CONSTRAINT reporting_line_{column}_fk")


def downgrade() -> None:
    for column in COLUMNS:
        op.execute(
            f"ALTER TABLE reporting_line ADD CONSTRAINT reporting_line_{column}_fk"
            f" FOREIGN KEY ({column}) REFERENCES employee (id) ON DELETE CASCADE"
        )
