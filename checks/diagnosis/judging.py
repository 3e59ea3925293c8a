"""One row of the reference fed as evidence and judged; groups of rows that share their words.

What belongs here: what counts as right. What does not: how the evidence is dressed (``altering``).
A seam for live evidence: ``judge`` takes any function from a row and a flow to evidence, so that
answers of a running simulator can take the place of the reference's bodies.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checks.diagnosis.oracle import ANSWERS, CODES
from sallyport.diagnosis.catalogue import questions
from sallyport.diagnosis.evidence import Evidence, read_evidence
from sallyport.diagnosis.findings import Finding, diagnose

Row = Mapping[str, Any]
Dress = Callable[[Row, str | None, Mapping[str, Any]], str]
"""Row, flow and facts as the text that is fed."""


def as_it_is(row: Row, flow: str | None, facts: Mapping[str, Any]) -> str:
    """Return the evidence of a row as documented: no id, no cause, only what a caller sees."""
    told = {key: row[key] for key in ("stage", "http_status", "body", "headers") if row.get(key)}
    if row.get("redirect_params"):
        told["redirect_params"] = row["redirect_params"]
    if flow is not None:
        told["flow"] = flow
    if facts:
        told["facts"] = dict(facts)
    return json.dumps(told)


def flows_of(row: Row) -> list[str | None]:
    """Return the flows a row is fed with; None where any flow meets it."""
    return [None] if row["flow"] == ["any"] else list(row["flow"])


def groups(rows: Sequence[Row]) -> list[list[str]]:
    """Return the rows that share stage, status, body, redirect and a flow, by their ids."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        key = json.dumps(
            [row["stage"], row["http_status"], row["body"], row.get("redirect_params")],
            sort_keys=True,
        )
        found[key].append(row["id"])
    by_id = {row["id"]: row for row in rows}
    return [
        sharing
        for ids in found.values()
        if len(sharing := [each for each in ids if _shares_a_flow(each, ids, by_id)]) > 1
    ]


def judge(row: Row, dress: Dress) -> list[str]:
    """Return what is wrong with the findings of a row, over all its flows; empty when right."""
    return [
        f"{flow or 'any flow'}: {complaint}"
        for flow in flows_of(row)
        for complaint in judge_flow(row, flow, dress)
    ]


def judge_flow(row: Row, flow: str | None, dress: Dress) -> list[str]:
    """Return what is wrong with the findings of a row in one flow; empty when right."""
    answers = ANSWERS.get(row["id"], ())
    facts: dict[str, Any] = {}
    for asked, answer in answers:
        found = diagnose(read(dress(row, flow, facts)))
        codes = [finding.code for finding in found]
        if CODES[row["id"]] not in codes:
            return [f"{CODES[row['id']]} is not among {codes}"]
        if _settled(found, row):
            return []
        if found[0].next_question != questions()[asked]:
            return [f"asks {found[0].next_question!r} in place of {asked}"]
        facts |= answer
    found = diagnose(read(dress(row, flow, facts)))
    return _first(found, row)


def read(text: str) -> Evidence:
    """Return the evidence of a text."""
    return read_evidence(text)


def _settled(found: list[Finding], row: Row) -> bool:
    """Return whether the first finding is right already and nothing is asked."""
    return found[0].next_question is None and not _first(found, row)


def _first(found: list[Finding], row: Row) -> list[str]:
    first = found[0]
    wrong = []
    if first.code != CODES[row["id"]]:
        wrong.append(f"first is {first.code}, should be {CODES[row['id']]}")
    if first.needs != row["needs"]:
        wrong.append(f"needs {first.needs}, should be {row['needs']}")
    if first.retryable != row["retryable"]:
        wrong.append(f"retryable {first.retryable}, should be {row['retryable']}")
    return wrong


def _shares_a_flow(row_id: str, ids: Sequence[str], by_id: Mapping[str, Row]) -> bool:
    mine = set(by_id[row_id]["flow"])
    return any(not mine.isdisjoint(by_id[other]["flow"]) for other in ids if other != row_id)
