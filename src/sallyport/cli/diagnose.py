"""``sallyport diagnose``: why Salesforce refused, from evidence or from the connection itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from sallyport.cli import display
from sallyport.cli.installation import Installation, opened
from sallyport.cli.options import AsJson
from sallyport.errors import InvalidRequest, SallyportError

if TYPE_CHECKING:
    from sallyport.connections import Connection
    from sallyport.diagnosis.findings import Finding
    from sallyport.diagnosis.preflight import Prerequisite
    from sallyport.diagnosis.probe import Answer

_MOST_BYTES = 4_000_000
_FLOWS = {"basic": "soap"}
_MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}


def diagnose(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Name of the connection to try right now.", show_default=False
        ),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="What a client logged or Salesforce answered, as raw text or JSON; - is standard"
            " input. Needs no connection, server or network.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say why Salesforce refuses, who must act, and what to do, likeliest cause first.

    Exit code 0 whatever the findings are; there is always at least one.
    """
    if evidence is not None:
        if name is not None:
            raise _unclear("and --evidence exclude each other.", name)
        _from_evidence(_read(evidence), as_json)
        return
    with opened() as here:
        if name is None:
            raise _unclear("is missing, and so is --evidence.")
        _live(here, here.connection(name), as_json)


def _unclear(what: str, received: str | None = None) -> InvalidRequest:
    return InvalidRequest(
        what,
        field="name",
        received=received,
        cure="`sallyport diagnose NAME` tries a connection, --evidence - reads a pasted log.",
    )


def _from_evidence(text: str, as_json: bool) -> None:
    from sallyport.diagnosis.evidence import read_evidence
    from sallyport.diagnosis.findings import diagnose as findings_of

    _show(findings_of(read_evidence(text)), as_json, {})


def _live(here: Installation, connection: Connection, as_json: bool) -> None:
    """Log in afresh; diagnose a refusal, or ask the living session what the set-up guide asks."""
    from sallyport.diagnosis.evidence import evidence_of
    from sallyport.diagnosis.failures import evidence_of_error
    from sallyport.diagnosis.findings import diagnose as findings_of
    from sallyport.diagnosis.preflight import preflight
    from sallyport.diagnosis.probe import ask_all

    answers: list[Answer] = []
    with display.waiting("Asking Salesforce"):
        try:
            here.services.connections.test(connection)
            answers = ask_all(here.services.connections.client(connection))
            found = findings_of(evidence_of({"http_status": 200, "flow": connection.auth}))
            refused: list[Finding] = []
        except SallyportError as error:
            found = refused = findings_of(
                evidence_of_error(
                    error,
                    flow=_FLOWS.get(connection.auth, connection.auth),
                    host=_host(connection),
                    facts=_facts(connection),
                )
            )
    lines = preflight(
        answers,
        refused,
        username=connection.parameters.get("username"),
        org_id=connection.org.get("id"),
    )
    _show(
        found,
        as_json,
        {
            "preflight": [line.as_document() for line in lines],
            "probes": [answer.as_document() for answer in answers],
        },
        lines,
    )


def _facts(connection: Connection) -> dict[str, Any]:
    """Return what the stored connection knows of itself."""
    org = connection.org
    known = {
        "api_version": connection.api_version,
        "org_id_before": org.get("id"),
        "edition": org.get("edition"),
        "sandbox": org.get("sandbox"),
        "instance_url_before": org.get("instance_url"),
        "username": connection.parameters.get("username"),
    }
    return {name: value for name, value in known.items() if value is not None}


def _host(connection: Connection) -> str | None:
    parameters = connection.parameters
    address = parameters.get("environment_url") or parameters.get("instance_url")
    return urlsplit(address).hostname if address else None


def _read(file: str) -> str:
    """Return what a file or standard input holds, in whatever encoding."""
    try:
        raw = sys.stdin.buffer.read(_MOST_BYTES) if file == "-" else _bytes_of(Path(file))
    except OSError as error:
        raise InvalidRequest(
            f"cannot be read ({error.strerror or type(error).__name__}).",
            field="--evidence",
            received=file,
            cure="Name a file that exists, or - for standard input.",
        ) from error
    for encoding in ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "latin-1"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _bytes_of(path: Path) -> bytes:
    with path.open("rb") as opened_file:
        return opened_file.read(_MOST_BYTES)


def _show(
    found: list[Finding],
    as_json: bool,
    beside: dict[str, Any],
    lines: list[Prerequisite] | None = None,
) -> None:
    if as_json:
        display.emit({"findings": [finding.as_document() for finding in found], **beside})
        return
    for place, finding in enumerate(found, 1):
        _print_finding(place, finding, whole=place <= 2)
    if found[0].next_question:
        typer.echo(f"What decides: {display.printable(found[0].next_question)}")
    for line in lines or []:
        typer.echo(
            f"{_MARKS[line.state]} {line.title}: {display.printable(line.said)}".rstrip(": ")
        )
        if line.cure and line.state != "unknown":
            typer.echo(f"    {line.cure}")


def _print_finding(place: int, finding: Finding, *, whole: bool) -> None:
    likely = f"{finding.probability:.0%}"
    typer.echo(f"{place}. {finding.title} ({finding.code}, {likely})")
    if not whole:
        return
    retry = "may be tried again" if finding.retryable else "trying again does not help"
    typer.echo(f"   {finding.cause}")
    typer.echo(f"   Who acts: {finding.needs}; {retry}. Where: {finding.setup_path}")
    for number, step in enumerate(finding.steps, 1):
        typer.echo(f"   {number}) {step}")
    for proof in finding.evidence:
        typer.echo(f"   - {display.shortened(display.printable(proof), 200)}")
    typer.echo()
