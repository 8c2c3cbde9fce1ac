"""Awards: waiting for an approval, with evidence, suspended and restored, renewed, and accepted by their holders."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ADD = """
alter table award
    add column evidence_note varchar,
    add column evidence_url varchar,
    add column renewed_at timestamp with time zone,
    add column suspended_at timestamp with time zone,
    add column suspended_reason varchar,
    add column accepted_at timestamp with time zone,
    add constraint award_suspended_check check ((suspended_at is null) = (suspended_reason is null))
"""
WAIT = """
create table award_to_approve (
    id uuid not null,
    employee_id uuid not null,
    version_id uuid not null,
    status varchar(40) not null,
    earned_at timestamp with time zone not null,
    declined_at timestamp with time zone,
    declined_by_id uuid,
    declined_reason varchar,
    constraint award_to_approve_pk primary key (id),
    constraint award_to_approve_employee_id_version_id_key unique (employee_id, version_id),
    constraint award_to_approve_employee_id_fk foreign key (employee_id)
        references employee (id) on delete cascade,
    constraint award_to_approve_version_id_fk foreign key (version_id)
        references credential_version (id) on delete cascade,
    constraint award_to_approve_declined_by_id_fk foreign key (declined_by_id)
        references employee (id) on delete set null,
    constraint award_to_approve_status_check check (status in ('WAITING', 'DECLINED'))
)
"""
WAIT_INDEX = "create index award_to_approve_version_id_idx on award_to_approve (version_id)"
BY = """
alter table credential_version
    drop constraint credential_version_awarded_by_check,
    add constraint credential_version_awarded_by_check check (awarded_by in ({}))
"""
DROP = """
alter table award
    drop column evidence_note, drop column evidence_url, drop column renewed_at,
    drop column suspended_at, drop column suspended_reason, drop column accepted_at
"""


def upgrade() -> None:
    op.execute(ADD)
    op.execute(WAIT)
    op.execute(WAIT_INDEX)
    op.execute(BY.format("'AUTOMATIC', 'APPROVAL', 'MANAGER'"))


def downgrade() -> None:
    op.execute("update credential_version set awarded_by = 'APPROVAL' where awarded_by = 'MANAGER'")
    op.execute(BY.format("'AUTOMATIC', 'APPROVAL'"))
    op.execute("drop table award_to_approve")
    op.execute(DROP)
