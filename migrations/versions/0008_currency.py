"""How long a completion of a pathway holds, and the rounds in which it is renewed."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE pathway_version ADD COLUMN validity character varying",
    "ALTER TABLE pathway_version ADD COLUMN renewal_window character varying",
    "ALTER TABLE pathway_version ADD COLUMN renewed_by_id uuid",
    """
    ALTER TABLE pathway_version ADD CONSTRAINT pathway_version_renewed_by_id_fk
      FOREIGN KEY (renewed_by_id) REFERENCES pathway (id)
    """,
    """
    ALTER TABLE pathway_version ADD CONSTRAINT pathway_version_validity_check
      CHECK ((validity is null) = (renewal_window is null))
    """,
    "ALTER TABLE assignment ADD COLUMN renews_id uuid",
    "ALTER TABLE assignment ADD COLUMN round smallint NOT NULL DEFAULT 1",
    "ALTER TABLE assignment ALTER COLUMN round DROP DEFAULT",
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_renews_id_fk
      FOREIGN KEY (renews_id) REFERENCES pathway (id)
    """,
    "ALTER TABLE assignment DROP CONSTRAINT assignment_cause_check",
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_cause_check
      CHECK (cause IN ('SELF', 'MANAGER', 'RULE', 'RENEWAL'))
    """,
    """
    ALTER TABLE assignment ADD CONSTRAINT assignment_renews_check
      CHECK ((cause = 'RENEWAL') = (renews_id is not null))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for statement in (
        "ALTER TABLE assignment DROP CONSTRAINT assignment_renews_check",
        "DELETE FROM assignment WHERE cause = 'RENEWAL'",
        "ALTER TABLE assignment DROP CONSTRAINT assignment_cause_check",
        """
        ALTER TABLE assignment ADD CONSTRAINT assignment_cause_check
          CHECK (cause IN ('SELF', 'MANAGER', 'RULE'))
        """,
        "ALTER TABLE assignment DROP COLUMN round",
        "ALTER TABLE assignment DROP COLUMN renews_id",
        "ALTER TABLE pathway_version DROP COLUMN renewed_by_id",
        "ALTER TABLE pathway_version DROP COLUMN renewal_window",
        "ALTER TABLE pathway_version DROP COLUMN validity",
    ):
        op.execute(statement)
