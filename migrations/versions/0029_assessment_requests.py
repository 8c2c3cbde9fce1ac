"""Requests for assessments: who is asked at which level a person has a skill, and what came of it."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CREATE = """
create table assessment_request (
    id uuid not null,
    employee_id uuid not null,
    skill_id uuid not null,
    assessor_id uuid,
    requested_by_id uuid,
    requested_at timestamp with time zone not null,
    note varchar,
    due_on date,
    closed_at timestamp with time zone,
    closure varchar(40),
    closure_reason varchar,
    evidence_id uuid,
    constraint assessment_request_pk primary key (id),
    constraint assessment_request_closed_check check ((closed_at is null) = (closure is null)),
    constraint assessment_request_answered_check check (evidence_id is null or closure = 'ANSWERED'),
    constraint assessment_request_closure_check check (closure in ('ANSWERED', 'DECLINED', 'WITHDRAWN')),
    constraint assessment_request_employee_id_fk foreign key (employee_id)
        references employee (id) on delete cascade,
    constraint assessment_request_skill_id_fk foreign key (skill_id) references skill (id),
    constraint assessment_request_assessor_id_fk foreign key (assessor_id)
        references employee (id) on delete set null,
    constraint assessment_request_requested_by_id_fk foreign key (requested_by_id)
        references employee (id) on delete set null,
    constraint assessment_request_evidence_id_fk foreign key (evidence_id)
        references evidence (id) on delete set null
)
"""


def upgrade() -> None:
    op.execute(CREATE)
    op.execute(
        "create unique index assessment_request_open_key"
        " on assessment_request (assessor_id, employee_id, skill_id) where closed_at is null"
    )
    for column in ("employee_id", "requested_by_id", "evidence_id"):
        op.execute(f"create index assessment_request_{column}_idx on assessment_request ({column})")


def downgrade() -> None:
    op.execute("drop table assessment_request")
