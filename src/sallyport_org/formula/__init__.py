"""Formulas: the language of formula fields, validation rules and default values, as SQL.

What belongs here: reading formulas and turning them into SQL over a row's alias. What does not:
which fields and rules there are (``schema``), and when a rule is asked (``dml``).

Public names: :func:`field_sql` (a formula field's value), :func:`rule_sql` (does a row break a
rule?), :func:`value_sql` (a default value), :func:`check_object` (everything an object computes),
:class:`FormulaError`.

The language is documented at
https://help.salesforce.com/s/articleView?id=sf.customize_functions.htm
"""

from __future__ import annotations

from sallyport_org.formula.compiler import check_object, field_sql, rule_sql, value_sql
from sallyport_org.formula.parser import FormulaError

__all__ = ["FormulaError", "check_object", "field_sql", "rule_sql", "value_sql"]
