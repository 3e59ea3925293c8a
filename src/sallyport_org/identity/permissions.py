"""The administrative permissions there are.

What belongs here: names and labels. What does not: who has them (``model``, ``directory``) and
what each opens (whoever asks).

Names and labels documented:
https://developer.salesforce.com/docs/platform/object-reference/guide/sforce-api-objects-permissionset.html
"""

from __future__ import annotations

from sallyport_org.identity import model

PERMISSIONS = (
    (model.API_ENABLED, "API Enabled"),
    (model.API_ONLY, "API Only User"),
    (model.APPROVE_UNINSTALLED, "Approve Uninstalled Connected Apps"),
    (model.BULK_HARD_DELETE, "Bulk API Hard Delete"),
    (model.CUSTOMIZE, "Customize Application"),
    (model.MANAGE_USERS, "Manage Users"),
    (model.MARKETING_USER, "Marketing User"),
    (model.MODIFY_ALL_DATA, "Modify All Data"),
    (model.MFA_FOR_API, "Multi-Factor Authentication for API Logins"),
    (model.MFA_FOR_UI, "Multi-Factor Authentication for User Interface Logins"),
    (model.PASSWORD_NEVER_EXPIRES, "Password Never Expires"),
    (model.USE_ANY_API_AUTH, "Use Any API Auth"),
    (model.USE_ANY_API_CLIENT, "Use Any API Client"),
    (model.VIEW_ALL_DATA, "View All Data"),
    (model.VIEW_ENCRYPTED, "View Encrypted Data"),
    (model.VIEW_SETUP, "View Setup and Configuration"),
)
"""Name and label of each."""

NAMES = frozenset(name for name, _ in PERMISSIONS)
