"""The one place where a flow's requests are performed.

What belongs here: the loop. What does not: anything a flow knows.
"""

from __future__ import annotations

from typing import Protocol

from sallyport.auth.grants import Conversation, Outcome
from sallyport.salesforce.replies import Reply, Request


class Sender(Protocol):
    """Whatever performs one request (``HttpClient`` does)."""

    def send(self, request: Request) -> Reply:
        """Perform the request; raises what a failed network stands for."""
        ...


def perform(flow: Conversation[Outcome], http: Sender) -> Outcome:
    """Drive a flow to its end; raises what the flow and the sender raise."""
    try:
        request = next(flow)
        while True:
            request = flow.send(http.send(request))
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
    finally:
        flow.close()
