"""Raw logs as people paste them, each with the cause it shows (``pastes.toml``).

What belongs here: reading and judging them. The texts are of our own making, after what the
clients' sources print; names, ids and tokens in them are invented.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sallyport.diagnosis.evidence import read_evidence
from sallyport.diagnosis.findings import diagnose


@dataclass(frozen=True)
class Paste:
    """One paste: the cause expected first (or, with ``asks``, among the first), and its secrets."""

    name: str
    code: str
    text: str
    asks: bool = False
    secrets: tuple[str, ...] = ()


@cache
def pastes() -> tuple[Paste, ...]:
    """Return all pastes."""
    page = tomllib.loads((Path(__file__).parent / "pastes.toml").read_text("utf-8"))
    return tuple(
        Paste(
            each["name"],
            each["code"],
            each["text"],
            each.get("asks", False),
            tuple(each.get("secrets", ())),
        )
        for each in page["paste"]
    )


def judge_pastes() -> Iterator[tuple[str, list[str]]]:
    """Yield each paste's name and what is wrong with its findings."""
    for paste in pastes():
        evidence = read_evidence(paste.text)
        found = diagnose(evidence)
        codes = [finding.code for finding in found]
        wrong = [f"first is {codes[0]}, should be {paste.code}"] if codes[0] != paste.code else []
        if paste.asks != (found[0].next_question is not None):
            wrong.append(f"asks {found[0].next_question!r}")
        shown = f"{evidence!r} {[finding.as_document() for finding in found]}"
        wrong += [f"shows the secret {secret[:6]}…" for secret in paste.secrets if secret in shown]
        yield paste.name, wrong
