"""Life cycles are tables: every move that is not in them is refused."""

from itertools import product

import pytest

from sallyport.connections.model import MOVES as CONNECTION_MOVES
from sallyport.connections.model import ConnectionState
from sallyport.connections.model import check_move as check_connection
from sallyport.errors import IllegalMove
from sallyport.flows.model import ENDED, MOVES, RunState, check_move


def test_a_run_ends_in_one_of_three_ways() -> None:
    assert {RunState.SUCCESS, RunState.INCOMPLETE, RunState.FAILED} == ENDED


@pytest.mark.parametrize(("now", "to"), list(product(RunState, RunState)))
def test_a_run_moves_only_by_the_table(now: RunState, to: RunState) -> None:
    if to in MOVES[now]:
        check_move(now, to)
    else:
        with pytest.raises(IllegalMove, match=f"{now} cannot become {to}"):
            check_move(now, to)


@pytest.mark.parametrize(("now", "to"), list(product(ConnectionState, ConnectionState)))
def test_a_connection_moves_only_by_the_table(now: ConnectionState, to: ConnectionState) -> None:
    if to in CONNECTION_MOVES[now]:
        check_connection(now, to)
    else:
        with pytest.raises(IllegalMove, match=f"{now} cannot become {to}"):
            check_connection(now, to)
