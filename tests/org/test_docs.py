"""The simulator's pages keep up with the code: objects, settings, options, commands, examples."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from sallyport_org import inputs
from sallyport_org.cli import app
from sallyport_org.identity.model import App, AppPolicy, User
from sallyport_org.schema import standard_schema
from sallyport_org.server import OrgServer
from sallyport_org.setup.menu import MENU
from sallyport_org.state import Settings
from tests.org.wire import Client

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "org"
EXAMPLE = ROOT / "examples" / "test_my_salesforce_code.py"


def read(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def section_of(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def section(name: str, heading: str) -> str:
    return section_of(read(name), heading)


def commands(group: Any, *words: str) -> Iterator[tuple[str, Any]]:
    """Yield (words, command) for every command of the simulator."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)
        else:
            yield " ".join(("sallyport-org", *words, name)), command


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_page_is_listed_at_the_entrance() -> None:
    entrance = (ROOT / "docs" / "org.md").read_text(encoding="utf-8")
    for page in PAGES.glob("*.md"):
        assert f"](org/{page.name})" in entrance, page.name


@pytest.mark.parametrize("name", [sobject.name for sobject in standard_schema()])
def test_every_object_is_listed(name: str) -> None:
    assert re.search(rf"\b{name}\b", section("data", "Objects"))


def test_every_setting_is_named() -> None:
    shown = section("settings", "Settings of an org")
    for name, value in inputs.plain(Settings()).items():
        assert f"| `{name}` | `{json.dumps(value)}` |" in shown, name


def test_every_option_of_serve_is_explained() -> None:
    shown = section("settings", "`sallyport-org serve`")
    for parameter in COMMANDS["sallyport-org serve"].params:
        for switch in (*parameter.opts, *parameter.secondary_opts):
            assert f"`{switch}`" in shown, switch


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "sallyport-org serve"])
def test_every_other_command_is_explained_with_its_own_options(name: str) -> None:
    rows = section("settings", "The other commands")
    row = next((line for line in rows.splitlines() if line.startswith(f"| `{name}` |")), None)
    assert row is not None, name
    for parameter in COMMANDS[name].params:
        if parameter.opts[0].startswith("--") and parameter.name not in ("url", "org"):
            assert parameter.opts[0] in row, parameter.opts[0]


def test_every_page_of_setup_is_listed_with_its_address() -> None:
    shown = section("identity", "Setup")
    for area in MENU:
        for entry in area.entries:
            assert f"| {entry.label} | `{entry.address}` |" in shown, entry.label


@pytest.mark.parametrize("kind", [User, App, AppPolicy])
def test_every_attribute_an_administrator_can_set_is_named(kind: type) -> None:
    for name in inputs.field_types(kind):
        assert f"`{name}`" in read("identity"), name


@pytest.mark.parametrize("path", re.findall(r"`(/[\w-]+)`", section("data", "Not modelled")))
def test_every_path_that_is_said_not_to_be_modelled_says_so_itself(
    client: Client, path: str
) -> None:
    assert client.get(f"{path}/x").error[:2] == (501, "NOT_MODELLED")


def test_the_example_is_printed_as_it_is_run() -> None:
    assert EXAMPLE.read_text(encoding="utf-8") in read("testing")


def test_the_example_works_in_a_project_of_its_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\naddopts = -p pytest_sallyport_org.plugin -p no:cacheprovider")
    pytester.makepyfile(**{EXAMPLE.stem: EXAMPLE.read_text(encoding="utf-8")})
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=6)


def test_the_first_query_works_as_it_is_printed(org: OrgServer, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "org.md").read_text(encoding="utf-8")
    first = section_of(page, "The first query")
    script = re.findall(r"```shell\n(.*?)```", first, re.DOTALL)[0]
    asked = script.replace(". .venv/bin/activate\n", "").replace("http://127.0.0.1:8421", org.url)
    (tmp_path / "org.json").write_text(json.dumps(org.summary()), encoding="utf-8")
    printed = subprocess.run(
        ["bash", "-euc", asked],
        cwd=tmp_path,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    shown = json.loads(re.findall(r"```json\n(.*?)```", first, re.DOTALL)[0])
    assert json.loads(printed) == shown
