"""A terminal for tests: runs the real command ``sallyport`` as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sallyport_org.server import OrgServer

SALLYPORT = Path(sys.executable).parent / "sallyport"


@dataclass(frozen=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error of a ``--json`` document."""
        return dict(self.json["error"])


@dataclass(frozen=True)
class Terminal:
    """An installation of its own, worked on from the command line only."""

    environment: Mapping[str, str]
    folder: Path

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Run a command to its end. ``stdin`` is not a terminal, so nothing is ever asked."""
        done = subprocess.run(
            [str(SALLYPORT), *arguments],
            env=self._variables(variables),
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr + done.stdout
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [str(SALLYPORT), *arguments],
            env=self._variables(variables),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interrupts,
        )

    def file(self, name: str, text: str) -> str:
        """Write a file and return its path."""
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def connect(self, org: OrgServer, name: str = "acme") -> Done:
        """Connect to an org by client credentials."""
        secret = self.file("client-secret", org.credentials.client_secret + "\n")
        return self.run(
            *("connect", name, "--auth", "client-credentials"),
            *("--environment-url", org.url, "--client-id", org.credentials.client_id),
            *("--client-secret-file", secret, "--json"),
        )

    def _variables(self, more: Mapping[str, str]) -> dict[str, str]:
        outside = {
            name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
        }
        return {**outside, **self.environment, **more}


def _heed_interrupts() -> None:
    """Let Ctrl-C reach a command although the tests may run in the background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
