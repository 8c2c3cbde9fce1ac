"""xAPI statements, and the progress that comes of them."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE statement (
      id uuid NOT NULL,
      statement uuid NOT NULL,
      employee_id uuid,
      verb character varying NOT NULL,
      activity character varying,
      happened_at timestamp with time zone NOT NULL,
      stored_at timestamp with time zone NOT NULL,
      reporter character varying NOT NULL,
      outcome character varying,
      voids uuid,
      voided_at timestamp with time zone,
      body jsonb NOT NULL,
      CONSTRAINT statement_pk PRIMARY KEY (id),
      CONSTRAINT statement_statement_key UNIQUE (statement),
      CONSTRAINT statement_employee_id_fk FOREIGN KEY (employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX statement_employee_id_idx ON statement (employee_id)",
    "CREATE INDEX statement_activity_id_idx ON statement (activity, id)",
    "CREATE INDEX statement_verb_id_idx ON statement (verb, id)",
    "CREATE INDEX statement_voids_idx ON statement (voids) WHERE voids is not null",
    "ALTER TABLE progress ADD COLUMN statement_id uuid",
    """
    ALTER TABLE progress ADD CONSTRAINT progress_statement_id_fk
      FOREIGN KEY (statement_id) REFERENCES statement (id) ON DELETE SET NULL
    """,
    "CREATE INDEX progress_statement_id_idx ON progress (statement_id) WHERE statement_id is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE progress DROP COLUMN statement_id")
    op.execute("DROP TABLE statement")
