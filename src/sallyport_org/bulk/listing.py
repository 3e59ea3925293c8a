"""Lists of bulk jobs: ``GET /jobs/query`` and ``GET /jobs/ingest``.

What belongs here: filters, pages and their locators. What does not: single jobs.

Both addresses list the jobs of all three kinds unless ``jobType`` says otherwise (documented:
https://developer.salesforce.com/docs/platform/api-asynch/guide/query-get-all-jobs.html).
"""

from __future__ import annotations

from collections.abc import Callable

from sallyport_org import errors
from sallyport_org.bulk.access import jobs_for
from sallyport_org.bulk.jobs import Job
from sallyport_org.bulk.query import is_count
from sallyport_org.web import Context, Reply, json_reply

PAGE_JOBS = 1000
"""Jobs a page of the list holds (documented)."""


def list_queries(context: Context) -> Reply:
    """Answer ``GET /jobs/query``."""
    return _list(context, "jobs/query")


def list_ingests(context: Context) -> Reply:
    """Answer ``GET /jobs/ingest``."""
    return _list(context, "jobs/ingest")


def _list(context: Context, path: str) -> Reply:
    parameters = context.call.query
    jobs = jobs_for(context)
    for name, judge in _FILTERS.items():
        if name in parameters:
            wanted = judge(parameters[name])
            jobs = [one for one in jobs if wanted(one)]
    start = _start(jobs, parameters.get("queryLocator"))
    page = jobs[start : start + PAGE_JOBS]
    end = start + len(page)
    done = end >= len(jobs)
    following = None
    if not done:
        kept = "".join(f"{name}={parameters[name]}&" for name in _FILTERS if name in parameters)
        locator = f"{page[-1].id}-{end}"
        following = f"/services/data/v{context.version}/{path}?{kept}queryLocator={locator}"
    records = [one.listed() for one in page]
    return json_reply({"done": done, "nextRecordsUrl": following, "records": records})


def _start(jobs: list[Job], locator: str | None) -> int:
    """Return the place after the job a locator names; jobs deleted meanwhile do not shift it."""
    if locator is None:
        return 0
    last, dash, count = locator.rpartition("-")
    if not dash or not is_count(count):
        raise errors.bulk.bad_locator(locator)
    for place, job in enumerate(jobs):
        if job.id == last:
            return place + 1
    return min(int(count), len(jobs))


def _by_kind(text: str) -> Callable[[Job], bool]:
    kinds = ("Classic", "V2Query", "V2Ingest")
    if text not in kinds:
        raise errors.bulk.bad_request(f"jobType: one of {', '.join(kinds)} is expected, not {text}")
    return lambda job: job.kind == text


def _by_concurrency(text: str) -> Callable[[Job], bool]:
    if text.lower() not in ("parallel", "serial"):
        raise errors.bulk.bad_request(
            f"concurrencyMode: Parallel or Serial is expected, not {text}"
        )
    return lambda job: job.concurrency.lower() == text.lower()


def _by_chunking(text: str) -> Callable[[Job], bool]:
    if text.lower() not in ("true", "false"):
        raise errors.bulk.bad_request(f"isPkChunkingEnabled: true or false is expected, not {text}")
    return lambda job: job.pk_chunking == (text.lower() == "true")


_FILTERS: dict[str, Callable[[str], Callable[[Job], bool]]] = {
    "jobType": _by_kind,
    "concurrencyMode": _by_concurrency,
    "isPkChunkingEnabled": _by_chunking,
}
