"""The lake's promises under ``kill -9`` and between processes: real processes, real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sallyport.datasets.base import Lake
from sallyport.datasets.delta import DeltaLake
from tests.datasets.accounts import ACCOUNT, DATASET, account, land, stage, stored

PROJECT = Path(__file__).parents[2]


def writer(folder: Path, *numbers: int) -> subprocess.Popen[str]:
    """Start crash_writer.py; the numbers are its first run, count of runs and step to die at."""
    command = [sys.executable, "-m", "tests.datasets.crash_writer", str(folder)]
    command += [str(number) for number in numbers]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)


def killed_after(process: subprocess.Popen[str], word: str, pause: float) -> list[str]:
    """Kill the process ``pause`` seconds after it printed ``word``; return all it printed."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if line.startswith(word):
            break
    time.sleep(pause)
    process.kill()
    lines += process.stdout.read().split("\n")
    process.wait()
    process.stdout.close()
    return [line for line in lines if line]


def committed_runs(lake: Lake, upto: int) -> list[int]:
    found = [n for n in range(upto) if lake.rows_of(DATASET, run_id=f"run-{n}") is not None]
    assert all(lake.rows_of(DATASET, run_id=f"run-{n}") == 3 for n in found)
    return found


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.003, 0.006, 0.010, 0.015, 0.025, 0.04])
def test_a_writer_killed_at_any_moment_leaves_whole_runs_only(tmp_path: Path, pause: float) -> None:
    """The pauses land before, inside and after the commit, which takes a few milliseconds."""
    printed = killed_after(writer(tmp_path, 0), "staged", pause)
    started = sum(line.startswith("staged") for line in printed)
    acknowledged = [int(line.split()[1]) for line in printed if line.startswith("committed")]
    lake = DeltaLake(str(tmp_path))
    found = committed_runs(lake, started + 1)
    assert set(acknowledged) <= set(found)
    assert [row["Id"] for row in stored(lake)] == [
        account(3 * n + part)["Id"] for n in found for part in range(3)
    ]


@pytest.mark.slow
def test_a_run_can_be_repeated_after_a_kill_at_any_step(tmp_path: Path) -> None:
    """Kill before the first act on a file, the second, … until the writer gets through."""
    before_commit = after_commit = 0
    for step in range(1, 100):
        folder = tmp_path / f"{step}"
        process = writer(folder, 0, 1, step)
        printed, _ = process.communicate(timeout=60)
        lake = DeltaLake(str(folder))
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        assert "committed" not in printed
        survived = lake.rows_of(DATASET, run_id="run-0") is not None
        before_commit, after_commit = before_commit + (not survived), after_commit + survived
        assert stored(lake) == ([account(n) for n in range(3)] if survived else [])
        again = land(lake, "run-0", [account(n) for n in range(3)])
        assert again.already_done is survived
        assert stored(lake) == [account(n) for n in range(3)]
    assert process.returncode == 0
    assert before_commit >= 5
    assert after_commit >= 3


def test_work_goes_on_where_a_killed_writer_stopped(tmp_path: Path) -> None:
    killed_after(writer(tmp_path, 0), "staged 3", 0.002)
    second = writer(tmp_path, 0, 6)
    assert second.wait(60) == 0
    assert second.stdout is not None
    second.stdout.close()
    lake = DeltaLake(str(tmp_path))
    assert committed_runs(lake, 10) == [0, 1, 2, 3, 4, 5]
    assert stored(lake) == [account(n) for n in range(18)]
    leftovers = sum(lake.discard(DATASET, run_id=f"run-{n}") for n in range(6))
    assert leftovers >= 8  # the second writer staged runs 0 to 3 anew and committed none of them
    assert stored(lake) == [account(n) for n in range(18)]


def test_a_killed_writer_leaves_no_lock_behind(tmp_path: Path) -> None:
    killed_after(writer(tmp_path, 0), "staged", 0.002)
    began = time.monotonic()
    land(DeltaLake(str(tmp_path)), "run-after", [account(99)])
    assert time.monotonic() - began < 5


def test_two_processes_write_one_dataset_and_lose_nothing(tmp_path: Path) -> None:
    processes = [writer(tmp_path, first, 15) for first in (0, 15)]
    for process in processes:
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
    lake = DeltaLake(str(tmp_path))
    assert committed_runs(lake, 30) == list(range(30))
    assert stored(lake) == [account(n) for n in range(90)]
    assert lake.state(DATASET).version == 30


def test_two_processes_with_the_same_runs_commit_each_once(tmp_path: Path) -> None:
    processes = [writer(tmp_path, 0, 10) for _ in range(2)]
    for process in processes:
        assert process.wait(60) == 0
        assert process.stdout is not None
        process.stdout.close()
    lake = DeltaLake(str(tmp_path))
    assert stored(lake) == [account(n) for n in range(30)]
    assert lake.state(DATASET).version == 10


def test_a_reader_in_another_process_sees_every_version_whole(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 20)
    lake = DeltaLake(str(tmp_path))
    seen = set()
    while process.poll() is None:
        if lake.exists(DATASET):
            rows = lake.read(DATASET).count_rows()
            assert rows % 3 == 0
            seen.add(rows)
    assert process.stdout is not None
    process.stdout.close()
    assert process.returncode == 0
    assert len(seen) > 2


def test_a_draft_left_by_a_killed_commit_is_ignored_and_swept(tmp_path: Path) -> None:
    lake = DeltaLake(str(tmp_path))
    lake.create(DATASET, ACCOUNT, name="Account")
    draft = tmp_path / DATASET / "_delta_log" / ".0123456789abcdef.draft"
    draft.write_text('{"add": {"pa')
    assert stored(lake) == []
    files = [stage(lake, "run-1", [account(1)])]
    lake.commit(DATASET, run_id="run-1", files=files, schema=ACCOUNT, mode="append")
    assert not draft.exists()
    assert stored(lake) == [account(1)]
