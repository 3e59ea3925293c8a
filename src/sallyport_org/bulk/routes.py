"""The paths of the bulk interfaces.

2.0 lies below ``/services/data/vXX.0``, 1.0 below ``/services/async``.

Handlers of ``ROUTES`` take a :class:`~sallyport_org.web.Context` and the path's variables, those of
``ASYNC_ROUTES`` a :class:`~sallyport_org.web.Visit`: they judge sessions themselves.
"""

from __future__ import annotations

from sallyport_org.bulk import ingest, listing, query
from sallyport_org.bulk.classic import endpoints
from sallyport_org.bulk.classic.admission import answering
from sallyport_org.routing import Route, route

ROUTES: tuple[Route, ...] = (
    route("/jobs/query", GET=listing.list_queries, POST=query.create),
    route("/jobs/query/{}", GET=query.read, PATCH=query.change, DELETE=query.delete),
    route("/jobs/query/{}/results", GET=query.results),
    route("/jobs/query/{}/resultPages", GET=query.result_pages),
    route("/jobs/ingest", GET=listing.list_ingests, POST=ingest.create),
    route("/jobs/ingest/{}", GET=ingest.read, PATCH=ingest.change, DELETE=ingest.delete),
    route("/jobs/ingest/{}/batches", PUT=ingest.upload),
    route("/jobs/ingest/{}/successfulResults", GET=ingest.successful),
    route("/jobs/ingest/{}/failedResults", GET=ingest.unsuccessful),
    route("/jobs/ingest/{}/unprocessedRecords", GET=ingest.unprocessed),
)

_JOB = "/services/async/{}/job"

ASYNC_ROUTES: tuple[Route, ...] = (
    route(_JOB, POST=answering(endpoints.create)),
    route(f"{_JOB}/{{}}", GET=answering(endpoints.read), POST=answering(endpoints.change)),
    route(
        f"{_JOB}/{{}}/batch",
        GET=answering(endpoints.list_batches),
        POST=answering(endpoints.add_batch),
    ),
    route(f"{_JOB}/{{}}/batch/{{}}", GET=answering(endpoints.read_batch)),
    route(f"{_JOB}/{{}}/batch/{{}}/request", GET=answering(endpoints.request)),
    route(f"{_JOB}/{{}}/batch/{{}}/result", GET=answering(endpoints.result)),
    route(f"{_JOB}/{{}}/batch/{{}}/result/{{}}", GET=answering(endpoints.rows)),
)
