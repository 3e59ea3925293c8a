"""Asking a connection's org about its objects, fields and rows.

What belongs here: questions of somebody who is about to choose what to copy. What does not: copying
(``pull``), who may ask and how the answers are shown (``api``, ``cli``).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from sallyport.connections.model import Connection
from sallyport.errors import InvalidRequest, NotFound, RemoteRefused
from sallyport.salesforce.describe import (
    FieldDescribe,
    ObjectDescribe,
    ObjectEntry,
    bulk_fields,
    describe_global,
    describe_object,
)
from sallyport.salesforce.rest_query import query_rows
from sallyport.salesforce.session import OrgClient
from sallyport.salesforce.soql import check_condition, select

_PREVIEW_CHARS = 8_000  # SOQL travels in the address, which Salesforce cuts at 16,384 bytes


class Exploring(ABC):
    """Questions to a connection's org, as its user sees it."""

    @abstractmethod
    def client(self, connection: Connection) -> OrgClient:
        """Return a client for the connection's org; IllegalMove unless it is ``enabled``."""

    def objects(self, connection: Connection) -> list[ObjectEntry]:
        """List the objects the connection's user can query."""
        return [entry for entry in describe_global(self.client(connection)) if entry.queryable]

    def describe(self, connection: Connection, name: str) -> ObjectDescribe:
        """Return an object's fields as the connection's user sees them; NotFound (``object``)."""
        try:
            return describe_object(self.client(connection), name)
        except NotFound as absent:
            absent.field = "object"
            raise

    def try_condition(self, connection: Connection, name: str, condition: str) -> None:
        """Ask Salesforce whether a SOQL condition fits an object, without reading its rows.

        Raises InvalidRequest (``where``) with Salesforce's own words when it does not.
        """
        soql = f"{select(name, ['Id'], [check_condition(condition)])} LIMIT 1"
        try:
            next(iter(query_rows(self.client(connection), soql, limit=1)), None)
        except RemoteRefused as refused:
            raise InvalidRequest(
                f"Salesforce refuses the condition: {_last_line(refused.text)} ({refused.code}).",
                field="where",
                received=condition,
                cure=f"Correct it; `sallyport explore {connection.name} {name}` lists the fields.",
            ) from refused

    def columns(self, connection: Connection, name: str) -> list[FieldDescribe]:
        """Return the fields of an object that a flow can copy, in Salesforce's order; NotFound."""
        return bulk_fields(self.describe(connection, name))[0]

    def preview(self, connection: Connection, name: str, rows: int) -> list[dict[str, Any]]:
        """Return the first ``rows`` records of an object, ``attributes`` left out."""
        fields: list[str] = []
        for field in self.columns(connection, name):
            if sum(map(len, fields)) + len(fields) + len(field.name) > _PREVIEW_CHARS:
                break
            fields.append(field.name)
        soql = f"{select(name, fields, [])} LIMIT {rows}"
        found = query_rows(self.client(connection), soql, limit=rows)
        return [{key: row[key] for key in row if key != "attributes"} for row in found]


def _last_line(text: str) -> str:
    """Return Salesforce's sentence without the query, caret and position it prints before it."""
    return text.strip().splitlines()[-1] if text.strip() else "no reason given"
