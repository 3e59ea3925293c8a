"""``make bad-input``: fifteen bad inputs, what each printed, and the store before and after.

Each must be answered with the right exit code or HTTP status and a text that names the field, what
was received and the cure, without a traceback; and nothing may have been written: every table of
the metadata and every file of the lake are compared before and after each.
"""

import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from checks.crash import metadata_url
from checks.processes import (
    Api,
    connect,
    environment,
    free_port,
    make_api_client,
    org,
    sallyport,
    server,
)
from checks.tally import Tally

FLOW_SERVICE = "/data/foundation/flowservice"
SPEC = {"id": "cfc0fee1-7dc0-40ef-b73e-d8b134c436f5", "version": "1.0"}
LAKE = {"id": "c604ff05-7f1a-43c0-8e18-33bf874cb11c", "version": "1.0"}
CLOSED = "127.0.0.1:1"


@dataclass(frozen=True)
class Terminal:
    """A command; ``says`` are texts its output must hold: the field, the received, the cure."""

    name: str
    arguments: tuple[str, ...]
    exit_code: int
    says: tuple[str, ...]
    env: Mapping[str, str]
    dotenv: str | None = None


@dataclass(frozen=True)
class Call:
    """A call of the API; ``says`` are texts its answer must hold."""

    name: str
    path: str
    body: Any
    status: int
    says: tuple[str, ...]


def main() -> int:
    """Run the target."""
    with (
        tempfile.TemporaryDirectory(prefix="sallyport-bad-") as folder,
        org("--rows", "Account=50") as credentials,
    ):
        tally = Tally("bad-input", 15, "bad inputs refused with nothing stored")
        home = Path(folder) / "home"
        env = environment(home, credentials["url"], SALLYPORT_LOG_LEVEL="warning")
        env["SALLYPORT_ALLOWED_HOSTS"] += f",{CLOSED}"
        connect(env, credentials)
        client = make_api_client(env, "bad", "LOCAL@AdobeOrg")
        port = free_port()
        with server(env, port, Path(folder) / "server.log"):
            api = Api(f"http://127.0.0.1:{port}", client)
            api.wait_until_up()
            _, listed = api.call("GET", f"{FLOW_SERVICE}/connections")
            for case in _cases(credentials, env, listed["items"][0]["id"]):
                before = _stored(home, env)
                printed, right = _try(case, env, api, Path(folder))
                same = _stored(home, env) == before
                missing = [text for text in case.says if text not in printed]
                print(f"\n{case.name}\n    " + printed.strip().replace("\n", "\n    "))
                good = right and same and not missing and "Traceback" not in printed
                detail = "" if good else f"right code {right}, store same {same}, lacks {missing}"
                tally.check(case.name, good, detail)
            if "Traceback" in (Path(folder) / "server.log").read_text():
                tally.check("the server's log has no traceback", False)
        return tally.end()


