"""Expressions as SQL with their types.

What belongs here: following names (``scope``) and applying functions (``functions``). What does
not: where an expression may stand.
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport_org import errors
from sallyport_org.errors.soql import Place
from sallyport_org.soql import functions
from sallyport_org.soql.functions import Value
from sallyport_org.soql.scope import Scope
from sallyport_org.soql.tree import Call, Distance, Expression, FieldPath


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one query; ``groups`` is its GROUP BY, ``grouping`` ROLLUP, CUBE or empty."""

    scope: Scope
    groups: tuple[Expression, ...] = ()
    grouping: str = ""

    def of(self, what: Expression) -> Value:
        """Return an expression as SQL with its type; raises a refusal in Salesforce's words."""
        place = self.place(what.at)
        match what:
            case FieldPath():
                column = self.scope.find(what)
                name, owner = ".".join(column.path), column.source.sobject.name
                return Value(column.sql, column.field.type, name, column.field, owner=owner)
            case Distance():
                column = self.scope.find(what.path)
                return functions.distance(column, what.latitude, what.longitude, what.unit, place)
            case Call():
                argument = None if what.argument is None else self.of(what.argument)
                if what.function == "GROUPING" and argument is not None:
                    self._check_total(argument, place)
                return functions.apply(what.function, argument, place)

    def is_group(self, value: Value) -> bool:
        """Tell whether a value is one of those the query groups by."""
        return any(
            value.sql == self.of(group).sql for group in self.groups if not aggregates(group)
        )

    def _check_total(self, value: Value, place: Place) -> None:
        """Refuse GROUPING() of what ROLLUP or CUBE does not add up over."""
        if not self.grouping or not self.is_group(value):
            raise errors.soql.not_grouped(place, value.name)

    def place(self, at: int) -> Place:
        """Return a position in the query."""
        return Place(self.scope.text, at)


def aggregates(what: object) -> bool:
    """Tell whether an expression holds an aggregate function."""
    return isinstance(what, Call) and (
        what.function in functions.AGGREGATES or aggregates(what.argument)
    )
