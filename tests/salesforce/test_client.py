import datetime
import gc
import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sallyport.errors import BrokenInstallation, InvalidRequest, RemoteRefused, RemoteUnavailable
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.salesforce.replies import Request
from tests.salesforce.wire_server import Answer, WireServer


def unavailable(http: HttpClient, request: Request) -> RemoteUnavailable:
    with pytest.raises(RemoteUnavailable) as caught:
        http.send(request)
    return caught.value


def self_signed(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a PEM file of a certificate for 127.0.0.1 and a server's context that shows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, key_file = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_file)
    return pem, context


def test_an_answer_comes_whole_with_status_headers_and_body(
    server: WireServer, http: HttpClient
) -> None:
    server.on("/x", Answer(201, b"made", {"Sforce-Locator": "abc"}))
    reply = http.send(Request("POST", f"{server.url}/x?q=a%20b", {"X-Y": "z"}, b"body"))
    assert (reply.status, reply.body, reply.headers["sforce-locator"]) == (201, b"made", "abc")
    (seen,) = server.seen
    assert (seen.method, seen.query, seen.body) == ("POST", {"q": ["a b"]}, b"body")
    assert seen.headers["x-y"] == "z"
    assert seen.headers["user-agent"].startswith("sallyport/")


def test_an_error_status_is_an_answer_like_any_other(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(500, b"oh"))
    assert http.send(Request("GET", f"{server.url}/x")).status == 500


def test_gzip_is_undone(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, gzip.compress(b"a" * 100_000), {"Content-Encoding": "gzip"}))
    assert http.send(Request("GET", f"{server.url}/x")).body == b"a" * 100_000
    assert server.seen[0].headers["accept-encoding"] == "gzip"


def test_redirects_are_not_followed(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(302, b"", {"Location": f"{server.url}/y"}))
    assert http.send(Request("GET", f"{server.url}/x")).status == 302
    assert [seen.path for seen in server.seen] == ["/x"]


def test_cookies_are_not_kept(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, b"", {"Set-Cookie": "BrowserId=abc; Path=/"}))
    http.send(Request("GET", f"{server.url}/x"))
    http.send(Request("GET", f"{server.url}/x"))
    assert "cookie" not in server.seen[1].headers


def test_credentials_of_netrc_are_never_sent(
    server: WireServer, http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login joe password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.on("/x", Answer())
    http.send(Request("POST", f"{server.url}/x"))
    assert "authorization" not in server.seen[0].headers


def test_a_host_that_is_not_listed_is_never_asked(server: WireServer) -> None:
    with HttpClient(AllowedHosts()) as http, pytest.raises(InvalidRequest):
        http.send(Request("GET", f"{server.url}/x"))
    assert server.seen == []


def test_an_unknown_name_is_a_dns_failure() -> None:
    with HttpClient(AllowedHosts.parse("nowhere.invalid")) as http:
        error = unavailable(http, Request("GET", "https://nowhere.invalid/services/data"))
    assert error.stage == "dns"
    assert "nowhere.invalid" in error.message
    assert "My Domain" in str(error.cure)


def test_a_closed_port_is_a_connect_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        netloc = f"127.0.0.1:{free.getsockname()[1]}"
        with HttpClient(AllowedHosts.parse(netloc)) as http:
            error = unavailable(http, Request("GET", f"http://{netloc}/"))
    assert error.stage == "connect"
    assert netloc in error.message


def test_a_host_that_never_answers_is_a_time_out(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(delay=3.0))
    error = unavailable(http, Request("GET", f"{server.url}/x", timeout=0.2))
    assert error.stage == "timeout"
    assert "0.2 seconds" in error.message


def test_an_answer_that_drips_for_ever_is_a_time_out(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, b"x" * 100, pause=0.05))
    assert unavailable(http, Request("GET", f"{server.url}/x", timeout=0.4)).stage == "timeout"


