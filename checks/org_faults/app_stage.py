"""Refusals of the token endpoint whose cause is the app, its keys or its policies."""

import json
import time

from checks.doors import Answer, Request, form
from checks.org_faults.flows import (
    JWT_BEARER,
    SAML_BEARER,
    assertion,
    prepare,
    saml_assertion,
)
from checks.org_faults.keys import key
from checks.org_faults.scenarios import refusal, spoiled, spoiled_external
from checks.org_faults.world import LOGIN, TEST, World

STAGE = "token-endpoint"
GRANT = "400 invalid_grant"
ANOTHER_ORG = "https://another-company.my.salesforce.com"


@refusal(
    "tok-invalid-client-secret",
    STAGE,
    "refresh web-server client-credentials password",
    "400 invalid_client",
    "observed",
    "request",
)
def wrong_secret(world: World, flow: str) -> Answer:
    """The consumer secret sent is another app's."""
    return world.send(prepare(world, flow, client_secret="0" * 64))


@refusal(
    "tok-invalid-client-id",
    STAGE,
    "web-server refresh password jwt client-credentials",
    "400 invalid_client_id",
    "observed",
    "Setup",
)
@spoiled
def app_deleted(world: World) -> None:
    """The app was deleted (App Manager > Delete)."""
    world.setup.press(f"ManageExternalClientApplication/{world.app['client_id']}", "Delete")


@refusal(
    "tok-unsupported-grant-type",
    STAGE,
    "password jwt client-credentials web-server",
    "400 unsupported_grant_type",
    "observed",
    "request",
)
def json_body(world: World, flow: str) -> Answer:
    """The parameters are sent as JSON in place of a form."""
    right = prepare(world, flow)
    headers = (("Content-Type", "application/json"),)
    return world.send(Request("POST", right.url, json.dumps(right.body.decode()).encode(), headers))


@refusal("cc-wrong-host", STAGE, "client-credentials", GRANT, "observed", "request")
def credentials_at_login(world: World, flow: str) -> Answer:
    """The request goes to login.salesforce.com."""
    return world.send(prepare(world, flow, LOGIN))


@refusal("cc-no-run-as", STAGE, "client-credentials", GRANT, "observed", "Setup")
@spoiled
def no_run_as(world: World) -> None:
    """The app's policies name no Run As user."""
    world.setup.policies(world.app, run_as="")


@refusal("cc-flow-not-enabled", STAGE, "client-credentials", GRANT, "inferred", "Setup")
@spoiled
def flow_not_enabled(world: World) -> None:
    """Enable Client Credentials Flow is not ticked in the app's settings."""
    world.setup.app(world.app, flows=["jwt_bearer"])


@refusal(
    "tok-not-admin-approved",
    STAGE,
    "client-credentials jwt web-server refresh",
    "400 invalid_app_access",
    "observed",
    "Setup",
)
@spoiled
def not_admin_approved(world: World) -> None:
    """Permitted Users is Admin approved users are pre-authorized, without the user's profile."""
    world.setup.policies(world.app, permitted_users="admin_approved")


@refusal("jwt-not-approved", STAGE, "jwt", GRANT, "observed", "request")
def never_approved(world: World, flow: str) -> Answer:
    """The user never allowed the app."""
    fields = {"grant_type": JWT_BEARER, "assertion": assertion(world)}
    return world.send(form(f"{world.my_domain}/services/oauth2/token", fields))


@refusal("jwt-audience", STAGE, "jwt", GRANT, "observed", "request")
def wrong_audience(world: World, flow: str) -> Answer:
    """The assertion's aud is test.salesforce.com, and the org is a production org."""
    return world.send(prepare(world, flow, assertion=assertion(world, aud=TEST)))


@refusal("jwt-audience-doc", STAGE, "jwt saml-bearer", GRANT, "documented", "request")
def audience_of_another_org(world: World, flow: str) -> Answer:
    """The assertion's audience is the My Domain of another org."""
    if flow == "saml-bearer":
        fields = {"grant_type": SAML_BEARER, "assertion": saml_assertion(world, ANOTHER_ORG)}
        return world.send(form(f"{world.my_domain}/services/oauth2/token", fields))
    return world.send(prepare(world, flow, assertion=assertion(world, aud=ANOTHER_ORG)))


@refusal("jwt-invalid-assertion", STAGE, "jwt", GRANT, "observed", "request")
def forged(world: World, flow: str) -> Answer:
    """The assertion is signed by a key that does not match the app's certificate."""
    right = prepare(world, flow)
    world.key = key("another client")
    fields = {"grant_type": JWT_BEARER, "assertion": assertion(world)}
    return world.send(form(right.url, fields))


@refusal("jwt-expired", STAGE, "jwt", GRANT, "observed", "request")
def assertion_expired(world: World, flow: str) -> Answer:
    """The assertion's exp lies ten minutes in the past."""
    old = assertion(world, exp=int(time.time()) - 600)
    return world.send(prepare(world, flow, assertion=old))


@refusal("jwt-unknown-user", STAGE, "jwt", GRANT, "inferred", "request")
def unknown_user(world: World, flow: str) -> Answer:
    """The assertion's sub is the user's name with another sandbox behind it."""
    nobody = assertion(world, sub=f"{world.user['username']}.uat")
    return world.send(prepare(world, flow, assertion=nobody))


@refusal("jwt-certificate-expired", STAGE, "jwt", "200", "observed", "Setup")
def certificate_expired(world: World, flow: str) -> Answer:
    """The app's certificate ended thirty days ago: no refusal."""
    world.key = key("client with an old certificate", ended_days_ago=30)
    world.setup.app(world.app, certificate=world.key.certificate)
    return world.send(prepare(world, flow))


@refusal(
    "tok-eca-not-installed",
    STAGE,
    "jwt refresh client-credentials web-server",
    "400 app_not_found",
    "observed",
    "Setup",
)
@spoiled_external
def external_app_uninstalled(world: World) -> None:
    """The external client app was uninstalled (Connected Apps OAuth Usage > Uninstall)."""
    world.setup.on_usage(world.app, "Uninstall")


@refusal(
    "tok-oauth-plugin-disabled",
    STAGE,
    "jwt client-credentials refresh web-server",
    "400 oauth_flow_disabled",
    "observed",
    "Setup",
)
@spoiled_external
def oauth_plugin_disabled(world: World) -> None:
    """The OAuth plugin is off in the external client app's policies."""
    world.setup.policies(world.app, oauth_enabled=None)


@refusal("device-pending", STAGE, "device", "400 authorization_pending", "inferred", "request")
def device_pending(world: World, flow: str) -> Answer:
    """Nobody has entered the device's code."""
    started = world.send(_device_start(world))
    assert started.status == 200, started.text
    fields = {"grant_type": "device", "code": started.json["device_code"]}
    return world.send(form(started.url, {**fields, "client_id": world.app["client_id"]}))


@refusal("device-not-enabled", STAGE, "device", GRANT, "observed", "Setup")
def device_not_enabled(world: World, flow: str) -> Answer:
    """Enable Device Flow is not ticked in the app's settings."""
    world.setup.app(world.app, flows=["jwt_bearer"])
    return world.send(_device_start(world))


def _device_start(world: World) -> Request:
    fields = {"response_type": "device_code", "client_id": world.app["client_id"], "scope": "api"}
    return form(f"{world.my_domain}/services/oauth2/token", fields)
