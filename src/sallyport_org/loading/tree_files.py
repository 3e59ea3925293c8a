"""Reading ``sf data import tree`` files: records with references, nested children, and plans.

What belongs here: the JSON, ids for its records, and resolving ``@ref`` among the files of one
folder. What does not: types.

Format documented: https://developer.salesforce.com/docs/platform/salesforce-cli-reference/guide/cli-reference-data-commands-unified.html
(data import tree).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from sallyport_org.loading.staging import LoadError, Staged
from sallyport_org.rows.engine import Engine
from sallyport_org.schema.model import Schema


@dataclass(slots=True)
class TreeRecord:
    """One record: its object, id, values by field name, and what to call it in messages."""

    sobject: str
    id: str
    values: dict[str, Any]
    place: str
    targets: dict[str, str] = field(default_factory=dict)


def plan_files(path: Path) -> list[Path] | None:
    """Return the files a plan names, or None if the file is no plan; raises :class:`LoadError`."""
    content = _parse(path)
    if not isinstance(content, list):
        return None
    files = []
    for number, step in enumerate(content, 1):
        named = step.get("files") if isinstance(step, dict) else None
        if not isinstance(named, list):
            raise LoadError(path, f"entry {number}: a plan entry needs a list called files")
        files += [path.parent / str(one) for one in named]
    return files


def read_trees(
    engine: Engine,
    schema: Schema,
    paths: list[Path],
    new_id: Callable[[str], str],
    new_table: Callable[[], str],
) -> list[Staged]:
    """Read tree files into tables; ``new_id`` gives the next free id of an object.

    A record's ``@ref`` may name a record of any of the files that lie in the same folder. Raises
    :class:`LoadError` for unknown and repeated references and for what is not a tree file.
    """
    staged = []
    references: dict[tuple[Path, str], TreeRecord] = {}
    by_file: dict[Path, list[TreeRecord]] = {}
    for path in paths:
        reader = _Reader(path, schema, new_id, references)
        by_file[path] = list(reader.records())
    for path, records in by_file.items():
        for one in records:
            _resolve(path, one, references)
        for sobject in dict.fromkeys(one.sobject for one in records):
            mine = [one for one in records if one.sobject == sobject]
            staged.append(_stage(engine, path, sobject, mine, new_table()))
    return staged


@dataclass(slots=True)
class _Reader:
    """Reading one file: where it is, and what every file adds to."""

    path: Path
    schema: Schema
    new_id: Callable[[str], str]
    references: dict[tuple[Path, str], TreeRecord]

    def records(self) -> Iterator[TreeRecord]:
        content = _parse(self.path)
        found = content.get("records") if isinstance(content, dict) else None
        if not isinstance(found, list):
            raise LoadError(self.path, "a tree file holds an object with a list called records")
        for number, one in enumerate(found, 1):
            yield from self._record(one, f"record {number}", {})

    def _record(self, one: Any, place: str, link: dict[str, str]) -> Iterator[TreeRecord]:
        given = one.get("attributes") if isinstance(one, dict) else None
        attributes: dict[str, Any] = given if isinstance(given, dict) else {}
        sobject = attributes.get("type")
        if not isinstance(sobject, str):
            raise LoadError(self.path, f"{place}: attributes.type must name the object")
        known = self.schema.find(sobject)
        name = known.name if known else sobject
        made = TreeRecord(name, self.new_id(name), dict(link), f"{place} ({name})")
        self._remember(attributes.get("referenceId"), made)
        children = []
        for key, value in one.items():
            if key == "attributes":
                continue
            if isinstance(value, dict) and "records" in value:
                children.append((key, value["records"]))
            elif isinstance(value, dict | list):
                raise LoadError(self.path, f"{made.place}: {key} is neither a value nor children")
            else:
                made.values[key] = value
        yield made
        for key, inner in children:
            yield from self._children(made, key, inner)

    def _remember(self, reference: Any, made: TreeRecord) -> None:
        if not isinstance(reference, str):
            return
        key = (self.path.parent, reference)
        if key in self.references:
            raise LoadError(self.path, f"{made.place}: referenceId {reference} is used twice")
        self.references[key] = made

    def _children(self, parent: TreeRecord, name: str, inner: Any) -> Iterator[TreeRecord]:
        for child in self.schema.children_of(parent.sobject):
            if child.field.children and child.field.children.lower() == name.lower():
                break
        else:
            raise LoadError(
                self.path,
                f"{parent.place}: {name} is no child relationship of {parent.sobject}; use "
                "referenceId and @references instead",
            )
        if not isinstance(inner, list):
            raise LoadError(self.path, f"{parent.place}: {name}.records must be a list")
        for number, one in enumerate(inner, 1):
            place = f"{parent.place}, {name} {number}"
            yield from self._record(one, place, {child.field.name: parent.id})


def _resolve(path: Path, one: TreeRecord, references: dict[tuple[Path, str], TreeRecord]) -> None:
    """Replace every ``@ref`` of a record by the id it stands for."""
    for name, value in one.values.items():
        if not isinstance(value, str) or not value.startswith("@"):
            continue
        target = references.get((path.parent, value[1:]))
        if target is None:
            raise LoadError(
                path,
                f"{one.place}: {name} is {value}, which no loaded file of this folder defines; "
                "load the file that does, too",
            )
        one.values[name] = target.id
        one.targets[name] = target.sobject


def _stage(
    engine: Engine, path: Path, sobject: str, records: list[TreeRecord], table: str
) -> Staged:
    names = list(dict.fromkeys(name for one in records for name in one.values if name != "Id"))
    columns = {"Id": "c0"} | {name: f"c{number}" for number, name in enumerate(names, 1)}
    texts = pa.table(
        {"c0": pa.array([one.id for one in records], pa.string())}
        | {
            columns[name]: pa.array([_text(one.values.get(name)) for one in records], pa.string())
            for name in names
        }
    )
    engine.keep(table, texts)
    targets: dict[str, set[str]] = {}
    for one in records:
        for name, target in one.targets.items():
            targets.setdefault(name, set()).add(target)
    places = [one.place for one in records]
    return Staged(path, sobject, table, columns, places.__getitem__, targets)


def _text(value: Any) -> str | None:
    """Return a JSON value as the text a CSV file would hold; the empty text is null."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _parse(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as missing:
        raise LoadError(path, f"cannot be read: {missing.strerror}") from missing
    except UnicodeDecodeError as broken:
        raise LoadError(path, "the text is not UTF-8; save the file as UTF-8") from broken
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno}, column {broken.colno}"
        raise LoadError(path, f"{place}: not valid JSON: {broken.msg}") from broken
