"""The admin API: the simulator's orgs, people, apps, clock and faults as JSON, for tests and tools.

What belongs here: paths below ``/simulator/api``, reading what is sent, and answers. What does not:
consequences (``identity.administration`` and its neighbours have them), and Setup's pages.

It is the simulator's own and nothing like Salesforce's: no token, but for this machine only, unless
the simulator was started with an admin token. Refusals are ``{"message", "field"}`` with 400, 403,
404 or 409; a refused request has changed nothing.

Public name: ``routes`` (the table of paths, and the page that lists them).
"""
