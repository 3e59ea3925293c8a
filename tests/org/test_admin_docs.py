"""docs/org-admin.md keeps up with the code."""

from pathlib import Path

from sallyport_org.admin.reference import page

DOCS = Path(__file__).parents[2] / "docs" / "org-admin.md"


def test_the_page_is_what_the_code_says() -> None:
    cure = "write it anew: python -m sallyport_org.admin.reference > docs/org-admin.md"
    assert DOCS.read_text(encoding="utf-8") == page(), cure
