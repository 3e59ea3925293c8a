"""docs/org/admin-api.md and the table in docs/org/faults.md keep up with the code."""

from pathlib import Path

from sallyport_org.admin.reference import fault_table, page

DOCS = Path(__file__).parents[2] / "docs" / "org"


def test_the_page_of_the_admin_api_is_what_the_code_says() -> None:
    cure = "write it anew: python -m sallyport_org.admin.reference > docs/org/admin-api.md"
    assert (DOCS / "admin-api.md").read_text(encoding="utf-8") == page(), cure


def test_the_table_of_faults_is_what_the_code_says() -> None:
    cure = "put in what this prints: python -m sallyport_org.admin.reference faults"
    assert fault_table() in (DOCS / "faults.md").read_text(encoding="utf-8"), cure
