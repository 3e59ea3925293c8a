"""Fields that follow from others of the same row.

What belongs here: what Salesforce computes when a row of a standard object is saved. What does not:
defaults of new rows (``save``), formulas and roll-ups (the schema's), copies of parents' values.

Stages, their probabilities and forecast categories are those of a new org (documented:
https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-opportunity.html).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sallyport_org.dml.store import Row

Rule = Callable[[Row, Row, datetime], None]
"""Takes the row as it will be, the row as it was (empty for a new one), and the moment."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Fields computed from others: ``reads`` must be known, ``writes`` may be set."""

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    rule: Rule

    def concerns(self, changed: set[str]) -> bool:
        """Say whether a change of those fields can change what is computed."""
        return not changed.isdisjoint(self.reads)


_STAGES = {
    "Prospecting": 10.0,
    "Qualification": 10.0,
    "Needs Analysis": 20.0,
    "Value Proposition": 50.0,
    "Id. Decision Makers": 60.0,
    "Perception Analysis": 70.0,
    "Proposal/Price Quote": 75.0,
    "Negotiation/Review": 90.0,
    "Closed Won": 100.0,
    "Closed Lost": 0.0,
}
_FORECAST_NAMES = {"BestCase": "Best Case", "MostLikely": "Most Likely", "Forecast": "Commit"}
_CLOSED = {
    "Case": frozenset({"Closed"}),
    "Task": frozenset({"Completed"}),
}


def _person(row: Row, old: Row, moment: datetime) -> None:
    parts = (row.get("FirstName"), row.get("LastName"))
    row["Name"] = " ".join(part for part in parts if part)


def _stage(row: Row, old: Row, moment: datetime) -> None:
    """A new stage brings its probability and forecast category, unless the caller gave his own."""
    stage = row.get("StageName")
    moved = stage != old.get("StageName")
    row["IsWon"] = stage == "Closed Won"
    row["IsClosed"] = stage in ("Closed Won", "Closed Lost")
    if moved:
        if row.get("Probability") == old.get("Probability"):
            row["Probability"] = _STAGES.get(stage or "", 10.0)
        category = "Closed" if row["IsWon"] else "Omitted" if row["IsClosed"] else "Pipeline"
        if row.get("ForecastCategoryName") == old.get("ForecastCategoryName"):
            row["ForecastCategoryName"] = _FORECAST_NAMES.get(category, category)
        if old:
            row["LastStageChangeDate"] = moment
    names = {label: value for value, label in _FORECAST_NAMES.items()}
    given = row.get("ForecastCategoryName")
    row["ForecastCategory"] = names.get(given or "", given)


def _expected(row: Row, old: Row, moment: datetime) -> None:
    amount, share = row.get("Amount"), row.get("Probability")
    row["ExpectedRevenue"] = None if amount is None else round(amount * (share or 0.0) / 100, 2)


def _fiscal(row: Row, old: Row, moment: datetime) -> None:
    day = row.get("CloseDate")
    if day is not None:
        row["FiscalYear"], row["FiscalQuarter"] = day.year, (day.month + 2) // 3
        row["Fiscal"] = f"{day.year} {(day.month + 2) // 3}"


def _case(row: Row, old: Row, moment: datetime) -> None:
    row["IsClosed"] = row.get("Status") in _CLOSED["Case"]
    if not row["IsClosed"]:
        row["ClosedDate"] = None
    elif not old.get("IsClosed"):
        row["ClosedDate"] = moment


def _task(row: Row, old: Row, moment: datetime) -> None:
    row["IsHighPriority"] = row.get("Priority") == "High"
    row["IsClosed"] = row.get("Status") in _CLOSED["Task"]
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif not old.get("IsClosed"):
        row["CompletedDateTime"] = moment


def _attachment(row: Row, old: Row, moment: datetime) -> None:
    row["BodyLength"] = len(row.get("Body") or b"")


def _bounced(row: Row, old: Row, moment: datetime) -> None:
    row["IsEmailBounced"] = row.get("EmailBouncedDate") is not None


_PERSON = Derivation(("FirstName", "LastName"), ("Name",), _person)

DERIVATIONS: dict[str, tuple[Derivation, ...]] = {
    "Contact": (
        _PERSON,
        Derivation(("EmailBouncedDate",), ("IsEmailBounced",), _bounced),
    ),
    "Lead": (_PERSON,),
    "User": (_PERSON,),
    "Opportunity": (
        Derivation(
            ("StageName", "Probability", "ForecastCategoryName"),
            (
                "IsWon",
                "IsClosed",
                "Probability",
                "ForecastCategory",
                "ForecastCategoryName",
                "LastStageChangeDate",
            ),
            _stage,
        ),
        Derivation(("Amount", "Probability", "StageName"), ("ExpectedRevenue",), _expected),
        Derivation(("CloseDate",), ("FiscalYear", "FiscalQuarter", "Fiscal"), _fiscal),
    ),
    "Case": (Derivation(("Status", "IsClosed"), ("IsClosed", "ClosedDate"), _case),),
    "Task": (
        Derivation(
            ("Status", "Priority", "IsClosed"),
            ("IsHighPriority", "IsClosed", "CompletedDateTime"),
            _task,
        ),
    ),
    "Attachment": (Derivation(("Body",), ("BodyLength",), _attachment),),
}
"""What is computed, by object, in order: later rules see what earlier ones set."""
