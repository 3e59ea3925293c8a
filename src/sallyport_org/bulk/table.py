"""Uploaded CSV: its header, its rows, and what makes Salesforce refuse the whole of it.

What belongs here: the dialect of uploads. What does not: what columns mean (``columns``).

Documented: https://developer.salesforce.com/docs/platform/api-asynch/guide/datafiles-prepare-csv.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.bulk.pages import DELIMITERS, LINE_ENDINGS
from sallyport_org.bulk.work import WorkFailed

MAX_FIELD_CHARACTERS = 131_072
"""Longest value of an upload (documented). Judged here too: the limit of Python's csv module is
the same, but belongs to the whole process, which may have raised it."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a CSV is written: the names of its delimiter and its line ending."""

    delimiter: str = "COMMA"
    line_ending: str = "LF"

    @property
    def end(self) -> str:
        """The characters a line ends with."""
        return LINE_ENDINGS[self.line_ending]

    def lines(self, rows: Iterable[Sequence[str]]) -> bytes:
        """Return rows as CSV, every value quoted."""
        sink = io.StringIO(newline="")
        writer = csv.writer(
            sink,
            delimiter=DELIMITERS[self.delimiter],
            lineterminator=self.end,
            quoting=csv.QUOTE_ALL,
        )
        writer.writerows(rows)
        return sink.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Table:
    """An upload being read: the header as written and as names, and the rows to come.

    Rows are as long as the header. Taking one raises
    :class:`~sallyport_org.bulk.work.WorkFailed` where the text is no CSV.
    """

    header_line: str
    header: tuple[str, ...]
    rows: Iterator[list[str]]


def read_table(text: Iterable[str], shape: Shape | None) -> Table:
    """Begin to read lines that keep their ends.

    ``shape`` None leaves the line ending open, as Bulk API 1.0 does. Raises
    :class:`~sallyport_org.bulk.work.WorkFailed`.
    """
    taken: list[str] = []
    delimiter = DELIMITERS[shape.delimiter if shape else "COMMA"]
    reader = csv.reader(_kept(text, taken), delimiter=delimiter, strict=True)
    records = _records(reader)
    header = next(records, None)
    if header is None:
        raise WorkFailed(errors.bulk.NO_DATA)
    line = "".join(taken)
    taken.clear()
    if shape is not None and not _ends_as_said(line, shape):
        raise WorkFailed(errors.bulk.line_ending(shape.line_ending))
    rows = _even(records, len(header), taken)
    return Table(line.rstrip("\r\n"), tuple(header), rows)


def _ends_as_said(line: str, shape: Shape) -> bool:
    """Judge by the header's end; a header that ends with the file has none."""
    if not line.endswith(("\r", "\n")):
        return True
    return line.endswith(shape.end) and (shape.end != "\n" or not line.endswith("\r\n"))


def _kept(text: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in text:
        taken.append(line)
        yield line


def _records(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield records that are not blank; turn what cannot be read into the job's reason."""
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except UnicodeDecodeError:
            raise WorkFailed(errors.bulk.NOT_UTF8) from None
        except csv.Error as broken:
            raise WorkFailed(errors.bulk.unreadable_csv(str(broken))) from broken
        if record and len(max(record, key=len)) > MAX_FIELD_CHARACTERS:
            raise WorkFailed(errors.bulk.FIELD_TOO_LONG)
        if record:
            yield record


def _even(records: Iterator[list[str]], width: int, taken: list[str]) -> Iterator[list[str]]:
    for number, record in enumerate(records, start=1):
        taken.clear()
        if len(record) > width:
            raise WorkFailed(errors.bulk.too_many_columns(number))
        yield record if len(record) == width else record + [""] * (width - len(record))
