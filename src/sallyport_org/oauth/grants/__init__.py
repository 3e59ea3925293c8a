"""The grants of the token endpoint: one file each, from a request to what is granted.

What belongs here: what a single grant demands, in the order it is looked at. What does not: what
all share (``request``, ``words``, ``answer``).
"""
