"""What others sign: endorsements, outside credentials, issuers that are trusted; and signed records."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE trusted_issuer (
        id UUID NOT NULL,
        issuer VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        note VARCHAR,
        trusted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT trusted_issuer_pk PRIMARY KEY (id),
        CONSTRAINT trusted_issuer_issuer_key UNIQUE (issuer)
    )
    """,
    """
    CREATE TABLE outside_credential (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        digest BYTEA NOT NULL,
        document VARCHAR NOT NULL,
        form VARCHAR,
        name VARCHAR,
        issuer VARCHAR,
        issuer_name VARCHAR,
        valid_until TIMESTAMP WITH TIME ZONE,
        state VARCHAR(40) NOT NULL,
        checks JSONB NOT NULL,
        added_at TIMESTAMP WITH TIME ZONE NOT NULL,
        checked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT outside_credential_pk PRIMARY KEY (id),
        CONSTRAINT outside_credential_employee_id_digest_key UNIQUE (employee_id, digest),
        CONSTRAINT outside_credential_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT outside_credential_state_check CHECK (state IN ('CHECKING', 'VERIFIED', 'REFUSED', 'UNKNOWN'))
    )
    """,
    "CREATE INDEX outside_credential_checked_idx ON outside_credential (checked_at) WHERE state = 'VERIFIED'",
    "CREATE INDEX outside_credential_employee_id_idx ON outside_credential (employee_id)",
    """
    CREATE TABLE endorsement (
        id UUID NOT NULL,
        award_id UUID NOT NULL,
        endorser_id UUID,
        name VARCHAR NOT NULL,
        comment VARCHAR,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        document VARCHAR,
        address VARCHAR,
        key_id UUID,
        state VARCHAR(40) NOT NULL,
        checks JSONB NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdrawn_reason VARCHAR,
        CONSTRAINT endorsement_pk PRIMARY KEY (id),
        CONSTRAINT endorsement_award_id_fk FOREIGN KEY(award_id) REFERENCES award (id) ON DELETE CASCADE,
        CONSTRAINT endorsement_endorser_id_fk FOREIGN KEY(endorser_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT endorsement_key_id_fk FOREIGN KEY(key_id) REFERENCES signing_key (id),
        CONSTRAINT endorsement_state_check CHECK (state IN ('CHECKING', 'VERIFIED', 'REFUSED', 'UNKNOWN'))
    )
    """,
    "CREATE INDEX endorsement_award_id_idx ON endorsement (award_id)",
    "CREATE INDEX endorsement_endorser_id_idx ON endorsement (endorser_id)",
    "CREATE INDEX endorsement_key_id_idx ON endorsement (key_id)",
    "CREATE UNIQUE INDEX endorsement_standing_key ON endorsement (award_id, endorser_id) WHERE withdrawn_at is null",
    "CREATE INDEX endorsement_unsigned_idx ON endorsement (id) WHERE document is null",
    """
    CREATE TABLE learner_record (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        award_id UUID,
        key_id UUID NOT NULL,
        document VARCHAR NOT NULL,
        jwt VARCHAR NOT NULL,
        members INTEGER NOT NULL,
        signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT learner_record_pk PRIMARY KEY (id),
        CONSTRAINT learner_record_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT learner_record_award_id_fk FOREIGN KEY(award_id) REFERENCES award (id) ON DELETE CASCADE,
        CONSTRAINT learner_record_key_id_fk FOREIGN KEY(key_id) REFERENCES signing_key (id)
    )
    """,
    "CREATE INDEX learner_record_award_id_idx ON learner_record (award_id)",
    "CREATE INDEX learner_record_employee_id_idx ON learner_record (employee_id)",
    "CREATE INDEX learner_record_key_id_idx ON learner_record (key_id)",
)
TABLES = (
    "learner_record",
    "outside_credential",
    "trusted_issuer",
    "endorsement",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table {table}")
