"""The figures show what the run folder holds."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import spearmanr

from supplysim.report.choice import choose
from supplysim.report.figure import row_label
from supplysim.report.figures.binding import binding, stretches
from supplysim.report.figures.contracts import contracts, deal_of
from supplysim.report.figures.drivers import Driver, correlation, drivers, ranks, threshold
from supplysim.report.figures.fans import fans
from supplysim.report.figures.origin import origin, passed
from supplysim.report.figures.sankey import ending_with, sankey, streams
from supplysim.report.figures.shares import hhi, origins, shares
from supplysim.report.figures.stocks import stocks
from supplysim.report.figures.world_map import links_of, world_map
from supplysim.report.names import dated
from supplysim.report.numbers import amount, plain
from supplysim.report.page import page
from supplysim.report.sentences import answer
from supplysim.report.source import read_run
from supplysim.report.tiles import tiles

SEPARATED = "rare_earths.separated"


def test_the_product_whose_shortage_is_worth_most_comes_first_with_the_consumer_hit_hardest(both):
    """Japan, not the first of the list: it lacks four times the tonnes, and as large a part of its need."""
    choice = choose(both)
    assert choice.product == SEPARATED
    assert choice.region == "JPN"
    assert choice.moved[0] == SEPARATED


def test_a_fan_has_the_medians_of_monthly_parquet(both):
    panel = next(p for p in fans(both, choose(both)).panels if p.key == f"{SEPARATED}|USA")
    frame = both.monthly.to_pandas()
    rows = frame[(frame["variant"] == "scenario") & (frame["product"] == SEPARATED) & (frame["region"] == "USA")
                 & (frame["quantity"] == "price")]  # fmt: skip
    line = next(t for t in panel.plot.traces if t.get("name") == "Scenario" and t["yaxis"] == "y")
    assert line["y"] == pytest.approx(rows["p50"].to_numpy(), rel=1e-3)
    assert rows["month"].tolist() == both.months
    assert f"is highest in {dated(both.start + int(rows['p50'].argmax()))}, at " in panel.reading
    assert "outer band" in panel.reading
    assert "inner band" in panel.reading


def test_consumers_of_a_few_kilograms_have_their_diagram_and_map(tiny):
    """Thresholds are shares of what there is, and a small number keeps a digit that says something."""
    choice = choose(tiny)
    used = [row for row in tiny.rows if row.metric == "short_t" and row.region == "KOR"]
    assert used
    diagram = sankey(tiny, choice).panels[0]
    assert all(trace["link"]["value"] and min(trace["link"]["value"]) > 0 for trace in diagram.plot.traces)
    assert not diagram.reading.startswith("Nothing of this chain")
    assert world_map(tiny, choice).panels[0].plot.traces
    assert (amount(0.0004, "t"), amount(3.14159, "t"), amount(0.31, "t")) == ("0.0004 t", "3.1 t", "0.31 t")


def test_stocks_run_down_during_the_halt(both):
    panel = next(p for p in stocks(both, choose(both)).panels if p.key == f"{SEPARATED}|USA")
    cover = both.series("scenario", SEPARATED, "USA", "cover")[1]
    assert cover.min() < 0.8 * cover[0]
    assert f"lowest in {dated(both.start + int(cover.argmin()))}: " in panel.reading


def test_shares_add_up_and_hhi_is_theirs(both):
    parts = origins(both, "scenario", SEPARATED, "USA")
    assert sum(parts.values()) == pytest.approx(1.0)
    assert hhi(parts) == pytest.approx(sum(s**2 for s in parts.values()))
    assert hhi({"a": np.array([0.5]), "b": np.array([0.5])}) == pytest.approx(0.5)
    assert len(shares(both, choose(both)).panels) == len(choose(both).pairs())


def test_the_map_shows_the_ban(both):
    links = {(k.origin, k.destination): k for k in links_of(both, SEPARATED, 0)}
    assert links["CHN", "USA"].state in ("less", "stopped")
    assert all(k.origin != k.destination for k in links.values())


def test_what_ends_with_consumers_is_what_they_bought(both):
    chain = both.catalog.chain("rare_earths")
    found = streams(both, "scenario", chain, 0)
    kept = ending_with(found, chain, ("USA", "JPN"))
    used = sum(s.tonnes for s in found if s.end[0] == "use" and s.end[1] in ("USA", "JPN"))
    assert sum(s.tonnes for s in kept if s.end[0] == "use") == pytest.approx(used, rel=1e-3)
    assert {s.end[1] for s in kept if s.end[0] == "use"} <= {"USA", "JPN"}
    everywhere = ending_with(found, chain, tuple({s.end[1] for s in found}))
    assert sum(s.tonnes for s in everywhere) == pytest.approx(sum(s.tonnes for s in found), rel=1e-2)


def test_a_contract_runs_where_it_was_signed(both):
    deal = deal_of(both, "offtake")
    assert deal.volume == pytest.approx(2000.0)
    assert deal.flow[1] > deal.anyway[1]
    happened = both.sampled("contracts.offtake.realised.happens") < 0.7
    assert deal.realised == pytest.approx(happened.mean())
    figure = contracts(both, choose(both))
    assert "A railway" in [row[0] for row in figure.panels[0].numbers.rows]


def test_without_contracts_there_is_no_such_figure(runs):
    assert contracts(runs["events"], choose(runs["events"])) is None


def test_what_binds_names_the_event_in_its_months(both):
    panel = next(p for p in binding(both, choose(both)).panels if p.key == SEPARATED)
    event = panel.numbers.rows[0]
    assert event[1:4] == ["Event in force", "2026-06", "2027-05"]
    assert "severity 9" in event[4]
    assert any(row[1] == "Users short" and row[0] == "United States" for row in panel.numbers.rows)


@given(arrays.arrays(bool, st.integers(0, 40)))
def test_stretches_are_the_unbroken_runs(holds):
    again = np.zeros_like(holds)
    found = stretches(holds)
    for first, last in found:
        again[first : last + 1] = True
    assert (again == holds).all()
    assert all(b - a > 1 for (_, a), (b, _) in itertools.pairwise(found))


@given(arrays.arrays(float, (2, 12), elements=st.integers(0, 6).map(float)))
def test_rank_correlation_is_spearmans(pair):
    a, b = pair
    if np.ptp(a) > 0 and np.ptp(b) > 0:
        assert correlation(ranks(a), ranks(b)) == pytest.approx(spearmanr(a, b).statistic)


def test_chance_asks_more_of_few_draws_and_many_inputs():
    assert threshold(1000, 10) < threshold(100, 10) < threshold(100, 100)
    assert threshold(5, 10) == 1.0


def test_only_inputs_that_can_matter_are_named(both):
    panel = next(p for p in drivers(both, choose(both)).panels if p.key == f"{SEPARATED}|USA")
    labels = [row[0] for row in panel.numbers.rows]
    assert any("separated rare earths" in label for label in labels)
    assert not any("uranium" in label for label in labels)


def test_a_price_has_two_bands_and_the_outer_one_is_wider_and_named(both):
    """The light band is that of monthly.parquet's outer quantiles; the table names the inner one behind it."""
    choice = choose(both)
    panel = fans(both, choice).panels[0]
    light = [trace for trace in panel.plot.traces if trace.get("fillcolor") == "@scenario/0.08"]
    assert len(light) == 1
    outer = both.outer("scenario", choice.product, choice.region, "price")
    assert light[0]["y"] == pytest.approx(outer[1], rel=1e-3)
    inner = both.series("scenario", choice.product, choice.region, "price")
    assert (outer[1] - outer[0] > inner[2] - inner[0]).all()
    middle = plain(float(inner[1][0]))
    cell = panel.numbers.rows[0][len(both.variants)]
    assert cell == f"outer band {plain(outer[0][0])} to {plain(outer[1][0])}, inner band {middle}"


