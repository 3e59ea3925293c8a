"""Who may come in: users and what they may do, apps and their policies, sessions, login history.

Public names: the records of ``model``, and :class:`Directory` (the people, apps and sessions of one
org). What does not belong here: any wire (OAuth, SOAP, pages), and rows.
"""

from __future__ import annotations

from sallyport_org.identity.directory import Directory
from sallyport_org.identity.model import (
    App,
    AppPolicy,
    Approval,
    FieldPermission,
    Login,
    ObjectPermission,
    PermissionSet,
    Profile,
    Session,
    User,
)

__all__ = [
    "App",
    "AppPolicy",
    "Approval",
    "Directory",
    "FieldPermission",
    "Login",
    "ObjectPermission",
    "PermissionSet",
    "Profile",
    "Session",
    "User",
]
