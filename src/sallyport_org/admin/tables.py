"""Objects, fields and rows: deploying metadata, and looking at tables past SOQL.

What belongs here: paths about them. What does not: reading metadata (``schema.metadata``), making
changes (``schema.deploy``), and writing rows, which goes through Salesforce's own interfaces.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from sallyport_org import inputs
from sallyport_org.admin.access import body, done
from sallyport_org.faults.actions import schema_change
from sallyport_org.faults.kinds import KINDS, check_schema_change
from sallyport_org.inputs import BadInput
from sallyport_org.schema import metadata
from sallyport_org.schema.deploy import deploy
from sallyport_org.state import Org
from sallyport_org.web import Call, Reply, Visit, json_reply

SHOWN_ROWS = 10_000
"""Rows answered at most; ``cut`` says that there were more."""
MOST_UNPACKED = 256 * 1024 * 1024


def deploy_metadata(visit: Visit, org: Org) -> Reply:
    """Deploy a metadata folder: its path on this machine as ``folder``, or a zip file as body."""
    if zipfile.is_zipfile(io.BytesIO(visit.call.body)):
        with tempfile.TemporaryDirectory(prefix="sallyport-org-") as scratch:
            return _deploy(org, _unpacked(visit.call, Path(scratch)))
    given = body(visit.call)
    inputs.known(given, ("folder",), "a deployment")
    return _deploy(org, Path(inputs.text(given.get("folder"), "folder")).expanduser())


def change_fields(visit: Visit, org: Org) -> Reply:
    """Add, remove or rename one custom field: ``object`` and ``add``, ``remove`` or ``rename``."""
    given = body(visit.call)
    settings = KINDS["schema_changed"].settings
    inputs.known(given, [one.name for one in settings], "a change of fields")
    read = {one.name: one.read(given[one.name]) for one in settings if one.name in given}
    check_schema_change(read)
    changed = deploy(org.schema, org.engine, [schema_change(read)], org.clock.now())
    return done(changed=list(changed))


def select(visit: Visit, org: Org) -> Reply:
    """Answer an SQL query over the org's tables (one an object, named alike): ``sql``.

    ``parameters`` fill its question marks. Only queries; rows are changed through Salesforce's
    interfaces.
    """
    given = body(visit.call)
    inputs.known(given, ("sql", "parameters"), "a query")
    text = inputs.text(given.get("sql"), "sql")
    parameters = given.get("parameters", [])
    if not isinstance(parameters, list):
        raise BadInput("parameters", parameters, "give a list")
    try:
        statements = duckdb.extract_statements(text)
        if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
            raise BadInput("sql", text, "give one SELECT; rows are changed through the org's APIs")
        org.setup_rows.refresh(org, text)
        org.engine.seal()  # SELECT could read files of this machine otherwise
        found = org.engine.reader().execute(text, parameters)
        columns = [str(one[0]) for one in found.description or ()]
        rows = found.fetchmany(SHOWN_ROWS + 1)
    except duckdb.Error as wrong:
        raise BadInput("sql", text, f"the engine says: {wrong}") from wrong
    shown = [[_value(one) for one in row] for row in rows[:SHOWN_ROWS]]
    return json_reply({"columns": columns, "rows": shown, "cut": len(rows) > SHOWN_ROWS})


def _deploy(org: Org, folder: Path) -> Reply:
    reading = metadata.read(folder, org.schema)
    changed = deploy(org.schema, org.engine, reading.changes, org.clock.now())
    return done(changed=list(changed), left_out=list(reading.left_out))


def _unpacked(call: Call, folder: Path) -> Path:
    """Unpack a zip file; members that would land elsewhere are put below the folder by zipfile."""
    with zipfile.ZipFile(io.BytesIO(call.body)) as archive:
        size = sum(one.file_size for one in archive.infolist())
        if size > MOST_UNPACKED:
            raise BadInput("body", f"{size} bytes unpacked", f"send at most {MOST_UNPACKED} bytes")
        archive.extractall(folder)
    return folder


def _value(value: object) -> Any:
    """Return a value of a row as JSON has it; bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple | dict):
        return inputs.plain(value)
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    return str(value)
