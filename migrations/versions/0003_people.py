"""People as feeds and directories know them: user names, references that wait, withdrawn facts, a dated tree.

What of the department tree was known held since ever: its places have no beginning.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

EMPLOYEES = (
    (
        "alter table employee add column user_name varchar, add column user_name_key varchar,"
        " add column phone varchar, add column attributes jsonb not null default '{}',"
        " add column kept_locally text[] not null default '{}',"
        " add column changed_at timestamp with time zone not null default now(),"
        " add column removed_at timestamp with time zone"
    ),
    (
        "alter table employee alter column attributes drop default, alter column kept_locally drop default,"
        " alter column changed_at drop default"
    ),
    "alter table employee drop constraint employee_number_key",
    (
        "alter table employee"
        " add constraint employee_number_key unique (number) deferrable initially deferred,"
        " add constraint employee_user_name_key_key unique (user_name_key) deferrable initially deferred,"
        " add constraint employee_user_name_check check ((user_name is null) = (user_name_key is null)),"
        " drop constraint employee_email_folded_check"
    ),
    (
        "alter table employee add constraint employee_email_folded_check"
        """ check (email = lower(email collate "C"))"""
    ),
)

EMPLOYMENTS = (
    (
        "alter table employment add column engagement varchar(40) not null default 'EMPLOYEE',"
        " add column manager_ref varchar, add column department_ref varchar, add column job_role_ref varchar,"
        " add column recorded_at timestamp with time zone not null default now()"
    ),
    "alter table employment alter column engagement drop default, alter column recorded_at drop default",
    (
        "alter table employment"
        " add constraint employment_manager_ref_check check (manager_id is null or manager_ref is null),"
        " add constraint employment_department_ref_check check (department_id is null or department_ref is null),"
        " add constraint employment_job_role_ref_check check (job_role_id is null or job_role_ref is null),"
        " add constraint employment_engagement_check"
        " check (engagement in ('EMPLOYEE', 'CONTRACTOR', 'INTERN', 'TEMPORARY'))"
    ),
    "drop index employment_position_idx",
    (
        "create index employment_position_idx on employment (employee_id) include"
        " (id, valid, manager_id, department_id, job_role_id, title, location, work, engagement)"
    ),
    "create index employment_since_idx on employment (lower(valid))",
    "create index employment_until_idx on employment (upper(valid))",
    "create index employment_manager_ref_idx on employment (manager_ref) where manager_ref is not null",
    (
        "create index employment_department_ref_idx on employment (department_ref)"
        " where department_ref is not null"
    ),
    "create index employment_job_role_ref_idx on employment (job_role_ref) where job_role_ref is not null",
    """
    create table withdrawn_employment (
        id uuid not null,
        employee_id uuid not null,
        valid daterange not null,
        manager_id uuid,
        department_id uuid,
        job_role_id uuid,
        title varchar,
        location varchar,
        work varchar(40) not null,
        engagement varchar(40) not null,
        manager_ref varchar,
        department_ref varchar,
        job_role_ref varchar,
        recorded_at timestamp with time zone not null,
        withdrawn_at timestamp with time zone not null,
        withdrawn_by varchar not null,
        withdrawn_by_id uuid,
        reason varchar not null,
        constraint withdrawn_employment_pk primary key (id),
        constraint withdrawn_employment_employee_id_fk foreign key (employee_id)
            references employee (id) on delete cascade,
        constraint withdrawn_employment_manager_id_fk foreign key (manager_id)
            references employee (id) on delete set null,
        constraint withdrawn_employment_department_id_fk foreign key (department_id)
            references department (id) on delete set null,
        constraint withdrawn_employment_job_role_id_fk foreign key (job_role_id)
            references job_role (id) on delete set null,
        constraint withdrawn_employment_withdrawn_by_id_fk foreign key (withdrawn_by_id)
            references employee (id) on delete set null,
        constraint withdrawn_employment_work_check check (work in ('ACTIVE', 'ON_LEAVE')),
        constraint withdrawn_employment_engagement_check
            check (engagement in ('EMPLOYEE', 'CONTRACTOR', 'INTERN', 'TEMPORARY'))
    )
    """,
    "create index withdrawn_employment_employee_id_idx on withdrawn_employment (employee_id)",
)

DEPARTMENTS = (
    """
    create table department_place (
        id uuid not null,
        department_id uuid not null,
        parent_id uuid not null,
        valid daterange not null,
        constraint department_place_pk primary key (id),
        constraint department_place_overlap_excl exclude using gist (department_id with =, valid with &&),
        constraint department_place_valid_check check (not isempty(valid)),
        constraint department_place_own_parent_check check (parent_id <> department_id),
        constraint department_place_department_id_fk foreign key (department_id)
            references department (id) on delete cascade,
        constraint department_place_parent_id_fk foreign key (parent_id) references department (id)
    )
    """,
    "create index department_place_parent_id_idx on department_place (parent_id)",
    """
    create table department_line (
        above_id uuid not null,
        department_id uuid not null,
        depth integer not null,
        valid daterange not null,
        constraint department_line_pk primary key (above_id, department_id, depth, valid),
        constraint department_line_above_id_fk foreign key (above_id)
            references department (id) on delete cascade,
        constraint department_line_department_id_fk foreign key (department_id)
            references department (id) on delete cascade
    )
    """,
    "create index department_line_department_id_idx on department_line (department_id)",
    (
        "insert into department_place (id, department_id, parent_id, valid)"
        " select gen_random_uuid(), id, parent_id, daterange(null, null) from department"
        " where parent_id is not null"
    ),
    """
    insert into department_line (above_id, department_id, depth, valid)
    with recursive up as (
        select parent_id as above_id, id as department_id, 1 as depth from department
        where parent_id is not null
        union all
        select above.parent_id, up.department_id, up.depth + 1
        from up join department above on above.id = up.above_id and above.parent_id is not null
        where up.depth < 100
    )
    select above_id, department_id, depth, daterange(null, null) from up
    """,
    "alter table department drop column parent_id, add column closed_on date",
)

TEAMS = (
    (
        "alter table team add column closed_at timestamp with time zone,"
        " add column changed_at timestamp with time zone not null default now()"
    ),
    "alter table team alter column changed_at drop default",
)


def upgrade() -> None:
    for statement in (*EMPLOYEES, *EMPLOYMENTS, *DEPARTMENTS, *TEAMS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError(
        "Who was where, and what was withdrawn, has no place in the first revision; restore a backup instead."
    )
