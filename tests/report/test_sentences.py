"""What the page says in words is what summary.csv says in numbers."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from supplysim.report.choice import choose
from supplysim.report.figures.fans import fans
from supplysim.report.figures.stocks import stocks
from supplysim.report.names import dated
from supplysim.report.numbers import band_text
from supplysim.report.page import page
from supplysim.report.sentences import answer, question
from supplysim.report.source import read_run
from supplysim.report.timing import spans
from supplysim.results.notable import ALIKE

from .conftest import finished

ANTIMONY = """\
format: 1
title: Antimony
scope: [antimony]
consumers: [TUR, KOR]
horizon: {start: 2026-01, months: 20}
draws: 3
"""
OTHERS = {
    "railway": "contracts: {railway: {kind: no_flow, title: A railway}}\n",
    "beside": """\
events: {ban: {kind: export_ban, product: antimony.metal, from: CHN, to: TUR, starts: 2026-03, lasts: 9 months}}
contracts:
  deal: {kind: option, product: antimony.concentrate, from: TJK, to: CHN, volume: 1 t/yr, starts: 2026-02}
""",
    "corridor": """\
corridors:
  way:
    legs: {rail: {mode: rail, service: 9 days, capacity: 400 kt/yr}}
    serves: [{from: TJK, to: TUR, product: antimony.metal, share: 80%}]
events: {shut: {kind: corridor_closure, corridor: way, starts: 2026-03, lasts: 6 months}}
""",
    "twice": """\
set: {horizon.report_from: 2026-12}
events:
  first: {kind: export_ban, product: antimony.metal, from: "*", to: TUR, starts: 2026-02, lasts: 4 months}
  again:
    {kind: export_ban, product: antimony.metal, from: "*", to: TUR, starts: 2027-02, lasts: 2 months, severity: 80 %}
""",
}


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Runs of one mineral with few words to say."""
    folder = tmp_path_factory.mktemp("others")
    return {name: read_run(finished(folder, name, ANTIMONY + text)) for name, text in OTHERS.items()}


def table(folders, name: str) -> pd.DataFrame:
    return pd.read_csv(folders[name] / "summary.csv").set_index(["metric", "product", "region"]).sort_index()


def band(frame: pd.DataFrame, choice, metric: str, variant: str) -> str:
    row = frame.loc[(metric, choice.product, choice.region)]
    return band_text(tuple(float(row[f"{variant}_{q}"]) for q in ("p5", "p50", "p95")), row["unit"])


def clause(run, head: str) -> str:
    return next((said.text for said in answer(run, choose(run)) if said.head == head), "")


def test_what_was_before_the_reported_months_is_not_told(others):
    """The first ban is over when reporting begins: months short, lowest stocks and the peak price are of the second."""
    run = others["twice"]
    assert not any("2026" in clause(run, head) for head in ("How much is short, and when", "What it does to prices"))
    assert clause(run, "How much is short, and when").startswith(
        "In March 2027 Turkiye lacks more than 5 % of its need;"
    )
    assert clause(run, "How long stocks last").startswith("From December 2026 on it takes 3.0 months")
    assert "it peaks in March 2027 at" in clause(run, "What it does to prices")
    choice = choose(run)
    prices, yards = (figure(run, choice).panels[0].reading for figure in (fans, stocks))
    assert "is highest in March 2027" in prices
    assert "are lowest in May 2027" in yards
    assert "are lowest in May 2027" in clause(run, "How long stocks last")


def test_the_lead_is_the_worst_twelve_months_of_the_consumer_hit_hardest(folders, both):
    choice, frame = choose(both), table(folders, "both")
    lead = answer(both, choice)[0]
    assert lead.head == ""
    assert lead.text.startswith("A ban by China on exports of separated rare earths")
    assert band(frame, choice, "worst_year_short_share", "scenario") in lead.text
    shares = frame.loc[("worst_year_short_share", choice.product)]["scenario_p50"]
    assert shares[choice.region] >= shares.max() - ALIKE


def test_the_shortage_has_its_months_its_tonnes_and_its_share(folders, both):
    choice, frame, said = choose(both), table(folders, "both"), clause(both, "How much is short, and when")
    assert band(frame, choice, "worst_month_short_share", "scenario") in said
    worst = frame.loc[("worst_month", choice.product, choice.region)]["scenario_p50"]
    assert f"at worst ({dated(both.start + worst)})" in said
    assert band(frame, choice, "short_t", "scenario") in said
    assert band(frame, choice, "short_share", "scenario") in said
    assert band(frame, choice, "short_t", "baseline") in said


def test_what_the_deals_buy_is_told_draw_by_draw(folders, both):
    choice, frame, said = choose(both), table(folders, "both"), clause(both, "What the deals buy")
    row = frame.loc[("short_t", choice.product, choice.region)]
    effect = tuple(float(row[f"contracts_effect_{q}"]) for q in ("p5", "p50", "p95"))
    assert band(frame, choice, "short_t", "without_contracts") in said
    assert band_text(effect, "t", signed=True) in said or "no notable change" in said
    assert "The largest contracted flow, separated rare earths from Malaysia to the United States" in said


def test_with_events_alone_the_answer_names_no_contracts(runs):
    said = " ".join(text for _, text in answer(runs["events"], choose(runs["events"])))
    assert "contract" not in said


def test_with_contracts_alone_the_lead_is_the_largest_flow_and_the_exposure(folders, runs):
    choice, frame = choose(runs["contracts"]), table(folders, "contracts")
    lead = answer(runs["contracts"], choice)[0].text
    assert (choice.product, choice.region) == ("rare_earths.separated", "USA")
    assert lead.startswith("Nothing breaks in this scenario. The largest contracted flow, separated rare earths from")
    assert "2.0 kt/yr signed" in lead
    assert band(frame, choice, "rival_share", "scenario") in lead


