"""Sending questions as a client does, and comparing the answers with SQLite's."""

import json
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from checks.soql_oracle.as_soql import soql
from checks.soql_oracle.as_sql import children_sql, count_sql, groups_sql, rows_sql
from checks.soql_oracle.drawing import Drawing
from checks.soql_oracle.nonsense import Nonsense, nonsense
from checks.soql_oracle.questions import Count, Groups, Part, Question, Ref, Rows
from checks.soql_oracle.world import World

Get = Callable[[str], tuple[int, bytes]]
"""Asks a path of the org; returns status and body."""

QUERY = "/services/data/v60.0"
NONSENSE_SHARE = 5
"""One query in so many is meant to be refused."""

Drawn = TypeVar("Drawn")


@dataclass(frozen=True)
class Verdict:
    """What became of one query. ``rows`` counts the records of a valid one."""

    soql: str
    valid: bool
    good: bool
    rows: int = 0
    detail: str = ""


def draw(world: World, count: int, start: int) -> list[Question | Nonsense]:
    """Return that many different queries, always the same for the same seed."""
    wrong = count // NONSENSE_SHARE
    return [
        *_drawn(Drawing(world).question(), count - wrong, start, soql),
        *_drawn(nonsense(), wrong, start, lambda one: one.soql),
    ]


def _drawn(
    strategy: st.SearchStrategy[Drawn], count: int, start: int, key: Callable[[Drawn], Hashable]
) -> list[Drawn]:
    """Return ``count`` examples that differ in ``key``, seed after seed until there are enough."""
    found: dict[Hashable, Drawn] = {}

    def keep(one: Drawn) -> None:
        found.setdefault(key(one), one)

    while len(found) < count:
        run = given(strategy)(keep)
        run = settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(run)
        seed(start)(run)()
        start += 1
    return list(found.values())[:count]


def judge(world: World, get: Get, asked: Question | Nonsense) -> Verdict:
    """Send one query and compare; any answer but the expected one is not good."""
    if isinstance(asked, Nonsense):
        return _refused(get, asked)
    text = soql(asked)
    path = "queryAll" if isinstance(asked, Rows) and asked.all_rows else "query"
    status, body = get(f"{QUERY}/{path}?q={quote(text)}")
    if status != 200:
        return Verdict(text, True, False, 0, f"{status} {body.decode()[:300]}")
    answer = json.loads(body)
    match asked:
        case Count():
            wanted = world.database.execute(count_sql(asked)).fetchone()[0]
            good = answer == {"totalSize": wanted, "done": True, "records": []}
            return Verdict(text, True, good, wanted, "" if good else f"{answer} not {wanted}")
        case Groups():
            return _compared(text, *_groups(world, asked, answer), in_order=False)
        case Rows():
            records = _all(get, answer)
            return _compared(text, *_rows(world, get, asked, records), in_order=bool(asked.order))


def _refused(get: Get, asked: Nonsense) -> Verdict:
    status, body = get(f"{QUERY}/query?q={quote(asked.soql)}")
    if asked.code is None:
        return Verdict(asked.soql, False, status < 500, 0, f"{status} {body.decode()[:200]}")
    good = status == 400 and json.loads(body)[0]["errorCode"] == asked.code
    return Verdict(asked.soql, False, good, 0, f"{status} {body.decode()[:200]}, not {asked.code}")


def _all(get: Get, answer: Any) -> list[Any]:
    """Return every record, page after page; the number must be the one announced."""
    records = list(answer["records"])
    page = answer
    while not page["done"]:
        _, body = get(page["nextRecordsUrl"])
        page = json.loads(body)
        records += page["records"]
    if len(records) != answer["totalSize"]:
        raise AssertionError(f"{len(records)} records, announced were {answer['totalSize']}")
    return records


def _rows(
    world: World, get: Get, asked: Rows, records: list[Any]
) -> tuple[list[list[Any]], list[list[Any]]]:
    kinds = [ref.column.kind for ref in asked.fields]
    wanted = [_as_json(row, kinds) for row in world.database.execute(rows_sql(asked))]
    got = [[_at(record, ref) for ref in asked.fields] for record in records]
    for child in asked.children:
        kinds = [ref.column.kind for ref in child.fields]
        for row in wanted:
            sql = children_sql(child, row[0])
            row.append([_as_json(one, kinds) for one in world.database.execute(sql)])
        for row, record in zip(got, records, strict=True):
            answer = record[child.name]
            found = [] if answer is None else _all(get, answer)
            row.append([[_at(one, ref) for ref in child.fields] for one in found])
    return got, wanted


def _groups(world: World, asked: Groups, answer: Any) -> tuple[list[list[Any]], list[list[Any]]]:
    kinds = [_kind(key) for key in asked.keys]
    kinds += [
        one.ref.column.kind if one.function in ("MIN", "MAX") else "number"
        for one in asked.aggregates
    ]
    wanted = [
        _as_json(row, kinds) for sql in groups_sql(asked) for row in world.database.execute(sql)
    ]
    names: list[str] = []
    unnamed = 0
    for one in (*asked.keys, *asked.aggregates):
        alias = one.column.name if isinstance(one, Ref) else getattr(one, "alias", None)
        names.append(alias or f"expr{unnamed}")
        unnamed += alias is None
    return [[record[name] for name in names] for record in answer["records"]], wanted


def _kind(key: Ref | Part) -> str:
    if isinstance(key, Ref):
        return key.column.kind
    return "date" if key.function == "DAY_ONLY" else "number"


def _at(record: Any, ref: Ref) -> Any:
    for step in ref.steps:
        record = record[step.relationship]
        if record is None:
            return None
    return record[ref.column.name]


def _as_json(row: tuple[Any, ...], kinds: list[str]) -> list[Any]:
    """Return a row of SQLite's as REST writes its values."""
    written: list[Any] = []
    for value, kind in zip(row, kinds, strict=True):
        if value is None:
            written.append(None)
        elif kind == "boolean":
            written.append(bool(value))
        elif kind == "datetime":
            written.append(value.replace(" ", "T") + ".000+0000")
        elif kind == "time":
            written.append(value + ".000Z")
        else:
            written.append(value)
    return written


def _compared(
    text: str, got: list[list[Any]], wanted: list[list[Any]], *, in_order: bool
) -> Verdict:
    if not in_order:
        got, wanted = sorted(got, key=_key), sorted(wanted, key=_key)
    if len(got) != len(wanted):
        detail = f"{len(got)} rows, not {len(wanted)}"
        return Verdict(text, True, False, len(wanted), detail)
    for one, other in zip(got, wanted, strict=True):
        if not _same(one, other):
            return Verdict(text, True, False, len(wanted), f"{one} not {other}")
    return Verdict(text, True, True, len(wanted))


def _key(row: list[Any]) -> str:
    return json.dumps([f"{one:.9g}" if isinstance(one, int | float) else one for one in row])


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return bool(one == other)
