import pytest

from sallyport.errors import InvalidRequest
from sallyport.salesforce.hosts import (
    AllowedHosts,
    HostKind,
    check_request_url,
    parse_instance_url,
    parse_org_url,
)

NONE = AllowedHosts()
LISTED = AllowedHosts.parse("127.0.0.1:8800, org.example\n[::1]:99")


def refused(text: str, allowed: AllowedHosts = NONE) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_org_url(text, field="environmentUrl", allowed=allowed)
    assert caught.value.field == "environmentUrl"
    assert caught.value.cure
    return caught.value


@pytest.mark.parametrize(
    ("text", "url", "kind"),
    [
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com", "production"),
        ("  ACME.My.Salesforce.com/ ", "https://acme.my.salesforce.com", "production"),
        ("https://acme.my.salesforce.com:443", "https://acme.my.salesforce.com", "production"),
        ("acme.my.salesforce.com.", "https://acme.my.salesforce.com", "production"),
        ("login.salesforce.com", "https://login.salesforce.com", "login"),
        ("test.salesforce.com", "https://test.salesforce.com", "test"),
        (
            "acme--uat.sandbox.my.salesforce.com",
            "https://acme--uat.sandbox.my.salesforce.com",
            "sandbox",
        ),
        ("acme--uat.my.salesforce.com", "https://acme--uat.my.salesforce.com", "sandbox"),
        (
            "a-dev-ed.develop.my.salesforce.com",
            "https://a-dev-ed.develop.my.salesforce.com",
            "developer",
        ),
        ("a-dev-ed.my.salesforce.com", "https://a-dev-ed.my.salesforce.com", "developer"),
        ("a.scratch.my.salesforce.com", "https://a.scratch.my.salesforce.com", "scratch"),
        ("a.trailblaze.my.salesforce.com", "https://a.trailblaze.my.salesforce.com", "trailhead"),
        ("a.patch.my.salesforce.com", "https://a.patch.my.salesforce.com", "patch"),
        ("a.demo.my.salesforce.com", "https://a.demo.my.salesforce.com", "demo"),
        ("a.free.my.salesforce.com", "https://a.free.my.salesforce.com", "free"),
        ("army.my.salesforce.mil", "https://army.my.salesforce.mil", "government"),
        ("acme.my.sfcrmproducts.cn", "https://acme.my.sfcrmproducts.cn", "china"),
        ("acme.my.site.com", "https://acme.my.site.com", "experience"),
    ],
)
def test_every_form_of_an_orgs_address_is_read(text: str, url: str, kind: str) -> None:
    parsed = parse_org_url(text, field="environmentUrl", allowed=NONE)
    assert (parsed.text, parsed.kind) == (url, HostKind(kind))
    assert parsed.netloc == parsed.host == url.removeprefix("https://")


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("http://127.0.0.1:8800", "http://127.0.0.1:8800", "127.0.0.1"),
        ("127.0.0.1:8800/", "https://127.0.0.1:8800", "127.0.0.1"),
        ("http://org.example", "http://org.example", "org.example"),
        ("https://org.example", "https://org.example", "org.example"),
        ("http://[::1]:99", "http://[::1]:99", "::1"),
    ],
)
def test_a_listed_host_may_be_http_and_any_address(text: str, url: str, host: str) -> None:
    parsed = parse_org_url(text, field="environmentUrl", allowed=LISTED)
    assert (parsed.text, parsed.kind, parsed.host) == (url, HostKind.LISTED, host)


def test_a_listed_host_is_listed_for_its_port_alone() -> None:
    assert "8801" in str(refused("http://127.0.0.1:8801", LISTED).cure)
    refused("http://org.example:8080", LISTED)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("https://", "not the address of a host"),
        ("https://acme.my.salesforce.com:port", "not a URL"),
        ("ftp://acme.my.salesforce.com", "https://"),
        ("http://acme.my.salesforce.com", "https only"),
        ("https://acme.my.salesforce.com:8443", "port 443"),
        ("https://example.com", "not a Salesforce host"),
        ("https://my.salesforce.com", "only looks like"),
        ("https://acme.my.salesforce.com.evil.com", "only looks like"),
        ("https://evil-my.salesforce.com", "only looks like"),
        ("https://a.b.my.salesforce.com", "only looks like"),
        ("https://evil.com/.my.salesforce.com", "not a Salesforce host"),
        ("https://evil.com#.my.salesforce.com", "not a Salesforce host"),
        ("https://evil.com\\.my.salesforce.com", "not the address of a host"),
        ("https://\u0430cme.my.salesforce.com", "outside ASCII"),
        ("https://acme.my.salesforce.com/lightning/page/home", "browser's address bar"),
        ("https://acme.my.salesforce.com?x=1", "browser's address bar"),
        ("https://na15.salesforce.com", "machine the org lives on"),
        ("acme--uat.cs12.my.salesforce.com", "machine the org lives on"),
        ("10.0.0.7", "IP address"),
        ("https://[2001:db8::1]", "IP address"),
        ("welcome.salesforce.com", "login page for people"),
    ],
)
def test_any_other_address_is_refused_with_a_cure(text: str, says: str) -> None:
    assert says in refused(text).message


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("https://acme.lightning.force.com/lightning/r/1", "https://acme.my.salesforce.com "),
        ("acme--uat.sandbox.lightning.force.com", "https://acme--uat.sandbox.my.salesforce.com "),
        ("acme--c.vf.force.com", "https://acme.my.salesforce.com "),
        ("acme--uat--c.sandbox.vf.force.com", "https://acme--uat.sandbox.my.salesforce.com "),
        ("acme.my.salesforce-setup.com", "https://acme.my.salesforce.com "),
        ("army.lightning.crmforce.mil", "https://army.my.salesforce.mil "),
    ],
)
def test_a_browser_host_is_answered_with_the_host_to_write(text: str, better: str) -> None:
    assert better in str(refused(text).cure)


