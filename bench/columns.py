"""How fast Bulk CSV becomes Arrow and Parquet: `python bench/columns.py [--rows 100000]`.

Generates one page of 42 columns (every value quoted, line breaks in one, accents in another), reads
it `--repeat` times each way, and prints one JSON object: the best rate in MB of CSV text per
second (1 MB = 1,000,000 bytes), for one thread and for two pages on two threads, and the peak of
Arrow's own memory. Nothing is fetched: the page lies in memory.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa

from sallyport.datasets.parts import ParquetPart
from sallyport.salesforce.columns import arrow_schema, read_pages


@dataclass(frozen=True)
class Field:
    name: str
    type: str


KINDS = (
    ["id"]
    + ["string"] * 10
    + ["picklist"] * 7
    + ["reference"] * 4
    + ["textarea"] * 2
    + ["double", "currency", "percent"] * 3
    + ["boolean"] * 4
    + ["date"] * 2
    + ["datetime"] * 3
)
FIELDS = [Field("Id" if n == 0 else f"F{n}__c", kind) for n, kind in enumerate(KINDS)]


def value(kind: str, row: int, column: int) -> str:
    """Return a made-up value; every seventh of most kinds is null."""
    if kind == "id":
        return f"001{row:012d}AAA"
    mixed = (row * 2654435761 + column * 40503) % 4294967296
    if mixed % 7 == 0 and kind != "boolean":
        return ""
    if kind == "string":
        return f'Müller & Söhne "{mixed:x}"' if mixed % 5 == 0 else f"Account {mixed:x}"
    if kind == "textarea":
        return f"{mixed % 900} Main Street\nFloor {mixed % 30}"
    return {
        "picklist": ("Hot", "Warm", "Cold", "Closed Won")[mixed % 4],
        "reference": f"005{mixed % 500:012d}AAA",
        "boolean": ("true", "false")[mixed % 2],
        "date": f"20{mixed % 24:02d}-{mixed % 12 + 1:02d}-{mixed % 28 + 1:02d}",
        "datetime": f"20{mixed % 24:02d}-01-{mixed % 28 + 1:02d}T10:{mixed % 60:02d}:00.000Z",
    }.get(kind, f"{mixed % 10_000_000 / 100:.2f}")


def page(rows: int) -> bytes:
    """Return one result page as Bulk API 2.0 writes it."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(field.name for field in FIELDS)
    writer.writerows(
        [value(kind, row, column) for column, kind in enumerate(KINDS)] for row in range(rows)
    )
    return out.getvalue().encode()


def to_arrow(body: bytes, encoding: str | None, _thread: int) -> int:
    """Read the page, keep nothing; return its rows."""
    stream = io.BytesIO(body)
    return sum(b.num_rows for b in read_pages(stream.read, encoding=encoding, fields=FIELDS))


def to_parquet(body: bytes, encoding: str | None, folder: Path, thread: int) -> int:
    """Read the page into a synced Parquet file; return its rows."""
    stream = io.BytesIO(body)
    with ParquetPart(folder, f"{thread}.parquet", arrow_schema(FIELDS)) as part:
        for batch in read_pages(stream.read, encoding=encoding, fields=FIELDS):
            part.write(batch)
    return part.close().rows


def rate(work: Callable[[int], int], size: int, threads: int, repeat: int) -> float:
    """Return MB per second of the best of ``repeat`` rounds, each ``threads`` pages at once."""
    seconds = []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(repeat):
            start = time.perf_counter()
            list(pool.map(work, range(threads)))
            seconds.append(time.perf_counter() - start)
    return round(threads * size / min(seconds) / 1e6, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    plain = page(options.rows)
    bodies = {"identity": (plain, None), "gzip": (gzip.compress(plain, 1), "gzip")}
    figures: dict[str, object] = {
        "rows": options.rows,
        "columns": len(FIELDS),
        "csv_mb": round(len(plain) / 1e6, 1),
        "gzip_mb": round(len(bodies["gzip"][0]) / 1e6, 1),
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, (body, encoding) in bodies.items():
            for threads in (1, 2):
                ways = {
                    "arrow": partial(to_arrow, body, encoding),
                    "parquet": partial(to_parquet, body, encoding, folder),
                }
                for way, work in ways.items():
                    figure = f"{name}_to_{way}_{threads}_mb_s"
                    figures[figure] = rate(work, len(plain), threads, options.repeat)
    figures["arrow_peak_mb"] = round((pa.default_memory_pool().max_memory() or 0) / 1e6, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
