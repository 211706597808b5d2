"""What the page says in words is what summary.csv says in numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from supplysim.report.choice import choose
from supplysim.report.numbers import band_text
from supplysim.report.sentences import answer, paired_relief, question


def table(folders, name: str) -> pd.DataFrame:
    return pd.read_csv(folders[name] / "summary.csv").set_index(["metric", "product", "region"])


def band(frame: pd.DataFrame, choice, metric: str, variant: str) -> str:
    row = frame.loc[(metric, choice.product, choice.region)]
    return band_text(tuple(float(row[f"{variant}_{q}"]) for q in ("p5", "p50", "p95")), row["unit"])


def test_with_events_and_contracts_the_answer_starts_without_the_contracts(folders, both):
    choice, frame = choose(both), table(folders, "both")
    first, second, *_ = answer(both, choice)
    assert first.startswith("Without the contracts, a ban by China on exports of separated rare earths")
    assert band(frame, choice, "short_t", "without_contracts") in first
    assert band(frame, choice, "short_share", "without_contracts") in first
    assert second.startswith("With the contracts")
    assert band(frame, choice, "short_t", "scenario") in second


def test_the_relief_is_taken_draw_by_draw(folders, both):
    choice = choose(both)
    draws = pd.read_parquet(folders["both"] / "draws.parquet")
    name = f"short_t|{choice.product}|{choice.region}"
    gap = (draws[f"without_contracts|{name}"] - draws[f"scenario|{name}"]).quantile([0.05, 0.5, 0.95])
    assert paired_relief(both, choice.product, choice.region) == pytest.approx(gap.tolist())


def test_with_events_alone_the_answer_names_no_contracts(folders, runs):
    choice, frame = choose(runs["events"]), table(folders, "events")
    said = answer(runs["events"], choice)
    assert said[0].startswith("A ban by China")
    assert band(frame, choice, "short_t", "scenario") in said[0]
    assert band(frame, choice, "short_t", "baseline") in said[1]
    assert "contract" not in " ".join(text for text in said if "under contracts" not in text)


def test_with_contracts_alone_nothing_breaks(folders, runs):
    choice, frame = choose(runs["contracts"]), table(folders, "contracts")
    first = answer(runs["contracts"], choice)[0]
    assert first.startswith("Nothing breaks in this scenario. ")
    assert band(frame, choice, "short_t", "scenario") in first
    assert band(frame, choice, "short_t", "baseline") in first


def test_with_neither_it_says_so(folders, runs):
    choice, frame = choose(runs["neither"]), table(folders, "neither")
    first = answer(runs["neither"], choice)[0]
    assert first.startswith("Nothing breaks in this scenario, and it has no contracts")
    assert band(frame, choice, "short_t", "scenario") in first


def test_the_price_sentence_has_the_peaks(folders, both):
    choice, frame = choose(both), table(folders, "both")
    price = next(text for text in answer(both, choice) if "spot price" in text)
    row = frame.loc[("peak_price_multiple", choice.product, choice.region)]
    assert f"peaks at {row['scenario_p50']:.1f} times" in price


def test_a_question_is_made_where_the_scenario_asks_none(runs):
    assert question(runs["both"]).endswith("mean, and what do the contracts change?")
    assert question(runs["events"]).endswith("mean?")
    assert "nothing breaks" in question(runs["contracts"])
    assert "nothing new is signed" in question(runs["neither"])


def test_an_event_that_changes_nothing_is_not_blamed(folders, runs):
    choice, frame = choose(runs["faint"]), table(folders, "faint")
    first = answer(runs["faint"], choice)[0]
    assert choice.product == "rare_earths.separated"
    assert "hardly changes how much separated rare earths the United States gets" in first
    assert band(frame, choice, "short_t", "scenario") in first
    assert band(frame, choice, "short_t", "baseline") in first
    assert "No headline number of any consumer moves notably against the baseline." in answer(runs["faint"], choice)
