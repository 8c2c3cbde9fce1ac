"""What runs of feeds leave is not looked up in the tables that it was read from in the same transaction; an
employment without a job role is in no index of job roles.
"""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table sync_change drop constraint sync_change_run_id_fk")
    op.execute("alter table synced_person drop constraint synced_person_employee_id_fk")
    op.execute("drop index employment_job_role_id_idx")
    op.execute(
        "create index employment_job_role_id_idx on employment (job_role_id) where job_role_id is not null"
    )


def downgrade() -> None:
    op.execute("drop index employment_job_role_id_idx")
    op.execute("create index employment_job_role_id_idx on employment (job_role_id)")
    op.execute(
        "alter table synced_person add constraint synced_person_employee_id_fk"
        " foreign key (employee_id) references employee (id) on delete cascade"
    )
    op.execute(
        "alter table sync_change add constraint sync_change_run_id_fk"
        " foreign key (run_id) references sync_run (id) on delete cascade"
    )
