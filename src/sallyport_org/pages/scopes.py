"""OAuth scopes on pages: which are offered, what is asked in people's words, what is covered.

What belongs here: the consent page's texts, and comparing a request with an app's selection. What
does not: the names and Setup's labels (``identity.app_administration``) and what a session may do
with a scope (``gate``).

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_tokens_scopes.htm
"""

from __future__ import annotations

from collections.abc import Iterable

from sallyport_org.identity.app_administration import SCOPES

_BEYOND_FULL = {"full", "refresh_token"}
"""``full`` holds every other scope but the one for refresh tokens (documented)."""

_FIRST_OF_LABEL = {label: name for name, label in reversed(SCOPES.items())}


def offered() -> list[tuple[str, str]]:
    """Return name and label of every scope an app can select, each once."""
    return [(name, label) for name, label in SCOPES.items() if _FIRST_OF_LABEL[label] == name]


def canonical(name: str) -> str:
    """Return the name a scope goes by in Setup: ``refresh_token`` for ``offline_access``."""
    label = SCOPES.get(name)
    return _FIRST_OF_LABEL[label] if label is not None else name


def refused(asked: Iterable[str], selected: Iterable[str]) -> list[str]:
    """Return the scopes asked for that an app's selected scopes do not cover."""
    held = {canonical(one) for one in selected}

    def is_covered(name: str) -> bool:
        under_full = "full" in held and name in SCOPES and canonical(name) not in _BEYOND_FULL
        return canonical(name) in held or under_full

    return [one for one in asked if not is_covered(one)]


def texts(names: Iterable[str]) -> list[str]:
    """Return what the consent page lists: Setup's labels without the names in brackets."""
    wanted = {canonical(one) for one in names}
    return [label.rpartition(" (")[0] for name, label in offered() if name in wanted]
