"""Queries that must be refused, each with the code Salesforce refuses it with, and plain noise."""

from dataclasses import dataclass

from hypothesis import strategies as st

from checks.soql_oracle.world import TABLES


@dataclass(frozen=True)
class Nonsense:
    """A text and the code it is refused with; None where only a server error would be wrong."""

    soql: str
    code: str | None


_TEMPLATES = (
    ("SELECT Id, Nope__c FROM {t}", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE Nope__c = 1", "INVALID_FIELD"),
    ("SELECT Nope.Name FROM {t}", "INVALID_FIELD"),
    ("SELECT Id FROM {t}x", "INVALID_TYPE"),
    ("SELECT Id, (SELECT Id FROM Nopes) FROM {t}", "INVALID_TYPE"),
    ("SELECT Id FORM {t}", "MALFORMED_QUERY"),
    ("SELECT FROM {t}", "MALFORMED_QUERY"),
    ("SELECT Id", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id IN ()", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id = :id", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id = 'x", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id = 'nope'", "INVALID_QUERY_FILTER_OPERATOR"),
    ("SELECT Id FROM {t} WHERE Id = 5", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE Id LIKE '{n}%'", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE IsDeleted = 'true'", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE IsDeleted > false", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE CreatedDate > '2024-01-01'", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE CreatedDate > 2024-01-01", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE CreatedDate = 2024-02-30T00:00:00Z", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE CreatedDate = LAST_N_PARSECS:{n}", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE CreatedDate = LAST_N_DAYS:{n}000000000", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id != null AND Id != null OR Id = null", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE COUNT(Id) > {n}", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} WHERE Id INCLUDES ('a')", "INVALID_FIELD"),
    ("SELECT Id FROM {t} WHERE Id IN (SELECT Id FROM {t})", "INVALID_FIELD"),
    ("SELECT Id, COUNT(Id) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT MAX(CreatedDate) FROM {t} LIMIT {n}", "MALFORMED_QUERY"),
    ("SELECT COUNT(Id) FROM {t} GROUP BY CreatedDate", "INVALID_FIELD"),
    ("SELECT COUNT(Id) FROM {t} HAVING COUNT(Id) > {n}", "MALFORMED_QUERY"),
    ("SELECT SUM(Id) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT COUNT(IsDeleted) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT COUNT(), Id FROM {t}", "MALFORMED_QUERY"),
    ("SELECT Id x FROM {t}", "MALFORMED_QUERY"),
    ("SELECT Id, Id FROM {t}", "INVALID_FIELD"),
    ("SELECT CALENDAR_YEAR(CreatedDate) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT NOPE(Id) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} ORDER BY", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} ORDER BY Id NULLS", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} LIMIT -{n}", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} LIMIT {n}.5", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} LIMIT 99999999999999999999", "NUMBER_OUTSIDE_VALID_RANGE"),
    ("SELECT Id FROM {t} OFFSET 200{n}", "NUMBER_OUTSIDE_VALID_RANGE"),
    ("SELECT Id FROM {t} ALL ROWS", "MALFORMED_QUERY"),
    ("SELECT FIELDS(ALL) FROM {t}", "MALFORMED_QUERY"),
    ("SELECT FIELDS(CUSTOM) FROM {t} LIMIT 20{n}", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t} USING SCOPE nowhere", "MALFORMED_QUERY"),
    ("SELECT Id FROM {t}; DROP TABLE {t}", "MALFORMED_QUERY"),
    ("", "MALFORMED_QUERY"),
)
_LONG_TEXTS = (("Account", "Description"), ("Showcase__c", "Notes__c"))
_PIECES = (
    *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ORDER BY", "GROUP BY", "LIMIT"),
    *("(", ")", ",", "'", "''", "=", "<", "Id", "Name", "Account", "Contact", "COUNT()", "null"),
    *("5", "1e999", "-", "2024-01-01", "TODAY", ":", "\\", "%", "\x00", "é", "😀", "((((", "NULLS"),
)


def nonsense() -> st.SearchStrategy[Nonsense]:
    """Draw a query that must be refused, or noise."""
    tables = st.sampled_from(sorted(TABLES))
    wrong = st.builds(
        lambda template, table, number: Nonsense(
            template[0].format(t=table, n=number), template[1]
        ),
        st.sampled_from(_TEMPLATES),
        tables,
        st.integers(1, 9),
    )
    unfit = st.builds(
        lambda place, template: Nonsense(template.format(*place), "INVALID_FIELD"),
        st.sampled_from(_LONG_TEXTS),
        st.sampled_from(
            (
                "SELECT Id FROM {0} WHERE {1} = 'x'",
                "SELECT Id FROM {0} WHERE {1} LIKE 'x%'",
                "SELECT Id FROM {0} ORDER BY {1}",
                "SELECT COUNT(Id) FROM {0} GROUP BY {1}",
            )
        ),
    )
    noise = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=12).map(
        lambda pieces: Nonsense("SELECT Id " + " ".join(pieces), None)
    )
    return st.one_of(wrong, wrong, wrong, unfit, noise)
