"""A definition may name who approves: a person, or a job role. Who is asked is notified."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

VERSION = """
alter table credential_version
    add column approver_id uuid,
    add column approver_role_id uuid,
    add constraint credential_version_approver_id_fk foreign key (approver_id)
        references employee (id) on delete set null,
    add constraint credential_version_approver_role_id_fk foreign key (approver_role_id)
        references job_role (id)
"""
INDEX = "create index credential_version_approver_id_idx on credential_version (approver_id)"
BY = """
alter table credential_version
    drop constraint credential_version_awarded_by_check,
    add constraint credential_version_awarded_by_check check (awarded_by in ({}))
"""
KIND = """
alter table notification
    drop constraint notification_kind_check,
    add constraint notification_kind_check check (kind in ({}))
"""
NOTIFICATION = """
alter table notification
    alter column assignment_id drop not null,
    add column award_to_approve_id uuid,
    add constraint notification_award_to_approve_id_fk foreign key (award_to_approve_id)
        references award_to_approve (id) on delete cascade,
    add constraint notification_award_to_approve_id_employee_id_key unique (award_to_approve_id, employee_id),
    add constraint notification_about_check check (num_nonnulls(assignment_id, award_to_approve_id) = 1)
"""
BACK = """
alter table notification drop column award_to_approve_id, alter column assignment_id set not null
"""
OLD = "'ASSIGNED', 'DUE_SOON', 'DUE', 'OVERDUE', 'REPORT_OVERDUE'"


def upgrade() -> None:
    op.execute(VERSION)
    op.execute(INDEX)
    op.execute(BY.format("'AUTOMATIC', 'APPROVAL', 'MANAGER', 'PERSON', 'ROLE'"))
    op.execute(KIND.format(f"{OLD}, 'APPROVAL'"))
    op.execute(NOTIFICATION)


def downgrade() -> None:
    op.execute("delete from notification where kind = 'APPROVAL'")
    op.execute(BACK)
    op.execute(KIND.format(OLD))
    op.execute("update credential_version set awarded_by = 'APPROVAL' where awarded_by in ('PERSON', 'ROLE')")
    op.execute(BY.format("'AUTOMATIC', 'APPROVAL', 'MANAGER'"))
    op.execute("alter table credential_version drop column approver_id, drop column approver_role_id")
