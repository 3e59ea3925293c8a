"""A token request, read once, and the checks several grants share.

What belongs here: the form and recognising the client. What does not: the grants themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.identity import App
from sallyport_org.state import Org, same_text


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """The parameters of a request to the token endpoint, and the address it was sent to."""

    form: Mapping[str, str]
    base_url: str

    def parameter(self, name: str) -> str | None:
        """Return a parameter that is there and not empty, or None."""
        return self.form.get(name) or None

    def required(self, name: str) -> str:
        """Return a parameter; raises ``invalid_request`` if it is missing."""
        value = self.parameter(name)
        if value is None:
            raise errors.tokens.missing_parameter(name)
        return value


def confidential_client(org: Org, request: TokenRequest) -> App:
    """Return the app whose key and secret were sent.

    Raises ``invalid_client_id`` for an unknown key and ``invalid_client`` for a wrong secret.
    """
    app = org.apps.get(request.required("client_id"))
    if app is None:
        raise errors.tokens.unknown_client()
    if not same_text(request.parameter("client_secret") or "", app.client_secret):
        raise errors.tokens.wrong_secret()
    return app
