"""Bulk API CSV pages become typed Arrow batches: bytes in, columns out, nothing per row in Python.

What belongs here: the Arrow type of every Salesforce type, gunzip, cutting a page into whole
records, parsing and typing them. What does not: asking Salesforce for the page
(``bulk_query.py``), choosing the fields (``describe.py``), storing batches (``datasets/``).

The dialect (documented, developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/
query_get_job_results.htm; quoting observed): comma, every header and value in double quotes, ``"``
doubled, line breaks kept inside the quotes, UTF-8, no BOM. Salesforce stores no empty text, so
``""`` is null and nothing else is: ``"NULL"``, ``"N/A"``, ``" "`` are texts. NUL characters occur
in real rows and are kept; Parquet, Delta and DuckDB all hold them.

A page is parsed in blocks of about 1 MB which end where a record ends, so memory does not depend
on the size of the page, and a record may be larger than a block (then the block grows to hold it).
The caller's thread does all the work and reads ahead no further than one block; gunzip and parsing
release the GIL, so two pages on two threads use two cores.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from isal import isal_zlib

from sallyport.errors import InvalidRequest, RemoteUnavailable, SallyportError

READ_BYTES = 512 * 1024
BLOCK_BYTES = 1024 * 1024
# 800 fields with a few 131,072-character texts among them stay far below; beyond it the page is
# not the CSV it claims to be (a quote never closed), and memory must not grow with it.
LARGEST_RECORD_BYTES = 256 * 1024 * 1024

# isal's type stub declares an instance where the library has the class.
_DAMAGED = cast("type[Exception]", isal_zlib.IsalError)

_TEXT_TYPES = (
    "id",
    "reference",
    "string",
    "picklist",
    "multipicklist",
    "combobox",
    "email",
    "phone",
    "url",
    "textarea",
    "encryptedstring",
    "anyType",
    "datacategorygroupreference",
    "complexvalue",
    "json",
)

ARROW_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(_TEXT_TYPES, pa.string()),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    # Salesforce's own type for all three is xsd:double, whatever precision the describe states,
    # and stored values may have more decimals than its scale: a decimal would refuse or round them.
    "double": pa.float64(),
    "currency": pa.float64(),
    "percent": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", "UTC"),
    # Delta has no time of day. The text "10:30:00.000Z" keeps the value and sorts in time order.
    "time": pa.string(),
}
"""The Arrow type of each Salesforce field type that Bulk API query returns (docs/types.md)."""

NOT_IN_BULK: dict[str, str] = {
    "base64": "Bulk API query returns no base64 fields; read it record by record over REST.",
    "address": "Bulk API query returns no compound fields; select its parts (…Street, …City, …).",
    "location": "Bulk API query returns no compound fields; select its parts "
    "(…__Latitude__s, …__Longitude__s).",
}
"""Field types without a column, each with the way to get at the value."""


class DescribedField(Protocol):
    """What this module needs to know of a field (``describe.FieldDescribe`` has it)."""

    @property
    def name(self) -> str:
        """The API name, in the describe's letter case."""
        ...

    @property
    def type(self) -> str:
        """The describe's ``type``, for instance ``picklist``."""
        ...


class UnexpectedCsv(SallyportError):
    """A page arrived whole but is not what the describe promised; asking again will not help.

    ``field`` is the column, ``received`` a sample of what stood there. The usual cause is a field
    that was added, removed or retyped between the describe and the job.
    """


def arrow_type(field: DescribedField) -> pa.DataType:
    """Return the Arrow type of ``field``; a type Salesforce may add one day is kept as text.

    Raises InvalidRequest for the types Bulk API query cannot return: base64, address, location.
    """
    if field.type in NOT_IN_BULK:
        raise InvalidRequest(
            f"Field {field.name} of type {field.type} has no column.",
            field=field.name,
            received=field.type,
            cure=NOT_IN_BULK[field.type],
        )
    return ARROW_TYPES.get(field.type, pa.string())


def arrow_schema(fields: Sequence[DescribedField]) -> pa.Schema:
    """Return the schema of ``fields`` in their order, every column nullable.

    ``nillable`` is a rule for writing, not a promise about stored rows: a field made required later
    is null in old ones, and field-level security blanks values.
    """
    return pa.schema([pa.field(field.name, arrow_type(field)) for field in fields])


