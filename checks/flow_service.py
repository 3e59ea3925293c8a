"""``make flow-service``: starts ``sallyport demo --keep`` and runs ``examples/flow-service.sh``."""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from checks.processes import BIN

SCRIPT = Path(__file__).parent.parent / "examples" / "flow-service.sh"


def main() -> int:
    """Run the target; the script prints the last line."""
    with tempfile.TemporaryDirectory(prefix="sallyport-demo-") as folder:
        home = Path(folder) / "home"
        demo = subprocess.Popen(
            [BIN / "sallyport", "demo", "--keep", "--home", str(home)], stdout=subprocess.DEVNULL
        )
        try:
            deadline = time.monotonic() + 180
            while not (home / "demo.json").exists() or not (home / "demo.json").read_text():
                if demo.poll() is not None or time.monotonic() > deadline:
                    print("flow-service: failed, the demo did not come up")
                    return 1
                time.sleep(0.2)
            script = subprocess.run(
                [SCRIPT, home / "demo.json"],
                env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
                check=False,
            )
            return script.returncode
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(60)


if __name__ == "__main__":
    sys.exit(main())
