"""Measures of a loss against published values."""

from __future__ import annotations

import numpy as np
import pytest

from supplysim.decisions.risk import cvar, measured, value_at_risk

MEANS = np.array([0.0101110, 0.0043532, 0.0137058])
COVARIANCE = np.array([
    [0.00324625, 0.00022983, 0.00420395],
    [0.00022983, 0.00049937, 0.00019247],
    [0.00420395, 0.00019247, 0.00764097],
])  # fmt: skip
WEIGHTS = np.array([0.452013, 0.115573, 0.432414])
PUBLISHED = {0.90: (0.067847, 0.096975), 0.95: (0.090200, 0.115908), 0.99: (0.132128, 0.152977)}
"""Value at risk and conditional value at risk of the best portfolio (Rockafellar and Uryasev 2000, example)."""


def losses(n=2**15, seed=3):
    """Losses of the portfolio over evenly spread normal draws."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    uniform = qmc.Sobol(3, rng=np.random.default_rng(seed)).random(n)
    returns = MEANS + ndtri(np.clip(uniform, 1e-12, 1 - 1e-12)) @ np.linalg.cholesky(COVARIANCE).T
    return -returns


@pytest.mark.parametrize("beta", sorted(PUBLISHED))
def test_three_assets_of_rockafellar_and_uryasev(beta):
    loss = losses() @ WEIGHTS
    value, conditional = PUBLISHED[beta]
    assert value_at_risk(loss, 1 - beta) == pytest.approx(value, abs=7e-4)
    assert cvar(loss, 1 - beta) == pytest.approx(conditional, abs=7e-4)


def test_the_published_weights_are_the_best_by_the_linear_program():
    """The same form as the master's, with continuous weights: minimise a + mean(u) / tail."""
    from scipy.optimize import linprog

    assets, tail = losses(2**11), 0.1
    n = len(assets)
    tops = np.hstack([assets, -np.ones((n, 1)), -np.eye(n)])
    found = linprog(
        np.r_[np.zeros(3), 1.0, np.full(n, 1.0 / (tail * n))],
        A_ub=np.vstack([tops, np.r_[-MEANS, np.zeros(n + 1)]]), b_ub=np.r_[np.zeros(n), -0.011],
        A_eq=np.r_[np.ones(3), np.zeros(n + 1)][None], b_eq=[1.0],
        bounds=[(0, None)] * 3 + [(None, None)] + [(0, None)] * n,
    )  # fmt: skip
    assert found.fun == pytest.approx(PUBLISHED[0.90][1], abs=2e-3)
    assert found.fun == pytest.approx(cvar(assets @ found.x[:3], tail), rel=1e-9)
    assert found.x[:3] == pytest.approx(WEIGHTS, abs=0.05)


def test_measures_by_hand():
    loss = np.arange(1.0, 21.0)
    assert cvar(loss, 0.1) == 19.5
    assert cvar(loss, 0.05) == 20.0
    assert cvar(loss, 1.0) == pytest.approx(loss.mean())
    assert value_at_risk(loss, 0.05) == 19.0
    assert measured(loss, "regret", loss - 1.0) == 1.0
    assert measured(loss, "mean", weights=np.r_[1.0, np.zeros(19)]) == 1.0