def test_with_neither_it_says_so(folders, runs):
    choice, frame = choose(runs["neither"]), table(folders, "neither")
    first = answer(runs["neither"], choice)[0].text
    assert first.startswith("Nothing breaks in this scenario and nothing new is signed.")
    assert band(frame, choice, "short_t", "scenario").startswith("0 t"), "a few kilograms in some draw, as demand grows"
    assert first.endswith("over 26 months.")
    assert "is not notably short of" in first, "nobody is short of 0 %"


def test_the_price_sentence_has_the_peaks(folders, both):
    choice, frame = choose(both), table(folders, "both")
    price = clause(both, "What it does to prices")
    row = frame.loc[("peak_price_multiple", choice.product, choice.region)]
    assert f"peaks at {row['outer_scenario_p50']:.1f} times the base year's (outer band " in price
    assert f"at {row['scenario_p50']:.1f} times (inner band {row['scenario_p5']:.1f} to " in price


def test_a_price_that_is_at_the_ceiling_in_a_twentieth_of_the_draws_says_so(both):
    """Here the ceiling is put where the 95 % quantile is."""
    choice = choose(both)
    top = both.row("peak_price_multiple", choice.product, choice.region).scenario[2]
    values = {**both.scenario.values, "model.price_ceiling": top}  # noqa: PD011 -- no frame
    held = replace(both, scenario=replace(both.scenario, values=values))
    told = f"in a twentieth of the draws or more it is at the model's ceiling ({top:g} x)"
    assert told in clause(held, "What it does to prices")
    assert "ceiling" not in clause(both, "What it does to prices")


def test_a_question_is_made_where_the_scenario_asks_none(runs):
    assert question(runs["both"]).endswith("mean, and what do the contracts change?")
    assert question(runs["events"]).endswith("mean?")
    assert "nothing breaks" in question(runs["contracts"])
    assert "nothing new is signed" in question(runs["neither"])


def test_an_event_that_changes_nothing_is_not_blamed(folders, runs):
    choice, frame = choose(runs["faint"]), table(folders, "faint")
    first = answer(runs["faint"], choice)[0].text
    assert choice.product == "rare_earths.separated"
    assert "hardly changes how much separated rare earths Japan gets" in first
    assert band(frame, choice, "short_t", "scenario") in first
    assert band(frame, choice, "short_t", "baseline") in first
    assert clause(runs["faint"], "Other products") == (
        "No headline number of any consumer moves notably against the baseline."
    )


def test_what_is_asked_for_is_told_first(both):
    stocks = replace(both, scenario=replace(both.scenario, question="How long do stocks last?"))
    prices = replace(both, scenario=replace(both.scenario, question="At what price?"))
    assert answer(stocks, choose(stocks))[1].head == "How long stocks last"
    assert answer(prices, choose(prices))[1].head == "What it does to prices"


def test_who_is_short_in_the_first_month_is_short_at_once(both):
    survive = [row for row in both.rows if row.metric == "time_to_survive_months"]
    for band, words in (((0.0, 0.0, 2.0), "at once (0 to 2 months), which"), ((0.0, 0.0, 0.0), "at once, which"),
                        ((1.0, 3.0, 4.0), "it takes 3 months (1 to 4) until Japan lacks")):  # fmt: skip
        rows = [replace(row, scenario=band) if row in survive else row for row in both.rows]
        assert words in clause(replace(both, rows=rows), "How long stocks last")


def test_a_single_draw_has_no_band_and_is_one_draw(runs):
    """Its noise is one path of chance, no band: the model's own price is told, and nothing is counted in plural."""
    run = runs["single"]
    choice = choose(run)
    price = clause(run, "What it does to prices")
    row = run.row("peak_price_multiple", choice.product, choice.region)
    assert f"peaks at {row.scenario[1]:.1f} times the base year's" in price
    assert "band" not in price
    html = page(run)
    assert "1 draw<" in html
    assert "1 draws" not in html
    assert "outer band 1" not in html


def test_contracts_for_others_make_no_difference_and_the_reason_is_told(others):
    said = clause(others["beside"], "What the deals buy")
    row = others["beside"].row("short_t", "antimony.metal", "TUR")
    assert said.startswith(
        f"Without the contracts the shortage of antimony metal and oxide in Turkiye is "
        f"{band_text(row.without_contracts, 't')}; they make no notable change, as none of them is for this product "
        f"and this consumer. The contracts change none of the products shown notably. The largest contracted flow, "
        f"antimony in ore and concentrate from Tajikistan to China, 1 t/yr signed, runs at "
    )


def test_a_deal_without_a_flow_is_nothing_new_that_is_signed(others):
    assert answer(others["railway"], choose(others["railway"]))[0].text == (
        "Nothing breaks in this scenario and nothing new is signed. South Korea is not notably short of antimony metal "
        "and oxide over 20 months."
    )


def test_a_closed_corridor_is_about_what_it_carries(others):
    run = others["corridor"]
    assert [span.products for span in spans(run)] == [("antimony.metal",)]
    row = run.row("worst_year_short_share", "antimony.metal", "TUR")
    assert row.scenario[1] > 0.001
    assert answer(run, choose(run))[0].text == (
        f"Closure of the corridor way leaves Turkiye short of {band_text(row.scenario, 'share')} of the antimony "
        f"metal and oxide it needs in its worst twelve months."
    )
    assert "buys less antimony metal and oxide from Tajikistan" in clause(run, "Who supplies instead")
