"""The ways to authenticate, as data: which parameters each takes, which are secret.

What belongs here: names and rules of parameters. What does not: Adobe's spelling of them
(``api/specs.py``), the terminal's (``cli``): both are derived from the names here.

Source: Adobe "Connect Salesforce using the Flow Service API" (parameters and which are required);
where its prose and its printed specification disagree, see docs/decisions/0004-flow-service.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sallyport.auth.credentials import (
    BasicCredentials,
    ClientCredentials,
    Credentials,
    JwtCredentials,
    PasswordCredentials,
    SigningCredentials,
    WebServerCredentials,
)
from sallyport.auth.jwt_bearer import read_assertion
from sallyport.auth.signing import audience_of, read_private_key
from sallyport.errors import InvalidRequest
from sallyport.kernel import Secret
from sallyport.salesforce.hosts import AllowedHosts, OrgUrl, parse_org_url
from sallyport.salesforce.versions import parse_api_version

GENERIC_LOGIN = "https://login.salesforce.com"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an auth spec. ``may_be_empty``: present but blank is a value."""

    name: str
    meaning: str
    required: bool = True
    secret: bool = False
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class AuthSpec:
    """One way to authenticate. ``immediate``: verified before the creating call answers.

    ``interactive``: a person authorizes in a browser first; the grant comes with the parameters.
    """

    key: str
    title: str
    parameters: tuple[Parameter, ...]
    immediate: bool
    interactive: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, if the spec has it."""
        return next((found for found in self.parameters if found.name == name), None)


_URL = "My Domain address of the org, like https://acme.my.salesforce.com"
_VERSION = "Salesforce API version with a decimal, like 60.0"
AUTH_SPECS: Final = (
    AuthSpec(
        "basic",
        "Username, password and security token",
        (
            Parameter("environment_url", _URL, required=False),
            Parameter("username", "Username of the Salesforce user"),
            Parameter("password", "Password of the Salesforce user", secret=True),
            Parameter(
                "security_token",
                "Security token of the user; blank when the org trusts this network's address",
                secret=True,
                may_be_empty=True,
            ),
            Parameter("api_version", f"{_VERSION}; blank: the newest", required=False),
        ),
        immediate=True,
    ),
    AuthSpec(
        "client-credentials",
        "OAuth 2.0 client credentials",
        (
            Parameter("environment_url", _URL),
            Parameter("client_id", "Consumer key of the external client app"),
            Parameter("client_secret", "Consumer secret of the external client app", secret=True),
            Parameter("api_version", _VERSION),
        ),
        immediate=True,
    ),
    AuthSpec(
        "jwt",
        "OAuth 2.0 JWT bearer",
        (
            Parameter("jwt_token", "Signed RS256 assertion for the app and user", secret=True),
            Parameter("client_id", "Consumer key of the app"),
            Parameter("client_secret", "Consumer secret of the app", secret=True),
            Parameter("instance_url", _URL),
            Parameter("api_version", f"{_VERSION}; blank: the newest", required=False),
        ),
        immediate=False,
    ),
)
"""Those Experience Platform has too."""
FURTHER_SPECS: Final = (
    AuthSpec(
        "web-server",
        "OAuth 2.0 web server",
        (
            Parameter("environment_url", _URL),
            Parameter("client_id", "Consumer key of the app"),
            Parameter(
                "client_secret",
                "Consumer secret of the app; blank for an app that requires none",
                required=False,
                secret=True,
            ),
            Parameter("api_version", f"{_VERSION}; blank: the newest", required=False),
        ),
        immediate=True,
        interactive=True,
    ),
    AuthSpec(
        "jwt-key",
        "OAuth 2.0 JWT bearer, signed afresh from a private key",
        (
            Parameter("environment_url", _URL),
            Parameter("client_id", "Consumer key of the app that has the key's certificate"),
            Parameter("username", "Username of the Salesforce user"),
            Parameter("private_key", "RSA private key in PEM form", secret=True),
            Parameter(
                "audience",
                "Login host that signs in (aud); blank: that of the address's kind",
                required=False,
            ),
            Parameter("api_version", f"{_VERSION}; blank: the newest", required=False),
        ),
        immediate=True,
    ),
    AuthSpec(
        "password",
        "OAuth 2.0 username-password",
        (
            Parameter("environment_url", _URL),
            Parameter("client_id", "Consumer key of the connected app"),
            Parameter("client_secret", "Consumer secret of the connected app", secret=True),
            Parameter("username", "Username of the Salesforce user"),
            Parameter("password", "Password of the Salesforce user", secret=True),
            Parameter(
                "security_token",
                "Security token of the user; blank when the org trusts this network's address",
                secret=True,
                may_be_empty=True,
            ),
            Parameter("api_version", f"{_VERSION}; blank: the newest", required=False),
        ),
        immediate=True,
    ),
)
ALL_SPECS: Final = (*AUTH_SPECS, *FURTHER_SPECS)


def auth_spec(key: str) -> AuthSpec:
    """Return an auth spec by key; InvalidRequest listing the keys."""
    for spec in ALL_SPECS:
        if spec.key == key:
            return spec
    raise InvalidRequest(
        "is not a way to authenticate.",
        field="auth",
        received=key,
        cure=f"Use one of: {', '.join(spec.key for spec in ALL_SPECS)}.",
    )


@dataclass(frozen=True, slots=True)
class CheckedParameters:
    """Parameters that passed every check that needs no call; ``api_version`` None: the newest."""

    spec: AuthSpec
    public: Mapping[str, str]
    secret: Mapping[str, Secret]
    credentials: Credentials
    api_version: str | None

    @property
    def address_field(self) -> str:
        """Name of the parameter that holds the org's address."""
        return _address_field(self.spec)


