"""``sallyport query``: SQL over the datasets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sallyport.cli import display
from sallyport.cli.installation import opened
from sallyport.cli.options import AsJson
from sallyport.errors import InvalidRequest

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN_ROWS = 100


def query(
    sql: Annotated[
        str,
        typer.Argument(
            metavar="SQL",
            help='One statement that reads, like "SELECT Name FROM Account LIMIT 5".',
            show_default=False,
        ),
    ],
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help=f"Most rows to print; default: {_SHOWN_ROWS} in a table, all otherwise.",
            show_default=False,
        ),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", metavar="", help="Print CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """Query the datasets by SQL (DuckDB's); an object's table bears the object's name.

    Where several connections bring the same object, "connection.Object" is the table of each.
    """
    if as_csv and as_json:
        raise InvalidRequest("and --json exclude each other.", field="--csv", cure="Choose one.")
    most = limit or (None if as_csv or as_json else _SHOWN_ROWS)
    with opened() as here:
        from sallyport.datasets import views

        tables = here.services.catalog.tables(here.scope)
        beyond = None if most is None else most + 1  # one more tells whether there are more
        found = views.query(here.services.lake, tables, sql, limit_rows=beyond)
    cut = most is not None and found.num_rows > most
    if cut:
        found = found.slice(0, most)
    if as_csv:
        _print_csv(found)
    elif as_json:
        display.emit(_rows(found))
    else:
        _print_table(found)
    if cut:
        display.say(f"Only the first {most:,} rows; --limit, --csv or --json give more.")


def _rows(found: pa.Table) -> list[dict[str, object]]:
    """Return the rows as objects; the second column of a name gets ``_2`` behind it."""
    names = [
        name if (before := found.column_names[:place].count(name)) == 0 else f"{name}_{before + 1}"
        for place, name in enumerate(found.column_names)
    ]
    return [dict(row) for row in found.rename_columns(names).to_pylist()]


def _print_table(found: pa.Table) -> None:
    import pyarrow.types as kinds

    right = [
        place
        for place, field in enumerate(found.schema)
        if kinds.is_integer(field.type) or kinds.is_floating(field.type)
    ]
    rows = zip(*(column.to_pylist() for column in found.columns), strict=True)
    display.table(found.column_names, list(rows), right=right)


def _print_csv(found: pa.Table) -> None:
    """Print the rows; an empty text is quoted, an unknown value is nothing between commas."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as csv
    import pyarrow.types as kinds

    columns = [
        pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
        if kinds.is_timestamp(column.type)
        else column
        for column in found.columns
    ]
    sys.stdout.flush()
    csv.write_csv(pa.table(columns, names=found.column_names), sys.stdout.buffer)
    sys.stdout.flush()
