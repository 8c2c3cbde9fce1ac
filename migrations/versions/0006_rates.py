"""How often somebody asked, as all processes counted it."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE UNLOGGED TABLE rate_count (
      key bytea NOT NULL,
      at timestamp with time zone NOT NULL,
      count integer NOT NULL,
      CONSTRAINT rate_count_pk PRIMARY KEY (key, at)
    )
    """,
    "CREATE INDEX rate_count_at_idx ON rate_count (at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE rate_count")
