"""Random SOQL, and what another engine says about it.

``world`` makes rows; ``drawing`` draws ``questions`` about them; ``as_soql`` and ``as_sql`` each
say a question in one language and know nothing of the other; ``nonsense`` draws queries that must
be refused; ``asking`` sends, compares and judges. Nothing here uses code of the simulator except
to start it, and the rows SQLite holds were never read back from it.
"""