def test_a_connection_closed_without_an_answer_is_an_http_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        netloc = f"127.0.0.1:{listener.getsockname()[1]}"

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        with HttpClient(AllowedHosts.parse(netloc)) as http:
            error = unavailable(http, Request("POST", f"http://{netloc}/"))
    assert error.stage == "http"


def test_a_body_cut_short_is_a_body_failure(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, b"x" * 1000, cut_after=400))
    error = unavailable(http, Request("GET", f"{server.url}/x"))
    assert error.stage == "body"
    assert "cut off" in error.message


def test_a_body_above_the_limit_is_refused(server: WireServer) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    server.on("/x", Answer(200, bomb, {"Content-Encoding": "gzip"}))
    with (
        HttpClient(server.allowed, max_body=1024**2) as http,
        pytest.raises(RemoteRefused) as caught,
    ):
        http.send(Request("GET", f"{server.url}/x"))
    assert caught.value.code == "ANSWER_TOO_LARGE"


def test_plain_http_where_tls_is_asked_is_a_tls_failure(
    server: WireServer, http: HttpClient
) -> None:
    error = unavailable(http, Request("GET", f"https://{server.netloc}/x"))
    assert error.stage == "tls"
    assert "https" in str(error.cure)


def test_an_unknown_certificate_is_a_tls_failure(tmp_path: Path) -> None:
    _, context = self_signed(tmp_path)
    with WireServer(tls=context) as server, HttpClient(server.allowed) as http:
        error = unavailable(http, Request("GET", f"{server.url}/x"))
    assert error.stage == "tls"
    assert "SSL_CERT_FILE" in str(error.cure)


def test_the_file_of_ssl_cert_file_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem, context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with WireServer(tls=context) as server, HttpClient(server.allowed) as http:
        server.on("/x", Answer(200, b"hello"))
        assert http.send(Request("GET", f"{server.url}/x")).body == b"hello"


def test_an_unreadable_ssl_cert_file_is_named(
    server: WireServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with HttpClient(server.allowed) as http, pytest.raises(BrokenInstallation) as caught:
        http.send(Request("GET", f"{server.url}/x"))
    assert caught.value.field == "SSL_CERT_FILE"


def test_a_listed_host_is_reached_through_the_proxy_of_the_environment(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://joe:s3cret@{server.netloc}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    server.on("/x", Answer(200, b"via proxy"))
    with HttpClient(AllowedHosts.parse("org.invalid")) as http:
        assert http.send(Request("GET", "http://org.invalid/x")).body == b"via proxy"
        monkeypatch.setenv("NO_PROXY", "org.invalid")
        error = unavailable(http, Request("GET", "http://org.invalid/x"))
    assert error.stage == "dns"
    assert server.seen[0].headers["proxy-authorization"].startswith("Basic ")


def test_a_proxy_that_is_down_is_named_as_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://joe:s3cret@127.0.0.1:9")
    with HttpClient(AllowedHosts.parse("org.invalid")) as http:
        error = unavailable(http, Request("GET", "https://org.invalid/x"))
    assert error.stage == "connect"
    assert "HTTPS_PROXY" in str(error.cure)
    assert "s3cret" not in error.sentence()


def test_many_threads_share_one_client(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, b"ok", delay=0.05))
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda _: http.send(Request("GET", f"{server.url}/x")), range(48)))
    assert {reply.body for reply in replies} == {b"ok"}
    assert len(server.seen) == 48


def test_a_stream_hands_over_the_raw_bytes_in_the_sizes_asked(
    server: WireServer, http: HttpClient
) -> None:
    body = gzip.compress(os.urandom(300_000))
    server.on("/x", Answer(200, body, {"Content-Encoding": "gzip"}))
    request = Request("GET", f"{server.url}/x", {"Accept-Encoding": "gzip"})
    with http.stream(request) as stream:
        assert (stream.status, stream.headers["content-encoding"]) == (200, "gzip")
        first = stream.read(100_000)
        rest = stream.read(1_000_000)
        assert stream.read() == b""
    assert len(first) == 100_000
    assert first + rest == body


