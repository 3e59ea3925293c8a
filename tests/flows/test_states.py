"""Life cycles are tables: every move that is not in them is refused."""

from itertools import product

import pytest

from sallyport.connections.model import LIFE as CONNECTION
from sallyport.connections.model import ConnectionState
from sallyport.errors import IllegalMove
from sallyport.flows.model import ENDED, RunState
from sallyport.flows.model import LIFE as RUN


def test_a_run_ends_in_one_of_three_ways() -> None:
    assert {RunState.SUCCESS, RunState.INCOMPLETE, RunState.FAILED} == ENDED


@pytest.mark.parametrize(("now", "to"), list(product(RunState, RunState)))
def test_a_run_moves_only_by_the_table(now: RunState, to: RunState) -> None:
    if to in RUN.moves[now]:
        RUN.check(now, to)
    else:
        with pytest.raises(IllegalMove, match=f"{now} cannot become {to}"):
            RUN.check(now, to)


@pytest.mark.parametrize(("now", "to"), list(product(ConnectionState, ConnectionState)))
def test_a_connection_moves_only_by_the_table(now: ConnectionState, to: ConnectionState) -> None:
    if to in CONNECTION.moves[now]:
        CONNECTION.check(now, to)
    else:
        with pytest.raises(IllegalMove, match=f"{now} cannot become {to}"):
            CONNECTION.check(now, to)
