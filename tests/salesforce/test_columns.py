"""Bulk CSV to Arrow, judged by Python's csv module and hand-written expectations."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sallyport.errors import InvalidRequest, RemoteUnavailable
from sallyport.salesforce import columns
from sallyport.salesforce.columns import UnexpectedCsv


@dataclass(frozen=True)
class Field:
    name: str
    type: str


def texts(*names: str) -> list[Field]:
    return [Field(name, "string") for name in names]


def as_csv(header: Sequence[str], rows: Sequence[Sequence[str]], end: str = "\n") -> bytes:
    """Write the dialect of Bulk API 2.0 results with Python's csv module."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def source(body: bytes, most: int = 1 << 20) -> Callable[[int], bytes]:
    stream = io.BytesIO(body)
    return lambda n: stream.read(min(n, most))


def read(body: bytes, fields: Sequence[Field], encoding: str | None = None) -> list[dict[str, Any]]:
    batches = list(columns.read_pages(source(body), encoding=encoding, fields=fields))
    rows: list[dict[str, Any]] = []
    for batch in batches:
        assert batch.schema == columns.arrow_schema(fields)
        rows += batch.to_pylist()
    return rows


def test_every_type_has_its_value_from_csv_and_back_from_parquet(tmp_path: Path) -> None:
    values: dict[str, tuple[str, Any]] = {
        "id": ("001000000000001AAA", "001000000000001AAA"),
        "reference": ("005000000000001AAA", "005000000000001AAA"),
        "string": ("Müller", "Müller"),
        "picklist": ("Hot", "Hot"),
        "multipicklist": ("a;b", "a;b"),
        "combobox": ("Call", "Call"),
        "email": ("a@example.com", "a@example.com"),
        "phone": ("+41 44 000 00 00", "+41 44 000 00 00"),
        "url": ("https://example.com", "https://example.com"),
        "textarea": ("one\r\ntwo", "one\r\ntwo"),
        "encryptedstring": ("****1234", "****1234"),
        "anyType": ("42", "42"),
        "datacategorygroupreference": ("x", "x"),
        "complexvalue": ("{}", "{}"),
        "json": ('{"a": 1}', '{"a": 1}'),
        "boolean": ("true", True),
        "int": ("-2147483648", -2147483648),
        "long": ("9223372036854775807", 9223372036854775807),
        "double": ("1.5E10", 1.5e10),
        "currency": ("123456789012.34", 123456789012.34),
        "percent": ("50.0", 50.0),
        "date": ("4000-12-31", date(4000, 12, 31)),
        "datetime": ("1700-01-01T00:00:00.001Z", datetime(1700, 1, 1, 0, 0, 0, 1000, UTC)),
        "time": ("10:30:00.000Z", "10:30:00.000Z"),
    }
    assert set(values) == set(columns.ARROW_TYPES)
    fields = [Field(f"{kind}__c", kind) for kind in values]
    body = as_csv([field.name for field in fields], [[sent for sent, _ in values.values()]])
    [batch] = columns.read_pages(source(body), encoding=None, fields=fields)
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "x.parquet", store_schema=False)
    for rows in (batch.to_pylist(), pq.read_table(tmp_path / "x.parquet").to_pylist()):
        assert rows == [{f"{kind}__c": value for kind, (_, value) in values.items()}]


def test_the_page_of_types_states_every_type_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "types.md").read_text("utf-8")
    table = {
        cells[1].strip(" `"): cells[2].strip(" `")
        for cells in (line.split("|") for line in page.splitlines() if line.startswith("| `"))
    }
    stated = {kind: str(arrow) for kind, arrow in columns.ARROW_TYPES.items()}
    assert table == stated | dict.fromkeys(columns.NOT_IN_BULK, "no column")


@pytest.mark.parametrize("kind", ["base64", "address", "location"])
def test_a_type_bulk_cannot_return_is_refused_with_the_way_around(kind: str) -> None:
    with pytest.raises(InvalidRequest, match=r"Body.*has no column") as refused:
        columns.arrow_type(Field("Body", kind))
    assert refused.value.field == "Body"
    assert refused.value.cure


def test_a_type_salesforce_may_add_one_day_is_kept_as_text() -> None:
    assert columns.arrow_type(Field("New__c", "hologram")) == pa.string()


def test_only_the_empty_text_is_null() -> None:
    words = ["NULL", "NA", "N/A", "nan", "NaN", "None", "null", "#N/A", "true", "1", " ", "   ", ""]
    rows = read(as_csv(["Name"], [[word] for word in words]), texts("Name"))
    assert [row["Name"] for row in rows] == [*words[:-1], None]


def test_empty_values_are_null_in_every_type() -> None:
    fields = [Field(f"{kind}__c", kind) for kind in columns.ARROW_TYPES]
    [row] = read(as_csv([field.name for field in fields], [[""] * len(fields)]), fields)
    assert set(row.values()) == {None}