@pytest.mark.parametrize(
    "text",
    [
        "https://joe:s3cret@acme.my.salesforce.com",
        "joe:s3cret@acme.my.salesforce.com",
        "https://joe:s3/cret@acme.my.salesforce.com",
        "https://joe:s3cret@acme.my.salesforce.com:port/x",
        "https://acme.my.salesforce.com/secur/frontdoor.jsp?sid=s3cret",
        "https://evil.com/#s3cret",
    ],
)
def test_a_refusal_never_repeats_credentials(text: str) -> None:
    sentence = refused(text).sentence()
    assert "s3" not in sentence
    assert "cret" not in sentence.replace("credentials", "")


@pytest.mark.parametrize(
    "text", ["http://x", "user@host", "*.example.com", "host:99999", "host:port", "a/b", "ho$t"]
)
def test_a_bad_entry_of_the_allowed_hosts_is_named(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        AllowedHosts.parse(f"good.example, {text}")
    assert caught.value.field == "SALLYPORT_ALLOWED_HOSTS"
    assert caught.value.cure


def test_allowed_hosts_may_be_empty() -> None:
    assert AllowedHosts.parse("  ").entries == frozenset()


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com/services/data/v60.0/query?q=SELECT%20Id",
        "https://na139.salesforce.com/services/data",
        "https://login.salesforce.com/services/oauth2/token",
    ],
)
def test_a_request_may_go_to_every_host_of_salesforce(url: str) -> None:
    check_request_url(url, NONE)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com/services/data",
        "http://acme.my.salesforce.com/services/data",
        "https://acme.my.salesforce.com:8443/services/data",
        "https://acme.my.salesforce.com@evil.com/",
        "https://evil.com\\@acme.my.salesforce.com/",
        "https://evil.com\n.my.salesforce.com/",
        "https://xacme.my.salesforce.com.evil.com/",
        "http://127.0.0.1:8801/",
        "file:///etc/passwd",
    ],
)
def test_a_request_may_go_nowhere_else(url: str) -> None:
    with pytest.raises(InvalidRequest):
        check_request_url(url, LISTED)


def test_the_data_host_is_read_from_what_salesforce_names() -> None:
    named = "https://na15-api.salesforce.com/services/Soap/u/64.0/00D000000000001"
    url = parse_instance_url(named, NONE)
    assert (url.text, url.kind) == ("https://na15.salesforce.com", HostKind.INSTANCE)
    listed = parse_instance_url("http://127.0.0.1:8800/services/Soap/u/64.0/00D", LISTED)
    assert listed.text == "http://127.0.0.1:8800"


def test_a_data_host_that_is_not_salesforces_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"evil\.example"):
        parse_instance_url("https://evil.example/services", NONE)


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("acme.my.site.com", "https://acme.my.site.com"),
        ("https://acme.my.site.com/partners/", "https://acme.my.site.com/partners"),
        ("https://acme.my.site.com/partners/s/login", "https://acme.my.site.com/partners"),
    ],
)
def test_an_experience_cloud_site_logs_in_through_its_own_path(text: str, login: str) -> None:
    read = parse_org_url(text, field="environment_url", allowed=AllowedHosts())
    assert (read.text, read.kind) == (login, HostKind.EXPERIENCE)
    assert read.netloc == "acme.my.site.com"


def test_a_query_behind_an_experience_cloud_site_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="path or query"):
        parse_org_url(
            "https://acme.my.site.com/partners?sid=x", field="url", allowed=AllowedHosts()
        )
