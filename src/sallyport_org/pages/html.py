"""Pages as replies: templates, redirects, cookies, and the few files pages load.

What belongs here: turning a template and values into a :class:`~sallyport_org.web.Reply`. What does
not: what a page says.
"""

from __future__ import annotations

import functools
from importlib import resources

from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined

from sallyport_org import errors
from sallyport_org.web import Call, Reply, Visit

HTML_TYPE = "text/html;charset=UTF-8"

_HEADERS = {
    "Content-Type": HTML_TYPE,
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "origin-when-cross-origin",
    # no form-action: browsers apply it to redirects too, and Allow ends at the app's callback
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'",
}

_FILES = {"pages.css": "text/css;charset=UTF-8", "quickfind.js": "text/javascript;charset=UTF-8"}


@functools.cache
def _templates() -> Environment:
    rooms = {room: PackageLoader(f"sallyport_org.{room}") for room in ("pages", "setup")}
    return Environment(
        loader=PrefixLoader(rooms),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, **values: object) -> Reply:
    """Return a page; ``template`` is a room's name and a file's: ``pages/login.html``."""
    text = _templates().get_template(template).render(**values)
    return Reply(200, dict(_HEADERS), text.encode())


def plain(text: str, status: int) -> Reply:
    """Return a bare text, as Salesforce answers authorize requests it cannot send back (observed).

    Observed: https://github.com/jsforce/jsforce/issues/762
    """
    return Reply(status, dict(_HEADERS), text.encode())


def redirect(address: str) -> Reply:
    """Send the browser on with 302, whatever method it came with."""
    return Reply(302, {"Location": address, "Cache-Control": _HEADERS["Cache-Control"]})


def local_path(address: str, otherwise: str) -> str:
    """Return an address if it is a path of this host, else ``otherwise``: no open redirects.

    Browsers read ``//host`` and ``/\\host`` as another host, and drop tabs and line breaks.
    """
    is_path = address.startswith("/") and address[1:2] not in ("/", "\\")
    return address if is_path and address.isprintable() else otherwise


def set_cookie(reply: Reply, call: Call, name: str, value: str, seconds: int | None = None) -> None:
    """Let a reply set a cookie for its host: hidden from scripts, and HTTPS only if it came so.

    ``seconds`` is how long it lives (None: until the browser closes, 0: it is taken away).
    """
    text = f"{name}={value}; Path=/; HttpOnly; SameSite=Lax"
    if seconds is not None:
        text += f"; Max-Age={seconds}"
    if call.base_url.startswith("https:"):
        text += "; Secure"
    reply.cookies.append(text)


def static_file(visit: Visit, name: str) -> Reply:
    """``/simulator/assets/<name>``: the style sheet and the script of Quick Find."""
    content_type = _FILES.get(name)
    if content_type is None:
        raise errors.rest.not_found()
    content = resources.files("sallyport_org.pages").joinpath("static", name).read_bytes()
    return Reply(200, {"Content-Type": content_type, "Cache-Control": "max-age=60"}, content)
