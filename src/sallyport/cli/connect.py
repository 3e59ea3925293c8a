"""``sallyport connect``: make a connection, verified against Salesforce before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from sallyport.cli import display, given
from sallyport.cli.connections import as_document, print_connection
from sallyport.cli.installation import Installation, opened
from sallyport.cli.options import AsJson
from sallyport.cli.problems import SECRETS, in_terminal_spelling
from sallyport.errors import InvalidRequest
from sallyport.kernel import Secret

if TYPE_CHECKING:
    from sallyport.connections import AuthSpec

_KINDS = "basic, client-credentials, jwt, jwt-key or password"


def _option(meaning: str, metavar: str = "TEXT") -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        metavar=metavar, help=meaning, show_default=False
    )
    return option


def _secret_option(meaning: str, stem: str) -> typer.models.OptionInfo:
    return _option(
        f"File that holds the {meaning}; - is standard input. Else {SECRETS[stem]}, else a prompt.",
        "FILE",
    )


def connect(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the new connection.", show_default=False)
    ],
    auth: Annotated[str, _option(f"Way to authenticate: {_KINDS}.", "KIND")],
    environment_url: Annotated[
        str | None,
        _option(
            "Address of the org, like https://acme.my.salesforce.com (all but jwt).",
            "URL",
        ),
    ] = None,
    instance_url: Annotated[
        str | None, _option("Address of the org, like https://acme.my.salesforce.com (jwt).", "URL")
    ] = None,
    username: Annotated[
        str | None, _option("Username of the Salesforce user (basic, jwt-key, password).")
    ] = None,
    client_id: Annotated[str | None, _option("Consumer key of the app (all but basic).")] = None,
    audience: Annotated[
        str | None,
        _option("Login host that signs in; left out: that of the address's kind (jwt-key).", "URL"),
    ] = None,
    api_version: Annotated[
        str | None,
        _option("API version, like 60.0; left out: the newest the org offers.", "VERSION"),
    ] = None,
    description: Annotated[str | None, _option("A remark for people.")] = None,
    password_file: Annotated[
        str | None, _secret_option("password (basic, password)", "password")
    ] = None,
    security_token_file: Annotated[
        str | None, _secret_option("security token (basic, password)", "security-token")
    ] = None,
    client_secret_file: Annotated[
        str | None,
        _secret_option("consumer secret (client-credentials, jwt, password)", "client-secret"),
    ] = None,
    jwt_token_file: Annotated[
        str | None, _secret_option("signed assertion (jwt)", "jwt-token")
    ] = None,
    private_key_file: Annotated[
        str | None, _secret_option("private key in PEM form (jwt-key)", "private-key")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Connect to a Salesforce org: log in, make one call, store the connection if both worked.

    Nothing is stored when Salesforce refuses; its own words are shown. Needs no running server.
    """
    public = {
        "environment_url": environment_url,
        "instance_url": instance_url,
        "username": username,
        "client_id": client_id,
        "audience": audience,
        "api_version": api_version,
    }
    files = {
        "password": password_file,
        "security_token": security_token_file,
        "client_secret": client_secret_file,
        "jwt_token": jwt_token_file,
        "private_key": private_key_file,
    }
    with opened() as here:
        from sallyport.connections import NewConnection, auth_spec

        here.services.connections.check_name(here.scope, name)
        spec = auth_spec(auth)
        parameters = _parameters(spec, public, files)
        with display.waiting("Asking Salesforce"):
            _choose_version(here, spec, parameters)
            new = NewConnection(name, spec.key, parameters, description)
            made = here.services.connections.create(here.scope, here.actor, new, patience=None)
        for warning in here.services.connections.warnings(made):
            display.say(warning)
        if as_json:
            display.emit(as_document(made))
        else:
            print_connection(made)


def _parameters(
    spec: AuthSpec, public: Mapping[str, str | None], files: Mapping[str, str | None]
) -> dict[str, str | Secret]:
    """Return what was given, secrets read; InvalidRequest for what the spec does not take."""
    for name, value in {**public, **files}.items():
        if value is not None and spec.parameter(name) is None:
            raise InvalidRequest(
                f"does not belong to --auth {spec.key}.",
                field=name,
                received=None if name in files else value,
                cure=f"It takes {', '.join(_spelled(spec))}.",
            )
    given.one_reader(files)
    parameters: dict[str, str | Secret] = {
        name: value for name, value in public.items() if value is not None
    }
    for parameter in spec.parameters:
        if parameter.required and not parameter.secret and parameter.name not in parameters:
            if parameter.name == "api_version":
                continue  # filled in from what the org offers
            raise InvalidRequest(
                "is missing.", field=parameter.name, cure=f"Give it: {parameter.meaning}."
            )
    for parameter in spec.parameters:
        if parameter.secret:
            parameters[parameter.name] = given.secret(
                parameter.name, files[parameter.name], optional_text=parameter.may_be_empty
            )
    return parameters


def _choose_version(
    here: Installation, spec: AuthSpec, parameters: dict[str, str | Secret]
) -> None:
    """Fill in the newest version the org offers where the spec asks for one, and say so."""
    version = spec.parameter("api_version")
    if version is None or not version.required or "api_version" in parameters:
        return
    address = str(parameters["environment_url"])
    offered = here.services.connections.offered_versions(address, field="environment_url")
    parameters["api_version"] = offered[-1]
    display.say(f"API version {offered[-1]}: the newest the org offers (--api-version chooses).")


def _spelled(spec: AuthSpec) -> list[str]:
    return [in_terminal_spelling(parameter.name) for parameter in spec.parameters]
