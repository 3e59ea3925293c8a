"""Obtaining and keeping a token: a flow a file, one driver, one keeper, one vault.

Public names, by module:

- ``credentials``: BasicCredentials, ClientCredentials, JwtCredentials, Credentials
- ``client_credentials``, ``jwt_bearer`` (also AssertionClaims, read_assertion), ``soap_login``:
  the flow of that name
- ``grants``: Grant, Flow; ``driver``: perform, Sender
- ``refusals``: login_refusal, Remedy
- ``keeper``: SessionKeeper, session_of
- ``vault``: Vault; ``keys``: KeyProvider, FileKey, EnvKey

A flow is a generator that asks and never acts: it yields requests, is sent replies, and returns a
grant. Diagnosis, commands and tests run the same flows.
"""
