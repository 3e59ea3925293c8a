"""``make org-faults``: every known refusal of Salesforce's sign-in, produced and compared.

What belongs here: the states that lead to each refusal, and the comparison with the reference
table, whose texts stand nowhere in this package. Each refusal is produced in an org of its own:
prepared while all is well, then a state set by Setup's pages, the admin API or a named fault, then
the real request. What does not: answers; those come from the simulator alone.
"""
