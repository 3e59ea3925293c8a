"""The lakes under test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sallyport.datasets.base import Lake
from sallyport.datasets.delta import DeltaLake
from tests.datasets.accounts import ACCOUNT, DATASET


@pytest.fixture(params=["delta"])
def new_lake(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Lake]:
    """Returns a maker of lakes on one and the same place, as two processes would have them."""
    makers: dict[str, Callable[[], Lake]] = {"delta": lambda: DeltaLake(str(tmp_path / "lake"))}
    return makers[request.param]


@pytest.fixture
def lake(new_lake: Callable[[], Lake]) -> Lake:
    """A lake with one empty dataset."""
    lake = new_lake()
    lake.create(DATASET, ACCOUNT, name="Account")
    return lake
