"""A company has templates of certificates, and pictures for them; one is chosen by credential or by default."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

UPGRADE = (
    """
create table certificate_template (
    id uuid not null,
    code varchar not null,
    removed_at timestamp with time zone,
    constraint certificate_template_pk primary key (id),
    constraint certificate_template_code_key unique (code)
)
""",
    """
create table certificate_template_version (
    id uuid not null,
    certificate_template_id uuid not null,
    number smallint not null,
    source varchar not null,
    made_at timestamp with time zone not null,
    superseded_at timestamp with time zone,
    constraint certificate_template_version_pk primary key (id),
    constraint certificate_template_version_certificate_template_id_number_key
        unique (certificate_template_id, number),
    constraint certificate_template_version_certificate_template_id_fk
        foreign key (certificate_template_id) references certificate_template (id) on delete cascade
)
""",
    """
create unique index certificate_template_version_current_key
    on certificate_template_version (certificate_template_id) where superseded_at is null
""",
    """
create table certificate_image (
    id uuid not null,
    name varchar not null,
    image_id uuid not null,
    constraint certificate_image_pk primary key (id),
    constraint certificate_image_name_key unique (name),
    constraint certificate_image_image_id_fk foreign key (image_id) references image (id) on delete cascade
)
""",
    "alter table credential add column certificate_template_id uuid",
    """
alter table credential add constraint credential_certificate_template_id_fk
    foreign key (certificate_template_id) references certificate_template (id) on delete set null
""",
    "alter table issuer_profile add column certificate_template_id uuid",
    """
alter table issuer_profile add constraint issuer_profile_certificate_template_id_fk
    foreign key (certificate_template_id) references certificate_template (id) on delete set null
""",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table issuer_profile drop column certificate_template_id")
    op.execute("alter table credential drop column certificate_template_id")
    op.execute("drop table certificate_image")
    op.execute("drop table certificate_template_version")
    op.execute("drop table certificate_template")
