"""Refusals of queries: those that point into the text, and those about the whole of it.

Every function says how well its wording is known. A :class:`Place` is where in which text a
refusal points; Salesforce writes the line, a caret, the row and the column before the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport_org.errors.kinds import Refusal
from sallyport_org.errors.records import unknown_type as unknown_object


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a query's text, counted from 0."""

    text: str
    at: int

    def refuse(self, code: str, message: str) -> Refusal:
        """Return a refusal that points here."""
        return at_position(code, message, self.text, self.at)


def at_position(code: str, message: str, text: str, at: int) -> Refusal:
    """A refusal that points into the query: its line, a caret, the row and column (observed)."""
    before = text[:at]
    row = before.count("\n") + 1
    start = before.rfind("\n") + 1
    line = text[start:].split("\n", 1)[0]
    column = at - start + 1
    caret = " " * (column - 1) + "^"
    return Refusal(400, code, f"\n{line}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")


# -- the text as a whole


def malformed_query(message: str) -> Refusal:
    """A query refused as a whole, without a position."""
    return Refusal(400, "MALFORMED_QUERY", message)


def invalid_field(message: str) -> Refusal:
    """A field used in a way it cannot be, without a position."""
    return Refusal(400, "INVALID_FIELD", message)


def no_query() -> Refusal:
    """The parameter ``q`` is missing or empty (observed)."""
    return malformed_query("A query string has to be specified")


def too_long() -> Refusal:
    """More than 100,000 characters (limit documented, text observed)."""
    return malformed_query("SOQL statements cannot be longer than 100000 characters.")


def too_complicated() -> Refusal:
    """Conditions nested too deeply (code documented, text observed, the bound assumed)."""
    return Refusal(
        400,
        "QUERY_TOO_COMPLICATED",
        "Query is either selecting too many fields or the filter conditions are too complicated.",
    )


def timeout() -> Refusal:
    """The query ran for longer than the org allows (observed)."""
    return Refusal(400, "QUERY_TIMEOUT", "Your query request was running for too long.")


def invalid_query_locator() -> Refusal:
    """A ``nextRecordsUrl`` that is unknown or no longer kept (code documented, text assumed)."""
    return Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def no_query_more() -> Refusal:
    """A grouped query with more rows than one page holds (rule documented, text observed)."""
    return Refusal(
        400,
        "EXCEEDED_ID_LIMIT",
        "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a "
        "single batch",
    )


def offset_too_large(most: int) -> Refusal:
    """OFFSET above the documented bound (observed)."""
    return Refusal(400, "NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {most}")


def number_too_large(text: str) -> Refusal:
    """A LIMIT or OFFSET no integer can hold (assumed)."""
    return Refusal(400, "NUMBER_OUTSIDE_VALID_RANGE", f"For input string: '{text}'")


def not_queryable(name: str) -> Refusal:
    """An object whose describe says it cannot be queried (observed)."""
    return Refusal(400, "INVALID_TYPE_FOR_OPERATION", f"entity type {name} does not support query")


def implementation_restriction(message: str) -> Refusal:
    """An object that may only be asked with certain filters (observed)."""
    return malformed_query(f"Implementation restriction: {message}")


def duplicate_field(name: str) -> Refusal:
    """The same field twice in a field list (observed)."""
    return invalid_field(f"duplicate field selected: {name}")


def duplicate_alias(name: str) -> Refusal:
    """Two values of a grouped query under one name (observed)."""
    return malformed_query(f"duplicate alias: {name}")


def too_many_subqueries(most: int) -> Refusal:
    """More child queries than allowed (limit documented, text assumed)."""
    return malformed_query(f"Maximum number of parent-to-child relationships is {most}")


def too_many_parents(most: int) -> Refusal:
    """More child-to-parent relationships than allowed (limit documented, text assumed)."""
    return malformed_query(f"Maximum number of child-to-parent relationships is {most}")


# -- reading


def unexpected_token(place: Place, token: str) -> Refusal:
    """The grammar expects something else here (observed)."""
    return place.refuse("MALFORMED_QUERY", f"unexpected token: '{token}'")


def unclosed_text(place: Place) -> Refusal:
    """A quote that is never closed (observed)."""
    message = "line break or end of query inside a quoted string"
    return place.refuse("MALFORMED_QUERY", message)


def illegal_escape(place: Place, literal: str, escape: str) -> Refusal:
    """A backslash before a character that needs none (observed)."""
    return place.refuse(
        "MALFORMED_QUERY",
        f"Invalid string literal '{literal}'. Illegal character sequence '\\{escape}' in string "
        "literal.",
    )


