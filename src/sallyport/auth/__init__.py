"""Obtaining and keeping a token: a flow a file, one driver, one keeper, one vault.

Public names, by module:

- ``credentials``: one class a kind of authentication, LoginCredentials, Credentials
- ``client_credentials``, ``jwt_bearer`` (also AssertionClaims, read_assertion, expiry_warning),
  ``password``, ``refresh``, ``soap_login``: the flow of that name
- ``authorization_code``: Authorization, begin, read_callback, exchange
- ``revoke``, ``introspect``: what else is asked about tokens
- ``signing``: sign_assertion, read_private_key, audience_of
- ``grants``: Grant, Flow, Conversation; ``driver``: perform, Sender
- ``refusals``: login_refusal, Remedy
- ``keeper``: SessionKeeper, session_of (a session of this process alone)
- ``grant_keeper``: GrantKeeper (the session of a stored connection); ``attempt``: Keeping,
  Patience; ``tokens``: first_tokens
- ``vault``: Vault; ``keys``: KeyProvider, FileKey, EnvKey

A flow is a generator that asks and never acts: it yields requests, is sent replies, and returns a
grant. Diagnosis, commands and tests run the same flows.
"""
