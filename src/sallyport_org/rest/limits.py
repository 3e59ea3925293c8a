"""``/limits`` and ``/limits/recordCount``.

The names are those of recorded answers (observed); the maxima are a Developer Edition's, roughly.
Documented: https://developer.salesforce.com/docs/platform/api-rest/guide/resources-limits.html
"""

from __future__ import annotations

from sallyport_org.web import Context, Reply, json_reply

_MAXIMA = {
    "ConcurrentAsyncGetReportInstances": 200,
    "ConcurrentSyncReportRuns": 20,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DailyDurableStreamingApiEvents": 10_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyStandardVolumePlatformEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 100_000,
    "DataStorageMB": 1024,
    "FileStorageMB": 1024,
    "HourlyAsyncReportRuns": 1200,
    "HourlyDashboardRefreshes": 200,
    "HourlyODataCallout": 1000,
    "HourlySyncReportRuns": 500,
    "HourlyTimeBasedWorkflow": 1000,
    "MassEmail": 5000,
    "PermissionSets": 1500,
    "SingleEmail": 5000,
    "StreamingApiConcurrentClients": 1000,
}


def limits(context: Context) -> Reply:
    """Answer with every allowance; API calls, bulk jobs and batches are really counted."""
    body = {name: {"Max": most, "Remaining": most} for name, most in _MAXIMA.items()}
    used, most = context.org.calls_used(), context.org.settings.api_limit
    body["DailyApiRequests"] = {"Max": most, "Remaining": max(most - used, 0)}
    now, bulk = context.org.clock.now(), context.org.jobs.allowances
    for name, allowance in (
        ("DailyBulkApiBatches", bulk.batches),
        ("DailyBulkV2QueryJobs", bulk.query_jobs),
    ):
        body[name] = {"Max": allowance.most, "Remaining": allowance.remaining(now)}
    return json_reply(dict(sorted(body.items())))


def record_count(context: Context) -> Reply:
    """Answer with the live rows of the named objects, or of all; unknown names are left out."""
    named = context.call.query.get("sObjects") or context.call.query.get("sobjects")
    schema = context.schema
    if named:
        wanted = [one for name in named.split(",") if (one := schema.find(name.strip()))]
    else:
        wanted = list(schema)
    counts = [{"count": context.org.engine.count(one), "name": one.name} for one in wanted]
    return json_reply({"sObjects": counts})
