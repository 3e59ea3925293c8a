"""What Setup offers: the entries of its menu, by area.

What belongs here: names and addresses of pages. What does not: the pages.
"""

from __future__ import annotations

from dataclasses import dataclass

BASE = "/lightning/setup"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: its words, and the node its address is made of unless it has another."""

    label: str
    node: str
    elsewhere: str = ""

    @property
    def address(self) -> str:
        """Where the page is."""
        return self.elsewhere or home_of(self.node)


@dataclass(frozen=True, slots=True)
class Area:
    """A heading of the menu."""

    label: str
    entries: tuple[Entry, ...]


def home_of(node: str, *further: str) -> str:
    """Return the address of a node's page, or of one below it."""
    return "/".join((BASE, node, *further)) if further else f"{BASE}/{node}/home"


MENU = (
    Area(
        "Users",
        (
            Entry("Permission Sets", "PermSets"),
            Entry("Profiles", "EnhancedProfiles"),
            Entry("Users", "ManageUsers"),
        ),
    ),
    Area(
        "Apps",
        (
            Entry("App Manager", "NavigationMenus"),
            Entry("Connected Apps OAuth Usage", "ConnectedAppsUsage"),
            Entry("External Client App Manager", "ManageExternalClientApplication"),
        ),
    ),
    Area(
        "Company Settings",
        (
            Entry("Company Information", "CompanyProfileInfo"),
            Entry("My Domain", "OrgDomain"),
        ),
    ),
    Area(
        "Identity",
        (
            Entry("Login History", "OrgLoginHistory"),
            Entry("OAuth and OpenID Connect Settings", "OauthOidcSettings"),
        ),
    ),
    Area(
        "Security",
        (
            Entry("API Access Control", "ApiAccessControl"),
            Entry("Network Access", "NetworkAccess"),
            Entry("Password Policies", "SecurityPolicies"),
            Entry("Session Settings", "SecuritySession"),
        ),
    ),
    Area(
        "User Interface and Environments",
        (
            Entry("System Overview", "SystemOverview"),
            Entry("User Interface", "UserInterfaceUI"),
        ),
    ),
    Area(
        "Simulator only",
        (
            Entry("Clock", "SimulatorClock"),
            Entry("Limits and Timing", "SimulatorLimits"),
            Entry("Org Status", "SimulatorStatus", "/simulator/status"),
        ),
    ),
)


def found(wanted: str) -> list[Area]:
    """Return the menu with the entries only whose words hold a text (Quick Find)."""
    text = wanted.strip().lower()
    areas = (
        Area(area.label, tuple(one for one in area.entries if text in one.label.lower()))
        for area in MENU
    )
    return [area for area in areas if area.entries]
