"""Facts about made-up rows, asked of the tables themselves."""

from datetime import UTC, datetime

import pytest

from sallyport_org import ids
from sallyport_org.rows.generate import UnknownRowsError
from sallyport_org.server import OrgServer

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


def contents(server: OrgServer, table: str) -> list[tuple[object, ...]]:
    return server.sql(f'SELECT * FROM "{table}" ORDER BY Id')


def test_ids_have_the_right_prefix_and_check_characters(org: OrgServer) -> None:
    for sobject in org.org.schema:
        for (key,) in org.sql(f'SELECT Id FROM "{sobject.name}"'):
            assert key == ids.to_18(key[:15])
            assert key.startswith(sobject.prefix or "")


def test_sql_and_python_number_ids_alike(org: OrgServer) -> None:
    for sequence in (0, 1, 35, 36, 61, 62, 238_327, 238_328, 900_000_000):
        made = org.sql(f"SELECT {ids.sql_id('001', f'{sequence}::BIGINT')}")[0][0]
        assert made == ids.record_id("001", sequence)
        assert org.sql("SELECT " + ids.sql_to_18(f"'{made[:15]}'")) == [(made,)]


def test_known_ids_get_their_published_check_characters() -> None:
    assert ids.to_18("001D000000IRFma") == "001D000000IRFmaIAH"
    with pytest.raises(ids.MalformedIdError, match="malformed id 001-"):
        ids.to_18("001-")


def test_references_point_at_existing_rows(org: OrgServer) -> None:
    for sobject in org.org.schema:
        for field in sobject.stored_fields:
            targets = [one for name in field.refers_to if (one := org.org.schema.find(name))]
            union = " UNION ALL ".join(f'SELECT Id FROM "{one.name}"' for one in targets)
            if not targets:
                continue
            lost = org.sql(
                f'SELECT count(*) FROM "{sobject.name}" t WHERE "{field.name}" IS NOT NULL '
                f'AND "{field.name}" NOT IN ({union})'
            )
            assert lost == [(0,)], f"{sobject.name}.{field.name}"


def test_stamps_are_in_order_and_never_in_the_future(org: OrgServer) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for name in ("Account", "Contact", "Opportunity", "Task", "Showcase__c"):
        wrong, latest, oldest, different = org.sql(
            "SELECT count(*) FILTER (CreatedDate > LastModifiedDate OR LastModifiedDate > "
            "SystemModstamp), max(SystemModstamp), min(SystemModstamp), "
            f'count(*) FILTER (SystemModstamp > LastModifiedDate) FROM "{name}"'
        )[0]
        assert wrong == 0
        assert latest <= now
        assert (latest - oldest).days > 365
        assert different > 0


def test_values_fit_their_fields(org: OrgServer) -> None:
    for sobject in org.org.schema:
        for field in sobject.stored_fields:
            if field.length and field.type != "base64":
                ((longest,),) = org.sql(f'SELECT max(length("{field.name}")) FROM "{sobject.name}"')
                assert (longest or 0) <= field.length, f"{sobject.name}.{field.name}"
            if not field.nillable and org.org.engine.count(sobject) > 12:
                ((nulls,),) = org.sql(
                    f'SELECT count(*) FROM "{sobject.name}" WHERE "{field.name}" IS NULL'
                )
                assert nulls == 0, f"{sobject.name}.{field.name}"


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    rows = {"Account": 50, "Contact": 50}
    with (
        OrgServer(rows=rows, seed=7, as_of=AS_OF) as one,
        OrgServer(rows=rows, seed=7, as_of=AS_OF) as two,
        OrgServer(rows=rows, seed=8, as_of=AS_OF) as three,
    ):
        for table in rows:
            assert contents(one, table) == contents(two, table)
            assert contents(one, table) != contents(three, table)


def test_rows_do_not_depend_on_how_many_others_there_are() -> None:
    with (
        OrgServer(rows={"Account": 50, "Lead": 10}, as_of=AS_OF) as few,
        OrgServer(rows={"Account": 50, "Lead": 99}, as_of=AS_OF) as many,
    ):
        assert contents(few, "Account") == contents(many, "Account")
        plain = "SELECT Id, Name, Email, CreatedDate FROM Lead ORDER BY Id LIMIT 10"
        assert few.sql(plain) == many.sql(plain)


def test_asked_numbers_are_live_rows(org: OrgServer) -> None:
    assert org.sql("SELECT count(*), count(*) FILTER (IsDeleted) FROM Account") == [(305, 5)]
    counts = "count(*), count(*) FILTER (IsDeleted), count(*) FILTER (IsArchived)"
    assert org.sql(f"SELECT {counts} FROM Task") == [(110, 5, 5)]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ({"Nothing": 1}, "no object is called 'Nothing'; known objects: Account,"),
        ({"Account": -1}, "Account=-1: a number of rows is 0 to"),
        ({"User": 5}, "User rows are part of the org"),
        ({"OpportunityContactRole": 5}, "rows need Opportunity rows"),
    ],
)
def test_impossible_numbers_are_refused(rows: dict[str, int], problem: str) -> None:
    with pytest.raises(UnknownRowsError, match=problem):
        OrgServer(rows=rows).start()
