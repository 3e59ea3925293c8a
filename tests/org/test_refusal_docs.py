"""docs/org/refusals.md keeps up with the check it is made of, and the check with the simulator."""

from checks.org_faults import page
from checks.org_faults.scenarios import ALL

from sallyport_org.faults import KINDS


def test_the_page_of_refusals_is_what_the_scenarios_say() -> None:
    cure = "write it anew: python -m checks.org_faults --write-docs"
    assert page.PATH.read_text(encoding="utf-8") == page.text(), cure


def test_every_scenario_stands_on_the_page_once() -> None:
    lines = page.text().splitlines()
    for name in ALL:
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1, name


def test_the_faults_named_exist() -> None:
    by_fault = [one for one in ALL.values() if one.by == "fault"]
    assert by_fault
    for one in by_fault:
        assert one.state.split("`")[1] in KINDS, one.id
