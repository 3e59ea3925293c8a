"""A connection and the table of its life.

What belongs here: states, allowed moves, the typed view of a stored connection. What does not:
storing it (``service``), calling Salesforce (``verify``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sallyport.kernel import LifeCycle
from sallyport.store import Record, Scope


class ConnectionState(StrEnum):
    """Where a connection stands; each comment says who moves it on and when."""

    INITIALIZING = "initializing"  # stored, not yet verified; the verification moves it on
    ENABLED = "enabled"  # verified against Salesforce; flows may run
    # the grant is dead or barred; connecting again moves it on, or the sweep once it works again
    AUTHORIZATION_REQUIRED = "authorization_required"
    DISABLED = "disabled"  # Salesforce refused; last_operation says why; an administrator acts


LIFE: Final = LifeCycle(
    "a connection",
    {
        ConnectionState.INITIALIZING: frozenset(
            {ConnectionState.ENABLED, ConnectionState.DISABLED}
        ),
        ConnectionState.ENABLED: frozenset({ConnectionState.AUTHORIZATION_REQUIRED}),
        ConnectionState.AUTHORIZATION_REQUIRED: frozenset({ConnectionState.ENABLED}),
        ConnectionState.DISABLED: frozenset({ConnectionState.ENABLED}),
    },
)


@dataclass(frozen=True, slots=True)
class Connection:
    """A stored connection. ``secrets`` names which sealed parameters exist, never their values.

    ``last_operation`` is ``{"operation", "started", "updated", "value", "errors": [{"code",
    "message", "field"?, "received"?, "cure"?}]}`` with times in milliseconds.
    """

    record: Record
    auth: str
    parameters: Mapping[str, str]
    secrets: tuple[str, ...]
    description: str | None
    api_version: str | None
    org: Mapping[str, Any]
    last_operation: Mapping[str, Any] | None

    @property
    def id(self) -> str:
        """UUID."""
        return self.record.id

    @property
    def name(self) -> str:
        """Unique within its org and sandbox."""
        return self.record.name

    @property
    def state(self) -> ConnectionState:
        """Where it stands."""
        return ConnectionState(self.record.state)

    @property
    def scope(self) -> Scope:
        """The tenant it belongs to."""
        return self.record.scope


def from_record(record: Record) -> Connection:
    """Return the typed view of a stored connection."""
    body = record.body
    return Connection(
        record=record,
        auth=body["auth"],
        parameters=body["parameters"],
        secrets=tuple(body["secrets"]),
        description=body.get("description"),
        api_version=body.get("api_version"),
        org=body.get("org") or {},
        last_operation=body.get("last_operation"),
    )
