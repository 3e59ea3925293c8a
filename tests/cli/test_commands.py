"""What holds for every command: --json, the documentation, settings, quick start."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from sallyport import __version__
from sallyport.cli.app import app
from sallyport.cli.reference import cli_page, settings_page
from sallyport.settings import TABLE
from tests.cli.terminal import SALLYPORT, Terminal

DOCS = Path(__file__).parents[2] / "docs"


def leaves(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Return (words, command) for every command that does something."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(path, command)]
    return [leaf for name, each in inner.items() for leaf in leaves(each, (*path, name))]


COMMANDS = leaves(typer.main.get_command(app))


def words_for(path: tuple[str, ...], command: Any) -> list[str]:
    """Return a command line with something for everything that is required."""
    words = list(path)
    for each in command.params:
        if each.param_type_name == "argument" and each.required:
            words.append("x")
        elif each.required:
            words += [each.opts[0], "x"]
    return words


@pytest.mark.parametrize("path", [" ".join(path) for path, _ in COMMANDS])
def test_every_command_prints_json_when_asked(path: str) -> None:
    command = dict(COMMANDS)[tuple(path.split())]

    assert "--json" in [name for each in command.params for name in each.opts]


def test_the_page_of_commands_is_what_the_commands_say() -> None:
    page = (DOCS / "cli.md").read_text()

    assert page == cli_page(), "run: python -m sallyport.cli.reference cli > docs/cli.md"
    for path, command in COMMANDS:
        assert f"## `sallyport {' '.join(path)}`" in page
        assert all(
            f"`{option}" in page
            for each in command.params
            for option in each.opts[-1:]
            if option.startswith("-")
        )


def test_the_page_of_settings_is_the_table() -> None:
    page = (DOCS / "settings.md").read_text()

    assert page == settings_page(), (
        "run: python -m sallyport.cli.reference settings > docs/settings.md"
    )
    for setting in TABLE:
        assert f"| `{setting.env}` |" in page


@pytest.mark.parametrize("path", [" ".join(path) for path, _ in COMMANDS])
def test_a_broken_env_file_is_told_by_every_command(path: str, terminal: Terminal) -> None:
    terminal.file(".env", 'SALLYPORT_PAGE_ROWS="50000\nSALLYPORT_ORG=a')
    command = dict(COMMANDS)[tuple(path.split())]
    refused = terminal.run(*words_for(tuple(path.split()), command), "--json")

    assert refused.code == 2
    assert refused.error["field"] == ".env"
    assert "line 1" in refused.error["message"]


def test_settings_show_values_and_origins_with_secrets_masked(terminal: Terminal) -> None:
    terminal.file(".env", "SALLYPORT_STREAMS=4")
    shown = terminal.run(
        "settings", "--json", SALLYPORT_SECRET_KEY="c2VjcmV0", SALLYPORT_RUNS_AT_ONCE="7"
    )

    assert shown.code == 0
    assert list(shown.json) == [setting.env for setting in TABLE]
    assert shown.json["SALLYPORT_RUNS_AT_ONCE"]["value"] == "7"
    assert shown.json["SALLYPORT_RUNS_AT_ONCE"]["origin"] == "environment"
    assert shown.json["SALLYPORT_STREAMS"]["origin"] == str(terminal.folder / ".env")
    assert shown.json["SALLYPORT_PAGE_ROWS"]["origin"] == "default"
    assert "c2VjcmV0" not in shown.out


def test_a_setting_out_of_range_is_named(terminal: Terminal) -> None:
    refused = terminal.run("settings", "--json", SALLYPORT_PAGE_ROWS="7")

    assert refused.code == 2
    assert (refused.error["field"], refused.error["received"]) == ("SALLYPORT_PAGE_ROWS", "7")


@pytest.mark.parametrize("hosts", ["http://127.0.0.1/x", "*", "ann@127.0.0.1", "127.0.0.1:0"])
def test_settings_refuse_hosts_that_every_other_command_refuses_in_the_same_words(
    hosts: str, terminal: Terminal
) -> None:
    refused = terminal.run("settings", "--json", SALLYPORT_ALLOWED_HOSTS=hosts)
    other = terminal.run("connections", "--json", SALLYPORT_ALLOWED_HOSTS=hosts)

    assert refused.code == other.code == 2
    assert refused.error["field"] == "SALLYPORT_ALLOWED_HOSTS"
    assert refused.error == other.error


def test_a_misspelt_setting_in_the_environment_is_refused_by_every_command(
    terminal: Terminal,
) -> None:
    for command in ("settings", "connections"):
        refused = terminal.run(command, "--json", SALLYPORT_HOOME="/elsewhere")
        assert refused.code == 2
        assert refused.error["field"] == "SALLYPORT_HOOME"
        assert "SALLYPORT_HOME" in refused.error["cure"]


def test_api_credentials_are_shown_once_and_their_name_is_taken(terminal: Terminal) -> None:
    made = terminal.run("client", "create", "etl", "--org", "ACME@AdobeOrg", "--json")
    again = terminal.run("client", "create", "etl", "--org", "ACME@AdobeOrg", "--json")

    assert made.code == 0
    assert (made.json["name"], made.json["org"]) == ("etl", "ACME@AdobeOrg")
    assert len(made.json["client_id"]) == 32
    assert len(made.json["client_secret"]) >= 40
    assert (again.code, again.error["type"]) == (1, "Conflict")
    assert made.json["client_secret"] not in again.out


@pytest.mark.parametrize("named", ["", " ", "bad org", "bad\torg", "Zoë@AdobeOrg", "x" * 256])
def test_an_org_that_cannot_be_one_is_refused_as_option_and_as_setting_alike(
    named: str, terminal: Terminal
) -> None:
    option = terminal.run("client", "create", "etl", "--org", named, "--json")
    setting = terminal.run("client", "create", "etl", "--json", SALLYPORT_ORG=named)

    assert option.code == setting.code == 2
    assert (option.error["field"], option.error["received"]) == ("--org", named)
    assert setting.error["field"] == "SALLYPORT_ORG"
    assert option.error["message"] == setting.error["message"]
    assert option.error["cure"] == setting.error["cure"]
    assert terminal.run("client", "create", "etl", "--json").code == 0, "the name is still free"


def test_the_version_is_printed(terminal: Terminal) -> None:
    assert terminal.run("--version").out == f"sallyport {__version__}\n"


def test_an_unknown_command_or_option_is_a_usage_error(terminal: Terminal) -> None:
    command = terminal.run("conect")
    option = terminal.run("runs", "--limits", "3", "--json")
    number = terminal.run("runs", "--limit", "0", "--json")

    assert command.code == option.code == number.code == 2
    assert "connect" in command.err
    assert "--limits" in option.error["message"]
    assert "--limit" in number.error["message"]


def test_a_home_that_cannot_be_used_is_a_clear_failure(terminal: Terminal) -> None:
    file = terminal.file("not-a-folder", "")
    refused = terminal.run("connections", "--json", SALLYPORT_HOME=f"{file}/home")

    assert refused.code == 1
    assert (refused.error["type"], refused.error["field"]) == (
        "BrokenInstallation",
        "SALLYPORT_HOME",
    )


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        ("settings", ["dbos", "deltalake", "duckdb", "fastapi", "pyarrow", "sqlalchemy"]),
        ("connections", ["dbos", "deltalake", "duckdb", "fastapi", "pyarrow", "aiohttp"]),
    ],
)
def test_a_command_loads_only_what_it_needs(
    command: str, absent: list[str], terminal: Terminal
) -> None:
    told = terminal.run(command, PYTHONPROFILEIMPORTTIME="1")

    assert told.code == 0
    loaded = {line.rsplit("|", 1)[-1].strip() for line in told.err.splitlines()}
    assert "sallyport.settings" in loaded
    assert loaded.isdisjoint(absent)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "command",
    [
        ("query", "SELECT range FROM range(100000)", "--csv"),
        ("query", "SELECT range FROM range(100000)", "--json"),
        ("query", "SELECT range FROM range(20000)", "--limit", "20000"),
        ("settings", "--json"),
        ("show", "nobody", "--json"),
        ("connect", "--help"),
    ],
    ids=" ".join,
)
def test_a_reader_that_leaves_early_ends_every_output_alike_and_without_words(
    command: tuple[str, ...], unbuffered: str, terminal: Terminal
) -> None:
    process = terminal.start(*command, PYTHONUNBUFFERED=unbuffered)
    assert process.stdout is not None
    assert process.stderr is not None
    if any("range" in word for word in command):  # more than a pipe holds
        process.stdout.readline()
    process.stdout.close()

    assert process.wait(60) == 141
    assert process.stderr.read() == ""


def test_output_that_cannot_be_written_is_a_failure_and_no_defect(terminal: Terminal) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [str(SALLYPORT), "settings"],
            env=dict(terminal.environment),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: the output cannot be written: No space left on device.\n"
        "Make room there, or send it elsewhere.\n"
    )


def test_an_argument_in_another_encoding_is_told(terminal: Terminal) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    refused = terminal.run("query", "SELECT 'Zoë'", "--json", **ascii_only)

    assert refused.code == 2
    assert "argument 2 is not text" in refused.error["message"]