def bind_variable(place: Place) -> Refusal:
    """A ``:name``, which only Apex can fill in (observed)."""
    return place.refuse("MALFORMED_QUERY", "Bind variables only allowed in Apex code")


def all_rows() -> Refusal:
    """``ALL ROWS``, which belongs to Apex; over REST there is queryAll (observed)."""
    return malformed_query("ALL ROWS not allowed in this context")


# -- names


def too_deep(place: Place, path: str, most: int) -> Refusal:
    """A path across more relationships than allowed (limit documented, text assumed)."""
    return place.refuse(
        "INVALID_FIELD", f"{path}: a field path may cross at most {most} relationships"
    )


def nested_children(place: Place) -> Refusal:
    """A child query inside a child query before version 58.0 (observed)."""
    return place.refuse(
        "MALFORMED_QUERY",
        "SOQL statements cannot query aggregate relationships more than 1 level away from the "
        "root entity object.",
    )


def not_a_parent_of_several_kinds(place: Place, name: str) -> Refusal:
    """TYPEOF of a relationship that leads to one object only (assumed)."""
    return place.refuse("INVALID_FIELD", f"{name} is not a polymorphic relationship")


def never_this_kind(place: Place, relationship: str, kind: str) -> Refusal:
    """TYPEOF … WHEN an object the relationship cannot lead to (assumed)."""
    return place.refuse("INVALID_TYPE", f"{relationship} cannot reference {kind}")


def typeof_and_field(name: str) -> Refusal:
    """TYPEOF beside a field of the same relationship (rule documented, text assumed)."""
    return malformed_query(f"{name} cannot be selected both with TYPEOF and by itself")


def unknown_type(place: Place, name: str) -> Refusal:
    """FROM, or WHEN of a TYPEOF, names an object the org does not have (observed)."""
    refusal = unknown_object(name)
    return place.refuse(refusal.code, refusal.message)


def unsupported_scope(place: Place, scope: str, entity: str) -> Refusal:
    """USING SCOPE with one the object does not list (assumed)."""
    return place.refuse("MALFORMED_QUERY", f"Scope '{scope}' is not supported for {entity}")


def fields_need_limit(place: Place) -> Refusal:
    """FIELDS(ALL) or FIELDS(CUSTOM) without a LIMIT of at most 200 (observed)."""
    message = "The SOQL FIELDS function must have a LIMIT of at most 200"
    return place.refuse("MALFORMED_QUERY", message)


def aliased_field(place: Place) -> Refusal:
    """An alias on a plain field (observed)."""
    return place.refuse("MALFORMED_QUERY", "only aggregate expressions use field aliasing")


# -- what a field allows


def not_filterable(place: Place, name: str) -> Refusal:
    """A condition on a field that cannot be filtered (observed)."""
    return place.refuse("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")


def not_sortable(place: Place, name: str) -> Refusal:
    """ORDER BY a field that cannot be sorted (observed)."""
    return place.refuse("INVALID_FIELD", f"field '{name}' can not be sorted in a query call")


def not_groupable(place: Place, name: str) -> Refusal:
    """GROUP BY a field that cannot be grouped (observed)."""
    return place.refuse("INVALID_FIELD", f"field '{name}' can not be grouped in a query call")


def not_aggregatable(place: Place, name: str, function: str) -> Refusal:
    """An aggregate of a field that does not allow it (observed)."""
    message = f"field {name} does not support aggregate operator {function}"
    return place.refuse("MALFORMED_QUERY", message)


def wrong_operator(place: Place, kind: str) -> Refusal:
    """An operator the field's type does not have (observed)."""
    return place.refuse("INVALID_FIELD", f"invalid operator on {kind} field")


def wrong_kind(place: Place, name: str, kind: str, *, quoted: bool) -> Refusal:
    """A value of another type than the field's (observed)."""
    return place.refuse(
        "INVALID_FIELD",
        f"value of filter criterion for field '{name}' must be of type {kind} and "
        f"{'should be' if quoted else 'should not be'} enclosed in quotes",
    )


def malformed_id(place: Place, text: str) -> Refusal:
    """A text compared with an id that cannot be one (observed)."""
    return place.refuse("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")


def no_such_day(place: Place, kind: str, text: str) -> Refusal:
    """A date, time or datetime no calendar has (assumed)."""
    return place.refuse("INVALID_FIELD", f"Invalid {kind}: {text}")


