"""Requests at the edge of what is legal: odd bodies, odd paths, odd headers, odd values."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from sallyport_org.server import OrgServer
from tests.org.wire import Answer, Client, ask

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
_INVOICE = f"""{_XML}<CustomObject {_SPACE}>
    <label>Invoice</label><pluralLabel>Invoices</pluralLabel>
    <nameField><label>Invoice Name</label><type>Text</type></nameField>
    <fields><fullName>Total__c</fullName><label>Total</label><type>Summary</type>
        <summaryForeignKey>Line__c.Invoice__c</summaryForeignKey>
        <summarizedField>Line__c.Amount__c</summarizedField>
        <summaryOperation>sum</summaryOperation></fields>
    <fields><fullName>Lines__c</fullName><label>Lines</label><type>Summary</type>
        <summaryForeignKey>Line__c.Invoice__c</summaryForeignKey>
        <summaryOperation>count</summaryOperation></fields>
    <fields><fullName>Most__c</fullName><label>Most</label><type>Summary</type>
        <summaryForeignKey>Line__c.Invoice__c</summaryForeignKey>
        <summarizedField>Line__c.Amount__c</summarizedField>
        <summaryOperation>max</summaryOperation></fields>
</CustomObject>
"""
_LINE = f"""{_XML}<CustomObject {_SPACE}>
    <label>Line</label><pluralLabel>Lines</pluralLabel>
    <nameField><label>Line Name</label><type>Text</type></nameField>
    <fields><fullName>Invoice__c</fullName><label>Invoice</label><type>MasterDetail</type>
        <referenceTo>Invoice__c</referenceTo><relationshipName>Lines</relationshipName></fields>
    <fields><fullName>Amount__c</fullName><label>Amount</label><type>Number</type>
        <precision>18</precision><scale>2</scale></fields>
</CustomObject>
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrgServer]:
    folder = tmp_path_factory.mktemp("metadata")
    _keep(folder, "Invoice__c", _INVOICE)
    _keep(folder, "Line__c", _LINE)
    with OrgServer(rows={"Account": 5, "Showcase__c": 3}, metadata=[folder]) as started:
        started.org.settings.rollup_seconds = 0.0
        yield started


def _keep(folder: Path, name: str, text: str) -> None:
    path = folder / "objects" / name
    path.mkdir(parents=True)
    (path / f"{name}.object-meta.xml").write_text(text)


@pytest.fixture(scope="module")
def client(server: OrgServer) -> Client:
    return Client(server)


def posted(client: Client, body: bytes) -> Answer:
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    return ask(client.server, "POST", f"{client.base}/sobjects/Account", body, headers)


def stored(client: Client, field: str, value: object) -> object:
    made = client.call("POST", "/sobjects/Showcase__c", {"Name": "S", field: value})
    assert made.status == 201, made.body
    return client.get(f"/sobjects/Showcase__c/{made.json['id']}?fields={field}").json[field]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Unexpected end-of-input at [line:1, column:1]"),
        (b'{"Name":', "Unexpected end-of-input at [line:1, column:9]"),
        (b'{"Name":}', "Unexpected character ('}' (code 125)) at [line:1, column:9]"),
        (b'{\n"Name" "A"}', "Unexpected character ('\"' (code 34)) at [line:2, column:8]"),
        (b'{"Name":"a\nb"}', "Unexpected character (CTRL-CHAR (code 10)) at [line:1, column:11]"),
        (b'{"Name":NaN}', "Non-standard token 'NaN'"),
        (b'{"Name":"\xff"}', "Invalid UTF-8 start byte 0xff"),
        (b'{"AnnualRevenue":' + b"9" * 5000 + b"}", "Number is longer than allowed"),
        (b"[" * 100_000, "Document nesting depth exceeds the maximum allowed"),
    ],
)
def test_bodies_that_are_no_json_are_told_where(client: Client, body: bytes, said: str) -> None:
    assert posted(client, body).error == (400, "JSON_PARSER_ERROR", said)


def test_a_composite_request_nested_just_less_deep_is_answered_too(client: Client) -> None:
    deep = "[" * 900 + "]" * 900
    request = {"method": "POST", "url": f"{client.base}/sobjects/Account", "referenceId": "a"}
    body = json.dumps({"compositeRequest": [request]})[:-3] + f', "body": {deep}}}]}}'
    headers = {"Authorization": f"Bearer {client.token}"}
    answer = ask(client.server, "POST", f"{client.base}/composite", body, headers)
    assert answer.status in (200, 400)
    assert b"JSON_PARSER_ERROR" in answer.body


def test_an_object_for_a_text_is_named_by_its_bracket(client: Client) -> None:
    refused = client.call("POST", "/sobjects/Account", {"Name": {"first": 1}})
    assert refused.error[2] == (
        "Cannot deserialize instance of string from START_OBJECT value { or request may be "
        "missing a required field at [line:1, column:11]"
    )


def test_a_value_of_the_wrong_type_is_refused_with_its_line_and_column(client: Client) -> None:
    record = '{"attributes": {"type": "Showcase__c", "referenceId": "a"},\n "Seats__c": "x"}'
    body = f'{{"records": [\n{record.replace("x", "3")},\n{record}]}}'.replace('"3"', "3")
    twice = body.replace('"a"', '"b"', 1)
    said = "VALUE_STRING value x or request may be missing a required field"
    sent = {"Authorization": f"Bearer {client.token}", "Content-Type": "application/json"}
    paths = ("/composite/sobjects", "/composite/tree/Showcase__c")
    for path, payload in zip(paths, (body, twice), strict=True):
        answer = ask(client.server, "POST", client.base + path, payload, sent)
        assert f"{said} at [line:5, column:17]" in answer.body.decode()
    single = ask(client.server, "POST", f"{client.base}/sobjects/Showcase__c", record, sent)
    assert single.error[2].endswith(f"{said} at [line:2, column:17]")


