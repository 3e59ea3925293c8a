"""Who may come in: users and what they may do, apps and their policies, sessions, login history.

Public names: the records of ``model``, and :class:`Directory` (the people, apps and sessions of one
org). Beside them: ``judge`` (may this user come in?) and ``app_rules`` (may this app be used?),
``administration`` and ``app_administration`` (what Setup's buttons do), ``approvals`` and ``codes``
(the lives of tokens and codes), ``history`` (Login History). What does not belong here: any wire
(OAuth, SOAP, pages), and rows.
"""

from __future__ import annotations

from sallyport_org.identity.directory import Directory
from sallyport_org.identity.model import (
    App,
    AppPolicy,
    Approval,
    Code,
    DeviceRequest,
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
    "Code",
    "DeviceRequest",
    "Directory",
    "FieldPermission",
    "Login",
    "ObjectPermission",
    "PermissionSet",
    "Profile",
    "Session",
    "User",
]
