"""The kit for tables: new minerals from templates or from trade, and what balancing makes of them.

The shipped tables are written by the same functions, from rows that `tools/` derives.
"""
