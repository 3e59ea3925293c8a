"""The token endpoint and its neighbours: one short file per grant, shared phases in ``endpoint``.

Public names: :func:`token_endpoint`, :func:`revoke_endpoint`, :func:`userinfo`, :func:`identity`.
"""

from __future__ import annotations

from sallyport_org.oauth.endpoint import revoke_endpoint, token_endpoint
from sallyport_org.oauth.identity import identity, userinfo

__all__ = ["identity", "revoke_endpoint", "token_endpoint", "userinfo"]
