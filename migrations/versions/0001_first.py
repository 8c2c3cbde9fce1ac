"""The first tables of a company, and the queue that all companies share."""

from alembic import op

from cairn.jobs.install import install_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE credential (
        id UUID NOT NULL,
        code VARCHAR NOT NULL,
        kind VARCHAR(40) NOT NULL,
        CONSTRAINT credential_pk PRIMARY KEY (id),
        CONSTRAINT credential_code_key UNIQUE (code),
        CONSTRAINT credential_kind_check CHECK (kind IN ('BADGE', 'CERTIFICATE', 'MICRO_CREDENTIAL', 'LICENSE'))
    )
    """,
    """
    CREATE TABLE department (
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        parent_id UUID,
        source VARCHAR,
        external_id VARCHAR,
        CONSTRAINT department_pk PRIMARY KEY (id),
        CONSTRAINT department_source_external_id_key UNIQUE (source, external_id),
        CONSTRAINT department_own_parent_check CHECK (parent_id <> id),
        CONSTRAINT department_parent_id_fk FOREIGN KEY(parent_id) REFERENCES department (id)
    )
    """,
    """
    CREATE INDEX department_parent_id_idx ON department (parent_id)
    """,
    """
    CREATE TABLE employee (
        id UUID NOT NULL,
        given_name VARCHAR NOT NULL,
        family_name VARCHAR NOT NULL,
        display_name VARCHAR NOT NULL,
        email VARCHAR,
        number VARCHAR,
        locale VARCHAR NOT NULL,
        time_zone VARCHAR NOT NULL,
        source VARCHAR,
        external_id VARCHAR,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT employee_pk PRIMARY KEY (id),
        CONSTRAINT employee_source_external_id_key UNIQUE (source, external_id),
        CONSTRAINT employee_email_key UNIQUE (email) DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT employee_email_folded_check CHECK (email = lower(email)),
        CONSTRAINT employee_number_key UNIQUE (number)
    )
    """,
    """
    CREATE INDEX employee_display_name_id_idx ON employee (display_name, id)
    """,
    """
    CREATE TABLE event (
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        payload JSONB NOT NULL,
        published_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT event_pk PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE framework (
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        version VARCHAR NOT NULL,
        publisher VARCHAR,
        url VARCHAR,
        licence VARCHAR,
        CONSTRAINT framework_pk PRIMARY KEY (id),
        CONSTRAINT framework_name_version_key UNIQUE (name, version)
    )
    """,
    """
    CREATE TABLE handled (
        event_id UUID NOT NULL,
        handler VARCHAR NOT NULL,
        handled_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT handled_pk PRIMARY KEY (event_id, handler)
    )
    """,
    """
    CREATE INDEX handled_handled_at_idx ON handled (handled_at)
    """,
    """
    CREATE TABLE job_role (
        id UUID NOT NULL,
        code VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        description VARCHAR,
        occupation VARCHAR,
        CONSTRAINT job_role_pk PRIMARY KEY (id),
        CONSTRAINT job_role_code_key UNIQUE (code)
    )
    """,
    """
    CREATE INDEX job_role_name_id_idx ON job_role (name, id)
    """,
    """
    CREATE TABLE logout_notice (
        issuer VARCHAR NOT NULL,
        jti VARCHAR NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT logout_notice_pk PRIMARY KEY (issuer, jti)
    )
    """,
    """
    CREATE INDEX logout_notice_expires_at_idx ON logout_notice (expires_at)
    """,
    """
    CREATE TABLE outcome (
        id UUID NOT NULL,
        viewer VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        verb VARCHAR NOT NULL,
        input_hash VARCHAR NOT NULL,
        result JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT outcome_pk PRIMARY KEY (id),
        CONSTRAINT outcome_viewer_key_key UNIQUE (viewer, key)
    )
    """,
    """
    CREATE INDEX outcome_created_at_idx ON outcome (created_at)
    """,
    """
    CREATE TABLE pathway (
        id UUID NOT NULL,
        code VARCHAR NOT NULL,
        title VARCHAR NOT NULL,
        summary VARCHAR,
        provider VARCHAR,
        CONSTRAINT pathway_pk PRIMARY KEY (id),
        CONSTRAINT pathway_code_key UNIQUE (code)
    )
    """,
    """
    CREATE INDEX pathway_title_id_idx ON pathway (title, id)
    """,
    """
    CREATE TABLE proficiency_level (
        id UUID NOT NULL,
        level SMALLINT NOT NULL,
        name VARCHAR NOT NULL,
        descriptor VARCHAR NOT NULL,
        CONSTRAINT proficiency_level_pk PRIMARY KEY (id),
        CONSTRAINT proficiency_level_level_key UNIQUE (level)
    )
    """,
    """
    CREATE TABLE sign_in (
        key BYTEA NOT NULL,
        binding BYTEA NOT NULL,
        issuer VARCHAR NOT NULL,
        nonce VARCHAR NOT NULL,
        verifier VARCHAR NOT NULL,
        next VARCHAR NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT sign_in_pk PRIMARY KEY (key)
    )
    """,
    """
    CREATE INDEX sign_in_expires_at_idx ON sign_in (expires_at)
    """,
    """
    CREATE TABLE audit_entry (
        id UUID NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        viewer VARCHAR NOT NULL,
        on_behalf_of_id UUID,
        verb VARCHAR NOT NULL,
        subject_type VARCHAR,
        subject_id UUID,
        before JSONB,
        after JSONB,
        request_id VARCHAR,
        CONSTRAINT audit_entry_pk PRIMARY KEY (id),
        CONSTRAINT audit_entry_on_behalf_of_id_fk FOREIGN KEY(on_behalf_of_id) REFERENCES employee (id) ON DELETE SET NULL
    )
    """,
    """
    CREATE INDEX audit_entry_on_behalf_of_id_idx ON audit_entry (on_behalf_of_id)
    """,
    """
    CREATE INDEX audit_entry_subject_id_idx ON audit_entry (subject_id)
    """,
    """
    CREATE TABLE credential_version (
        id UUID NOT NULL,
        credential_id UUID NOT NULL,
        number SMALLINT NOT NULL,
        status VARCHAR(40) NOT NULL,
        name VARCHAR NOT NULL,
        description VARCHAR NOT NULL,
        criteria VARCHAR NOT NULL,
        requirement JSONB NOT NULL,
        awarded_by VARCHAR(40) NOT NULL,
        validity VARCHAR,
        on_lapse VARCHAR(40) NOT NULL,
        workload_hours INTEGER,
        published_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT credential_version_pk PRIMARY KEY (id),
        CONSTRAINT credential_version_credential_id_number_key UNIQUE (credential_id, number),
        CONSTRAINT credential_version_credential_id_fk FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE,
        CONSTRAINT credential_version_status_check CHECK (status IN ('PUBLISHED', 'RETIRED')),
        CONSTRAINT credential_version_awarded_by_check CHECK (awarded_by IN ('AUTOMATIC', 'APPROVAL')),
        CONSTRAINT credential_version_on_lapse_check CHECK (on_lapse IN ('KEEP', 'SUSPEND', 'EXPIRE'))
    )
    """,
    """
    CREATE UNIQUE INDEX credential_version_published_key ON credential_version (credential_id) WHERE status = 'PUBLISHED'
    """,
    """
    CREATE TABLE employment (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        valid DATERANGE NOT NULL,
        manager_id UUID,
        department_id UUID,
        job_role_id UUID,
        title VARCHAR,
        location VARCHAR,
        work VARCHAR(40) NOT NULL,
        CONSTRAINT employment_pk PRIMARY KEY (id),
        CONSTRAINT employment_overlap_excl EXCLUDE USING gist (employee_id WITH =, valid WITH &&),
        CONSTRAINT employment_valid_check CHECK (not isempty(valid) and not lower_inf(valid)),
        CONSTRAINT employment_own_manager_check CHECK (manager_id <> employee_id),
        CONSTRAINT employment_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT employment_manager_id_fk FOREIGN KEY(manager_id) REFERENCES employee (id),
        CONSTRAINT employment_department_id_fk FOREIGN KEY(department_id) REFERENCES department (id),
        CONSTRAINT employment_job_role_id_fk FOREIGN KEY(job_role_id) REFERENCES job_role (id),
        CONSTRAINT employment_work_check CHECK (work IN ('ACTIVE', 'ON_LEAVE'))
    )
    """,
    """
    CREATE INDEX employment_department_id_idx ON employment (department_id)
    """,
    """
    CREATE INDEX employment_job_role_id_idx ON employment (job_role_id)
    """,
    """
    CREATE INDEX employment_manager_id_idx ON employment (manager_id)
    """,
    """
    CREATE INDEX employment_position_idx ON employment (employee_id) INCLUDE (id, valid, manager_id, department_id, job_role_id, title, location, work)
    """,
    """
    CREATE TABLE identity (
        id UUID NOT NULL,
        issuer VARCHAR NOT NULL,
        subject VARCHAR NOT NULL,
        employee_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT identity_pk PRIMARY KEY (id),
        CONSTRAINT identity_issuer_subject_key UNIQUE (issuer, subject),
        CONSTRAINT identity_issuer_employee_id_key UNIQUE (issuer, employee_id),
        CONSTRAINT identity_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX identity_employee_id_idx ON identity (employee_id)
    """,
    """
    CREATE TABLE pathway_version (
        id UUID NOT NULL,
        pathway_id UUID NOT NULL,
        number SMALLINT NOT NULL,
        status VARCHAR(40) NOT NULL,
        completion JSONB NOT NULL,
        published_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pathway_version_pk PRIMARY KEY (id),
        CONSTRAINT pathway_version_pathway_id_number_key UNIQUE (pathway_id, number),
        CONSTRAINT pathway_version_pathway_id_fk FOREIGN KEY(pathway_id) REFERENCES pathway (id) ON DELETE CASCADE,
        CONSTRAINT pathway_version_status_check CHECK (status IN ('DRAFT', 'PUBLISHED', 'RETIRED'))
    )
    """,
    """
    CREATE UNIQUE INDEX pathway_version_published_key ON pathway_version (pathway_id) WHERE status = 'PUBLISHED'
    """,
    """
    CREATE TABLE reporting_line (
        manager_id UUID NOT NULL,
        employee_id UUID NOT NULL,
        depth INTEGER NOT NULL,
        valid DATERANGE NOT NULL,
        CONSTRAINT reporting_line_pk PRIMARY KEY (manager_id, employee_id, depth, valid),
        CONSTRAINT reporting_line_manager_id_fk FOREIGN KEY(manager_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT reporting_line_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX reporting_line_employee_id_idx ON reporting_line (employee_id)
    """,
    """
    CREATE TABLE service_token (
        id UUID NOT NULL,
        key BYTEA NOT NULL,
        name VARCHAR NOT NULL,
        ending VARCHAR NOT NULL,
        permissions TEXT[] NOT NULL,
        owner_id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT service_token_pk PRIMARY KEY (id),
        CONSTRAINT service_token_key_key UNIQUE (key),
        CONSTRAINT service_token_key_check CHECK (octet_length(key) = 32),
        CONSTRAINT service_token_permissions_check CHECK (cardinality(permissions) > 0),
        CONSTRAINT service_token_expires_at_check CHECK (expires_at > created_at),
        CONSTRAINT service_token_owner_id_fk FOREIGN KEY(owner_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX service_token_owner_id_idx ON service_token (owner_id)
    """,
    """
    CREATE TABLE session (
        id UUID NOT NULL,
        key BYTEA NOT NULL,
        employee_id UUID NOT NULL,
        issuer VARCHAR NOT NULL,
        subject VARCHAR NOT NULL,
        sid VARCHAR,
        roles TEXT[] NOT NULL,
        browser VARCHAR,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        ending VARCHAR(40),
        CONSTRAINT session_pk PRIMARY KEY (id),
        CONSTRAINT session_key_key UNIQUE (key),
        CONSTRAINT session_key_check CHECK (octet_length(key) = 32),
        CONSTRAINT session_ended_check CHECK ((ended_at is null) = (ending is null)),
        CONSTRAINT session_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT session_ending_check CHECK (ending IN ('SIGNED_OUT', 'REPLACED', 'BY_PROVIDER', 'ENDED'))
    )
    """,
    """
    CREATE INDEX session_employee_id_idx ON session (employee_id)
    """,
    """
    CREATE INDEX session_expires_at_idx ON session (expires_at)
    """,
    """
    CREATE INDEX session_issuer_sid_idx ON session (issuer, sid) WHERE ended_at is null
    """,
    """
    CREATE INDEX session_issuer_subject_idx ON session (issuer, subject) WHERE ended_at is null
    """,
    """
    CREATE TABLE skill (
        id UUID NOT NULL,
        framework_id UUID NOT NULL,
        code VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        description VARCHAR,
        aliases VARCHAR[] NOT NULL,
        parent_id UUID,
        CONSTRAINT skill_pk PRIMARY KEY (id),
        CONSTRAINT skill_framework_id_code_key UNIQUE (framework_id, code),
        CONSTRAINT skill_own_parent_check CHECK (parent_id <> id),
        CONSTRAINT skill_framework_id_fk FOREIGN KEY(framework_id) REFERENCES framework (id),
        CONSTRAINT skill_parent_id_fk FOREIGN KEY(parent_id) REFERENCES skill (id)
    )
    """,
    """
    CREATE INDEX skill_name_id_idx ON skill (name, id)
    """,
    """
    CREATE INDEX skill_parent_id_idx ON skill (parent_id)
    """,
    """
    CREATE TABLE team (
        id UUID NOT NULL,
        name VARCHAR NOT NULL,
        lead_id UUID,
        source VARCHAR,
        external_id VARCHAR,
        CONSTRAINT team_pk PRIMARY KEY (id),
        CONSTRAINT team_source_external_id_key UNIQUE (source, external_id),
        CONSTRAINT team_lead_id_fk FOREIGN KEY(lead_id) REFERENCES employee (id)
    )
    """,
    """
    CREATE INDEX team_lead_id_idx ON team (lead_id)
    """,
    """
    CREATE TABLE assignment (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        pathway_id UUID NOT NULL,
        version_id UUID NOT NULL,
        assigned_by_id UUID,
        cause VARCHAR(40) NOT NULL,
        reason VARCHAR,
        priority SMALLINT NOT NULL,
        assigned_at TIMESTAMP WITH TIME ZONE NOT NULL,
        starts_on DATE,
        due_on DATE,
        closed_at TIMESTAMP WITH TIME ZONE,
        closure VARCHAR(40),
        closure_reason VARCHAR,
        CONSTRAINT assignment_pk PRIMARY KEY (id),
        CONSTRAINT assignment_closure_check CHECK ((closed_at is null) = (closure is null)),
        CONSTRAINT assignment_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT assignment_pathway_id_fk FOREIGN KEY(pathway_id) REFERENCES pathway (id),
        CONSTRAINT assignment_version_id_fk FOREIGN KEY(version_id) REFERENCES pathway_version (id),
        CONSTRAINT assignment_assigned_by_id_fk FOREIGN KEY(assigned_by_id) REFERENCES employee (id) ON DELETE SET NULL,
        CONSTRAINT assignment_cause_check CHECK (cause IN ('SELF', 'MANAGER', 'RULE')),
        CONSTRAINT assignment_closed_as_check CHECK (closure IN ('COMPLETED', 'WAIVED', 'CANCELLED'))
    )
    """,
    """
    CREATE INDEX assignment_employee_id_idx ON assignment (employee_id)
    """,
    """
    CREATE UNIQUE INDEX assignment_open_key ON assignment (employee_id, pathway_id) WHERE closed_at is null
    """,
    """
    CREATE INDEX assignment_pathway_id_idx ON assignment (pathway_id)
    """,
    """
    CREATE INDEX assignment_version_id_idx ON assignment (version_id)
    """,
    """
    CREATE TABLE award (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        credential_id UUID NOT NULL,
        version_id UUID NOT NULL,
        cause VARCHAR(40) NOT NULL,
        approved_by_id UUID,
        awarded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        held TSTZMULTIRANGE NOT NULL,
        is_hidden BOOLEAN NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        revoked_reason VARCHAR,
        CONSTRAINT award_pk PRIMARY KEY (id),
        CONSTRAINT award_revoked_check CHECK ((revoked_at is null) = (revoked_reason is null)),
        CONSTRAINT award_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id),
        CONSTRAINT award_credential_id_fk FOREIGN KEY(credential_id) REFERENCES credential (id),
        CONSTRAINT award_version_id_fk FOREIGN KEY(version_id) REFERENCES credential_version (id),
        CONSTRAINT award_cause_check CHECK (cause IN ('REQUIREMENT', 'APPROVAL')),
        CONSTRAINT award_approved_by_id_fk FOREIGN KEY(approved_by_id) REFERENCES employee (id) ON DELETE SET NULL
    )
    """,
    """
    CREATE INDEX award_credential_id_idx ON award (credential_id)
    """,
    """
    CREATE UNIQUE INDEX award_standing_key ON award (employee_id, credential_id) WHERE revoked_at is null
    """,
    """
    CREATE INDEX award_version_id_idx ON award (version_id)
    """,
    """
    CREATE TABLE credential_grant (
        version_id UUID NOT NULL,
        skill_id UUID NOT NULL,
        level SMALLINT NOT NULL,
        CONSTRAINT credential_grant_pk PRIMARY KEY (version_id, skill_id),
        CONSTRAINT credential_grant_version_id_fk FOREIGN KEY(version_id) REFERENCES credential_version (id) ON DELETE CASCADE,
        CONSTRAINT credential_grant_skill_id_fk FOREIGN KEY(skill_id) REFERENCES skill (id)
    )
    """,
    """
    CREATE TABLE evidence (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        skill_id UUID NOT NULL,
        level SMALLINT NOT NULL,
        source VARCHAR(40) NOT NULL,
        valid TSTZRANGE NOT NULL,
        asserted_by_id UUID,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        note VARCHAR,
        cause_id UUID,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdrawn_by_id UUID,
        withdrawn_reason VARCHAR,
        CONSTRAINT evidence_pk PRIMARY KEY (id),
        CONSTRAINT evidence_level_check CHECK (level between 0 and 5),
        CONSTRAINT evidence_valid_check CHECK (not isempty(valid) and not lower_inf(valid)),
        CONSTRAINT evidence_withdrawn_check CHECK ((withdrawn_at is null) = (withdrawn_reason is null)),
        CONSTRAINT evidence_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT evidence_skill_id_fk FOREIGN KEY(skill_id) REFERENCES skill (id),
        CONSTRAINT evidence_source_check CHECK (source IN ('SELF', 'PEER', 'MANAGER', 'ASSESSMENT', 'CREDENTIAL', 'PORTFOLIO', 'IMPORT')),
        CONSTRAINT evidence_asserted_by_id_fk FOREIGN KEY(asserted_by_id) REFERENCES employee (id) ON DELETE SET NULL,
        CONSTRAINT evidence_withdrawn_by_id_fk FOREIGN KEY(withdrawn_by_id) REFERENCES employee (id) ON DELETE SET NULL
    )
    """,
    """
    CREATE INDEX evidence_cause_id_idx ON evidence (cause_id)
    """,
    """
    CREATE INDEX evidence_holding_idx ON evidence (employee_id, skill_id) INCLUDE (level, source, valid) WHERE withdrawn_at is null
    """,
    """
    CREATE INDEX evidence_skill_id_idx ON evidence (skill_id)
    """,
    """
    CREATE TABLE pathway_completion (
        employee_id UUID NOT NULL,
        pathway_id UUID NOT NULL,
        version_id UUID NOT NULL,
        held TSTZMULTIRANGE NOT NULL,
        CONSTRAINT pathway_completion_pk PRIMARY KEY (employee_id, pathway_id),
        CONSTRAINT pathway_completion_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT pathway_completion_pathway_id_fk FOREIGN KEY(pathway_id) REFERENCES pathway (id),
        CONSTRAINT pathway_completion_version_id_fk FOREIGN KEY(version_id) REFERENCES pathway_version (id)
    )
    """,
    """
    CREATE TABLE role_skill (
        id UUID NOT NULL,
        job_role_id UUID NOT NULL,
        skill_id UUID NOT NULL,
        level SMALLINT NOT NULL,
        weight SMALLINT NOT NULL,
        must_have BOOLEAN NOT NULL,
        valid TSTZRANGE NOT NULL,
        CONSTRAINT role_skill_pk PRIMARY KEY (id),
        CONSTRAINT role_skill_overlap_excl EXCLUDE USING gist (job_role_id WITH =, skill_id WITH =, valid WITH &&),
        CONSTRAINT role_skill_level_check CHECK (level between 1 and 5),
        CONSTRAINT role_skill_weight_check CHECK (weight between 1 and 5),
        CONSTRAINT role_skill_job_role_id_fk FOREIGN KEY(job_role_id) REFERENCES job_role (id) ON DELETE CASCADE,
        CONSTRAINT role_skill_skill_id_fk FOREIGN KEY(skill_id) REFERENCES skill (id)
    )
    """,
    """
    CREATE INDEX role_skill_skill_id_idx ON role_skill (skill_id)
    """,
    """
    CREATE TABLE step (
        id UUID NOT NULL,
        version_id UUID NOT NULL,
        key VARCHAR NOT NULL,
        position SMALLINT NOT NULL,
        title VARCHAR NOT NULL,
        kind VARCHAR(40) NOT NULL,
        provider VARCHAR,
        url VARCHAR,
        minutes INTEGER NOT NULL,
        is_optional BOOLEAN NOT NULL,
        proof VARCHAR(40) NOT NULL,
        pass_mark SMALLINT,
        requirement JSONB NOT NULL,
        nested_pathway_id UUID,
        CONSTRAINT step_pk PRIMARY KEY (id),
        CONSTRAINT step_version_id_key_key UNIQUE (version_id, key),
        CONSTRAINT step_minutes_check CHECK (minutes >= 0),
        CONSTRAINT step_pass_mark_check CHECK (pass_mark between 0 and 100),
        CONSTRAINT step_version_id_fk FOREIGN KEY(version_id) REFERENCES pathway_version (id) ON DELETE CASCADE,
        CONSTRAINT step_kind_check CHECK (kind IN ('COURSE', 'WORKSHOP', 'CONFERENCE', 'PROJECT', 'ASSESSMENT', 'READING', 'MENTORING', 'PORTFOLIO', 'CREDENTIAL', 'PATHWAY')),
        CONSTRAINT step_proof_check CHECK (proof IN ('SELF', 'MANAGER', 'ASSESSMENT', 'IMPORTED')),
        CONSTRAINT step_nested_pathway_id_fk FOREIGN KEY(nested_pathway_id) REFERENCES pathway (id)
    )
    """,
    """
    CREATE INDEX step_nested_pathway_id_idx ON step (nested_pathway_id)
    """,
    """
    CREATE TABLE team_membership (
        id UUID NOT NULL,
        team_id UUID NOT NULL,
        employee_id UUID NOT NULL,
        valid TSTZRANGE NOT NULL,
        CONSTRAINT team_membership_pk PRIMARY KEY (id),
        CONSTRAINT team_membership_overlap_excl EXCLUDE USING gist (team_id WITH =, employee_id WITH =, valid WITH &&),
        CONSTRAINT team_membership_valid_check CHECK (not isempty(valid)),
        CONSTRAINT team_membership_team_id_fk FOREIGN KEY(team_id) REFERENCES team (id) ON DELETE CASCADE,
        CONSTRAINT team_membership_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX team_membership_employee_id_idx ON team_membership (employee_id)
    """,
    """
    CREATE TABLE progress (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        step_id UUID NOT NULL,
        kind VARCHAR(40) NOT NULL,
        valid TSTZRANGE NOT NULL,
        score SMALLINT,
        note VARCHAR,
        recorded_by_id UUID,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdrawn_reason VARCHAR,
        CONSTRAINT progress_pk PRIMARY KEY (id),
        CONSTRAINT progress_score_check CHECK (score between 0 and 100),
        CONSTRAINT progress_valid_check CHECK (not isempty(valid)),
        CONSTRAINT progress_withdrawn_check CHECK ((withdrawn_at is null) = (withdrawn_reason is null)),
        CONSTRAINT progress_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT progress_step_id_fk FOREIGN KEY(step_id) REFERENCES step (id),
        CONSTRAINT progress_kind_check CHECK (kind IN ('STARTED', 'COMPLETED', 'WAIVED', 'EQUIVALENT')),
        CONSTRAINT progress_recorded_by_id_fk FOREIGN KEY(recorded_by_id) REFERENCES employee (id) ON DELETE SET NULL
    )
    """,
    """
    CREATE INDEX progress_employee_id_step_id_idx ON progress (employee_id, step_id)
    """,
    """
    CREATE INDEX progress_step_id_idx ON progress (step_id)
    """,
    """
    CREATE TABLE step_grant (
        step_id UUID NOT NULL,
        skill_id UUID NOT NULL,
        level SMALLINT NOT NULL,
        CONSTRAINT step_grant_pk PRIMARY KEY (step_id, skill_id),
        CONSTRAINT step_grant_step_id_fk FOREIGN KEY(step_id) REFERENCES step (id) ON DELETE CASCADE,
        CONSTRAINT step_grant_skill_id_fk FOREIGN KEY(skill_id) REFERENCES skill (id)
    )
    """,
)


def upgrade() -> None:
    # The queue is pgqueuer's, in the shared schema; what another company has made of it stays.
    for statement in (*TABLES, *install_statements()):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError(
        "There is nothing before the first revision; drop the company's schema instead."
    )
