"""The metadata tables, as SQLAlchemy Core.

What belongs here: columns, keys and indexes. A change here needs a migration beside it
(``migrations/versions``); a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from sallyport.store.base import UNIQUE_NAMES, Kind

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
JSON = sa.JSON().with_variant(JSONB(), "postgresql")
JSON_OR_NULL = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def _record_table(kind: Kind) -> sa.Table:
    table = sa.Table(
        kind.value,
        metadata,
        sa.Column("id", sa.String(64), primary_key=True),
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
        sa.Column("body", JSON, nullable=False),
    )
    sa.Index(None, table.c.org, table.c.sandbox, table.c.created_at, table.c.id)
    sa.Index(None, table.c.org, table.c.sandbox, table.c.name, unique=kind in UNIQUE_NAMES)
    sa.Index(None, table.c.parent)
    return table


RECORDS = {kind: _record_table(kind) for kind in Kind}

SANDBOXES = sa.Table(
    "sandboxes",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("org", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.UniqueConstraint("org", "name"),
)

CONSTANTS = sa.Table(
    "installation",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

CLIENTS = sa.Table(
    "api_clients",
    metadata,
    sa.Column("client_id", sa.String(64), primary_key=True),
    sa.Column("org", sa.String(255), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("secret_hash", sa.String(128), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("org", "name"),
)

GRANTS = sa.Table(
    "grants",
    metadata,
    sa.Column("connection_id", sa.String(64), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(32), nullable=False),
    sa.Column("sealed", sa.Text, nullable=True),
    sa.Column("facts", JSON_OR_NULL, nullable=False),
    sa.Column("renewed_at", sa.BigInteger, nullable=True),
    sa.Column("due_at", sa.BigInteger, nullable=True, index=True),
    sa.Column("owner", sa.String(255), nullable=True),
    sa.Column("leased_until", sa.Double, nullable=True),  # seconds, by the database's clock
    sa.Column("intent", JSON_OR_NULL, nullable=True),
)
