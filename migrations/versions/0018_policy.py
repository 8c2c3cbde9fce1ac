"""What the company has decided for itself: whether teammates see levels."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CREATE = """
create table policy (
    id uuid not null,
    is_only boolean not null,
    teammates_see_levels boolean not null,
    constraint policy_pk primary key (id),
    constraint policy_is_only_key unique (is_only),
    constraint policy_is_only_check check (is_only)
)
"""


def upgrade() -> None:
    op.execute(CREATE)


def downgrade() -> None:
    op.execute("drop table policy")
