"""Putting an org together: schema, rows, and the people and apps it starts with.

What belongs here: one function that builds. What does not: who they are (``founding``) and serving
(``server``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sallyport_org import ids
from sallyport_org.founding import AUDIENCE, Credentials, found
from sallyport_org.identity import App
from sallyport_org.loading import Loader
from sallyport_org.rows.engine import Engine
from sallyport_org.rows.generate import (
    DEFAULT_ROWS,
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

__all__ = ["AUDIENCE", "MY_DOMAIN", "Credentials", "OrgShape", "build_org"]

MY_DOMAIN = "https://acme-dev-ed.develop.my.salesforce.com"


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


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What an org is built from.

    ``shape`` says which org it is (a Developer Edition called Acme unless given). ``rows`` maps
    object names to numbers of live rows; None means a small default set, or none at all when files
    are loaded. ``metadata`` are folders of objects and fields to be deployed first. ``as_of`` is
    the latest moment made-up rows carry: the last midnight (UTC) before the clock's now unless
    given.
    """

    shape: OrgShape | None = None
    rows: Mapping[str, int] | None = None
    seed: int = 1
    load: Sequence[Path] = ()
    metadata: Sequence[Path] = ()
    settings: Settings | None = None
    clock: Clock = field(default_factory=SystemClock)
    as_of: datetime | None = None


def build_org(
    plan: Blueprint,
    *,
    apps: dict[str, App] | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> tuple[Org, Credentials]:
    """Build an org with made-up rows, rows from files, or both.

    ``apps`` are those its cloud knows, ``engine`` is where its rows are kept (in memory unless
    given). Raises :class:`~sallyport_org.rows.generate.UnknownRowsError`,
    :class:`~sallyport_org.schema.metadata.MetadataError` and
    :class:`~sallyport_org.loading.LoadError`.
    """
    now = plan.clock.now()
    as_of = plan.as_of or now.replace(hour=0, minute=0, second=0, microsecond=0)
    schema = standard_schema()
    for folder in plan.metadata:
        reading = read_metadata(folder, schema)
        apply(schema, reading.changes)
        for left_out in reading.left_out:
            progress(f"left out: {left_out}")
    counts = check_counts(
        schema, ({} if plan.load else DEFAULT_ROWS) if plan.rows is None else plan.rows
    )
    shape, seed = plan.shape or OrgShape(), plan.seed
    number = seed % 10_000 if shape.number is None else shape.number
    # made-up credentials: the same for the same seed, others for every org
    draw = random.Random(seed if shape.number is None else f"{seed}/{number}")  # noqa: S311
    founders = found(draw, shape.my_domain)
    organization = Organization(
        ids.record_id("00D", number), shape.name, shape.edition, shape.instance, shape.is_sandbox
    )
    engine = engine or Engine()
    try:
        loader = Loader(engine, schema, {**counts, "User": USERS})
        loader.read(plan.load)
        for sobject in schema:
            engine.create_table(sobject)
        generate(engine, schema, counts, seed=seed, as_of=as_of, progress=progress)
        write_org_records(engine, organization, founders.rows(), as_of)
        with engine.writing() as cursor:
            for sobject in schema:
                write_record_types(cursor, sobject, as_of)
        loader.insert(founders.admin.id, as_of, progress)
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
        clock=MovableClock(plan.clock),
        apps=apps if apps is not None else {},
        settings=plan.settings or Settings(),
        born=now.replace(microsecond=0),
    )
    return org, founders.move_in(org, now)
