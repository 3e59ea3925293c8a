"""A browser without scripts: follows redirects, keeps cookies, fills in forms.

What belongs here: pages as people use them. What does not: what any page is for, and HTTP
(``doors``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urljoin, urlsplit

from checks.doors import Answer, Request, form

MOST_REDIRECTS = 12

Fields = Mapping[str, str | list[str] | None]
"""What is typed and ticked; None takes a tick or a text away."""


class PageError(ValueError):
    """A page was another than expected; the text says which and what it shows."""


@dataclass
class Form:
    """One form: where it goes, its fields with their values, its buttons by what they show."""

    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    ticks: set[str] = field(default_factory=set)

    def has(self, names: Fields, button: str) -> bool:
        known = self.fields.keys() | self.ticks
        return all(name in known for name in names) and (not button or button in self.buttons)


class Browser:
    """Somebody's browser; ``ask`` sends a request.

    It stops where a redirect leads out of Salesforce: an app's own address, where nobody listens.
    ``answer`` is what was last shown, ``url`` where: the app's address after such a stop.
    """

    def __init__(self, ask: Callable[[Request], Answer]) -> None:
        self._ask = ask
        self._cookies: dict[str, dict[str, str]] = {}
        self.url = ""
        self.answer = Answer("", 0, {}, (), b"")

    @property
    def text(self) -> str:
        """The words of the page, with single blanks."""
        body = self.answer.text.partition("<body")[2].partition(">")[2]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def query(self) -> dict[str, str]:
        """What the address says behind ``?`` and ``#``."""
        parts = urlsplit(self.url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        return dict(pairs + parse_qsl(parts.fragment, keep_blank_values=True))

    @property
    def forms(self) -> list[Form]:
        """The forms of the page, in order."""
        reader = _Forms()
        reader.feed(self.answer.text)
        return reader.found

    def open(self, url: str) -> None:
        """Go to an address."""
        self._go(Request("GET", url))

    def asks_for(self, name: str) -> bool:
        """Tell whether a form of the page has a field."""
        return any(name in one.fields for one in self.forms)

    def submit(self, values: Fields, button: str = "", to: str = "") -> None:
        """Send the form that has these fields and this button, and goes to an address with ``to``.

        Fields not named keep what the page put there.
        """
        for one in self.forms:
            if one.has(values, button) and to in one.action:
                break
        else:
            raise PageError(f"{self.url} has no form with {sorted(values)} {button}: {self.text}")
        sent: dict[str, str | list[str]] = {**one.fields, **one.buttons.get(button, {})}
        for name, value in values.items():
            sent.pop(name, None)
            if value is not None:
                sent[name] = value
        self._go(form(urljoin(self.url, one.action), sent))

    def _go(self, request: Request) -> None:
        """Follow redirects to a page, or out to an app."""
        for _ in range(MOST_REDIRECTS):
            self.answer = self._once(request)
            self.url = request.url
            if self.answer.status not in (302, 303):
                return
            self.url = urljoin(request.url, self.answer.location)
            here, there = urlsplit(request.url), urlsplit(self.url)
            if here.netloc != there.netloc and not there.netloc.endswith(".salesforce.com"):
                return
            request = Request("GET", self.url)
        raise PageError(f"too many redirects, the last to {self.url}")

    def _once(self, request: Request) -> Answer:
        kept = self._cookies.setdefault(urlsplit(request.url).netloc, {})
        cookies = "; ".join(f"{name}={value}" for name, value in kept.items())
        answer = self._ask(
            Request(
                request.method, request.url, request.body, (*request.headers, ("Cookie", cookies))
            )
        )
        for text in answer.cookies:
            for name, morsel in SimpleCookie(text).items():
                kept[name] = morsel.value
                if morsel["max-age"] == "0":
                    del kept[name]
        return answer


class _Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside = False
        self._area = self._select = ""
        self._pressed: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given.get("action", "")))
            self._inside = True
        if not self._inside:
            return
        here, name = self.found[-1], given.get("name", "")
        if tag == "button":
            self._pressed = {name: given.get("value", "")} if name else {}
        elif tag == "input" and name:
            self._read_input(here, name, given)
        elif tag == "textarea":
            self._area = name
            here.fields[name] = [""]
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in here.fields):
            here.fields[self._select] = [given.get("value", "")]

    @staticmethod
    def _read_input(here: Form, name: str, given: Mapping[str, str]) -> None:
        if given.get("type") not in ("checkbox", "radio"):
            here.fields.setdefault(name, []).append(given.get("value", ""))
            return
        here.ticks.add(name)
        if "checked" in given:
            here.fields.setdefault(name, []).append(given.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1].fields[self._area][0] += data
        elif self._pressed is not None and data.strip():
            self.found[-1].buttons[data.strip()] = self._pressed

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "button":
            self._pressed = None
        elif tag == "form":
            self._inside = False
