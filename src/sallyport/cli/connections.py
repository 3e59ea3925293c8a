"""``connections``, ``show``, ``test``, ``explore`` and ``remove``: the connections there are."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sallyport.cli import display, problems
from sallyport.cli.installation import Installation, all_connections, opened
from sallyport.cli.options import AsJson, ConnectionName
from sallyport.errors import Conflict, InvalidRequest
from sallyport.kernel import MASK

if TYPE_CHECKING:
    from sallyport.connections import Connection

_PREVIEW_ROWS = 10


def connections(as_json: AsJson = False) -> None:
    """List the connections, newest first."""
    with opened() as here:
        found = all_connections(here)
    if as_json:
        display.emit([as_document(connection) for connection in found])
        return
    columns = ("name", "auth", "state", "org", "API version", "environment")
    display.table(
        columns,
        [
            (
                connection.name,
                connection.auth,
                connection.state,
                connection.org.get("name") or connection.org.get("id"),
                connection.api_version,
                environment(connection),
            )
            for connection in found
        ],
    )


def show(name: ConnectionName, as_json: AsJson = False) -> None:
    """Show everything known about a connection; secrets are masked."""
    with opened() as here:
        connection = here.connection(name)
    if as_json:
        display.emit(as_document(connection))
        return
    print_connection(connection)


def check(name: ConnectionName, as_json: AsJson = False) -> None:
    """Log in afresh and make one call: does the connection work right now?"""
    with opened() as here:
        connection = here.connection(name)
        with display.waiting("Asking Salesforce"):
            verified = here.services.connections.test(connection)
    if as_json:
        display.emit(
            {
                "name": connection.name,
                "result": True,
                "api_version": verified.api_version,
                "org": verified.org,
                "unknown": verified.unknown,
            }
        )
        return
    org = verified.org.get("name") or verified.org.get("id") or "the org"
    typer.echo(f"{connection.name} works: {org} answered at API version {verified.api_version}.")
    for fact in verified.unknown:
        typer.echo(f"Not visible to this user: {fact}.")


def explore(
    name: ConnectionName,
    object_name: Annotated[
        str | None,
        typer.Argument(
            metavar="OBJECT", help="API name of an object, like Account.", show_default=False
        ),
    ] = None,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", metavar="", help=f"Show the object's first {_PREVIEW_ROWS} rows."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the objects the connection's user can query, or one object's fields or first rows."""
    if preview and object_name is None:
        raise InvalidRequest(
            "is missing: --preview shows the rows of one object.",
            field="object",
            cure="Write it behind the connection's name, like Account.",
        )
    with opened() as here:
        connection = here.connection(name)
        if object_name is None:
            _explore_objects(here, connection, as_json)
        elif preview:
            _explore_rows(here, connection, object_name, as_json)
        else:
            _explore_fields(here, connection, object_name, as_json)


def remove(
    name: ConnectionName,
    with_flows: Annotated[
        bool, typer.Option("--flows", metavar="", help="Remove its flows too (datasets stay).")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a connection, and its credentials with it."""
    with opened() as here:
        services = here.services
        connection = here.connection(name)
        flows = services.flows.flows_of(connection)
        if flows and not with_flows:
            raise Conflict(
                f"{len(flows)} flows use this connection.",
                field="connection",
                received=connection.name,
                cure="Add --flows to remove them with it; the datasets stay.",
            )
        if not yes:
            _confirm(connection.name, len(flows))
        removed = services.flows.remove_all(connection) if with_flows else 0
        services.connections.remove(connection)
    if as_json:
        display.emit({"removed": connection.name, "flows": removed})
        return
    typer.echo(f"Removed {connection.name}" + (f" and {removed} flows." if removed else "."))


def as_document(connection: Connection) -> dict[str, Any]:
    """Return a connection for ``--json``; secrets are masked, times are ISO 8601."""
    record = connection.record
    last = connection.last_operation
    if last is not None:
        last = {**last, "errors": [problems.stored_as_json(error) for error in last["errors"]]}
    return {
        "id": connection.id,
        "name": connection.name,
        "description": connection.description,
        "state": connection.state,
        "auth": connection.auth,
        "api_version": connection.api_version,
        "environment": environment(connection),
        "parameters": {**connection.parameters, **dict.fromkeys(connection.secrets, MASK)},
        "org": dict(connection.org),
        "created_at": display.moment(record.created_at),
        "created_by": record.created_by,
        "updated_at": display.moment(record.updated_at),
        "last_operation": last,
    }


def print_connection(connection: Connection) -> None:
    """Print everything known about a connection for a person."""
    org = connection.org
    last = connection.last_operation or {}
    refusal = " ".join(problems.stored_as_text(error) for error in last.get("errors") or [])
    display.facts(
        {
            "name": connection.name,
            "description": connection.description,
            "state": connection.state,
            "refused": refusal,
            "auth": connection.auth,
            **connection.parameters,
            **dict.fromkeys(connection.secrets, MASK),
            "api_version": connection.api_version,
            "org": org.get("name"),
            "org id": org.get("id"),
            "instance": org.get("instance_url"),
            "edition": org.get("edition"),
            "created": display.moment(connection.record.created_at),
            "id": connection.id,
        }
    )


def environment(connection: Connection) -> str | None:
    """Return the address the connection was made with."""
    parameters = connection.parameters
    return parameters.get("environment_url") or parameters.get("instance_url")


def _explore_objects(here: Installation, connection: Connection, as_json: bool) -> None:
    with display.waiting("Asking Salesforce"):
        objects = here.services.connections.objects(connection)
    if as_json:
        display.emit([{"name": entry.name, "label": entry.label} for entry in objects])
        return
    display.table(("object", "label"), [(entry.name, entry.label) for entry in objects])


def _explore_fields(
    here: Installation, connection: Connection, object_name: str, as_json: bool
) -> None:
    with display.waiting("Asking Salesforce"):
        described = here.services.connections.describe(connection, object_name)
    if as_json:
        fields = [
            {
                "name": field.name,
                "label": field.label,
                "type": field.type,
                "length": field.length,
                "nillable": field.nillable,
                "custom": field.custom,
                "references": list(field.reference_to),
            }
            for field in described.fields
        ]
        display.emit({"object": described.name, "fields": fields})
        return
    display.table(
        ("field", "type", "label", "refers to"),
        [
            (field.name, field.type, field.label, ", ".join(field.reference_to))
            for field in described.fields
        ],
    )


def _explore_rows(
    here: Installation, connection: Connection, object_name: str, as_json: bool
) -> None:
    with display.waiting("Asking Salesforce"):
        rows = here.services.connections.preview(connection, object_name, _PREVIEW_ROWS)
    if as_json:
        display.emit({"object": object_name, "rows": rows})
        return
    columns = list(rows[0]) if rows else []
    for number, row in enumerate(rows, 1):  # an object has too many columns for a table
        typer.echo(f"row {number}")
        display.facts({column: row.get(column) for column in columns})
        typer.echo()


def _confirm(name: str, flows: int) -> None:
    if not sys.stdin.isatty():
        raise InvalidRequest(
            "must be confirmed, and there is no terminal to ask on.",
            field="--yes",
            cure="Add --yes to remove without a question.",
        )
    what = f"{name} and its {flows} flows" if flows else name
    if not typer.confirm(f"Remove {what}?", err=True):
        display.say("Nothing was removed.")
        raise typer.Exit(1)