def test_tiles_and_sentences_name_both_bands(both):
    choice = choose(both)
    assert "outer band" in tiles(both, choice)
    assert "inner band" in tiles(both, choice)
    (said,) = [text for _, text in answer(both, choice) if text.startswith("The spot price")]
    assert "outer band" in said


def test_origins_stand_behind_what_is_bought(both):
    """Every stage's bar is whole, and a magnet or oxide has mines behind it that its seller does not have."""
    choice = choose(both)
    figure = origin(both, choice)
    assert figure is not None
    product, region = next((p, r) for p, r in choice.pairs() if passed(both, p, r, choice.year[p]))
    found = passed(both, product, region, choice.year[product])
    assert {variant for variant, _ in found} >= {"baseline", "scenario"}
    for parts in found.values():
        assert sum(parts.values()) == pytest.approx(1.0, abs=0.05), "medians of parts need not add up to the whole"
    plot = figure.panels[0].plot
    assert plot is not None
    whole = [sum(trace["x"][k] for trace in plot.traces) for k in range(len(plot.traces[0]["y"]))]
    assert whole == pytest.approx([100.0] * len(whole), abs=5.0)
    assert "stand" in figure.panels[0].reading


def test_a_run_of_one_month_is_a_point_and_its_year_is_told_in_words(folders):
    """No line can be drawn through one month, and `In from 2026-05` is no sentence."""
    run = read_run(folders["month"])
    choice = choose(run)
    (panel, *_) = fans(run, choice).panels
    assert {trace["mode"] for trace in panel.plot.traces} == {"markers"}
    assert panel.plot.layout["xaxis2"]["range"] == ["2026-04", "2026-06"]
    said = world_map(run, choice).panels[0].reading
    assert said.startswith("In the year from May 2026, ")
    assert "In from" not in page(run)
    assert "2026-05 to 2026-05" not in page(run)
    assert "1 months" not in page(run)


def test_long_names_of_rows_take_two_lines_and_keep_what_tells_them_apart():
    first, second = (
        f"More Kazakh uranium for American utilities, enriched in {place}" for place in ("the US", "Europe")
    )
    assert row_label(first, "3.2 kt/yr") == (
        "More Kazakh uranium for American<br>utilities, enriched in the US<br>3.2 kt/yr"
    )
    assert row_label(first) != row_label(second)
    assert row_label("<b>" + "x" * 200).count("<br>") == 1
    assert "<b>x" not in row_label("<b>x")
    assert Driver("delay of “A mine (70 %, 30 %)”", 0.1).lines == ("delay of “A mine (70 %, 30 %)”", "")
    assert Driver("months of stocks held, primary gallium", 0.1).lines == ("months of stocks held", "primary gallium")


def test_a_contract_without_a_volume_has_no_mark_of_one_and_its_window_is_told(folders):
    run = read_run(folders["contracts"])
    deal = deal_of(run, "offtake")
    assert deal.told == "from March 2027 to February 2028"
    volumes = next(t for t in contracts(run, choose(run)).panels[0].plot.traces if t["name"] == "Volume signed")
    assert volumes["x"] == [2000.0]
    bare = replace(
        run, scenario=replace(run.scenario, contracts={"offtake": deal.terms.model_copy(update={"volume": None})})
    )
    volumes = next(t for t in contracts(bare, choose(run)).panels[0].plot.traces if t["name"] == "Volume signed")
    assert volumes["x"] == []
