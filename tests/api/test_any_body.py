"""Whatever stands in a body where something else should: an answer of ours, never a defect."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sallyport.api import Listening
from sallyport.kernel import new_hex
from sallyport.wiring import Sallyport
from sallyport_org.server import OrgServer
from tests.api.client import FLOW, Client
from tests.api.test_flows import DATASETS, MAPPINGS, SCHEMAS, Pieces

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def pieces(installation: Sallyport, server: Listening, org: OrgServer) -> Pieces:
    credentials = installation.access.create_client(f"{new_hex(8)}@AdobeOrg", "any body")
    return Pieces(Client(server, credentials), org)


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield the place of everything inside a JSON value."""
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, entry in entries:
        yield (*above, key)
        yield from places(entry, (*above, key))


def good_bodies(pieces: Pieces) -> dict[str, Any]:
    reference = {"id": pieces.schema}
    return {
        f"{FLOW}/sourceConnections": pieces.source(columns=[{"name": "Id"}]),
        f"{FLOW}/targetConnections": pieces.target(),
        f"{FLOW}/flows": pieces.flow(),
        f"{FLOW}/runs": {"flowId": "none", "params": {"startTime": 1}},
        SCHEMAS: {"title": "t", "allOf": [{"$ref": "x"}]},
        DATASETS: {"name": "d", "schemaRef": reference},
        MAPPINGS: {
            "outputSchema": {"schemaRef": reference},
            "mappings": [{"source": "Id", "destination": "Id"}],
        },
    }


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_value_in_any_place_is_our_defect(pieces: Pieces, data: st.DataObject) -> None:
    bodies = good_bodies(pieces)
    path = data.draw(st.sampled_from(sorted(bodies)))
    body = copy.deepcopy(bodies[path])
    place = data.draw(st.sampled_from(list(places(body))))
    inside = body
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = data.draw(ANYTHING)
    answer = pieces.client.post(path, body)
    assert answer.status < 500, answer.text
    if answer.status >= 400:
        assert answer.body["errorMessage"] == answer.body["report"]["detailed-message"]


def test_what_was_made_of_odd_values_can_be_read_again(pieces: Pieces) -> None:
    client = pieces.client
    odd = {"title": "\u202e \U0001f426", "allOf": None, "description": 7}
    made = client.post(SCHEMAS, odd)
    assert made.status == 201
    assert client.get(f"{SCHEMAS}/{made.body['meta:altId']}").body == made.body
    for collection in ("connections", "sourceConnections", "targetConnections", "flows", "runs"):
        assert client.get(f"{FLOW}/{collection}").status == 200
