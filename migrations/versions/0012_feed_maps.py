"""What the columns of a source's files mean."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE feed_map (
      id UUID NOT NULL,
      source VARCHAR NOT NULL,
      text VARCHAR NOT NULL,
      kept_by VARCHAR NOT NULL,
      kept_at TIMESTAMP WITH TIME ZONE NOT NULL,
      CONSTRAINT feed_map_pk PRIMARY KEY (id),
      CONSTRAINT feed_map_source_key UNIQUE (source)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE feed_map")
