"""The engine, in NumPy: one market (`solver`), one month (`month`), many months (`run`) and the mass audit.

`native` is the same month in C++.
"""

from supplysim.engine.solve import MarketSolution, solve_market

__all__ = ["MarketSolution", "solve_market"]
