"""Draws ``demo.svg``: a terminal in which ``sallyport demo`` has just run.

    .venv/bin/python docs/images/make_demo_picture.py

What belongs here: running the demo and drawing what it printed, word for word. What does not: any
text of its own, except for the command behind the prompt. The output goes to a pipe, so that
progress comes as lines; on a terminal the same progress is drawn as bars. It holds no path and no
name of the machine, only addresses on 127.0.0.1.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMAND = "sallyport demo"
COLUMNS = 104
PICTURE = Path(__file__).with_name("demo.svg")


def main() -> int:
    """Run the demo, draw it, and return the demo's exit code; nothing is drawn if it failed."""
    sallyport = Path(sys.executable).with_name("sallyport")
    done = subprocess.run(  # noqa: S603 - our own command, no shell
        [str(sallyport), "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout)
        return done.returncode
    PICTURE.write_text(drawn(done.stdout), encoding="utf-8")
    sys.stderr.write(f"{PICTURE} is drawn.\n")
    return 0


def drawn(output: str) -> str:
    """Return a terminal that shows the command and its output, as SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    console.print(Text(f"$ {COMMAND}", style="bold"))
    for line in output.splitlines():
        console.print(Text(line, style="bold" if line.startswith("demo: ") else ""))
    picture = console.export_svg(title="sallyport", unique_id="demo")
    # Rich names a font to download; a picture should load nothing, and any fixed font will do.
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


if __name__ == "__main__":
    sys.exit(main())
