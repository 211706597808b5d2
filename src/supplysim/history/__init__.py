"""History against the model: twenty years of trade shocks chosen by rule, scored episodes, and calibration."""

from supplysim.history.card import Card, backtest

__all__ = ["Card", "backtest"]
