"""``docs/org/refusals.md``: how to get to each refusal, as a table made of the scenarios."""

from pathlib import Path

from checks.org_faults.stages import in_order

PATH = Path(__file__).parents[2] / "docs" / "org" / "refusals.md"

_HEAD = """# How to be refused

Every refusal of Salesforce's sign-in known to the simulator, and how to bring it about: by an
administrator in [Setup](identity.md), through the [admin API](admin-api.md) (what Salesforce
decides: an org's status, edition or host), by a named [fault](faults.md) (what lies outside the
org), or by the request alone. Where a row names several flows, the same state refuses each of them.

The last column says how the answer is known: *documented* by Salesforce, *observed* in public
reports, or *inferred* from neighbouring cases. `make org-faults` produces each by a real request
and compares it with the recorded answer. This page is made by
`python -m checks.org_faults --write-docs`.

"""
_TITLES = {
    "token-endpoint": "The token endpoint",
    "authorize-redirect": "The authorize endpoint, told to the app",
    "login-page": "The authorize endpoint and the login page, told to the person",
    "soap-fault": "SOAP",
    "rest-data-call": "REST data calls",
    "introspection-endpoint": "Introspection",
    "network": "Before any answer",
    "bulk-job": "Bulk API",
}


def text() -> str:
    """Return the page."""
    parts = [_HEAD.rstrip("\n")]
    for stage, title in _TITLES.items():
        lines = [
            f"## {title}",
            "",
            "| refusal | flows | answered | how to get there | by | known |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for one in in_order():
            if one.stage == stage:
                flows = ", ".join(one.flows)
                cells = (f"`{one.id}`", flows, one.answered, one.state, one.by, one.evidence)
                lines.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Write the page into the documentation."""
    PATH.write_text(text(), encoding="utf-8")
