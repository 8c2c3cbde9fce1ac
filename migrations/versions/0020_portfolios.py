"""Portfolios: items, files, reviews, and the pages by which they are shared."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE portfolio_item (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        title VARCHAR NOT NULL,
        url VARCHAR,
        happened_on DATE,
        reflection VARCHAR,
        is_shared BOOLEAN NOT NULL,
        status VARCHAR(40) NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        submitted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT portfolio_item_pk PRIMARY KEY (id),
        CONSTRAINT portfolio_item_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE,
        CONSTRAINT portfolio_item_status_check CHECK (status IN ('DRAFT', 'SUBMITTED', 'RETURNED', 'ACCEPTED'))
    )
    """,
    "CREATE INDEX portfolio_item_employee_id_id_idx ON portfolio_item (employee_id, id)",
    "CREATE INDEX portfolio_item_waiting_idx ON portfolio_item (submitted_at) WHERE status = 'SUBMITTED'",
    """
    CREATE TABLE portfolio_share (
        id UUID NOT NULL,
        employee_id UUID NOT NULL,
        key BYTEA NOT NULL,
        title VARCHAR NOT NULL,
        introduction VARCHAR,
        fields VARCHAR[] NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT portfolio_share_pk PRIMARY KEY (id),
        CONSTRAINT portfolio_share_key_key UNIQUE (key),
        CONSTRAINT portfolio_share_employee_id_fk FOREIGN KEY(employee_id) REFERENCES employee (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX portfolio_share_employee_id_idx ON portfolio_share (employee_id)",
    """
    CREATE TABLE portfolio_claim (
        item_id UUID NOT NULL,
        skill_id UUID NOT NULL,
        level SMALLINT NOT NULL,
        CONSTRAINT portfolio_claim_pk PRIMARY KEY (item_id, skill_id),
        CONSTRAINT portfolio_claim_item_id_fk FOREIGN KEY(item_id) REFERENCES portfolio_item (id) ON DELETE CASCADE,
        CONSTRAINT portfolio_claim_skill_id_fk FOREIGN KEY(skill_id) REFERENCES skill (id)
    )
    """,
    "CREATE INDEX portfolio_claim_skill_id_idx ON portfolio_claim (skill_id)",
    """
    CREATE TABLE portfolio_file (
        id UUID NOT NULL,
        item_id UUID NOT NULL,
        name VARCHAR NOT NULL,
        media_type VARCHAR NOT NULL,
        size INTEGER NOT NULL,
        digest BYTEA NOT NULL,
        key VARCHAR NOT NULL,
        width INTEGER,
        height INTEGER,
        added_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT portfolio_file_pk PRIMARY KEY (id),
        CONSTRAINT portfolio_file_key_key UNIQUE (key),
        CONSTRAINT portfolio_file_item_id_fk FOREIGN KEY(item_id) REFERENCES portfolio_item (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX portfolio_file_item_id_idx ON portfolio_file (item_id)",
    """
    CREATE TABLE portfolio_review (
        id UUID NOT NULL,
        item_id UUID NOT NULL,
        reviewer_id UUID,
        verdict VARCHAR(40) NOT NULL,
        comment VARCHAR,
        reviewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT portfolio_review_pk PRIMARY KEY (id),
        CONSTRAINT portfolio_review_item_id_fk FOREIGN KEY(item_id) REFERENCES portfolio_item (id) ON DELETE CASCADE,
        CONSTRAINT portfolio_review_reviewer_id_fk FOREIGN KEY(reviewer_id) REFERENCES employee (id) ON DELETE SET NULL,
        CONSTRAINT portfolio_review_verdict_check CHECK (verdict IN ('ACCEPTED', 'RETURNED'))
    )
    """,
    "CREATE INDEX portfolio_review_item_id_idx ON portfolio_review (item_id)",
    """
    CREATE TABLE share_visit (
        id UUID NOT NULL,
        share_id UUID NOT NULL,
        hour TIMESTAMP WITH TIME ZONE NOT NULL,
        browser VARCHAR NOT NULL,
        pages INTEGER NOT NULL,
        files INTEGER NOT NULL,
        last_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT share_visit_pk PRIMARY KEY (id),
        CONSTRAINT share_visit_share_id_hour_browser_key UNIQUE (share_id, hour, browser),
        CONSTRAINT share_visit_share_id_fk FOREIGN KEY(share_id) REFERENCES portfolio_share (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE shared_item (
        share_id UUID NOT NULL,
        item_id UUID NOT NULL,
        position SMALLINT NOT NULL,
        CONSTRAINT shared_item_pk PRIMARY KEY (share_id, item_id),
        CONSTRAINT shared_item_share_id_fk FOREIGN KEY(share_id) REFERENCES portfolio_share (id) ON DELETE CASCADE,
        CONSTRAINT shared_item_item_id_fk FOREIGN KEY(item_id) REFERENCES portfolio_item (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX shared_item_item_id_idx ON shared_item (item_id)",
    """
    CREATE TABLE upload (
        id UUID NOT NULL,
        item_id UUID NOT NULL,
        key BYTEA NOT NULL,
        name VARCHAR NOT NULL,
        asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT upload_pk PRIMARY KEY (id),
        CONSTRAINT upload_key_key UNIQUE (key),
        CONSTRAINT upload_item_id_fk FOREIGN KEY(item_id) REFERENCES portfolio_item (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX upload_item_id_idx ON upload (item_id)",
    """
    CREATE TABLE shared_award (
        share_id UUID NOT NULL,
        award_id UUID NOT NULL,
        position SMALLINT NOT NULL,
        CONSTRAINT shared_award_pk PRIMARY KEY (share_id, award_id),
        CONSTRAINT shared_award_share_id_fk FOREIGN KEY(share_id) REFERENCES portfolio_share (id) ON DELETE CASCADE,
        CONSTRAINT shared_award_award_id_fk FOREIGN KEY(award_id) REFERENCES award (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX shared_award_award_id_idx ON shared_award (award_id)",
)
TABLES = (
    "share_visit",
    "shared_award",
    "shared_item",
    "portfolio_share",
    "portfolio_review",
    "upload",
    "portfolio_file",
    "portfolio_claim",
    "portfolio_item",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"drop table {table}")
