"""Why Salesforce refused, and who does what about it: evidence in, ranked findings out.

Public names, by module:

- ``evidence``: Evidence, read_evidence (text of any kind), evidence_of (a JSON value of any shape)
- ``facts``: FACTS, what a connection may tell about itself
- ``findings``: Finding, diagnose
- ``catalogue``: Cause, Needs, causes, questions
- ``probe``: what a living session can be asked; ``preflight``: the list of prerequisites

Causes and their cures are data (``catalogue/*.toml``), recognising them is one ordered table
(``rules``), weighing them one more (``hints``). Nothing here logs in or stores anything.
"""
