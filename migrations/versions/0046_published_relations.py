"""A relation of skills says whether its framework has it so: what the company says stays with a release."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table skill_relation add column is_published boolean not null default false")
    op.execute("""
update skill_relation set is_published = true from skill, skill other
where kind = 'BROADER' and skill.id = skill_id and other.id = other_id
  and skill.framework_id = other.framework_id
""")
    op.execute("alter table skill_relation alter column is_published drop default")


def downgrade() -> None:
    op.execute("alter table skill_relation drop column is_published")
