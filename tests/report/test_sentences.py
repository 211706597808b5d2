"""What the page says in words is what summary.csv says in numbers."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from supplysim.report.choice import choose
from supplysim.report.names import dated
from supplysim.report.numbers import band_text
from supplysim.report.page import page
from supplysim.report.sentences import answer, question
from supplysim.results.notable import ALIKE


def table(folders, name: str) -> pd.DataFrame:
    return pd.read_csv(folders[name] / "summary.csv").set_index(["metric", "product", "region"]).sort_index()


def band(frame: pd.DataFrame, choice, metric: str, variant: str) -> str:
    row = frame.loc[(metric, choice.product, choice.region)]
    return band_text(tuple(float(row[f"{variant}_{q}"]) for q in ("p5", "p50", "p95")), row["unit"])


def clause(run, head: str) -> str:
    return next((said.text for said in answer(run, choose(run)) if said.head == head), "")


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
