"""The clients' own environments: made once under a cache folder, used again when complete.

What belongs here: installing pinned versions from PyPI and npm. What does not: running anything in
them. An environment's folder is named by what is installed into it, so other pins make another.
"""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "clients"
_COMPLETE = ".complete"


def python_environment(name: str) -> Path:
    """Return the folder of the Python environment of ``pins/<name>.txt``, made if it is not there.

    Raises :class:`SystemExit` with what the installer said when it cannot be made.
    """
    pins = HERE / "pins" / f"{name}.txt"
    folder = _folder(name, pins)
    if not (folder / _COMPLETE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True)
        _install(
            name,
            [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", str(pins)],
            folder,
        )
    return folder


def node_environment(name: str) -> Path:
    """Return the folder of the npm environment of ``pins/<name>.json``, made if it is not there.

    ``pins/<name>-lock.json`` pins all packages by hash; it names no download addresses (npm's
    ``--omit-lockfile-registry-resolved``). Raises :class:`SystemExit`.
    """
    pins, lock = HERE / "pins" / f"{name}.json", HERE / "pins" / f"{name}-lock.json"
    folder = _folder(name, lock)
    if not (folder / _COMPLETE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(pins, folder / "package.json")
        shutil.copy(lock, folder / "package-lock.json")
        quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--silent")
        _install(name, ["npm", "ci", *quiet], folder)
    return folder


def _folder(name: str, pins: Path) -> Path:
    made_of = pins.read_bytes() + sys.version.encode()
    return CACHE / f"{name}-{hashlib.sha256(made_of).hexdigest()[:12]}"


def _install(name: str, command: list[str], folder: Path) -> None:
    print(f"  installing {name} into {folder.relative_to(CACHE.parent.parent)}", flush=True)
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise SystemExit(f"clients: failed, {command[0]} is not installed") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise SystemExit(f"clients: failed, {name} cannot be installed:\n{said}")
    (folder / _COMPLETE).touch()
