"""The paths of the REST data API, below ``/services/data/vXX.0``.

Handlers take a :class:`~sallyport_org.web.Context` and the path's variables.
"""

from __future__ import annotations

from sallyport_org.rest import (
    batch,
    collections,
    composite,
    limits,
    passwords,
    query,
    recent,
    related,
    replication,
    search,
    sobjects,
    tree,
    versions,
    writes,
)
from sallyport_org.routing import Route, route

ROUTES: tuple[Route, ...] = (
    route("/", GET=versions.resources),
    route("/limits", GET=limits.limits),
    route("/limits/recordCount", GET=limits.record_count),
    route("/sobjects", GET=sobjects.list_sobjects),
    route("/sobjects/{}", GET=sobjects.basic_info, POST=writes.create),
    route("/sobjects/{}/describe", GET=sobjects.describe),
    route(
        "/sobjects/User/{}/password",
        GET=passwords.state,
        POST=passwords.change,
        DELETE=passwords.reset,
    ),
    route("/sobjects/{}/describe/{}", GET=sobjects.more_about),
    route("/sobjects/{}/describe/{}/{}", GET=sobjects.more_about),
    route("/sobjects/{}/listviews", GET=sobjects.more_about),
    route("/sobjects/{}/listviews/{}", GET=sobjects.more_about),
    route("/sobjects/{}/listviews/{}/{}", GET=sobjects.more_about),
    route("/sobjects/{}/quickActions", GET=sobjects.more_about),
    route("/sobjects/{}/quickActions/{}", GET=sobjects.more_about),
    route("/sobjects/{}/quickActions/{}/{}", GET=sobjects.more_about),
    route("/sobjects/{}/updated", GET=replication.updated),
    route("/sobjects/{}/deleted", GET=replication.deleted),
    route(
        "/sobjects/{}/{}",
        GET=sobjects.read,
        PATCH=writes.update,
        DELETE=writes.delete,
        POST=writes.create_keyed,
    ),
    route(
        "/sobjects/{}/{}/{}",
        GET=related.read_further,
        PATCH=writes.upsert,
        DELETE=writes.delete_keyed,
        POST=writes.post_keyed,
    ),
    route("/recent", GET=recent.recent),
    route("/search", GET=search.search),
    route("/parameterizedSearch", GET=search.parameterized, POST=search.parameterized),
    route("/composite", POST=composite.composite),
    route("/composite/batch", POST=batch.batch),
    route("/composite/graph", POST=composite.graph),
    route(
        "/composite/sobjects",
        POST=collections.create,
        PATCH=collections.update,
        DELETE=collections.delete,
    ),
    route("/composite/sobjects/{}", GET=collections.read, POST=collections.read),
    route("/composite/sobjects/{}/{}", PATCH=collections.upsert),
    route("/composite/tree/{}", POST=tree.create),
    route("/query", GET=query.query),
    route("/query/{}", GET=query.more),
    route("/queryAll", GET=query.query_all),
    route("/queryAll/{}", GET=query.more),
)
