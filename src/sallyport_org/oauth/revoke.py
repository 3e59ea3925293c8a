"""``/services/oauth2/revoke``: an end to a token.

A refresh token takes its access tokens along; an access token goes alone.
Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm
"""

from __future__ import annotations

from sallyport_org import errors
from sallyport_org.identity import approvals, sessions
from sallyport_org.oauth.answer import headers, refused
from sallyport_org.oauth.request import read_request
from sallyport_org.web import Reply, Visit


def revoke_endpoint(visit: Visit) -> Reply:
    """End a token named in the form or the address: 200 and nothing, or 400 for an unknown one."""
    request = read_request(visit)
    token = request.parameter("token") or ""
    for org in request.orgs:
        directory = org.directory
        session = sessions.find(org, token)
        if session is not None:
            directory.end_session(session)
            return Reply(200, headers())
        approval = approvals.holding(directory, token)
        if approval is not None and approval.alive and approval.token == token:
            approvals.end(directory, approval, "revoked")
            return Reply(200, headers())
    return refused(errors.tokens.unknown_token_to_revoke())
