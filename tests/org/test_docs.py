"""docs/org.md keeps up with the code."""

from pathlib import Path

import pytest
import typer.main

from sallyport_org.cli import app
from sallyport_org.schema import standard_schema
from sallyport_org.state import Settings

DOCS = (Path(__file__).parents[2] / "docs" / "org.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [sobject.name for sobject in standard_schema()])
def test_every_object_is_listed(name: str) -> None:
    assert name in DOCS.split("## Objects")[1].split("##")[0]


def test_every_option_is_explained() -> None:
    serve = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]  # a group
    for parameter in serve.params:
        switches = parameter.secondary_opts or parameter.opts
        assert any(f"`{switch}`" in DOCS for switch in switches), parameter.name


def test_every_setting_is_named() -> None:
    for name in Settings.__dataclass_fields__:
        assert f"`{name}`" in DOCS, name
