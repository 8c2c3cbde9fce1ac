"""How far applying a run of a feed has come is told while it is applied."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE sync_progress (
          id UUID NOT NULL,
          run_id UUID NOT NULL,
          stage VARCHAR(40) NOT NULL,
          share FLOAT,
          told_at TIMESTAMP WITH TIME ZONE NOT NULL,
          CONSTRAINT sync_progress_pk PRIMARY KEY (id),
          CONSTRAINT sync_progress_stage_check
            CHECK (stage IN ('MATCHING', 'COMPARING', 'WRITING', 'CONCLUDING')),
          CONSTRAINT sync_progress_run_id_key UNIQUE (run_id),
          CONSTRAINT sync_progress_run_id_fk FOREIGN KEY (run_id) REFERENCES sync_run (id) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE sync_progress")
