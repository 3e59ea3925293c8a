"""SAML bearer: an assertion in XML. Only its audience is judged; who passes that meets a plain 501.

What belongs here: refusing an assertion meant for somebody else, in the words Salesforce documents.
What does not: granting; signatures of XML are not modelled.

Documented: https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_SAML_bearer_flow.htm
"""

from __future__ import annotations

import base64
import binascii

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from sallyport_org import errors
from sallyport_org.cloud import LOGIN_HOSTS, TEST_HOSTS
from sallyport_org.oauth.request import Granted, TokenRequest

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:saml2-bearer"

_AUDIENCE = "{urn:oasis:names:tc:SAML:2.0:assertion}Audience"


def grant(request: TokenRequest) -> Granted:
    """Refuse an assertion that cannot be read or is for another audience; else say 501."""
    for audience in _audiences(request.required("assertion")):
        if audience.rstrip("/") not in _own(request):
            raise errors.tokens.audience_of_another_org()
    raise errors.rest.not_modelled(f"granting by {GRANT_TYPE}")


def _own(request: TokenRequest) -> set[str]:
    """Return the addresses an assertion may be for: the login server, and the org's own."""
    hosts = LOGIN_HOSTS | TEST_HOSTS
    own = {org.my_domain for org in request.orgs} | {request.visit.call.base_url}
    return own | {f"https://{host}" for host in hosts}


def _audiences(assertion: str) -> list[str]:
    """Return whom an assertion is for; raises ``invalid assertion`` unless it says so."""
    padding = "=" * (-len(assertion) % 4)
    try:
        root = ElementTree.fromstring(base64.urlsafe_b64decode(assertion + padding))
    except (binascii.Error, ValueError, ElementTree.ParseError, DefusedXmlException) as broken:
        raise errors.tokens.invalid_assertion() from broken
    found = [one.text.strip() for one in root.iter(_AUDIENCE) if one.text]
    if not found:
        raise errors.tokens.invalid_assertion()
    return found
