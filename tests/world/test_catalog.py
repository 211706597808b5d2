"""The catalog answers for names and defaults without balancing anything."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from supplysim.errors import InputError
from supplysim.world import base, catalog
from supplysim.world.digest import digest


def test_it_balances_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(base, "balance_chain", None)
    (tmp_path / "lead_times.csv").write_text("product,from,to,months,confidence,source,note\n", encoding="utf-8")
    assert len(catalog(tmp_path).minerals) >= 6
    with pytest.raises(TypeError):
        base.load(tmp_path)


def test_tables_are_read_once_a_process_unless_they_change(tmp_path: Path) -> None:
    table = tmp_path / "lead_times.csv"
    table.write_text(head := "product,from,to,months,confidence,source,note\n", encoding="utf-8")
    first, known = base.load(tmp_path), digest(tmp_path)
    assert base.load(tmp_path) is first
    table.write_text(f"{head}antimony.metal,CHN,USA,9,C,a test's,\n", encoding="utf-8")
    assert base.load(tmp_path).lead_time("antimony.metal", "CHN", "USA") == 9
    assert first.lead_time("antimony.metal", "CHN", "USA") != 9
    assert digest(tmp_path) != known
    table.write_text(head + "antimony.metal,CHN,USA,nine,C,a test's,\n", encoding="utf-8")
    with pytest.raises(InputError):
        base.load(tmp_path)


def test_it_loads_neither_pandas_nor_scipy() -> None:
    code = "import sys, supplysim.world as w; w.load(); print('pandas' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_every_country_has_a_region() -> None:
    names = catalog()
    assert names.region_of("DEU") == "EU27"
    assert names.region_of("HKG") == "CHN"
    assert names.region_of("GHA") == names.region_of("S19") == "ROW"
    assert list(names.regions)[-1] == "ROW"
    assert names.group("central_asia") == ("KAZ", "UZB", "KGZ", "TJK", "TKM")
    assert len(names.regions["EU27"].members) == 27


def test_the_specific_row_counts(cobalt: Path) -> None:
    names = catalog(cobalt)
    cover = names.cover("cobalt.metal", "USA", "industry"), names.cover("cobalt.hydroxide", "USA", "industry")
    assert [row.months for row in cover if row] == [2, 1]
    assert names.cover("cobalt.metal", "USA", "strategic") is None
    growth = names.growth("cobalt.metal", "CHN"), names.growth("cobalt.metal", "JPN")
    assert [row.percent for row in growth if row] == [-1, 4]
    assert names.growth("cobalt.hydroxide", "CHN") is None


def test_a_folder_can_add_ways(cobalt: Path) -> None:
    header = "product,from,to,months,confidence,source,note\n"
    (cobalt / "lead_times.csv").write_text(
        header + "cobalt.*,*,*,5,R,assumed,\ncobalt.metal,CHN,USA,4,R,assumed,\n*,KAZ,CHN,6,R,assumed,\n",
        encoding="utf-8",
    )
    names = catalog(cobalt)

    def months(product: str, origin: str, destination: str) -> float | None:
        row = names.lead_time(product, origin, destination)
        return row.months if row else None

    assert months("cobalt.metal", "CHN", "USA") == 4
    assert months("cobalt.metal", "CHN", "JPN") == 5
    assert months("copper.refined", "KAZ", "CHN") == 6
    assert months("copper.refined", "CHN", "CHN") is None


def test_a_by_product_is_left_out_where_an_own_world_takes_its_host_away(tmp_path):
    """A world of separated oxides alone: dysprosium has no ore to come with there."""
    from supplysim.scenario import shipped_folder

    own = shipped_folder() / "backtests" / "worlds" / "rare-earths-2009"
    shutil.copytree(own / "rare_earths", tmp_path / "rare_earths")
    assert "heavy_rare_earths" in catalog().minerals
    assert "heavy_rare_earths" not in catalog(tmp_path).minerals
    assert catalog(own).hosts == {}, "with dysprosium of its own it comes from mines of its own"


def test_the_terms_of_contracts_give_the_price_that_was_paid_for_uranium_in_2021() -> None:
    """EIA: 30.56 USD/lb at spot, 34.71 under contracts, 33.91 for all purchases."""
    terms = catalog().terms_of("uranium.concentrate")
    assert terms is not None
    assert terms.term_share * 34.71 + (1 - terms.term_share) * 30.56 == pytest.approx(33.91, abs=0.02)


def test_terms_of_a_product_beat_those_of_its_mineral_and_these_all_others(cobalt: Path) -> None:
    head = "product,term_share,tenor_months,confidence,source,note\n"
    rows = ["cobalt.*,0.6,6,R,invented,", "cobalt.metal,0.7,7,R,invented,"]
    (cobalt / "contract_terms.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    names = catalog(cobalt)
    found = [names.terms_of(product) for product in ("cobalt.metal", "cobalt.hydroxide", "antimony.metal")]
    assert [row.term_share for row in found if row] == [0.7, 0.6, 0.5]


def test_terms_beyond_all_measure_are_told_with_their_place(cobalt: Path) -> None:
    text = "product,term_share,tenor_months,confidence,source,note\ncobalt.*,1.5,0,R,invented,\n"
    (cobalt / "contract_terms.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        catalog(cobalt)
    assert [f.message for f in caught.value.faults] == [
        "term_share: 1.5 must be at most 1", "tenor_months: 0 must be at least 1",
    ]  # fmt: skip
