"""The chain over the audit."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE audit_entry ADD COLUMN salt bytea",
    "ALTER TABLE audit_entry ADD COLUMN details bytea",
    """
    CREATE TABLE audit_seal (
      number integer NOT NULL,
      sealed_at timestamp with time zone NOT NULL,
      entries integer NOT NULL,
      previous bytea NOT NULL,
      hash bytea NOT NULL,
      CONSTRAINT audit_seal_pk PRIMARY KEY (number)
    )
    """,
    """
    CREATE TABLE audit_link (
      entry_id uuid NOT NULL,
      seal integer NOT NULL,
      position integer NOT NULL,
      digest bytea NOT NULL,
      CONSTRAINT audit_link_pk PRIMARY KEY (entry_id),
      CONSTRAINT audit_link_seal_position_key UNIQUE (seal, position),
      CONSTRAINT audit_link_entry_id_fk FOREIGN KEY(entry_id) REFERENCES audit_entry (id),
      CONSTRAINT audit_link_seal_fk FOREIGN KEY(seal) REFERENCES audit_seal (number)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("The chain would be lost; restore a backup instead.")
