"""The names by which other systems call steps when they report what people did."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE step ADD COLUMN activity character varying",
    "CREATE INDEX step_url_idx ON step (url) WHERE url is not null",
    "CREATE INDEX step_activity_idx ON step (activity) WHERE activity is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP INDEX step_url_idx")
    op.execute("ALTER TABLE step DROP COLUMN activity")
