"""OAuth 2.0 and OpenID Connect as Salesforce speaks them.

What belongs here: the token endpoint (one file per grant in ``grants``), revocation, introspection,
who-am-I and discovery. What does not: judging people and apps (``identity``) and pages (``pages``).
"""
