"""Rules that assign people to pathways."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE assignment_rule (
      id uuid NOT NULL,
      code character varying NOT NULL,
      title character varying NOT NULL,
      pathway_id uuid NOT NULL,
      retired_at timestamp with time zone,
      CONSTRAINT assignment_rule_pk PRIMARY KEY (id),
      CONSTRAINT assignment_rule_code_key UNIQUE (code),
      CONSTRAINT assignment_rule_pathway_id_fk FOREIGN KEY (pathway_id) REFERENCES pathway (id)
    )
    """,
    "CREATE INDEX assignment_rule_pathway_id_idx ON assignment_rule (pathway_id)",
    """
    CREATE TABLE rule_version (
      id uuid NOT NULL,
      rule_id uuid NOT NULL,
      number smallint NOT NULL,
      audience jsonb NOT NULL,
      due_within character varying,
      priority smallint NOT NULL,
      recurrence character varying,
      reaches_back boolean NOT NULL,
      made_at timestamp with time zone NOT NULL,
      CONSTRAINT rule_version_pk PRIMARY KEY (id),
      CONSTRAINT rule_version_rule_id_number_key UNIQUE (rule_id, number),
      CONSTRAINT rule_version_rule_id_fk FOREIGN KEY (rule_id) REFERENCES assignment_rule (id) ON DELETE CASCADE
    )
    """,
    "ALTER TABLE assignment ADD COLUMN rule_version_id uuid",
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_rule_version_id_fk
      FOREIGN KEY (rule_version_id) REFERENCES rule_version (id)
    """,
    "CREATE INDEX assignment_rule_version_id_idx ON assignment (rule_version_id)",
    # Nothing could make an assignment by a rule before there were rules; a row that says so is of a manager.
    "UPDATE assignment SET cause = 'MANAGER' WHERE cause = 'RULE'",
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_rule_check
      CHECK ((cause = 'RULE') = (rule_version_id is not null))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "ALTER TABLE assignment DROP CONSTRAINT assignment_rule_check",
        "ALTER TABLE assignment DROP COLUMN rule_version_id",
        "DROP TABLE rule_version",
        "DROP TABLE assignment_rule",
    ):
        op.execute(statement)
