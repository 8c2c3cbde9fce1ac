"""What one person was assigned of one pathway is found by both, however many others were."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index assignment_employee_id_pathway_id_idx on assignment (employee_id, pathway_id)")
    op.execute("drop index assignment_employee_id_idx")


def downgrade() -> None:
    op.execute("create index assignment_employee_id_idx on assignment (employee_id)")
    op.execute("drop index assignment_employee_id_pathway_id_idx")
