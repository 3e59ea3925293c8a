"""SOAP calls about records, on the partner and the enterprise address."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from sallyport_org.server import OrgServer
from tests.org.wire import Client, ask

SF = "{urn:sobject.partner.soap.sforce.com}"


class Soap:
    """A client of one address; answers are the element inside the body."""

    def __init__(self, client: Client, letter: str = "u") -> None:
        self.client, self.letter = client, letter

    def call(self, content: str, headers: str = "") -> Element:
        envelope = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            'xmlns="urn:partner.soap.sforce.com"><soapenv:Header><SessionHeader><sessionId>'
            f"{self.client.token}</sessionId></SessionHeader>{headers}</soapenv:Header>"
            f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
        )
        path = f"/services/Soap/{self.letter}/60.0"
        answer = ask(self.client.server, "POST", path, envelope, {"SOAPAction": '""'})
        root = ElementTree.fromstring(answer.body)
        found: Element = root[0][0]
        return found


def texts(element: Element, name: str) -> list[str | None]:
    return [one.text for one in element.iter() if one.tag.rpartition("}")[2] == name]


@pytest.fixture(scope="module")
def server() -> Iterator[OrgServer]:
    with OrgServer(rows={"Account": 250, "Contact": 5, "Showcase__c": 5}) as started:
        yield started


@pytest.fixture(scope="module")
def soap(server: OrgServer) -> Soap:
    return Soap(Client(server))


def test_records_are_created_updated_and_deleted(soap: Soap) -> None:
    made = soap.call(
        "<create><sObjects><type>Account</type><Name>A &amp; B</Name><Site>x</Site></sObjects>"
        "<sObjects><type>Account</type></sObjects></create>"
    )
    assert texts(made, "success") == ["true", "false"]
    assert texts(made, "statusCode") == ["REQUIRED_FIELD_MISSING"]
    key = texts(made, "id")[0]
    changed = soap.call(
        f"<update><sObjects><type>Account</type><fieldsToNull>Site</fieldsToNull><Id>{key}</Id>"
        "<NumberOfEmployees>12</NumberOfEmployees></sObjects></update>"
    )
    assert texts(changed, "success") == ["true"]
    read = soap.call(
        "<retrieve><fieldList>Name,Site,NumberOfEmployees</fieldList>"
        f"<sObjectType>Account</sObjectType><ids>{key}</ids><ids>001gL0000000999QAA</ids></retrieve>"
    )
    assert texts(read, "Name") == ["A & B"]
    assert texts(read, "NumberOfEmployees") == ["12"]
    assert texts(read, "Site") == [None]
    assert len(read) == 2
    assert texts(soap.call(f"<delete><ids>{key}</ids></delete>"), "success") == ["true"]
    assert texts(soap.call(f"<undelete><ids>{key}</ids></undelete>"), "success") == ["true"]
    soap.call(f"<delete><ids>{key}</ids></delete>")
    emptied = soap.call(f"<emptyRecycleBin><ids>{key}</ids></emptyRecycleBin>")
    assert texts(emptied, "success") == ["true"]
    assert texts(soap.call(f"<undelete><ids>{key}</ids></undelete>"), "statusCode") == [
        "INVALID_CROSS_REFERENCE_KEY"
    ]


def test_an_upsert_looks_up_parents_by_key(soap: Soap) -> None:
    made = soap.call(
        "<upsert><externalIDFieldName>Key__c</externalIDFieldName>"
        "<sObjects><type>Showcase__c</type><Key__c>key-1</Key__c><Public__c>true</Public__c>"
        "<Owner><type>User</type><Username>admin@acme.example</Username></Owner></sObjects>"
        "<sObjects><type>Showcase__c</type><Key__c>new</Key__c></sObjects></upsert>"
    )
    assert texts(made, "created") == ["false", "true"]
    assert texts(made, "success") == ["true", "true"]


def test_all_or_none_is_a_header(soap: Soap) -> None:
    made = soap.call(
        "<create><sObjects><type>Account</type><Name>A</Name></sObjects>"
        "<sObjects><type>Account</type></sObjects></create>",
        "<AllOrNoneHeader><allOrNone>true</allOrNone></AllOrNoneHeader>",
    )
    assert texts(made, "statusCode") == [
        "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "REQUIRED_FIELD_MISSING",
    ]


def test_a_merge_names_what_it_moved(soap: Soap) -> None:
    made = soap.call(
        "<create><sObjects><type>Account</type><Name>M</Name></sObjects>"
        "<sObjects><type>Account</type><Name>L</Name></sObjects></create>"
    )
    master, loser = texts(made, "id")
    child = soap.call(
        f"<create><sObjects><type>Contact</type><LastName>C</LastName><AccountId>{loser}"
        "</AccountId></sObjects></create>"
    )
    merged = soap.call(
        f"<merge><request><masterRecord><type>Account</type><Id>{master}</Id><Site>s</Site>"
        f"</masterRecord><recordToMergeIds>{loser}</recordToMergeIds></request></merge>"
    )
    assert texts(merged, "mergedRecordIds") == [loser]
    assert texts(merged, "updatedRelatedIds") == texts(child, "id")


def test_queries_come_in_pages(soap: Soap) -> None:
    headers = "<QueryOptions><batchSize>200</batchSize></QueryOptions>"
    text = "SELECT Id, Name, Owner.Name, CreatedDate FROM Account WHERE IsDeleted = false LIMIT 230"
    page = soap.call(f"<query><queryString>{text}</queryString></query>", headers)[0]
    assert (texts(page, "size"), texts(page, "done")) == (["230"], ["false"])
    assert len(texts(page, "CreatedDate")) == 200
    assert str(texts(page, "CreatedDate")[0]).endswith(".000Z")
    first = next(one for one in page if one.tag.endswith("records"))
    assert [one.tag for one in first][:4] == [f"{SF}type", f"{SF}Id", f"{SF}Id", f"{SF}Name"]
    locator = texts(page, "queryLocator")[0]
    rest = soap.call(f"<queryMore><queryLocator>{locator}</queryLocator></queryMore>", headers)[0]
    assert texts(rest, "done") == ["true"]
    assert len(texts(rest, "CreatedDate")) == 30


def test_a_refused_query_is_a_fault(soap: Soap) -> None:
    fault = soap.call("<query><queryString>SELECT Nmae FROM Account</queryString></query>")
    assert fault.tag.endswith("Fault")
    assert texts(fault, "faultcode") == ["sf:INVALID_FIELD"]


def test_the_enterprise_dialect_types_its_records(soap: Soap) -> None:
    enterprise = Soap(soap.client, "c")
    made = enterprise.call(
        '<create><sObjects xsi:type="ens:Account"><Name>E</Name></sObjects></create>'
    )
    key = texts(made, "id")[0]
    text = f"SELECT Id, Name FROM Account WHERE Id = '{key}'"
    page = enterprise.call(f"<query><queryString>{text}</queryString></query>")
    assert texts(page, "Name") == ["E"]
    assert texts(page, "type") == []


def test_objects_are_described(soap: Soap) -> None:
    described = soap.call("<describeSObject><sObjectType>Account</sObjectType></describeSObject>")
    assert "BillingCity" in texts(described, "name")
    every = soap.call("<describeGlobal/>")
    assert "Showcase__c" in texts(every, "name")


def test_an_envelope_nobody_can_read_is_a_fault_with_line_and_column(server: OrgServer) -> None:
    for body, said in (
        ("", "Premature end of file. at [line:1, column:1]"),
        (
            "<a>\n<b></a>",
            "The element type must be terminated by the matching end-tag. at [line:2,",
        ),
        ("<?xml version='1.0' encoding='x-no'?><a/>", ""),
    ):
        answer = ask(server, "POST", "/services/Soap/u/60.0", body, {"SOAPAction": '""'})
        assert answer.status == 500
        text = answer.body.decode()
        assert f"UNKNOWN_EXCEPTION: The request cannot be read as XML: {said}" in text
