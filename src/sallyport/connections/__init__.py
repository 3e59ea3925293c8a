"""What an administrator owns: named connections to Salesforce orgs.

Public names: ``Connections`` and ``NewConnection`` (``service``), ``Connection``,
``ConnectionState`` (``model``), ``AUTH_SPECS``, ``auth_spec`` (``specs``).
"""

from sallyport.connections.model import Connection, ConnectionState
from sallyport.connections.service import Connections, NewConnection
from sallyport.connections.specs import AUTH_SPECS, AuthSpec, Parameter, auth_spec

__all__ = [
    "AUTH_SPECS",
    "AuthSpec",
    "Connection",
    "ConnectionState",
    "Connections",
    "NewConnection",
    "Parameter",
    "auth_spec",
]
