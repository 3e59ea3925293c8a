"""Putting an org together: schema, rows, the people and apps that may come in, and their keys.

What belongs here: one function that builds, and the credentials it hands out. What does not:
serving (``server``).
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from sallyport_org import ids
from sallyport_org.identity import App, Profile, User
from sallyport_org.identity.model import (
    API_ENABLED,
    APPROVE_UNINSTALLED,
    CUSTOMIZE,
    MANAGE_USERS,
    MARKETING_USER,
    MODIFY_ALL_DATA,
    USE_ANY_API_AUTH,
    VIEW_ALL_DATA,
)
from sallyport_org.loading import Loader
from sallyport_org.rows.engine import Engine
from sallyport_org.rows.generate import (
    DEFAULT_ROWS,
    PROFILES,
    USERS,
    Organization,
    check_counts,
    generate,
    write_org_records,
)
from sallyport_org.rows.rollups import recalculate
from sallyport_org.rows.snapshot import SnapshotStore
from sallyport_org.schema import standard_schema
from sallyport_org.schema.deploy import apply, write_record_types
from sallyport_org.schema.metadata import read as read_metadata
from sallyport_org.state import Clock, MovableClock, Org, Settings, SystemClock

MY_DOMAIN = "https://acme-dev-ed.develop.my.salesforce.com"
AUDIENCE = "https://login.salesforce.com"
JWT_DAYS = 120
"""How long the ready-made assertion stays valid."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Working credentials of every kind the org accepts; all are made up at start."""

    username: str
    password: str
    security_token: str
    client_id: str
    client_secret: str
    jwt_client_id: str
    jwt_client_secret: str
    jwt_audience: str
    private_key_pem: str
    jwt_token: str

    def as_json(self) -> dict[str, Any]:
        """Return them grouped by kind, as the command line prints them."""
        return {
            "basic": {
                "username": self.username,
                "password": self.password,
                "security_token": self.security_token,
            },
            "client_credentials": {
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            },
            "jwt": {
                "client_id": self.jwt_client_id,
                "client_secret": self.jwt_client_secret,
                "username": self.username,
                "audience": self.jwt_audience,
                "private_key_pem": self.private_key_pem,
                "jwt_token": self.jwt_token,
            },
        }


@dataclass(frozen=True, slots=True)
class OrgShape:
    """What tells one org from another: its name, My Domain, kind and instance.

    ``number`` makes the org's id; None takes it from the seed.
    """

    name: str = "Acme"
    my_domain: str = MY_DOMAIN
    edition: str = "Developer Edition"
    instance: str = "GL1"
    is_sandbox: bool = False
    number: int | None = None

    @classmethod
    def production(cls, domain: str, number: int, name: str | None = None) -> OrgShape:
        """Return a production org called ``<domain>.my.salesforce.com``."""
        address = f"https://{domain}.my.salesforce.com"
        return cls(name or domain.title(), address, "Enterprise Edition", number=number)

    @classmethod
    def sandbox(cls, domain: str, sandbox: str, number: int, name: str | None = None) -> OrgShape:
        """Return a sandbox called ``<domain>--<sandbox>.sandbox.my.salesforce.com``."""
        address = f"https://{domain}--{sandbox}.sandbox.my.salesforce.com"
        return cls(name or domain.title(), address, "Enterprise Edition", "GL1S", True, number)