def read_pages(
    raw: Callable[[int], bytes], *, encoding: str | None, fields: Sequence[DescribedField]
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of one Bulk result page as batches of ``arrow_schema(fields)``.

    ``raw(n)`` returns up to n bytes of the body as it came from the wire, and ``b""`` at its end;
    ``encoding`` is the reply's Content-Encoding. The page's columns are matched by name, in any
    order. A page with a header and no rows yields nothing.

    Raises RemoteUnavailable (stage ``body``) when the body is cut short or damaged, UnexpectedCsv
    when a column is missing or surplus, a row is ragged, or a value does not fit its type.
    """
    blocks = cut_records(_decoded(raw, encoding))
    header, first = _split_header(next(blocks, b""))
    page = _Page(header, fields)
    if first:
        yield from page.batches(first)
    for block in blocks:
        yield from page.batches(block)


def _decoded(raw: Callable[[int], bytes], encoding: str | None) -> Iterator[bytes]:
    """Yield the body without its Content-Encoding, in pieces of about a block at most."""
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return iter(lambda: raw(READ_BYTES), b"")
    if name in ("gzip", "x-gzip"):
        return gunzip(raw)
    raise UnexpectedCsv(
        "The result page is compressed in a way nobody asked for.",
        field="Content-Encoding",
        received=encoding,
        cure="Look for a proxy between this machine and Salesforce that recompresses answers.",
    )


def gunzip(raw: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield the decompressed bytes of a gzip body of one or more members, at most 1 MB at a time.

    Raises RemoteUnavailable (stage ``body``) when it ends within a member or fails its checksum.
    """
    member = None
    try:
        while data := raw(READ_BYTES):
            while data:
                if member is None:
                    # Some writers pad with zeros after a member (RFC 1952 readers skip them).
                    data = data.lstrip(b"\0") if data[0] == 0 else data
                    if not data:
                        break
                    member = isal_zlib.decompressobj(wbits=31)
                plain = member.decompress(data, BLOCK_BYTES)
                data = member.unused_data if member.eof else member.unconsumed_tail
                if plain:
                    yield plain
                if member.eof:
                    member = None
        # The tail may still be inside the decompressor when the last call filled its limit exactly.
        while (
            member is not None and not member.eof and (plain := member.decompress(b"", BLOCK_BYTES))
        ):
            yield plain
    except _DAMAGED as error:
        raise RemoteUnavailable(
            f"The result page's gzip data is damaged ({error}).", stage="body"
        ) from error
    if member is not None and not member.eof:
        raise RemoteUnavailable("The result page ended before its gzip data did.", stage="body")


def cut_records(chunks: Iterator[bytes], *, block: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Regroup ``chunks`` into blocks of about ``block`` bytes that end where a record ends.

    Raises UnexpectedCsv when one record exceeds ``LARGEST_RECORD_BYTES``, RemoteUnavailable (stage
    ``body``) when the last one ends inside a quoted value.
    """
    held = bytearray()
    wanted = block
    for chunk in chunks:
        held += chunk
        if len(held) < wanted:
            continue
        end = _last_record_start(held)
        if end:
            yield bytes(memoryview(held)[:end])
            del held[:end]
            wanted = block
        elif len(held) > LARGEST_RECORD_BYTES:
            raise UnexpectedCsv(
                f"One record of the result page exceeds {LARGEST_RECORD_BYTES >> 20} MB.",
                received=held[:80].decode("utf-8", "replace"),
                cure="Read fewer long text fields at once.",
            )
        else:
            wanted = 2 * len(held)
    if held.count(b'"') % 2:
        raise RemoteUnavailable("The result page ended inside a quoted value.", stage="body")
    if held:
        yield bytes(held)


def _last_record_start(held: bytearray) -> int:
    r"""Return where the last record in ``held`` starts that is known to start there, else 0.

    The quick rule needs a look at a few bytes: a line break and a quote followed by anything but
    ``"``, ``,``, CR or LF. Inside a quoted value a quote is either doubled or the closing one,
    which a separator follows, so only an opening quote at the head of a record matches. It misses
    records whose first value is null or starts with a quote; counting all quotes finds those.
    """
    at = held.rfind(b'\n"')
    while at >= 0:
        if at + 2 < len(held) and held[at + 2] not in b'",\r\n':
            return at + 1
        at = held.rfind(b'\n"', 0, at)
    return _after_last_break_outside_quotes(held)


def _after_last_break_outside_quotes(held: bytearray) -> int:
    """Return the place after the last line break that an even number of quotes precedes, else 0."""
    before = held.count(b'"')
    end = len(held)
    while (at := held.rfind(b"\n", 0, end)) >= 0:
        before -= held.count(b'"', at, end)
        if before % 2 == 0:
            return at + 1
        end = at
    return 0


def _split_header(block: bytes) -> tuple[list[str], bytes]:
    """Return the column names of the first block and the records after them."""
    line, _, rest = block.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    names = next(csv.reader([line.decode("utf-8", "replace").rstrip("\r")]), [])
    if not names:
        raise RemoteUnavailable(
            "The result page ended before its header line arrived.", stage="body"
        )
    return names, rest


class _Page:
    """The parser of one page: options built once from its header, and how many rows are done."""

    def __init__(self, header: list[str], fields: Sequence[DescribedField]) -> None:
        self._header = header
        self._schema = arrow_schema(fields)
        _check_header(header, self._schema.names)
        self._parse = pacsv.ParseOptions(newlines_in_values=True)
        self._convert = pacsv.ConvertOptions(
            column_types=self._schema,
            include_columns=self._schema.names,
            null_values=[""],
            true_values=["true"],
            false_values=["false"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
            check_utf8=True,
        )
        self._doubles = [f.name for f in self._schema if pa.types.is_floating(f.type)]
        self._rows = 0

    def batches(self, block: bytes) -> Iterator[pa.RecordBatch]:
        """Yield the rows of one block of whole records."""
        read = pacsv.ReadOptions(
            use_threads=False, block_size=len(block) + 1, column_names=self._header
        )
        try:
            table = pacsv.read_csv(
                pa.BufferReader(block),
                read_options=read,
                parse_options=self._parse,
                convert_options=self._convert,
            )
        except pa.ArrowInvalid as error:
            raise self._explained(str(error)) from error
        for batch in table.to_batches():
            self._check_finite(batch)
            self._rows += batch.num_rows
            yield batch

    def _check_finite(self, batch: pa.RecordBatch) -> None:
        """Refuse NaN and infinity: Salesforce holds neither, so the text was not a number."""
        for name in self._doubles:
            column = batch.column(name)
            if pc.all(pc.is_finite(column)).as_py() is False:
                row = pc.index(pc.is_finite(column), pa.scalar(False)).as_py()
                raise self._misfit(name, str(column[row].as_py()), self._rows + row + 1)

    def _explained(self, text: str) -> UnexpectedCsv:
        """Turn pyarrow's words into an error that names the column, the row and the value."""
        row = re.search(r"Row #(\d+)", text)
        number = self._rows + int(row.group(1)) if row else self._rows + 1
        if column := re.search(r"In CSV column #(\d+)", text):
            sample = re.search(r"(?:invalid value|offset in) '(.*?)'(?:\.|$)", text, re.DOTALL)
            received = sample.group(1) if sample else "bytes that are not UTF-8"
            return self._misfit(self._header[int(column.group(1))], received, number)
        return UnexpectedCsv(
            f"Row {number} of the result page cannot be read: {text[:200]}",
            cure="Run the flow again; if it stays, keep the page and report it.",
        )

    def _misfit(self, name: str, sample: str, row: int) -> UnexpectedCsv:
        kind = self._schema.field(name).type
        return UnexpectedCsv(
            f"Column {name}, row {row} of the result page: the value is not of type {kind}.",
            field=name,
            received=sample[:80],
            cure="Describe the object again: the field's type may have changed since.",
        )


def _check_header(header: list[str], wanted: list[str]) -> None:
    """Refuse a page whose columns are not exactly the wanted ones, in whatever order."""
    problems = {
        "are missing": [name for name in wanted if name not in header],
        "were not asked for": [name for name in header if name not in wanted],
        "stand there twice": sorted({name for name in header if header.count(name) > 1}),
    }
    for problem, names in problems.items():
        if names:
            raise UnexpectedCsv(
                f"Columns of the result page {problem}: {', '.join(names)}.",
                field=names[0],
                received=", ".join(header)[:500],
                cure="Describe the object again: fields or their permissions may have changed.",
            )
