"""Pages of a directory begin with how many people there are: counted in an index."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index employee_known_idx on employee (id) where removed_at is null")


def downgrade() -> None:
    op.execute("drop index employee_known_idx")
