"""Making flows and starting their runs.

What belongs here: the use cases around sources, targets, flows and runs, for terminal and API
alike. What does not: how they are spelled on either; moving rows (``pull``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sallyport.connections import Connection, Connections
from sallyport.errors import Conflict, InvalidRequest, NotFound
from sallyport.flows.catalog import Catalog
from sallyport.flows.mapping import chosen
from sallyport.flows.model import Dataset, Flow, FlowState, Run, Source, Target
from sallyport.flows.runs import Runs
from sallyport.kernel import new_id
from sallyport.salesforce.describe import ObjectDescribe, bulk_fields
from sallyport.store import Actor, Kind, Record, Scope, Store

Start = Callable[[Run], None]
"""Hands a run to the durable work, once, however often it is called."""


@dataclass(frozen=True)
class NewFlow:
    """What a caller gives to make a flow.

    ``start_at`` in seconds since 1970, None: no schedule. ``whole``: its mapping follows the
    object. ``wire`` is kept as it is, for answering what was posted.
    """

    name: str
    source_id: str
    target_id: str
    mapping_id: str | None = None
    description: str | None = None
    start_at: int | None = None
    whole: bool = False
    wire: Mapping[str, Any] | None = None


class Flows:
    """The use cases."""

    def __init__(
        self,
        store: Store,
        connections: Connections,
        catalog: Catalog,
        runs: Runs,
        *,
        start: Start,
    ) -> None:
        self._store = store
        self._connections = connections
        self._catalog = catalog
        self._runs = runs
        self._start = start

    def create_source(
        self,
        scope: Scope,
        actor: Actor,
        *,
        name: str,
        connection_id: str,
        object_name: str,
        columns: Sequence[str] | None = None,
        wire: Mapping[str, Any] | None = None,
    ) -> Source:
        """Store a source after asking Salesforce that object and columns exist.

        Raises NotFound (connection, object), InvalidRequest (a column), IllegalMove (a connection
        that is not enabled). ``wire`` is kept as it is, for answering what was posted.
        """
        connection = self._connections.get(scope, connection_id)
        described = self._connections.describe(connection, object_name)
        available = [field.name for field in bulk_fields(described)[0]]
        chosen(available, columns, None)
        return self._store_source(
            scope, actor, name, connection, described.name, columns, wire or {}
        )

    def _store_source(
        self,
        scope: Scope,
        actor: Actor,
        name: str,
        connection: Connection,
        object_name: str,
        columns: Sequence[str] | None,
        wire: Mapping[str, Any],
    ) -> Source:
        body = {
            "connection_id": connection.id,
            "object": object_name,
            "columns": None if columns is None else list(columns),
            "wire": dict(wire),
        }
        record = Record(
            Kind.SOURCE, new_id(), scope, name, FlowState.ENABLED, body, parent=connection.id
        )
        return Source(self._store.insert(record, actor))

    def source(self, scope: Scope, source_id: str) -> Source:
        """Return a source; NotFound."""
        return Source(self._store.get(Kind.SOURCE, scope, source_id))

    def sources(
        self, scope: Scope, *, limit: int = 1000, offset: int = 0
    ) -> tuple[list[Source], bool]:
        """List sources, newest first, and whether more follow."""
        page = self._store.page(Kind.SOURCE, scope, limit=limit, offset=offset)
        return [Source(record) for record in page.records], page.more

    def create_target(
        self,
        scope: Scope,
        actor: Actor,
        *,
        name: str,
        dataset_id: str,
        wire: Mapping[str, Any] | None = None,
    ) -> Target:
        """Store a target; NotFound when the dataset does not exist."""
        dataset = self._catalog.dataset(scope, dataset_id)
        body = {"dataset_id": dataset.id, "wire": dict(wire or {})}
        record = Record(
            Kind.TARGET, new_id(), scope, name, FlowState.ENABLED, body, parent=dataset.id
        )
        return Target(self._store.insert(record, actor))

    def target(self, scope: Scope, target_id: str) -> Target:
        """Return a target; NotFound."""
        return Target(self._store.get(Kind.TARGET, scope, target_id))

    def targets(
        self, scope: Scope, *, limit: int = 1000, offset: int = 0
    ) -> tuple[list[Target], bool]:
        """List targets, newest first, and whether more follow."""
        page = self._store.page(Kind.TARGET, scope, limit=limit, offset=offset)
        return [Target(record) for record in page.records], page.more

    def create_flow(self, scope: Scope, actor: Actor, new: NewFlow) -> Flow:
        """Store a flow; with ``start_at`` its one run is started (then, or at once if it is past).

        Raises NotFound (source, target, mapping), InvalidRequest (a mapped column that the object
        does not have; a mapping made for another schema than the dataset's), Conflict (another
        flow fills the dataset), IllegalMove (to be started, but the connection is not enabled).
        """
        source = self.source(scope, new.source_id)
        target = self.target(scope, new.target_id)
        dataset = self._catalog.dataset(scope, target.dataset_id)
        connection = self._connections.get(scope, source.connection_id)
        if new.mapping_id is not None:
            self._check_mapping(scope, new.mapping_id, source, connection, dataset)
        if new.start_at is not None:
            self._connections.client(connection)  # refuses now what would refuse the run
        flow = self._store_flow(scope, actor, new, source, connection, dataset)
        if new.start_at is not None:
            self.start_run(actor, flow, not_before=new.start_at)
        return flow

    def _store_flow(
        self,
        scope: Scope,
        actor: Actor,
        new: NewFlow,
        source: Source,
        connection: Connection,
        dataset: Dataset,
    ) -> Flow:
        flow_id = new_id()
        self._catalog.claim(
            actor,
            dataset,
            flow_id=flow_id,
            object_name=source.object,
            connection=connection.name,
        )
        body = {
            "source_id": source.id,
            "target_id": new.target_id,
            "mapping_id": new.mapping_id,
            "description": new.description,
            "start_at": new.start_at,
            "whole": new.whole,
            "wire": dict(new.wire or {}),
        }
        record = Record(
            Kind.FLOW, flow_id, scope, new.name, FlowState.ENABLED, body, parent=source.id
        )
        return Flow(self._store.insert(record, actor))

    def flow(self, scope: Scope, flow_id: str) -> Flow:
        """Return a flow; NotFound."""
        return Flow(self._store.get(Kind.FLOW, scope, flow_id))

    def flows(self, scope: Scope, *, limit: int = 1000, offset: int = 0) -> tuple[list[Flow], bool]:
        """List flows, newest first, and whether more follow."""
        page = self._store.page(Kind.FLOW, scope, limit=limit, offset=offset)
        return [Flow(record) for record in page.records], page.more

    def flows_of(self, connection: Connection) -> list[Flow]:
        """Return every flow that reads through a connection."""
        sources = self._store.page(Kind.SOURCE, connection.scope, parent=connection.id).records
        return [
            Flow(flow)
            for source in sources
            for flow in self._store.page(Kind.FLOW, connection.scope, parent=source.id).records
        ]

    def remove_all(self, connection: Connection) -> int:
        """Remove a connection's flows, targets and sources (datasets stay); return how many flows.

        Conflict while one of them runs.
        """
        flows = self.flows_of(connection)
        for flow in flows:
            running = self._runs.unfinished(flow.scope, flow.id)
            if running is not None:
                raise Conflict(
                    f"its flow {flow.name!r} is running (run {running.id}).",
                    field="connection",
                    received=connection.name,
                    cure="Wait until the run has ended.",
                )
        for flow in flows:
            self._store.delete(Kind.FLOW, flow.scope, flow.id)
            self._store.delete(Kind.TARGET, flow.scope, flow.target_id)
        for source in self._store.page(Kind.SOURCE, connection.scope, parent=connection.id).records:
            self._store.delete(Kind.SOURCE, connection.scope, source.id)
        return len(flows)

    def ensure(
        self,
        actor: Actor,
        connection: Connection,
        object_names: Sequence[str],
        *,
        condition: str | None = None,
    ) -> list[Flow]:
        """Return the flows that copy objects whole, making dataset, mapping and flow if needed.

        Nothing is made unless every object can be read and ``condition`` fits each. A flow's
        mapping follows its object: fields that became visible since are landed from now on. An
        object named twice has one flow. Raises NotFound for an object the connection's user
        cannot see, InvalidRequest for a condition that does not fit.
        """
        described: dict[str, ObjectDescribe] = {}
        for name in object_names:
            found = self._connections.describe(connection, name)
            described.setdefault(found.name, found)
        if condition is not None:
            for name in described:
                self._connections.try_condition(connection, name, condition)
        return [self._ensure(actor, connection, each) for each in described.values()]

    def _ensure(self, actor: Actor, connection: Connection, described: ObjectDescribe) -> Flow:
        pairs = [(field.name, field.name) for field in bulk_fields(described)[0]]
        for flow in self.flows_of(connection):
            source = self.source(flow.scope, flow.source_id)
            if source.object == described.name and flow.body.get("whole"):
                if flow.mapping_id is not None:
                    mapping = self._catalog.mapping(flow.scope, flow.mapping_id)
                    self._catalog.remap(actor, mapping, pairs)
                return flow
        scope = connection.scope
        title = f"{connection.name} {described.name}"
        schema = self._catalog.create_schema(scope, actor, title, {"title": title})
        dataset = self._catalog.create_dataset(scope, actor, title, schema.uri)
        mapping = self._catalog.create_mapping(scope, actor, schema.uri, pairs)
        source = self._store_source(scope, actor, title, connection, described.name, None, {})
        target = self.create_target(scope, actor, name=title, dataset_id=dataset.id)
        new = NewFlow(title, source.id, target.id, mapping_id=mapping.id, whole=True)
        return self._store_flow(scope, actor, new, source, connection, dataset)

    def start_run(
        self,
        actor: Actor,
        flow: Flow,
        *,
        condition: str | None = None,
        group: str | None = None,
        not_before: int | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Run:
        """Store a run and hand it to the durable work.

        ``condition`` is a SOQL condition (Salesforce is asked whether it fits) that narrows this
        run to a part of the rows. Raises InvalidRequest (condition), IllegalMove (connection not
        enabled), Conflict (the flow is running already).
        """
        source = self.source(flow.scope, flow.source_id)
        connection = self._connections.get(flow.scope, source.connection_id)
        self._connections.client(connection)  # refuses now what would refuse the run
        if condition is not None:
            self._connections.try_condition(connection, source.object, condition)
        running = self._runs.unfinished(flow.scope, flow.id)
        if running is not None:
            raise Conflict(
                f"the flow is running already (run {running.id}, {running.state}).",
                field="flowId",
                received=flow.id,
                cure="Wait until that run has ended.",
            )
        run = self._runs.create(
            actor,
            flow,
            source.object,
            condition=condition,
            group=group,
            not_before=not_before,
            params=params,
        )
        self._start(run)
        return run

    def take_up(self, run: Run) -> None:
        """Hand an unfinished run to the durable work again; nothing changes if it is there.

        It is not there when the process that stored the run died before handing it over.
        """
        self._start(run)

    def _check_mapping(
        self,
        scope: Scope,
        mapping_id: str,
        source: Source,
        connection: Connection,
        dataset: Dataset,
    ) -> None:
        try:
            mapping = self._catalog.mapping(scope, mapping_id)
        except NotFound as absent:
            raise InvalidRequest(
                "there is no such mapping set in this org and sandbox.",
                field="transformations.mappingId",
                received=mapping_id,
                cure="Create it first with POST /data/foundation/conversion/mappingSets.",
            ) from absent
        made_for = mapping.body.get("schema")
        if made_for is not None and made_for != dataset.schema_uri:
            raise InvalidRequest(
                "the mapping set was made for another schema than the dataset's.",
                field="transformations.mappingId",
                received=str(made_for),
                cure=f"Use a mapping set for {dataset.schema_uri}.",
            )
        described = self._connections.describe(connection, source.object)
        chosen([field.name for field in bulk_fields(described)[0]], source.columns, mapping.pairs)