def test_a_stream_cut_short_is_a_body_failure(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(200, b"x" * 1000, cut_after=400))
    with http.stream(Request("GET", f"{server.url}/x")) as stream:
        assert stream.status == 200
        with pytest.raises(RemoteUnavailable) as caught:
            stream.read(1000)
    assert caught.value.stage == "body"


def test_a_stream_may_take_long_but_not_fall_silent(server: WireServer, http: HttpClient) -> None:
    server.on("/slow", Answer(200, b"x" * 10, pause=0.1))
    with http.stream(Request("GET", f"{server.url}/slow", timeout=0.5)) as stream:
        assert stream.read() == b"x" * 10
    server.on("/silent", Answer(200, b"x" * 10, pause=2.0))
    with http.stream(Request("GET", f"{server.url}/silent", timeout=0.3)) as stream:
        assert stream.status == 200
        with pytest.raises(RemoteUnavailable) as caught:
            stream.read()
    assert caught.value.stage == "timeout"


def test_a_stream_given_up_leaves_the_client_usable(server: WireServer, http: HttpClient) -> None:
    server.on("/big", Answer(200, b"x" * 20_000_000))
    server.on("/x", Answer(200, b"ok"))
    with http.stream(Request("GET", f"{server.url}/big")) as stream:
        stream.read(1000)
    assert http.send(Request("GET", f"{server.url}/x")).body == b"ok"


def test_a_closed_client_says_so(server: WireServer, http: HttpClient) -> None:
    http.close()
    http.close()
    assert "closed" in unavailable(http, Request("GET", f"{server.url}/x")).message


def test_closing_the_client_ends_what_others_wait_for(server: WireServer, http: HttpClient) -> None:
    server.on("/x", Answer(delay=5.0))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(http.send, Request("GET", f"{server.url}/x"))
        while not server.seen:
            time.sleep(0.01)
        http.close()
        error = waiting.exception(timeout=2.0)
    assert isinstance(error, RemoteUnavailable)


def test_a_stream_outlives_the_last_name_of_its_client(server: WireServer) -> None:
    server.on("/x", Answer(200, b"x" * 5_000_000))
    stream = HttpClient(server.allowed).stream(Request("GET", f"{server.url}/x"))
    gc.collect()
    with stream:
        assert len(stream.read(5_000_000)) == 5_000_000


FORKING = """
import os, sys
from sallyport.salesforce.client import HttpClient
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.salesforce.replies import Request
netloc = sys.argv[1]
http = HttpClient(AllowedHosts.parse(netloc))
request = Request("GET", f"http://{netloc}/x")
assert http.send(request).status == 200
child = os.fork()
if child == 0:
    os._exit(0 if http.send(request).status == 200 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert http.send(request).status == 200
"""


def test_a_forked_child_and_its_parent_both_go_on(server: WireServer) -> None:
    """Also: a process that never closes its client ends at once and without complaint."""
    server.on("/x", Answer())
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORKING, server.netloc],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.seen) == 3
    assert time.monotonic() - started < 20


def test_closing_ends_every_request_of_every_thread_in_a_sentence() -> None:
    with WireServer() as server:
        server.on("/slow", Answer(200, b"late", delay=5.0))
        server.on("/quick", Answer(200, b"ok"))
        http = HttpClient(server.allowed)
        assert http.send(Request("GET", f"{server.url}/quick", {}, None)).body == b"ok"

        def ask(number: int) -> str:
            path = "slow" if number % 2 else "quick"
            try:
                while True:
                    http.send(Request("GET", f"{server.url}/{path}", {}, None))
            except RemoteUnavailable as ended:
                return ended.message

        with ThreadPoolExecutor(16) as pool:
            asked = [pool.submit(ask, number) for number in range(16)]
            time.sleep(0.3)
            began = time.monotonic()
            http.close()
            said = {answer.result(timeout=4) for answer in asked}
        assert time.monotonic() - began < 4
    assert said <= {
        "The HTTP client is closed.",
        "The request was given up: the HTTP client was closed meanwhile.",
    }
