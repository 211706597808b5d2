"""`supplysim data`: the base year that everything starts from."""

from __future__ import annotations

import json


def test_every_product_shows_totals_shares_and_its_largest_adjustment(supplysim):
    document = json.loads(supplysim("data", "--json").stdout)
    assert {p["product"].split(".")[0] for p in document["products"]} == {
        "antimony", "beryllium", "chromium", "copper", "gallium", "gold", "graphite", "heavy_rare_earths",
        "rare_earths", "titanium", "tungsten", "uranium",
    }  # fmt: skip
    for product in document["products"]:
        assert product["total"] > 0
        assert abs(sum(row["share"] for row in product["suppliers"]) - 1) < 1e-9
        for row in product["adjustments"]:
            assert abs(row["change_percent"]) <= 10 or row["reason"], (product["product"], row)


def test_sources_stand_beside_every_figure(supplysim):
    document = json.loads(supplysim("data", "uranium", "--sources", "--json").stdout)
    rows = [row for product in document["products"] for row in product["sources"]]
    assert len(rows) > 20
    assert all(row["source"] and row["confidence"] for row in rows)


def test_widely_quoted_figures_are_set_beside_the_data_with_the_reason_why_they_differ(supplysim):
    claims = json.loads(supplysim("data", "--claims", "--json").stdout)["claims"]
    assert len(claims) >= 6
    assert all(claim["data"] and claim["why"] for claim in claims)
    exports = {claim["value"] for claim in claims if "Kazakhstan exported" in claim["claim"]}
    assert exports == {3000.0, 1800.0, 544.0}


def test_claims_are_printed_with_the_datas_figures_and_why(supplysim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    claims = json.loads(supplysim("data", "--claims", "--json").stdout)["claims"]
    blocks = supplysim("data", "--claims").stdout.strip("\n").split("\n\n")
    assert len(blocks) == len(claims)
    for block, claim in zip(blocks, claims, strict=True):
        head, *figures, why = block.splitlines()
        assert head == f"{claim['claim']} ({claim['source']})"
        assert why == f"  {claim['why']}"
        for line, figure in zip(figures, claim["data"], strict=True):
            assert line.split()[0] == f"{figure['value']:,.1f}"
            assert line.endswith("(computed from the base year)" if figure["computed"] else f"({figure['source']})")


def test_who_qualifies_and_what_a_grade_is_worth_stand_beside_the_flows(supplysim):
    (product,) = json.loads(supplysim("data", "titanium.unwrought", "--json").stdout)["products"]
    text = supplysim("data", "titanium.unwrought").stdout
    assert product["qualified"]
    for user, regions in product["qualified"].items():
        assert f"  only these qualify for {user}: {', '.join(regions)}\n" in text
    assert f"  grade: {product['grade']}\n" in text


def test_every_source_is_printed_on_a_line_of_its_own(supplysim, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (product,) = json.loads(supplysim("data", "uranium.enriched", "--sources", "--json").stdout)["products"]
    text = supplysim("data", "uranium.enriched", "--sources").stdout.splitlines()
    for row in product["sources"]:
        start = (
            f"  {row['side']} {row['region']} {row['what']}: {row['t']:,.0f} t/yr [{row['confidence']}] {row['source']}"
        )
        assert start in text


def test_links_that_balancing_moved_far_are_told(supplysim):
    (product,) = json.loads(supplysim("data", "tungsten.concentrate", "--json").stdout)["products"]
    moved = {(row["from"], row["to"]): row for row in product["links_moved"]}
    assert abs(moved["EU27", "USA"]["change_percent"]) > 15
    assert "links moved by more than 15 %" in supplysim("data", "tungsten").stdout


def test_published_numbers_stand_beside_ours_with_the_reason_why_they_differ(supplysim):
    document = json.loads(supplysim("data", "copper", "--audit", "--json").stdout)
    assert document["count"] == len(document["numbers"]) > 20
    assert all("copper" in row["product"] and row["source"] for row in document["numbers"])
    text = supplysim("data", "tungsten", "--audit").stdout
    assert "published numbers" in text
    assert "no American mine" in text


def test_the_table_reads_on_its_own(supplysim):
    text = supplysim("data").stdout
    assert "KAZ" in text
    assert "largest adjustment" in text


def test_a_misspelt_mineral_gets_a_suggestion(supplysim):
    assert "did you mean 'tungsten'" in supplysim("data", "tungstn", expect=2).stderr
