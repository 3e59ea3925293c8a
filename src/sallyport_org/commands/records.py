"""``sallyport-org inbox`` and ``log``: the mails and the requests of a running simulator."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sallyport_org.commands.remote import DEFAULT_URL, Url, ask

inbox = typer.Typer(help="Mails to the orgs' people: identity codes, tokens.", no_args_is_help=True)
log = typer.Typer(help="Requests the simulator answered.", no_args_is_help=True)


@inbox.command(name="list")
def list_mails(
    to: Annotated[str | None, typer.Option(help="Only mails to this address.")] = None,
    url: Url = DEFAULT_URL,
) -> None:
    """Print the mails, oldest first."""
    for one in ask(url, "GET", "/mails", query={"to": to})["mails"]:
        typer.echo(f"{one['at']}  {one['to']}  {one['subject']}\n{one['text']}\n")


@inbox.command(name="clear")
def clear_mails(url: Url = DEFAULT_URL) -> None:
    """Throw all mails away."""
    typer.echo(f"forgot {ask(url, 'DELETE', '/mails')['forgotten']}")


@log.command(name="list")
def list_requests(
    path: Annotated[str | None, typer.Option(help="Only paths that hold this text.")] = None,
    method: Annotated[str | None, typer.Option(help="Only this HTTP method.")] = None,
    org: Annotated[str | None, typer.Option(help="Only requests this org answered.")] = None,
    fault: Annotated[str | None, typer.Option(help="Only those this fault struck.")] = None,
    since: Annotated[str | None, typer.Option(help="A moment like 2026-01-31T08:00:00Z.")] = None,
    last: Annotated[int, typer.Option(help="How many at most.", min=1)] = 100,
    url: Url = DEFAULT_URL,
) -> None:
    """Print requests as lines of JSON, oldest first."""
    asked = {"path": path, "method": method, "org": org, "fault": fault, "since": since}
    for one in ask(url, "GET", "/requests", query={**asked, "last": last})["requests"]:
        typer.echo(json.dumps(one, ensure_ascii=False))


@log.command(name="clear")
def clear_requests(url: Url = DEFAULT_URL) -> None:
    """Forget all requests."""
    typer.echo(f"forgot {ask(url, 'DELETE', '/requests')['forgotten']}")
