"""Loading records from files: what comes out of the org is what was in the file, or a clear no."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sallyport_org.loading import LoadError
from sallyport_org.server import OrgServer
from sallyport_org.state import Settings
from tests.org.wire import Client


@contextmanager
def loaded(*paths: Path, rows: dict[str, int] | None = None) -> Iterator[Client]:
    with OrgServer(load=paths, rows=rows, settings=Settings(job_seconds=0.0)) as server:
        yield Client(server)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def tree(folder: Path, name: str, *records: dict[str, Any]) -> Path:
    return write(folder, name, json.dumps({"records": records}))


def record(kind: str, reference: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": reference}, **values}


def problem(*paths: Path) -> str:
    with pytest.raises(LoadError) as refused:
        OrgServer(load=paths).start()
    return str(refused.value)


def test_a_csv_comes_back_byte_for_byte(tmp_path: Path) -> None:
    with OrgServer(rows={"Account": 200}, settings=Settings(job_seconds=0.0)) as first:
        client = Client(first)
        names = [
            field["name"]
            for field in client.get("/sobjects/Account/describe").json["fields"]
            if field["type"] != "address"
        ]
        soql = f"SELECT {', '.join(names)} FROM Account"
        content = client.get(f"/jobs/query/{client.finished(soql)}/results").body
    path = tmp_path / "Account.csv"
    path.write_bytes(content)
    with loaded(path) as client:
        assert client.get(f"/jobs/query/{client.finished(soql)}/results").body == content


def test_loading_makes_no_other_rows_unless_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "Lead.csv", "LastName,Company\nKim,Acme\n")
    with loaded(path) as client:
        counts = {
            one["name"]: one["count"] for one in client.get("/limits/recordCount").json["sObjects"]
        }
        assert {name for name, rows in counts.items() if rows} == {
            "Lead",
            "Organization",
            "Profile",
            "User",
        }
    with loaded(path, rows={"Lead": 10}) as client:
        assert client.query("SELECT COUNT() FROM Lead").json["totalSize"] == 11


def test_what_a_file_lacks_is_filled_in(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Contact.csv",
        "firstname,LASTNAME,CreatedDate\nAda,Kim,2020-05-01T10:00:00+02:00\n,Lee,\n",
    )
    with loaded(path) as client:
        soql = "SELECT Name, Id, OwnerId, CreatedDate, SystemModstamp, IsDeleted FROM Contact"
        ada, lee = client.values(soql + " ORDER BY LastName")
        assert ada[0] == "Ada Kim"
        assert ada[1].startswith("003")
        assert ada[3:] == ("2020-05-01T08:00:00.000+0000", "2020-05-01T08:00:00.000+0000", False)
        assert lee[0] == "Lee"
        assert lee[2].startswith("005")
        assert lee[3] == lee[4]


def test_unknown_fields_and_objects_are_made_with_types_from_the_values(tmp_path: Path) -> None:
    account = write(
        tmp_path,
        "Account.csv",
        "Id,Name,Score__c,Vip__c,Since__c,Seen__c,Mail__c,Home__c,Code__c,Boss__c,Spot__Latitude__s,"
        "Spot__Longitude__s\n"
        "001gL0000000001QAA,One,1.25,true,2024-02-29,2024-02-29T01:02:03.000Z,a@b.example,"
        "https://a.example/x,0012,005gL0000000000QAA,48.86,2.34\n"
        "001gL0000000002QAA,Two,-3,false,,,,,77,,,\n",
    )
    house = write(tmp_path, "House__c.csv", "Name,Beds__c\nVilla,4\n")
    with loaded(account, house) as client:
        fields = {
            one["name"]: one for one in client.get("/sobjects/Account/describe").json["fields"]
        }
        assert {name: fields[name]["type"] for name in fields if fields[name]["custom"]} == {
            "Score__c": "double",
            "Vip__c": "boolean",
            "Since__c": "date",
            "Seen__c": "datetime",
            "Mail__c": "email",
            "Home__c": "url",
            "Code__c": "string",
            "Boss__c": "reference",
            "Spot__Latitude__s": "double",
            "Spot__Longitude__s": "double",
            "Spot__c": "location",
        }
        assert fields["Boss__c"]["referenceTo"] == ["User"]
        assert client.values("SELECT Spot__c, Code__c, Boss__r.Username FROM Account") == [
            (
                {"latitude": 48.86, "longitude": 2.34},
                "0012",
                {
                    "attributes": {
                        "type": "User",
                        "url": "/services/data/v60.0/sobjects/User/005gL0000000000QAA",
                    },
                    "Username": "admin@acme.example",
                },
            ),
            (None, "77", None),
        ]
        described = client.get("/sobjects/House__c/describe").json
        assert described["custom"] is True
        ((key, beds),) = client.values("SELECT Id, Beds__c FROM House__c WHERE Name = 'villa'")
        assert (key[:3], beds) == (described["keyPrefix"], 4.0)


def test_trees_keep_their_references(tmp_path: Path) -> None:
    tree(tmp_path, "Brokers.json", record("Broker__c", "B1", Name="Caroline"))
    tree(
        tmp_path,
        "Houses.json",
        record("House__c", "H1", Name="Villa", Price__c=975000, Broker__c="@B1"),
        record("House__c", "H2", Name="Hut", Price__c=None, Broker__c=None),
    )
    plan = write(
        tmp_path,
        "plan.json",
        json.dumps(
            [
                {"sobject": "Broker__c", "saveRefs": True, "files": ["Brokers.json"]},
                {"sobject": "House__c", "resolveRefs": True, "files": ["Houses.json"]},
            ]
        ),
    )
    with loaded(plan) as client:
        soql = "SELECT Name, Price__c, Broker__r.Name FROM House__c ORDER BY Name"
        hut, villa = client.values(soql)
        assert hut == ("Hut", None, None)
        assert villa[:2] == ("Villa", 975000.0)
        assert villa[2]["Name"] == "Caroline"
        children = client.query("SELECT Name, (SELECT Name FROM Houses__r) FROM Broker__c").json
        assert children["records"][0]["Houses__r"]["totalSize"] == 1


def test_nested_children_belong_to_their_parent(tmp_path: Path) -> None:
    parent = record("Account", "A1", Name="Acme")
    parent["Contacts"] = {"records": [record("Contact", "C1", LastName="Kim")]}
    with loaded(tree(tmp_path, "Accounts.json", parent)) as client:
        assert client.values("SELECT LastName FROM Contact WHERE Account.Name = 'Acme'") == [
            ("Kim",)
        ]


def test_references_may_point_at_any_loaded_or_made_up_row(tmp_path: Path) -> None:
    contact = write(
        tmp_path,
        "Contact.csv",
        "Id,LastName,AccountId,ReportsToId\n"
        "003gL0000000001QAA,Kim,001gL0000000001,003gL0000000002QAA\n"
        "003gL0000000002QAA,Lee,001gL0000000002QAA,\n",
    )
    account = write(
        tmp_path, "account.csv", "Id,Name\n001gL0000000001QAA,One\n001gL0000000002,Two\n"
    )
    lead = write(tmp_path, "Lead.csv", "LastName,Company,MasterRecordId\nKim,x,00QgL0000000003\n")
    soql = "SELECT LastName, Account.Name, ReportsTo.LastName FROM Contact ORDER BY LastName"
    for order in ((contact, account, lead), (lead, account, contact)):
        with loaded(*order, rows={"Lead": 5}) as client:
            kim, lee = client.values(soql)
            assert (kim[1]["Name"], kim[2]["LastName"]) == ("One", "Lee")
            assert (lee[1]["Name"], lee[2]) == ("Two", None)


def test_ids_of_the_other_orgs_own_records_are_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "Account.csv",
        "Name,OwnerId,CreatedById,OperatingHoursId\n"
        "x,0055g000001AbCdAAK,0055g000001AbCdAAK,0OH5g000000AbCdGAK\n",
    )
    with loaded(path) as client:
        assert client.values("SELECT OwnerId, CreatedById, OperatingHoursId FROM Account") == [
            ("0055g000001AbCdAAK", "0055g000001AbCdAAK", "0OH5g000000AbCdGAK")
        ]


def test_an_attachment_knows_the_length_of_its_body(tmp_path: Path) -> None:
    account = write(tmp_path, "Account.csv", "Id,Name\n001gL0000000001QAA,One\n")
    attachment = write(
        tmp_path,
        "Attachment.csv",
        "ParentId,Name,Body,BodyLength\n001gL0000000001QAA,a.txt,aGVsbG8=,99\n"
        "001gL0000000001QAA,b.txt,aGk=,\n",
    )
    with loaded(account, attachment) as client:
        assert client.values("SELECT Name, BodyLength FROM Attachment ORDER BY Name") == [
            ("a.txt", 5),
            ("b.txt", 2),
        ]


def test_a_wide_file_keeps_every_row(tmp_path: Path) -> None:
    path = tmp_path / "Lead.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["LastName", "Company", "Description"])
        out.writerows([f"Name {n}", 'Says "hi", often', f"two\nlines {n}"] for n in range(20_000))
    with loaded(path) as client:
        assert client.query("SELECT COUNT() FROM Lead").json["totalSize"] == 20_000
        (row,) = client.values("SELECT Description FROM Lead WHERE LastName = 'Name 19999'")
        assert row == ("two\nlines 19999",)


CSV_PROBLEMS = [
    ("Lead.csv", "", "line 1: the file is empty; the first line must name the fields"),
    ("Lead.csv", "Id,Last Name\n", "line 1, column 2: 'Last Name' is no field API name"),
    ("Lead.csv", "Id,Name,id\n", "line 1, column 3: id stands there twice"),
    (
        "Lead.csv",
        'LastName,City\n"a\nb",c\nx,y,z\n',
        "line 4: the number of values differs from the header's",
    ),
    ("Lead.csv", 'LastName,City\nx,"never\nclosed\n', "line 2: a quoted value is never closed"),
    (
        "Contact.csv",
        'LastName,Birthdate\n"two\nlines",2001-02-03\nLee,2001-02-33\n',
        "line 4, column Birthdate: '2001-02-33' is no date",
    ),
    (
        "Contact.csv",
        "LastName,AccountId\nLee,nonsense\n",
        "line 2, column AccountId: 'nonsense' is no reference",
    ),
    (
        "Opportunity.csv",
        "Name,Amount\nDeal,12 €\n",
        "line 2, column Amount: '12 €' is no currency",
    ),
    (
        "Contact.csv",
        f"LastName\n{'x' * 81}\n",
        "line 2, column LastName: '" + "x" * 40 + "…' is no string of at most 80 characters",
    ),
    (
        "Contact.csv",
        "LastName,Email\nKim,kim@example.com\nLee,\nPark,notanemail\n",
        "line 4, column Email: 'notanemail' is no email of at most 80 characters",
    ),
    (
        "Contact.csv",
        "LastName,Email\nKim,kim@example..com\n",
        "line 2, column Email: 'kim@example..com' is no email",
    ),
    (
        "Contact.csv",
        f"LastName,Email\nKim,{'k' * 80}@example.com\n",
        "column Email: '" + "k" * 40 + "…' is no email of at most 80 characters",
    ),
    (
        "Contact.csv",
        "LastName,AccountId\nKim,\nLee,001gL0000000001QAA\n",
        "line 3, column AccountId: '001gL0000000001QAA' is the id of no Account here; "
        "load that record too, or leave the value out",
    ),
    (
        "Task.csv",
        "Subject,WhoId\nCall,001gL0000000001QAA\n",
        "line 2, column WhoId: '001gL0000000001QAA' is the id of no Contact or Lead here",
    ),
    (
        "Account.csv",
        "Name,NumberOfEmployees\nx,1.5\n",
        "line 2, column NumberOfEmployees: '1.5' is no int",
    ),
    (
        "Account.csv",
        "Name,NumberOfEmployees\nx,3000000000\n",
        "line 2, column NumberOfEmployees: '3000000000' is no int",
    ),
    (
        "Account.csv",
        "Name,BillingLatitude\nx,90.5\n",
        "line 2, column BillingLatitude: '90.5' is no double from -90 to 90",
    ),
    (
        "House__c.csv",
        "Name,Spot__Latitude__s,Spot__Longitude__s\nx,1,-358.03\n",
        "line 2, column Spot__Longitude__s: '-358.03' is no double from -180 to 180",
    ),
    ("Account.csv", "Name,BillingAddress\nx,y\n", "column BillingAddress is made of its parts"),
    (
        "Account.csv",
        "Id,Name\n001gL0000000001QAA,a\n001gL0000000001QAA,b\n",
        "column Id: 001gL0000000001QAA is used by two records",
    ),
]


@pytest.mark.parametrize(("name", "text", "words"), CSV_PROBLEMS)
def test_a_bad_csv_is_refused_by_place(tmp_path: Path, name: str, text: str, words: str) -> None:
    path = write(tmp_path, name, text)
    found = problem(path)
    assert found.startswith(f"{path}: ")
    assert words in found


def test_a_csv_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Lead.csv"
    path.write_bytes(b"LastName,City\nM\xfcller,K\xf6ln\n")
    assert "line 2: the text is not UTF-8" in problem(path)


def test_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in problem(tmp_path / "Lead.csv")
    assert "cannot be read: No such file" in problem(tmp_path / "tree.json")
    assert "only .csv and .json files" in problem(write(tmp_path, "rows.xml", "<a/>"))


JSON_PROBLEMS = [
    ('{"records": [\n  {"attributes": }]}', "line 2, column 18: not valid JSON"),
    ('{"rows": []}', "a tree file holds an object with a list called records"),
    ('[{"sobject": "Account"}]', "entry 1: a plan entry needs a list called files"),
    ('{"records": [{"Name": "x"}]}', "record 1: attributes.type must name the object"),
    (
        '{"records": [{"attributes": {"type": "Contact"}, "AccountId": "@Nobody"}]}',
        "record 1 (Contact): AccountId is @Nobody, which no loaded file of this folder defines",
    ),
    (
        '{"records": [{"attributes": {"type": "Account"}, "Nopes": {"records": []}}]}',
        "Nopes is no child relationship of Account",
    ),
    (
        '{"records": [{"attributes": {"type": "Contact"}, "AccountId": "001gL0000000001QAA"}]}',
        "record 1 (Contact), column AccountId: '001gL0000000001QAA' is the id of no Account here",
    ),
    (
        '{"records": [{"attributes": {"type": "Account"}, "AnnualRevenue": "much"}]}',
        "record 1 (Account), column AnnualRevenue: 'much' is no currency",
    ),
]


@pytest.mark.parametrize(("text", "words"), JSON_PROBLEMS)
def test_a_bad_tree_is_refused_by_place(tmp_path: Path, text: str, words: str) -> None:
    assert words in problem(write(tmp_path, "data.json", text))


def test_a_reference_used_twice_is_refused(tmp_path: Path) -> None:
    path = tree(tmp_path, "a.json", record("Account", "A", Name="x"), record("Account", "A"))
    assert "record 2 (Account): referenceId A is used twice" in problem(path)
