"""Apps that people let act for them: registrations, connections, codes, tokens; and what people say of
themselves through one.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

CREATE = (
    """
create table app (
    id uuid not null,
    name varchar not null,
    secret bytea,
    auth_method varchar not null,
    redirect_uris text[] not null,
    scopes text[] not null,
    refreshes boolean not null,
    client_uri varchar,
    policy_uri varchar,
    tos_uri varchar,
    software_id varchar,
    software_version varchar,
    registered_at timestamp with time zone not null,
    constraint app_pk primary key (id),
    constraint app_secret_check check (octet_length(secret) = 32),
    constraint app_redirect_uris_check check (cardinality(redirect_uris) > 0),
    constraint app_scopes_check check (cardinality(scopes) > 0)
)
""",
    "create index app_registered_at_idx on app (registered_at)",
    """
create table connected_app (
    id uuid not null,
    employee_id uuid not null,
    app_id uuid not null,
    scopes text[] not null,
    connected_at timestamp with time zone not null,
    used_at timestamp with time zone,
    ended_at timestamp with time zone,
    ending varchar(40),
    constraint connected_app_pk primary key (id),
    constraint connected_app_ended_check check ((ended_at is null) = (ending is null)),
    constraint connected_app_ending_check
        check (ending in ('BY_PERSON', 'BY_APP', 'REPLACED', 'MISUSED', 'LEFT')),
    constraint connected_app_employee_id_fk foreign key (employee_id)
        references employee (id) on delete cascade,
    constraint connected_app_app_id_fk foreign key (app_id) references app (id) on delete cascade
)
""",
    "create unique index connected_app_live_key on connected_app (employee_id, app_id) where ended_at is null",
    "create index connected_app_employee_id_idx on connected_app (employee_id)",
    "create index connected_app_app_id_idx on connected_app (app_id)",
    """
create table app_code (
    id uuid not null,
    connected_app_id uuid not null,
    key bytea not null,
    redirect_uri varchar not null,
    challenge varchar not null,
    expires_at timestamp with time zone not null,
    used_at timestamp with time zone,
    constraint app_code_pk primary key (id),
    constraint app_code_key_key unique (key),
    constraint app_code_connected_app_id_fk foreign key (connected_app_id)
        references connected_app (id) on delete cascade
)
""",
    "create index app_code_connected_app_id_idx on app_code (connected_app_id)",
    "create index app_code_expires_at_idx on app_code (expires_at)",
    """
create table app_token (
    id uuid not null,
    connected_app_id uuid not null,
    key bytea not null,
    kind varchar(40) not null,
    scopes text[] not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    used_at timestamp with time zone,
    constraint app_token_pk primary key (id),
    constraint app_token_key_key unique (key),
    constraint app_token_key_check check (octet_length(key) = 32),
    constraint app_token_kind_check check (kind in ('ACCESS', 'REFRESH')),
    constraint app_token_connected_app_id_fk foreign key (connected_app_id)
        references connected_app (id) on delete cascade
)
""",
    "create index app_token_connected_app_id_idx on app_token (connected_app_id)",
    "create index app_token_expires_at_idx on app_token (expires_at)",
    """
create table personal_profile (
    id uuid not null,
    employee_id uuid not null,
    url varchar,
    description varchar,
    changed_at timestamp with time zone not null,
    constraint personal_profile_pk primary key (id),
    constraint personal_profile_employee_id_key unique (employee_id),
    constraint personal_profile_employee_id_fk foreign key (employee_id)
        references employee (id) on delete cascade
)
""",
    "alter table outside_credential add column document_id varchar",
    "update outside_credential set document_id = document::json ->> 'id' where document ~ '^\\s*\\{'",
    "create index outside_credential_employee_id_document_id_idx on outside_credential (employee_id, document_id)",
)


def upgrade() -> None:
    for statement in CREATE:
        op.execute(statement)


def downgrade() -> None:
    op.execute("drop index outside_credential_employee_id_document_id_idx")
    op.execute("alter table outside_credential drop column document_id")
    for table in ("personal_profile", "app_token", "app_code", "connected_app", "app"):
        op.execute(f"drop table {table}")
