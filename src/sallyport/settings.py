"""Every setting, read once, with where its value came from.

What belongs here: the table of settings, reading the environment and ``.env``, and the checks that
need nothing but the text. What does not: opening what a setting points at (``wiring.py``).

Order of precedence: environment, then the ``.env`` file in the working directory, then the default.
``docs/settings.md`` lists the same table; a test keeps the two together.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from dotenv.parser import parse_stream
from platformdirs import user_data_path

from sallyport.errors import BrokenInstallation, InvalidRequest
from sallyport.kernel import MASK


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: its environment name, default (None: computed) and meaning."""

    env: str
    default: str | None
    meaning: str
    secret: bool = False
    whole_number: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()


TABLE: Final = (
    Setting("SALLYPORT_HOME", None, "Folder for all state; default: the platform's data directory"),
    Setting(
        "SALLYPORT_DATABASE_URL",
        None,
        "Metadata: sqlite:///… or postgresql://…; default: a SQLite file in the home",
        secret=True,
    ),
    Setting("SALLYPORT_LAKE_URL", None, "Datasets: a folder; default: `lake` in the home"),
    Setting(
        "SALLYPORT_ALLOWED_HOSTS",
        "",
        "Hosts besides Salesforce's that may be called: exact host[:port], separated by commas",
    ),
    Setting(
        "SALLYPORT_SECRET_KEY",
        None,
        "Key that seals credentials: 32 bytes in base64; default: a file `secret.key` in the home",
        secret=True,
    ),
    Setting("SALLYPORT_ORG", "LOCAL@AdobeOrg", "Org (x-gw-ims-org-id) the terminal works in"),
    Setting("SALLYPORT_SANDBOX", "prod", "Sandbox the terminal works in"),
    Setting(
        "SALLYPORT_VERIFY_SECONDS",
        "10",
        "How long creating a connection waits for Salesforce before it answers `initializing`",
        whole_number=(0, 300),
    ),
    Setting(
        "SALLYPORT_KEEP_ALIVE_DAYS",
        "7",
        "Days after which the grant of a connection nobody uses is renewed; Salesforce may end"
        " those that idle for 30",
        whole_number=(1, 29),
    ),
    Setting(
        "SALLYPORT_RUNS_AT_ONCE",
        "2",
        "Flow runs one process works on at once",
        whole_number=(1, 64),
    ),
    Setting(
        "SALLYPORT_STREAMS",
        "2",
        "Result pages one run reads at the same time",
        whole_number=(1, 16),
    ),
    Setting(
        "SALLYPORT_PAGE_ROWS",
        "50000",
        "Rows asked for in one Bulk result page",
        whole_number=(1000, 1_000_000),
    ),
    Setting(
        "SALLYPORT_LOG_LEVEL",
        "info",
        "debug, info, warning or error",
        choices=("debug", "info", "warning", "error"),
    ),
    Setting(
        "SALLYPORT_LOG_FORMAT", "text", "text or json (one object a line)", choices=("text", "json")
    ),
)
_BY_ENV: Final = {setting.env: setting for setting in TABLE}
CREDENTIALS: Final = (
    "SALLYPORT_PASSWORD",
    "SALLYPORT_SECURITY_TOKEN",
    "SALLYPORT_CLIENT_SECRET",
    "SALLYPORT_JWT_TOKEN",
    "SALLYPORT_PRIVATE_KEY",
)
"""What the terminal's ``connect`` reads from the environment, and only there: no settings."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's text and its origin (``environment``, the ``.env`` file's path, ``default``)."""

    text: str
    origin: str


