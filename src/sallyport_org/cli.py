"""The command ``sallyport-org``: start an org and print how to reach it.

What belongs here: options, their refusals in plain words, and signals. What does not: anything an
org does.
"""

from __future__ import annotations

import http.client
import json
import math
import re
import socket
import sys
from pathlib import Path
from typing import Annotated, NoReturn
from urllib.parse import urlsplit

import platformdirs
import typer

from sallyport_org import __version__
from sallyport_org.addresses import exports
from sallyport_org.commands import GROUPS
from sallyport_org.commands.remote import Url

USAGE_ERROR = 2
FAILURE = 1
LAST_PORT = 65_535
PORT, HTTPS_PORT, PROXY_PORT = 8421, 8422, 8423

app = typer.Typer(
    help="A local Salesforce org to develop and test against.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _port(text: str | int) -> int:
    """Return the number of a port."""
    digits = str(text)
    if not re.fullmatch("[0-9]{1,5}", digits) or int(digits) > LAST_PORT:
        raise typer.BadParameter(f"{digits!r} is no port; a port is a number from 0 to {LAST_PORT}")
    return int(digits)


def _duration(text: str | float) -> float:
    """Return a length of time: a finite number, not below 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise typer.BadParameter(f"{str(text)!r} is no length of time; give a number from 0 up")
    return number


for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)


@app.callback()
def _root() -> None:
    """A local Salesforce org to develop and test against."""


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@app.command()
def serve(
    port: Annotated[
        int,
        typer.Option(parser=_port, metavar="NUMBER", help="Port to listen on; 0 picks a free one."),
    ] = PORT,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    rows: Annotated[
        list[str] | None,
        typer.Option(help="Made-up rows, e.g. --rows Account=1000 Contact=5000; may be repeated."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 1,
    load: Annotated[
        list[Path] | None,
        typer.Option(help="CSV, sf tree JSON or plan files with your records; may be repeated."),
    ] = None,
    metadata: Annotated[
        list[Path] | None,
        typer.Option(help="Folders of metadata files: objects, fields, rules; may be repeated."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="File the org is kept in; made when missing, gone on with when there."),
    ] = None,
    https_port: Annotated[
        int | None,
        typer.Option(
            parser=_port,
            metavar="NUMBER",
            help=f"Port of the HTTPS door; {HTTPS_PORT} beside port {PORT}, else a free one.",
            show_default=False,
        ),
    ] = None,
    proxy_port: Annotated[
        int | None,
        typer.Option(
            parser=_port,
            metavar="NUMBER",
            help=f"Port of the proxy door; {PROXY_PORT} beside port {PORT}, else a free one.",
            show_default=False,
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the local certificate authority; made when missing.",
            show_default="a folder of your user's data",
        ),
    ] = None,
    soap_login: Annotated[
        bool, typer.Option(help="Whether the org allows SOAP login() with a password.")
    ] = True,
    job_seconds: Annotated[
        float,
        typer.Option(
            parser=_duration, metavar="NUMBER", help="How long a bulk job takes at least."
        ),
    ] = 0.2,
    latency_ms: Annotated[
        float,
        typer.Option(
            parser=_duration, metavar="NUMBER", help="Milliseconds added to every answer."
        ),
    ] = 0,
    admin_token: Annotated[
        str | None,
        typer.Option(
            envvar="SALLYPORT_ORG_ADMIN_TOKEN",
            help="Opens the admin API to other machines, for those who send this token.",
        ),
    ] = None,
    request_log: Annotated[
        Path | None, typer.Option(help="File that gets one line of JSON for every request.")
    ] = None,
    log_level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = "WARNING",
) -> None:
    """Start an org; prints one JSON line with its address and credentials once it is ready."""
    if log_level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        _stop(f"--log-level: {log_level} is none of DEBUG, INFO, WARNING, ERROR", USAGE_ERROR)
    _check_host(host, port)
    # All of the simulator is imported here, for the other commands to start at once.
    from sallyport_org.serving import NotServedError, ServeOptions, serve_until_stopped

    options = ServeOptions(
        host=host,
        port=port,
        https_port=_beside(port, https_port, HTTPS_PORT),
        proxy_port=_beside(port, proxy_port, PROXY_PORT),
        authority=ca or platformdirs.user_data_path("sallyport-org") / "authority",
        rows=_read_rows(rows),
        seed=seed,
        load=load or (),
        metadata=metadata or (),
        data=data,
        soap_login=soap_login,
        job_seconds=job_seconds,
        latency=latency_ms / 1000,
        admin_token=admin_token,
        request_log=request_log,
        log_level=log_level.upper(),
    )
    try:
        serve_until_stopped(options, _say, lambda line: typer.echo(line, err=True))
    except NotServedError as reason:
        _stop(reason.message, reason.code)


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


@app.command(name="env")
def environment(
    url: Url = f"http://127.0.0.1:{PORT}",
    style: Annotated[str, typer.Option("--format", help="sh or json.")] = "sh",
) -> None:
    """Print the settings that lead a client's login.salesforce.com to a running simulator."""
    if style not in ("sh", "json"):
        _stop(f"--format: {style!r} is none of sh, json", USAGE_ERROR)
    try:
        place = urlsplit(url)
        if place.scheme != "http" or not place.hostname:
            raise ValueError
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=10)
    except ValueError:
        _stop(
            f"--url: {url!r} is no address of a plain door, e.g. http://127.0.0.1:{PORT}",
            USAGE_ERROR,
        )
    try:
        connection.request("GET", "/simulator/doors")
        doors = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as failure:
        _stop(f"nothing answers as sallyport-org at {url}: {failure}", FAILURE)
    if style == "json":
        typer.echo(json.dumps(doors))
        return
    typer.echo(f'# eval these in a shell: eval "$(sallyport-org env --url {url})"')
    typer.echo(exports(doors["environment"]))


