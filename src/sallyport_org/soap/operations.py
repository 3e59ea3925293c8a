"""The SOAP calls made with a session, and who answers each.

What belongs here: the session of a call, the calls about one's own session, and the table. What
does not: calls about records (``soapdata``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sallyport_org import errors, gate, soapdata
from sallyport_org.faults import attend
from sallyport_org.identity import Session, administration
from sallyport_org.identity.administration import ChangeRefusedError
from sallyport_org.identity.model import MANAGE_USERS
from sallyport_org.soap.envelope import Dialect, Request, elements
from sallyport_org.soap.login import user_info
from sallyport_org.state import Org
from sallyport_org.web import Context, Visit


@dataclass(frozen=True, slots=True)
class SoapCall:
    """A call with a living session: asked of which org, in which dialect and version."""

    visit: Visit
    org: Org
    session: Session
    request: Request
    version: str
    dialect: Dialect

    @property
    def context(self) -> Context:
        """The call as the data API's rooms know one."""
        return Context(self.org, self.visit.call, self.session, self.version)


Operation = Callable[[SoapCall], str]
"""Returns the XML inside the answer's body; raises SoapRefusal."""


def perform(visit: Visit, request: Request, version: str, dialect: Dialect) -> str:
    """Answer a call made with a session; raises :class:`~sallyport_org.errors.SoapRefusal`."""
    operation = OPERATIONS.get(request.operation)
    if operation is None:
        raise errors.soap.not_modelled(request.operation)
    org, session = _session(visit, request)
    attend(org, session.user.username, version)
    used, most = org.count_call()
    if used > most or org.faults.strike("quota", path=visit.call.path):
        refusal = errors.rest.too_many_calls()
        raise errors.soap.refused_as_in_rest(refusal.code, refusal.message)
    return operation(SoapCall(visit, org, session, request, version, dialect))


def _session(visit: Visit, request: Request) -> tuple[Org, Session]:
    """Return the session of ``SessionHeader``; JWT-format tokens are none here (observed)."""
    token = request.header("SessionHeader", "sessionId")
    try:
        org = gate.org_of(visit)
        session = gate.judged(
            org, token, visit.call, expired_password=request.operation in _FOR_EXPIRED_PASSWORDS
        )
    except errors.Refusal as refusal:
        if refusal.code == "INVALID_SESSION_ID":
            raise errors.soap.illegal_session() from None
        raise errors.soap.refused_as_in_rest(refusal.code, refusal.message) from None
    if session.expires_at is not None:
        raise errors.soap.illegal_session()
    return org, session


# -- calls about one's own session


def _logout(call: SoapCall) -> str:
    call.org.directory.end_session(call.session)
    return "<logoutResponse/>"


def _get_user_info(call: SoapCall) -> str:
    info = elements(user_info(call.org, call.session.user))
    return f"<getUserInfoResponse><result>{info}</result></getUserInfoResponse>"


def _get_server_timestamp(call: SoapCall) -> str:
    now = call.org.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return (
        f"<getServerTimestampResponse><result><timestamp>{now}</timestamp></result>"
        "</getServerTimestampResponse>"
    )


def _set_password(call: SoapCall) -> str:
    """Set one's own password, or as an administrator anybody's."""
    directory, caller = call.org.directory, call.session.user
    user = directory.user_by_id(call.request.value("userId"))
    own = user is not None and user.id == caller.id
    if user is None or not (own or directory.may(caller, MANAGE_USERS)):
        raise errors.soap.may_not_set_password()
    try:
        administration.set_password(call.org, user, call.request.value("password"))
    except ChangeRefusedError as refused:
        raise errors.soap.bad_password(str(refused)) from refused
    return "<setPasswordResponse><result/></setPasswordResponse>"


_FOR_EXPIRED_PASSWORDS = frozenset({"setPassword", "logout", "getUserInfo"})

OPERATIONS: Mapping[str, Operation] = {
    "getServerTimestamp": _get_server_timestamp,
    "getUserInfo": _get_user_info,
    "logout": _logout,
    "setPassword": _set_password,
    **soapdata.OPERATIONS,
}
"""Who answers which call."""
