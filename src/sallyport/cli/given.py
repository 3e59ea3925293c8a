"""Credentials as a person hands them over: from a file, the environment, or a prompt.

What belongs here: reading a secret without it ever standing on the command line. What does not:
judging it (``connections.specs``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import typer

from sallyport.cli.problems import SECRETS
from sallyport.errors import InvalidRequest
from sallyport.kernel import Secret

STDIN = "-"
_MOST_BYTES = 65_536


def secret(parameter: str, file: str | None, *, optional_text: bool) -> Secret:
    """Return a secret parameter's value.

    ``file`` (``-``: standard input) comes first, then the environment, then a prompt if standard
    input is a terminal; ``optional_text`` tells the prompt to take a blank answer. Raises
    InvalidRequest that lists the ways to give it.
    """
    stem = parameter.replace("_", "-")
    if file is not None:
        return Secret(_read(file, f"--{stem}-file"))
    variable = SECRETS[stem]
    if variable in os.environ:
        return Secret(os.environ[variable])
    if sys.stdin.isatty():
        label = stem.replace("-", " ").capitalize()
        if optional_text:
            answer = typer.prompt(
                f"{label} (blank if none)",
                default="",
                show_default=False,
                hide_input=True,
                err=True,
            )
        else:
            answer = typer.prompt(label, hide_input=True, err=True)
        return Secret(str(answer))
    raise InvalidRequest(
        "is missing.",
        field=parameter,
        cure=f"Give it by --{stem}-file FILE ({STDIN} for standard input) or in {variable}"
        + ("; an empty value means there is none." if optional_text else "."),
    )


def one_reader(files: Mapping[str, str | None]) -> None:
    """Raise InvalidRequest when several secrets would be read from standard input.

    ``files`` maps parameters to what their file option was given.
    """
    readers = [name for name, file in files.items() if file == STDIN]
    if len(readers) > 1:
        raise InvalidRequest(
            "is the second option to read standard input, which holds one secret only.",
            field=readers[1],
            received=STDIN,
            cure="Read the others from files or the environment.",
        )


def _read(file: str, option: str) -> str:
    """Return a file's text without the line end an editor leaves behind."""
    try:
        if file == STDIN:
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).expanduser().open("rb") as opened:
                content = opened.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InvalidRequest(
            f"the file cannot be read: {why}.",
            field=option,
            received=file,
            cure="Name a readable text file that holds the secret and nothing else.",
        ) from error
    if len(content) > _MOST_BYTES:
        raise InvalidRequest(
            f"the file is larger than {_MOST_BYTES:,} bytes.",
            field=option,
            received=file,
            cure="Name a text file that holds the secret and nothing else.",
        )
    return text.removesuffix("\n").removesuffix("\r")