def _beside(port: int, given: int | None, usual: int) -> int:
    """Return the port of a further door: as asked, the usual one, or a free one."""
    if given is not None:
        return given
    return usual if port == PORT else 0


def _read_rows(options: list[str] | None) -> dict[str, int] | None:
    """Return ``Object=number`` options as a mapping; several may stand in one, split by blanks."""
    if not options:
        return None
    counts: dict[str, int] = {}
    for entry in " ".join(options).replace(",", " ").split():
        name, _, number = entry.partition("=")
        if not name or not re.fullmatch("-?[0-9][0-9_]{0,17}", number):
            _stop(f"--rows: {entry!r} is not of the form Object=number", USAGE_ERROR)
        counts[name] = int(number.replace("_", ""))
    return counts


def _check_host(host: str, port: int) -> None:
    """Stop if the address cannot be resolved, before any row is made."""
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        reason = getattr(unknown, "strerror", None) or "not a host name"
        _stop(
            f"--host: {host!r} cannot be resolved ({reason}); "
            "give an address of this machine, e.g. 127.0.0.1",
            USAGE_ERROR,
        )


def _stop(message: str, code: int) -> NoReturn:
    """Say one sentence on stderr and leave."""
    typer.echo(f"sallyport-org: {message}", err=True)
    raise typer.Exit(code)


def spread(arguments: list[str]) -> list[str]:
    """Return arguments with ``--rows A=1 B=2`` written as ``--rows A=1 --rows B=2``, and so --load.

    A shell expands ``--load data/*.csv`` into one option with several values.
    """
    spread_out: list[str] = []
    option = ""
    for argument in arguments:
        if argument.startswith("-"):
            option = argument if argument in ("--rows", "--load") else ""
            spread_out.append(argument)
        elif option and spread_out[-1] != option:
            spread_out += [option, argument]
        else:
            spread_out.append(argument)
    return spread_out


def main() -> None:
    """Run the command line; a wrong option is told in one sentence."""
    try:
        code = app(args=spread(sys.argv[1:]), standalone_mode=False)
    except typer.Abort:
        sys.exit(FAILURE)
    except typer.TyperException as wrong:
        message = _sentence(wrong)
        if message:  # else help was shown in its place
            typer.echo(f"sallyport-org: {message}", err=True)
        sys.exit(wrong.exit_code)
    sys.exit(code or 0)


def _sentence(wrong: typer.TyperException) -> str:
    """Return what is wrong with a command line, beginning with the option at fault."""
    options = getattr(getattr(wrong, "param", None), "opts", ())
    message = getattr(wrong, "message", "")
    if not options or not message:
        return wrong.format_message().rstrip(".")
    return f"{options[0]}: {message}"


if __name__ == "__main__":
    main()
