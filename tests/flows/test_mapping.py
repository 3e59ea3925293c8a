"""Which source column lands under which name."""

import pytest

from sallyport.errors import InvalidRequest
from sallyport.flows.mapping import check_pairs, chosen

FIELDS = ["Id", "Name", "SystemModstamp"]


def test_without_a_mapping_every_column_keeps_its_name() -> None:
    assert chosen(FIELDS, None, None) == [(name, name) for name in FIELDS]


def test_a_mapping_renames_and_leaves_out_what_it_does_not_name() -> None:
    assert chosen(FIELDS, None, [("Name", "title"), ("Id", "key")]) == [
        ("Id", "key"),
        ("Name", "title"),
    ]


def test_only_wanted_columns_are_read() -> None:
    assert chosen(FIELDS, ["Name"], None) == [("Name", "Name")]


@pytest.mark.parametrize(
    ("wanted", "pairs"), [(["Nmae"], None), (None, [("Nmae", "title")]), (["Id"], [("Nmae", "t")])]
)
def test_a_column_that_does_not_exist_is_named(
    wanted: list[str] | None, pairs: list[tuple[str, str]] | None
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        chosen(FIELDS, wanted, pairs)
    assert refused.value.received == "Nmae"


@pytest.mark.parametrize(
    ("pairs", "received"),
    [
        ([("Name", "person.name.full")], "person.name.full"),
        ([("concat(a,b)", "x")], "concat(a,b)"),
        ([("Name", "")], ""),
        ([("Name", "x"), ("Id", "X")], "X"),
    ],
)
def test_what_is_not_a_plain_rename_is_refused(pairs: list[tuple[str, str]], received: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_pairs(pairs)
    assert (refused.value.field, refused.value.received) == ("mappings", received)


def test_an_empty_mapping_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="empty"):
        check_pairs([])
