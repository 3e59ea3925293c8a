"""The page of the documentation that lists every path of the admin API and every kind of fault.

``python -m sallyport_org.admin.reference > docs/org-admin.md`` writes it; a test keeps it up to
date. What does not belong here: how the simulator is started and what it models (``docs/org.md``).
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

_FAULTS = """
## Faults

A fault belongs to one org and strikes nothing else. Beside `kind` and `settings` it may have:

| attribute | command | meaning |
| --- | --- | --- |
| `sobject` | `--sobject` | only where this object is worked on (rows, queries, jobs) |
| `path` | `--path` | only requests (or jobs) whose path holds this text |
| `method` | `--method` | only requests of this HTTP method |
| `after` | `--after` | the first n moments that fit are let go |
| `every` | `--every` | then each n-th is struck |
| `times` | `--times` | so often in all; without it, for ever |
| `since`, `until` | | from, and to before, a moment by the org's clock |
| `in_seconds`, `for_seconds` | `--in`, `--for` | the same, counted from now |
| `id` | `--id` | an id of your own |

The request log names the faults that struck a request; `GET …/faults/{fault}` shows when a fault
struck. Paths below `/simulator` are never struck. At a login host (login.salesforce.com) the org is
known only once somebody logs in: there `edge_420`, `timeout` and `duplicate` do not strike.

| kind | strikes at | what happens | settings |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the whole page in Markdown."""
    paths = [f"| `{ROOT}{one.path}` | {one.method} | {one.does} |\n" for one in ENTRIES]
    kinds = [_row(one) for one in KINDS.values()]
    return _HEAD + "".join(paths).replace("``", "`") + _actions() + _FAULTS + "".join(kinds)


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
    sys.stdout.write(page())
