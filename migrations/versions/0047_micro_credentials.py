"""A credential has the elements of a European micro-credential: level, assessment, participation, quality."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

UPGRADE = (
    "alter table credential_version add column eqf_level smallint",
    """
alter table credential_version
    add constraint credential_version_eqf_level_check check (eqf_level between 1 and 8)
""",
    "alter table credential_version add column assessment varchar",
    "alter table credential_version add column participation varchar",
    "alter table credential_version add column quality_assurance varchar",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for column in ("quality_assurance", "participation", "assessment", "eqf_level"):
        op.execute(f"alter table credential_version drop column {column}")
