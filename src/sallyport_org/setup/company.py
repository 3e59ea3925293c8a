"""What Setup tells about the org: home, Company Information, System Overview.

What belongs here: pages that only show. What does not: counting (``state``, ``bulk.allowances``).
"""

from __future__ import annotations

from sallyport_org.setup.desk import Desk, at_desk
from sallyport_org.web import Reply


@at_desk
def home(desk: Desk) -> Reply:
    """Setup's first page: everything there is."""
    return desk.page("home.html", "SetupOneHome", "Home")


@at_desk
def information(desk: Desk) -> Reply:
    """Company Information: which org this is."""
    org = desk.org
    facts = (
        ("Organization Name", org.organization.name),
        ("Organization Edition", org.organization.edition),
        ("Salesforce.com Organization ID", org.id[:15]),
        ("Instance", org.organization.instance),
        ("Sandbox", "Yes" if org.organization.is_sandbox else "No"),
        ("My Domain", org.my_domain),
        ("Former Hosts", ", ".join(sorted(org.former_hosts)) or "None"),
        ("Active Users", sum(1 for one in org.directory.users.values() if one.is_active)),
        ("Org Status", org.status),
    )
    return desk.page(
        "facts.html", "CompanyProfileInfo", "Company Information", facts=facts, intro=""
    )


@at_desk
def overview(desk: Desk) -> Reply:
    """System Overview: what is used of what is allowed."""
    org, bulk, now = desk.org, desk.org.jobs.allowances, desk.org.clock.now()
    custom = sum(1 for one in org.schema if one.custom)
    facts = (
        ("API Requests, Last 24 Hours", f"{org.calls_used():,} of {org.settings.api_limit:,}"),
        ("Bulk API Batches Left", f"{bulk.batches.remaining(now):,} of {bulk.batches.most:,}"),
        (
            "Bulk API 2.0 Query Jobs Left",
            f"{bulk.query_jobs.remaining(now):,} of {bulk.query_jobs.most:,}",
        ),
        ("Custom Objects", custom),
        ("Sessions", len(org.directory.sessions())),
        ("Faults Set", len(list(org.faults))),
    )
    return desk.page("facts.html", "SystemOverview", "System Overview", facts=facts, intro="")
