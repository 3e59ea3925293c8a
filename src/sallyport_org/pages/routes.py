"""The paths of the pages people meet; handlers take a :class:`~sallyport_org.web.Visit`."""

from __future__ import annotations

from sallyport_org.pages import (
    arrival,
    consent,
    device,
    html,
    inbox,
    login,
    passwords,
    verification,
)
from sallyport_org.routing import route

ROUTES = (
    route("/", GET=login.show, POST=login.submit),
    route("/login.jsp", GET=login.show, POST=login.submit),
    route("/secur/login_portal.jsp", GET=login.show),
    route("/secur/logout.jsp", GET=login.log_out, POST=login.log_out),
    route("/secur/frontdoor.jsp", GET=login.front_door, POST=login.front_door),
    route("/secur/forgotpassword.jsp", GET=login.forgot_password, POST=login.forgot_password),
    route("/lightning/page/home", GET=login.home),
    route("/home/home.jsp", GET=login.home),
    *(
        route(path, GET=verification.show, POST=verification.submit)
        for step, path in arrival.STEP_PATHS.items()
        if step != "password"
    ),
    route(arrival.STEP_PATHS["password"], GET=passwords.change, POST=passwords.change),
    route("/services/oauth2/authorize", GET=consent.begin, POST=consent.begin),
    route(consent.CONSENT_PATH, GET=consent.ask, POST=consent.decide),
    route(consent.ERROR_PATH, GET=consent.show_error),
    route("/services/oauth2/success", GET=consent.show_success),
    route(device.PATH, GET=device.connect, POST=device.connect),
    route("/simulator/inbox", GET=inbox.show),
    route("/simulator/assets/{}", GET=html.static_file),
)
