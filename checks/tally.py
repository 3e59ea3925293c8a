"""Counting what was shown, and the last line that says so."""

import sys


class Tally:
    """Counts checks by name; ``end`` prints the last line and gives the exit code.

    ``quiet`` is for targets that print their checks in a form of their own.
    """

    def __init__(self, target: str, expected: int, what: str, *, quiet: bool = False) -> None:
        self._target = target
        self._expected = expected
        self._what = what
        self._quiet = quiet
        self._passed = 0
        self._seen = 0

    def check(self, name: str, ok: bool, detail: str = "") -> bool:
        """Count one check and print it."""
        self._seen += 1
        self._passed += ok
        if not self._quiet:
            print(
                f"  {'ok  ' if ok else 'FAIL'} {name}{': ' if detail else ''}{detail}", flush=True
            )
        return ok

    def end(self) -> int:
        """Print the last line; 0 only if every expected check was made and passed."""
        good = self._passed == self._seen == self._expected
        word = "ok" if good else "failed"
        print(f"{self._target}: {word}, {self._passed} of {self._expected} {self._what}")
        return 0 if good else 1


def shared(folder: str, target: str) -> str:
    """Return the folder of reference material, or exit 1 naming it where it is absent."""
    from pathlib import Path

    if not Path(folder).is_dir():
        print(f"{target}: failed, needs {folder}, which is absent (make {target} SHARED=…)")
        sys.exit(1)
    return folder
