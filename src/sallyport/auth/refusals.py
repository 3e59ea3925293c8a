"""What a refused login says by itself: the parameter at fault and the cure, as one ordered table.

What belongs here: rows that follow from Salesforce's code and text alone. What does not: causes
that need more evidence (age of a grant, Login History); ``authentication failure`` alone has five,
so its row names the place to look rather than a cause.

Codes and texts:
https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm and
https://developer.salesforce.com/docs/platform/api/guide/sforce-api-calls-login.html (documented);
texts marked observed come from public reports of clients' users.
"""

from __future__ import annotations

from dataclasses import dataclass

from sallyport.errors import RemoteRefused, SallyportError
from sallyport.salesforce.error_bodies import Words, read_words
from sallyport.salesforce.replies import Reply, TemporarilyRefused, is_temporary


@dataclass(frozen=True)
class Remedy:
    """One row: what it recognises (a code, and a part of the text in lower case), and what to do.

    ``field`` is the parameter at fault by its plain name; ``wait`` says that time alone heals it.
    """

    code: str
    text: str
    field: str | None
    cure: str
    wait: bool = False

    def matches(self, words: Words) -> bool:
        """Return whether this row speaks of these words."""
        return words.code == self.code and self.text in words.text.lower()


LOGIN_HISTORY = "Setup > Login History shows the true reason in its column Status."
USE_OAUTH = 'Connect with "OAuth2 Client Credential" instead'

# The first row that matches counts: special texts stand before the row that takes any text.
TOKEN_REMEDIES = (
    Remedy(
        "invalid_client_id",
        "",
        "client_id",
        "Copy the Consumer Key from the app (Setup > External Client App Manager) again; a new app"
        " needs up to 10 minutes until every Salesforce server knows it.",
    ),
    Remedy(
        "invalid_client",
        "",
        "client_secret",
        "Copy the Consumer Secret from the app (Setup > External Client App Manager) again.",
    ),
    Remedy(
        "invalid_grant",
        "not supported on this domain",
        "environment_url",
        "Use the org's own My Domain address (Setup > My Domain): client credentials do not work"
        " at login.salesforce.com or test.salesforce.com.",
    ),
    Remedy(
        "invalid_grant",
        "no client credentials user",
        None,
        "An administrator picks a Run As user in the app's policies"
        " (Setup > External Client App Manager > Policies > Client Credentials Flow).",
    ),
    Remedy(
        "invalid_grant",
        "client credentials flow not enabled",
        None,
        "An administrator enables the Client Credentials Flow in the app's settings"
        " (Setup > External Client App Manager > Settings).",
    ),
    Remedy(
        "invalid_grant",
        "hasn't approved this consumer",
        None,
        "An administrator pre-authorises the user: app policies > Permitted Users > Admin approved"
        " users are pre-authorized, then adds the user's profile or permission set.",
    ),
    Remedy(
        "invalid_app_access",
        "",
        None,
        "An administrator adds the user's profile or permission set to the app's policies.",
    ),
    Remedy(
        "invalid_grant",
        "audience",
        "jwt_token",
        "Make the assertion anew with aud https://login.salesforce.com (production, Developer"
        " Edition) or https://test.salesforce.com (sandbox, scratch org).",
    ),
    Remedy(
        "invalid_grant",
        "expired authorization code",
        "jwt_token",
        "Make the assertion anew: its exp has passed (or the clock that made it is wrong).",
    ),
    Remedy(
        "invalid_grant",
        "invalid assertion",
        "jwt_token",
        "Sign the assertion with the key whose certificate is uploaded to the app, by RS256.",
    ),
    Remedy(
        "invalid_grant",
        "invalid user",
        "jwt_token",
        "Make the assertion anew with sub set to the Salesforce username (it may differ from the"
        " e-mail address; in a sandbox it ends in the sandbox's name).",
    ),
    Remedy(
        "invalid_grant",
        "inactive user",
        None,
        "An administrator activates the user (Setup > Users), or the app gets another one.",
    ),
    Remedy(
        "invalid_grant",
        "inactive organization",
        "environment_url",
        "The org is closed, suspended or its trial has ended; ask Salesforce, or connect another.",
    ),
    Remedy(
        "invalid_grant",
        "ip restricted",
        None,
        "An administrator relaxes IP restrictions in the app's policies, or adds this machine's"
        " address to the profile's Login IP Ranges.",
    ),
    Remedy(
        "app_not_found",
        "",
        "client_id",
        "The app belongs to another org or is not installed in this one: use an app of this org.",
    ),
    Remedy(
        "oauth_flow_disabled",
        "",
        None,
        "An administrator enables the app and its OAuth settings"
        " (Setup > External Client App Manager).",
    ),
    Remedy(
        "unsupported_grant_type",
        "",
        None,
        "An administrator enables this OAuth flow in the app's settings.",
    ),
    # Observed; the three that a later attempt may heal.
    Remedy("invalid_grant", "already being processed", None, "Try again in a minute.", wait=True),
    Remedy(
        "invalid_grant",
        "login rate exceeded",
        None,
        "The user has logged in too often (3,600 logins an hour): wait an hour.",
        wait=True,
    ),
    Remedy("unknown_error", "", None, "Try again in a minute.", wait=True),
    Remedy("invalid_grant", "authentication failure", None, LOGIN_HISTORY),
)

