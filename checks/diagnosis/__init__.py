"""``make diagnosis``: every known refusal fed as evidence, as it is, altered, and as raw logs.

- ``oracle``: which cause each row of the reference is, and the answer that decides in a group
- ``altering``: the same refusals with other ids, names, blanks, key order and clients around them
- ``pastes``: raw logs of clients (``pastes.toml``) and the cause each shows
- ``judging``: one refusal fed and judged
"""
