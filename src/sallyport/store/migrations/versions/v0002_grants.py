"""Grants: the tokens of connections, sealed, with the lease under which they are renewed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; a release that does not know it goes on working beside it."""
    json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "grants",
        sa.Column("connection_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        sa.Column("facts", json, nullable=False),
        sa.Column("renewed_at", sa.BigInteger, nullable=True),
        sa.Column("due_at", sa.BigInteger, nullable=True),
        sa.Column("owner", sa.String(255), nullable=True),
        sa.Column("leased_until", sa.Double, nullable=True),
        sa.Column("intent", json, nullable=True),
        sa.PrimaryKeyConstraint("connection_id", name="pk_grants"),
    )
    op.create_index("ix_grants_due_at", "grants", ["due_at"])
