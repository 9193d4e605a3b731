"""SQL from readers, behind two walls, either of which holds alone.

statement.py  the first: what of a statement is allowed, by an allowlist over the parsed tree
child.py      the second: a process that holds a copy of the records and can reach nothing else, and is thrown away
asking.py     what pages and the command line call: a query and a snapshot become a table

child.py runs as a process of its own for each query: it and statement.py import nothing of this project but each other.
"""
