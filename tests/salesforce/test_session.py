from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from sallyport.errors import RemoteRefused, RemoteUnavailable, SessionRejected
from sallyport.salesforce.session import ApiUsage, OrgClient
from tests.salesforce.wire_server import Answer, Seen, WireServer, as_json

LIMITS = "/services/data/v60.0/limits"
EXPIRED = as_json(
    [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}], 401
)
POLICY = as_json(
    [
        {
            "message": "This session is not valid for use with the REST API",
            "errorCode": "INVALID_SESSION_ID",
        }
    ],
    401,
)


def test_a_path_is_relative_to_the_version_or_absolute(server: WireServer, org: OrgClient) -> None:
    for path in (LIMITS, "/services/data"):
        server.on(path, as_json({"here": path}))
    assert org.get("limits").json() == org.get("/limits").json() == {"here": LIMITS}
    assert org.get("/services/data").json() == {"here": "/services/data"}
    assert server.seen_at(LIMITS)[0].headers["authorization"] == "Bearer first"


def test_parameters_are_encoded(server: WireServer, org: OrgClient) -> None:
    server.on("/services/data/v60.0/query", as_json({}))
    soql = "SELECT Id FROM Account WHERE Name = 'A&B +1' AND X > 2024-01-01T00:00:00+09:00"
    org.get("query", {"q": soql})
    assert server.seen[-1].query == {"q": [soql]}


def test_json_is_sent_by_post_and_patch(server: WireServer, org: OrgClient) -> None:
    server.on("/services/data/v60.0/x", as_json({"id": "1"}, 201), Answer(204), Answer(204))
    assert org.post_json("x", {"Name": "Ünï"}).status == 201
    assert org.patch_json("x", {"a": None}).status == 204
    assert org.delete("x").status == 204
    posted, patched, deleted = server.seen_at("/services/data/v60.0/x")
    assert (posted.method, posted.body) == ("POST", b'{"Name": "\\u00dcn\\u00ef"}')
    assert posted.headers["content-type"].startswith("application/json")
    assert (patched.method, patched.body, deleted.method) == ("PATCH", b'{"a": null}', "DELETE")


def test_an_expired_session_is_renewed_once_and_the_call_repeated(
    server: WireServer, org: OrgClient
) -> None:
    server.on(LIMITS, EXPIRED, as_json({"ok": True}))
    assert org.get("limits").json() == {"ok": True}
    tokens = [seen.headers["authorization"] for seen in server.seen_at(LIMITS)]
    assert tokens == ["Bearer first", "Bearer second"]


def test_a_session_rejected_again_after_renewal_is_an_error(
    server: WireServer, org: OrgClient
) -> None:
    server.on(LIMITS, EXPIRED)
    with pytest.raises(SessionRejected):
        org.get("limits")
    assert len(server.seen_at(LIMITS)) == 2
    assert len(server.seen_at("/services/oauth2/token")) == 2


def test_a_session_barred_by_policy_is_not_renewed(server: WireServer, org: OrgClient) -> None:
    server.on(LIMITS, POLICY)
    with pytest.raises(SessionRejected, match="not valid for use with the REST API"):
        org.get("limits")
    assert len(server.seen_at("/services/oauth2/token")) == 1


def test_many_callers_meeting_one_expired_session_cause_one_login(
    server: WireServer, org: OrgClient
) -> None:
    together = Barrier(8)

    def judge(seen: Seen) -> Answer:
        first = seen.headers["authorization"] == "Bearer first"
        return EXPIRED if first else as_json({"ok": True})

    server.on(LIMITS, judge)

    def call(_: int) -> object:
        together.wait()
        return org.get("limits").json()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(8))) == [{"ok": True}] * 8
    assert len(server.seen_at("/services/oauth2/token")) == 2


def test_a_stream_renews_before_its_body_starts(server: WireServer, org: OrgClient) -> None:
    server.on(LIMITS, EXPIRED, Answer(200, b"rows"))
    with org.stream("limits") as stream:
        assert stream.read() == b"rows"


def test_a_refused_stream_raises_salesforces_words(server: WireServer, org: OrgClient) -> None:
    server.on(LIMITS, as_json([{"message": "gone", "errorCode": "NOT_FOUND"}], 404))
    with pytest.raises(RemoteRefused, match=r"gone \[NOT_FOUND\]"):
        org.stream("limits")


def test_a_redirect_is_a_refusal_and_the_token_stays_here(
    server: WireServer, org: OrgClient
) -> None:
    server.on(LIMITS, Answer(302, b"", {"Location": f"{server.url}/elsewhere"}))
    with pytest.raises(RemoteRefused, match="another address"):
        org.get("limits")
    assert server.seen_at("/elsewhere") == []


def test_an_unchanged_resource_is_no_error(server: WireServer, org: OrgClient) -> None:
    server.on(LIMITS, Answer(304))
    reply = org.get("limits", headers={"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"})
    assert reply.status == 304


@pytest.mark.parametrize(
    "header",
    ["api-usage=18/15000", "api-usage=18/15000; per-app-api-usage=17/250(appName=sample)"],
)
def test_the_use_of_the_daily_calls_is_seen(
    server: WireServer, org: OrgClient, header: str
) -> None:
    assert org.api_usage is None
    server.on(LIMITS, as_json({}, Sforce_Limit_Info=header))
    org.get("limits")
    assert org.api_usage == ApiUsage(18, 15000)


def test_an_overloaded_org_is_unavailable(server: WireServer, org: OrgClient) -> None:
    server.on(LIMITS, as_json([{"message": "busy", "errorCode": "SERVER_UNAVAILABLE"}], 503))
    with pytest.raises(RemoteUnavailable) as caught:
        org.get("limits")
    assert (caught.value.stage, caught.value.status) == ("http", 503)


def test_the_data_host_is_the_one_the_login_named(server: WireServer, org: OrgClient) -> None:
    assert org.instance_url == server.org_url