@dataclass(frozen=True)
class Settings:
    """All settings as checked values; ``value(env)`` gives text and origin for display."""

    values: Mapping[str, Value]

    def value(self, env: str) -> Value:
        """Return the value behind one environment name of the table."""
        return self.values[env]

    def shown(self, env: str) -> str:
        """Return the value for display: secrets masked, a database URL without its password."""
        value = self.values[env]
        if not _BY_ENV[env].secret or not value.text:
            return value.text
        return mask_url(value.text) if env == "SALLYPORT_DATABASE_URL" else MASK

    @property
    def home(self) -> Path:
        """Folder for all state."""
        return Path(self.values["SALLYPORT_HOME"].text).expanduser().absolute()

    @property
    def database_url(self) -> str:
        """SQLAlchemy URL of the metadata store."""
        return self.values["SALLYPORT_DATABASE_URL"].text

    @property
    def jobs_url(self) -> str:
        """SQLAlchemy URL of the durable engine: the same PostgreSQL, or a SQLite file beside it."""
        if self.database_url.startswith("sqlite"):
            return self.database_url.removesuffix(".sqlite") + "-jobs.sqlite"
        return self.database_url

    @property
    def lake_url(self) -> str:
        """Where datasets live."""
        return self.values["SALLYPORT_LAKE_URL"].text

    @property
    def allowed_hosts(self) -> str:
        """Unparsed list of further hosts."""
        return self.values["SALLYPORT_ALLOWED_HOSTS"].text

    @property
    def secret_key(self) -> str | None:
        """Key text from the environment, or None when the key file is used."""
        return self.values["SALLYPORT_SECRET_KEY"].text or None

    @property
    def org(self) -> str:
        """Org the terminal works in."""
        return self.values["SALLYPORT_ORG"].text

    @property
    def sandbox(self) -> str:
        """Sandbox the terminal works in."""
        return self.values["SALLYPORT_SANDBOX"].text

    @property
    def verify_seconds(self) -> int:
        """How long creating a connection waits for Salesforce."""
        return int(self.values["SALLYPORT_VERIFY_SECONDS"].text)

    @property
    def keep_alive_days(self) -> int:
        """Days after which an unused grant is renewed."""
        return int(self.values["SALLYPORT_KEEP_ALIVE_DAYS"].text)

    @property
    def runs_at_once(self) -> int:
        """Runs one process works on at once."""
        return int(self.values["SALLYPORT_RUNS_AT_ONCE"].text)

    @property
    def streams(self) -> int:
        """Result pages one run reads at the same time."""
        return int(self.values["SALLYPORT_STREAMS"].text)

    @property
    def page_rows(self) -> int:
        """Rows asked for in one Bulk result page."""
        return int(self.values["SALLYPORT_PAGE_ROWS"].text)

    @property
    def log_level(self) -> str:
        """Least severe level that is logged."""
        return self.values["SALLYPORT_LOG_LEVEL"].text.lower()

    @property
    def log_format(self) -> str:
        """Shape of log lines."""
        return self.values["SALLYPORT_LOG_FORMAT"].text.lower()


def mask_url(url: str) -> str:
    """Return a database URL with its password masked."""
    scheme, separator, rest = url.partition("://")
    userinfo, at, host = rest.rpartition("@")
    if not separator or not at or ":" not in userinfo:
        return url
    return f"{scheme}://{userinfo.split(':', 1)[0]}:{MASK}@{host}"


