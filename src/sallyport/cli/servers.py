"""``sallyport serve`` and ``sallyport demo``: the commands that keep servers up.

What belongs here: their options and their way out. What does not: HTTP (``api``), the story the
demo tells (``sallyport.demo``).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from sallyport.cli import logs
from sallyport.cli.options import AsJson
from sallyport.settings import load


def serve(
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8420,
    as_json: AsJson = False,
) -> None:
    """Serve the API and work on runs until Ctrl-C or SIGTERM; unfinished runs go on next time.

    Prints its address once it answers (with --json: one line {"url": ...}).
    """
    settings = load()
    logs.configure(settings, quiet=False)
    from sallyport.api import Listening, create_app, run_server
    from sallyport.wiring import Sallyport

    def ready(listening: Listening) -> None:
        if as_json:
            typer.echo(json.dumps({"url": listening.url}))
        else:
            typer.echo(f"sallyport answers at {listening.url} (Ctrl-C stops it)")

    with Sallyport(settings) as services:
        services.launch()
        run_server(create_app(services.api), host, port, ready)


def demo(
    keep: Annotated[
        bool,
        typer.Option(
            "--keep", metavar="", help="Leave both servers up until Ctrl-C, with their credentials."
        ),
    ] = False,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Empty folder for all state, kept afterwards; default: a temporary one.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show it all: a simulated org, a connection, four flows, 450,000 rows proven.

    Starts the org simulator and `serve` as processes of their own and is a client of the API only.
    """
    load()  # a broken .env is told here too, though the demo runs on settings of its own
    from sallyport.demo import demonstrate

    code = demonstrate(home=home, keep=keep, as_json=as_json)
    if code:
        raise typer.Exit(code)
