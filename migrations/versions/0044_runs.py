"""What a run changed is not looked up in the tables that it was written from in the same transaction; an
employment without an end is in no index of ends.
"""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table sync_change drop constraint sync_change_employee_id_fk")
    op.execute("drop index employment_until_idx")
    op.execute(
        "create index employment_until_idx on employment (upper(valid)) where upper(valid) is not null"
    )


def downgrade() -> None:
    op.execute("drop index employment_until_idx")
    op.execute("create index employment_until_idx on employment (upper(valid))")
    op.execute(
        "alter table sync_change add constraint sync_change_employee_id_fk"
        " foreign key (employee_id) references employee (id) on delete cascade"
    )
