"""What holds for the shipped tables of every mineral."""

from __future__ import annotations

import csv

import pytest

from supplysim.world.catalog import SHIPPED, mineral_folders


def rows(mineral: str, name: str) -> list[dict[str, str]]:
    with (SHIPPED / mineral / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.mark.parametrize("mineral", mineral_folders())
def test_every_row_names_its_source_and_recalled_figures_are_called_assumptions(mineral: str) -> None:
    for name in ("production", "use", "trade", "elasticities", "stocks", "growth"):
        for row in rows(mineral, name):
            assert row["source"], (name, row)
            assert (row["confidence"] == "R") == row["source"].lower().startswith("assumption"), (name, row)


@pytest.mark.parametrize("mineral", mineral_folders())
def test_elasticity_priors_have_the_spread_of_a_coefficient_of_variation_of_two_fifths_or_twice_that(
    mineral: str,
) -> None:
    """Lognormal priors of model.md section 6: p10 and p90 lie as far from the median, by a factor of about 1.6, or of
    2.5 where nobody was found who measured and the row says so (a coefficient of variation of 0.8)."""
    for row in rows(mineral, "elasticities"):
        low, median, high = (float(row[name]) for name in ("p10", "median", "p90"))
        assert low * high == pytest.approx(median**2, rel=0.07), row
        wide = "cv 0.8" in row["note"] or "variation 0.8" in row["source"]
        assert (2.4 < high / median < 2.5) if wide else (1.4 < high / median < 2.0), row


@pytest.mark.parametrize("mineral", mineral_folders())
def test_ranges_start_from_the_figure_that_the_tables_use(mineral: str) -> None:
    output: dict[tuple[str, str], float] = {}
    for row in rows(mineral, "production"):
        key = row["product"], row["region"]
        output[key] = output.get(key, 0.0) + float(row["output_t"])
    found = {
        "output": output,
        "use": {(row["product"], row["region"]): float(row["use_t"]) for row in rows(mineral, "use")},
        "flow": {(r["product"], f"{r['from']}>{r['to']}"): float(r["flow_t"]) for r in rows(mineral, "trade")},
    }
    for row in rows(mineral, "ranges"):
        chosen = pytest.approx(float(row["chosen"]), abs=2)
        assert found[row["quantity"]][row["product"], row["region"]] == chosen, row
