"""Compare the simulator's describes with recorded ones of a real org; prints what differs.

Run: ``python -m tests.org.compare_describes FOLDER``, where FOLDER holds files such as
``Account.json`` (the body of ``/sobjects/Account/describe``). Not part of the test run: the
recordings are not in this project. Fields an administrator added are left out on both sides.
Exit code 1 when anything but labels, picklist values and targets differs.
"""

import json
import sys
from pathlib import Path
from typing import Any

from sallyport_org.schema import standard_schema
from sallyport_org.schema.describe import describe_sobject

SOFT = {"label", "picklistValues", "referenceTo", "inlineHelpText", "relationshipOrder"}
"""Keys in which orgs differ from each other anyway."""
SOFT_OBJECT = {"urls", "fields", "childRelationships", "recordTypeInfos", "actionOverrides"}


def standard(field: dict[str, Any]) -> bool:
    name = field["name"]
    return not (field["custom"] or name.endswith(("__c", "__s", "__pc")))


def compare(theirs: dict[str, Any], ours: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the differences that matter, and those in which orgs differ anyway."""
    hard: list[str] = []
    soft: list[str] = []
    for key in sorted({*theirs, *ours} - SOFT_OBJECT):
        if theirs.get(key) != ours.get(key):
            hard.append(f"object.{key}: real {theirs.get(key)!r}, ours {ours.get(key)!r}")
    real = {one["name"]: one for one in theirs["fields"] if standard(one)}
    made = {one["name"]: one for one in ours["fields"] if standard(one)}
    hard += [f"{name}: missing here" for name in real if name not in made]
    hard += [f"{name}: not in the recording" for name in made if name not in real]
    for name in real.keys() & made.keys():
        for key in sorted({*real[name], *made[name]}):
            if real[name].get(key) != made[name].get(key):
                text = f"{name}.{key}: real {real[name].get(key)!r}, ours {made[name].get(key)!r}"
                (soft if key in SOFT else hard).append(text[:240])
    return hard, soft


def main(folder: Path) -> int:
    """Compare every recording whose object is modelled; return the exit code."""
    schema = standard_schema()
    failed = False
    for path in sorted(folder.glob("*.json")):
        theirs = json.loads(path.read_text(encoding="utf-8"))
        sobject = schema.find(path.stem)
        if sobject is None or "fields" not in theirs:
            continue
        ours = describe_sobject(schema, sobject, "60.0", "https://acme.my.salesforce.com")
        hard, soft = compare(theirs, ours)
        failed |= bool(hard)
        print(
            f"{path.stem}: {len(ours['fields'])} fields, {len(hard)} differences, {len(soft)} soft"
        )
        for line in hard:
            print(f"  {line}")
        for line in soft:
            print(f"  (soft) {line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
