"""The pages ``docs/cli.md`` and ``docs/settings.md``, written from the commands and the table.

``python -m sallyport.cli.reference cli > docs/cli.md`` (or ``settings``) writes one anew; a test
keeps both equal to what this makes.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

import typer

from sallyport.cli.app import app
from sallyport.settings import TABLE

_CLI_HEAD = """\
# Commands

Written by `python -m sallyport.cli.reference cli` from the commands themselves.

Results go to standard output, everything else (progress, remarks, questions, errors) to standard
error. Every command takes `--json` and then prints one JSON document; a failure is the document
`{"error": {"type", "message", "field", "received", "cure", ...}}`, where a refusal by Salesforce
has its `status`, `code` and `text` too.

| Exit code | Meaning |
|---|---|
| 0 | done |
| 1 | failed: refused, unreachable, not found, in conflict, not proven |
| 2 | the command line or a setting is wrong |
| 130, 143 | stopped by Ctrl-C, by SIGTERM |
| 141 | whoever read the output left before its end, as `head` does |

Secrets never stand on the command line: they are read from a file (`-` is standard input), from the
environment, or asked for on a terminal. The terminal works in the org and sandbox named by
`SALLYPORT_ORG` and `SALLYPORT_SANDBOX` ([settings](settings.md)).
"""

_SETTINGS_HEAD = """\
# Settings

Written by `python -m sallyport.cli.reference settings` from the table in the code.

Each is read from the environment, else from the file `.env` in the working directory, else it has
its default. `sallyport settings` shows every value and where it came from. In the file, a name
that begins with `SALLYPORT_` and is not in this table is refused; in the environment, one that is
almost a name of this table.

The credentials of `sallyport connect` (`SALLYPORT_PASSWORD`, `SALLYPORT_SECURITY_TOKEN`,
`SALLYPORT_CLIENT_SECRET`, `SALLYPORT_JWT_TOKEN`, `SALLYPORT_PRIVATE_KEY`) are no settings: they
are read from the environment alone, and refused in `.env`, so that they do not stay behind in a
file.

| Setting | Default | Meaning |
|---|---|---|
"""


def cli_page() -> str:
    """Return ``docs/cli.md``."""
    root: Any = typer.main.get_command(app)
    parts = [_CLI_HEAD]
    for path, command in _leaves("sallyport", root):
        parts.append(_command(path, command))
    return "\n".join(parts)


def settings_page() -> str:
    """Return ``docs/settings.md``."""
    rows = []
    for setting in TABLE:
        default = "" if setting.default in (None, "") else f"`{setting.default}`"
        meaning = setting.meaning.replace("|", "\\|")
        if setting.whole_number is not None:
            low, high = setting.whole_number
            meaning += f" ({low:,} to {high:,})"
        if setting.secret:
            meaning += " (secret: shown masked)"
        rows.append(f"| `{setting.env}` | {default} | {meaning} |")
    return _SETTINGS_HEAD + "\n".join(rows) + "\n"


def _leaves(path: str, command: Any) -> list[tuple[str, Any]]:
    """Return (what is typed, command) for every command that does something."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(path, command)]
    return [leaf for name, each in inner.items() for leaf in _leaves(f"{path} {name}", each)]


def _command(path: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = " ".join([path, *(_argument(each) for each in arguments), "[OPTIONS]"])
    lines = [f"## `{path}`", "", "```text", usage, "```", "", inspect.cleandoc(command.help), ""]
    lines += ["| | |", "|---|---|"]
    lines += [f"| `{each.metavar}` | {_text(each)} |" for each in arguments]
    lines += [f"| {_option(each)} | {_text(each)} |" for each in options]
    return "\n".join(lines) + "\n"


def _argument(argument: Any) -> str:
    name = f"{argument.metavar}{'...' if argument.nargs != 1 else ''}"
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return ", ".join(f"`{name}{value}`" for name in option.opts)


def _text(parameter: Any) -> str:
    text = (parameter.help or "").replace("|", "\\|")
    if parameter.param_type_name == "option":
        if parameter.required:
            text += " Required."
        elif not parameter.is_flag and parameter.default is not None:
            text += f" Default: `{parameter.default}`."
    return text


if __name__ == "__main__":
    pages = {"cli": cli_page, "settings": settings_page}
    typer.echo(pages[sys.argv[1] if sys.argv[1:] else "cli"](), nl=False)
