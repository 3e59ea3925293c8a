"""The documentation keeps up with the code: links, commands, settings, refusals, the guide itself.

Every ``sh`` block of the guide is run as printed; ``shell`` blocks show what needs more than Python
(an own org, curl, PostgreSQL, a fresh checkout) or has values to fill in.
"""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer

import sallyport_org.cli
from sallyport.auth.refusals import SOAP_REMEDIES, TOKEN_REMEDIES, Remedy
from sallyport.cli.app import app
from sallyport.cli.problems import SECRETS
from sallyport.settings import TABLE
from sallyport_org.commands import remote

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
BIN = Path(sys.executable).parent

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, *languages: str) -> list[str]:
    """Return a page's code blocks (of these languages, if any are named), indentation removed."""
    found = re.findall(
        r"^( *)```(\w*)\n(.*?)^\1```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    return [
        re.sub(rf"^{indent}", "", code, flags=re.MULTILINE)
        for indent, language, code in found
        if not languages or language in languages
    ]


def prose(page: Path) -> str:
    """Return a page's text without its code blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def code(page: Path) -> Iterator[str]:
    """Yield every line of a page that somebody could type: of blocks, and code in the text."""
    for block in blocks(page, "", "sh", "shell"):
        yield from block.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", prose(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pages
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.is_relative_to(ROOT), target
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there), target


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    for page in [*DOCS.glob("*.md"), *DOCS.glob("org/*.md")]:
        name = str(page.relative_to(DOCS))
        assert name == "README.md" or f"]({name})" in index, name


# --- make


def make_targets() -> dict[str, tuple[str, str]]:
    """Return target → (what it needs, its line of help)."""
    text = (ROOT / "Makefile").read_text("utf-8")
    found = re.findall(r"^([a-z][a-z-]*):(?!=)([^#\n]*)(?:## (.*))?$", text, re.MULTILINE)
    return {name: (needs, line) for name, needs, line in found}


@pages
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    for line in code(page):
        for target in re.findall(r"(?:^|[;&|]\s*)make (?:[A-Z]+=\S+ )*([a-z][a-z-]*)", line):
            assert target in make_targets(), line


def test_every_make_target_is_in_the_menu_or_part_of_one_that_is() -> None:
    menu = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    targets = make_targets()
    shown = {name for name in targets if re.search(rf"^  make {name} ", menu, re.MULTILINE)}
    parts = {need for name in shown for need in targets[name][0].split()}
    assert {"demo", "test", "check"} <= shown
    assert set(targets) <= shown | parts


# --- commands and settings


def invocations(page: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (program, words behind it, options) for every command line a page shows."""
    for line in code(page):
        for match in re.finditer(r"(?<![\w.-])(sallyport(?:-org)?)((?:\s+[^\s;|&>)`]+)+)", line):
            words = match[2].split()
            options = [word.partition("=")[0] for word in words if word.startswith("--")]
            yield match[1], words, options


def follow(command: Any, words: list[str]) -> Any:
    """Return the command that the words name; None when there is none."""
    while (inner := getattr(command, "commands", None)) is not None:
        if not words or words[0] not in inner:
            return None if words and not words[0].startswith("-") else command
        command, words = inner[words[0]], words[1:]
    return command


@pages
def test_every_command_and_option_that_is_shown_exists(page: Path) -> None:
    programs: dict[str, Any] = {
        "sallyport": typer.main.get_command(app),
        "sallyport-org": typer.main.get_command(sallyport_org.cli.app),
    }
    for program, words, options in invocations(page):
        if words[0].startswith("…"):
            continue
        command = follow(programs[program], words)
        assert command is not None, f"{program} {' '.join(words)}"
        names = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        assert set(options) <= names | {"--help"}, f"{program} {' '.join(words)}"


def test_commands_are_found_in_the_pages_that_show_them() -> None:
    shown = {" ".join(words[:1]) for _, words, _ in invocations(ROOT / "README.md")}
    assert shown >= {"connect", "explore", "sync", "query", "serve", "client", "demo"}


@pages
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {setting.env for setting in TABLE} | set(SECRETS.values())
    known |= {remote.URL_VARIABLE, remote.TOKEN_VARIABLE}
    assert set(re.findall(r"\bSALLYPORT_[A-Z_]+\b", page.read_text("utf-8"))) <= known


# --- refusals


def refusal_rows() -> list[tuple[str, str]]:
    """Return (code, whole first cell in lower case) for every refusal the page has a row for."""
    text = (DOCS / "connect-your-org.md").read_text("utf-8")
    cells = re.findall(r"^\| (`(\w+)`[^|]*)\|", text, re.MULTILINE)
    return [(code, cell.lower()) for cell, code in cells]


@pytest.mark.parametrize(
    "remedy",
    [*TOKEN_REMEDIES, *SOAP_REMEDIES],
    ids=lambda remedy: f"{remedy.code} {remedy.text}".strip(),
)
def test_every_refusal_with_a_cure_is_documented(remedy: Remedy) -> None:
    assert any(code == remedy.code and remedy.text in cell for code, cell in refusal_rows())


# --- the guide and the picture


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.slow
def test_the_guide_works_as_it_is_printed(tmp_path: Path) -> None:
    guide = DOCS / "guide.md"
    script = "\n".join(blocks(guide, "sh"))
    for port in ("8421", "8420"):
        assert port in script
        script = script.replace(port, free_port())
    (tmp_path / "guide.sh").write_text(
        "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n" + script, "utf-8"
    )
    done = subprocess.run(
        ["bash", "guide.sh"],
        cwd=tmp_path,
        env={"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    printed = [line.split() for line in done.stdout.splitlines()]
    tables = [block for block in blocks(guide, "text") if "source rows" in block]
    assert tables
    for line in "".join(tables).splitlines():
        assert line.split() in printed, line


def test_the_picture_shows_a_proven_demo_and_nothing_of_the_machine_it_ran_on() -> None:
    picture = (DOCS / "images" / "demo.svg").read_text("utf-8")
    text = "".join(ElementTree.fromstring(picture).itertext()).replace("\xa0", " ")

    assert "$ sallyport demo" in text
    assert "demo: ok, 450000 of 450000 rows proven in 4 datasets" in text
    assert set(re.findall(r"https?://([\w.]+)", text)) == {"127.0.0.1"}
    assert not re.search(r"/(tmp|home|root|Users|var)/", text)
    assert "@font-face" not in picture
