"""The bulk interfaces: Bulk API 2.0 query and ingest, and Bulk API 1.0 (``classic``).

What every job has: ``work`` (states, progress, early ends), ``jobs`` (the jobs of an org and who
works on them), ``allowances`` (what a day allows), ``listing``. Query: ``query`` (wire),
``query_jobs`` (work), ``query_rules`` (what may be asked), ``pages`` (CSV, gzip, cache). Ingest:
``ingest`` and ``form`` (wire), ``loads`` (work), ``table`` and ``columns`` (from CSV to changes),
``spool`` (files). ``routes`` lists the paths of all.
"""
