"""Durable work outlives its process: each test kills one and lets another finish.

The processes are real (``worker.py``); what they did is read from the notes they wrote.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from sallyport.jobs import reaper

WORKER = Path(__file__).with_name("worker.py")


@pytest.fixture
def url(database_url: str) -> str:
    return database_url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    file = tmp_path / "notes.txt"
    file.touch()
    return file


def start(url: str, notes: Path, workflow: str, seconds: float) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, WORKER, url, notes, workflow, str(seconds)], stderr=subprocess.DEVNULL
    )


def until(true: Callable[[], bool], most: float = 30) -> None:
    deadline = time.monotonic() + most
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def lines(notes: Path) -> list[str]:
    return notes.read_text().splitlines()


def test_a_killed_process_s_work_is_finished_by_the_next(url: str, notes: Path) -> None:
    first = start(url, notes, "count:a", 60)
    until(lambda: "begin 3" in lines(notes))  # so step 2 is recorded
    first.kill()
    first.wait()
    assert "result" not in notes.read_text()
    second = start(url, notes, "-", 12)
    until(lambda: "result" in notes.read_text())
    second.send_signal(signal.SIGKILL)
    second.wait()
    seen = lines(notes)
    assert seen[-1] == "result [0, 10, 20, 30, 40, 50]"
    for number in range(3):  # recorded before the kill: not executed again
        assert seen.count(f"end {number}") == 1
    assert sum(line.startswith("end") for line in seen) <= 7  # one in flight may have run twice


def test_a_living_process_s_work_is_left_to_it(url: str, notes: Path) -> None:
    bystander = start(url, notes, "-", 30)
    worker = start(url, notes, "count:b", 60)
    assert worker.wait(60) == 0
    bystander.kill()
    bystander.wait()
    assert [line for line in lines(notes) if line.startswith("begin")] == [
        f"begin {number}" for number in range(6)
    ]


def test_work_of_a_process_that_left_in_order_is_free_at_once(url: str, notes: Path) -> None:
    first = start(url, notes, "count:c", 0.8)  # closes while the workflow is under way
    first.wait(30)
    assert "result" not in notes.read_text()
    began = time.monotonic()
    second = start(url, notes, "-", 20)
    until(lambda: "result" in notes.read_text())
    took = time.monotonic() - began
    second.kill()
    second.wait()
    # importing and six steps of 0.3 s take 4 s on a busy machine; nobody waited for a beat to age
    assert took < 4 + reaper.DEAD_AFTER_SECONDS


def test_work_that_keeps_killing_its_process_is_parked(url: str, notes: Path) -> None:
    start(url, notes, "crashes:d", 60).wait(30)
    engine = sa.create_engine(url)
    # as if it had been taken up and had died ATTEMPTS times already, never one step further
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO sallyport_attempts VALUES ('crashes:d', :attempts, 0)"),
            {"attempts": reaper.ATTEMPTS},
        )
    engine.dispose()
    survivor = start(url, notes, "-", 60)
    until(lambda: "parked crashes:d" in notes.read_text())
    assert survivor.poll() is None
    survivor.kill()
    survivor.wait()
    assert lines(notes).count("begin 0") == 1
