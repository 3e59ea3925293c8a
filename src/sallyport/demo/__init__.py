"""The demo: a simulated org, our API, four flows, 450,000 rows proven, in under a minute.

What belongs here: a client of our own API that tells what it does, and the two server processes it
needs. What does not: anything the product itself does. It imports no room that does the work, so
that what it shows is what any client of the API gets.

Public names: ``demonstrate``.
"""

from sallyport.demo.story import demonstrate

__all__ = ["demonstrate"]
