"""``sallyport settings``: every setting, its value, and where the value came from."""

from __future__ import annotations

from sallyport.cli import display
from sallyport.cli.options import AsJson
from sallyport.salesforce.hosts import AllowedHosts
from sallyport.settings import TABLE, load


def settings(as_json: AsJson = False) -> None:
    """Show every setting, its value and where it came from; secrets are masked."""
    loaded = load()
    AllowedHosts.parse(loaded.allowed_hosts)  # a rule of a higher floor than the settings' own
    rows = [
        (setting.env, loaded.shown(setting.env), loaded.value(setting.env).origin)
        for setting in TABLE
    ]
    if as_json:
        display.emit(
            {
                name: {"value": value or None, "origin": origin, "meaning": setting.meaning}
                for (name, value, origin), setting in zip(rows, TABLE, strict=True)
            }
        )
        return
    display.table(("setting", "value", "from"), rows)
