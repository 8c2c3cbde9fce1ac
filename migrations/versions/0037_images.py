"""Pictures of credentials and the issuer's logo."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

CREATE = (
    """
create table image (
    id uuid not null,
    png bytea not null,
    svg varchar,
    width integer not null,
    height integer not null,
    added_at timestamp with time zone not null,
    constraint image_pk primary key (id),
    constraint image_png_check check (octet_length(png) <= 3000000)
)
""",
    "alter table credential add column image_id uuid",
    """
alter table credential add constraint credential_image_id_fk
    foreign key (image_id) references image (id) on delete set null
""",
    "alter table issuer_profile add column logo_id uuid",
    """
alter table issuer_profile add constraint issuer_profile_logo_id_fk
    foreign key (logo_id) references image (id) on delete set null
""",
)


def upgrade() -> None:
    for statement in CREATE:
        op.execute(statement)


def downgrade() -> None:
    op.execute("alter table issuer_profile drop column logo_id")
    op.execute("alter table credential drop column image_id")
    op.execute("drop table image")
