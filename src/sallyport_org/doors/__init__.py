"""Sockets: the doors an org can be reached by, all leading to the same handlers.

Public names: :class:`Authority` (the local certificate authority), :class:`Doors` (what listens)
and :class:`DoorError`. What does not belong here: answers (``routes``).

* plain HTTP: one port an org; local names mean that org, a Salesforce name in ``Host`` its own;
* HTTPS with a certificate of a local authority, for local and all of Salesforce's names;
* an HTTP proxy: ``CONNECT`` to any host an org has leads to the HTTPS door.
"""

from __future__ import annotations

from sallyport_org.doors.authority import Authority
from sallyport_org.doors.listening import DoorError, Doors

__all__ = ["Authority", "DoorError", "Doors"]
