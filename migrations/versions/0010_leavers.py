"""Why an employment ends, and sessions that end with it."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table employment add column ended_because varchar",
    "alter table session drop constraint session_ending_check",
    (
        "alter table session add constraint session_ending_check"
        " check (ending in ('SIGNED_OUT', 'REPLACED', 'BY_PROVIDER', 'ENDED', 'LEFT'))"
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Why people left would be lost; restore a backup instead.")
