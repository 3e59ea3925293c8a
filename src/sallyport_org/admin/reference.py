"""The parts of the documentation that come from the code: paths of the admin API, kinds of faults.

``python -m sallyport_org.admin.reference > docs/org/admin-api.md`` writes that page, the same with
``faults`` behind it prints the table ``docs/org/faults.md`` holds; tests keep both up to date. What
does not belong here: the rest of the documentation (``docs/org``).
"""

from __future__ import annotations

import sys

from sallyport_org.admin import apps, people
from sallyport_org.admin.routes import ENTRIES, ROOT
from sallyport_org.faults.kinds import KINDS, Kind, Setting

_HEAD = f"""# Administering the simulator

Written by `python -m sallyport_org.admin.reference` from the code itself.

Everything an administrator of the simulator can do is JSON over HTTP below `{ROOT}` of
every plain door (`http://127.0.0.1:8421` unless another port was given), and most of it a command:
`sallyport-org fault | org | clock | inbox | log` (each has `--help`; `--url` or `SALLYPORT_ORG_URL`
says which simulator). None of it is Salesforce's.

It answers programs of its own machine only, and no web page of another place. A simulator started
with `--admin-token TOKEN` (or `SALLYPORT_ORG_ADMIN_TOKEN`) answers every machine, and asks for
`Authorization: Bearer TOKEN`.

`{{org}}` is an org's id (15 or 18 characters), its My Domain host, or `default` for the first one;
`{{user}}` a username or id; `{{app}}` a consumer key or name. A refusal is
`{{"message": …, "field": …}}` with 400, 403, 404 or 409, and has changed nothing.

```
sallyport-org fault add edge_420 --path /query --every 3
curl -X PATCH localhost:8421{ROOT}/orgs/default/settings -d '{{"api_limit": 100}}'
curl -X POST localhost:8421{ROOT}/orgs -d '{{"domain": "acme", "rows": {{"Account": 9}}}}'
curl -X POST localhost:8421{ROOT}/orgs/default/clock/advance -d '{{"hours": 3}}'
curl 'localhost:8421{ROOT}/requests?path=/query&last=10'
```

## Paths

| path | method | what it does |
| --- | --- | --- |
"""

_FAULTS = """\
| kind | strikes at | what happens | settings |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the whole page of the admin API in Markdown."""
    paths = [f"| `{ROOT}{one.path}` | {one.method} | {one.does} |\n" for one in ENTRIES]
    return _HEAD + "".join(paths).replace("``", "`") + _actions()


def fault_table() -> str:
    """Return the table of faults in Markdown."""
    return _FAULTS + "".join(_row(one) for one in KINDS.values())


def _actions() -> str:
    users, of_apps = (
        ", ".join(f"`{name}`" for name in table) for table in (people.ACTIONS, apps.ACTIONS)
    )
    return (
        f"\nActions on users: {users}. On apps: {of_apps}. What an action makes (a new password, "
        "a code) is answered as `result`.\n"
    )


def _row(kind: Kind) -> str:
    settings = "; ".join(_setting(one) for one in kind.settings)
    return f"| `{kind.name}` | {kind.where} | {kind.does} | {settings} |\n"


def _setting(one: Setting) -> str:
    unit = f" ({one.unit})" if one.unit else ""
    usual = "" if one.default in (None, ()) else f", {one.default} unless given"
    return f"`{one.name}`{unit}: {one.means}{usual}"


if __name__ == "__main__":
    sys.stdout.write(fault_table() if sys.argv[1:] == ["faults"] else page())
