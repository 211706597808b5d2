"""What the shipped scenarios tell, in direction: a few draws are enough to know which way things move."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from supplysim.results.result import Result
from supplysim.scenario import Scenario

Run = Callable[..., Result]


def metric(result: Result, name: str, product: str, region: str, variant: str = "scenario") -> float:
    found = {(key.metric, key.product, key.region): values for key, values in result.metrics[variant].items()}
    return float(np.median(found[name, product, region]))


def bought(result: Result, product: str, seller: str, buyer: str, year: int, variant: str = "scenario") -> float:
    flows = result.flows()
    row = flows[
        (flows["variant"] == variant) & (flows["product"] == product) & (flows["from"] == seller)
        & (flows["to"] == buyer) & (flows["year"] == year)
    ]  # fmt: skip
    return float(row["p50"].sum())


def test_it_runs_and_no_tonne_is_lost(name: str, run: Run, shipped: Callable[[str], Scenario]) -> None:
    """To half a year after its last event; the mass audit is always on, so that a leak would be an error."""
    scenario = shipped(name)
    starts = [float(scenario.values[f"events.{key}.starts"]) - scenario.start for key in scenario.events]
    result = run(name, "draws=2", f"horizon.months={int(max([12.0, *starts])) + 6}")
    assert result.metrics["scenario"]


def test_the_halt_stops_what_it_names_and_leaves_the_rest(run: Run) -> None:
    result = run("china-ree-halt", "draws=2", "horizon.months=36")
    for product in ("rare_earths.separated", "rare_earths.magnets"):
        before, during = (bought(result, product, "CHN", "EU27", year) for year in (1, 3))
        assert before > 100
        assert during < 0.5 * before
    assert metric(result, "unmet_demand_share", "rare_earths.magnets", "USA") > 0.1


def test_the_c5_deals_bring_no_rare_earths(run: Run) -> None:
    """The honest answer of china-ree-halt-with-c5: nothing signed at the summit helps in this crisis."""
    alone = run("china-ree-halt", "draws=2", "horizon.months=36")
    along = run("china-ree-halt-with-c5", "draws=2", "horizon.months=36")
    for region in ("USA", "EU27", "JPN", "KOR"):
        args = ("unmet_demand_share", "rare_earths.magnets", region)
        assert metric(along, *args) == pytest.approx(metric(alone, *args), abs=1e-9)


def test_six_months_of_magnets_help_and_do_not_suffice(run: Run) -> None:
    alone = run("china-ree-halt", "draws=2", "horizon.months=36")
    stocked = run("stockpile-six-months", "draws=2", "horizon.months=36")
    for region in ("USA", "EU27", "KOR"):
        args = ("unmet_demand_share", "rare_earths.magnets", region)
        assert 0.05 < metric(stocked, *args) < metric(alone, *args)


def test_the_tungsten_deals_soften_a_tungsten_halt(run: Run) -> None:
    best = run("all-c5-deals-realised", "draws=2", "scope=[tungsten, uranium]")
    worst = run("no-c5-deals", "draws=2", "scope=[tungsten, uranium]")
    for region in ("USA", "EU27", "JPN", "KOR"):
        args = ("peak_price_multiple", "tungsten.apt", region)
        assert metric(best, *args) < metric(worst, *args)
    assert bought(best, "tungsten.apt", "KAZ", "USA", 8) > 3_000
    assert bought(worst, "tungsten.apt", "KAZ", "USA", 8) < 50


def test_without_its_mines_the_kazakh_plant_stands_idle(run: Run) -> None:
    idle = run(
        "all-c5-deals-realised",
        "draws=2",
        "scope=[tungsten, uranium]",
        "projects.north-katpar.realised=0%",
        "projects.upper-kairakty.realised=0%",
    )
    assert bought(idle, "tungsten.apt", "KAZ", "USA", 8) < 50


def test_support_withdrawn_leaves_some_of_the_flow(run: Run) -> None:
    result = run("c5-support-withdrawn", "draws=4")
    kept = metric(result, "flow_after_support", "tungsten.apt", "USA")
    assert 0.05 < kept / metric(result, "supported_flow", "tungsten.apt", "USA") < 0.95


def test_a_rivals_bid_takes_what_support_let_go(run: Run) -> None:
    """With bids, China takes over the 4 kt of the US contract; without, what price and habit bring it."""
    events = ("offer-tungsten", "offer-uranium", "offer-antimony", "way-west-shut")
    calm, bid = (
        run("lasting-ties", "draws=2", *(f"events.{name}.probability={chance}" for name in events))
        for chance in ("0%", "100%")
    )
    left, taken = (metric(result, "taken_over_t", "tungsten.apt", "CHN") for result in (calm, bid))
    assert 0 < left < taken
    assert taken == pytest.approx(4000, rel=0.1)
    assert metric(bid, "flow_after_support", "antimony.metal", "USA") < metric(
        calm, "flow_after_support", "antimony.metal", "USA"
    )


def test_russian_enrichment_goes_elsewhere(run: Run) -> None:
    result = run("us-ban-russian-enriched-uranium", "draws=2", "horizon.months=48")
    assert bought(result, "uranium.enriched", "RUS", "USA", 1) > 1_000
    assert bought(result, "uranium.enriched", "RUS", "USA", 4) < 1
    assert bought(result, "uranium.enriched", "RUS", "EU27", 4) > bought(
        result, "uranium.enriched", "RUS", "EU27", 4, "baseline"
    )


def test_stocks_carry_reactors_through_a_year_without_kazakh_mines(run: Run) -> None:
    result = run("kazakhstan-uranium-outage", "draws=2", "horizon.months=48")
    assert metric(result, "unmet_demand_share", "uranium.enriched", "USA") < 0.02
    assert metric(result, "peak_price_multiple", "uranium.concentrate", "USA") > 1.3


def test_europe_has_tajik_antimony_and_america_has_not(run: Run) -> None:
    result = run("china-antimony-tungsten-controls", "draws=2")
    assert metric(result, "peak_price_multiple", "antimony.metal", "USA") > metric(
        result, "peak_price_multiple", "antimony.metal", "EU27"
    )
    assert metric(result, "unmet_demand_share", "antimony.metal", "USA") > 0.05


def test_two_blocs_make_magnets_short_in_the_west_and_cheap_in_the_east(run: Run) -> None:
    result = run("two-bloc-world", "draws=2", "horizon.months=36")
    args = ("peak_price_multiple", "rare_earths.magnets")
    assert metric(result, *args, "EU27") > 2 > metric(result, *args, "CHN")


@pytest.mark.slow
def test_five_hundred_draws_pass_the_audit(run: Run) -> None:
    result = run("kazakhstan-uranium-outage", "draws=500", "horizon.months=36")
    args = ("peak_price_multiple", "uranium.concentrate", "EU27")
    assert metric(result, *args) > metric(result, *args, "baseline") + 0.1
