"""The order of loading: read all files, extend the schema, and later insert.

What belongs here: that order, and numbering new records. What does not: the steps themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

from sallyport_org import ids
from sallyport_org.loading.csv_files import read_csv
from sallyport_org.loading.infer import extend, new_object
from sallyport_org.loading.insert import insert
from sallyport_org.loading.refusals import refuse_lost_references
from sallyport_org.loading.staging import LoadError, Staged
from sallyport_org.loading.tree_files import plan_files, read_trees
from sallyport_org.rows.engine import Engine
from sallyport_org.schema.model import Schema

_AFTER_MADE_UP = 100
"""New records are numbered past the made-up ones and their deleted and archived companions."""


class Loader:
    """Loads files into an org being built: :meth:`read` before its tables are made, :meth:`insert`
    after its made-up rows are in.

    ``counts`` are the made-up rows to come.
    """

    def __init__(self, engine: Engine, schema: Schema, counts: Mapping[str, int]) -> None:
        self._engine, self._schema = engine, schema
        self._next = Counter({name: rows + _AFTER_MADE_UP for name, rows in counts.items()})
        self._staged: list[Staged] = []

    def read(self, paths: Sequence[Path]) -> None:
        """Read every file and extend the schema; raises :class:`LoadError`."""
        trees: list[Path] = []
        for path in paths:
            match path.suffix.lower():
                case ".csv":
                    self._staged.append(read_csv(self._engine, path, self._table()))
                case ".json":
                    trees += plan_files(path) or [path]
                case _:
                    raise LoadError(path, "only .csv and .json files can be loaded")
        unique = list(dict.fromkeys(path.resolve() for path in trees))
        tables = count()
        self._staged += read_trees(
            self._engine,
            self._schema,
            unique,
            self._new_id,
            lambda: f"tree_{next(tables)}",
        )
        extend(self._engine, self._schema, self._staged)

    def insert(self, admin_id: str, as_of: datetime, progress: Callable[[str], None]) -> None:
        """Put everything read into the objects' tables; raises :class:`LoadError`."""
        for number, staged in enumerate(self._staged):
            refuse_lost_references(self._engine, self._schema, staged, self._staged[number:])
            sobject = self._schema.sobject(staged.sobject)
            first = self._next[sobject.name] or _AFTER_MADE_UP
            rows = insert(self._engine, sobject, staged, first, admin_id, as_of)
            self._next[sobject.name] = first + rows
            progress(f"{sobject.name}: {rows:,} rows with those of {staged.path.name}")

    def _table(self) -> str:
        return f"csv_{len(self._staged)}"

    def _new_id(self, name: str) -> str:
        """Return the next id of an object, which is added to the schema if it is new."""
        sobject = self._schema.find(name)
        if sobject is None:
            sobject = new_object(self._schema, name)
            self._schema.put(sobject)
        number = self._next[sobject.name] or _AFTER_MADE_UP
        self._next[sobject.name] = number + 1
        return ids.record_id(sobject.prefix or "000", number)
