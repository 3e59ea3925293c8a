"""What rows land in: schemas, datasets and mapping sets.

What belongs here: making and reading them. What does not: the rows themselves (``datasets``), what
the schema registry and catalog look like over HTTP (``api``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sallyport.errors import Conflict, InvalidRequest, NotFound
from sallyport.flows.mapping import check_pairs
from sallyport.flows.model import Dataset, MappingSet, Schema
from sallyport.kernel import new_hex
from sallyport.store import Actor, Kind, Record, Scope, Store

TENANT = "_sallyport"
_ACTIVE = "active"


class Catalog:
    """The use cases around datasets' metadata."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_schema(
        self, scope: Scope, actor: Actor, title: str, document: Mapping[str, Any]
    ) -> Schema:
        """Store a schema and return it with its ``$id``."""
        if not title.strip():
            raise InvalidRequest("is missing.", field="title", cure="Give the schema a title.")
        schema_id = new_hex(32)
        body = {
            "uri": f"https://ns.adobe.com/{TENANT.strip('_')}/schemas/{schema_id}",
            "document": dict(document),
        }
        record = Record(Kind.SCHEMA, schema_id, scope, title, _ACTIVE, body)
        return Schema(self._store.insert(record, actor))

    def schema(self, scope: Scope, uri: str) -> Schema:
        """Return a schema by ``$id``, ``meta:altId`` or bare id; NotFound."""
        schema_id = uri.rsplit("/", 1)[-1].rsplit(".", 1)[-1]
        try:
            found = Schema(self._store.get(Kind.SCHEMA, scope, schema_id))
        except NotFound:
            raise NotFound(
                "there is no such schema in this org and sandbox.",
                field="schemaRef.id",
                received=uri,
                cure="Create it first with POST /data/foundation/schemaregistry/tenant/schemas.",
            ) from None
        return found

    def schemas(self, scope: Scope, *, limit: int, offset: int) -> tuple[list[Schema], bool]:
        """List schemas, newest first, and whether more follow."""
        page = self._store.page(Kind.SCHEMA, scope, limit=limit, offset=offset)
        return [Schema(record) for record in page.records], page.more

    def create_dataset(
        self,
        scope: Scope,
        actor: Actor,
        name: str,
        schema_uri: str,
        *,
        wire: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Store a dataset for rows of a schema; NotFound when the schema does not exist.

        ``wire`` is kept as it is, for answering what was posted.
        """
        if not name.strip():
            raise InvalidRequest("is missing.", field="name", cure="Give the dataset a name.")
        schema = self.schema(scope, schema_uri)
        body = {"schema": schema.uri, "wire": dict(wire or {})}
        record = Record(Kind.DATASET, new_hex(24), scope, name, _ACTIVE, body)
        return Dataset(self._store.insert(record, actor))

    def dataset(self, scope: Scope, dataset_id: str) -> Dataset:
        """Return a dataset; NotFound."""
        try:
            return Dataset(self._store.get(Kind.DATASET, scope, dataset_id))
        except NotFound:
            raise NotFound(
                "there is no such dataset in this org and sandbox.",
                field="dataSetId",
                received=dataset_id,
                cure="Create it first with POST /data/foundation/catalog/dataSets.",
            ) from None

    def datasets(self, scope: Scope, *, limit: int, offset: int) -> tuple[list[Dataset], bool]:
        """List datasets, newest first, and whether more follow."""
        page = self._store.page(Kind.DATASET, scope, limit=limit, offset=offset)
        return [Dataset(record) for record in page.records], page.more

    def claim(
        self, actor: Actor, dataset: Dataset, *, flow_id: str, object_name: str, connection: str
    ) -> None:
        """Give a dataset to a flow, and remember what fills it: its name for queries.

        A full run replaces what its dataset holds, so two flows would wipe each other's rows out:
        Conflict while another flow has it.
        """
        holder = dataset.body.get("flow_id")
        if holder is not None and self._store.locate(Kind.FLOW, holder) is not None:
            raise Conflict(
                f"the flow {holder} fills this dataset already.",
                field="dataSetId",
                received=dataset.id,
                cure="Give this flow a dataset of its own.",
            )
        contents = {"flow_id": flow_id, "object": object_name, "connection": connection}
        record = replace(dataset.record, body={**dataset.body, **contents})
        self._store.update(record, actor)

    def tables(self, scope: Scope) -> dict[str, str]:
        """Return table name → dataset id for every dataset that a flow fills.

        An object's table bears its name; where several connections bring the same object, the
        table is ``connection.Object`` for each, and the bare name is the oldest one's. A second
        dataset of the same object and connection is found by its own name, or by its id. One whose
        flow was removed keeps its names until another flow claims them; among several such the
        newest has them. No two names differ in letter case alone: SQL does not tell them apart.
        """
        filled = {target.parent for target in self._all(Kind.TARGET, scope)}
        held = [record for record in self._all(Kind.DATASET, scope) if "object" in record.body]
        live = [record for record in held if record.id in filled]
        left = [record for record in reversed(held) if record.id not in filled]
        tables: dict[str, str] = {}
        taken: set[str] = set()
        for record in (*live, *left):
            name = record.body["object"]
            names = [name, f"{record.body['connection']}.{name}"]
            free = [each for each in names if each.lower() not in taken]
            if not free:
                free = [each for each in (record.name, record.id) if each.lower() not in taken][:1]
            tables |= dict.fromkeys(free, record.id)
            taken |= {each.lower() for each in free}
        return tables

    def _all(self, kind: Kind, scope: Scope) -> list[Record]:
        """Return every record of a kind, oldest first."""
        found: list[Record] = []
        more = True
        while more:
            page = self._store.page(kind, scope, offset=len(found), newest_first=False)
            found += page.records
            more = page.more
        return found

    def create_mapping(
        self, scope: Scope, actor: Actor, schema_uri: str | None, pairs: Sequence[tuple[str, str]]
    ) -> MappingSet:
        """Store a mapping set; InvalidRequest naming the pair that is wrong."""
        if schema_uri is not None:
            schema_uri = self.schema(scope, schema_uri).uri
        body = {"pairs": check_pairs(pairs), "schema": schema_uri, "version": 0}
        record = Record(Kind.MAPPING, new_hex(32), scope, "", _ACTIVE, body)
        return MappingSet(self._store.insert(record, actor))

    def remap(self, actor: Actor, mapping: MappingSet, pairs: Sequence[tuple[str, str]]) -> None:
        """Give a mapping set other pairs, as its next version; nothing if they are the same."""
        checked = check_pairs(pairs)
        if checked != mapping.pairs:
            part = {"pairs": checked, "version": mapping.body["version"] + 1}
            self._store.update(replace(mapping.record, body={**mapping.body, **part}), actor)

    def mapping(self, scope: Scope, mapping_id: str) -> MappingSet:
        """Return a mapping set; NotFound."""
        return MappingSet(self._store.get(Kind.MAPPING, scope, mapping_id))

    def mappings(self, scope: Scope, *, limit: int, offset: int) -> tuple[list[MappingSet], bool]:
        """List mapping sets, newest first, and whether more follow."""
        page = self._store.page(Kind.MAPPING, scope, limit=limit, offset=offset)
        return [MappingSet(record) for record in page.records], page.more
