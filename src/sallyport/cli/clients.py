"""``sallyport client``: credentials with which programs call the API."""

from __future__ import annotations

from typing import Annotated

import typer

from sallyport.cli import display
from sallyport.cli.installation import opened
from sallyport.cli.options import AsJson

client = typer.Typer(help="Credentials with which programs call the API.", no_args_is_help=True)


@client.callback()
def _client() -> None:
    """Credentials with which programs call the API."""


@client.command("create")
def create(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the credentials.", show_default=False)
    ],
    org: Annotated[
        str | None,
        typer.Option(
            metavar="ORG",
            help="Org (x-gw-ims-org-id) they belong to; default: the terminal's own.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make API credentials and print them: the secret is shown this once and never again."""
    with opened() as here:
        chosen = here.settings.org if org is None else org
        made = here.services.access.create_client(chosen, name)
    document = {
        "name": made.name,
        "client_id": made.client_id,
        "client_secret": made.secret.reveal(),
        "org": made.org,
    }
    if as_json:
        display.emit(document)
        return
    display.facts(document)
    display.say("Keep the secret now: it is not shown again.")
