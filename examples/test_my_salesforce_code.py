"""How a project tests code that talks to Salesforce; run it with pytest.

``Salesforce`` stands for your own code: it logs in, counts, and upserts. The fixtures ``org`` and
``org_factory`` come from the plugin that is installed with sallyport-org.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta

import pytest

from sallyport_org.faults import add_fault
from sallyport_org.state import Settings


class Salesforce:
    """The code under test: it knows an address and credentials, and nothing of a simulator."""

    def __init__(self, url, client_id, client_secret):
        self.url, self.login = url, {"client_id": client_id, "client_secret": client_secret}
        self.token = None

    def ask(self, path, body=None, method="GET"):
        if self.token is None:
            self.log_in()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with self.open(f"/services/data/v60.0{path}", data, headers, method) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as refused:
            if refused.code != 401:
                raise
            self.token = None
            return self.ask(path, body, method)

    def count(self, name):
        query = urllib.parse.quote(f"SELECT COUNT() FROM {name}")
        return self.ask(f"/query?q={query}")["totalSize"]

    def upsert(self, key, fields):
        return self.ask(f"/sobjects/Showcase__c/Key__c/{key}", fields, "PATCH")["created"]

    def log_in(self):
        form = {"grant_type": "client_credentials", **self.login}
        data = urllib.parse.urlencode(form).encode()
        with self.open("/services/oauth2/token", data, {}, "POST") as reply:
            self.token = json.load(reply)["access_token"]

    def open(self, path, data, headers, method):
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        return urllib.request.urlopen(request)


def connect(org):
    return Salesforce(org.url, org.credentials.client_id, org.credentials.client_secret)


@pytest.mark.sallyport_org(rows={"Account": 5, "Contact": 20})
def test_rows_are_counted(org):
    assert connect(org).count("Contact") == 20


def test_what_was_written_is_in_the_org(org):
    assert connect(org).upsert("A-1", {"Seats__c": 3}) is True
    assert connect(org).upsert("A-1", {"Seats__c": 4}) is False
    assert org.sql("SELECT Key__c, Seats__c FROM Showcase__c") == [("A-1", 4.0)]


def test_an_expired_session_is_renewed(org):
    salesforce = connect(org)
    assert salesforce.count("Account") == 0
    org.org.clock.move(timedelta(hours=3))
    assert salesforce.count("Account") == 0
    logins = [one for one in org.requests("/oauth2/token") if one.status == 200]
    assert len(logins) == 2


def test_a_write_whose_answer_is_lost_can_be_repeated(org):
    salesforce = connect(org)
    salesforce.log_in()
    add_fault(org.org.faults, "answer_lost", path="/sobjects", times=1)
    with pytest.raises(ConnectionError):
        salesforce.upsert("A-1", {"Seats__c": 3})
    assert salesforce.upsert("A-1", {"Seats__c": 3}) is False
    assert org.sql("SELECT count(*) FROM Showcase__c") == [(1,)]


@pytest.mark.sallyport_org(settings=Settings(api_limit=1))
def test_a_used_up_allowance_is_not_repeated_for_ever(org):
    salesforce = connect(org)
    salesforce.count("Account")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        salesforce.count("Account")
    assert len(org.requests("/query")) == 2


def test_two_orgs_know_nothing_of_each_other(org_factory):
    first, second = org_factory(rows={"Account": 2}), org_factory(seed=2)
    assert (connect(first).count("Account"), connect(second).count("Account")) == (2, 0)