def test_nul_characters_and_blanks_stay_where_they_are() -> None:
    value = " a\0b \t"
    assert read(as_csv(["Name"], [[value]]), texts("Name")) == [{"Name": value}]


def test_columns_are_matched_by_name_in_any_order() -> None:
    fields = [Field("Id", "id"), Field("Size__c", "int"), Field("Name", "string")]
    rows = read(as_csv(["Name", "Id", "Size__c"], [["x", "1", "7"]]), fields)
    assert rows == [{"Id": "1", "Size__c": 7, "Name": "x"}]
    assert list(rows[0]) == ["Id", "Size__c", "Name"]


def test_a_page_with_a_header_only_has_no_batches() -> None:
    for body in (b'"Id","Name"\n', b'"Id","Name"', b'\xef\xbb\xbf"Id","Name"\r\n'):
        assert (
            list(columns.read_pages(source(body), encoding=None, fields=texts("Id", "Name"))) == []
        )


@pytest.mark.parametrize(
    ("header", "problem", "named"),
    [
        (["Id"], "are missing: Name", "Name"),
        (["Id", "Name", "Extra"], "were not asked for: Extra", "Extra"),
        (["Id", "Name", "Name"], "stand there twice: Name", "Name"),
    ],
)
def test_other_columns_than_asked_for_are_refused_by_name(
    header: list[str], problem: str, named: str
) -> None:
    with pytest.raises(UnexpectedCsv, match=problem) as refused:
        read(as_csv(header, [["x"] * len(header)]), texts("Id", "Name"))
    assert refused.value.field == named


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("int", "abc"),
        ("int", "2147483648"),
        ("int", " "),
        ("boolean", "yes"),
        ("double", "12,5"),
        ("double", "NaN"),
        ("currency", "1e400"),
        ("date", "2024-13-01"),
        ("datetime", "2024-01-01 10:00"),
    ],
)
def test_a_value_that_does_not_fit_names_column_row_and_value(kind: str, sent: str) -> None:
    fields = [Field("Name", "string"), Field("X__c", kind)]
    body = as_csv(["X__c", "Name"], [["", "first"], [sent, "second"]])
    with pytest.raises(UnexpectedCsv, match=r"Column X__c, row 2 ") as refused:
        read(body, fields)
    assert refused.value.field == "X__c"
    assert refused.value.received is not None
    assert refused.value.received.strip() in ({"NaN": "nan", "1e400": "inf"}.get(sent, sent))


def test_rows_are_counted_over_the_whole_page() -> None:
    rows = [[f"{i}", "x" * 1000] for i in range(5000)]
    rows[4321][0] = "oops"
    with pytest.raises(UnexpectedCsv, match=r"Column N__c, row 4322 ") as refused:
        read(as_csv(["N__c", "Name"], rows), [Field("N__c", "int"), Field("Name", "string")])
    assert refused.value.received == "oops"


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(UnexpectedCsv, match=r"Column Name, row 2 ") as refused:
        read(b'"Id","Name"\n"1","ok"\n"2","\xff\xfe"\n', texts("Id", "Name"))
    assert refused.value.received == "bytes that are not UTF-8"


@pytest.mark.parametrize("row", ['"1"', '"1","2","3"'])
def test_a_row_with_too_few_or_too_many_values_is_refused(row: str) -> None:
    with pytest.raises(UnexpectedCsv, match=r"Row 2 .* cannot be read: .*Expected 2 columns"):
        read(b'"Id","Name"\n"0","a"\n' + row.encode() + b"\n", texts("Id", "Name"))


@pytest.mark.parametrize("body", [b"", b"\n"])
def test_a_page_without_a_header_is_a_cut_body(body: bytes) -> None:
    with pytest.raises(RemoteUnavailable, match="header") as cut:
        read(body, texts("Id"))
    assert cut.value.stage == "body"


def test_a_page_that_ends_inside_quotes_is_a_cut_body() -> None:
    with pytest.raises(RemoteUnavailable, match="inside a quoted value") as cut:
        read(b'"Id","Name"\n"1","half a va', texts("Id", "Name"))
    assert cut.value.stage == "body"


def test_gzip_of_several_members_is_one_body() -> None:
    body = as_csv(["Id"], [[str(i)] for i in range(1000)])
    packed = gzip.compress(body[:700]) + b"\0\0" + gzip.compress(body[700:]) + b"\0" * 8
    for most in (1, 7, 1 << 20):
        batches = columns.read_pages(source(packed, most), encoding="gzip", fields=texts("Id"))
        assert sum(batch.num_rows for batch in batches) == 1000


