"""The engine: pure NumPy. One market (`market`), one month (`month`), many months (`run`), and the mass audit."""

from supplysim.engine.solve import MarketSolution, solve_market

__all__ = ["MarketSolution", "solve_market"]
