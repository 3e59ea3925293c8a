"""The pages a person meets in a browser: login, identity verification, consent, errors, inbox.

What belongs here: their addresses, their words and the cookies between them. What does not: who may
come in (``identity``) and administration (``setup``).
"""
