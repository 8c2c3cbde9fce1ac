"""How levels follow from evidence: policies of skills, and what they make of each piece of evidence."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CREATE = """
create table level_policy (
    id uuid not null,
    skill_id uuid,
    verified_by varchar[],
    precedence varchar(40),
    fades_after varchar,
    constraint level_policy_pk primary key (id),
    constraint level_policy_skill_id_key unique nulls not distinct (skill_id),
    constraint level_policy_precedence_check check (precedence in ('HIGHEST', 'LATEST')),
    constraint level_policy_skill_id_fk foreign key (skill_id) references skill (id) on delete cascade
)
"""
HOLDING = """
create index evidence_counting_idx on evidence (employee_id, skill_id) include ({columns})
where withdrawn_at is null
"""
OF_SKILL = """
create index evidence_decided_idx on evidence (skill_id, employee_id) include ({columns}, withdrawn_at)
"""


def upgrade() -> None:
    op.execute(CREATE)
    op.execute("alter table evidence add column stated tstzrange, add column decided boolean")
    _index("level, source, decided, valid")


def downgrade() -> None:
    _index("level, source, valid")
    op.execute("update evidence set valid = stated where stated is not null")
    op.execute("alter table evidence drop column stated, drop column decided")
    op.execute("drop table level_policy")


def _index(columns: str) -> None:
    for create, name, known in (
        (HOLDING, "evidence_counting_idx", "evidence_holding_idx"),
        (OF_SKILL, "evidence_decided_idx", "evidence_of_skill_idx"),
    ):
        op.execute(create.format(columns=columns))
        op.execute(f"drop index {known}")
        op.execute(f"alter index {name} rename to {known}")
