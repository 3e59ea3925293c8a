"""``sallyport-org org`` and ``clock``: the orgs of a running simulator, and their time."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sallyport_org.commands.remote import (
    DEFAULT_URL,
    USAGE_ERROR,
    Org,
    Url,
    ask,
    pairs,
    show,
    stop,
)

app = typer.Typer(help="Make, show, change and delete orgs.", no_args_is_help=True)
clock = typer.Typer(help="Show and move an org's clock.", no_args_is_help=True)


@app.command(name="list")
def list_orgs(url: Url = DEFAULT_URL) -> None:
    """List every org."""
    for one in ask(url, "GET", "/orgs")["orgs"]:
        kind = "sandbox" if one["is_sandbox"] else "production"
        shown = (one["id"], one["my_domain"], kind, one["edition"], one["status"])
        typer.echo("\t".join(shown))


@app.command(name="show")
def show_org(org: Org = "default", url: Url = DEFAULT_URL) -> None:
    """Show one org, its rows and its settings."""
    shown = ask(url, "GET", f"/orgs/{org}")
    show({**shown, "settings": ask(url, "GET", f"/orgs/{org}/settings")})


@app.command()
def add(
    domain: Annotated[str, typer.Argument(help="The My Domain name, e.g. acme.")],
    sandbox: Annotated[
        str | None, typer.Option(help="Make a sandbox of that name instead of a production org.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The company's name.")] = None,
    edition: Annotated[str | None, typer.Option(help="E.g. Enterprise Edition.")] = None,
    rows: Annotated[
        list[str] | None, typer.Option(help="Made-up rows, Object=number; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 1,
    url: Url = DEFAULT_URL,
) -> None:
    """Make an org; prints its address and credentials."""
    wanted: dict[str, Any] = {
        "kind": "sandbox" if sandbox else "production",
        "domain": domain,
        "sandbox": sandbox,
        "name": name,
        "edition": edition,
        "rows": pairs(rows, "--rows") if rows else None,
        "seed": seed,
    }
    show(ask(url, "POST", "/orgs", {k: v for k, v in wanted.items() if v is not None}))


@app.command(name="set")
def change(
    settings: Annotated[list[str], typer.Argument(help="Settings, e.g. soap_login=false.")],
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Change settings of an org; `org show` lists them."""
    show(ask(url, "PATCH", f"/orgs/{org}/settings", pairs(settings, "settings")))


@app.command()
def status(
    to: Annotated[str, typer.Argument(help="active, suspended, maintenance, locked, …")],
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Suspend an org, put it into maintenance, or make it active again."""
    typer.echo(ask(url, "PATCH", f"/orgs/{org}", {"status": to})["status"])


@app.command()
def refresh(org: Org = "default", url: Url = DEFAULT_URL) -> None:
    """Refresh a sandbox: it gets a new id, its apps and tokens are gone."""
    typer.echo(ask(url, "POST", f"/orgs/{org}/refresh")["id"])


@app.command()
def move(
    instance: Annotated[str | None, typer.Option(help="The new instance, e.g. EU42.")] = None,
    domain: Annotated[str | None, typer.Option(help="The new My Domain name.")] = None,
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Move an org to another instance or My Domain."""
    wanted = {"instance": instance, "domain": domain}
    given = {key: value for key, value in wanted.items() if value is not None}
    show(ask(url, "POST", f"/orgs/{org}/move", given))


@app.command()
def deploy(
    folder: Annotated[
        str, typer.Argument(help="Folder of metadata files, on the simulator's machine.")
    ],
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Deploy objects and fields from metadata files."""
    show(ask(url, "POST", f"/orgs/{org}/metadata", {"folder": folder}))


@app.command()
def delete(org: Org, url: Url = DEFAULT_URL) -> None:
    """Delete an org; the first one stays."""
    ask(url, "DELETE", f"/orgs/{org}")
    typer.echo(f"deleted {org}")


@clock.command(name="show")
def show_clock(org: Org = "default", url: Url = DEFAULT_URL) -> None:
    """Print the org's time."""
    typer.echo(ask(url, "GET", f"/orgs/{org}/clock")["now"])


@clock.command(name="set")
def set_clock(
    now: Annotated[str, typer.Argument(help="A moment like 2026-01-31T08:00:00Z, or: real.")],
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Set the org's clock; it runs on from there."""
    moment = None if now == "real" else now
    typer.echo(ask(url, "PUT", f"/orgs/{org}/clock", {"now": moment})["now"])


@clock.command()
def advance(
    seconds: Annotated[float, typer.Option()] = 0,
    minutes: Annotated[float, typer.Option()] = 0,
    hours: Annotated[float, typer.Option()] = 0,
    days: Annotated[float, typer.Option()] = 0,
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Move the org's clock on (numbers below 0: back)."""
    spans = {"seconds": seconds, "minutes": minutes, "hours": hours, "days": days}
    given = {unit: number for unit, number in spans.items() if number}
    if not given:
        stop("clock advance: say how far, e.g. --hours 3", USAGE_ERROR)
    typer.echo(ask(url, "POST", f"/orgs/{org}/clock/advance", given)["now"])