def _cases(
    credentials: dict[str, Any], env: dict[str, str], connection_id: str
) -> list[Terminal | Call]:
    url = credentials["url"]
    app, user = credentials["client_credentials"], credentials["basic"]
    secret = {"SALLYPORT_CLIENT_SECRET": app["client_secret"]}

    def connecting(name: str, address: str, client_id: str = app["client_id"]) -> tuple[str, ...]:
        kind = ("--auth", "client-credentials", "--client-id", client_id)
        return ("connect", name, *kind, "--environment-url", address)

    def posting(spec: dict[str, str], auth_spec: str, params: dict[str, str]) -> dict[str, Any]:
        auth = {"specName": auth_spec, "params": params}
        return {"name": "new", "auth": auth, "connectionSpec": spec}

    complete = {
        "environmentUrl": url,
        "clientId": app["client_id"],
        "clientSecret": app["client_secret"],
        "apiVersion": "60.0",
    }
    incomplete = {key: value for key, value in complete.items() if key != "clientSecret"}
    source = {
        "name": "s",
        "baseConnectionId": connection_id,
        "data": {"format": "tabular"},
        "params": {"tableName": "Account", "columns": [{"name": "Nmae", "type": "string"}]},
        "connectionSpec": SPEC,
    }
    target = {
        "name": "t",
        "data": {"format": "parquet_xdm"},
        "params": {"dataSetId": "0123456789abcdef01234567"},
        "connectionSpec": LAKE,
    }
    unknown_spec = {"id": "00000000-0000-4000-8000-000000000000", "version": "1.0"}
    oauth = "OAuth2 Client Credential"
    return [
        Terminal(
            "wrong password",
            (
                *("connect", "new", "--auth", "basic"),
                *("--username", user["username"], "--environment-url", url),
            ),
            1,
            ("--username", user["username"], "INVALID_LOGIN", "Check username, password"),
            {"SALLYPORT_PASSWORD": "wrong", "SALLYPORT_SECURITY_TOKEN": user["security_token"]},
        ),
        Terminal(
            "unknown client",
            connecting("new", url, "3MVG9nope"),
            1,
            ("--client-id", "3MVG9nope", "invalid_client_id", "Copy the Consumer Key"),
            secret,
        ),
        Terminal(
            "wrong host",
            connecting("new", "https://acme.example.com"),
            2,
            ("--environment-url", "https://acme.example.com", "SALLYPORT_ALLOWED_HOSTS"),
            secret,
        ),
        Terminal(
            "unreachable host",
            connecting("new", f"http://{CLOSED}"),
            1,
            ("--environment-url", CLOSED, "Check that this machine may reach the host"),
            secret,
        ),
        Terminal(
            "malformed URL",
            connecting("new", "https://acme my.salesforce.com"),
            2,
            ("--environment-url", "https://acme my.salesforce.com", "Write the org's My Domain"),
            secret,
        ),
        Terminal(
            "http:// to a foreign host",
            connecting("new", "http://acme.my.salesforce.com"),
            2,
            ("--environment-url", "http://acme", "Write https://acme.my.salesforce.com"),
            secret,
        ),
        Call(
            "missing parameter",
            f"{FLOW_SERVICE}/connections",
            posting(SPEC, oauth, incomplete),
            400,
            ("auth.params.clientSecret", "missing", "Give it"),
        ),
        Call(
            "unknown spec id",
            f"{FLOW_SERVICE}/connections",
            posting(unknown_spec, oauth, complete),
            400,
            ("FLOW-1413-400", "connectionSpec.id", unknown_spec["id"], SPEC["id"]),
        ),
        Call(
            "unknown auth spec",
            f"{FLOW_SERVICE}/connections",
            posting(SPEC, "SAML", complete),
            400,
            ("FLOW-1415-400", "auth.specName", "SAML", oauth),
        ),
        Terminal(
            "unknown object",
            ("sync", "acme", "Acount"),
            1,
            ("OBJECT", "Acount", "Did you mean Account"),
            {},
        ),
        Call(
            "unknown field",
            f"{FLOW_SERVICE}/sourceConnections",
            source,
            400,
            ("params.columns", "Nmae", "Explore the object"),
        ),
        Call(
            "a dataset that does not exist",
            f"{FLOW_SERVICE}/targetConnections",
            target,
            404,
            ("params.dataSetId", "0123456789abcdef01234567", "Create it first"),
        ),
        Terminal(
            "a second connection with the same name",
            connecting("acme", url),
            1,
            ("NAME", "acme", "Choose another name"),
            secret,
        ),
        Terminal(
            "API version without a decimal",
            (*connecting("new", url), "--api-version", "52"),
            2,
            ("--api-version", "'52'", "Write 52.0"),
            secret,
        ),
        Terminal(
            "a broken .env",
            ("connections",),
            2,
            (".env", "line 2", "SALLYPORT_ORG=…", "Write one NAME=value a line"),
            {},
            dotenv='# settings\nSALLYPORT_ORG="unclosed\n',
        ),
    ]


def _try(case: Terminal | Call, env: dict[str, str], api: Api, folder: Path) -> tuple[str, bool]:
    """Return what was printed or answered, and whether the code is the expected one."""
    if isinstance(case, Call):
        status, body = api.call("POST", case.path, case.body)
        return f"{status} {json.dumps(body)}", status == case.status
    cwd = folder / "cwd"
    cwd.mkdir(exist_ok=True)
    dotenv = cwd / ".env"
    if case.dotenv is not None:
        dotenv.write_text(case.dotenv)
    try:
        done = sallyport({**env, **case.env}, *case.arguments, cwd=cwd)
    finally:
        dotenv.unlink(missing_ok=True)
    return f"[exit {done.returncode}] {done.stdout}{done.stderr}", done.returncode == case.exit_code


def _stored(home: Path, env: dict[str, str]) -> dict[str, Any]:
    """Return every row of the metadata and a digest of every file of the lake."""
    engine = sa.create_engine(metadata_url(env))
    stored: dict[str, Any] = {}
    try:
        with engine.connect() as connection:
            for table in sa.inspect(engine).get_table_names():
                if table.startswith("sallyport_"):  # the heartbeats of the running server
                    continue
                rows = connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()
                stored[table] = sorted(map(str, rows))
    finally:
        engine.dispose()
    for file in sorted(home.rglob("lake/**/*")):
        if file.is_file():
            stored[str(file)] = hashlib.sha256(file.read_bytes()).hexdigest()
    return stored


if __name__ == "__main__":
    sys.exit(main())