def build_org(
    *,
    shape: OrgShape | None = None,
    rows: Mapping[str, int] | None = None,
    seed: int = 1,
    load: Sequence[Path] = (),
    metadata: Sequence[Path] = (),
    settings: Settings | None = None,
    clock: Clock | None = None,
    as_of: datetime | None = None,
    progress: Callable[[str], None] = lambda line: None,
    apps: dict[str, App] | None = None,
) -> tuple[Org, Credentials]:
    """Build an org with made-up rows, rows from files, or both.

    ``shape`` says which org it is (a Developer Edition called Acme unless given). ``rows`` maps
    object names to numbers of live rows; None means a small default set, or none at
    all when files are loaded. ``metadata`` are folders of objects and fields to be deployed first.
    ``as_of`` is the latest moment made-up rows carry: the last midnight
    (UTC) before the clock's now unless given; ``apps`` are those its cloud knows. Raises
    :class:`~sallyport_org.rows.generate.UnknownRowsError`,
    :class:`~sallyport_org.schema.metadata.MetadataError` and
    :class:`~sallyport_org.loading.LoadError`.
    """
    clock = clock or SystemClock()
    now = clock.now()
    as_of = as_of or now.replace(hour=0, minute=0, second=0, microsecond=0)
    schema = standard_schema()
    for folder in metadata:
        reading = read_metadata(folder, schema)
        apply(schema, reading.changes)
        for left_out in reading.left_out:
            progress(f"left out: {left_out}")
    counts = check_counts(schema, ({} if load else DEFAULT_ROWS) if rows is None else rows)
    shape = shape or OrgShape()
    number = seed % 10_000 if shape.number is None else shape.number
    # made-up credentials: the same for the same seed, others for every org
    draw = random.Random(seed if shape.number is None else f"{seed}/{number}")  # noqa: S311
    admin = _administrator(draw)
    organization = Organization(
        ids.record_id("00D", number), shape.name, shape.edition, shape.instance, shape.is_sandbox
    )
    engine = Engine()
    try:
        loader = Loader(engine, schema, {**counts, "User": USERS})
        loader.read(load)
        for sobject in schema:
            engine.create_table(sobject)
        generate(engine, schema, counts, seed=seed, as_of=as_of, progress=progress)
        write_org_records(engine, organization, _user_record(admin), as_of)
        with engine.writing() as cursor:
            for sobject in schema:
                write_record_types(cursor, sobject, as_of)
        loader.insert(admin.id, as_of, progress)
        recalculate(schema, engine, None, None)
    except BaseException:
        engine.close()
        raise
    org = Org(
        organization=organization,
        my_domain=shape.my_domain,
        schema=schema,
        engine=engine,
        snapshots=SnapshotStore(engine),
        clock=MovableClock(clock),
        apps=apps if apps is not None else {},
        settings=settings or Settings(),
        born=now.replace(microsecond=0),
    )
    key = RSAKey.generate_key(2048)
    server_app, jwt_app = _apps(draw, admin, key, org.id)
    directory = org.directory
    directory.profiles.update((one.id, one) for one in _profiles())
    directory.admit([admin], [server_app, jwt_app])
    directory.policy(server_app).run_as = admin.username
    jwt_policy = directory.policy(jwt_app)
    jwt_policy.permitted_users = "admin_approved"
    jwt_policy.profiles.add(admin.profile_id)
    return org, _credentials(admin, server_app, jwt_app, key, now)


def _user_record(admin: User) -> dict[str, str]:
    """Return what the administrator's User record says."""
    first, _, last = admin.name.partition(" ")
    names = {"Name": admin.name, "FirstName": first, "LastName": last, "Alias": "admin"}
    return {"Username": admin.username, "Email": admin.email, **names}


def _administrator(draw: random.Random) -> User:
    return User(
        id=ids.record_id("005", 0),
        username="admin@acme.example",
        password="Harbor-" + _letters(draw, 8),
        security_token=_letters(draw, 24),
        email="admin@example.com",
        name="Ada Administrator",
        profile_id=ids.record_id("00e", 0),
    )


def _apps(draw: random.Random, admin: User, key: RSAKey, home: str) -> tuple[App, App]:
    public = key.as_pem(private=False).decode()
    server_app = App(
        client_id="3MVG9" + _letters(draw, 80),
        client_secret=_letters(draw, 64, "0123456789ABCDEF"),
        name="Nightly Sync",
        home=home,
        contact_email=admin.email,
        flows={"client_credentials"},
    )
    jwt_app = App(
        client_id="3MVG9" + _letters(draw, 80),
        client_secret=_letters(draw, 64, "0123456789ABCDEF"),
        name="Signed Sync",
        home=home,
        contact_email=admin.email,
        flows={"jwt_bearer"},
        certificate=public,
    )
    return server_app, jwt_app


def _profiles() -> list[Profile]:
    """Return the profiles every org has; their ids are those of the Profile rows."""
    ids_of = [ids.record_id("00e", number) for number in range(len(PROFILES))]
    power = {VIEW_ALL_DATA, MODIFY_ALL_DATA, CUSTOMIZE, MANAGE_USERS, APPROVE_UNINSTALLED}
    given = ({API_ENABLED, MARKETING_USER, USE_ANY_API_AUTH} | power, {API_ENABLED}, {API_ENABLED})
    return [
        Profile(
            id=ids_of[number],
            name=name,
            label=name,
            permissions=set(given[number]),
            all_objects=number < 2,
        )
        for number, name in enumerate(PROFILES)
    ]


def _letters(
    draw: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits
) -> str:
    return "".join(draw.choices(alphabet, k=count))


def _credentials(
    admin: User, server_app: App, jwt_app: App, key: RSAKey, now: datetime
) -> Credentials:
    claims = {
        "iss": jwt_app.client_id,
        "sub": admin.username,
        "aud": AUDIENCE,
        "exp": int((now + timedelta(days=JWT_DAYS)).timestamp()),
    }
    return Credentials(
        username=admin.username,
        password=admin.password,
        security_token=admin.security_token,
        client_id=server_app.client_id,
        client_secret=server_app.client_secret,
        jwt_client_id=jwt_app.client_id,
        jwt_client_secret=jwt_app.client_secret,
        jwt_audience=AUDIENCE,
        private_key_pem=key.as_pem(private=True).decode(),
        jwt_token=jwt.encode({"alg": "RS256"}, claims, key),
    )
