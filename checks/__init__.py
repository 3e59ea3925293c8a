"""What the make targets of this folder show: the whole product, from outside, with outside oracles.

Each target runs the real commands, compares what it reads back with what it loaded by means that
are not our own code (DuckDB, the csv module, curl, the Delta library), and ends with the line
``<target>: ok, P of N …``; it exits 1 unless P is N.
"""
