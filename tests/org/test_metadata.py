"""Objects and fields from metadata files: what the org makes of them, and which it refuses."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from sallyport_org.build import Blueprint, build_org
from sallyport_org.dml import Committed
from sallyport_org.schema import standard_schema
from sallyport_org.schema.deploy import AddFields, RemoveField, RenameField, deploy
from sallyport_org.schema.metadata import MetadataError, read
from sallyport_org.schema.notation import read_field
from sallyport_org.server import OrgServer
from sallyport_org.state import Org, Settings
from tests.org.wire import Client

NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
ORDER = """
<label>Bike Order</label><pluralLabel>Bike Orders</pluralLabel>
<nameField><label>Order Number</label><type>AutoNumber</type>
<displayFormat>O-{0000}</displayFormat></nameField>
"""
LINE = """
<label>Line</label><pluralLabel>Lines</pluralLabel>
<nameField><label>Line Name</label><type>Text</type></nameField>
<fields><fullName>Order__c</fullName><label>Order</label><type>MasterDetail</type>
<referenceTo>Bike_Order__c</referenceTo><relationshipName>Lines</relationshipName>
<relationshipOrder>0</relationshipOrder></fields>
<fields><fullName>Price__c</fullName><label>Price</label><type>Currency</type>
<precision>16</precision><scale>2</scale></fields>
<fields><fullName>Paid__c</fullName><label>Paid</label><type>Checkbox</type>
<defaultValue>true</defaultValue></fields>
"""


def field(name: str, body: str) -> str:
    return f"<fullName>{name}</fullName><label>{name[:-3]}</label>{body}"


FIELDS = {
    "Text__c": "<type>Text</type><length>40</length><unique>true</unique>"
    "<externalId>true</externalId><inlineHelpText>The key</inlineHelpText>",
    "Area__c": "<type>TextArea</type>",
    "Long__c": "<type>LongTextArea</type><length>5000</length><visibleLines>3</visibleLines>",
    "Rich__c": "<type>Html</type><length>32768</length><visibleLines>9</visibleLines>",
    "Secret__c": "<type>EncryptedText</type><length>20</length><maskChar>X</maskChar>"
    "<maskType>lastFour</maskType>",
    "Number__c": "<type>Number</type><precision>6</precision><scale>1</scale>"
    "<required>true</required><defaultValue>1 + 1</defaultValue>",
    "Percent__c": "<type>Percent</type><precision>5</precision><scale>2</scale>",
    "Date__c": "<type>Date</type>",
    "Moment__c": "<type>DateTime</type>",
    "Time__c": "<type>Time</type>",
    "Web__c": "<type>Url</type>",
    "Phone__c": "<type>Phone</type>",
    "Mail__c": "<type>Email</type>",
    "Count__c": "<type>AutoNumber</type><displayFormat>{YYYY}/{000}</displayFormat>",
    "Spot__c": "<type>Location</type><scale>5</scale>",
    "Buyer__c": "<type>Lookup</type><referenceTo>Account</referenceTo>"
    "<relationshipName>Orders</relationshipName><deleteConstraint>Restrict</deleteConstraint>",
    "Size__c": "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>"
    "<sorted>false</sorted><value><fullName>S</fullName><default>true</default><label>Small"
    "</label></value><value><fullName>L</fullName><default>false</default><label>Large</label>"
    "</value></valueSetDefinition></valueSet>",
    "Shade__c": "<type>Picklist</type><valueSet><valueSetName>Shades</valueSetName></valueSet>",
    "Fit__c": "<type>MultiselectPicklist</type><visibleLines>4</visibleLines><valueSet>"
    "<controllingField>Size__c</controllingField><valueSetDefinition><value><fullName>Slim"
    "</fullName><default>false</default></value><value><fullName>Wide</fullName><default>false"
    "</default></value></valueSetDefinition><valueSettings><controllingFieldValue>L"
    "</controllingFieldValue><valueName>Wide</valueName></valueSettings></valueSet>",
    "Total__c": "<type>Summary</type><summaryOperation>sum</summaryOperation>"
    "<summarizedField>Line__c.Price__c</summarizedField>"
    "<summaryForeignKey>Line__c.Order__c</summaryForeignKey>"
    "<summaryFilterItems><field>Line__c.Paid__c</field><operation>equals</operation>"
    "<value>True</value></summaryFilterItems>",
    "Lines__c": "<type>Summary</type><summaryOperation>count</summaryOperation>"
    "<summaryForeignKey>Line__c.Order__c</summaryForeignKey>",
    "Doubled__c": "<type>Currency</type><precision>18</precision><scale>2</scale>"
    "<formula>Total__c * 2</formula><formulaTreatBlanksAs>BlankAsZero</formulaTreatBlanksAs>",
    "Trade__c": "<type>Text</type><formula>TEXT(Buyer__r.Industry)</formula>",
}
RULE = """<fullName>No_Big_Numbers</fullName><active>true</active>
<errorConditionFormula>Number__c &gt; 100</errorConditionFormula>
<errorDisplayField>Number__c</errorDisplayField><errorMessage>At most 100.</errorMessage>"""
RECORD_TYPE = "<fullName>{0}</fullName><active>true</active><label>{0} order</label>"
SHADES = """<customValue><fullName>Dark</fullName><default>false</default><label>Dark</label>
</customValue><customValue><fullName>Old</fullName><default>false</default><label>Old</label>
<isActive>false</isActive></customValue><sorted>false</sorted>"""


def write(place: Path, root: str, body: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'<?xml version="1.0"?>\n<{root} {NAMESPACE}>{body}</{root}>')


def write_project(folder: Path) -> Path:
    """Write an order in source format and its lines in metadata format."""
    order = folder / "objects" / "Bike_Order__c"
    write(order / "Bike_Order__c.object-meta.xml", "CustomObject", ORDER)
    for name, body in FIELDS.items():
        write(order / "fields" / f"{name}.field-meta.xml", "CustomField", field(name, body))
    write(order / "validationRules" / "R.validationRule-meta.xml", "ValidationRule", RULE)
    for name in ("Shop", "Web"):
        place = order / "recordTypes" / f"{name}.recordType-meta.xml"
        write(place, "RecordType", RECORD_TYPE.format(name))
    write(folder / "globalValueSets" / "Shades.globalValueSet-meta.xml", "GlobalValueSet", SHADES)
    write(folder / "objects" / "Line__c.object", "CustomObject", LINE)
    extra = field("Grade__c", "<type>Text</type><length>3</length>")
    account = folder / "objects" / "Account" / "fields" / "Grade__c.field-meta.xml"
    write(account, "CustomField", extra)
    write(folder / "objects" / "Setting__mdt" / "Setting__mdt.object-meta.xml", "CustomObject", "")
    return folder


@dataclass(frozen=True)
class Shop:
    """An org built with the project, as its administrator meets it over HTTP."""

    server: OrgServer
    client: Client

    @property
    def org(self) -> Org:
        return self.server.org

    def describe(self, name: str) -> dict[str, Any]:
        answer = self.client.get(f"/sobjects/{name}/describe")
        assert answer.status == 200, answer.body
        body: dict[str, Any] = answer.json
        return body

    def field(self, name: str, sobject: str = "Bike_Order__c") -> dict[str, Any]:
        return next(one for one in self.describe(sobject)["fields"] if one["name"] == name)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = write_project(tmp_path_factory.mktemp("project"))
    settings = Settings(rollup_seconds=0.0)
    with OrgServer(rows={"Account": 10}, settings=settings) as server:
        reading = read(folder, server.org.schema)
        assert reading.left_out == ("Setting__mdt.object-meta.xml: objects of the kind __mdt",)
        org = server.org
        deploy(org.schema, org.engine, reading.changes, org.clock.now())
        fill(org)
        yield Shop(server, Client(server))


def fill(org: Org) -> None:
    """Make three lines for each of five orders, one of them unpaid."""
    with org.engine.writing() as cursor:
        cursor.execute(
            "INSERT INTO Bike_Order__c (Id, IsDeleted, Name, Buyer__c, Number__c, SystemModstamp) "
            "SELECT 'a01gL000000000' || i || 'QAA', false, 'O-000' || i, (SELECT min(Id) FROM "
            "Account), i, TIMESTAMP '2020-01-01' FROM range(5) AS numbers(i)"
        )
        cursor.execute(
            "INSERT INTO Line__c (Id, IsDeleted, Name, Order__c, Price__c, Paid__c) "
            "SELECT 'a02gL00000000' || (10 + i) || 'QAA', false, 'line', "
            "'a01gL000000000' || (i // 3) || 'QAA', 10, i % 3 > 0 FROM range(15) AS numbers(i)"
        )


def test_every_field_type_is_described_as_salesforce_describes_it(shop: Shop) -> None:
    types = {one["name"]: one["type"] for one in shop.describe("Bike_Order__c")["fields"]}
    assert {name: types[name] for name in FIELDS} == {
        "Text__c": "string",
        "Area__c": "textarea",
        "Long__c": "textarea",
        "Rich__c": "textarea",
        "Secret__c": "encryptedstring",
        "Number__c": "double",
        "Percent__c": "percent",
        "Date__c": "date",
        "Moment__c": "datetime",
        "Time__c": "time",
        "Web__c": "url",
        "Phone__c": "phone",
        "Mail__c": "email",
        "Count__c": "string",
        "Spot__c": "location",
        "Buyer__c": "reference",
        "Size__c": "picklist",
        "Shade__c": "picklist",
        "Fit__c": "multipicklist",
        "Total__c": "currency",
        "Lines__c": "double",
        "Doubled__c": "currency",
        "Trade__c": "string",
    }
    assert {"Spot__Latitude__s", "Spot__Longitude__s", "OwnerId", "RecordTypeId"} <= types.keys()
    text = shop.field("Text__c")
    assert (text["length"], text["byteLength"], text["unique"], text["externalId"]) == (
        40,
        120,
        True,
        True,
    )
    assert text["idLookup"] is True
    assert text["inlineHelpText"] == "The key"
    number = shop.field("Number__c")
    assert (number["nillable"], number["defaultValueFormula"]) == (False, "1 + 1")
    assert shop.field("Rich__c")["htmlFormatted"] is True
    assert shop.field("Buyer__c")["restrictedDelete"] is True
    assert shop.field("Name")["autoNumber"] is True


def test_objects_get_key_prefixes_of_their_own(shop: Shop) -> None:
    prefixes = [shop.describe(name)["keyPrefix"] for name in ("Bike_Order__c", "Line__c")]
    assert prefixes == ["a01", "a02"]
    assert shop.describe("Line__c")["labelPlural"] == "Lines"


def test_a_detail_has_its_masters_owner_and_goes_with_it(shop: Shop) -> None:
    fields = {one["name"]: one for one in shop.describe("Line__c")["fields"]}
    assert "OwnerId" not in fields
    order = fields["Order__c"]
    assert (order["cascadeDelete"], order["nillable"], order["relationshipOrder"]) == (
        True,
        False,
        0,
    )
    assert order["updateable"] is False
    children = shop.describe("Bike_Order__c")["childRelationships"]
    lines = next(one for one in children if one["childSObject"] == "Line__c")
    assert (lines["relationshipName"], lines["cascadeDelete"]) == ("Lines__r", True)


def test_picklists_know_shared_values_retired_ones_and_what_controls_them(shop: Shop) -> None:
    size, shade, fit = (shop.field(name) for name in ("Size__c", "Shade__c", "Fit__c"))
    assert [one["label"] for one in size["picklistValues"]] == ["Small", "Large"]
    assert (size["defaultValue"], size["restrictedPicklist"]) == ("S", True)
    assert [(one["value"], one["active"]) for one in shade["picklistValues"]] == [
        ("Dark", True),
        ("Old", False),
    ]
    assert (fit["controllerName"], fit["dependentPicklist"]) == ("Size__c", True)
    assert [one["validFor"] for one in fit["picklistValues"]] == ["AA==", "QA=="]


def test_formulas_and_rollups_are_the_orgs_own(shop: Shop) -> None:
    doubled, total = shop.field("Doubled__c"), shop.field("Total__c")
    assert (doubled["calculated"], doubled["calculatedFormula"]) == (True, "Total__c * 2")
    assert (doubled["createable"], doubled["updateable"]) == (False, False)
    assert doubled["formulaTreatNullNumberAsZero"] is True
    assert (total["calculated"], total["calculatedFormula"]) == (True, None)
    assert (total["createable"], total["precision"], total["scale"]) == (False, 18, 2)


def test_record_types_are_rows_and_described_alike(shop: Shop) -> None:
    infos = shop.describe("Bike_Order__c")["recordTypeInfos"]
    assert [one["developerName"] for one in infos] == ["Shop", "Web", "Master"]
    assert [one["defaultRecordTypeMapping"] for one in infos] == [True, False, False]
    rows = shop.client.values(
        "SELECT Id, Name FROM RecordType WHERE SobjectType = 'Bike_Order__c' ORDER BY Name"
    )
    assert rows == [(one["recordTypeId"], one["name"]) for one in infos[:2]]
    assert all(one["recordTypeId"].startswith("012") for one in infos)


def test_a_rollup_follows_its_children_and_stamps_the_parent(shop: Shop) -> None:
    org = shop.org
    org.tell(Committed("Line__c", "update", (), frozenset(), org.clock.now()))
    asked = "SELECT Name, Total__c, Lines__c, Doubled__c FROM Bike_Order__c ORDER BY Name LIMIT 1"
    assert shop.client.values(asked) == [("O-0000", 20.0, 3.0, 40.0)]
    stamps = org.engine.rows("SELECT min(SystemModstamp), max(LastModifiedDate) FROM Bike_Order__c")
    assert stamps[0][0].year > 2020
    assert stamps[0][1] is None
    with org.engine.writing() as cursor:
        cursor.execute("UPDATE Line__c SET IsDeleted = true WHERE Order__c LIKE '%0QAA'")
    org.tell(Committed("Line__c", "update", (), frozenset(), org.clock.now()))
    assert shop.client.values(asked) == [("O-0000", 0.0, 0.0, 0.0)]


def test_a_formula_reads_filters_and_sorts_like_a_field(shop: Shop) -> None:
    industry = shop.client.values("SELECT Industry FROM Account ORDER BY Id LIMIT 1")[0][0]
    found = shop.client.values(
        "SELECT Trade__c FROM Bike_Order__c WHERE Trade__c != null ORDER BY Trade__c, Name"
    )
    assert found == ([(industry,)] * 5 if industry else [])
    grouped = shop.client.values("SELECT COUNT(Id), MAX(Doubled__c) m FROM Bike_Order__c")
    assert grouped[0][0] == 5
    refused = shop.client.query(
        "SELECT Doubled__c, COUNT(Id) FROM Bike_Order__c GROUP BY Doubled__c"
    )
    assert refused.status == 400
    over_children = (
        "SELECT Order__r.Trade__c, Id FROM Line__c WHERE Order__r.Doubled__c >= 0 LIMIT 1"
    )
    assert shop.client.query(over_children).status == 200
    nested = "SELECT Id, (SELECT Id, Trade__c FROM Orders__r) FROM Account LIMIT 1"
    assert shop.client.query(nested).status == 200


def test_rows_written_meet_rules_numbers_record_types_and_rollups(shop: Shop) -> None:
    client = shop.client
    refused = client.call("POST", "/sobjects/Bike_Order__c", {"Number__c": 101})
    assert refused.error == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "At most 100.")
    assert refused.json[0]["fields"] == ["Number__c"]
    made = client.call("POST", "/sobjects/Bike_Order__c", {"Text__c": "k"})
    assert made.status == 201, made.body
    order = made.json["id"]
    asked = (
        "SELECT Name, Number__c, RecordType.DeveloperName, Size__c, Lines__c, Total__c "
        f"FROM Bike_Order__c WHERE Id = '{order}'"
    )
    row = client.query(asked).json["records"][0]
    assert row["RecordType"]["DeveloperName"] == "Shop"
    # The refused row spent O-0005: numbers are never given back.
    assert (row["Name"], row["Number__c"], row["Size__c"]) == ("O-0006", 2.0, "S")
    line = {"Order__c": order, "Price__c": 12.5}
    assert client.call("POST", "/sobjects/Line__c", line).status == 201
    row = client.query(asked).json["records"][0]
    assert (row["Lines__c"], row["Total__c"]) == (1.0, 12.5)
    written = client.call("PATCH", f"/sobjects/Bike_Order__c/{order}", {"Doubled__c": 1})
    assert written.error[1] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_restricting_lookup_keeps_its_parent_and_details_go_with_their_master(
    shop: Shop,
) -> None:
    client = shop.client
    buyer = client.call("POST", "/sobjects/Account", {"Name": "Buyer"}).json["id"]
    order = client.call("POST", "/sobjects/Bike_Order__c", {"Buyer__c": buyer}).json["id"]
    line = client.call("POST", "/sobjects/Line__c", {"Order__c": order}).json["id"]
    refused = client.call("DELETE", f"/sobjects/Account/{buyer}")
    assert refused.error[:2] == (400, "DELETE_FAILED")
    assert client.call("DELETE", f"/sobjects/Bike_Order__c/{order}").status == 204
    assert client.values(f"SELECT Id FROM Line__c WHERE Id = '{line}'") == []
    assert client.call("DELETE", f"/sobjects/Account/{buyer}").status == 204


def test_a_rollup_takes_its_time_and_stamps_the_parent_later_than_the_child(shop: Shop) -> None:
    org, client = shop.org, shop.client
    order = client.call("POST", "/sobjects/Bike_Order__c", {}).json["id"]
    asked = (
        f"SELECT Lines__c, SystemModstamp, LastModifiedDate FROM Bike_Order__c WHERE Id = '{order}'"
    )
    org.settings.rollup_seconds = 2.0
    try:
        line = client.call("POST", "/sobjects/Line__c", {"Order__c": order}).json["id"]
        first = client.values(asked)[0]
        assert first[0] in (0.0, None)
        org.clock.ahead += timedelta(seconds=5)
        until = time.monotonic() + 10
        while client.values(asked)[0][0] != 1.0:
            assert time.monotonic() < until, "the roll-up never came"
            time.sleep(0.02)
        then = client.values(asked)[0]
        child = client.values(f"SELECT SystemModstamp FROM Line__c WHERE Id = '{line}'")[0][0]
        assert then[1] > child
        assert (then[1] > first[1], then[2]) == (True, first[2])
    finally:
        org.settings.rollup_seconds = 0.0


# -- while the org runs


def test_a_schema_changes_between_two_calls(shop: Shop) -> None:
    org, client = shop.org, shop.client
    before = client.get("/sobjects/Account/describe").headers["Last-Modified"]
    org.clock.ahead += timedelta(hours=1)
    added = AddFields("Account", (read_field("Late__c | Late | boolean true"),))
    deploy(org.schema, org.engine, [added], org.clock.now())
    assert client.values("SELECT Late__c FROM Account LIMIT 1") == [(True,)]
    again = client.get("/sobjects/Account/describe", If_Modified_Since=before)
    assert again.status == 200
    stamps = [parsedate_to_datetime(one) for one in (before, again.headers["Last-Modified"])]
    assert stamps[1] - stamps[0] >= timedelta(hours=1)
    renamed = RenameField("Account", "Late__c", "Later__c")
    deploy(org.schema, org.engine, [renamed], org.clock.now())
    assert client.values("SELECT Later__c FROM Account LIMIT 1") == [(True,)]
    assert client.query("SELECT Late__c FROM Account").error[1] == "INVALID_FIELD"
    deploy(org.schema, org.engine, [RemoveField("account", "later__c")], org.clock.now())
    assert client.query("SELECT Later__c FROM Account").error[1] == "INVALID_FIELD"
    back = AddFields("Account", (read_field("Later__c | Later | double(18,2)"),))
    deploy(org.schema, org.engine, [back], org.clock.now())
    assert client.values("SELECT Later__c FROM Account LIMIT 1") == [(None,)]


REFUSED_CHANGES = [
    (RemoveField("Account", "Name"), "Account.Name: is no custom field"),
    (RemoveField("Nothing__c", "X__c"), "no object is called 'Nothing__c'"),
    (RemoveField("Line__c", "Price__c"), "remove the roll-up first"),
    (RenameField("Bike_Order__c", "Total__c", "Sum__c"), "Field Total__c does not exist"),
    (RenameField("Bike_Order__c", "Area__c", "Text__c"), "cannot be the new name"),
    (
        AddFields("Line__c", (read_field("Price__c | Price | string(10)"),)),
        "cannot become string from currency",
    ),
]


@pytest.mark.parametrize(("change", "words"), REFUSED_CHANGES)
def test_a_change_that_breaks_something_is_refused_and_nothing_changes(
    shop: Shop, change: RemoveField | RenameField | AddFields, words: str
) -> None:
    org = shop.org
    version = org.schema.version
    with pytest.raises(MetadataError, match=words.replace(".", r"\.")):
        deploy(org.schema, org.engine, [change], org.clock.now())
    assert org.schema.version == version


def test_an_org_is_built_with_metadata_and_fills_its_objects(tmp_path: Path) -> None:
    org, _ = build_org(
        Blueprint(rows={"Bike_Order__c": 5, "Line__c": 20}, metadata=[write_project(tmp_path)])
    )
    try:
        names = org.engine.rows("SELECT Name FROM Bike_Order__c ORDER BY Id LIMIT 2")
        assert names == [("O-0001",), ("O-0002",)]
        sums = org.engine.scalar("SELECT sum(Lines__c) FROM Bike_Order__c WHERE NOT IsDeleted")
        lines = org.engine.scalar(
            "SELECT count(*) FROM Line__c l JOIN Bike_Order__c o ON o.Id = l.Order__c "
            "WHERE NOT l.IsDeleted AND NOT o.IsDeleted"
        )
        assert sums == lines > 0
        kinds = org.engine.rows("SELECT DISTINCT RecordTypeId FROM Bike_Order__c")
        assert {key for (key,) in kinds} <= {
            one.id for one in org.schema.sobject("Bike_Order__c").record_types
        }
    finally:
        org.close()


# -- bad files


def _bad_field(body: str) -> dict[str, str]:
    return {"objects/Account/fields/Bad__c.field-meta.xml": field("Bad__c", body)}


BAD: list[tuple[dict[str, str], str]] = [
    ({}, "holds no *.object-meta.xml"),
    (_bad_field("<type>Text</type>"), "<CustomField/length>: is missing; write a whole number"),
    (
        _bad_field("<type>Text</type><length>999</length>"),
        "<CustomField/length>: is '999'; write a whole number from 1 to 255",
    ),
    (_bad_field("<type>Blob</type>"), "<CustomField/type>: is 'Blob'; write one of AutoNumber,"),
    (
        _bad_field("<type>Lookup</type><referenceTo>Gone__c</referenceTo>"),
        "<CustomField/referenceTo>: names Gone__c, which neither the org nor any file defines",
    ),
    (_bad_field("<type>Picklist</type>"), "<CustomField/valueSet>: is missing"),
    (
        _bad_field("<type>Picklist</type><valueSet><valueSetName>X</valueSetName></valueSet>"),
        "<CustomField/valueSet/valueSetName>: names X, which no globalValueSet file defines",
    ),
    (
        _bad_field("<type>Checkbox</type><defaultValue>yes</defaultValue>"),
        "<CustomField/defaultValue>: is 'yes'; write true or false",
    ),
    (
        _bad_field("<type>AutoNumber</type><displayFormat>A-</displayFormat>"),
        "<CustomField/displayFormat>: is 'A-'; write one counter such as {0000}",
    ),
    (
        _bad_field(
            "<type>Summary</type><summaryOperation>count</summaryOperation>"
            "<summaryForeignKey>Contact.Nothing__c</summaryForeignKey>"
        ),
        "<CustomField/summaryForeignKey>: names Contact.Nothing__c, which is no master-detail",
    ),
    (
        {"objects/New__c/fields/A__c.field-meta.xml": field("A__c", "<type>Date</type>")},
        "belongs to New__c, which no file defines; add New__c.object-meta.xml",
    ),
    (
        {"objects/Moon/fields/A__c.field-meta.xml": field("A__c", "<type>Date</type>")},
        "the org has no standard object Moon",
    ),
    (
        {"objects/Account/fields/a.field-meta.xml": field("1x__c", "<type>Date</type>")},
        "<CustomField/fullName>: is '1x__c'; write letters, digits",
    ),
]


@pytest.mark.parametrize(("files", "words"), BAD)
def test_a_bad_file_is_refused_by_file_element_and_cure(
    tmp_path: Path, files: dict[str, str], words: str
) -> None:
    for name, body in files.items():
        write(tmp_path / name, "CustomField", body)
    with pytest.raises(MetadataError) as refused:
        read(tmp_path, standard_schema())
    assert words in str(refused.value)
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<CustomField", "is no XML"),
        ("<CustomField/>", "the file must hold <CustomField> in the namespace"),
        (f"<Layout {NAMESPACE}/>", "<Layout>: the file must hold <CustomField>"),
        (
            f'<!DOCTYPE x [<!ENTITY e "e">]><CustomField {NAMESPACE}>&e;</CustomField>',
            "declares entities; take the DOCTYPE out",
        ),
    ],
)
def test_a_file_that_is_no_metadata_is_refused(tmp_path: Path, content: str, words: str) -> None:
    place = tmp_path / "objects" / "Account" / "fields" / "Bad__c.field-meta.xml"
    place.parent.mkdir(parents=True)
    place.write_text(content)
    with pytest.raises(MetadataError) as refused:
        read(tmp_path, standard_schema())
    assert words in str(refused.value)
    assert "Bad__c.field-meta.xml" in str(refused.value)


def test_a_formula_that_cannot_be_used_leaves_the_org_as_it_was(tmp_path: Path) -> None:
    body = "<type>Number</type><precision>18</precision><scale>0</scale><formula>Nope + 1</formula>"
    for name, content in _bad_field(body).items():
        write(tmp_path / name, "CustomField", content)
    with pytest.raises(MetadataError, match=r"Account\.Bad__c: Field Nope does not exist"):
        build_org(Blueprint(rows={}, metadata=[tmp_path]))
