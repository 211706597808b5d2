"""Of every shipped scenario the sentences say what summary.csv says, about the consumer it hits hardest."""

from __future__ import annotations

import re
from itertools import product as pairs
from pathlib import Path

import pandas as pd
import pytest

from supplysim.batch.execute import execute, saving
from supplysim.report.choice import choose
from supplysim.report.names import dated
from supplysim.report.numbers import band_text
from supplysim.report.sentences import answer
from supplysim.report.source import read_run
from supplysim.results.notable import ALIKE
from supplysim.scenario import load
from supplysim.scenario.files import shipped

QUICK = ("kazatomprom-guidance-cut", "gallium-from-pavlodar")
"""Scenarios of one small mineral, which are run in every test run; the others are slow."""
VARIANTS = ("baseline", "scenario", "without_contracts", "difference", "contracts_effect")
BAND = re.compile(r"[-+]?[\d.,]+ (?:%|points|kt|Mt|t|months?) \((?:[-+]?[\d.,]+|never) to (?:[-+]?[\d.,]+|never)\)")


def rows_of(frame: pd.DataFrame) -> dict[tuple[str, str, str], dict[str, str]]:
    """What each row of the table is as text, by variant."""
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in frame.to_dict("records"):
        texts = {}
        for variant in VARIANTS:
            if f"{variant}_p50" in row:
                band = tuple(None if pd.isna(row[f"{variant}_{q}"]) else row[f"{variant}_{q}"]
                             for q in ("p5", "p50", "p95"))  # fmt: skip
                signed = variant in ("difference", "contracts_effect")
                texts[variant] = band_text(band, row["unit"], signed=signed)
        found[row["metric"], row["product"], row["region"]] = texts
    return found


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in shipped()]
)
def test_sentences_are_the_tables(name: str, tmp_path: Path) -> None:
    """Every band is one of the table, and the lead, the shortage and its month are those of its rows."""
    with saving(execute(load(name, ["draws=4"])), tmp_path, "supplysim run") as (where, _):
        pass
    run, frame = read_run(where), pd.read_csv(where / "summary.csv", keep_default_na=True)
    rows, choice = rows_of(frame), choose(run)
    said = answer(run, choice)
    known = {text for texts in rows.values() for text in texts.values()}
    for clause in said:
        for found in BAND.findall(clause.text):
            assert found in known, (clause, found)
    year = {region: float(frame[(frame["metric"] == "worst_year_short_share") & (frame["product"] == choice.product)
                                & (frame["region"] == region)]["difference_p50"].iloc[0])
            for region in choice.regions[choice.product]}  # fmt: skip
    about = (choice.product, choice.region)
    if run.scenario.happening and max(year.values()) >= 0.005:
        assert year[choice.region] >= max(year.values()) - ALIKE
        assert rows["worst_year_short_share", *about]["scenario"] in said[0].text
        much = next(clause.text for clause in said if clause.head.startswith("How much"))
        for metric, variant in pairs(("short_t", "short_share", "worst_month_short_share"), ("scenario",)):
            assert rows[metric, *about][variant] in much
        worst = frame[(frame["metric"] == "worst_month") & (frame["product"] == about[0])
                      & (frame["region"] == about[1])]["scenario_p50"].iloc[0]  # fmt: skip
        assert dated(run.start + worst) in much
    elif not run.scenario.happening and choice.regions:
        # where support ends, what becomes of the supported flow is the answer
        assert re.search(r"Nothing breaks in this scenario|(influence attempt|lasting partnership)", said[0].text)
