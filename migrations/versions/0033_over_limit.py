"""A statement that finds that it would read too much can say so, and ends."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create function over_limit(message text) returns boolean language plpgsql as"
        " $$ begin raise exception using errcode = 'CN001', message = message; end $$"
    )


def downgrade() -> None:
    op.execute("drop function over_limit")
