"""Lines of feeds wait some thousands in a row.

A run that waits for more lines as this is applied is forgotten with those it has; sent again, it begins anew.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("delete from sync_run where status = 'RECEIVING'")
    op.execute("drop table staged_person")
    op.execute("""
create table staged_lines (
  run_id uuid not null,
  first_line integer not null,
  first_id uuid not null,
  row_numbers integer[] not null,
  external_ids text[] not null,
  formerly text[],
  digests bytea[] not null,
  records text[] not null,
  user_name_keys text[],
  department_rows integer[] not null,
  departments text[] not null,
  department_names text[] not null,
  constraint staged_lines_pk primary key (run_id, first_line),
  constraint staged_lines_run_id_fk foreign key (run_id) references sync_run (id) on delete cascade
)
""")
    # It is read once, within minutes: to pack it would take longer than to write it.
    for column in ("external_ids", "digests", "records"):
        op.execute(f"alter table staged_lines alter column {column} set storage external")


def downgrade() -> None:
    op.execute("delete from sync_run where status = 'RECEIVING'")
    op.execute("drop table staged_lines")
    op.execute("""
create table staged_person (
  run_id uuid not null,
  row_number integer not null,
  id uuid not null,
  external_id varchar not null,
  formerly varchar,
  digest bytea,
  record jsonb,
  is_plain boolean not null,
  email varchar,
  user_name_key varchar,
  number varchar,
  manager varchar,
  department varchar,
  department_name varchar,
  job_role varchar,
  hired_on date,
  last_day date,
  constraint staged_person_pk primary key (run_id, row_number),
  constraint staged_person_run_id_fk foreign key (run_id) references sync_run (id) on delete cascade
)
""")
    op.execute("create index staged_person_run_id_external_id_idx on staged_person (run_id, external_id)")
