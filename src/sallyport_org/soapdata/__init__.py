"""The SOAP calls about records and objects.

What belongs here: reading sObjects out of XML (``sobjects``), the calls that write (``writes``) and
read (``reads``). What does not: envelopes, sessions and login (``soap``), which looks calls up in
:data:`OPERATIONS`, and what the calls do (``dml``, ``rest``, ``soql``).

Documented: https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-list.html
"""

from __future__ import annotations

from sallyport_org.soapdata.reads import READS
from sallyport_org.soapdata.writes import WRITES

__all__ = ["OPERATIONS"]

OPERATIONS = {**READS, **WRITES}
"""Who answers which call."""
