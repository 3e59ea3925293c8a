"""The pytest plugin, used as another project would: a test file, run by pytest."""

import pytest

pytest_plugins = ["pytester"]

EXAMPLE = """
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from sallyport_org.faults import add_fault


def ask(org, path, data=None, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urllib.parse.urlencode(data).encode() if data else None
    with urllib.request.urlopen(urllib.request.Request(org.url + path, body, headers)) as reply:
        return json.load(reply)


def log_in(org):
    keys = org.credentials
    form = {
        "grant_type": "client_credentials",
        "client_id": keys.client_id,
        "client_secret": keys.client_secret,
    }
    return ask(org, "/services/oauth2/token", form)["access_token"]


def count(org, token, name):
    query = urllib.parse.quote(f"SELECT COUNT() FROM {name}")
    return ask(org, f"/services/data/v60.0/query?q={query}", token=token)["totalSize"]


@pytest.mark.sallyport_org(rows={"Account": 5})
def test_five_accounts_are_read(org):
    assert count(org, log_in(org), "Account") == 5


def test_an_org_is_empty_unless_asked(org):
    assert count(org, log_in(org), "Account") == 0


def test_a_used_up_quota_is_told(org):
    token = log_in(org)
    add_fault(org.org.faults, "quota", path="/query")
    with pytest.raises(urllib.error.HTTPError) as refused:
        count(org, token, "Account")
    assert refused.value.code == 403


def test_two_orgs_know_nothing_of_each_other(org_factory):
    first, second = org_factory(rows={"Account": 2}), org_factory(seed=2)
    assert count(first, log_in(first), "Account") == 2
    with pytest.raises(urllib.error.HTTPError):
        count(second, log_in(first), "Account")
"""

THROUGH_THE_PROXY = """
import json
import urllib.parse
import urllib.request


def test_login_salesforce_com_is_the_simulator(org_environment):
    keys = org_environment.credentials
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    form = {"grant_type": grant, "assertion": keys.jwt_token}
    body = urllib.parse.urlencode(form).encode()
    opener = urllib.request.build_opener()  # reads the environment of now
    with opener.open("https://login.salesforce.com/services/oauth2/token", body) as reply:
        assert json.load(reply)["instance_url"] == org_environment.org.my_domain
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\naddopts = -p pytest_sallyport_org.plugin -p no:cacheprovider")
    return pytester


def test_a_project_tests_its_salesforce_code(project: pytest.Pytester) -> None:
    project.makepyfile(EXAMPLE)
    project.runpytest_inprocess("--strict-markers").assert_outcomes(passed=4)


def test_clients_with_login_salesforce_com_wired_in_reach_the_org(
    project: pytest.Pytester,
) -> None:
    project.makepyfile(THROUGH_THE_PROXY)
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_failing_test_shows_what_was_asked(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import urllib.request


        def test_it_fails(org):
            urllib.request.urlopen(org.url + "/services/data")
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*requests to http://127.0.0.1:*", "GET /services/data 200"])


def test_options_of_the_run_fill_every_org(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_rows(org):
            assert org.sql("SELECT count(*) FROM Account WHERE NOT IsDeleted") == [(4,)]
        """
    )
    project.runpytest_inprocess("--sallyport-org-rows", "Account=4").assert_outcomes(passed=1)
    wrong = project.runpytest_inprocess("--sallyport-org-rows", "Account")
    wrong.stdout.fnmatch_lines(["*--sallyport-org-rows: 'Account' is not of the form*"])