def number_out_of_range(place: Place, text: str) -> Refusal:
    """A number, or a date literal's count, beyond every bound (assumed)."""
    return place.refuse("MALFORMED_QUERY", f'For input string: "{text}"')


def one_currency(place: Place) -> Refusal:
    """Currency codes and conversions where there is one currency (documented, text assumed)."""
    message = "Currency conversion is only available in organizations with multiple currencies"
    return place.refuse("MALFORMED_QUERY", message)


# -- functions and groups


def unknown_function(place: Place, name: str) -> Refusal:
    """A function SOQL does not have (assumed)."""
    return place.refuse("MALFORMED_QUERY", f"Invalid function: {name}")


def wrong_argument(place: Place, function: str, name: str) -> Refusal:
    """A function of a field of another type (assumed)."""
    return place.refuse("INVALID_FIELD", f"{function} does not support the field {name}")


def not_grouped(place: Place, name: str) -> Refusal:
    """A field beside aggregates that is no group (observed)."""
    return place.refuse("MALFORMED_QUERY", f"Field must be grouped or aggregated: {name}")


def not_grouped_but_ordered(place: Place, name: str) -> Refusal:
    """ORDER BY something that is neither group nor aggregate (observed)."""
    message = f"Ordered field must be grouped or aggregated: {name}"
    return place.refuse("MALFORMED_QUERY", message)


def ungrouped_limit() -> Refusal:
    """LIMIT beside aggregates without GROUP BY (rule documented, text observed)."""
    return malformed_query(
        "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"
    )


def grouped_children() -> Refusal:
    """A child query in a grouped query (rule documented, text observed)."""
    return malformed_query("Grouped query cannot use child relationships in the SELECT list")


def too_many_groups(most: int) -> Refusal:
    """More fields in ROLLUP or CUBE than allowed (limit documented, text assumed)."""
    return malformed_query(f"GROUP BY ROLLUP and CUBE take at most {most} fields")


# -- semi-joins and anti-joins


def semi_join_with_or() -> Refusal:
    """A semi-join beside OR (observed)."""
    return malformed_query("Semi join sub-selects are not allowed with the 'OR' operator")


def semi_join_nested() -> Refusal:
    """A semi-join inside brackets with other conditions, or behind NOT (observed)."""
    return malformed_query(
        "Semi join sub-selects are only allowed at the top level WHERE expressions and not in "
        "nested WHERE expressions."
    )


def semi_join_in_semi_join() -> Refusal:
    """A semi-join inside a semi-join (observed)."""
    return malformed_query("Nesting of semi join sub-selects is not supported")


def semi_join_outside_where() -> Refusal:
    """A semi-join in HAVING (observed)."""
    return malformed_query("Semi-joins are only supported in WHERE clauses")


def too_many_semi_joins(most: int) -> Refusal:
    """More semi-joins than allowed (limit documented, text assumed)."""
    return malformed_query(f"Only {most} semi join sub-selects are allowed in one query")


def semi_join_left(place: Place, name: str) -> Refusal:
    """A semi-join whose left side is no id (observed)."""
    return place.refuse(
        "INVALID_FIELD",
        "The left operand field in the where expression for outer query should be an id field, "
        f"cannot use: '{name}'",
    )


def semi_join_selects(place: Place) -> Refusal:
    """A semi-join that does not select one id field (rule documented, text assumed)."""
    return place.refuse("MALFORMED_QUERY", "Inner selects must select exactly one id field")


def semi_join_clause(place: Place, clause: str) -> Refusal:
    """ORDER BY, LIMIT and the like in a semi-join (rule documented, text assumed)."""
    return place.refuse("MALFORMED_QUERY", f"{clause} is not supported in inner selects")


def semi_join_entity(place: Place, entity: str) -> Refusal:
    """An object semi-joins cannot select from (rule documented, text observed)."""
    message = f"Entity '{entity}' is not supported for semi join inner selects"
    return place.refuse("INVALID_FIELD", message)


def semi_join_same_object(place: Place) -> Refusal:
    """A semi-join on the object asked itself (rule documented, text observed)."""
    message = "The inner and outer selects should not be on the same object type"
    return place.refuse("INVALID_FIELD", message)


def semi_join_kinds(place: Place, inner: str, left: str) -> Refusal:
    """Both sides of a semi-join are ids of different objects (observed)."""
    return place.refuse(
        "MALFORMED_QUERY",
        f"The selected field '{inner}' in the subquery and the left operand field in the where "
        f"expression in the outer query '{left}' should point to the same object type",
    )
