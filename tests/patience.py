"""How long tests wait for another process: no claim about speed."""

HANG = 600
"""Seconds that only a hang takes: the slowest step waited for takes some twenty on a quiet machine."""