SOAP_REMEDIES = (
    Remedy(
        "INVALID_LOGIN",
        "",
        "username",
        "Check username, password and security token (a password change voids the token), and that"
        f" the login host is that of this org. {LOGIN_HISTORY}",
    ),
    Remedy(
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "",
        "security_token",
        "Reset the security token (avatar > Settings > Reset My Security Token) and enter the new"
        " one, or let an administrator trust this machine's address (Setup > Network Access).",
    ),
    Remedy(
        "INVALID_OPERATION",
        "disabled by default",
        None,
        f"{USE_OAUTH}; as a stopgap an administrator enables SOAP API login()"
        " (Setup > User Interface).",
    ),
    Remedy(
        "INVALID_OPERATION",
        "not available in the api version",
        "apiVersion",
        f"{USE_OAUTH}: login() exists up to API version 64.0 only, and ends with Summer '27.",
    ),
    Remedy(
        "UNSUPPORTED_API_VERSION",
        "",
        "apiVersion",
        f"{USE_OAUTH}: Salesforce has retired this version, and login() ends with Summer '27.",
    ),
    Remedy(
        "INSUFFICIENT_ACCESS",
        "",
        "username",
        f"{USE_OAUTH}, or let an administrator give the user the permission Use Any API Auth.",
    ),
    Remedy(
        "LOGIN_DURING_RESTRICTED_DOMAIN",
        "",
        "environment_url",
        "Use the org's My Domain address (Setup > My Domain); if that is used already, add this"
        f" machine's address to the profile's Login IP Ranges. {LOGIN_HISTORY}",
    ),
    Remedy(
        "LOGIN_DURING_RESTRICTED_TIME",
        "",
        None,
        "An administrator widens the Login Hours of the user's profile.",
    ),
    Remedy(
        "PASSWORD_LOCKOUT",
        "",
        "username",
        "An administrator unlocks the user (Setup > Users); check the password first.",
    ),
    Remedy(
        "API_CURRENTLY_DISABLED",
        "",
        "username",
        "An administrator gives the user the permission API Enabled.",
    ),
    Remedy(
        "API_DISABLED_FOR_ORG",
        "",
        None,
        "The org's edition has no API access: buy the add-on for it.",
    ),
    Remedy("ORG_IN_MAINTENANCE", "", None, "Try again when the maintenance is over.", wait=True),
)


NO_WORDS = Remedy(
    "",
    "",
    "environment_url",
    "Check that this is the address of a Salesforce org: something else may have answered.",
)


def login_refusal(
    reply: Reply, *, flow: str, remedies: tuple[Remedy, ...] = TOKEN_REMEDIES
) -> SallyportError:
    """Return the error a refused login stands for, in Salesforce's own words; ``flow`` names the
    kind.

    RemoteRefused with field and cure where the words alone tell them; TemporarilyRefused where
    waiting may help (5xx, a rate exceeded). Login answers are never SessionRejected: there is no
    session yet.
    """
    words = read_words(reply.headers.get("Content-Type", ""), reply.text())
    remedy = next((row for row in remedies if row.matches(words)), None)
    said = f"{words.text} ({words.code})" if words.code and words.text else words.text or words.code
    if not said:
        remedy = NO_WORDS
        said = f"HTTP {reply.status} without a word of Salesforce's"
    return _error(
        message=f"Salesforce refused the {flow} login: {said}.",
        status=reply.status,
        code=words.code or f"HTTP_{reply.status}",
        text=words.text,
        field=remedy.field if remedy else None,
        cure=remedy.cure if remedy else None,
        wait=(remedy.wait if remedy else False) or is_temporary(reply.status, words.code),
    )


def _error(
    *,
    message: str,
    status: int,
    code: str,
    text: str,
    field: str | None,
    cure: str | None,
    wait: bool,
) -> SallyportError:
    kind = TemporarilyRefused if wait else RemoteRefused
    return kind(message, status=status, code=code, text=text, field=field, cure=cure)
