"""The ways in: plain ports, HTTPS with the local authority, the proxy for Salesforce's hosts."""

import gzip
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography import x509

from sallyport_org.build import OrgShape
from sallyport_org.doors import Authority, DoorError
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings

COMMAND = shutil.which("sallyport-org", path=str(Path(sys.executable).parent)) or ""
MY_DOMAIN = "acme-dev-ed.develop.my.salesforce.com"


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    settings = Settings(job_seconds=0.0)
    with OrgServer(rows={"Account": 5}, https_port=0, proxy_port=0, settings=settings) as one:
        yield one


def trusting(server: OrgServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.doors.ca_certificate)


def through_proxy(server: OrgServer, host: str) -> http.client.HTTPSConnection:
    proxy = urlsplit(server.doors.proxy or "")
    connection = http.client.HTTPSConnection(
        proxy.hostname or "", proxy.port, timeout=10, context=trusting(server)
    )
    connection.set_tunnel(host, 443)
    return connection


def token_form(server: OrgServer) -> bytes:
    keys = server.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
    }
    return urlencode(form).encode()


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_https_shows_a_certificate_of_the_local_authority(server: OrgServer, name: str) -> None:
    port = urlsplit(server.doors.https or "").port
    connection = http.client.HTTPSConnection(name, port, timeout=10, context=trusting(server))
    connection.request("GET", "/services/data")
    assert connection.getresponse().status == 200


def test_nobody_trusts_the_authority_by_himself(server: OrgServer) -> None:
    port = urlsplit(server.doors.https or "").port
    stranger = ssl.create_default_context()
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=stranger)
    with pytest.raises(ssl.SSLCertVerificationError):
        connection.request("GET", "/services/data")


@pytest.mark.parametrize(
    "host",
    [
        "login.salesforce.com",
        "test.salesforce.com",
        MY_DOMAIN,
        "acme--uat.sandbox.my.salesforce.com",
    ],
)
def test_the_proxy_answers_for_salesforce_hosts(server: OrgServer, host: str) -> None:
    if host.startswith("acme--") and not any(host == org.host for org in server.cloud.orgs):
        server.found(OrgShape.sandbox("acme", "uat", 7), rows={"Account": 3})
    connection = through_proxy(server, host)
    connection.request("GET", "/services/data")
    answer = connection.getresponse()
    assert answer.status == 200
    assert json.loads(answer.read())[-1]["version"] == "67.0"


def test_the_token_names_my_domain_to_whoever_came_by_it(server: OrgServer) -> None:
    connection = through_proxy(server, MY_DOMAIN)
    connection.request("POST", "/services/oauth2/token", token_form(server), FORM)
    granted = json.loads(connection.getresponse().read())
    assert granted["instance_url"] == f"https://{MY_DOMAIN}"
    connection.request(
        "GET",
        "/services/data/v60.0/query?q=SELECT+COUNT()+FROM+Account",
        headers={"Authorization": f"Bearer {granted['access_token']}"},
    )
    assert json.loads(connection.getresponse().read())["totalSize"] == 5


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("nosuch.my.salesforce.com:443", 502, "getaddrinfo ENOTFOUND nosuch.my.salesforce.com"),
        ("example.com:443", 403, "leads to Salesforce's hosts at port 443, not example.com:443"),
        ("login.salesforce.com:80", 403, "at port 443, not login.salesforce.com:80"),
    ],
)
def test_the_proxy_leads_nowhere_else(
    server: OrgServer, target: str, status: int, words: str
) -> None:
    proxy = urlsplit(server.doors.proxy or "")
    with socket.create_connection((proxy.hostname or "", proxy.port or 0), timeout=10) as wire:
        wire.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = b""
        while piece := wire.recv(4096):
            answer += piece
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert words in answer.decode()


@pytest.mark.parametrize(
    ("host", "status"),
    [("login.salesforce.com", 200), ("nosuch.my.salesforce.com", 502), ("example.com", 403)],
)
def test_plain_addresses_pass_the_proxy_to_salesforce_only(
    server: OrgServer, host: str, status: int
) -> None:
    proxy = urlsplit(server.doors.proxy or "")
    connection = http.client.HTTPConnection(proxy.hostname or "", proxy.port, timeout=10)
    connection.request("GET", f"http://{host}/services/data", headers={"Host": host})
    assert connection.getresponse().status == status


def test_the_org_sees_where_a_tunnel_began(server: OrgServer) -> None:
    proxy = urlsplit(server.doors.proxy or "")
    connection = http.client.HTTPSConnection(
        proxy.hostname or "",
        proxy.port,
        timeout=10,
        context=trusting(server),
        source_address=("127.0.0.9", 0),
    )
    connection.set_tunnel(MY_DOMAIN, 443)
    connection.request("POST", "/services/oauth2/token", token_form(server), FORM)
    assert connection.getresponse().status == 200
    assert server.org.directory.sessions()[-1].remote == "127.0.0.9"


