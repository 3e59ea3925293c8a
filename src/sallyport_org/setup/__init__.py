"""Setup: the pages an administrator of an org clicks, with Salesforce's own words.

What belongs here: lists, forms and buttons. What does not: the consequences of a button
(``identity.administration``, ``identity.app_administration``) and signing in (``pages``).

Page addresses follow Lightning's ``/lightning/setup/<Node>/home``; the nodes' names are observed
where Salesforce's documents show them and assumed elsewhere.
"""
