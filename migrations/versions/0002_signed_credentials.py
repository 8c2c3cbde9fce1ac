"""What signed credentials take: the issuer, its keys, the documents, and the lists of their status."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE issuer_profile (
        id UUID NOT NULL,
        is_only BOOLEAN NOT NULL,
        name VARCHAR NOT NULL,
        url VARCHAR,
        email VARCHAR,
        country VARCHAR,
        description VARCHAR,
        CONSTRAINT issuer_profile_pk PRIMARY KEY (id),
        CONSTRAINT issuer_profile_is_only_key UNIQUE (is_only),
        CONSTRAINT issuer_profile_is_only_check CHECK (is_only)
    )
    """,
    """
    CREATE TABLE signing_key (
        id UUID NOT NULL,
        public VARCHAR NOT NULL,
        is_generated BOOLEAN NOT NULL,
        active_from TIMESTAMP WITH TIME ZONE NOT NULL,
        retired_at TIMESTAMP WITH TIME ZONE,
        compromised_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT signing_key_pk PRIMARY KEY (id),
        CONSTRAINT signing_key_public_key UNIQUE (public)
    )
    """,
    """
    CREATE TABLE status_list (
        id UUID NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT status_list_pk PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE status_entry (
        list_id UUID NOT NULL,
        position INTEGER NOT NULL,
        document_id UUID NOT NULL,
        award_id UUID NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT status_entry_pk PRIMARY KEY (list_id, position),
        CONSTRAINT status_entry_document_id_key UNIQUE (document_id),
        CONSTRAINT status_entry_list_id_fk FOREIGN KEY(list_id) REFERENCES status_list (id)
    )
    """,
    """
    CREATE INDEX status_entry_award_id_idx ON status_entry (award_id)
    """,
    """
    CREATE INDEX status_entry_revoked_idx ON status_entry (list_id) WHERE revoked_at is not null
    """,
    """
    CREATE TABLE signed_document (
        id UUID NOT NULL,
        award_id UUID NOT NULL,
        key_id UUID NOT NULL,
        address VARCHAR NOT NULL,
        document VARCHAR NOT NULL,
        jwt VARCHAR NOT NULL,
        signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE NOT NULL,
        valid_until TIMESTAMP WITH TIME ZONE,
        superseded_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT signed_document_pk PRIMARY KEY (id),
        CONSTRAINT signed_document_award_id_fk FOREIGN KEY(award_id) REFERENCES award (id) ON DELETE CASCADE,
        CONSTRAINT signed_document_key_id_fk FOREIGN KEY(key_id) REFERENCES signing_key (id)
    )
    """,
    """
    CREATE INDEX signed_document_award_id_idx ON signed_document (award_id)
    """,
    """
    CREATE UNIQUE INDEX signed_document_current_key ON signed_document (award_id) WHERE superseded_at is null
    """,
    """
    CREATE INDEX signed_document_key_id_idx ON signed_document (key_id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("What was signed would be lost; restore a backup instead.")
