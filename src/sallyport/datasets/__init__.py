"""Where rows land: datasets made of Parquet files under one Delta log each, and SQL over them.

Public names:

- ``base``: ``Lake`` (the port and its promises), ``PartWriter``, ``StagedFile``, ``Commit``,
  ``DatasetState``, ``Generation``
- ``schema``: ``grow`` (columns only grow), ``Change``, ``check_storable``
- ``delta``: ``DeltaLake`` (the port on a folder of this machine)
- ``views``: ``query`` (read-only SQL over datasets, by DuckDB in-process)

Nothing of Salesforce's belongs here: a dataset knows columns and rows, not where they came from.
"""
