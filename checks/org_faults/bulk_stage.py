"""Refusals of the bulk interfaces, in their own words."""

from checks.doors import Answer, Request
from checks.org_faults.flows import bearer, data_call, session
from checks.org_faults.scenarios import refusal
from checks.org_faults.world import World

STAGE = "bulk-job"
JOB = {"operation": "query", "query": "SELECT Id FROM Account"}


def _job_list(world: World, token: str, version: str = "60.0", kind: str = "xml") -> Request:
    headers = (("X-SFDC-Session", token), ("Content-Type", f"application/{kind}; charset=UTF-8"))
    url = f"{world.my_domain}/services/async/{version}/job"
    body = b'{"operation":"query","object":"Account","contentType":"CSV"}'
    return Request("POST", url, body, headers)


def _new_job(world: World, token: str, query: str = JOB["query"]) -> Request:
    url = f"{world.my_domain}/services/data/v60.0/jobs/query"
    return bearer(token, url, {**JOB, "query": query})


@refusal("bulk1-session", STAGE, "any", "400 InvalidSessionId", "observed", "Setup")
def classic_session(world: World, flow: str) -> Answer:
    """The session of a Bulk API 1.0 call has ended (Users > Sessions > End All)."""
    token = session(world, flow)
    world.setup.on_user(world.user, "End All")
    return world.send(_job_list(world, token))


@refusal("bulk1-version", STAGE, "any", "400 InvalidVersion", "documented", "request")
def classic_version(world: World, flow: str) -> Answer:
    """A Bulk API 1.0 call is made in API version 20.0."""
    return world.send(_job_list(world, session(world, flow), "20.0", "json"))


@refusal("bulk2-session", STAGE, "any", "401 INVALID_SESSION_ID", "observed", "Setup")
def session_ended(world: World, flow: str) -> Answer:
    """The session ends while a job is polled (Users > Sessions > End All)."""
    token = session(world, flow)
    job = world.send(_new_job(world, token))
    assert job.status == 200, job.text
    world.setup.on_user(world.user, "End All")
    return world.send(data_call(world, token, f"/jobs/query/{job.json['id']}"))


@refusal("bulk2-daily-limit", STAGE, "any", "400 LIMIT_EXCEEDED", "observed", "fault")
def daily_limit(world: World, flow: str) -> Answer:
    """The fault `bulk_quota`."""
    token = session(world, flow)
    world.fault("bulk_quota")
    return world.send(_new_job(world, token))


@refusal("bulk2-view-all", STAGE, "any", "400 API_ERROR", "observed", "request")
def view_all(world: World, flow: str) -> Answer:
    """The user lacks View All Data, and the query reads what others did (LoginHistory)."""
    return world.send(_new_job(world, session(world, flow), "SELECT Id FROM LoginHistory"))
