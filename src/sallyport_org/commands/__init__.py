"""Commands that administer a running simulator: ``sallyport-org fault``, ``org``, ``clock`` …

What belongs here: options, and printing what the admin API answers. What does not: starting a
simulator (``cli``), and anything an org does.

:data:`GROUPS` are the command groups by name, as the command line hangs them in.
"""

from __future__ import annotations

from sallyport_org.commands import faults, orgs, records

GROUPS = {
    "fault": faults.app,
    "org": orgs.app,
    "clock": orgs.clock,
    "inbox": records.inbox,
    "log": records.log,
}
