"""What a browser sends: a posted form, and cookies.

What belongs here: reading them. What does not: judging what they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from sallyport_org.web import Call


class Form:
    """The fields of a form; a field left out is an empty text."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """Return a field without blanks around it."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field as it was typed: passwords may begin or end with a blank."""
        return next(iter(self._values.get(name, ())), "")

    def every(self, name: str) -> list[str]:
        """Return all values of a field that can be chosen more than once."""
        return list(self._values.get(name, ()))

    def names(self) -> list[str]:
        """Return the names of all fields."""
        return list(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values


def read_form(call: Call) -> Form:
    """Return the form in a call's body, or that in its address when it was no POST."""
    if call.method == "POST":
        return Form(parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    return Form({name: [value] for name, value in call.query.items()})


def cookie(call: Call, name: str) -> str:
    """Return a cookie's value, or an empty text."""
    try:
        found = SimpleCookie(call.headers.get("Cookie", "")).get(name)
    except CookieError:  # a cookie of somebody else's on this host that no standard allows
        return ""
    return found.value if found is not None else ""