def check(
    spec: AuthSpec, given: Mapping[str, str | Secret], allowed: AllowedHosts
) -> CheckedParameters:
    """Check every parameter before any call is made.

    Raises InvalidRequest whose ``field`` is the parameter's name. Unknown parameters are ignored,
    as the Flow Service ignores them.
    """
    public: dict[str, str] = {}
    secret: dict[str, Secret] = {}
    for parameter in spec.parameters:
        value = _text(parameter, given.get(parameter.name))
        if value is None:
            continue
        if parameter.secret:
            secret[parameter.name] = Secret(value)
        else:
            public[parameter.name] = value.strip()
    version = public.get("api_version")
    if version:
        version = public["api_version"] = parse_api_version(version, field="api_version")
    return CheckedParameters(
        spec, public, secret, _credentials(spec, public, secret, allowed), version
    )


def _address_field(spec: AuthSpec) -> str:
    return "instance_url" if spec.parameter("instance_url") else "environment_url"


def _text(parameter: Parameter, value: str | Secret | None) -> str | None:
    if value is None:
        if parameter.required:
            raise InvalidRequest(
                "is missing.", field=parameter.name, cure=f"Give it: {parameter.meaning}."
            )
        return None
    text = value.reveal() if isinstance(value, Secret) else value
    if not text.strip() and not parameter.may_be_empty:
        if parameter.required:
            raise InvalidRequest(
                "is empty.",
                field=parameter.name,
                received=text,
                cure=f"Give it: {parameter.meaning}.",
            )
        return None
    if len(text) > 16_384 or "\x00" in text:
        raise InvalidRequest(
            "is not usable text.",
            field=parameter.name,
            cure="Give at most 16,384 characters, no NUL.",
        )
    return text


def _credentials(
    spec: AuthSpec,
    public: dict[str, str],
    secret: Mapping[str, Secret],
    allowed: AllowedHosts,
) -> Credentials:
    """Return credentials of the spec's type; the address in ``public`` becomes its normal form."""
    where = _address_field(spec)
    login = parse_org_url(public.get(where, GENERIC_LOGIN), field=where, allowed=allowed)
    if where in public:
        public[where] = login.text
    if spec.key == "basic":
        return BasicCredentials(
            login, public["username"], secret["password"], secret["security_token"]
        )
    if spec.key == "client-credentials":
        return ClientCredentials(login, public["client_id"], secret["client_secret"])
    if spec.key == "password":
        return PasswordCredentials(
            login,
            public["client_id"],
            secret["client_secret"],
            public["username"],
            secret["password"],
            secret["security_token"],
        )
    if spec.key == "web-server":
        return WebServerCredentials(login, public["client_id"], secret.get("client_secret"))
    if spec.key == "jwt-key":
        read_private_key(secret["private_key"], field="private_key")
        audience = public.get("audience") or audience_of(login)
        return SigningCredentials(
            login, public["client_id"], public["username"], secret["private_key"], audience
        )
    return _ready_made(login, public, secret)


def _ready_made(
    login: OrgUrl, public: Mapping[str, str], secret: Mapping[str, Secret]
) -> JwtCredentials:
    """Return credentials of an assertion that somebody else signed."""
    claims = read_assertion(secret["jwt_token"], field="jwt_token")
    if claims.iss != public["client_id"]:
        # Salesforce reads the app from the assertion alone, so nobody else would ever notice
        raise InvalidRequest(
            f"the assertion was made for another app (its iss is {claims.iss!r}).",
            field="client_id",
            received=public["client_id"],
            cure="Give the consumer key the assertion was made for, or make a new assertion.",
        )
    return JwtCredentials(login, secret["jwt_token"])
