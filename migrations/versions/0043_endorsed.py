"""What is awarded, and the issuer, can be endorsed; endorsements from outside are looked at again each week."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
alter table endorsement
  alter column award_id drop not null,
  add column version_id uuid,
  add column checked_at timestamp with time zone,
  add constraint endorsement_version_id_fk
    foreign key (version_id) references credential_version (id) on delete cascade,
  add constraint endorsement_subject_check check (num_nonnulls(award_id, version_id) <= 1)
""")
    op.execute("create index endorsement_version_id_idx on endorsement (version_id)")
    op.execute(
        "create unique index endorsement_general_key on endorsement (version_id, endorser_id)"
        " nulls not distinct"
        " where award_id is null and endorser_id is not null and withdrawn_at is null"
    )
    op.execute("alter table status_entry alter column award_id drop not null")


def downgrade() -> None:
    op.execute("delete from endorsement where award_id is null")
    # The bits stay: what they belong to is still out there.
    op.execute("update status_entry set award_id = document_id where award_id is null")
    op.execute("alter table status_entry alter column award_id set not null")
    op.execute("drop index endorsement_general_key")
    op.execute("drop index endorsement_version_id_idx")
    op.execute("""
alter table endorsement
  drop constraint endorsement_subject_check,
  drop column checked_at,
  drop column version_id,
  alter column award_id set not null
""")
