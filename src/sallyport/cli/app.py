"""The command ``sallyport``: its commands put together, and what happens when one fails.

What belongs here: registration, exit codes on the way out. What does not: what a command does (one
module a subject), the words of an error (``problems``).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated, NoReturn

import typer

from sallyport import __version__
from sallyport.cli import (
    clients,
    connect,
    connections,
    diagnose,
    display,
    problems,
    query,
    reader,
    runs,
    servers,
    show_settings,
    sync,
)
from sallyport.errors import InvalidRequest, SallyportError
from sallyport.settings import load

INTERRUPTED = 130
READER_LEFT = 141
TERMINATED = 143

app = typer.Typer(
    name="sallyport",
    help="Connect to Salesforce and move its records with nothing lost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(servers.serve)
app.command("demo")(servers.demo)
app.command("connect")(connect.connect)
app.command("connections")(connections.connections)
app.command("show")(connections.show)
app.command("test")(connections.check)
app.command("diagnose")(diagnose.diagnose)
app.command("explore")(connections.explore)
app.command("remove")(connections.remove)
app.command("sync")(sync.sync)
app.command("runs")(runs.runs)
app.command("query")(query.query)
app.command("settings")(show_settings.settings)
app.add_typer(clients.client, name="client")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"sallyport {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            metavar="",
            help="Print the version.",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Connect to Salesforce and move its records with nothing lost."""


class Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt, not a failure."""


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    reader.watch()
    try:
        code = run(sys.argv[1:])
    except reader.ReaderLeft:
        code = READER_LEFT
    except BrokenPipeError:  # standard error's reader left
        reader.drop(sys.stderr.fileno())
        code = READER_LEFT
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; every failure is told, none is a traceback."""
    wants_json = "--json" in arguments
    try:
        _check_text(arguments)
        code = app(args=list(arguments), prog_name="sallyport", standalone_mode=False)
    except SallyportError as error:
        if wants_json:
            display.emit(problems.as_json(error))
        display.say(problems.as_text(error))
        return problems.exit_code(error)
    except typer.TyperException as error:
        return _misused(error, wants_json)
    except typer.Abort:
        display.say("Stopped; nothing was done.")
        return INTERRUPTED
    except Terminated:
        return TERMINATED
    except SystemExit:  # how Typer and Rich leave when standard error's reader did
        return READER_LEFT
    except Exception as error:
        if _debugging():
            raise
        return _defect(error, wants_json)
    return int(code or 0)


def _misused(error: typer.TyperException, wants_json: bool) -> int:
    message = error.format_message()
    if not message:  # help was shown in its place
        return error.exit_code
    if wants_json:
        display.emit(problems.usage_as_json(message))
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "sallyport"
    display.say(f"Error: {message}\nSee `{command} --help`.")
    return error.exit_code


def _check_text(arguments: Sequence[str]) -> None:
    """Raise InvalidRequest for an argument that is no text in the terminal's encoding."""
    for place, argument in enumerate(arguments, 1):
        if not argument.isascii() and any("\ud800" <= each <= "\udfff" for each in argument):
            raise InvalidRequest(
                f"argument {place} is not text in this terminal's encoding"
                f" ({sys.getfilesystemencoding()}).",
                received=argument.encode("ascii", "backslashreplace").decode(),
                cure="Set LANG to a UTF-8 locale, like C.UTF-8.",
            )


def _defect(error: Exception, wants_json: bool) -> int:
    what = display.shortened(" ".join(str(error).split()), 300)
    failure = SallyportError(
        f"internal error: {type(error).__name__}: {what}",
        cure="This is a defect; run again with SALLYPORT_LOG_LEVEL=debug to see where it happened.",
    )
    if wants_json:
        display.emit(problems.as_json(failure))
    display.say(problems.as_text(failure))
    return problems.FAILED


def _debugging() -> bool:
    try:
        return load().log_level == "debug"
    except SallyportError:
        return False


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated
