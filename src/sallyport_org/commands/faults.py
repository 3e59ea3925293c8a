"""``sallyport-org fault``: add, list and remove faults of a running simulator's org."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sallyport_org.commands.remote import DEFAULT_URL, Org, Url, ask, pairs, show

app = typer.Typer(help="Make things go wrong on purpose.", no_args_is_help=True)


@app.command()
def add(
    kind: Annotated[str, typer.Argument(help="What goes wrong; `fault kinds` lists them.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the kind, e.g. --set seconds=3; may be repeated."),
    ] = None,
    sobject: Annotated[str | None, typer.Option(help="Only for this object.")] = None,
    path: Annotated[str | None, typer.Option(help="Only where the path holds this text.")] = None,
    method: Annotated[str | None, typer.Option(help="Only for this HTTP method.")] = None,
    every: Annotated[int, typer.Option(help="Strike each n-th time only.")] = 1,
    times: Annotated[int | None, typer.Option(help="Strike so often, then never again.")] = None,
    after: Annotated[int, typer.Option(help="Let the first n times go.")] = 0,
    in_seconds: Annotated[
        float | None, typer.Option("--in", help="Begin so many seconds from now (org's clock).")
    ] = None,
    for_seconds: Annotated[
        float | None, typer.Option("--for", help="End so many seconds after the beginning.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--id", help="An id of your own; else one is made.")
    ] = None,
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Add a fault; it strikes from now on."""
    wanted: dict[str, Any] = {
        "id": name,
        "kind": kind,
        "settings": pairs(settings, "--set"),
        "sobject": sobject,
        "path": path,
        "method": method,
        "every": every,
        "times": times,
        "after": after,
        "in_seconds": in_seconds,
        "for_seconds": for_seconds,
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    show(ask(url, "POST", f"/orgs/{org}/faults", given))


@app.command(name="list")
def list_faults(org: Org = "default", url: Url = DEFAULT_URL) -> None:
    """List the org's faults, and how often each struck."""
    for one in ask(url, "GET", f"/orgs/{org}/faults")["faults"]:
        limits = [
            f"{name}={one[name]}"
            for name in ("sobject", "path", "method", "times", "since", "until")
            if one[name] is not None
        ]
        settings = [f"{name}={value}" for name, value in one["settings"].items()]
        struck = f"struck {one['struck']} of {one['met']}"
        typer.echo("\t".join([one["id"], one["kind"], struck, " ".join(limits + settings)]))


@app.command()
def remove(
    fault: Annotated[str, typer.Argument(help="The fault's id.")],
    org: Org = "default",
    url: Url = DEFAULT_URL,
) -> None:
    """Remove a fault; what it holds up goes on."""
    ask(url, "DELETE", f"/orgs/{org}/faults/{fault}")
    typer.echo(f"removed {fault}")


@app.command()
def clear(org: Org = "default", url: Url = DEFAULT_URL) -> None:
    """Remove every fault of the org."""
    typer.echo(f"removed {ask(url, 'DELETE', f'/orgs/{org}/faults')['removed']}")


@app.command()
def kinds(url: Url = DEFAULT_URL) -> None:
    """List the kinds of faults and their settings."""
    for one in ask(url, "GET", "/fault-kinds")["kinds"]:
        typer.echo(f"{one['kind']}: {one['does']}")
        for each in one["settings"]:
            unit = f" ({each['unit']})" if "unit" in each else ""
            usual = "" if each["default"] in (None, []) else f"; {each['default']} unless given"
            typer.echo(f"    {each['name']}{unit}: {each['means']}{usual}")
