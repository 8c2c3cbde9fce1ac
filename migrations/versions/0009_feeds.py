"""Runs of feeds: what they received, changed, and could not do."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE sync_run (
      id UUID NOT NULL,
      source VARCHAR NOT NULL,
      mode VARCHAR(40) NOT NULL,
      status VARCHAR(40) NOT NULL,
      started_by VARCHAR NOT NULL,
      started_by_id UUID,
      started_at TIMESTAMP WITH TIME ZONE NOT NULL,
      finished_at TIMESTAMP WITH TIME ZONE,
      taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
      idempotency_key VARCHAR,
      threshold FLOAT NOT NULL,
      emptied FLOAT NOT NULL,
      declared_count INTEGER,
      received INTEGER NOT NULL,
      last_line INTEGER NOT NULL,
      digest BYTEA NOT NULL,
      is_complete BOOLEAN NOT NULL,
      "new" INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      moved INTEGER NOT NULL,
      revived INTEGER NOT NULL,
      terminated INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      same INTEGER NOT NULL,
      refused INTEGER NOT NULL,
      warned INTEGER NOT NULL,
      refusal VARCHAR(40),
      refusal_message VARCHAR,
      CONSTRAINT sync_run_pk PRIMARY KEY (id),
      CONSTRAINT sync_run_source_idempotency_key_key UNIQUE (source, idempotency_key),
      CONSTRAINT sync_run_mode_check CHECK (mode IN ('SNAPSHOT', 'DELTA')),
      CONSTRAINT sync_run_status_check CHECK (status IN ('RECEIVING', 'APPLIED', 'REFUSED')),
      CONSTRAINT sync_run_started_by_id_fk FOREIGN KEY(started_by_id) REFERENCES employee (id) ON DELETE SET NULL,
      CONSTRAINT sync_run_refusal_check CHECK (refusal IN ('EMPTY', 'OLDER', 'TOO_MANY_LEAVE', 'FIELD_EMPTIED', 'CIRCULAR'))
    )
    """,
    "CREATE INDEX sync_run_applied_idx ON sync_run (source, taken_at)",
    """
    CREATE TABLE sync_change (
      id UUID NOT NULL,
      run_id UUID NOT NULL,
      employee_id UUID NOT NULL,
      kind VARCHAR(40) NOT NULL,
      before JSONB,
      after JSONB,
      CONSTRAINT sync_change_pk PRIMARY KEY (id),
      CONSTRAINT sync_change_run_id_fk FOREIGN KEY(run_id) REFERENCES sync_run (id) ON DELETE CASCADE,
      CONSTRAINT sync_change_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
      CONSTRAINT sync_change_kind_check CHECK (kind IN ('NEW', 'CHANGED', 'MOVED', 'REVIVED', 'TERMINATED', 'MISSING'))
    )
    """,
    "CREATE INDEX sync_change_employee_id_idx ON sync_change (employee_id)",
    "CREATE INDEX sync_change_run_id_id_idx ON sync_change (run_id, id)",
    """
    CREATE TABLE sync_problem (
      id UUID NOT NULL,
      run_id UUID NOT NULL,
      gravity VARCHAR(40) NOT NULL,
      row_number INTEGER,
      external_id VARCHAR,
      field VARCHAR,
      message VARCHAR NOT NULL,
      CONSTRAINT sync_problem_pk PRIMARY KEY (id),
      CONSTRAINT sync_problem_run_id_fk FOREIGN KEY(run_id) REFERENCES sync_run (id) ON DELETE CASCADE,
      CONSTRAINT sync_problem_gravity_check CHECK (gravity IN ('REFUSAL', 'WARNING'))
    )
    """,
    "CREATE INDEX sync_problem_run_id_id_idx ON sync_problem (run_id, id)",
    """
    CREATE TABLE staged_person (
      run_id UUID NOT NULL,
      row_number INTEGER NOT NULL,
      id UUID NOT NULL,
      external_id VARCHAR NOT NULL,
      formerly VARCHAR,
      digest BYTEA,
      record JSONB,
      is_plain BOOLEAN NOT NULL,
      email VARCHAR,
      user_name_key VARCHAR,
      number VARCHAR,
      manager VARCHAR,
      department VARCHAR,
      department_name VARCHAR,
      job_role VARCHAR,
      hired_on DATE,
      last_day DATE,
      CONSTRAINT staged_person_pk PRIMARY KEY (run_id, row_number),
      CONSTRAINT staged_person_run_id_fk FOREIGN KEY(run_id) REFERENCES sync_run (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX staged_person_run_id_external_id_idx ON staged_person (run_id, external_id)",
    """
    CREATE TABLE synced_person (
      employee_id UUID NOT NULL,
      digest BYTEA NOT NULL,
      changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
      CONSTRAINT synced_person_pk PRIMARY KEY (employee_id),
      CONSTRAINT synced_person_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("synced_person", "staged_person", "sync_problem", "sync_change", "sync_run"):
        op.execute(f"DROP TABLE {table}")
