"""Random queries judged by SQLite: a smaller helping of ``make soql``, with another seed."""

from checks.soql import verdicts

QUERIES = 150


def test_random_queries_answer_what_sqlite_says_or_are_refused() -> None:
    found = list(verdicts(QUERIES, seed=7))
    assert [(one.soql, one.detail) for one in found if not one.good] == []
    valid = [one for one in found if one.valid]
    assert len(found) == QUERIES
    assert len(valid) >= 0.6 * QUERIES
    assert 2 * sum(one.rows > 0 for one in valid) >= len(valid)
