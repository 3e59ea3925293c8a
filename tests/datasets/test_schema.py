"""Columns only grow."""

from __future__ import annotations

import pyarrow as pa
import pytest

from sallyport.datasets.schema import Change, check_storable, grow
from sallyport.errors import Conflict, InvalidRequest

ID = pa.field("Id", pa.string())
SIZE = pa.field("Size__c", pa.int32())
NAME = pa.field("Name", pa.string())


def test_the_same_columns_change_nothing() -> None:
    assert grow(pa.schema([ID, SIZE]), pa.schema([SIZE, ID])) == (pa.schema([ID, SIZE]), [])


def test_new_columns_follow_and_missing_ones_keep_their_place() -> None:
    grown, changes = grow(pa.schema([SIZE, ID]), pa.schema([ID, NAME]))
    assert grown == pa.schema([SIZE, ID, NAME])
    assert changes == [
        Change("missing", "Size__c", "int32", None),
        Change("added", "Name", None, "string"),
    ]


@pytest.mark.parametrize("after", [pa.int64(), pa.float64(), pa.string()])
def test_another_type_is_refused_while_rows_remain(after: pa.DataType) -> None:
    arriving = pa.schema([pa.field("Size__c", after)])
    with pytest.raises(Conflict) as refused:
        grow(pa.schema([SIZE]), arriving)
    assert "int32" in refused.value.message
    assert str(after) in refused.value.message
    grown, changes = grow(pa.schema([SIZE]), arriving, replacing=True)
    assert grown == arriving
    assert changes == [Change("retyped", "Size__c", "Size__c int32", f"Size__c {after}")]


def test_another_letter_case_is_another_name_of_the_same_column() -> None:
    arriving = pa.schema([pa.field("SIZE__c", pa.int32())])
    with pytest.raises(Conflict, match="SIZE__c"):
        grow(pa.schema([SIZE]), arriving)
    assert grow(pa.schema([SIZE]), arriving, replacing=True)[0] == arriving


def test_columns_that_differ_in_letter_case_only_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="letter case"):
        check_storable(pa.schema([("Name", pa.string()), ("NAME", pa.string())]))


def test_stored_columns_are_nullable_and_plain() -> None:
    strict = pa.schema([pa.field("Id", pa.string(), nullable=False, metadata={"a": "b"})])
    grown, _ = grow(pa.schema([]), strict)
    assert grown.equals(pa.schema([ID]), check_metadata=True)
