"""The first tables: records of every kind, sandboxes, API clients, constants."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_KINDS = {
    "connections": True,
    "source_connections": False,
    "target_connections": False,
    "flows": False,
    "runs": False,
    "schemas": False,
    "datasets": False,
    "mapping_sets": False,
}


def upgrade() -> None:
    """Make every table; written out here because ``tables.py`` will move on."""
    for name, unique_name in _KINDS.items():
        op.create_table(
            name,
            sa.Column("id", sa.String(64), nullable=False),
            sa.Column("org", sa.String(255), nullable=False),
            sa.Column("sandbox", sa.String(255), nullable=False),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("state", sa.String(32), nullable=False),
            sa.Column("version", sa.String(64), nullable=False),
            sa.Column("created_at", sa.BigInteger, nullable=False),
            sa.Column("updated_at", sa.BigInteger, nullable=False),
            sa.Column("created_by", sa.String(255), nullable=False),
            sa.Column("updated_by", sa.String(255), nullable=False),
            sa.Column("created_client", sa.String(255), nullable=False),
            sa.Column("updated_client", sa.String(255), nullable=False),
            sa.Column("parent", sa.String(64), nullable=True),
            sa.Column("sealed", sa.Text, nullable=True),
            sa.Column("body", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )
        op.create_index(
            f"ix_{name}_org_sandbox_created_at_id", name, ["org", "sandbox", "created_at", "id"]
        )
        op.create_index(
            f"ix_{name}_org_sandbox_name", name, ["org", "sandbox", "name"], unique=unique_name
        )
        op.create_index(f"ix_{name}_parent", name, ["parent"])
    op.create_table(
        "sandboxes",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("org", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sandboxes"),
        sa.UniqueConstraint("org", "name", name="uq_sandboxes_org_name"),
    )
    op.create_table(
        "installation",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_installation"),
    )
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("org", sa.String(255), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("secret_hash", sa.String(128), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_api_clients"),
        sa.UniqueConstraint("org", "name", name="uq_api_clients_org_name"),
    )
