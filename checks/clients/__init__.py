"""``make clients``: clients written by others, unmodified, against ``sallyport-org serve``.

Each client lives in an environment of its own (``environments``), reaches the org through its proxy
as it would reach Salesforce, and runs a script in its own language (``scripts``) that prints what
it received, one JSON line a step. What it received is compared with the CSV files that were written
before the org was started (``oracle``): our own SOQL is never asked what is right.
"""
