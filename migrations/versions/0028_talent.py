"""Who has a skill is read from an index alone."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index evidence_of_skill_idx on evidence (skill_id, employee_id) include (level, source, valid, withdrawn_at)"
    )
    op.execute("drop index evidence_skill_id_idx")


def downgrade() -> None:
    op.execute("create index evidence_skill_id_idx on evidence (skill_id)")
    op.execute("drop index evidence_of_skill_idx")
