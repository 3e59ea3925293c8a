"""Options and arguments that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[
    bool,
    typer.Option(
        "--json", metavar="", help="Print one JSON document instead of text.", show_default=False
    ),
]
ConnectionName = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of the connection.", show_default=False)
]
