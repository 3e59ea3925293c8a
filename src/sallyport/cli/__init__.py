"""The terminal: the same services the API offers, as commands.

What belongs here: the spelling of commands and options, prompts, tables, progress, exit codes.
What does not: decisions about connections, flows or rows (their own rooms), building (``wiring``).

Nothing heavier than Typer is imported before a command needs it: the rooms behind a command are
imported by its body, so that ``--help`` and ``settings`` answer at once.

Public names: ``main``, the entry point of the command ``sallyport``.
"""

from sallyport.cli.app import main

__all__ = ["main"]
