"""The search finds what brute force finds, on published problems and on its own."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from supplysim.decisions.master import Master, Rule
from supplysim.decisions.portfolio import Search
from supplysim.decisions.risk import measured


def brute(master, evaluate, budget):
    """The best of all portfolios there are."""
    all_of = [x for x in product(*(range(len(c)) for c in master.costs)) if master.feasible(x, budget)]
    return min(measured(loss, master.measure) for loss in evaluate(all_of))


def crisis(options, draws=64, seed=0):
    """Losses that fall, each option less than the one before it: convex in the levels."""
    random = np.random.default_rng(seed)
    need = random.gamma(2.0, 50.0, draws)
    helps = random.gamma(1.5, 10.0, options) * (random.random((draws, options)) < 0.8)

    def evaluate(portfolios):
        return [np.maximum(need - helps @ np.asarray(levels), 0.0) for levels in portfolios]

    return evaluate, tuple((0.0, float(c)) for c in random.uniform(1.0, 9.0, options))


@pytest.mark.parametrize("seed", range(4))
def test_a_convex_choice_of_ten_options_is_the_best_there_is(seed):
    evaluate, costs = crisis(10, seed=seed)
    master = Master(costs)
    found = Search(master, evaluate).frontier([5.0, 15.0, 30.0])
    for best in found:
        assert best.loss == pytest.approx(brute(master, evaluate, best.budget), rel=1e-9)
        assert master.cost(best.levels) <= best.budget
        assert best.bound <= best.loss + 1e-9


def test_thirty_convex_options_need_few_evaluations():
    evaluate, costs = crisis(30, seed=9)
    search = Search(Master(costs), evaluate)
    found = search.frontier([20.0])
    assert found[0].gap < 0.02
    assert search.evaluations <= 250


def test_the_knapsack_p01():
    """Weights and profits of problem p01 (Burkardt's collection): the best profit is 309."""
    weights = (23, 31, 29, 44, 53, 38, 63, 85, 89, 82)
    profits = np.array([92, 57, 49, 68, 60, 43, 67, 84, 87, 72], dtype=float)
    search = Search(
        Master(tuple((0.0, float(w)) for w in weights), measure="mean"),
        lambda portfolios: [np.array([profits.sum() - profits @ np.asarray(x)]) for x in portfolios],
    )
    (best,) = search.frontier([165.0])
    assert profits.sum() - best.loss == 309.0
    assert best.levels == (1, 1, 1, 1, 0, 1, 0, 0, 0, 0)


def farmer(acres):
    """Profits `(n, 3)` of Birge and Louveaux's farmer by acres of wheat, corn, beets, for good, usual, bad yields."""
    wheat, corn, beets = (np.asarray(acres, dtype=float)[:, k, None] for k in range(3))
    factor = np.array([1.2, 1.0, 0.8])
    grown, maize, sugar = 2.5 * factor * wheat, 3.0 * factor * corn, 20.0 * factor * beets
    trade = np.maximum(grown - 200, 0) * 170 - np.maximum(200 - grown, 0) * 238
    trade = trade + np.maximum(maize - 240, 0) * 150 - np.maximum(240 - maize, 0) * 210
    trade = trade + np.minimum(sugar, 6000) * 36 + np.maximum(sugar - 6000, 0) * 10
    return trade - 150 * wheat - 230 * corn - 260 * beets


def test_birge_and_louveauxs_farmer():
    """In steps of ten acres: RP 108,390, EEV 107,240, VSS 1,150; with WS 115,406 that is an EVPI of 7,016."""
    step, most = 10, 50
    levels = tuple(float(step * k) for k in range(most + 1))

    def evaluate(portfolios):
        return list(500_000.0 - farmer(step * np.asarray(portfolios)))

    (best,) = Search(Master((levels,) * 3, measure="mean"), evaluate).frontier([500.0])
    assert [step * level for level in best.levels] == [170, 80, 250]
    worth = 500_000.0 - best.loss
    assert worth == pytest.approx(108_390, abs=1)
    of_the_mean = float(farmer([[120, 80, 300]]).mean())
    assert of_the_mean == pytest.approx(107_240, abs=1)
    assert worth - of_the_mean == pytest.approx(1_150, abs=1)
    seen = farmer([[550 / 3, 200 / 3, 250], [120, 80, 300], [100, 25, 375]])
    knowing = float(np.mean([seen[k, k] for k in range(3)]))
    assert knowing == pytest.approx(115_406, abs=1)
    assert knowing - worth == pytest.approx(7_016, abs=1)


def test_a_bigger_budget_and_one_more_option_never_hurt():
    evaluate, costs = crisis(8, seed=3)
    found = Search(Master(costs), evaluate).frontier([0.0, 4.0, 8.0, 16.0, 1e9])
    losses = [best.loss for best in found]
    assert losses == sorted(losses, reverse=True)
    assert found[0].levels == (0,) * 8
    assert found[0].gap == 0.0
    fewer = Search(Master(costs[:-1]), lambda xs: evaluate([(*x, 0) for x in xs])).frontier([8.0])
    assert found[2].loss <= fewer[0].loss + 1e-9


def test_rules_are_kept():
    evaluate, costs = crisis(6, seed=4)
    rules = (Rule((-1.0, 1.0, 0.0, 0.0, 0.0, 0.0), 0.0, "b needs a"), Rule((1.0,) * 6, 2.0, "at most 2"))
    master = Master(costs, rules)
    (best,) = Search(master, evaluate).frontier([100.0])
    assert not any(rule.broken(best.levels) for rule in rules)
    assert best.loss == pytest.approx(brute(master, evaluate, 100.0), rel=1e-9)


@pytest.mark.parametrize("measure", ["mean", "worst 5 %", "regret", "p95"])
def test_every_measure_can_be_kept_small(measure):
    evaluate, costs = crisis(6, seed=5)
    (best,) = Search(Master(costs, measure=measure), evaluate).frontier([12.0])
    assert best.loss >= 0.0
    if measure in ("mean", "worst 5 %"):
        assert best.loss == pytest.approx(brute(Master(costs, measure=measure), evaluate, 12.0), rel=1e-9)


def test_options_that_only_help_together_are_found_from_everything():
    """A mine without a plant is worth nothing, and a plant without a mine: each step from nothing looks useless."""
    evaluate, costs = crisis(6, seed=6)

    def together(portfolios):
        return [loss - 80.0 * (x[0] and x[1]) + 200.0 for loss, x in zip(evaluate(portfolios), portfolios, strict=True)]

    master = Master(costs)
    (best,) = Search(master, together).frontier([costs[0][1] + costs[1][1] + 1.0])
    assert best.levels[:2] == (1, 1)
    assert best.loss == pytest.approx(brute(master, together, best.budget), rel=1e-9)


def test_alternatives_are_near_and_verified():
    evaluate, costs = crisis(10, seed=7)
    search = Search(Master(costs), evaluate)
    (best,) = search.frontier([20.0])
    found = search.alternatives(best, 3)
    for levels, loss in found:
        assert levels != best.levels
        assert loss <= 1.05 * best.loss
        assert loss == search.measure(evaluate([levels])[0])
    assert len({levels for levels, _ in found}) == len(found)


def test_bootstraps_are_the_same_for_the_same_seed_and_say_how_sure_a_choice_is():
    evaluate, costs = crisis(8, seed=8)
    search = Search(Master(costs), evaluate)
    (best,) = search.frontier([12.0])
    assert search.bootstrapped(best, 1) == search.bootstrapped(best, 1)
    assert all(search.master.feasible(levels, 12.0) for levels in search.bootstrapped(best, 1))
    low, high = search.interval(best.levels, 1, 12.0)
    assert low <= best.loss <= high


def test_no_more_is_simulated_than_was_allowed():
    evaluate, costs = crisis(12, seed=2)
    search = Search(Master(costs), evaluate, most_evaluations=40)
    search.frontier([5.0, 15.0])
    assert search.evaluations <= 40


def test_nothing_is_bought_that_does_harm():
    """An option that helps alone and harms beside another is dropped, although every cut praises it."""
    evaluate, costs = crisis(6, seed=11)

    def crowding(portfolios):
        return [loss + 40.0 * (x[0] and x[1]) for loss, x in zip(evaluate(portfolios), portfolios, strict=True)]

    search = Search(Master(costs), crowding)
    (best,) = search.frontier([100.0])
    fewer = [(*best.levels[:o], 0, *best.levels[o + 1 :]) for o, level in enumerate(best.levels) if level]
    assert all(search.measure(loss) >= best.loss - 1e-9 for loss in crowding(fewer))