def test_gzip_that_ends_early_or_is_damaged_is_a_cut_body() -> None:
    packed = gzip.compress(as_csv(["Id"], [[str(i)] for i in range(5000)]))
    damaged = packed[:500] + bytes([packed[500] ^ 0xFF]) + packed[501:]
    for body in (b"", packed[:5], packed[: len(packed) // 2], packed[:-1], damaged, b"not gzip"):
        with pytest.raises(RemoteUnavailable) as cut:
            read(body, texts("Id"), encoding="gzip")
        assert cut.value.stage == "body"


def test_a_body_that_inflates_a_thousandfold_arrives_in_bounded_pieces() -> None:
    packed = gzip.compress(b"x" * (64 << 20), 9)
    sizes = [len(piece) for piece in columns.gunzip(source(packed))]
    assert sum(sizes) == 64 << 20
    assert max(sizes) <= columns.BLOCK_BYTES


def test_another_compression_is_named() -> None:
    with pytest.raises(UnexpectedCsv) as refused:
        read(b"", texts("Id"), encoding="br")
    assert (refused.value.field, refused.value.received) == ("Content-Encoding", "br")


def test_a_value_larger_than_a_block_arrives_whole() -> None:
    large = ("line\n" + '"quoted"\n' + '""\n') * 7000
    assert len(large) > 100_000
    wide = [[str(i), *[large] * 20] for i in range(3)]
    assert len(wide[0]) * len(large) > 2 * columns.BLOCK_BYTES
    names = ["Id", *(f"T{i}__c" for i in range(20))]
    rows = read(as_csv(names, wide), texts(*names))
    assert [list(row.values()) for row in rows] == wide


def test_memory_stays_bounded_while_a_large_page_streams() -> None:
    line = as_csv(["Id", "Name"], [["1", "x" * 500]]).split(b"\n", 1)[1]

    def endless(lines: int) -> Iterator[bytes]:
        yield b'"Id","Name"\n'
        for _ in range(lines // 1000):
            yield line * 1000

    pieces = endless(400_000)
    before = pa.total_allocated_bytes()
    most = rows = 0
    for batch in columns.read_pages(
        lambda _: next(pieces, b""), encoding=None, fields=texts("Id", "Name")
    ):
        rows += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert rows == 400_000
    assert most < 16 << 20


# Pieces that provoke: quotes, separators, line breaks, look-alikes of record starts, wide letters.
_PIECES = st.sampled_from(
    [
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        "\r",
        '\n"',
        '"\n',
        '\n""',
        '","',
        '\n"x',
        " ",
        "x",
        "é",
        "한",
        "🚀",
        "\0",
    ]
)
_CELL = st.one_of(st.lists(_PIECES, max_size=12).map("".join), st.text(max_size=8))


def _storable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(_CELL.filter(_storable), min_size=width, max_size=width),
            min_size=1,
            max_size=12,
        )
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    block=st.integers(1, 64),
    chunk=st.integers(1, 40),
)
def test_blocks_of_any_size_hold_whole_records(
    rows: list[list[str]], end: str, block: int, chunk: int
) -> None:
    names = [f"C{i}" for i in range(len(rows[0]))]
    body = as_csv(names, rows, end)
    chunks = iter([body[at : at + chunk] for at in range(0, len(body), chunk)])
    blocks = list(columns.cut_records(chunks, block=block))
    assert b"".join(blocks) == body
    seen = [
        record
        for piece in blocks
        for record in csv.reader(io.StringIO(piece.decode(), newline=""), strict=True)
    ]
    assert seen == [names, *rows]


@settings(max_examples=300, deadline=None)
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(_CELL.filter(_storable), min_size=width, max_size=width),
            max_size=12,
        )
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_every_text_arrives_as_the_csv_module_reads_it(
    rows: list[list[str]], end: str, packed: bool
) -> None:
    names = [f"C{i}" for i in range(len(rows[0]) if rows else 2)]
    body = as_csv(names, rows, end)
    _, *expected = csv.reader(io.StringIO(body.decode(), newline=""))
    got = read(gzip.compress(body) if packed else body, texts(*names), "gzip" if packed else None)
    assert [list(row.values()) for row in got] == [
        [cell or None for cell in row] for row in expected
    ]


def test_texts_arrive_unchanged_across_real_block_borders() -> None:
    dice = random.Random(7)  # the same page every time
    pieces = ['"', ",", "\n", '\n"', '"\n', '\n"x', "plain text ", "é한🚀"]
    rows = [[str(i), "".join(dice.choices(pieces, k=dice.randint(0, 40)))] for i in range(60_000)]
    body = as_csv(["Id", "Note__c"], rows)
    assert len(body) > 4 * columns.BLOCK_BYTES
    got = read(body, texts("Id", "Note__c"))
    assert [[row["Id"], row["Note__c"] or ""] for row in got] == rows
