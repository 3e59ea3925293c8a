"""A browser without scripts: keeps cookies, follows redirects within its host, sends forms."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from sallyport_org.identity import User
from sallyport_org.server import OrgServer
from tests.org.wire import FORM, Answer, ask


@dataclass
class Sheet:
    """A page as somebody reads it: its text, and the fields of its forms."""

    answer: Answer
    address: str

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def html(self) -> str:
        return self.answer.body.decode()

    @property
    def text(self) -> str:
        """The words between <body> and its end, with single blanks."""
        body = self.html.partition("<body")[2].partition(">")[2]
        body = re.sub(r"</?(a|b|code|strong)\b[^>]*>", "", body)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def path(self) -> str:
        return urlsplit(self.address).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.address).query, keep_blank_values=True))

    @property
    def fields(self) -> dict[str, list[str]]:
        """What every form on the page would send, all together."""
        reader = _Fields()
        reader.feed(self.html)
        return reader.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._area = self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "textarea":
            self._area = name
            self.found.setdefault(name, [""])
        elif tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.found[self._select] = [given.get("value", "")]
        elif tag == "input" and name:
            ticks = given.get("type") in ("checkbox", "radio")
            if not ticks or "checked" in given:
                self.found.setdefault(name, []).append(given.get("value", "on"))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] = [self.found[self._area][0] + data]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


@dataclass
class Visitor:
    """Somebody with a browser; ``host`` is what stands in the address bar instead of the server."""

    server: OrgServer
    host: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, address: str) -> Sheet:
        return self._follow("GET", address, None)

    def post(self, address: str, **fields: str | list[str]) -> Sheet:
        return self._follow("POST", address, urlencode(fields, doseq=True))

    def send(self, sheet: Sheet, **changed: str | list[str] | None) -> Sheet:
        """Send the page's form with some fields changed; None leaves one out."""
        fields: dict[str, str | list[str]] = dict(sheet.fields)
        for name, value in changed.items():
            if value is None:
                fields.pop(name, None)
            else:
                fields[name] = value
        return self.post(sheet.address, **fields)

    def log_in(self, username: str = "", password: str = "", start: str = "") -> Sheet:
        """Log in, entering the mailed code if one is asked for."""
        given = self.server.credentials
        sheet = self.post(
            "/",
            username=username or given.username,
            pw=password or given.password,
            startURL=start,
        )
        if sheet.path.endswith("EmailVerificationFinishUi/e"):
            sheet = self.post(sheet.address, emc=self.mailed_code())
        return sheet

    def mailed_code(self) -> str:
        mail = self.server.cloud.inbox.mails()[-1]
        found = re.search(r"Code: (\d{6})", mail.text)
        assert found, mail.text
        return found[1]

    def _follow(self, method: str, address: str, body: str | None) -> Sheet:
        for _ in range(10):
            answer = self.once(method, address, body)
            target = answer.headers.get("Location")
            if answer.status != 302 or target is None:
                return Sheet(answer, address)
            address, method, body = target, "GET", None
            if urlsplit(target).netloc:
                return Sheet(answer, target)
        raise AssertionError(f"too many redirects, the last to {address}")

    def once(self, method: str, address: str, body: str | None = None) -> Answer:
        """Send one request with the cookies kept, and keep those that come back."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= FORM
        if self.host:
            headers["Host"] = self.host
        answer = ask(self.server, method, address, body, headers)
        for text in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in text:
                del self.cookies[name]
        return answer


def callback_query(sheet: Sheet) -> dict[str, str]:
    """Return what a callback was told."""
    query = parse_qs(urlsplit(sheet.address).query, keep_blank_values=True)
    return {name: values[0] for name, values in query.items()}


def admit_worker(server: OrgServer) -> User:
    """Let a standard user of their own into the org, whose password is ``Lantern-4711``."""
    org = server.org
    number = len(org.directory.users) + 1
    user = User(
        id=f"005gL0000000{number:03}TAA",
        username=f"worker{number}@acme.example",
        password="Lantern-4711",
        security_token="token",
        email=f"worker{number}@example.com",
        name=f"Worker {number}",
        profile_id=sorted(org.directory.profiles)[1],
    )
    org.directory.admit([user])
    return user