def check_org(text: str, *, field: str) -> str:
    """Return an org's id (``x-gw-ims-org-id``) if it is one; InvalidRequest naming ``field``.

    It travels in a header, so it is 1 to 255 visible ASCII characters.
    """
    if not re.fullmatch(r"[!-~]{1,255}", text):
        raise InvalidRequest(
            "is not the id of an org.",
            field=field,
            received=text,
            cure="Give 1 to 255 ASCII characters without blanks, like LOCAL@AdobeOrg.",
        )
    return text


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the settings from ``environ`` and from ``.env`` in ``folder``.

    A name that is almost a setting's (``SALLYPORT_HOOME``) is refused, wherever it stands: it would
    be a setting that silently has no effect. In ``.env`` so is every other that begins like one.
    Raises InvalidRequest naming the setting, what was received and the cure; BrokenInstallation
    for a ``.env`` that cannot be read.
    """
    environ = os.environ if environ is None else environ
    for name in environ:
        if name not in CREDENTIALS and _misspelt(name):
            _check_name(name, field=name, place="the environment")
    env_file = (folder or Path.cwd()) / ".env"
    from_file = _read_env_file(env_file) if env_file.is_file() else {}
    values: dict[str, Value] = {}
    for setting in TABLE:
        if setting.env in environ:
            values[setting.env] = Value(environ[setting.env].strip(), "environment")
        elif setting.env in from_file:
            values[setting.env] = Value(from_file[setting.env].strip(), str(env_file))
        else:
            values[setting.env] = Value(setting.default or "", "default")
        _check(setting, values[setting.env])
    _fill_computed(values)
    return Settings(values)


def _read_env_file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenInstallation(
            f"{path} cannot be read: {error}.",
            field=str(path),
            cure="Make it a readable UTF-8 text file, or remove it.",
        ) from error
    found: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        line = binding.original.line
        if binding.error or (binding.key is not None and binding.value is None):
            raise InvalidRequest(
                f"line {line} of {path} is not NAME=value.",
                field=".env",
                received=_without_value(binding.original.string),
                cure="Write one NAME=value a line, with quotes closed, or remove the line.",
            )
        if binding.key is None:
            continue
        _check_name(binding.key, field=".env", place=f"line {line} of {path}")
        found[binding.key] = binding.value or ""
    return found


def _misspelt(name: str) -> bool:
    """Tell whether a name is almost a setting's.

    Others are left alone in the environment: Kubernetes puts SALLYPORT_SERVICE_HOST and its like
    into every container beside a service called sallyport.
    """
    prefix = "SALLYPORT_"
    known = [setting.removeprefix(prefix) for setting in _BY_ENV]
    return bool(get_close_matches(name.removeprefix(prefix), known, n=1, cutoff=0.75))


def _check_name(name: str, *, field: str, place: str) -> None:
    """Refuse a name that begins like a setting's and is none; values are never shown."""
    if not name.startswith("SALLYPORT_") or name in _BY_ENV:
        return
    if name in CREDENTIALS:
        raise InvalidRequest(
            f"{place} names a credential, which this file does not take.",
            field=field,
            received=name,
            cure="Put it into the environment of `sallyport connect`, or into a file of its own.",
        )
    close = get_close_matches(name, _BY_ENV, n=1)
    hint = f"Did you mean {close[0]}? Else remove it" if close else "Correct its name or remove it"
    raise InvalidRequest(
        f"{place} names a setting that does not exist.",
        field=field,
        received=name,
        cure=f"{hint}; the settings are {', '.join(_BY_ENV)}.",
    )


def _without_value(line: str) -> str:
    """Return a broken line's name only: its value may be a secret."""
    name, separator, _ = line.strip().partition("=")
    return f"{name}=…" if separator else name.split(maxsplit=1)[0][:40] if name else ""


def _check(setting: Setting, value: Value) -> None:
    if setting.whole_number is not None:
        low, high = setting.whole_number
        if (
            not value.text.isascii()
            or not value.text.isdigit()
            or not low <= int(value.text) <= high
        ):
            raise InvalidRequest(
                f"must be a whole number from {low} to {high}.",
                field=setting.env,
                received=value.text,
                cure=f"Correct it ({value.origin}), or remove it for {setting.default}.",
            )
    if setting.choices and value.text.lower() not in setting.choices:
        raise InvalidRequest(
            "is not one of the values it may have.",
            field=setting.env,
            received=value.text,
            cure=f"Use one of: {', '.join(setting.choices)} ({value.origin}).",
        )
    if setting.env == "SALLYPORT_ORG":
        check_org(value.text, field=setting.env)
    if setting.env == "SALLYPORT_DATABASE_URL" and value.text:
        _check_database_url(value.text)


def _check_database_url(url: str) -> None:
    if url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        return
    raise InvalidRequest(
        "is not a database URL sallyport can use.",
        field="SALLYPORT_DATABASE_URL",
        received=mask_url(url),
        cure="Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.",
    )


def _fill_computed(values: dict[str, Value]) -> None:
    """Give the settings that depend on others their default."""
    if not values["SALLYPORT_HOME"].text:
        home = str(user_data_path("sallyport", appauthor=False))
        values["SALLYPORT_HOME"] = Value(home, "default")
    home_path = Path(values["SALLYPORT_HOME"].text).expanduser().absolute()
    if not values["SALLYPORT_DATABASE_URL"].text:
        url = f"sqlite:///{home_path / 'sallyport.sqlite'}"
        values["SALLYPORT_DATABASE_URL"] = Value(url, "default")
    url = values["SALLYPORT_DATABASE_URL"].text
    if url.startswith("postgresql://"):
        # psycopg 3 is the driver we ship; SQLAlchemy's own default would be psycopg2
        origin = values["SALLYPORT_DATABASE_URL"].origin
        psycopg = url.replace("postgresql://", "postgresql+psycopg://", 1)
        values["SALLYPORT_DATABASE_URL"] = Value(psycopg, origin)
    if not values["SALLYPORT_LAKE_URL"].text:
        values["SALLYPORT_LAKE_URL"] = Value(str(home_path / "lake"), "default")
