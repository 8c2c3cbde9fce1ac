"""A page of the directory, which names nobody who was erased, is found in its index alone."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("drop index employee_display_name_id_idx")
    op.execute(
        "create index employee_display_name_id_idx on employee (display_name, id) where erased_at is null"
    )


def downgrade() -> None:
    op.execute("drop index employee_display_name_id_idx")
    op.execute("create index employee_display_name_id_idx on employee (display_name, id)")