def test_blanks_around_a_text_are_not_kept(client: Client) -> None:
    made = client.call(
        "POST", "/sobjects/Account", {"Name": " \tVale & Sons\n ", "Site": "\u00a0x"}
    )
    record = client.get(f"/sobjects/Account/{made.json['id']}?fields=Name,Site").json
    assert (record["Name"], record["Site"]) == ("Vale & Sons", "\u00a0x")


def test_a_name_of_blanks_is_no_name(client: Client) -> None:
    refused = client.call("POST", "/sobjects/Account", {"Name": "   "})
    assert refused.error == (400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.000+0000"),
        ("2024-02-29T10:00:00.123456+05:30", "2024-02-29T04:30:00.000+0000"),
        ("2024-02-29T10:00:00.000+0000", "2024-02-29T10:00:00.000+0000"),
        ("2024-02-29T10:00:00", "2024-02-29T10:00:00.000+0000"),
    ],
)
def test_moments_are_kept_in_whole_seconds(client: Client, given: str, kept: str) -> None:
    assert stored(client, "Starts__c", given) == kept


@pytest.mark.parametrize(
    "given",
    ["2024-02-29", "2024-02-29 10:00:00", "20240229T100000", "2023-02-29T10:00:00Z", "now"],
)
def test_other_spellings_of_a_moment_are_refused(client: Client, given: str) -> None:
    refused = client.call("POST", "/sobjects/Showcase__c", {"Name": "S", "Starts__c": given})
    assert refused.error == (
        400,
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of datetime from VALUE_STRING value {given} or request may "
        f"be missing a required field at [line:1, column:{30 + len(given)}]",
    )


@pytest.mark.parametrize("key", ["a/b", "50% off", "%2F", "a+b ü", "//"])
def test_external_ids_may_hold_any_sign(client: Client, key: str) -> None:
    path = f"/sobjects/Showcase__c/Key__c/{quote(key, safe='')}"
    assert client.call("PATCH", path, {"Name": "S"}).status == 201
    assert client.call("PATCH", path + "/", {"Name": "T"}).status == 200
    record = client.get(f"{path}?fields=Key__c,Name").json
    assert (record["Key__c"], record["Name"]) == (key, "T")
    inner = {"method": "GET", "url": client.base + path, "referenceId": "a"}
    answer = client.call("POST", "/composite", {"compositeRequest": [inner]}).json
    assert answer["compositeResponse"][0]["body"]["Key__c"] == key


def test_a_version_is_written_with_its_letter(client: Client) -> None:
    assert client.get("/services/data/60.0/limits").error[:2] == (404, "NOT_FOUND")
    assert client.get("/services/data/V60.0/limits").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/sobjects/Account/describe/layouts",
        "/sobjects/Account/describe/layouts/012000000000000AAA",
        "/sobjects/Account/describe/compactLayouts",
        "/sobjects/Account/listviews",
        "/sobjects/Account/quickActions",
        "/appMenu",
        "/ui-api/object-info",
    ],
)
def test_what_a_real_org_has_beside_its_data_is_not_modelled(client: Client, path: str) -> None:
    assert client.get(path).error[:2] == (501, "NOT_MODELLED")


def test_layouts_of_nothing_are_not_found(client: Client) -> None:
    assert client.get("/sobjects/Nope/describe/layouts").error[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/xml", 501),
        ("text/xml", 501),
        ("application/xml;q=0.9,*/*;q=0.8", 200),
        ("text/html", 200),
        ("application/json, application/xml", 200),
    ],
)
def test_answers_as_xml_are_not_modelled(client: Client, accept: str, status: int) -> None:
    assert client.get("/limits", Accept=accept).status == status


def test_pretty_print_lays_an_answer_out(client: Client) -> None:
    answer = client.get("/sobjects/Account/001gL0000000000QAA?fields=Id", X_PrettyPrint="1")
    assert answer.body.decode().split("\n")[-2:] == ['  "Id" : "001gL0000000000QAA"', "}"]
    refused = client.get("/nope", X_PrettyPrint="true").body.decode()
    assert '    "errorCode" : "NOT_FOUND"\n' in refused


def test_an_unknown_object_is_pointed_at(client: Client) -> None:
    words = (
        "sObject type 'Foo' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the "
        "describe call for the appropriate names."
    )
    assert client.query("SELECT Id FROM Foo").error == (
        400,
        "INVALID_TYPE",
        f"\nSELECT Id FROM Foo\n               ^\nERROR at Row:1:Column:16\n{words}",
    )


def test_a_row_nothing_belongs_to_has_sums_of_nothing(client: Client) -> None:
    made = client.call("POST", "/sobjects/Invoice__c", {"Name": "I"}).json["id"]
    asked = f"SELECT Total__c, Lines__c, Most__c, SystemModstamp FROM Invoice__c WHERE Id='{made}'"
    before = client.values(asked)
    assert before[0][:3] == (0.0, 0.0, None)
    other = client.call("POST", "/sobjects/Invoice__c", {"Name": "J"}).json["id"]
    time.sleep(1.1)
    line = {"Name": "L", "Invoice__c": other, "Amount__c": 5}
    assert client.call("POST", "/sobjects/Line__c", line).status == 201
    assert client.values(asked) == before
