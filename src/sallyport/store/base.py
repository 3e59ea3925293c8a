"""The port to the metadata store, and what it promises.

What belongs here: the shape of a stored record and the guarantees every adapter keeps. What does
not: SQL (``sql.py``), the meaning of a record's body (the room that owns the kind).

Promises, proven for every adapter by ``tests/store/conformance.py``:

- Every call is one transaction: it happens wholly or not at all, and is on disk when it returns.
- ``insert`` raises Conflict when the name is taken, also when two callers race for it.
- ``update`` is compare-and-set on ``version``: of any number of callers holding the same version
  exactly one wins, the others get StaleVersion. Every success gives a new version. The API's
  etag and If-Match are this version; there is no second mechanism.
- A record is visible only within its scope (org and sandbox); another scope's id is NotFound.
- No transaction is ever held open across a call to Salesforce: decide, commit, then act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class Kind(StrEnum):
    """What a record is; each kind has a table of its own."""

    CONNECTION = "connections"
    SOURCE = "source_connections"
    TARGET = "target_connections"
    FLOW = "flows"
    RUN = "runs"
    SCHEMA = "schemas"
    DATASET = "datasets"
    MAPPING = "mapping_sets"


UNIQUE_NAMES = frozenset({Kind.CONNECTION})
"""Kinds whose names are handles for people and therefore unique within a scope."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant a record belongs to: an org and one of its sandboxes."""

    org: str
    sandbox: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user (or service account) through a client."""

    user: str
    client: str


@dataclass(frozen=True, slots=True)
class Record:
    """One stored thing. Times are milliseconds since 1970; ``body`` holds JSON values only.

    ``sealed`` is ciphertext from the vault (credentials); it never appears in ``body``.
    ``parent`` is the id of the record this one was made for (a run's flow), for listing.
    """

    kind: Kind
    id: str
    scope: Scope
    name: str
    state: str
    body: Mapping[str, Any]
    version: str = ""
    created_at: int = 0
    updated_at: int = 0
    created_by: str = ""
    updated_by: str = ""
    created_client: str = ""
    updated_client: str = ""
    parent: str | None = None
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox of an org; ``is_default`` answers requests that name none."""

    id: str
    org: str
    name: str
    title: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class ApiClient:
    """API credentials of an org; only a hash of the secret is kept."""

    client_id: str
    org: str
    name: str
    secret_hash: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, in ``order``; ``more`` tells whether records follow."""

    records: Sequence[Record] = field(default_factory=tuple)
    more: bool = False


class Store(Protocol):
    """See the module docstring for the promises."""

    def insert(self, record: Record, actor: Actor) -> Record:
        """Store a new record; returned with version and stamps. Conflict if its name is taken."""
        ...

    def get(self, kind: Kind, scope: Scope, record_id: str) -> Record:
        """Return a record; NotFound when this scope has none of that kind and id."""
        ...

    def locate(self, kind: Kind, record_id: str) -> Record | None:
        """Return a record whatever its scope: for our own background work, never for a caller."""
        ...

    def everywhere(self, kind: Kind, states: Sequence[str]) -> Sequence[Record]:
        """Return the records in these states of all scopes, oldest first: as ``locate``."""
        ...

    def find(self, kind: Kind, scope: Scope, name: str) -> Record | None:
        """Return the newest record of that name, if any."""
        ...

    def update(self, record: Record, actor: Actor) -> Record:
        """Replace the record whose version is ``record.version``; StaleVersion, NotFound."""
        ...

    def delete(self, kind: Kind, scope: Scope, record_id: str, version: str | None = None) -> None:
        """Remove a record (only at ``version``, if given); NotFound, StaleVersion."""
        ...

    def page(
        self,
        kind: Kind,
        scope: Scope,
        *,
        parent: str | None = None,
        states: Sequence[str] = (),
        limit: int = 1000,
        offset: int = 0,
        newest_first: bool = True,
    ) -> Page:
        """List records by creation time (then id); ``limit`` at most 1,000 at a time."""
        ...

    def patch_body(self, kind: Kind, scope: Scope, record_id: str, part: Mapping[str, Any]) -> None:
        """Merge top-level keys into a body without a new version: progress, never decisions."""
        ...

    def ensure_org(self, org: str, sandbox: str) -> Sandbox:
        """Return the named sandbox, made on first use (an org's first is its default)."""
        ...

    def sandboxes(self, org: str) -> Sequence[Sandbox]:
        """List an org's sandboxes, the default one first; empty for an unknown org."""
        ...

    def constant(self, name: str, make: Callable[[], str]) -> str:
        """Return the installation's text of that name; what ``make`` returns if there is none.

        All processes get the same text, also when several ask first at the same time.
        """
        ...

    def add_client(self, client: ApiClient) -> None:
        """Store API credentials; Conflict when the org already has credentials of that name."""
        ...

    def client(self, client_id: str) -> ApiClient | None:
        """Return API credentials by id."""
        ...
