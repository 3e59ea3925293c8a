"""Retrying is a value: no sleeping is needed to test it."""

import pytest

from sallyport.errors import RemoteRefused, RemoteUnavailable, SallyportError
from sallyport.jobs.outcome import failed, value_of
from sallyport.jobs.retry import ONCE, Retry
from sallyport.salesforce.replies import TemporarilyRefused

GONE = RemoteUnavailable("no answer", stage="connect", status=503, cure="Wait.")
REFUSED = RemoteRefused("no", status=400, code="INVALID_FIELD", text="No such column")


@pytest.mark.parametrize(
    ("attempt", "wait"), [(1, 0.5), (2, 1.5), (3, 4.5), (4, 13.5), (5, 40.5), (6, None)]
)
def test_waits_grow_and_end(attempt: int, wait: float | None) -> None:
    assert Retry().wait_after(attempt, GONE) == wait


def test_a_wait_is_never_longer_than_the_most() -> None:
    assert Retry(attempts=20, most=60).wait_after(12, GONE) == 60


@pytest.mark.parametrize("error", [REFUSED, SallyportError("a defect")])
def test_what_salesforce_refused_is_not_asked_again(error: SallyportError) -> None:
    assert Retry().wait_after(1, error) is None


def test_once_means_once() -> None:
    assert ONCE.wait_after(1, GONE) is None


@pytest.mark.parametrize("error", [GONE, REFUSED, SallyportError("plain", field="f", received="r")])
def test_a_recorded_error_is_raised_again_as_it_was(error: SallyportError) -> None:
    with pytest.raises(type(error)) as raised:
        value_of(failed(error))
    assert type(raised.value) is type(error)
    assert {k: v for k, v in vars(raised.value).items() if v is not None} == {
        k: v for k, v in vars(error).items() if v is not None
    }
    assert str(raised.value) == str(error)


def test_a_room_s_own_error_is_recorded_as_the_kind_it_is() -> None:
    limit = TemporarilyRefused(
        "full", status=403, code="REQUEST_LIMIT_EXCEEDED", text="TotalRequests"
    )
    with pytest.raises(RemoteUnavailable) as raised:
        value_of(failed(limit))
    assert vars(raised.value)["code"] == "REQUEST_LIMIT_EXCEEDED"
    assert Retry().wait_after(1, raised.value) == 0.5


def test_a_recorded_value_is_returned() -> None:
    assert value_of({"value": {"rows": 3}}) == {"rows": 3}
