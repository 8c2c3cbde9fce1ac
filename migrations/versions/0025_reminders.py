"""Reminders: what the company decides, notifications, mails, and who wants none."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CREATE = (
    """
create table reminder_policy (
    id uuid not null,
    is_only boolean not null,
    is_on boolean not null,
    days_before smallint[] not null,
    repeat_days smallint not null,
    manager_after_days smallint,
    quiet_from time without time zone not null,
    quiet_until time without time zone not null,
    on_weekends boolean not null,
    required text[] not null,
    constraint reminder_policy_pk primary key (id),
    constraint reminder_policy_is_only_key unique (is_only),
    constraint reminder_policy_is_only_check check (is_only),
    constraint reminder_policy_repeat_days_check check (repeat_days >= 1),
    constraint reminder_policy_manager_after_days_check check (manager_after_days >= 1)
)
""",
    """
create table mail (
    id uuid not null,
    employee_id uuid not null,
    day date not null,
    status varchar(40) not null,
    token varchar not null,
    created_at timestamp with time zone not null,
    settled_at timestamp with time zone,
    constraint mail_pk primary key (id),
    constraint mail_employee_id_day_key unique (employee_id, day),
    constraint mail_token_key unique (token),
    constraint mail_status_check check (status in ('WAITING', 'SENT', 'SKIPPED', 'REFUSED')),
    constraint mail_settled_check check ((status = 'WAITING') = (settled_at is null)),
    constraint mail_employee_id_fk foreign key (employee_id) references employee (id) on delete cascade
)
""",
    "create index mail_waiting_idx on mail (created_at) where status = 'WAITING'",
    "create index mail_created_at_idx on mail (created_at)",
    """
create table notification (
    id uuid not null,
    employee_id uuid not null,
    assignment_id uuid not null,
    kind varchar(40) not null,
    occasion date not null,
    created_at timestamp with time zone not null,
    read_at timestamp with time zone,
    mail_id uuid,
    constraint notification_pk primary key (id),
    constraint notification_employee_id_assignment_id_kind_occasion_key
        unique (employee_id, assignment_id, kind, occasion),
    constraint notification_kind_check
        check (kind in ('ASSIGNED', 'DUE_SOON', 'DUE', 'OVERDUE', 'REPORT_OVERDUE')),
    constraint notification_employee_id_fk foreign key (employee_id) references employee (id) on delete cascade,
    constraint notification_assignment_id_fk
        foreign key (assignment_id) references assignment (id) on delete cascade,
    constraint notification_mail_id_fk foreign key (mail_id) references mail (id) on delete set null
)
""",
    "create index notification_assignment_id_idx on notification (assignment_id)",
    "create index notification_mail_id_idx on notification (mail_id)",
    "create index notification_created_at_idx on notification (created_at)",
    """
create table mail_preference (
    employee_id uuid not null,
    unsubscribed_at timestamp with time zone not null,
    constraint mail_preference_pk primary key (employee_id),
    constraint mail_preference_employee_id_fk
        foreign key (employee_id) references employee (id) on delete cascade
)
""",
)


def upgrade() -> None:
    for statement in CREATE:
        op.execute(statement)


def downgrade() -> None:
    for name in ("mail_preference", "notification", "mail", "reminder_policy"):
        op.execute(f"drop table {name}")
