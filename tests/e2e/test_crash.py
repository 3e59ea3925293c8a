"""A server killed in the middle of a run: the big check (``make crash``), small."""

import os
import random
from pathlib import Path

import pytest
from checks import crash

from tests.conftest import fresh_database


def test_a_server_killed_at_three_moments_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for url in fresh_database(tmp_path):
        if not url.startswith("sqlite"):
            monkeypatch.setitem(os.environ, "SALLYPORT_DATABASE_URL", url)
        assert crash.run(tmp_path, 20_000, 3, random.Random(7)) == 0
    assert "crash: ok, 7 of 7" in capsys.readouterr().out