def test_each_org_has_a_plain_door_of_its_own(server: OrgServer) -> None:
    org, keys, address = server.found(OrgShape.production("globex", 8), rows={"Account": 2})
    door = urlsplit(address)
    connection = http.client.HTTPConnection(door.hostname or "", door.port, timeout=10)
    connection.request("POST", "/services/oauth2/token", token_form(server), FORM)
    stranger = json.loads(connection.getresponse().read())
    assert "access_token" not in stranger, "the first org's local app is unknown to the second"
    form = urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
        }
    )
    connection.request("POST", "/services/oauth2/token", form, FORM)
    granted = json.loads(connection.getresponse().read())
    assert granted["access_token"].startswith(org.id[:15])
    assert granted["instance_url"] == address


def test_chunked_and_gzipped_bodies_are_understood(server: OrgServer) -> None:
    door = urlsplit(server.url)
    connection = http.client.HTTPConnection(door.hostname or "", door.port, timeout=10)
    pieces = iter([token_form(server)[:20], token_form(server)[20:]])
    connection.request("POST", "/services/oauth2/token", pieces, FORM, encode_chunked=True)
    assert connection.getresponse().read().startswith(b'{"access_token"')
    packed = gzip.compress(token_form(server))
    connection.request(
        "POST", "/services//oauth2/token/", packed, FORM | {"Content-Encoding": "gzip"}
    )
    assert connection.getresponse().read().startswith(b'{"access_token"')


def wired(server: OrgServer, head: str) -> socket.socket:
    """Send the head of a request as it is."""
    place = urlsplit(server.url)
    wire = socket.create_connection((place.hostname or "", place.port or 0), timeout=10)
    wire.sendall(head.replace("\n", "\r\n").encode())
    return wire


def test_a_client_that_waits_for_a_go_ahead_gets_it(server: OrgServer) -> None:
    form = token_form(server)
    head = (
        f"POST /services/oauth2/token HTTP/1.1\nHost: localhost\nContent-Length: {len(form)}\n"
        f"Content-Type: {FORM['Content-Type']}\nExpect: 100-continue\nConnection: close\n\n"
    )
    with wired(server, head) as wire:
        assert wire.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.sendall(form)
        assert wire.recv(4096).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("host", ["[::1", "a b", ""])
def test_a_host_that_is_none_is_a_bad_request(server: OrgServer, host: str) -> None:
    head = f"GET /services/data HTTP/1.1\nHost: {host}\nConnection: close\n\n"
    with wired(server, head) as wire:
        assert wire.recv(4096).startswith(b"HTTP/1.1 400 Bad Request")


def test_a_body_that_is_not_gzip_is_a_bad_request(server: OrgServer) -> None:
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    headers = FORM | {"Content-Encoding": "gzip"}
    connection.request("POST", "/services/oauth2/token", b"not compressed", headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Server"]) == (400, "sfdcedge")


def test_forty_connections_are_served_at_once(server: OrgServer) -> None:
    door = urlsplit(server.url)
    open_ones = [
        http.client.HTTPConnection(door.hostname or "", door.port, timeout=10) for _ in range(40)
    ]
    for one in open_ones:
        one.request("GET", "/services/data")
    assert {one.getresponse().status for one in open_ones} == {200}
    for one in open_ones:
        one.close()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DoorError, match=f"cannot listen on 127.0.0.1:{port}: Address already"):
            OrgServer(rows={}, https_port=port).start()


def test_the_authority_is_kept_and_vouches_for_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    Authority(folder).prepare()
    first = (folder / "ca.pem").read_bytes()
    Authority(folder).prepare(["org.internal"])
    assert (folder / "ca.pem").read_bytes() == first
    constraints = x509.load_pem_x509_certificate(first).extensions.get_extension_for_class(
        x509.NameConstraints
    )
    assert constraints.critical
    names = [str(one.value) for one in constraints.value.permitted_subtrees or []]
    assert names == [
        "salesforce.com",
        "force.com",
        "site.com",
        "salesforce-setup.com",
        "localhost",
        "127.0.0.0/8",
        "::1/128",
    ]
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_env_prints_what_a_shell_needs(server: OrgServer) -> None:
    done = subprocess.run(
        [COMMAND, "env", "--url", server.url], capture_output=True, text=True, timeout=30
    )
    told = subprocess.run(
        ["/bin/sh", "-c", f"{done.stdout}\necho $HTTPS_PROXY $NODE_EXTRA_CA_CERTS"],
        capture_output=True,
        text=True,
    )
    assert told.stdout.split() == [server.doors.proxy, server.doors.ca_certificate]


def test_env_asks_where_the_other_commands_do(server: OrgServer) -> None:
    done = subprocess.run(
        [COMMAND, "env", "--format", "json"],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "SALLYPORT_ORG_URL": server.url},
    )
    assert json.loads(done.stdout)["http"] == server.url


def test_env_says_when_nothing_answers() -> None:
    done = subprocess.run(
        [COMMAND, "env", "--url", "http://127.0.0.1:9"], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sallyport-org: nothing answers as sallyport-org at ")
