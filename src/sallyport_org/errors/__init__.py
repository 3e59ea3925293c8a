"""Every refusal of the wire, exactly worded, one module for each part of it.

What belongs here: the texts, codes and HTTP statuses Salesforce answers with, as small functions
that build a :class:`Refusal` or one of its kin. What does not:
deciding when to refuse, and how a refusal is written as JSON, XML or text.

Each wording says how well it is known: documented (read at Salesforce), observed (seen in recorded
or published answers of real orgs), inferred or assumed. Index of codes:
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
"""

from __future__ import annotations

from sallyport_org.errors import (
    authorize,
    bulk,
    composite,
    records,
    rest,
    rows,
    search,
    soap,
    soql,
    tokens,
    transport,
)
from sallyport_org.errors.kinds import BareRefusal, OAuthRefusal, Refusal, SoapRefusal

__all__ = [
    "BareRefusal",
    "OAuthRefusal",
    "Refusal",
    "SoapRefusal",
    "authorize",
    "bulk",
    "composite",
    "records",
    "rest",
    "rows",
    "search",
    "soap",
    "soql",
    "tokens",
    "transport",
]
