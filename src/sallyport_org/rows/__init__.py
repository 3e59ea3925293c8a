"""An org's records: where they are kept, how they are made up, and results held still.

Public names: ``engine`` (tables), ``generate`` (made-up rows), ``snapshot`` (results being read).
"""
